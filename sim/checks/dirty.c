/* SPDX-License-Identifier: MIT */
/* Where COH-SHADOW has to look again: ranges whose tables changed, for each consumer that follows
 * them. */
#include "checks/internal.h"

void chk_dirty_device(struct checks *c, bdf_t bdf)
{
    c->tops_moved = true;
    for (size_t i = 0; i < c->persons; i++)
        if (c->people[i]->bdf.v == bdf.v && c->people[i]->joined &&
            !spans_add(&c->people[i]->dirty, 0, UINT64_MAX))
            c->failed = true;
}

void chk_dirty_all(struct checks *c)
{
    c->tops_moved = true;
    for (size_t i = 0; i < c->persons; i++)
        if (c->people[i]->joined && !spans_add(&c->people[i]->dirty, 0, UINT64_MAX))
            c->failed = true;
}

/* An entry that translates [first, last] below `top` changes. */
void chk_dirty_top(struct checks *c, uint64_t top, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < c->persons; i++) {
        struct person *p = c->people[i];

        if (!p->joined || !chk_keeps(p))
            continue;
        if (!p->top_valid) {
            struct ctx x = chk_context(c, p->bdf);

            p->top = x.kind == CTX_TABLES ? x.top : 0;
            p->top_valid = true;
        }
        if (p->top == top && !spans_add(&p->dirty, first, last))
            c->failed = true;
    }
}
