/* SPDX-License-Identifier: MIT */
/*
 * CST-REDUNDANT: notifications that change nothing. An UNMAP where nothing was notified; a MAP that
 * gives back, in the same invalidation or record, exactly what an UNMAP took.
 */
#include "checks/internal.h"

typedef unsigned long long ull;

/* An UNMAP that took nothing. */
APART void chk_redundant_unmap(struct checks *c, const struct person *p, const struct note *n)
{
    if (n->via == VIA_NOTIFIER)
        chk_find(c, CST_REDUNDANT, &(struct where){p, true, n->range, c->record},
                 "%s was told to UNMAP 0x%llx-0x%llx, where it holds nothing; no notification was "
                 "needed.",
                 p->name, (ull)n->range.first.v, (ull)n->range.last.v);
}

/* The first few are kept in place: mostly there are no more. */
void chk_redundant_taken(struct checks *c, struct person *p, const struct span *held)
{
    c->some_taken = true;
    if (p->tooks < TOOK_FIRST)
        p->took[p->tooks++] = *held;
    else if (!(spans_behind(&p->taken, held->first) ||
               spans_cut(&p->taken, held->first, held->last)) ||
             !spans_put(&p->taken, *held))
        c->failed = true;
}

static const struct span *taken_at(struct person *p, uint64_t first)
{
    struct span_pos pos;

    for (unsigned i = 0; i < p->tooks; i++)
        if (p->took[i].first == first)
            return &p->took[i];
    return p->taken.count ? spans_seek(&p->taken, first, &pos) : NULL;
}

void chk_redundant_map(struct checks *c, struct person *p, const struct note *n)
{
    const struct span *s;

    if (!p->tooks || n->via != VIA_NOTIFIER)
        return;
    s = taken_at(p, n->range.first.v);
    if (!s || s->first != n->range.first.v || s->last != n->range.last.v || s->gpa != n->gpa.v ||
        told_perm(s->meta) != n->perm)
        return;
    chk_find(c, CST_REDUNDANT, &(struct where){p, true, n->range, told_record(s->meta)},
             "%s was told to UNMAP and to MAP 0x%llx-0x%llx to 0x%llx (%s), as it held it since "
             "record %llu; no notification was needed.",
             p->name, (ull)s->first, (ull)s->last, (ull)s->gpa, chk_perm(n->perm),
             (ull)told_record(s->meta));
}

/* An invalidation begins or is over, or the record is. */
void chk_redundant_settled(struct checks *c)
{
    if (!c->some_taken)
        return;
    for (size_t i = 0; i < c->persons; i++) {
        c->people[i]->tooks = 0;
        if (c->people[i]->taken.count)
            spans_free(&c->people[i]->taken);
    }
    c->some_taken = false;
}
