/* SPDX-License-Identifier: MIT */
/* Random numbers (splitmix64). Each draw is a statement of its own wherever two meet in one
 * expression: operands and arguments have no order in C. */
#include "gen/random_inside.h"

static uint64_t next64(struct random_guest *g)
{
    uint64_t z = (g->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_below(struct random_guest *g, uint64_t n)
{
    return next64(g) % n;
}

bool random_one_in(struct random_guest *g, unsigned n)
{
    return random_below(g, n) == 0;
}

uint64_t random_bits(struct random_guest *g)
{
    return next64(g);
}
