/* SPDX-License-Identifier: MIT */
/* What each field of a profile means, and what stands behind it. */
#include "policy_table.h"

#include <string.h>

#include "policy_fields.h"

_Static_assert(sizeof(enum straddle) == sizeof(unsigned) &&
                   sizeof(enum replay_how) == sizeof(unsigned) &&
                   sizeof(enum sync_unmap_only) == sizeof(unsigned) &&
                   sizeof(enum unmap_whole) == sizeof(unsigned) &&
                   sizeof(enum map_without_cm) == sizeof(unsigned),
               "policy_set.c reads and writes words as unsigned");

static const char *const field_switch_words[] = {"off", "on", NULL};
static const char *const straddle_words[] = {"crop", "abort", "whole", "pieces", NULL};
static const char *const replay_words[] = {"unmap-first", "forget-all", "record", NULL};
static const char *const sync_unmap_only_words[] = {"walks", "whole", NULL};
static const char *const unmap_whole_words[] = {"pieces", "rounded", "pow2", "short", NULL};
static const char *const map_without_cm_words[] = {"refused", "refused-assigned", "exits", "served",
                                                   NULL};

#define AT(field) offsetof(struct policy, field), sizeof(((struct policy *)0)->field)
#define SWITCH(part, field, source, meaning)                                                       \
#field, part, FIELD_SWITCH, AT(field), field_switch_words, meaning, source
#define BITS(part, field, source, meaning)                                                         \
#field, part, FIELD_BITS, AT(field), NULL, meaning, source
#define WORD(part, field, source, meaning)                                                         \
#field, part, FIELD_WORD, AT(field), field##_words, meaning, source
#define TEXT(part, field, source, meaning)                                                         \
#field, part, FIELD_TEXT, AT(field), NULL, meaning, source

/* In the order of struct policy. */
static const struct policy_field fields[] = {
    {SWITCH("capabilities", esrtps, "commit 0305eceecd (10.2)", "CAP.ESRTPS is 1")},
    {SWITCH("capabilities", five_levels, "architecture; no QEMU offers it",
            "57 bits may be configured")},
    {SWITCH("capabilities", three_levels, "before 92e5d85e83, 37f51384ae (2.12)",
            "nothing but 39 bits may be configured")},
    {SWITCH("capabilities", no_drain, "vtd-facts 1.4: dma-drain= is younger than seed 004",
            "CAP.DWD and DRD are 0, whatever dma-drain= says")},
    {SWITCH("capabilities", no_snoop_control, "before b8ffd7d671 (7.0)",
            "there is no property snoop-control")},
    {SWITCH("registers", gsts_first, "M51, L14",
            "status bits of GSTS change before the work is done")},
    {SWITCH("registers", wrong_size_aborts, "vtd-facts 11 #43; seen on 7.2.22",
            "a 64-bit write to some 32-bit registers ends the emulator")},
    {SWITCH("registers", feaddr_64_aborts, "M48; before b7a7bb358f (2.12)",
            "a 64-bit write to FEADDR does, too")},
    {SWITCH("registers", iqa_reads_latched, "vtd-facts 11 #9",
            "the base of IQA reads as QIE latched it")},
    {SWITCH("registers", iqa_loses_dw, "M47; before 515457757f (9.1)", "DW of IQA reads 0")},
    {SWITCH("registers", upper_msi_writable, "vtd-facts 11 #30",
            "FEUADDR and IEUADDR can be written with EIM")},
    {SWITCH("registers", ip_clears_with_frcd, "vtd-facts 11 #25",
            "clearing the last fault record clears FECTL.IP")},
    {SWITCH("registers", ttm_checked, "vtd-facts 1.5",
            "reserved translation table modes block everything with reason 30h")},
    {SWITCH("queue", qie_needs_tail_0, "M42; before 8991c460be (2.10)",
            "the queue is not enabled while its tail is not 0")},
    {SWITCH("queue", iqe_clear_resumes, "vtd-facts 11 #1; M50", "clearing IQE fetches again")},
    {SWITCH("queue", iqercd, "vtd-facts 11 #2", "IQERCD reports the cause of a queue error")},
    {SWITCH("queue", busy_under_qi, "vtd-facts 11 #5; L16",
            "a register command while the queue is enabled never completes")},
    {SWITCH("queue", dw_needs_smts, "vtd-facts 11 #10",
            "DW=1 without scalable mode is a queue error")},
    {SWITCH("queue", types_need_caps, "vtd-facts 11 #12",
            "device-TLB descriptors need device-iotlb, interrupt-entry-cache ones intremap")},
    {SWITCH("queue", pfsid_allowed, "vtd-facts 11 #13",
            "PFSID may be set in a device-TLB descriptor")},
    {SWITCH("queue", type_has_upper_bits, "M46; commit 663168943d (9.2)",
            "bits 11:9 of a descriptor belong to its type")},
    {SWITCH("queue", iec_reserved, "M46; commit 096d96e7be (9.2)",
            "reserved bits of interrupt-entry-cache descriptors are checked")},
    {BITS("queue", types_accepted, "vtd-facts 5.3; M46; commit 3b52cea829 (9.2)",
          "the set of descriptor types that a queue of 128 bits takes")},
    {SWITCH("queue", wait_sw_if_aborts, "M43; before e8145dcd31 (10.1)",
            "a wait with status and interrupt ends the emulator")},
    {SWITCH("queue", wait_fence_only, "M44; commit 57ac646a2e (10.2)",
            "a wait with FN alone is accepted")},
    {SWITCH("queue", wait_if_after_error, "vtd-facts 5.5",
            "a status write that fails still raises the interrupt")},
    {SWITCH("queue", psi_aligned, "vtd-facts 11 #14; L5; seen on 7.2.22",
            "a page-selective range is the aligned block")},
    {SWITCH("queue", cc_domain_exact, "vtd-facts 11 #3",
            "domain-selective context invalidation is not made global")},
    {SWITCH("queue", cc_device_has_did, "vtd-facts 11 #4",
            "device-selective context invalidation compares the domain of the cached entry")},
    {SWITCH("translation", all_ones_unreadable, "vtd-facts 11 #23",
            "an entry of all ones counts as unreadable")},
    {SWITCH("translation", tm_needs_property, "vtd-facts 3.6; stale-tm is younger than 7.2",
            "bit 62 of a leaf is free only with stale-tm")},
    {SWITCH("translation", tm_reserved, "M19; before e48929c787, ce586f3b8d (4.2)",
            "bit 62 of a leaf is never free")},
    {SWITCH("translation", pt_needs_largest_aw, "vtd-facts 11 #35",
            "pass-through needs the largest AW")},
    {SWITCH("translation", fault_b_qualified, "vtd-facts 11 #15", "FPD suppresses reason Bh")},
    {SWITCH("translation", pv_all_ones, "vtd-facts 11 #18; M49",
            "page-walk faults carry PV=ffffh")},
    {SWITCH("translation", cached_right_faults, "vtd-facts 11 #20",
            "a cached entry without the right records a fault")},
    {SWITCH("translation", window_by_extent, "vtd-facts 3.9 step 15; commit ea97a1bde7 (7.1)",
            "a leaf that overlaps the interrupt window blocks all of itself")},
    {SWITCH("translation", window_as_target, "M21; before ea97a1bde7 (7.1)",
            "a leaf may lead into the interrupt window")},
    {SWITCH(
        "translation", window_reads_zero, "seen on 7.2.22: its interrupt controller answers",
        "tables in the interrupt window of guest memory, or where the IOAPIC is, read as zeros where the trace describes its memory")},
    {SWITCH(
        "translation", spaces_kept, "seen on 7.2.22",
        "an address space outlives its devices: who is plugged in their place finds it as it was "
        "switched last")},
    {SWITCH("translation", pt_seen_by_dma, "vtd-facts 3.9; commit dbaabb25f4 (2.10)",
            "an access that meets a pass-through entry switches its device")},
    {BITS("translation", iotlb_sid_mask, "M36; commit bacabb0afa (2.8)",
          "the part of the source id in the IOTLB's key")},
    {SWITCH("translation", iotlb_by_context, "specification 6.2.1: entries are tagged by domain",
            "an IOTLB entry answers only while the device's context entry names its domain")},
    {SWITCH("translation", iotlb_mask_8_bits,
            "b5a280c008 (2.2) to d7258f7a25 (9.1); seen on 7.2.22",
            "a page-selective invalidation compares the lowest eight bits of page numbers alone")},
    {SWITCH("synchronisation", reserved_before_absent, "vtd-facts 9.2.3",
            "the walk refuses reserved bits in an entry without rights, too")},
    {SWITCH("synchronisation", follows_acted_context, "vtd-facts 2.3",
            "IOTLB invalidations follow the context entry acted on until a context invalidation, "
            "not memory's alone")},
    {SWITCH("synchronisation", switch_unmaps, "L18",
            "notifiers hear UNMAP when their device stops being translated")},
    {SWITCH("synchronisation", malformed_frozen, "vtd-facts 11 #39; L8",
            "reserved or unreadable entries keep what was mapped")},
    {SWITCH("synchronisation", context_error_frozen,
            "L9; c28b535d08 (3.1) made absent entries the exception",
            "only an absent context entry unmaps, other errors do nothing")},
    {SWITCH("synchronisation", context_absent_frozen, "quirk; M08, before c28b535d08 (3.1)",
            "an absent context entry, too, unmaps nothing")},
    {SWITCH("synchronisation", context_flushes, "L10; since 2cc9ddcceb (3.1); seen on 7.2.22",
            "global and domain context invalidations unmap all, then map again")},
    {SWITCH("synchronisation", root_flushes, "vtd-facts 11 #44; L4; since 2cc9ddcceb (3.1)",
            "SRTP unmaps all and maps nothing again")},
    {SWITCH("synchronisation", removals_merged, "contract 5",
            "adjacent removals become the largest legal entries")},
    {SWITCH("synchronisation", unmap_only_apart, "contract 5",
            "UNMAP-only notifiers hear the invalidated range, whatever others on the device hold")},
    {SWITCH("synchronisation", domain_ignored, "quirk; museum I14",
            "IOTLB invalidations of any domain reach every device")},
    {SWITCH("synchronisation", tells_unchanged, "M03; before 63b88968f1, eecf5eedbd (3.0)",
            "nothing is remembered: unchanged entries are told again")},
    {SWITCH("synchronisation", skips_nonleaf_holes, "M01; before 36d2d52bdb (3.0)",
            "an absent entry above the leaf level unmaps nothing")},
    {SWITCH("synchronisation", inplace_bare_map, "seed 004",
            "an in-place change is told as MAP alone")},
    {SWITCH("synchronisation", te_off_keeps_region, "quirk; M09",
            "translation off leaves devices where they were")},
    {SWITCH("synchronisation", iotlb_keeps_large, "quirk; museum I14",
            "page-selective invalidation misses large IOTLB entries")},
    {SWITCH("synchronisation", inval_replays, "M02; seed 004; before 63b88968f1 (3.0)",
            "domain, global and context invalidations replay everything to each notifier")},
    {SWITCH("synchronisation", walks_unmap_only, "M04; seed 004; before 4f8a62a933 (3.0)",
            "a page-selective invalidation walks for UNMAP-only notifiers, too")},
    {SWITCH("synchronisation", edge_switches_alone, "before 2cc9ddcceb (3.1)",
            "translation on or off switches devices and does nothing more")},
    {SWITCH("synchronisation", root_latched_alone, "before 2cc9ddcceb (3.1)",
            "SRTP latches the root and does nothing more")},
    {SWITCH("synchronisation", reset_keeps_region, "M09; before 2cc9ddcceb (3.1)",
            "reset unmaps all and leaves devices translated")},
    {SWITCH("synchronisation", devtlb_unheard, "M23; before 10315b9b28 (2.10)",
            "device-TLB invalidations reach nobody")},
    {SWITCH("synchronisation", leaves_stay_linked, "quirk; M34",
            "an unregistered notifier is still called")},
    {SWITCH("synchronisation", kinds_ignored, "quirk; M27", "every notifier hears every kind")},
    {SWITCH("synchronisation", unmap_keeps_rights, "quirk; museum 1.2",
            "an UNMAP carries the rights of what it takes away")},
    {SWITCH("synchronisation", refusals_repaired, "contract 5; else L15, M60",
            "what a consumer refused is asked again when the range is next invalidated")},
    {SWITCH("synchronisation", finer_kinds, "reviews of seeds 000, 001",
            "there are read-map, write-map, read-unmap, write-unmap and sync events")},
    {SWITCH("synchronisation", flags_told_always, "quirk; museum 1.1, d22d8956b1",
            "the unit is told at each registration, changed or not")},
    {SWITCH("synchronisation", entries_kept, "quirk; M68",
            "a probe acts on its entry at the next callback, when it is dead")},
    {SWITCH("synchronisation", iotlb_pages_all, "quirk; museum I14",
            "page-selective invalidation drops the whole IOTLB")},
    {SWITCH("synchronisation", add_before_delete, "quirk",
            "a switched device's new region joins before the old one leaves")},
    {WORD(
        "synchronisation", sync_unmap_only, "M17; whole: commit 3e090e3489 (8.0)",
        "what an UNMAP-only address space hears of a domain or global invalidation: removals of a "
        "walk, or one UNMAP of all")},
    {WORD(
        "synchronisation", unmap_whole, "M05, M06; pieces: commits 9a4bb8391f, d6d10793dc (4.1)",
        "how all of a notifier's range is taken away: aligned pieces, or one that is rounded up")},
    {SWITCH("synchronisation", unmap_whole_takes_next, "before ebe1504e10 (8.1); seen on 7.2.22",
            "with all of a notifier's range the page after it is forgotten, too")},
    {SWITCH("synchronisation", restore_forgets_regions, "quirk; M55, 552a1e01a4",
            "a restored machine's devices are untranslated until something switches them")},
    {TEXT("notifiers", kinds, "seed 001", "the names of MAP and UNMAP in reports")},
    {SWITCH("notifiers", kind_by_permission, "seeds 000, 001; before 3b5ebf8532 (6.0)",
            "rights make an event a MAP, none an UNMAP; there is no kind for device-TLBs")},
    {SWITCH("notifiers", ranges_ignored, "M22; seeds 000, 001; before 698feb5e13 (2.10)",
            "every notifier hears all of its region")},
    {SWITCH("notifiers", touching_heard, "commit bd2bfa4c52 (2.10) compares with one past",
            "what ends right before a range counts as inside")},
    {SWITCH("notifiers", registration_asserts, "seeds 000, 001; museum 1.2",
            "no kind, or an inverted range, ends the emulator")},
    {SWITCH("notifiers", flags_told_first_last, "seeds 000, 001: notify_started, notify_stopped",
            "the unit is told when the first notifier registers and when the last leaves")},
    {WORD("notifiers", straddle, "museum 1.3; M26, M05; crop: commit bc54fb0168 (10.2)",
          "what becomes of an event that straddles a notifier's border")},
    {SWITCH("notifiers", devtlb_straddle_asserts, "quirk; M25, before 1804857f19 (6.0)",
            "an event beyond the range of a DEVTLB notifier meets an assertion")},
    {WORD("notifiers", replay, "museum 1.4; M11; forget-all: commit e80c1e4c7d (8.1)",
          "how a notifier that asks for a replay is served")},
    {SWITCH("notifiers", refusal_ends_vfio, "seen on 7.2.22: hw_error of VFIO's listener",
            "a refused notifier of an assigned device ends the emulator")},
    {WORD("notifiers", map_without_cm, "M28, M29; commits 28cf553afe (4.2), b8d78277c0 (8.0)",
          "who may ask for MAP on a unit without caching mode")},
    {SWITCH("notifiers", devtlb_needs_dt, "M30; commit 09adb0e021 (8.0)",
            "who asks for device-TLB events needs device-iotlb")},
    {SWITCH("vhost", vhost_real_rights, "vtd-facts 11 #45",
            "an UPDATE carries the page's rights, not always both")},
    {SWITCH("vhost", vhost_failure_told, "vtd-facts 9.4",
            "a miss without translation is answered")},
    {SWITCH("vhost", refusal_ends_vhost, "seen on 7.2.22 and 10.0.2: exit(1)",
            "with ATS on, vhost asks for device-TLB events whatever the unit has; a refused "
            "notifier of vhost ends the emulator")},
    {SWITCH("vhost", vhost_switch_flushes, "L11, L19, M53",
            "a switched device keeps no entries and no misses")},
    {SWITCH("vhost", vhost_flip_flushes, "M31", "nor does one whose ATS is switched")},
    {SWITCH("vhost", vhost_ats_ignored, "quirk; M31, before ee071f67f7 (8.1)",
            "vhost listens to device-TLB invalidations wherever there is a device IOTLB, ATS on or "
            "off")},
    {SWITCH("vhost", vhost_late_miss_lost, "quirk; M53",
            "a failure is told to nobody while the device is not translated")},
    {SWITCH("vhost", reset_keeps_ats, "seen on 7.2.22 and 10.0.2",
            "a device's ATS outlives a reset of the machine")},
    {SWITCH("vhost", vhost_resets_first, "seen on 10.0.2",
            "a reset of the machine stops vhost before the unit is reset, which tells it nothing")},
    {SWITCH("vhost", misses_outlive_stop, "quirk; M54",
            "misses still wait after the rings stopped")},
    {SWITCH(
        "VFIO", leave_unmaps, "seen on 7.2.22",
        "who leaves unmaps what its listener added: RAM, or all below and all above the window")},
    {SWITCH("VFIO", ebusy_retried, "seen on 7.2.22",
            "a map refused with EBUSY: UNMAP of its range, then the map once more")},
    {SWITCH("VFIO", last_page_spared, "seen on 7.2.22; M58",
            "an unmap up to 2^64 refused with EINVAL: again, without the last page")},
    {SWITCH("VFIO", ram_map_ends, "seen on 7.2.22: hw_error",
            "RAM that cannot be mapped while the guest runs ends the emulator")},
    {SWITCH("type1", unmap_end_wraps, "before ef270ec44637 of Linux; seen on 6.1.192",
            "an UNMAP that ends at 2^64 finds no mapping")},
    {SWITCH("type1", unmap_ignores_pins, "quirk; seed 002",
            "an unmap does not look for pinned pages")},
    {SWITCH("type1", core_takes_no_dma_unmap, "quirk; seed 002, review",
            "a device without dma_unmap is opened")},
    {SWITCH("type1", close_tests_register, "quirk; M74d; seed 002, review",
            "closing tests the hook for registering and calls the other one")},
    {SWITCH("type1", unregister_unlocked, "quirk; seed 002",
            "leaving the device list takes no lock")},
    {SWITCH("type1", callback_under_iommu_lock, "quirk; seed 002",
            "dma_unmap is called with the iommu lock held")},
    {SWITCH("type1", limit_not_returned, "quirk; museum I16",
            "a map that fails keeps its place under the limit")},
    {SWITCH("type1", retries_never_reset, "quirk; M74",
            "the retries of one unmap are counted over all its mappings")},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

const struct policy_field *policy_field(size_t index)
{
    return index < FIELDS ? &fields[index] : NULL;
}

const struct policy_field *policy_field_find(const char *name)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (!strcmp(fields[i].name, name))
            return &fields[i];
    return NULL;
}
