/* SPDX-License-Identifier: MIT */
/* What the strategies that go from table to table share. Nobody else includes it. */
#ifndef VTR_SYNC_TABLES_H
#define VTR_SYNC_TABLES_H

#include "sync.h"

/** One enumeration. */
struct walk {
    const struct table_view *view;
    const struct slot_sink *sink;
    struct iova_range range;
    uint64_t entries_before;
};

/** A slot by its entry. */
static inline struct slot walk_made(const struct walk *w, enum slot_kind kind, iova_t at,
                                    unsigned level, uint64_t entry, enum perm perm)
{
    struct slot s = {.at = at, .level = level, .kind = kind, .last = entry_is_leaf(entry, level)};

    if (kind == SLOT_LEAF) {
        s.gpa = entry_target(w->view->rules, entry);
        s.perm = perm;
    }
    return s;
}

static inline void walk_show(const struct walk *w, enum slot_kind kind, iova_t at, unsigned level,
                             uint64_t entry, enum perm perm)
{
    struct slot s = walk_made(w, kind, at, level, entry, perm);

    w->sink->slot(w->sink->arg, &s);
}

/** The same of a level 1 table, beside what is known of it; true when that is known still. */
static inline bool walk_show_beside(const struct walk *w, enum slot_kind kind, iova_t at,
                                    uint64_t entry, enum perm perm, struct shadow_table *known)
{
    struct slot s = walk_made(w, kind, at, 1, entry, perm);

    return w->sink->beside(w->sink->arg, &s, known);
}

/** True when the entry says what is remembered of it (`slot`), so that nothing need be shown. */
static inline bool walk_as_known(const struct walk *w, uint64_t slot, uint64_t entry,
                                 unsigned level, enum perm parents)
{
    enum entry_verdict verdict;

    if (entry == 0)
        return slot == 0;
    if (!(slot & SHADOW_LEAF))
        return false;
    verdict = entry_judge(w->view->rules, entry, level, parents);
    return verdict == ENTRY_LEAF &&
           slot == shadow_leaf(entry_target(w->view->rules, entry),
                               (enum perm)(entry & SS_PERM & (uint64_t)parents));
}

/**
 * From entry `i` on, before `end`: the first that need be looked at, because it is not as
 * remembered or names a table; `end` when none is.
 */
unsigned walk_pass_many(const struct walk *w, const uint64_t *words, struct shadow_table *known,
                        unsigned i, unsigned end, unsigned level, enum perm parents);

/** The same; the first by itself, for one that need be looked at seldom comes alone. */
static inline unsigned walk_pass(const struct walk *w, const uint64_t *words,
                                 struct shadow_table *known, unsigned i, unsigned end,
                                 unsigned level, enum perm parents)
{
    if (i < end && words[i] &&
        !walk_as_known(w, shadow_table_slot(known, i), words[i], level, parents))
        return i;
    return walk_pass_many(w, words, known, i, end, level, parents);
}

/** Of `count` entries, the first that are 0 and need not be shown; they are counted. */
unsigned walk_idle(const struct walk *w, const uint64_t *words, unsigned count);
/**
 * The entries [*at, end) of a level 1 table of which nothing is remembered. Returns what the last
 * asking about the table said; *at is then the first entry not dealt with.
 */
bool walk_fresh(const struct walk *w, const uint64_t *words, struct shadow_table *known,
                unsigned *at, unsigned end, uint64_t base, enum perm parents);

/** `entries` of one more table are read. */
static inline void walk_count(const struct walk *w, unsigned entries)
{
    w->sink->counts->tables_read++;
    w->sink->counts->entries_read += entries;
    if (w->sink->counts->entries_read - w->entries_before > WALK_ENTRIES_MAX)
        fate_unsupported(w->sink->fate, WALK_TOO_LONG);
}

/** What a slot is whose entry names no table. */
static inline enum slot_kind walk_slot(enum entry_verdict v)
{
    if (v == ENTRY_LEAF)
        return SLOT_LEAF;
    return v == ENTRY_HOLE ? SLOT_HOLE : SLOT_REFUSED;
}

/** True when an enumeration before this one found the same range. */
static inline bool walk_placed(const struct walk *w)
{
    const struct sync_place *p = w->sink->place;

    return p->level && p->range.first.v == w->range.first.v && p->range.last.v == w->range.last.v;
}

/** Found: the table at `level` around `base`; of no smaller table more than one slot is touched. */
void walk_keep(const struct walk *w, const uint64_t *words, unsigned level, uint64_t base,
               enum perm parents);

/** Show what is in the range, from the place that an enumeration before this one found. */
void walk_place(const struct walk *w);

/** Everything in the table and below. */
void walk_table(const struct walk *w, gpa_t table, unsigned level, uint64_t base,
                enum perm parents);

#endif
