/* SPDX-License-Identifier: MIT */
/* Random numbers of all that makes traces: splitmix64, the same everywhere. Each draw is a statement
 * of its own wherever two meet in one expression: operands and arguments have no order in C. */
#ifndef VTR_GEN_DICE_H
#define VTR_GEN_DICE_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t gen_bits(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/** Below n (n > 0). */
static inline uint64_t gen_below(uint64_t *state, uint64_t n)
{
    return gen_bits(state) % n;
}

static inline bool gen_one_in(uint64_t *state, unsigned n)
{
    return gen_below(state, n) == 0;
}

#endif
