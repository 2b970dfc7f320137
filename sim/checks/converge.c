/* SPDX-License-Identifier: MIT */
/*
 * ERR-CONVERGE: what a consumer's side refused is put right by the next invalidation that covers
 * it, unless it refuses again. What it holds is compared with the tables, not with what it was
 * told.
 */
#include "checks/internal.h"

#include <stdio.h>

typedef unsigned long long ull;

static bool put(struct spans *set, uint64_t first, uint64_t last, uint64_t record)
{
    return spans_cut(set, first, last) && spans_put(set, (struct span){first, last, 0, record});
}

/* A refused UNMAP leaves what was told and taken. */
static bool keeps(struct person *p, const struct note *n)
{
    struct span_pos pos;
    bool ok = true;

    for (struct span *s = spans_seek(&p->told, n->range.first.v, &pos);
         s && s->first <= n->range.last.v; s = spans_step(&p->told, &pos)) {
        uint64_t first = s->first > n->range.first.v ? s->first : n->range.first.v;
        uint64_t last = s->last < n->range.last.v ? s->last : n->range.last.v;

        if (told_state(s->meta) == TOLD_HELD)
            ok &= put(&p->owed_unmap, first, last, n->record);
    }
    return ok;
}

static void count_owed(struct person *p)
{
    p->owes = p->owed_map.count || p->owed_unmap.count;
}

/* A refusal begins it, an answer of another kind ends it. Before the note is remembered. */
APART void chk_converge_note(struct checks *c, struct person *p, const struct note *n)
{
    uint64_t first = n->range.first.v, last = n->range.last.v;
    bool ok = true;

    if (n->via == VIA_NOTIFIER && n->asked && n->result < 0) {
        ok &= n->type == NOTE_UNMAP ? keeps(p, n) : put(&p->owed_map, first, last, n->record);
        c->some_refused = true;
        ok &= spans_add(&p->refused_now[0], first, last);
        ok &= n->type != NOTE_UNMAP || spans_add(&p->refused_now[1], first, last);
    } else if (p->owes) {
        if (n->asked)
            ok &= spans_cut(&p->owed_unmap, first, last);
        if (n->type == NOTE_MAP || n->via == VIA_REGION)
            ok &= spans_cut(&p->owed_map, first, last);
    }
    c->failed |= !ok;
    count_owed(p);
}

APART void chk_converge_begin(struct checks *c)
{
    c->some_refused = false;
    for (size_t i = 0; i < c->persons; i++)
        for (unsigned k = 0; k < 2; k++)
            if (c->people[i]->refused_now[k].count)
                spans_free(&c->people[i]->refused_now[k]);
}

void chk_converge_left(struct checks *c, struct person *p, struct iova_range r)
{
    if (r.first.v > r.last.v)
        return;
    if (!spans_cut(&p->owed_map, r.first.v, r.last.v) ||
        !spans_cut(&p->owed_unmap, r.first.v, r.last.v))
        c->failed = true;
    count_owed(p);
}

/* One refusal under judgment, and what was found first. */
struct judged {
    struct checks *c;
    struct person *p;
    const struct ctx *x;
    bool unmap; /* it is an UNMAP that was refused */
    bool found, present, held;
    uint64_t first, last, record;
    struct leaf leaf;
    struct held_xlat has;
};

/* May its side hold nothing of this page, because it is not wholly RAM? */
static bool unmappable(const struct checks *c, const struct leaf *leaf)
{
    const struct ram_block *b = guest_mem_block_at(c->cfg.mem, gpa(leaf->gpa));

    return !b || b->rom || leaf->gpa + (leaf->last - leaf->first) > b->gpa.v + (b->bytes - 1);
}

/* Is what its side holds at `at` wrong? *until receives how far the answer reaches. */
static bool wrong_at(struct judged *j, const struct leaf *leaf, uint64_t at, uint64_t *until)
{
    j->held = chk_held(j->c, j->p, at, &j->has);
    *until = leaf->last; /* a mapping is there whole or not at all */
    if (!j->unmap && (!leaf->present || unmappable(j->c, leaf)))
        return false; /* a refused MAP left nothing; what is held is another's of the container */
    if (!j->held)
        return !j->unmap;
    *until = j->has.range.last.v < leaf->last ? j->has.range.last.v : leaf->last;
    return !leaf->present ||
           j->has.gpa.v + (at - j->has.range.first.v) != leaf->gpa + (at - leaf->first) ||
           !chk_right_held(j->c, leaf->gpa, leaf->perm, j->has.perm);
}

static void judge_part(struct judged *j, uint64_t first, uint64_t last, uint64_t record)
{
    for (uint64_t at = first; !j->found;) {
        struct leaf leaf;
        uint64_t until;

        chk_lookup_run(j->c, j->x, at, last, &leaf);
        if (wrong_at(j, &leaf, at, &until)) {
            j->found = true;
            j->first = first;
            j->last = last;
            j->record = record;
            j->leaf = leaf;
            return;
        }
        if (until >= last)
            return;
        at = until + 1;
    }
}

/* Judge [first, last] but for what was refused again just now. (A MAP that is refused because of
 * what is kept excuses nobody from asking for the UNMAP again.) */
static void judge_span(struct judged *j, uint64_t first, uint64_t last, uint64_t record)
{
    struct spans *now = &j->p->refused_now[j->unmap];
    struct span_pos pos;

    for (struct span *s = spans_seek(now, first, &pos); s && s->first <= last;
         s = spans_step(now, &pos)) {
        if (s->first > first)
            judge_part(j, first, s->first - 1, record);
        if (s->last >= last)
            return;
        first = s->last + 1;
    }
    judge_part(j, first, last, record);
}

static void tell(struct judged *j, const struct desc *d)
{
    char what[DESC_TEXT], tables[96], has[96] = "holds nothing there";

    if (j->leaf.present)
        snprintf(tables, sizeof tables, "map 0x%llx to 0x%llx (%s)", (ull)j->leaf.first,
                 (ull)j->leaf.gpa, chk_perm(j->leaf.perm));
    else
        snprintf(tables, sizeof tables, "map nothing there");
    if (j->held)
        snprintf(has, sizeof has, "holds 0x%llx-0x%llx as 0x%llx (%s)", (ull)j->has.range.first.v,
                 (ull)j->has.range.last.v, (ull)j->has.gpa.v, chk_perm(j->has.perm));
    chk_find(j->c, ERR_CONVERGE,
             &(struct where){j->p, true, iova_range(j->first, j->last), j->record},
             "%s refused the %s of 0x%llx-0x%llx in record %llu; the %s covers it and should have "
             "repaired it: the tables %s, but its side %s.",
             j->p->name, j->unmap ? "UNMAP" : "MAP", (ull)j->first, (ull)j->last, (ull)j->record,
             chk_describe(what, d), tables, has);
}

static void judge_set(struct checks *c, struct person *p, const struct ctx *x, const struct desc *d,
                      bool unmap)
{
    struct judged j = {.c = c, .p = p, .x = x, .unmap = unmap};
    struct spans *set = unmap ? &p->owed_unmap : &p->owed_map;
    struct span_pos pos;

    for (struct span *s = spans_seek(set, d->first, &pos); s && s->first <= d->last;
         s = spans_step(set, &pos)) {
        uint64_t first = s->first > d->first ? s->first : d->first;

        judge_span(&j, first, s->last < d->last ? s->last : d->last, s->meta);
    }
    if (j.found)
        tell(&j, d);
    /* Judged once: what was refused just now is judged by the next one. */
    for (uint64_t at = d->first;;) {
        struct span *again = spans_seek(&p->refused_now[unmap], at, &pos);
        uint64_t until = again && again->first <= d->last ? again->first : d->last;

        if (again && again->first <= d->last) {
            if (again->first > at && !spans_cut(set, at, until - 1))
                c->failed = true;
            if (again->last >= d->last)
                return;
            at = again->last + 1;
            continue;
        }
        if (!spans_cut(set, at, until))
            c->failed = true;
        return;
    }
}

APART void chk_converge(struct checks *c, struct person *p, const struct ctx *x,
                        const struct desc *d)
{
    if (!c->cfg.world.held)
        return;
    if (p->owed_map.count)
        judge_set(c, p, x, d, false);
    if (p->owed_unmap.count)
        judge_set(c, p, x, d, true);
    count_owed(p);
}
