/* SPDX-License-Identifier: MIT */
/* The table of invariants: statements as the contract has them, and where each comes from. */
#include "checks/internal.h"

#define V SEV_VIOLATION
#define G SEV_GUEST
#define C SEV_COST

static const struct invariant rows[INVARIANTS] = {
    [ORD_INPLACE] =
        {"ORD-INPLACE", V,
         "a MAP over a range held with another target or permission is preceded by its UNMAP",
         "vtd-facts 9.2.2, 9.2.3; museum I2"},
    [ORD_DUP_MAP] = {"ORD-DUP-MAP", V,
                     "no MAP for what a consumer already holds (type1 answers EEXIST)",
                     "vtd-facts 9.3; museum I2, M03"},
    [ORD_SPLIT_UNMAP] = {"ORD-SPLIT-UNMAP", V,
                         "no UNMAP cuts a mapping in two (type1v2 answers EINVAL)",
                         "vtd-facts 9.3, 8 H1; museum I3, L7"},
    [ORD_WAIT] = {"ORD-WAIT", V,
                  "when a wait descriptor's status lands, or GSTS says done, every notification of "
                  "earlier work has been delivered",
                  "specification 6.5.2.12, 11.4.4; vtd-facts 8 O4; museum I12, M51"},
    [ORD_REPLAY] = {"ORD-REPLAY", V,
                    "a replay starts from nothing: what a consumer held is unmapped first, or left "
                    "untouched because it is still true",
                    "vtd-facts 9.2.5; museum 1.4, L3"},
    [FLT_KIND] = {"FLT-KIND", V, "a consumer receives only the kinds its flags ask for",
                  "vtd-facts 9.2.1; museum I7"},
    [FLT_RANGE] =
        {"FLT-RANGE", V,
         "a consumer receives nothing outside its range; what straddles is clipped, and what is "
         "left comes as naturally aligned power-of-two pieces, ascending",
         "vtd-facts 9.2.2; museum I5, M05, M22"},
    [FLT_MASK] =
        {"FLT-MASK", V,
         "size is a power of two, IOVA and target are aligned to it (an UNMAP to an UNMAP-only "
         "consumer may be any range)",
         "vtd-facts 9.1; museum I5, L2"},
    [FLT_PERM] = {"FLT-PERM", V, "MAP carries a permission, UNMAP carries none",
                  "vtd-facts 9.2.2; museum I7"},
    [FLT_OFFSET] = {"FLT-OFFSET", V, "a clipped entry keeps IOVA and target in step",
                    "vtd-facts 9.2.2, 11 #41; museum I6, L2"},
    [COH_SHADOW] =
        {"COH-SHADOW", V,
         "after an invalidation completes, what a consumer was notified is exactly what the "
         "tables say for the range invalidated; and its container holds each notified entry "
         "unless it refused it (its `result`) or the target is not wholly RAM (w may be widened "
         "to rw)",
         "specification 6.1, 6.5.2; vtd-facts 7, 11 #39; museum I1, L8"},
    [COH_STALE] = {"COH-STALE", V,
                   "no consumer that was told UNMAP, and no cache or device IOTLB, still "
                   "translates the range",
                   "specification 6.5.2.3; vtd-facts 5.5; museum I1, I4, I14"},
    [COH_DMA] =
        {"COH-DMA", V,
         "an access reaches a page, or faults, in a way the architecture allows: for each entry on "
         "the way, any value it held since the completion of the last invalidation that covered "
         "it; a not-present entry may be remembered only under caching mode",
         "specification 3, 6.1, 6.2; vtd-facts 3, 4.1, 7"},
    [COH_TRANSIENT] =
        {"COH-TRANSIENT", V,
         "a translation that did not change, page size included, is never taken away, not even for "
         "a moment",
         "vtd-facts 5.8, 9.2.3; museum I8, M02, M11, L10"},
    [COH_EXACT] =
        {"COH-EXACT", V,
         "an invalidation removes every cached entry any byte of which it names, whole, and no "
         "other (evictions for room, and a granularity reported as coarser, are no breach)",
         "specification 6.5.2.3; vtd-facts 5.5, 5.7, 6; museum I14"},
    [COH_READ] = {"COH-READ", V, "a register reads as the guest saw it", "the trace; vtd-facts 1"},
    [COH_EXPECT] = {"COH-EXPECT", V, "what was notified is what the trace expects", "the trace"},
    [ISO_DOMAIN] = {"ISO-DOMAIN", V, "an invalidation of one domain changes no device of another",
                    "specification 6.5.2.3; vtd-facts 5.8; museum I14"},
    [ISO_GONE] = {"ISO-GONE", V, "a consumer that left receives nothing", "museum I11, M34"},
    [REG_REFUSE] =
        {"REG-REFUSE", V,
         "registration without a kind, with an inverted range, or with kinds the unit cannot "
         "supply is refused with an error",
         "vtd-facts 9.2.1; museum I10, M29, M30"},
    [REG_FLAGS] = {"REG-FLAGS", V,
                   "the unit is told the old and new union of flags exactly when it changes",
                   "vtd-facts 9.2.1; museum 1.2"},
    [RST_EMPTY] =
        {"RST-EMPTY", V,
         "after reset, or with translation off, no consumer holds a translation made by the tables",
         "specification 11.4.4 TE; vtd-facts 2.4; museum I9, M09"},
    [STATE_RESTORE] = {"STATE-RESTORE", V,
                       "state saved and restored at any record behaves as the original",
                       "museum I18, M55"},
    [LIVE_MISS] = {"LIVE-MISS", V,
                   "every vhost miss ends in one update or one failure and wakes its ring; none "
                   "outlives a stop, a reset or translation going off",
                   "vtd-facts 9.4; museum I15, M53, M54"},
    [LIVE_QUEUE] =
        {"LIVE-QUEUE", V,
         "a valid queue is drained; a bad descriptor stops it there, is reported as the "
         "architecture says, and the queue can be resumed; a busy bit clears",
         "specification 6.5.1, 6.5.2; vtd-facts 5.2, 5.3, 6; museum I12, I13, M44, M50, L16"},
    [LIVE_ABORT] = {"LIVE-ABORT", V, "nothing a guest does ends the emulator",
                    "vtd-facts 11 #43; museum I20, M25, M26, M43, M48"},
    [LIFE_ENTRY] = {"LIFE-ENTRY", V, "no consumer reads an entry after its callback returned",
                    "museum I19, M68, M74"},
    [PIN_UNMAP] = {"PIN-UNMAP", V, "when type1 finishes an unmap, no page in the range is pinned",
                   "seed 002; vtd-facts 9.3; museum I16, M74"},
    [PIN_DEVICE] = {"PIN-DEVICE", V,
                    "a device without `dma_unmap` is refused at registration; pinning with no "
                    "registered device is refused",
                    "seed 002; vtd-facts 9.3; museum M74"},
    [PIN_LOCK] =
        {"PIN-LOCK", V,
         "`dma_unmap` runs with the device-list lock held and the iommu lock not held; register "
         "and unregister take the iommu lock, then the list lock; no device opens or closes while "
         "a callback runs",
         "seed 002 and its reviews; vtd-facts 9.3"},
    [PIN_RETRY] = {"PIN-RETRY", V, "one range asks the devices to unpin at most 10 times",
                   "seed 002; vtd-facts 9.3; museum M74"},
    [ACC_LIMIT] = {"ACC-LIMIT", V,
                   "mappings held never exceed the limit; the accounting returns to its start",
                   "vtd-facts 9.3; museum I16, M59, M73"},
    [ERR_CONVERGE] =
        {"ERR-CONVERGE", V,
         "after a consumer refuses, the unit's record of what it holds is what it holds, and the "
         "next invalidation of the range repairs it",
         "seeds 001, 002: reviews; vtd-facts 9.2.2, 9.3"},
    [GST_NOFLUSH] =
        {"GST-NOFLUSH", G,
         "guest: a present entry was removed, moved or narrowed, and before a covering "
         "invalidation completed there was a `dma` to the range, or the IOVA was made present "
         "again, or the unmapped page or a table page that hung below became another table",
         "specification 6.5.3; vtd-facts 8 O6, O7, P7"},
    [GST_CM] =
        {"GST-CM", G,
         "guest: under caching mode an entry became present and was used before an invalidation",
         "specification 6.1; vtd-facts 7, 8 P6, C4"},
    [GST_CTX] = {"GST-CTX", G,
                 "guest: a context entry changed without context-cache and then IOTLB invalidation",
                 "specification 6.2.2; vtd-facts 8 O1, C5"},
    [GST_DESC] =
        {"GST-DESC", G,
         "guest: reserved bits, a bad type or a misaligned page-selective address in a descriptor",
         "specification 6.5.2; vtd-facts 5.5, 8 Q8, P4, P5"},
    [GST_G1] = {"GST-G1", G,
                "guest: one GCMD bit differs from GSTS levels per write; one-shot bits alone",
                "specification 11.4.4; vtd-facts 8 G1"},
    [GST_G3] = {"GST-G3", G, "guest: RTPS=1 before TE=1", "specification 6.6; vtd-facts 8 G3"},
    [GST_G4] =
        {"GST-G4", G,
         "guest: ESRTPS=0: after SRTP, before relying on translation: CC global, IOTLB global, in "
         "this order",
         "specification 6.6; vtd-facts 8 G4"},
    [GST_Q1] = {"GST-Q1", G, "guest: IQT=0 and IQA written before QIE=1",
                "specification 6.5.2; vtd-facts 8 Q1"},
    [GST_Q2] = {"GST-Q2", G, "guest: IQA not written while QIES=1",
                "specification 11.4.9.3; vtd-facts 8 Q2"},
    [GST_Q3] = {"GST-Q3", G, "guest: QIE cleared only when head == tail and last was wait",
                "specification 6.5.2; vtd-facts 8 Q3"},
    [GST_Q4] = {"GST-Q4", G, "guest: the queue tail stays below the queue's size",
                "specification 11.4.9.2; vtd-facts 8 Q4"},
    [GST_Q5] = {"GST-Q5", G, "guest: no CCMD/IOTLB register command while QIES=1",
                "specification 6.5.1; vtd-facts 8 Q5"},
    [GST_C1] = {"GST-C1", G, "guest: CM=1: DID != 0 in every present context entry",
                "specification 6.2.2; vtd-facts 8 C1"},
    [GST_C2] = {"GST-C2", G, "guest: same DID => same SSPTPTR and AW",
                "specification 6.2.2; vtd-facts 8 C2"},
    [GST_C7] = {"GST-C7", G, "guest: TT=10 only with ECAP.PT and AW = largest; TT=01 only with DT",
                "specification 9.3; vtd-facts 8 C7"},
    [GST_C8] = {"GST-C8", G, "guest: DID < 2^(4+2*ND)", "specification 11.4.2; vtd-facts 8 C8"},
    [GST_G2] = {"GST-G2", G,
                "guest: next GCMD write only after GSTS was seen to say that the previous is done",
                "specification 11.4.4; vtd-facts 8 G2"},
    [GST_G5] = {"GST-G5", G, "guest: ESRTPS=0: TTM unchanged by SRTP while translation is on",
                "specification 6.6; vtd-facts 8 G5"},
    [GST_G6] = {"GST-G6", G,
                "guest: ESIRTPS=0: after SIRTP, a global interrupt-entry-cache invalidation before "
                "interrupt remapping is switched on",
                "specification 6.7; vtd-facts 8 G6"},
    [GST_Q6] = {"GST-Q6", G, "guest: descriptors are stored before the tail passes them",
                "specification 6.5.2; vtd-facts 8 Q6"},
    [GST_Q7] =
        {"GST-Q7", G,
         "guest: after a queue error the descriptor at the head is mended before FSTS.IQE is "
         "cleared",
         "specification 6.5.2.10; vtd-facts 8 Q7"},
    [GST_Q9] = {"GST-Q9", G,
                "guest: no two waits under way store the same status to the same place",
                "specification 6.5.2.8; vtd-facts 8 Q9"},
    [GST_O1] =
        {"GST-O1", G,
         "guest: a context-cache invalidation is followed by an IOTLB invalidation of equal or "
         "coarser scope before translation is switched on",
         "specification 6.2.2.1, 6.5; vtd-facts 8 O1"},
    [GST_O2] = {"GST-O2", G,
                "guest: where a device uses ATS, a device-TLB invalidation follows the IOTLB "
                "invalidation before the IOVA is made present again",
                "specification 6.5.3; vtd-facts 8 O2"},
    [GST_O6] =
        {"GST-O6", G,
         "guest: an IOVA or page that was unmapped is used again only after a wait that follows "
         "its invalidation has landed",
         "specification 6.5.3; vtd-facts 8 O6"},
    [GST_O7] =
        {"GST-O7", G,
         "guest: a page-table page goes only after an invalidation with IH=0, and the wait that "
         "follows, completed",
         "specification 6.5.3; vtd-facts 8 O7"},
    [GST_O8] = {"GST-O8", G, "guest: IH=1 only if no non-leaf entry changed",
                "specification 6.5.2.3; vtd-facts 8 O8"},
    [GST_P1] = {"GST-P1", G,
                "guest: a present leaf is not overwritten by one that leads elsewhere, without "
                "not-present and an invalidation between",
                "vtd-facts 8 P1, 9.3"},
    [GST_P2] =
        {"GST-P2", G,
         "guest: a page changes its size by clear, invalidation of the whole old extent, set",
         "specification 6.5.3; vtd-facts 8 P2"},
    [GST_P3] =
        {"GST-P3", G,
         "guest: a page-selective invalidation of a large page has an address mask of its size",
         "specification 3.8; vtd-facts 5.7, 8 P3"},
    [GST_C3] =
        {"GST-C3", G,
         "guest: a present context entry is changed by one store of 16 bytes, or through P=0",
         "specification 6.2.2; vtd-facts 8 C3"},
    [GST_C6] = {"GST-C6", G,
                "guest: a domain id names other tables only after context-cache and then IOTLB "
                "invalidation of what it named",
                "specification 6.2.2.1, 6.5.3; vtd-facts 8 C6"},
    [CST_REDUNDANT] = {"CST-REDUNDANT", SEV_COST,
                       "cost: UNMAP of nothing, UNMAP and MAP of what did not change",
                       "vtd-facts 9.2.3, 9.2.4; museum I8, M03, L10"},
    [CST_OVERREACH] = {"CST-OVERREACH", SEV_COST, "cost: pages invalidated that had not changed",
                       "specification 6.5.2.3; vtd-facts 5.7, 7; museum M84"},
    [CST_LOCK_CYCLE] = {"CST-LOCK-CYCLE", C,
                        "cost: two lock orders exist (register against unpin inside a callback: "
                        "seed 002's own comment)",
                        "seed 002; vtd-facts 9.3"},
};

const struct invariant *invariants(size_t *count)
{
    *count = INVARIANTS;
    return rows;
}

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"violation", "guest", "cost"};

    return names[s];
}
