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
    .context_flushes = true, .root_flushes = true, .refusal_ends_vfio = true,                      \
    .leave_unmaps = true, .ebusy_retried = true, .last_page_spared = true, .ram_map_ends = true,  \
    .spaces_kept = true, .unmap_end_wraps = true, .refusal_ends_vhost = true,              \
    .reset_keeps_ats = true, .window_reads_zero = true

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
    .replay = REPLAY_UNMAP_FIRST, .kind_by_permission = true, .registration_asserts = true,        \
    .iotlb_mask_8_bits = true

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
        .iotlb_mask_8_bits = true,
        .sync_unmap_only = SYNC_UNMAP_ONLY_WALKS,
        .straddle = STRADDLE_ABORT,
        .replay = REPLAY_UNMAP_FIRST,
        .unmap_whole_takes_next = true,
        .map_without_cm = MAP_ASSIGNED_NEEDS_CM,
        .devtlb_needs_dt = true, /* backported: 7.2.22 refuses it */
    },
    {
        .name = "qemu-10.0",
        QEMU_COMMON,
        .vhost_resets_first = true,
        .type_has_upper_bits = true,
        .iec_reserved = true,
        .types_accepted = TYPES(1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5),
        .wait_sw_if_aborts = true,
        .tm_needs_property = true,
        .sync_unmap_only = SYNC_UNMAP_ONLY_WHOLE,
        .straddle = STRADDLE_ABORT,
        .replay = REPLAY_FORGET_ALL,
        .map_without_cm = MAP_NEEDS_CM,
        .devtlb_needs_dt = true,
    },
    {
        .name = "qemu-10.2",
        QEMU_COMMON,
        .vhost_resets_first = true,
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
        .iotlb_by_context = true,
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

static const char *const names[ROWS] = {"v3",        "v6",        "v7",   "qemu-7.2",
                                        "qemu-10.0", "qemu-10.2", "ideal"};

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

bool policy_window_reads_zero(const struct policy *p)
{
    return p->window_reads_zero;
}

bool policy_tells_differences(const struct policy *p)
{
    return !p->tells_unchanged;
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
