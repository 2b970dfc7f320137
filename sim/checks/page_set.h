/* SPDX-License-Identifier: MIT */
/* A small set of single 4 KiB pages, in no order: to ask for one, add one and take one out are a
 * look at one place. */
#ifndef VTR_CHECKS_PAGE_SET_H
#define VTR_CHECKS_PAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SET_MAX 1024u /* pages; who has more keeps them elsewhere */

/** All zero is the empty set. */
struct page_set {
    uint64_t *slot; /* page number + 1; 0: nobody */
    unsigned bits;  /* of the number of slots, twice the pages at least */
    unsigned count;
    size_t near; /* slot looked at last: what is done with one page is done in a row */
};

void page_set_free(struct page_set *s);

/** Add page number `page`. False: out of memory, or it is full. */
bool page_set_add(struct page_set *s, uint64_t page);

/** Take it out; nothing happens when it is not there. */
void page_set_take(struct page_set *s, uint64_t page);

/** Looked at last, and there. */
static inline bool page_set_near(const struct page_set *s, uint64_t page)
{
    return s->slot && s->slot[s->near] == page + 1;
}

/** Where a page stands, or would; the set has slots. */
static inline size_t page_set_slot(struct page_set *s, uint64_t page)
{
    size_t at = s->near;

    if (s->slot[at] == page + 1)
        return at;
    at = (size_t)((page + 1) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - s->bits));
    while (s->slot[at] && s->slot[at] != page + 1)
        at = (at + 1) & (((size_t)1 << s->bits) - 1);
    s->near = at;
    return at;
}

static inline bool page_set_has(struct page_set *s, uint64_t page)
{
    return s->count && s->slot[page_set_slot(s, page)];
}

#endif
