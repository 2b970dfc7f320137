/* SPDX-License-Identifier: MIT */
/* Numbers without order, the same in each run: for places that no cache can foresee. */
#ifndef VTR_BENCH_RANDOM_H
#define VTR_BENCH_RANDOM_H

#include <stdint.h>

#define RANDOM_SEED UINT64_C(88172645463325252)

/** The next of all numbers but 0 (xorshift). `state`: RANDOM_SEED before the first. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
