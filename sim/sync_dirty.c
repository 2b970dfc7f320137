/* SPDX-License-Identifier: MIT */
/*
 * The page walk, but only into tables that were written, or not wholly compared, since they were
 * last compared: what it leaves out would be as remembered. No real unit does this: it could, with
 * a log of written pages.
 */
#include "sync_tables.h"
#include "visits.h"

static void visit(const struct walk *w, struct visit *at);

/* Nothing was written here: only what is below, and of that only what must be. */
static void pass_through(const struct walk *w, struct visit *at, unsigned from, unsigned to)
{
    for (unsigned i = visit_next_below(at, from); i <= to && !fate_ended(w->sink->fate);
         i = visit_next_below(at, i + 1))
        visit(w, at->child[i]);
}

/* The table that entry `index` names. */
static void below(const struct walk *w, struct visit *at, unsigned index, uint64_t entry)
{
    gpa_t table = entry_target(w->view->rules, entry);
    enum perm perm = (enum perm)(entry & SS_PERM & (uint64_t)at->perm);
    struct visit *child = visits_child(w->sink->visits, at, index, table, perm);

    if (!child)
        walk_table(w, table, at->level - 1, at->base + index * (level_mask(at->level) + 1), perm);
    else if (visit_pending(child))
        visit(w, child);
}

/* All of the range lies in this table: where whoever comes next for it need not come down again.
 * True when it is one slot, which is shown. */
static bool kept(const struct walk *w, const struct visit *at, const uint64_t *words)
{
    if (at->level > 1 || w->range.first.v < at->base ||
        w->range.last.v > (at->base | level_mask(2)))
        return false;
    walk_keep(w, words, 1, at->base, at->perm);
    if (w->sink->place->one_slot)
        walk_place(w);
    return w->sink->place->one_slot;
}

static void compare(const struct walk *w, struct visit *at, unsigned from, unsigned to)
{
    const uint64_t *words = guest_mem_page(w->view->mem, at->table);
    const struct slot_sink *sink = w->sink;
    uint64_t span = level_mask(at->level) + 1;
    struct shadow_table known;
    bool skip;

    walk_count(w, to - from + 1);
    if (kept(w, at, words))
        return;
    skip = sink->known(sink->arg, iova(at->base), at->level, &known);
    for (unsigned i = from; i <= to && !fate_ended(sink->fate); i++) {
        uint64_t entry;
        enum entry_verdict verdict;
        iova_t slot;

        if (words && skip && at->level == 1 && known.nothing)
            skip = walk_fresh(w, words, &known, &i, to + 1, at->base, at->perm);
        if (words && skip && at->level == 1 && i <= to) /* nothing hangs below */
            i = walk_pass(w, words, &known, i, to + 1, 1, at->perm);
        if (i > to || fate_ended(sink->fate))
            break;
        slot = iova(at->base + i * span);
        entry = words ? words[i] : 0;
        verdict =
            words ? entry_judge(w->view->rules, entry, at->level, at->perm) : ENTRY_UNREADABLE;
        if (verdict == ENTRY_TABLE) {
            below(w, at, i, entry);
        } else {
            visits_no_child(sink->visits, at, i);
            if (words && skip &&
                walk_as_known(w, shadow_table_slot(&known, i), entry, at->level, at->perm))
                continue;
            walk_show(w, walk_slot(verdict), slot, at->level, entry,
                      (enum perm)(entry & SS_PERM & (uint64_t)at->perm));
        }
        if (skip)
            skip = sink->still(sink->arg, iova(at->base), at->level, &known);
    }
    if (from == 0 && to == WORDS_PER_PAGE - 1)
        visits_walked(sink->visits, at);
}

static void visit(const struct walk *w, struct visit *at)
{
    uint64_t extent = at->base | level_mask(at->level + 1);
    uint64_t first = w->range.first.v > at->base ? w->range.first.v : at->base;
    uint64_t last = w->range.last.v < extent ? w->range.last.v : extent;
    unsigned from, to;

    if (first > last)
        return; /* beside the range: as pending as before */
    from = level_index(iova(first), at->level);
    to = level_index(iova(last), at->level);
    if (at->written)
        compare(w, at, from, to);
    else
        pass_through(w, at, from, to);
}

static void enumerate(const struct table_view *v, struct iova_range r, const struct slot_sink *s)
{
    struct walk w = {.view = v, .sink = s, .range = r, .entries_before = s->counts->entries_read};

    if (!s->visits || !s->visits->top || s->visits->given_up) {
        sync_walk.enumerate(v, r, s);
        return;
    }
    if (r.first.v > v->limit_last)
        return;
    if (r.last.v > v->limit_last)
        w.range.last = iova(v->limit_last);
    if (walk_placed(&w))
        walk_place(&w);
    else
        visit(&w, s->visits->top);
}

const struct sync_strategy_ops sync_dirty = {"dirty", enumerate, true};
