/* SPDX-License-Identifier: MIT */
#include "policy.h"
#include "policy_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TYPES(a) (uint16_t)(a)

/* What all runnable QEMUs of the profiles have in common, so that a row shows its differences. */
#define QEMU_COMMON                                                                                \
    .gsts_first = true, .wrong_size_aborts = true, .iqa_reads_latched = true,                      \
    .busy_under_qi = true, .all_ones_unreadable = true, .pv_all_ones = true,                       \
    .window_by_extent = true, .pt_seen_by_dma = true, .iotlb_sid_mask = 0xffff,                    \
    .malformed_frozen = true, .reserved_before_absent = true, .context_error_frozen = true,        \
    .context_flushes = true, .root_flushes = true, .split_is_partial = true

/*
 * The VT-d side of seed 004, as merged for 2.10 (with the pass-through of dbaabb25f4, which the
 * contract's default pt=on asks for).
 */
#define VTD_OF_SEED_004                                                                            \
    .three_levels = true, .no_drain = true, .no_snoop_control = true, .gsts_first = true,          \
    .wrong_size_aborts = true, .feaddr_64_aborts = true, .iqa_reads_latched = true,                \
    .iqa_loses_dw = true, .qie_needs_tail_0 = true, .busy_under_qi = true,                         \
    .types_accepted = TYPES(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5),                           \
    .wait_sw_if_aborts = true, .all_ones_unreadable = true, .tm_reserved = true,                   \
    .window_as_target = true, .pt_seen_by_dma = true, .iotlb_sid_mask = 0xffff,                    \
    .reserved_before_absent = true, .malformed_frozen = true, .tells_unchanged = true,             \
    .inplace_bare_map = true, .skips_nonleaf_holes = true, .inval_replays = true,                  \
    .walks_unmap_only = true, .edge_switches_alone = true, .root_latched_alone = true,             \
    .reset_keeps_region = true, .devtlb_unheard = true, .unmap_whole = UNMAP_WHOLE_ROUNDED,        \
    .replay = REPLAY_UNMAP_FIRST, .kind_by_permission = true, .registration_asserts = true

/* The notifier core of seeds 000 and 001. */
#define CORE_WITHOUT_RANGES                                                                        \
    .ranges_ignored = true, .flags_told_first_last = true, .straddle = STRADDLE_WHOLE,             \
    .map_without_cm = MAP_WITHOUT_CM_SERVED

static const struct policy rows[] = {
    {
        .name = "v3",
        VTD_OF_SEED_004,
        CORE_WITHOUT_RANGES,
        .kinds = "CHANGE, INVALIDATION",
    },
    {
        .name = "v6",
        VTD_OF_SEED_004,
        CORE_WITHOUT_RANGES,
    },
    {
        .name = "v7",
        VTD_OF_SEED_004,
        .touching_heard = true,
        .straddle = STRADDLE_WHOLE,
        .map_without_cm = MAP_WITHOUT_CM_EXITS,
    },
    {
        .name = "qemu-7.2",
        QEMU_COMMON,
        .iqa_loses_dw = true,
        .types_accepted = TYPES(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
        .wait_sw_if_aborts = true,
        .sync_unmap_only = SYNC_UNMAP_ONLY_WALKS,
        .straddle = STRADDLE_ABORT,
        .replay = REPLAY_UNMAP_FIRST,
        .map_without_cm = MAP_ASSIGNED_NEEDS_CM,
    },
    {
        .name = "qemu-10.2",
        QEMU_COMMON,
        .esrtps = true,
        .type_has_upper_bits = true,
        .iec_reserved = true,
        .types_accepted = TYPES(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9),
        .wait_fence_only = true,
        .wait_if_after_error = true,
        .tm_needs_property = true,
        .sync_unmap_only = SYNC_UNMAP_ONLY_WHOLE,
        .straddle = STRADDLE_CROP,
        .replay = REPLAY_FORGET_ALL,
        .map_without_cm = MAP_NEEDS_CM,
        .devtlb_needs_dt = true,
    },
    {
        .name = "ideal",
        .esrtps = true,
        .five_levels = true,
        .upper_msi_writable = true,
        .ip_clears_with_frcd = true,
        .ttm_checked = true,
        .iqe_clear_resumes = true,
        .iqercd = true,
        .dw_needs_smts = true,
        .types_need_caps = true,
        .pfsid_allowed = true,
        .type_has_upper_bits = true,
        .iec_reserved = true,
        .types_accepted = TYPES(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5),
        .wait_fence_only = true,
        .psi_aligned = true,
        .cc_domain_exact = true,
        .cc_device_has_did = true,
        .tm_needs_property = true,
        .pt_needs_largest_aw = true,
        .fault_b_qualified = true,
        .cached_right_faults = true,
        .iotlb_sid_mask = 0xffff,
        .follows_acted_context = true,
        .switch_unmaps = true,
        .removals_merged = true,
        .refusals_repaired = true,
        .finer_kinds = true,
        .unmap_only_apart = true,
        .sync_unmap_only = SYNC_UNMAP_ONLY_WHOLE,
        .straddle = STRADDLE_PIECES,
        .replay = REPLAY_RECORD,
        .map_without_cm = MAP_NEEDS_CM,
        .devtlb_needs_dt = true,
        .vhost_real_rights = true,
        .vhost_failure_told = true,
        .vhost_switch_flushes = true,
        .vhost_flip_flushes = true,
    },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const names[ROWS] = {"v3", "v6", "v7", "qemu-7.2", "qemu-10.2", "ideal"};

const struct policy *policy_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const char *const *policy_names(size_t *count)
{
    *count = ROWS;
    return names;
}

const char *policy_name(const struct policy *p)
{
    return p->name;
}

const char *policy_kinds(const struct policy *p)
{
    return p->kinds;
}

static void dup_map(struct policy *p)
{
    p->tells_unchanged = true;
}

static void skip_pde(struct policy *p)
{
    p->skips_nonleaf_holes = true;
}

static void bare_map(struct policy *p)
{
    p->inplace_bare_map = true;
}

static void whole_event(struct policy *p)
{
    p->straddle = STRADDLE_WHOLE;
}

static void all_kinds(struct policy *p)
{
    p->kinds_ignored = true;
}

static void te_off(struct policy *p)
{
    p->te_off_keeps_region = true;
}

static void sid8(struct policy *p)
{
    p->iotlb_sid_mask = 0xff;
}

static void large_stays(struct policy *p)
{
    p->iotlb_keeps_large = true;
}

static void unregister(struct policy *p)
{
    p->leaves_stay_linked = true;
}

static void replay_unmaps(struct policy *p)
{
    p->replay = REPLAY_UNMAP_FIRST;
}

static void unmap_only_deaf(struct policy *p)
{
    p->sync_unmap_only = SYNC_UNMAP_ONLY_WALKS;
}

static void any_domain(struct policy *p)
{
    p->domain_ignored = true;
}

static void keep_rights(struct policy *p)
{
    p->unmap_keeps_rights = true;
}

static void flags_always(struct policy *p)
{
    p->flags_told_always = true;
}

static void add_first(struct policy *p)
{
    p->add_before_delete = true;
}

static void restore_layout(struct policy *p)
{
    p->restore_forgets_regions = true;
}

static void ats_ignored(struct policy *p)
{
    p->vhost_ats_ignored = true;
}

static void old_misses(struct policy *p)
{
    p->misses_outlive_stop = true;
}

static void keep_entries(struct policy *p)
{
    p->entries_kept = true;
}

static void pages_drop_all(struct policy *p)
{
    p->iotlb_pages_all = true;
}

static void pins_ignored(struct policy *p)
{
    p->unmap_ignores_pins = true;
}

static void no_dma_unmap(struct policy *p)
{
    p->core_takes_no_dma_unmap = true;
}

static void tests_register(struct policy *p)
{
    p->close_tests_register = true;
}

static void leaves_unlocked(struct policy *p)
{
    p->unregister_unlocked = true;
}

static void callback_locked(struct policy *p)
{
    p->callback_under_iommu_lock = true;
}

static void limit_kept(struct policy *p)
{
    p->limit_not_returned = true;
}

static const struct {
    struct quirk about;
    void (*apply)(struct policy *p);
} quirks[] = {
    {{"dup-map-no-tree", "nothing is remembered: unchanged entries are notified again", "M03"},
     dup_map},
    {{"psi-skip-pde", "an absent entry above the leaf level unmaps nothing", "M01"}, skip_pde},
    {{"inplace-bare-map", "an in-place change is notified as MAP alone", "seed 004"}, bare_map},
    {{"deliver-whole", "an event that straddles a notifier's border is delivered uncut", "M05"},
     whole_event},
    {{"kinds-ignored", "every notifier hears every kind of event", "M27"}, all_kinds},
    {{"te-off-no-switch", "translation off leaves devices and their mappings as they were", "M09"},
     te_off},
    {{"iotlb-key-sid8", "the IOTLB's key holds 8 bits of the source id", "M36"}, sid8},
    {{"iotlb-large-stays", "page-selective invalidation misses large IOTLB entries", "I14"},
     large_stays},
    {{"unregister-missing", "an unregistered notifier is still called", "M34"}, unregister},
    {{"replay-unmaps", "a replay unmaps the notifier's whole range first", "M11"}, replay_unmaps},
    {{"domain-ignored", "IOTLB invalidations of any domain reach every device", "I14"}, any_domain},
    {{"unmap-keeps-rights", "an UNMAP carries the rights of what it takes away",
      "what the assertion of museum 1.2 guards against"},
     keep_rights},
    {{"flags-told-always", "the unit is told at each registration, changed or not",
      "museum 1.1, d22d8956b1"},
     flags_always},
    {{"add-before-delete",
      "a switched device's new region is replayed before the old one is unmapped",
      "none known: the order that memory transactions exist to prevent"},
     add_first},
    {{"domain-global-inv-no-unmap", "UNMAP-only consumers miss domain and global invalidations",
      "M17"},
     unmap_only_deaf},
    {{"migration-region-layout",
      "after a restore devices stay untranslated until something switches them", "M55, 552a1e01a4"},
     restore_layout},
    {{"pending-miss-after-reboot", "vhost misses that wait outlive a stop and a reset", "M54"},
     old_misses},
    {{"ats-ignored", "vhost listens to device-TLB invalidations alone, ATS on or off", "M31"},
     ats_ignored},
    {{"entry-kept", "a probe acts on its entry one callback later, when it is dead", "M68"},
     keep_entries},
    {{"iotlb-pages-drop-all", "page-selective invalidation drops the whole IOTLB",
      "none known: what a register command may report and a queue cannot (vtd-facts 6)"},
     pages_drop_all},
    {{"unmap-ignores-pins", "type1 unmaps without a look at pinned pages", "none known: seed 002"},
     pins_ignored},
    {{"open-without-dma-unmap", "a device without dma_unmap is opened, and passed over by type1",
      "seed 002, review"},
     no_dma_unmap},
    {{"unregister-tests-register",
      "closing a device tests the hook for registering and calls the other, which the driver lacks",
      "M74, seed 002, review"},
     tests_register},
    {{"unregister-unlocked", "a device leaves type1's list without a lock",
      "none known: what seed 002's locks prevent"},
     leaves_unlocked},
    {{"callback-under-iommu-lock", "dma_unmap is called with the iommu lock held",
      "none known: what seed 002's comment warns of"},
     callback_locked},
    {{"limit-not-returned", "a map that fails keeps its place under the container's limit",
      "none known: museum I16"},
     limit_kept},
};

#define QUIRKS (sizeof(quirks) / sizeof(quirks[0]))

const struct quirk *policy_quirk(size_t index)
{
    return index < QUIRKS ? &quirks[index].about : NULL;
}

int policy_apply_quirk(struct policy *p, const char *name, struct err *e)
{
    for (size_t i = 0; i < QUIRKS; i++) {
        if (strcmp(quirks[i].about.name, name) == 0) {
            quirks[i].apply(p);
            return 0;
        }
    }
    return err_set(e, ENOENT, "no quirk is called '%s'; --list-quirks prints them", name);
}

bool policy_has_quirk(const struct policy *p, size_t index)
{
    struct policy changed;

    if (index >= QUIRKS)
        return false;
    memcpy(&changed, p, sizeof(changed));
    quirks[index].apply(&changed);
    return memcmp(&changed, p, sizeof(changed)) == 0;
}

struct policy *policy_copy(const struct policy *p)
{
    struct policy *copy = malloc(sizeof(*copy));

    if (copy)
        *copy = *p;
    return copy;
}

int policy_check_unit(const struct policy *p, const struct unit_config *u, struct err *e)
{
    if (u->scalable_mode || (u->has_ecap && u->ecap >> 43 & 1))
        return err_set(e, ENOTSUP, "the unit asks for scalable mode, which is not built yet");
    if (u->aw_bits != 39 && u->aw_bits != 48 && u->aw_bits != 57)
        return err_set(e, EINVAL, "aw-bits=%u: expected 39, 48 or 57", u->aw_bits);
    if (u->eim && !u->intremap)
        return err_set(e, EINVAL, "eim=on needs intremap=on");
    if (u->aw_bits != 39 && p->three_levels)
        return err_set(e, EINVAL,
                       "profile %s does not offer %u bits: 39 were all there was in its time",
                       p->name, u->aw_bits);
    if (u->snoop_control && p->no_snoop_control)
        return err_set(e, EINVAL, "profile %s does not offer snoop-control", p->name);
    if (u->stale_tm && p->tm_reserved)
        return err_set(e, EINVAL,
                       "profile %s does not offer stale-tm: bit 62 of a leaf is always reserved "
                       "there",
                       p->name);
    if (u->stale_tm && !p->tm_needs_property)
        return err_set(e, EINVAL,
                       "profile %s does not offer stale-tm: its system ignores bit 62 whenever "
                       "device-iotlb is on",
                       p->name);
    if (u->aw_bits == 57 && !p->five_levels)
        return err_set(e, EINVAL,
                       "profile %s does not offer 57 bits: no such system exists; `ideal` does",
                       p->name);
    return 0;
}
