/* SPDX-License-Identifier: MIT */
/* The page walk: tables level by level, each read as a block beside what is remembered of it. */
#include "sync_tables.h"

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
            walk_table(w, entry_target(w->view->rules, entry), level - 1, at.v, perm);
        else if (!skip || level > 1)
            walk_show(w, walk_slot(verdict), at, level, entry, perm);
        else
            skip = walk_show_beside(w, walk_slot(verdict), at, entry, perm, &known);
        if (skip && level > 1)
            skip = sink->still(sink->arg, iova(base), level, &known);
    }
}

void walk_table(const struct walk *w, gpa_t table, unsigned level, uint64_t base, enum perm parents)
{
    walk_words(w, guest_mem_page(w->view->mem, table), level, base, parents);
}

/* A level > 1: the entry names a table, as entry_judge says it. One of all ones is no such. */
static bool names_table(const struct entry_rules *r, uint64_t entry, unsigned level,
                        enum perm parents)
{
    return (entry & SS_PERM & (uint64_t)parents) && !(entry & (r->reserved[level] | SS_LARGE));
}

/* The range touches one slot of the table at `p`. */
static void find_slot(const struct walk *w, struct sync_place *p)
{
    uint64_t entry = p->words ? p->words[level_index(w->range.first, p->level)] : 0;
    enum perm perm = (enum perm)(entry & SS_PERM & (uint64_t)p->parents);
    enum slot_kind kind = SLOT_REFUSED;

    if (p->words)
        kind = walk_slot(entry_judge(w->view->rules, entry, p->level, p->parents));
    p->slot =
        walk_made(w, kind, iova(w->range.first.v & ~level_mask(p->level)), p->level, entry, perm);
}

void walk_keep(const struct walk *w, const uint64_t *words, unsigned level, uint64_t base,
               enum perm parents)
{
    struct sync_place *p = w->sink->place;

    p->range = w->range;
    p->level = level;
    p->words = words;
    p->base = base;
    p->parents = parents;
    p->one_slot = (w->range.first.v ^ w->range.last.v) <= level_mask(level);
    if (p->one_slot)
        find_slot(w, p);
}

/* Down to the lowest table that holds all of the range. The record is not asked on the way:
 * whatever it says, an entry that names a table is no slot. */
static void find_place(const struct walk *w)
{
    const struct table_view *v = w->view;
    uint64_t first = w->range.first.v, differ = first ^ w->range.last.v;
    const uint64_t *words = guest_mem_page(v->mem, v->top);
    unsigned level = v->levels, shift = level_shift(level), entries = 0;
    enum perm perm = PERM_RW;

    for (; !(differ >> shift); level--, shift -= LEVEL_BITS) {
        uint64_t entry;

        entries++;
        if (!words || level == 1)
            break;
        entry = words[first >> shift & (WORDS_PER_PAGE - 1)];
        if (!names_table(v->rules, entry, level, perm))
            break;
        perm = (enum perm)(entry & SS_PERM & (uint64_t)perm);
        words = guest_mem_page(v->mem, entry_target(v->rules, entry));
    }
    w->sink->counts->tables_read += entries;
    w->sink->counts->entries_read += entries;
    walk_keep(w, words, level, first & ~level_mask(level + 1), perm);
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
        find_place(&w);
    walk_place(&w);
}

const struct sync_strategy_ops sync_walk = {"walk", enumerate, false};
