/* SPDX-License-Identifier: MIT */
/*
 * A VFIO container with the type1 rules of Linux (vtd-facts 9.3; real-systems part II, "Kernel
 * alone"): no overlap, no replacement, an UNMAP may cover many mappings but cut none in two (v2).
 */
#ifndef VTR_TYPE1_H
#define VTR_TYPE1_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rangemap.h"
#include "base/state.h"

#define TYPE1_DEFAULT_LIMIT 65535u

struct type1 {
    struct rangemap maps;
    uint64_t limit;         /* mappings it may hold; 0: no limit */
    uint64_t aperture_last; /* highest IOVA, inclusive */
    bool v1;                /* the older rules of unmapping */
    unsigned users;         /* consumers that share it */
    bool end_wraps;         /* what ends at 2^64 is taken to end at 0 (Linux before ef270ec44637) */
    uint64_t lost;          /* of the limit, not given back by maps that failed (a quirk) */
};

/**
 * MAP_DMA of [r.first, r.last] to `target` with rights `p` (not PERM_NONE). Answers 0; -EINVAL: not
 * multiples of 4 KiB, no rights, outside the aperture or in the interrupt window; -EEXIST: overlaps
 * anything held; -ENOSPC: the limit is reached; -ENOMEM.
 */
int type1_map(struct type1 *t, struct iova_range r, gpa_t target, enum perm p);

/**
 * UNMAP_DMA. *bytes receives what was removed. Answers 0, also when nothing was there; -EINVAL: not
 * multiples of 4 KiB, or (v2) the range would cut a mapping in two: nothing is removed then. v1: a
 * mapping whose start lies in the range goes whole, one that only reaches into it ends the search.
 * end_wraps: a range that ends at 2^64 and does not begin at 0 removes nothing (but v2 may still
 * refuse its start); a MAP of one overlaps nothing.
 */
int type1_unmap(struct type1 *t, struct iova_range r, uint64_t *bytes);

/** Whether an UNMAP of `r` meets nothing, whatever is held: see end_wraps. */
bool type1_ends_at_0(const struct type1 *t, struct iova_range r);

void type1_clear(struct type1 *t);

/** All that a container keeps but its users, as bytes (type1_state.c); and back into an all-zero
 * one. What is added to struct type1 is saved there too. */
void type1_save(const struct type1 *t, struct state_out *o);
void type1_load(struct type1 *t, struct state_in *i);

#endif
