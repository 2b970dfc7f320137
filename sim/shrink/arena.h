/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once, or from a mark on. Private to sim/shrink/. */
#ifndef VTR_SHRINK_ARENA_H
#define VTR_SHRINK_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *top; /* NULL: empty */
};

struct arena_mark {
    struct arena_block *top;
    size_t used;
};

/** `bytes` of zeros, aligned for anything; NULL when out of memory. */
void *arena_take(struct arena *a, size_t bytes);

/** What was taken since the mark is given back. */
struct arena_mark arena_mark(const struct arena *a);
void arena_release(struct arena *a, struct arena_mark m);

void arena_free(struct arena *a);

#endif
