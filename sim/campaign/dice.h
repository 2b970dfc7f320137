/* SPDX-License-Identifier: MIT */
/* Random numbers of the campaign: splitmix64, the same everywhere. */
#ifndef VTR_CAMPAIGN_DICE_H
#define VTR_CAMPAIGN_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_next(struct dice *d)
{
    uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/** Below n (n > 0). */
static inline uint64_t dice_below(struct dice *d, uint64_t n)
{
    return dice_next(d) % n;
}

static inline bool dice_one_in(struct dice *d, unsigned n)
{
    return dice_below(d, n) == 0;
}

/** The seed of number `n` of a series, and of its part `part`: each run draws from its own. */
static inline uint64_t dice_seed(uint64_t series, uint64_t n, uint64_t part)
{
    struct dice d = {series ^ (n + 1) * UINT64_C(0xd1342543de82ef95) ^ part << 56};

    dice_next(&d);
    return dice_next(&d);
}

#endif
