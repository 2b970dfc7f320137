/* SPDX-License-Identifier: MIT */
/* What the two files of spans share: where something is found, for who changes it. */
#ifndef VTR_CHECKS_SPANS_INSIDE_H
#define VTR_CHECKS_SPANS_INSIDE_H

#include "checks/spans.h"

/** The chunk to look in for x: the last one that starts at x or below, else the first. */
size_t spans_chunk_for(const struct spans *s, uint64_t x);

/** The first range of a chunk that starts at x or above, the hole included; `used`: none does. */
unsigned spans_start_in(const struct spans *s, size_t chunk, uint64_t x);

/** True when x is where was looked last, or one further in that chunk, or behind all of it: *p is
 * the first range that ends at x or above. */
bool spans_near(const struct spans *s, uint64_t x, struct span_pos *p);

/** x was just changed where it stands, at p: who looks there next finds it. */
static inline void spans_found(struct spans *s, struct span *x, struct span_pos p)
{
    s->found = x;
    s->found_from = x->first;
    s->found_to = x->last;
    s->found_pos = p;
}

#endif
