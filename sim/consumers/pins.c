/* SPDX-License-Identifier: MIT */
#include "consumers/pins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT  12
#define BLOCK_SHIFT 6

static uint64_t block_of(iova_t at)
{
    return at.v >> (PAGE_SHIFT + BLOCK_SHIFT);
}

static unsigned slot_of(iova_t at)
{
    return at.v >> PAGE_SHIFT & (PINS_BLOCK_PAGES - 1);
}

/* Place of the first block whose number is at least `number`. */
static size_t place(const struct pins *p, uint64_t number)
{
    size_t lo = 0, hi = p->blocks;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (p->block[mid]->number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct pins_block *find(const struct pins *p, iova_t at)
{
    size_t i = place(p, block_of(at));

    return i < p->blocks && p->block[i]->number == block_of(at) ? p->block[i] : NULL;
}

static struct pins_block *make(struct pins *p, iova_t at)
{
    size_t i = place(p, block_of(at));
    struct pins_block *b;

    if (p->blocks == p->room) {
        size_t room = p->room ? 2 * p->room : 8;
        struct pins_block **grown = realloc(p->block, room * sizeof(*grown));

        if (!grown)
            return NULL;
        p->block = grown;
        p->room = room;
    }
    b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->number = block_of(at);
    memmove(p->block + i + 1, p->block + i, (p->blocks - i) * sizeof(*p->block));
    p->block[i] = b;
    p->blocks++;
    return b;
}

/* A block without pins is not kept. */
static void leave_out(struct pins *p, const struct pins_block *b)
{
    size_t i = place(p, b->number);

    free(p->block[i]);
    p->blocks--;
    memmove(p->block + i, p->block + i + 1, (p->blocks - i) * sizeof(*p->block));
}

int pins_add(struct pins *p, iova_t at)
{
    struct pins_block *b = find(p, at);

    if (!b)
        b = make(p, at);
    if (!b)
        return -ENOMEM;
    if (b->count[slot_of(at)] == PINS_MAX)
        return -EOVERFLOW;
    if (!b->count[slot_of(at)]++) {
        b->pinned++;
        p->pages++;
    }
    return 0;
}

static void unpin_page(struct pins *p, struct pins_block *b, unsigned slot, uint32_t left)
{
    if (!b->count[slot])
        return;
    b->count[slot] = left;
    if (left)
        return;
    p->pages--;
    if (!--b->pinned)
        leave_out(p, b);
}

bool pins_drop(struct pins *p, iova_t at)
{
    struct pins_block *b = find(p, at);
    unsigned slot = slot_of(at);

    if (!b || !b->count[slot])
        return false;
    unpin_page(p, b, slot, b->count[slot] - 1);
    return true;
}

uint32_t pins_count(const struct pins *p, iova_t at)
{
    const struct pins_block *b = find(p, at);

    return b ? b->count[slot_of(at)] : 0;
}

bool pins_first(const struct pins *p, struct iova_range r, iova_t *page)
{
    for (size_t i = place(p, block_of(r.first)); i < p->blocks; i++) {
        const struct pins_block *b = p->block[i];
        unsigned slot = b->number == block_of(r.first) ? slot_of(r.first) : 0;

        for (; slot < PINS_BLOCK_PAGES; slot++) {
            uint64_t at = (b->number << BLOCK_SHIFT | slot) << PAGE_SHIFT;

            if (at > r.last.v)
                return false;
            if (b->count[slot]) {
                *page = iova(at);
                return true;
            }
        }
    }
    return false;
}

void pins_forget(struct pins *p, struct iova_range r)
{
    iova_t page;

    while (pins_first(p, r, &page))
        unpin_page(p, find(p, page), slot_of(page), 0);
}

void pins_clear(struct pins *p)
{
    for (size_t i = 0; i < p->blocks; i++)
        free(p->block[i]);
    free(p->block);
    *p = (struct pins){0};
}

void pins_save(const struct pins *p, struct state_out *o)
{
    state_put(o, p->pages, 8);
    for (size_t i = 0; i < p->blocks; i++) {
        for (unsigned slot = 0; slot < PINS_BLOCK_PAGES; slot++) {
            if (!p->block[i]->count[slot])
                continue;
            state_put(o, p->block[i]->number << BLOCK_SHIFT | slot, 8);
            state_put(o, p->block[i]->count[slot], 4);
        }
    }
}

/* Pages ascend and are pinned at least once: one shape for one content. */
void pins_load(struct pins *p, struct state_in *i)
{
    uint64_t pages = state_take_count(i, 12), least = 0;

    for (uint64_t n = 0; n < pages && !i->trouble; n++) {
        uint64_t page = state_take(i, 8), count = state_take(i, 4);

        if (page < least || page > UINT64_MAX >> PAGE_SHIFT || !count)
            state_trouble(i, "pinned pages in the saved state are not in order");
        else if (count > PINS_MAX)
            state_trouble(i, "a page in the saved state is pinned more often than can be");
        else if (pins_add(p, iova(page << PAGE_SHIFT)))
            state_trouble(i, "out of memory for pinned pages");
        else
            find(p, iova(page << PAGE_SHIFT))->count[page & (PINS_BLOCK_PAGES - 1)] =
                (uint32_t)count;
        least = page + 1;
    }
}
