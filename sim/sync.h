/* SPDX-License-Identifier: MIT */
/*
 * From an invalidated range to notifications. A strategy enumerates the slots of the tables (an
 * entry's natural extent, and what it says); the differ compares each slot with the record of what
 * was notified and tells the differences. A strategy knows no listener; the differ no strategy.
 *
 * Source: vtd-facts 9.2.3; real-systems part I; museum 2.2.
 */
#ifndef VTR_SYNC_H
#define VTR_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "guest_mem.h"
#include "notifier.h"
#include "policy.h"
#include "shadow.h"
#include "visits.h"

enum slot_kind {
    SLOT_HOLE,   /* no right is left after ANDing with all parents */
    SLOT_LEAF,   /* maps the whole slot */
    SLOT_REFUSED /* reserved bits, or not readable */
};

struct slot {
    iova_t at;      /* first byte */
    unsigned level; /* extent: level_mask(level) */
    enum slot_kind kind;
    bool last;      /* nothing hangs below an entry like this: level 1, or its size bit is set */
    gpa_t gpa;      /* SLOT_LEAF */
    enum perm perm; /* SLOT_LEAF */
};

/** What makes an entry of the second-stage tables refused, by level and by size bit
 * (vtd-facts 3.6). */
struct entry_rules {
    uint64_t address; /* the bits of an entry that say where */
    bool all_ones_unreadable;
    bool absent_before_reserved; /* the architecture: an entry without rights is just absent */
    uint64_t reserved[LEVELS_MAX + 1];
    uint64_t reserved_large[LEVELS_MAX + 1];
};

/** The tables of one device: top table, its level, and the range that a walk may visit. */
struct table_view {
    const struct guest_mem *mem;
    const struct entry_rules *rules;
    gpa_t top;
    unsigned levels;
    uint64_t limit_last; /* 2^min(AGAW, aw) - 1 */
};

struct sync_counts {
    uint64_t entries_read;
    uint64_t tables_read;
    uint64_t slots_compared;
    uint64_t shadow_lookups; /* what the record of what was notified was asked, or told */
};

/**
 * Where an enumeration found its range: in the only slot that it touches, or in the lowest table
 * that holds all of it. For another one over the same range, while the tables are as they were.
 * Zeros: nowhere yet.
 */
struct sync_place {
    struct iova_range range;
    unsigned level; /* of the table; 0: nowhere */
    bool one_slot;
    struct slot slot;      /* one_slot; else: */
    const uint64_t *words; /* of the table; NULL: it is not readable */
    uint64_t base;         /* first byte of what the table spans */
    enum perm parents;
};

/** True when `r` was found to touch one slot alone. */
static inline bool sync_place_is_slot(const struct sync_place *p, struct iova_range r)
{
    return p->level && p->one_slot && p->range.first.v == r.first.v && p->range.last.v == r.last.v;
}

/** Takes slots in ascending order. */
struct slot_sink {
    void (*slot)(void *arg, const struct slot *s);
    /* The same of the only slot of a range: when it is as remembered it does not count as compared.
     */
    void (*only)(void *arg, const struct slot *s);
    /*
     * What is remembered for the table at `level` around `at`: true with *known when a slot that is
     * as remembered need not be shown; false when every slot must be. After each slot that was
     * shown `still` is asked.
     */
    bool (*known)(void *arg, iova_t at, unsigned level, struct shadow_table *known);
    /* The same once more, where it was true: mostly it is so still, but for what was shown. */
    bool (*still)(void *arg, iova_t at, unsigned level, struct shadow_table *known);
    /* `slot` and `still` for a slot of a level 1 table, beside what is known of the table. */
    bool (*beside)(void *arg, const struct slot *s, struct shadow_table *known);
    /* Not NULL: of a level 1 table of which nothing is remembered it is enough to say how many
     * entries are not empty, and how many of those map. */
    void (*fresh)(void *arg, unsigned entries, unsigned leaves);
    void *arg;
    struct sync_counts *counts;
    struct fate *fate;
    struct visits *visits; /* NULL: what is shown is not all compared with the record */
    /* Holes of tables of this level and above change nothing: entries of 0 there need not be shown,
     * but count as if they were. 0: they must be, unless `known` says otherwise. */
    unsigned holes_idle_from;
    struct sync_place *place; /* kept from one enumeration to the next */
};

/**
 * Show every slot that overlaps `r` (clipped to the limit; a start beyond the limit shows nothing).
 * A slot that is as remembered, or a hole where nothing is remembered, need not be shown.
 */
struct sync_strategy_ops {
    const char *name;
    void (*enumerate)(const struct table_view *v, struct iova_range r, const struct slot_sink *s);
    bool follows_writes; /* keeps `visits`; the memory must log what is written */
};

extern const struct sync_strategy_ops sync_walk;      /* level by level */
extern const struct sync_strategy_ops sync_translate; /* from the root, stepping by what answered */
extern const struct sync_strategy_ops sync_translate_4k; /* from the root, each 4 KiB */
extern const struct sync_strategy_ops sync_dirty; /* level by level, where anything was written */

/** Tables that name themselves can make one enumeration endless: beyond this it is refused. */
#define WALK_ENTRIES_MAX (UINT64_C(1) << 32)
#define WALK_TOO_LONG    "one walk of a device's tables reads more than 2^32 entries"

/** Where an entry leads. */
static inline gpa_t entry_target(const struct entry_rules *r, uint64_t entry)
{
    return gpa(entry & r->address);
}

/** True when reserved bits are set in the entry. */
static inline bool entry_reserved(const struct entry_rules *r, uint64_t entry, unsigned level)
{
    bool large = (level == 2 || level == 3) && (entry & SS_LARGE);

    return entry & (large ? r->reserved_large[level] : r->reserved[level]);
}

/** Leaf: level 1, or the size bit. */
static inline bool entry_is_leaf(uint64_t entry, unsigned level)
{
    return level == 1 || (entry & SS_LARGE);
}

/** Classify one entry; `parents` are the rights left so far. Shared by strategies and translation.
 */
enum entry_verdict { ENTRY_TABLE, ENTRY_LEAF, ENTRY_HOLE, ENTRY_RESERVED, ENTRY_UNREADABLE };
static inline enum entry_verdict entry_judge(const struct entry_rules *r, uint64_t entry,
                                             unsigned level, enum perm parents)
{
    bool absent = !(entry & SS_PERM & (uint64_t)parents);

    if (entry == UINT64_MAX && r->all_ones_unreadable)
        return ENTRY_UNREADABLE;
    if (absent && r->absent_before_reserved)
        return ENTRY_HOLE;
    if (entry_reserved(r, entry, level))
        return ENTRY_RESERVED;
    if (absent)
        return ENTRY_HOLE;
    return entry_is_leaf(entry, level) ? ENTRY_LEAF : ENTRY_TABLE;
}

/** Everything the differ needs of one device. */
struct sync_target {
    const struct policy *policy;
    const struct sync_strategy_ops *strategy;
    struct notify_region *region;
    struct shadow *shadow;
    struct sync_counts *counts;
    struct fate *fate;
    uint64_t aw_last;      /* 2^aw - 1 */
    struct visits *visits; /* for a strategy that follows writes; NULL for others */
};

/** Tell all notifiers what changed in `r`. */
void sync_range(const struct sync_target *t, const struct table_view *v, struct iova_range r);

/** Tell `n`, and only it, what the tables map now; the record is set along. */
void sync_replay(const struct sync_target *t, const struct table_view *v, struct notifier *n);

/** Tell `n`, and only it, what the record says. */
void sync_replay_record(const struct sync_target *t, struct notifier *n);

/** Unconditional UNMAPs over a notifier's whole range in aligned pieces, or as the policy rounds
 * it; the record of it is forgotten (9.2.4). */
void sync_unmap_whole(const struct sync_target *t, struct notifier *n);

/** Tell everybody that all of it is gone: as the policy does it (pieces, or what was mapped,
 * merged). */
void sync_unmap_all(const struct sync_target *t);

/**
 * One UNMAP of `r` to each notifier; [0, 2^64-1] stands for each one's whole range. For address
 * spaces without a MAP notifier; where the policy tells them apart, to the UNMAP-only ones of any.
 */
void sync_unmap_only(const struct sync_target *t, struct iova_range r);

#endif
