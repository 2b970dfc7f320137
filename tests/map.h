/* SPDX-License-Identifier: MIT */
/* Entries of the tables of RIG_DEV, three levels below RIG_TOP. */
#ifndef VTR_TESTS_MAP_H
#define VTR_TESTS_MAP_H

#include "rig.h"

static inline void map(struct rig *r, uint64_t at, unsigned level, uint64_t entry)
{
    rig_map(r, RIG_TOP, 3, at, level, entry);
}

/** Pages of 4 KiB from `from` to `to`, to adjacent targets from `entry`; 0: to nothing. */
static inline void map_pages(struct rig *r, uint64_t from, uint64_t to, uint64_t entry)
{
    for (uint64_t at = from; at < to; at += 0x1000)
        map(r, at, 1, entry ? entry + (at - from) : 0);
}

#endif
