/* SPDX-License-Identifier: MIT */
/* What the record of what was notified shares among its files. Nobody but shadow*.c includes it. */
#ifndef VTR_SHADOW_INSIDE_H
#define VTR_SHADOW_INSIDE_H

#include <stdlib.h>

#include "shadow.h"

/** Beyond the addresses that the record is for. */
static inline bool shadow_beyond(const struct shadow *s, iova_t at)
{
    return at.v > level_mask(s->levels + 1);
}

/** `slot` is that of the table at level 1 around `at`. */
static inline void shadow_now_near(struct shadow *s, uint64_t *slot, iova_t at)
{
    uint64_t base = at.v & ~level_mask(2);

    s->near[base / (level_mask(2) + 1) % SHADOW_NEAR] = (struct shadow_near){slot, base};
}

/** Slots may stand elsewhere from now on. */
static inline void shadow_forget_near(struct shadow *s)
{
    for (unsigned i = 0; i < SHADOW_NEAR; i++)
        s->near[i].slot = NULL;
}

/** The node is empty, or copied elsewhere. */
static inline void shadow_node_gone(struct shadow *s, struct shadow_node *n)
{
    s->nodes--;
    s->moves++;
    s->bytes -= shadow_node_bytes(n->room);
    free(n);
}

/** The node in `slot` gets the room that `used` slots need. False: out of memory, it stays. */
bool shadow_resize(struct shadow *s, uint64_t *slot, unsigned used);

/** The places of `n` (a table at `level`, its first byte `base`) that `r` touches. */
static inline void shadow_places(const struct shadow_node *n, unsigned level, uint64_t base,
                                 struct iova_range r, unsigned *from, unsigned *to)
{
    uint64_t extent = base | level_mask(level + 1);
    uint64_t first = r.first.v > base ? r.first.v : base;
    uint64_t last = r.last.v < extent ? r.last.v : extent;

    *from = shadow_node_place(n, level_index(iova(first), level));
    *to = shadow_node_place(n, level_index(iova(last), level));
    if (*to < shadow_node_places(n) && shadow_node_index(n, *to) == level_index(iova(last), level))
        ++*to;
}

/** shadow_slot_above of a slot that is not near. */
APART uint64_t *shadow_slot_far(struct shadow *s, iova_t at);

/** The level 2 slot above the pages about `at`, near from now on; NULL: it holds no node. */
static inline uint64_t *shadow_slot_above(struct shadow *s, iova_t at)
{
    uint64_t *slot = shadow_near_slot(s, at);

    if (!slot)
        return shadow_slot_far(s, at);
    return shadow_is_node(*slot) ? slot : NULL;
}

#endif
