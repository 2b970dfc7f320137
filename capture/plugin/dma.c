/* SPDX-License-Identifier: MIT */
/*
 * Translations of emulated devices' accesses. All IOMMU regions of the unit share one class
 * object; its `translate` pointer is replaced.
 *
 * The guest's processor may store to a table while a device translates. Before the call the words
 * on the way are compared with RAM, so a store that the unit can see stands in the trace before
 * the access. If a word changed during the call, the result tells which side it belongs on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"

enum { REG_FRCD_HI = 0x228 };
enum { MAX_REGIONS = 256 };

static qemu_translate_fn original;

static struct {
    const struct qemu_mr *mr;
    unsigned devfn;
} regions[MAX_REGIONS];
static size_t region_count;

/* The last access recorded, to leave out exact repetitions. */
static struct {
    uint64_t position, page;
    unsigned devfn;
    char dir;
    char result[48];
} last;

/* Region names are `vtd-SS.F-dmar`, slot and function in hexadecimal. */
static unsigned devfn_of(const struct qemu_mr *mr)
{
    unsigned slot, function;
    const char *name;
    int end = 0;

    for (size_t i = 0; i < region_count; i++) {
        if (regions[i].mr == mr)
            return regions[i].devfn;
    }
    name = qemu.memory_region_name(mr);
    if (!name || sscanf(name, "vtd-%2x.%1x-dmar%n", &slot, &function, &end) != 2 || end == 0 ||
        name[end] != '\0' || slot > 31 || function > 7)
        cap_fail("cannot tell the device of region \"%s\"", name ? name : "");
    if (region_count == MAX_REGIONS)
        cap_fail("more than %d devices", MAX_REGIONS);
    regions[region_count].mr = mr;
    regions[region_count].devfn = slot << 3 | function;
    return regions[region_count++].devfn;
}

/* Leaves the page offset out of the comparison: the target page counts. */
static void record(unsigned devfn, char dir, uint64_t iova, const char *result, uint64_t target)
{
    char seen[48];

    snprintf(seen, sizeof(seen), "%s", target ? "" : result);
    if (target)
        snprintf(seen, sizeof(seen), "= %" PRIx64, target >> 12);
    if (last.position == out_position() && out_position() != 0 && last.devfn == devfn &&
        last.dir == dir && last.page == iova >> 12 && strcmp(last.result, seen) == 0) {
        notes.dma_coalesced++;
        return;
    }
    out_dma(devfn, dir, iova, result);
    last.position = out_position();
    last.devfn = devfn;
    last.dir = dir;
    last.page = iova >> 12;
    memcpy(last.result, seen, sizeof(seen));
}

static struct qemu_tlb_entry hook_translate(struct qemu_mr *mr, uint64_t addr, int flag, int index)
{
    struct qemu_tlb_entry entry;
    unsigned devfn = devfn_of(mr);
    char dir = flag == 1 ? 'r' : flag == 2 ? 'w' : '?';
    uint64_t before, after, target, expected = 0;
    bool reached, would;
    char result[48];

    cap_lock();
    tables_sync_path(devfn, addr);
    would = tables_walk(devfn, addr, flag, &expected);
    before = regs_peek(REG_FRCD_HI, 8);
    entry = original(mr, addr, flag, index);
    after = regs_peek(REG_FRCD_HI, 8);
    reached = flag ? (entry.perm & flag) == flag : entry.perm != 0;
    target = (entry.translated & ~entry.mask) | (addr & entry.mask);
    if (reached)
        snprintf(result, sizeof(result), "= 0x%" PRIx64, target);
    else if (!(before >> 63) && after >> 63)
        snprintf(result, sizeof(result), "! %u", (unsigned)(after >> 32) & 0xff);
    else
        snprintf(result, sizeof(result), "! none");
    if (addr >= 0xfee00000u && addr <= 0xfeefffffu) {
        notes.dma_window++;
    } else {
        bool raced = tables_path_differs(devfn, addr);

        notes.dma_failed += !reached;
        notes.dma_raced += raced;
        if (raced && (would != reached || (reached && expected != target)))
            tables_sync_path(devfn, addr);
        record(devfn, dir, addr, result, reached ? target : 0);
        if (raced)
            tables_sync_path(devfn, addr);
    }
    cap_unlock();
    return entry;
}

void dma_hook(void)
{
    struct qemu_class *class = qemu.object_class_by_name("intel-iommu-iommu-memory-region");
    struct qemu_class *parent = qemu.object_class_by_name("iommu-memory-region");
    uint64_t words[16], base[16];

    if (!class || !parent)
        cap_fail("QEMU has no class intel-iommu-iommu-memory-region");
    memcpy(words, class, sizeof(words));
    memcpy(base, parent, sizeof(base));
    /* The unit sets translate, notify_flag_changed and replay, and no get_min_page_size; the
     * class it derives from sets none of them. */
    if (!image_is_code(words[CLASS_WORD_TRANSLATE]) || words[CLASS_WORD_MIN_PAGE] != 0 ||
        !image_is_code(words[CLASS_WORD_FLAG_CHANGED]) ||
        !image_is_code(words[CLASS_WORD_REPLAY]) || base[CLASS_WORD_TRANSLATE] != 0 ||
        base[CLASS_WORD_FLAG_CHANGED] != 0)
        cap_fail("the class of the unit's IOMMU regions is not laid out as in QEMU 7.2");
    memcpy(&original, &words[CLASS_WORD_TRANSLATE], sizeof(original));
    qemu_translate_fn ours = hook_translate;
    memcpy((unsigned char *)class + CLASS_WORD_TRANSLATE * 8, &ours, sizeof(ours));
}
