/* SPDX-License-Identifier: MIT */
/*
 * The unit's registers. QEMU's MemoryRegion for them holds a pointer to a table of functions; it
 * is pointed at a copy whose read and write come here first. So a write is recorded with its
 * value, and with the memory it refers to, before the unit acts on it.
 */
#include <stdio.h>
#include <string.h>

#include "capture.h"

#define UNIT_BASE 0xfed90000u

enum {
    REG_GCMD = 0x18,
    REG_GSTS = 0x1c,
    REG_RTADDR = 0x20,
    REG_IQT = 0x88,
    REG_IQA = 0x90,
    REG_IOTLB = 0xf8,
};
#define GCMD_SRTP ((uint64_t)1 << 30)
#define GCMD_QIE  ((uint64_t)1 << 26)

static const struct qemu_ops *original;
static struct qemu_ops replaced;
static void *unit;
static uint64_t iqa_written;
static const char *view_path;

uint64_t regs_peek(uint64_t off, unsigned size)
{
    return original->read(unit, off, size);
}

static void before_gcmd(uint64_t val)
{
    bool enabled = regs_peek(REG_GSTS, 4) & GCMD_QIE;

    tables_verify();
    if (val & GCMD_SRTP) {
        uint64_t root = regs_peek(REG_RTADDR, 8);

        if (root & 0xc00)
            cap_fail("the guest uses scalable mode (RTADDR 0x%llx); this plugin knows legacy mode",
                     (unsigned long long)root);
        if (!ram_view_known())
            ram_read_view(view_path);
        tables_root((gpa_t){root});
    }
    if ((val & GCMD_QIE) && !enabled) {
        if (!ram_view_known())
            ram_read_view(view_path);
        queue_enable(iqa_written);
        queue_tail(regs_peek(REG_IQT, 8)); /* usually 0: nothing */
    }
}

static void before_write(uint64_t off, uint64_t val, unsigned size)
{
    if (off == REG_IQA && size == 8) {
        iqa_written = val;
    } else if (off == REG_IQA) {
        iqa_written = (iqa_written & ~(uint64_t)0xffffffff) | val;
    } else if (off == REG_IQA + 4) {
        iqa_written = (iqa_written & 0xffffffff) | val << 32;
    } else if (off == REG_GCMD) {
        before_gcmd(val);
    } else if (off == REG_IQT) {
        tables_verify();
        tables_mark();
        if (regs_peek(REG_GSTS, 4) & GCMD_QIE)
            queue_tail(val);
    } else if ((off == REG_IOTLB && size == 8 && val >> 60 == 9) ||
               (off == REG_IOTLB + 4 && val >> 28 == 9)) {
        /* Register-based global invalidation; complete when the write returns. */
        tables_verify();
        tables_mark();
        tables_cover(COVER_GLOBAL, 0, 0, 0);
        tables_wait();
    }
}

static void hook_write(void *opaque, uint64_t off, uint64_t val, unsigned size)
{
    unit = opaque;
    if (size == 4)
        val &= 0xffffffff;
    cap_lock();
    before_write(off, val, size);
    out_reg(true, size, off, val);
    cap_unlock();
    original->write(opaque, off, val, size);
    cap_lock();
    tables_sweep();
    cap_unlock();
}

static uint64_t hook_read(void *opaque, uint64_t off, unsigned size)
{
    uint64_t val;

    unit = opaque;
    val = original->read(opaque, off, size);
    cap_lock();
    out_reg(false, size, off, size == 4 ? val & 0xffffffff : val);
    cap_unlock();
    return val;
}

void regs_reset(void)
{
    iqa_written = 0;
    queue_reset();
    tables_drop_all();
}

/* The functions of the unit: 4- and 8-byte accesses, little endian, code for read and write. */
static bool looks_like_ops(const struct qemu_ops *ops)
{
    return image_is_data((uintptr_t)ops, sizeof(*ops)) && image_is_code((uintptr_t)ops->read) &&
           image_is_code((uintptr_t)ops->write) && !ops->read_with_attrs &&
           !ops->write_with_attrs && ops->valid.min == 4 && ops->valid.max == 8 &&
           ops->impl.min == 4 && ops->impl.max == 8;
}

void regs_hook(const char *outpath)
{
    struct qemu_section s = qemu.memory_region_find(qemu.get_system_memory(), UNIT_BASE, 0x1000);
    unsigned char *mr = (unsigned char *)s.mr;
    const char *name = s.mr ? qemu.memory_region_name(s.mr) : NULL;
    size_t found = 0;

    if (!name || strcmp(name, "intel_iommu") != 0)
        cap_fail("no intel_iommu region at 0x%x (found %s); is -device intel-iommu given?",
                 UNIT_BASE, name ? name : "nothing");
    for (size_t at = 0; at < 160; at += sizeof(void *)) {
        const struct qemu_ops *ops;

        memcpy(&ops, mr + at, sizeof(ops));
        if (!looks_like_ops(ops))
            continue;
        if (original)
            cap_fail("two candidates for the register functions, at bytes %zu and %zu", found, at);
        original = ops;
        found = at;
    }
    if (!original)
        cap_fail("the register functions are not where QEMU 7.2 has them");
    view_path = outpath;
    replaced = *original;
    replaced.read = hook_read;
    replaced.write = hook_write;
    const struct qemu_ops *ours = &replaced;
    memcpy(mr + found, &ours, sizeof(ours));
}
