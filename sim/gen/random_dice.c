/* SPDX-License-Identifier: MIT */
#include "gen/dice.h"
#include "gen/random_inside.h"

uint64_t random_below(struct random_guest *g, uint64_t n)
{
    return gen_below(&g->state, n);
}

bool random_one_in(struct random_guest *g, unsigned n)
{
    return gen_one_in(&g->state, n);
}

uint64_t random_bits(struct random_guest *g)
{
    return gen_bits(&g->state);
}
