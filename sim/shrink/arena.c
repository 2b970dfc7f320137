/* SPDX-License-Identifier: MIT */
#include "shrink/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (256u * 1024)

struct arena_block {
    struct arena_block *below;
    size_t used, room;
    alignas(max_align_t) unsigned char bytes[];
};

void *arena_take(struct arena *a, size_t bytes)
{
    size_t align = alignof(max_align_t);
    size_t whole = (bytes + align - 1) / align * align;
    struct arena_block *b = a->top;
    void *p;

    if (!b || b->room - b->used < whole) {
        size_t room = whole > BLOCK_BYTES ? whole : BLOCK_BYTES;

        b = malloc(sizeof(*b) + room);
        if (!b)
            return NULL;
        b->below = a->top;
        b->used = 0;
        b->room = room;
        a->top = b;
    }
    p = b->bytes + b->used;
    b->used += whole;
    memset(p, 0, whole);
    return p;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->top, a->top ? a->top->used : 0};
}

void arena_release(struct arena *a, struct arena_mark m)
{
    while (a->top != m.top) {
        struct arena_block *b = a->top;

        a->top = b->below;
        free(b);
    }
    if (a->top)
        a->top->used = m.used;
}

void arena_free(struct arena *a)
{
    arena_release(a, (struct arena_mark){NULL, 0});
}
