/* SPDX-License-Identifier: MIT */
/*
 * The fields in which systems differ. Each names the deviation of vtd-facts chapter 11 (#n), the
 * museum entry (Mnn, Ln) or the table of real-systems that it stands for.
 */
#ifndef VTR_POLICY_FIELDS_H
#define VTR_POLICY_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

/** What becomes of an event that straddles the border of a notifier's range (museum 1.3). */
enum straddle {
    STRADDLE_CROP,  /* iova and size cut, target not moved (10.2 on; #41, L2) */
    STRADDLE_ABORT, /* assertion, for all but DEVTLB notifiers, which crop (6.0 to 10.1; M26) */
    STRADDLE_WHOLE, /* delivered as it is (seed 004; 2.10 to 4.1; M05) */
    STRADDLE_PIECES /* cut into naturally aligned pieces, target kept in step (as architected) */
};

/** How a notifier that asks for a replay is served (museum 1.4). */
enum replay_how {
    REPLAY_UNMAP_FIRST, /* whole-range unmap of this notifier, then walk (2.10 to 8.0) */
    REPLAY_FORGET_ALL,  /* the device's whole record forgotten, then walk (8.1 on; L3) */
    REPLAY_RECORD       /* what the record says, or the tables where nobody was told yet */
};

/** What an UNMAP-only address space hears when a domain or everything is invalidated (M17). */
enum sync_unmap_only {
    SYNC_UNMAP_ONLY_WALKS, /* the walk runs and fills the record; only removals of it are told (7.2)
                            */
    SYNC_UNMAP_ONLY_WHOLE  /* one UNMAP of each notifier's whole range (8.0 on) */
};

/** Who may ask for MAP events on a unit without caching mode (M28, M29). */
enum map_without_cm {
    MAP_NEEDS_CM,          /* refused for everyone (8.0 on) */
    MAP_ASSIGNED_NEEDS_CM, /* refused for assigned devices alone (4.2 to 7.2) */
    MAP_WITHOUT_CM_EXITS,  /* the process ends (seed 004: exit(1); to 4.1) */
    MAP_WITHOUT_CM_SERVED  /* nobody asks (contract, section 5: v3, v6) */
};

/** How all of a notifier's range is taken away. */
enum unmap_whole {
    UNMAP_WHOLE_PIECES, /* naturally aligned powers of two, ascending (4.1 on; museum 2.2) */
    UNMAP_WHOLE_ROUNDED, /* one: size rounded up, start rounded down to it (seed 004; M05, M06) */
    UNMAP_WHOLE_POW2,    /* the rounding of M05 alone: the end is right */
    UNMAP_WHOLE_SHORT    /* pieces up to an inclusive end taken for one past (M06 alone) */
};

struct policy {
    const char *name;

    /* Capabilities. */
    bool esrtps;           /* CAP.ESRTPS (10.2 on) */
    bool five_levels;      /* 57 bits may be configured */
    bool three_levels;     /* nothing but 39 bits may be configured (before 2.12; museum 2.1) */
    bool no_drain;         /* CAP.DWD and DRD are 0, whatever dma-drain= says (vtd-facts 1.4) */
    bool no_snoop_control; /* no such property (before 7.0; museum 2.1) */

    /* Registers. */
    bool gsts_first;          /* status bits change before the work is done (M51, L14) */
    bool wrong_size_aborts;   /* a 64-bit write to some 32-bit registers ends the emulator (#43) */
    bool feaddr_64_aborts;    /* to FEADDR, too (before 2.12; M48) */
    bool iqa_reads_latched;   /* IQA's base reads as latched by QIE (#9) */
    bool iqa_loses_dw;        /* and its DW bit reads 0 (M47) */
    bool upper_msi_writable;  /* FEUADDR, IEUADDR writable with EIM (#30) */
    bool ip_clears_with_frcd; /* clearing the last fault record clears FECTL.IP (#25) */
    bool ttm_checked;         /* reserved translation table modes block everything, 30h (1.5) */

    /* Invalidation queue and register commands. */
    bool qie_needs_tail_0; /* the queue is not enabled while its tail is not 0 (before 2.10; M42) */
    bool iqe_clear_resumes;   /* clearing IQE fetches again (#1) */
    bool iqercd;              /* IQERCD reports the cause (#2) */
    bool busy_under_qi;       /* a register command under QI never completes (#5, L16) */
    bool dw_needs_smts;       /* DW=1 without scalable mode is an error (#10) */
    bool types_need_caps;     /* device-TLB needs DT, interrupt-entry-cache needs IR (#12) */
    bool pfsid_allowed;       /* PFSID may be set in a device-TLB descriptor (#13) */
    bool type_has_upper_bits; /* bits 11:9 belong to the type (M46) */
    bool iec_reserved; /* reserved bits of interrupt-entry-cache descriptors are checked (M46) */
    uint16_t types_accepted;  /* bit n: type n is taken from a 128-bit queue (5.3) */
    bool wait_sw_if_aborts;   /* a wait with SW and IF ends the emulator (M43) */
    bool wait_fence_only;     /* a wait with FN alone is accepted (M44) */
    bool wait_if_after_error; /* a failed status write still raises the interrupt (5.5) */
    bool psi_aligned;         /* a page-selective range is the aligned block (#14, L5) */
    bool cc_domain_exact;     /* domain-selective context invalidation is not made global (#3) */
    bool cc_device_has_did;   /* device-selective context invalidation compares the tag (#4) */

    /* Tables, translation, faults. */
    bool all_ones_unreadable; /* an entry of all ones counts as unreadable (#23) */
    bool tm_needs_property;   /* bit 62 of a leaf is free only with stale-tm (3.6) */
    bool tm_reserved;         /* bit 62 of a leaf is never free (before 4.2; M19) */
    bool pt_needs_largest_aw; /* pass-through needs the largest AW (#35) */
    bool fault_b_qualified;   /* FPD suppresses code B (#15) */
    bool pv_all_ones;         /* page-walk faults carry PV=0xffff (#18) */
    bool cached_right_faults; /* a cached entry without the right records a fault (#20) */
    bool window_by_extent;    /* a leaf that overlaps the interrupt range blocks all of itself (3.9
                                 step 15) */
    bool window_as_target;    /* and a leaf may map the interrupt range (before 7.1; M21) */
    bool window_reads_zero;   /* tables in the interrupt range of guest memory are zeros, not
                                 unreadable: an interrupt controller answers (seen on 7.2.22) */
    bool spaces_kept;         /* an address space outlives its devices: who is plugged in their place
                                 finds it as it was switched last (observed on 7.2.22) */
    bool pt_seen_by_dma;      /* a dma that meets a pass-through entry switches the device (3.9) */
    uint16_t iotlb_sid_mask;  /* part of the source id in the IOTLB's key (M36) */
    bool iotlb_by_context;    /* an entry of the IOTLB answers only while the device's context entry
                                 names its domain */
    bool iotlb_mask_8_bits;   /* a page-selective invalidation compares the lowest eight bits of
                                 page numbers alone (2.2 to 9.0: b5a280c008, d7258f7a25) */

    /* Synchronisation. */
    bool reserved_before_absent; /* the walk refuses reserved bits in an entry without rights, too
                                    (9.2.3) */
    bool follows_acted_context;  /* IOTLB invalidations follow the context entry acted on until a
                                  * context  invalidation, as a context cache would; else memory's
                                  * alone (2.3) */
    bool switch_unmaps;    /* notifiers hear UNMAP when their device stops being translated (L18) */
    bool malformed_frozen; /* reserved or unreadable entries keep what was mapped (#39, L8) */
    bool context_error_frozen; /* only an absent context entry unmaps, other errors do nothing (L9)
                                */
    bool context_absent_frozen; /* an absent context entry, too, unmaps nothing (before 3.1; M08) */
    bool context_flushes;      /* context global and domain: unmap all, then map again (L10) */
    bool root_flushes;         /* SRTP: unmap all, nothing mapped again (#44, L4) */
    bool removals_merged;  /* adjacent removals become the largest legal entries */
    bool unmap_only_apart; /* UNMAP-only notifiers hear the invalidated range, whatever others on
                              the device hold */
    bool domain_ignored;   /* IOTLB invalidations of any domain reach every device (I14) */
    bool tells_unchanged;  /* nothing is remembered: unchanged entries are told again (M03) */
    bool skips_nonleaf_holes; /* an absent entry above the leaf level unmaps nothing (M01) */
    bool inplace_bare_map;    /* an in-place change is told as MAP alone (seed 004) */
    bool te_off_keeps_region; /* translation off leaves devices where they were (M09) */
    bool iotlb_keeps_large;   /* page-selective invalidation misses large entries (I14) */
    bool inval_replays;       /* domain, global and context invalidations replay everything to each
                                 notifier (seed 004; M02) */
    bool walks_unmap_only;    /* a page-selective invalidation walks for UNMAP-only notifiers, too
                                 (seed 004; M04) */
    bool edge_switches_alone; /* TE switches devices; nobody is unmapped before, no cache emptied
                                 (before 3.1, 2cc9ddcceb) */
    bool root_latched_alone;  /* SRTP latches the root and does nothing more (likewise) */
    bool reset_keeps_region;  /* reset unmaps all and leaves devices translated (M09) */
    bool devtlb_unheard;      /* device-TLB invalidations reach nobody (M23) */
    bool leaves_stay_linked;  /* an unregistered notifier is still called (M34) */
    bool kinds_ignored;       /* every notifier hears every kind (M27) */
    bool unmap_keeps_rights; /* an UNMAP still carries the rights of what it takes away (museum 1.2)
                              */
    bool refusals_repaired;  /* what a consumer refused is remembered and asked again when the range
                                is  next invalidated (contract: ideal) */
    bool finer_kinds; /* read-map, write-map, read-unmap, write-unmap and sync events (reviews of
                         seeds 000, 001) */
    bool flags_told_always; /* the unit is told at each registration, changed or not (museum 1.1) */
    bool entries_kept; /* a probe acts on its entry at the next callback, when it is dead (M68) */
    bool iotlb_pages_all; /* page-selective invalidation drops the whole IOTLB (I14) */
    bool add_before_delete; /* a switched device's new region joins before the old one leaves */
    enum sync_unmap_only sync_unmap_only;
    enum unmap_whole unmap_whole;
    bool unmap_whole_takes_next; /* and what is remembered of the byte after it is forgotten, too
                                    (before 8.1: ebe1504e10) */
    bool restore_forgets_regions; /* a restored machine's devices are untranslated until something
                                     switches them (M55) */

    /* Notifiers. */
    const char *kinds;          /* its names for MAP and UNMAP, where they are others (seed 001) */
    bool kind_by_permission;    /* rights make an event a MAP, none an UNMAP: there is no kind for
                                   device-TLBs, who wants them asks for UNMAP (before 6.0; seeds 000,
                                   001) */
    bool ranges_ignored;        /* every notifier hears all of its region (seeds 000, 001; M22) */
    bool touching_heard;        /* what ends right before a range counts as inside (2.10:
                                   bd2bfa4c52 compares with one past) */
    bool registration_asserts;  /* no kind, or an inverted range, ends the emulator (seeds 000, 001;
                                   museum 1.2) */
    bool flags_told_first_last; /* the unit is told when the first notifier registers and when the
                                   last leaves (seeds 000, 001: notify_started, notify_stopped) */
    enum straddle straddle;
    bool devtlb_straddle_asserts; /* beyond the range of a DEVTLB notifier, too (4.2 to 5.2; M25) */
    enum replay_how replay;
    bool refusal_ends_vfio; /* snoop control refuses an assigned device: hw_error (seen on 7.2, 10.0
                               and 11.1) */
    enum map_without_cm map_without_cm;
    bool devtlb_needs_dt; /* DEVTLB notifiers need a device IOTLB (M30) */

    /* vhost. */
    bool vhost_real_rights;  /* an UPDATE carries the page's rights, not always both (#45) */
    bool vhost_failure_told; /* a miss without translation is answered (9.4) */
    bool refusal_ends_vhost; /* asks for DEVTLB with ATS on whatever the unit has; refused, the
                                emulator exits (seen on 7.2.22 and 10.0.2) */
    bool
        vhost_switch_flushes; /* a switched device keeps no entries and no misses (L11, L19, M53) */
    bool vhost_flip_flushes;  /* nor does one whose ATS flips keep entries (M31) */
    bool vhost_ats_ignored;   /* DEVTLB wherever there is a device IOTLB, ATS on or off (M31) */
    bool vhost_late_miss_lost; /* a failure is told to nobody while the device is not translated
                                  (M53) */
    bool reset_keeps_ats;      /* a device's ATS outlives a reset (seen on 7.2.22 and 10.0.2) */
    bool vhost_resets_first; /* a system reset stops it before the unit is reset (seen on 10.0.2) */
    bool misses_outlive_stop; /* misses still wait after the rings stopped (M54) */

    /* VFIO, QEMU's side (all four observed on 7.2.22, docs/agreement.md). */
    bool leave_unmaps;     /* who leaves unmaps what its listener added: RAM, or all below and all
                              above the window */
    bool ebusy_retried;    /* a map refused with EBUSY: UNMAP of its range, then once more */
    bool last_page_spared; /* an unmap up to 2^64 refused with EINVAL: again, without the last page
                            */
    bool ram_map_ends;     /* RAM that cannot be mapped while the guest runs: hw_error */

    /* VFIO type1, the kernel's side: of the time. */
    bool unmap_end_wraps; /* an UNMAP that ends at 2^64 finds no mapping (Linux before
                             ef270ec44637; seen on 6.1.192) */

    /* VFIO type1, the kernel's side: all false but by a quirk. */
    bool unmap_ignores_pins;        /* an unmap does not look for pinned pages */
    bool core_takes_no_dma_unmap;   /* a device without dma_unmap is opened (seed 002, review) */
    bool close_tests_register;      /* closing tests the hook for registering, calls the other one,
                                       and the driver lacks that (seed 002, review; M74d) */
    bool unregister_unlocked;       /* leaving the list takes no lock */
    bool callback_under_iommu_lock; /* dma_unmap is called with the iommu lock held */
    bool limit_not_returned;        /* a map that fails keeps its place under the limit */
    bool retries_never_reset;       /* the retries of one unmap are counted over all its mappings
                                       (M74) */
};

#endif
