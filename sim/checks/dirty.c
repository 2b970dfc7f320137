/* SPDX-License-Identifier: MIT */
/* Where COH-SHADOW has to look again: ranges whose tables changed, for each consumer that follows
 * them. */
#include "checks/internal.h"

void dirty_free(struct dirty *d)
{
    page_set_free(&d->pages);
    spans_free(&d->more);
    d->one = false;
}

/* A page by itself where there is room for it, else a range of the map. Pages that come in order
 * are one range: behind another they go into the map with it. */
static bool put(struct dirty *d, uint64_t first, uint64_t last)
{
    const struct span *before = d->more.found;
    uint64_t page = first >> 12;

    if (!dirty_page(first, last) || (before && before->last + 1 == first))
        return spans_add(&d->more, first, last);
    if (page && page_set_has(&d->pages, page - 1)) {
        page_set_take(&d->pages, page - 1);
        return spans_add(&d->more, first - 0x1000, last);
    }
    return page_set_add(&d->pages, page) || spans_add(&d->more, first, last);
}

/* The one range becomes one of several. */
static bool spread(struct dirty *d)
{
    if (d->one && !put(d, d->first, d->last))
        return false;
    d->one = false;
    return true;
}

/* Pages get an order: they go into the map. */
static bool arrange(struct dirty *d)
{
    for (size_t i = 0; d->pages.count && i >> d->pages.bits == 0; i++) {
        uint64_t page = d->pages.slot[i];

        if (page && !spans_add(&d->more, (page - 1) << 12, ((page - 1) << 12) + 0xfff))
            return false;
    }
    page_set_free(&d->pages);
    return true;
}

APART bool dirty_join(struct dirty *d, uint64_t first, uint64_t last)
{
    bool touches = d->one && (last == UINT64_MAX || d->first <= last + 1) &&
                   (d->last == UINT64_MAX || first <= d->last + 1);

    if (!touches)
        return spread(d) && put(d, first, last);
    d->first = first < d->first ? first : d->first;
    d->last = last > d->last ? last : d->last;
    return true;
}

APART bool dirty_part(struct dirty *d, uint64_t first, uint64_t last)
{
    if (d->one && (last < d->first || first > d->last))
        return true;
    if (!spread(d))
        return false;
    if (dirty_page(first, last))
        page_set_take(&d->pages, first >> 12);
    else if (!arrange(d))
        return false;
    return !d->more.count || spans_cut(&d->more, first, last);
}

APART bool dirty_seek_all(struct dirty *d, uint64_t x, uint64_t limit, uint64_t *first,
                          uint64_t *last)
{
    if (arrange(d))
        return dirty_seek(d, x, limit, first, last);
    *first = x; /* no memory to know better: all of it may be */
    *last = limit;
    return true;
}

void chk_dirty_device(struct checks *c, bdf_t bdf)
{
    c->tops_moved = true;
    for (size_t i = 0; i < c->persons; i++)
        if (c->people[i]->bdf.v == bdf.v && c->people[i]->joined &&
            !dirty_add(&c->people[i]->dirty, 0, UINT64_MAX))
            c->failed = true;
}

void chk_dirty_all(struct checks *c)
{
    c->tops_moved = true;
    for (size_t i = 0; i < c->persons; i++)
        if (c->people[i]->joined && !dirty_add(&c->people[i]->dirty, 0, UINT64_MAX))
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
        if (p->top != top)
            continue;
        if (!dirty_add(&p->dirty, first, last))
            c->failed = true;
        spans_expect(&p->told, first); /* its invalidation will ask */
    }
}
