/* SPDX-License-Identifier: MIT */
#include "checks/page_set.h"

#include <stdlib.h>

#define FIRST_BITS 6u

void page_set_free(struct page_set *s)
{
    free(s->slot);
    *s = (struct page_set){0};
}

static bool grow(struct page_set *s)
{
    struct page_set more = {.bits = s->slot ? s->bits + 1 : FIRST_BITS, .count = s->count};
    size_t old = s->slot ? (size_t)1 << s->bits : 0;

    more.slot = calloc((size_t)1 << more.bits, sizeof(*more.slot));
    if (!more.slot)
        return false;
    for (size_t i = 0; i < old; i++)
        if (s->slot[i])
            more.slot[page_set_slot(&more, s->slot[i] - 1)] = s->slot[i];
    free(s->slot);
    *s = more;
    return true;
}

bool page_set_add(struct page_set *s, uint64_t page)
{
    if (page_set_has(s, page))
        return true;
    if (s->count == PAGE_SET_MAX ||
        ((!s->slot || s->count >= (size_t)1 << (s->bits - 1)) && !grow(s)))
        return false;
    s->slot[page_set_slot(s, page)] = page + 1;
    s->count++;
    return true;
}

/* The slot `at` is given up: who stands behind it without a gap, and would rather stand there or
 * before, moves up. */
static void give_up(struct page_set *s, size_t at)
{
    size_t mask = ((size_t)1 << s->bits) - 1;

    for (size_t next = (at + 1) & mask; s->slot[next]; next = (next + 1) & mask) {
        uint64_t who = s->slot[next];
        size_t home = (size_t)(who * UINT64_C(0x9e3779b97f4a7c15) >> (64 - s->bits));

        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        s->slot[at] = who;
        at = next;
    }
    s->slot[at] = 0;
    s->count--;
}

void page_set_take(struct page_set *s, uint64_t page)
{
    size_t at;

    if (!s->count)
        return;
    at = page_set_slot(s, page);
    if (s->slot[at])
        give_up(s, at);
}
