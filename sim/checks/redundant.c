/* SPDX-License-Identifier: MIT */
/*
 * CST-REDUNDANT: notifications that change nothing. An UNMAP where nothing was notified; a MAP that
 * gives back, in the same invalidation or record, exactly what an UNMAP took.
 */
#include "checks/internal.h"

typedef unsigned long long ull;

/* Before the UNMAP is remembered. */
void chk_redundant_unmap(struct checks *c, struct person *p, const struct note *n)
{
    uint64_t first = n->range.first.v, last = n->range.last.v;
    struct span_pos pos;
    bool some = false;

    if (n->via != VIA_NOTIFIER)
        return;
    for (struct span *s = spans_seek(&p->told, first, &pos); s && s->first <= last;
         s = spans_step(&p->told, &pos)) {
        some = true;
        if (told_state(s->meta) != TOLD_HELD || s->first < first || s->last > last)
            continue;
        if (!spans_cut(&p->taken, s->first, s->last) || !spans_put(&p->taken, *s))
            c->failed = true;
        c->some_taken = true;
    }
    if (!some)
        chk_find(c, CST_REDUNDANT, &(struct where){p, true, n->range, c->record},
                 "%s was told to UNMAP 0x%llx-0x%llx, where it holds nothing; no notification was "
                 "needed.",
                 p->name, (ull)first, (ull)last);
}

void chk_redundant_map(struct checks *c, struct person *p, const struct note *n)
{
    struct span_pos pos;
    const struct span *s;

    if (!p->taken.count || n->via != VIA_NOTIFIER)
        return;
    s = spans_seek(&p->taken, n->range.first.v, &pos);
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
    for (size_t i = 0; c->some_taken && i < c->persons; i++)
        spans_free(&c->people[i]->taken);
    c->some_taken = false;
}
