/* SPDX-License-Identifier: MIT */
/* A map of spans as a set: ranges that touch are one. */
#include "checks/spans_inside.h"

/* The range x at p touches [first, last] and the next one does not: x grows where it stands. */
static bool grow_alone(struct spans *s, struct span *x, struct span_pos p, uint64_t first,
                       uint64_t last)
{
    struct span_pos next = p;
    const struct span *y;

    if (s->hole)
        return false;
    y = spans_step(s, &next);
    if (y && (last == UINT64_MAX || y->first <= last + 1))
        return false;
    x->first = x->first < first ? x->first : first;
    x->last = x->last > last ? x->last : last;
    x->gpa = x->meta = 0;
    s->dir[p.chunk].first = s->dir[p.chunk].chunk->at[0].first;
    spans_found(s, x, p);
    return true;
}

bool spans_add(struct spans *s, uint64_t first, uint64_t last)
{
    struct span_pos p;
    struct span *x = spans_seek(s, first ? first - 1 : 0, &p);

    if (x && x->first <= first && x->last >= last)
        return true;
    if (!x || (last != UINT64_MAX && x->first > last + 1)) /* it touches none */
        return spans_put(s, (struct span){first, last, 0, 0});
    if (grow_alone(s, x, p, first, last))
        return true;
    while (x && (last == UINT64_MAX || x->first <= last + 1)) {
        first = x->first < first ? x->first : first;
        last = x->last > last ? x->last : last;
        x = spans_step(s, &p);
    }
    return spans_cut(s, first, last) && spans_put(s, (struct span){first, last, 0, 0});
}
