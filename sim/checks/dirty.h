/* SPDX-License-Identifier: MIT */
/* A set of addresses that is mostly empty, one range, or some single pages: the one stands here,
 * the pages in a set without order, all others in a map. */
#ifndef VTR_CHECKS_DIRTY_H
#define VTR_CHECKS_DIRTY_H

#include "checks/page_set.h"
#include "checks/spans.h"

/** All zero is the empty set. */
struct dirty {
    bool one;              /* exactly [first, last]; the others are empty */
    uint64_t first, last;  /* inclusive */
    struct page_set pages; /* single pages; they may be in `more`, too */
    struct spans more;     /* ranges that do not touch each other */
};

static inline bool dirty_page(uint64_t first, uint64_t last)
{
    return (first ^ last) == 0xfff && !(first & 0xfff);
}

void dirty_free(struct dirty *d);

/** dirty_add where the set is not empty and does not hold all of it. */
bool dirty_join(struct dirty *d, uint64_t first, uint64_t last);

/** Make [first, last] part of it. False: out of memory. */
static inline bool dirty_add(struct dirty *d, uint64_t first, uint64_t last)
{
    if (d->one && first >= d->first && last <= d->last)
        return true;
    if (d->more.found && first >= d->more.found->first && last <= d->more.found->last)
        return true;
    if (d->pages.count && dirty_page(first, last) && page_set_near(&d->pages, first >> 12))
        return true;
    if (d->one || d->pages.count || d->more.count)
        return dirty_join(d, first, last);
    d->one = true;
    d->first = first;
    d->last = last;
    return true;
}

/** dirty_cut where some of one range stays, or there are several. */
bool dirty_part(struct dirty *d, uint64_t first, uint64_t last);

/** Take [first, last] out of it. False: out of memory. */
static inline bool dirty_cut(struct dirty *d, uint64_t first, uint64_t last)
{
    if (!d->one && !d->pages.count && !d->more.count)
        return true;
    if (d->one && first <= d->first && last >= d->last) {
        d->one = false;
        return true;
    }
    if (d->one || !dirty_page(first, last))
        return dirty_part(d, first, last);
    page_set_take(&d->pages, first >> 12);
    return !d->more.count || spans_cut(&d->more, first, last);
}

/** dirty_seek where there are single pages, and others are asked for: they go into the map. */
bool dirty_seek_all(struct dirty *d, uint64_t x, uint64_t limit, uint64_t *first, uint64_t *last);

/**
 * The first range of it that meets [x, limit]; false: there is none. Of a single page that page
 * alone may be answered for, whatever its neighbours are.
 */
static inline bool dirty_seek(struct dirty *d, uint64_t x, uint64_t limit, uint64_t *first,
                              uint64_t *last)
{
    struct span_pos ignored;
    const struct span *s;

    if (d->one) {
        *first = d->first;
        *last = d->last;
        return d->last >= x && d->first <= limit;
    }
    if (d->pages.count) {
        if (!dirty_page(x, limit))
            return dirty_seek_all(d, x, limit, first, last);
        *first = x;
        *last = limit;
        if (page_set_has(&d->pages, x >> 12))
            return true;
    }
    s = d->more.count ? spans_seek(&d->more, x, &ignored) : NULL;
    if (!s || s->first > limit)
        return false;
    *first = s->first;
    *last = s->last;
    return true;
}

/** True when some of it is in [first, last]. */
static inline bool dirty_touch(struct dirty *d, uint64_t first, uint64_t last)
{
    uint64_t from, to;

    return dirty_seek(d, first, last, &from, &to);
}

#endif
