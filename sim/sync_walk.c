/* SPDX-License-Identifier: MIT */
/* The page walk: tables level by level, each read as a block beside what is remembered of it. */
#include "sync_tables.h"

bool entry_reserved(const struct entry_rules *r, uint64_t entry, unsigned level)
{
    bool large = (level == 2 || level == 3) && (entry & SS_LARGE);

    return entry & (large ? r->reserved_large[level] : r->reserved[level]);
}

enum entry_verdict entry_judge(const struct entry_rules *r, uint64_t entry, unsigned level,
                               enum perm parents)
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

/* Everything in a table whose entries are `words`, and below. */
static void walk_words(const struct walk *w, const uint64_t *words, unsigned level, uint64_t base,
                       enum perm parents)
{
    const struct slot_sink *sink = w->sink;
    uint64_t mask = level_mask(level), extent = base | level_mask(level + 1);
    uint64_t first = w->range.first.v > base ? w->range.first.v : base;
    uint64_t last = w->range.last.v < extent ? w->range.last.v : extent;
    unsigned from = level_index(iova(first), level), to = level_index(iova(last), level);
    struct shadow_table known;
    bool skip = sink->known && sink->known(sink->arg, iova(base), level, &known);

    walk_count(w, to - from + 1);
    for (unsigned i = from; i <= to && !fate_ended(sink->fate); i++) {
        uint64_t entry;
        enum entry_verdict verdict;
        enum perm perm;
        iova_t at;

        if (words && skip && level == 1 && known.nothing)
            skip = walk_fresh(w, words, &known, &i, to + 1, base, parents);
        if (words && skip && i <= to)
            i = walk_pass(w, words, &known, i, to + 1, level, parents);
        else if (words && sink->holes_idle_from && level >= sink->holes_idle_from)
            i += walk_idle(w, words + i, to + 1 - i);
        if (i > to || fate_ended(sink->fate))
            break;
        at = iova(base + i * (mask + 1));
        entry = words ? words[i] : 0;
        perm = (enum perm)(entry & SS_PERM & (uint64_t)parents);
        verdict = words ? entry_judge(w->view->rules, entry, level, parents) : ENTRY_UNREADABLE;
        if (verdict == ENTRY_TABLE)
            walk_table(w, entry_gpa(entry, w->view->rules->aw_bits), level - 1, at.v, perm);
        else
            walk_show(w, walk_slot(verdict), at, level, entry, perm);
        if (skip)
            skip = sink->known(sink->arg, iova(base), level, &known);
    }
}

void walk_table(const struct walk *w, gpa_t table, unsigned level, uint64_t base, enum perm parents)
{
    walk_words(w, guest_mem_page(w->view->mem, table), level, base, parents);
}

/* The range touches one slot of the table at `p`. */
static void find_slot(const struct walk *w, struct sync_place *p, uint64_t entry,
                      enum entry_verdict verdict)
{
    enum perm perm = (enum perm)(entry & SS_PERM & (uint64_t)p->parents);

    p->one_slot = true;
    p->slot = walk_made(w, walk_slot(verdict), iova(w->range.first.v & ~level_mask(p->level)),
                        p->level, entry, perm);
}

/* Down to the lowest table that holds all of the range. The record is not asked on the way:
 * whatever it says, an entry that names a table is no slot. */
static void find_place(const struct walk *w, struct sync_place *p)
{
    const struct table_view *v = w->view;
    gpa_t table = v->top;

    *p = (struct sync_place){.range = w->range, .parents = PERM_RW};
    for (unsigned level = v->levels;; level--) {
        unsigned index = level_index(w->range.first, level);
        enum entry_verdict verdict = ENTRY_UNREADABLE;
        uint64_t entry = 0;

        p->level = level;
        p->words = guest_mem_page(v->mem, table);
        if (index != level_index(w->range.last, level))
            return;
        if (p->words) {
            entry = p->words[index];
            verdict = entry_judge(v->rules, entry, level, p->parents);
        }
        walk_count(w, 1);
        if (verdict != ENTRY_TABLE) {
            find_slot(w, p, entry, verdict);
            return;
        }
        p->base = w->range.first.v & ~level_mask(level);
        p->parents = (enum perm)(entry & SS_PERM & (uint64_t)p->parents);
        table = entry_gpa(entry, v->rules->aw_bits);
    }
}

void walk_place(const struct walk *w)
{
    const struct sync_place *p = w->sink->place;

    if (p->one_slot)
        w->sink->only(w->sink->arg, &p->slot);
    else
        walk_words(w, p->words, p->level, p->base, p->parents);
}

static void enumerate(const struct table_view *v, struct iova_range r, const struct slot_sink *s)
{
    struct walk w = {.view = v, .sink = s, .range = r, .entries_before = s->counts->entries_read};

    if (r.first.v > v->limit_last)
        return;
    if (r.last.v > v->limit_last)
        w.range.last = iova(v->limit_last);
    if (!walk_placed(&w))
        find_place(&w, s->place);
    walk_place(&w);
}

const struct sync_strategy_ops sync_walk = {"walk", enumerate, false};
