/* SPDX-License-Identifier: MIT */
/* Values that a hostile guest writes. */
#include "gen/dice.h"
#include "gen/hostile_inside.h"

uint64_t hostile_below(struct hostile *g, uint64_t n)
{
    return gen_below(&g->dice, n);
}

bool hostile_one_in(struct hostile *g, unsigned n)
{
    return gen_one_in(&g->dice, n);
}

uint64_t hostile_table_page(struct hostile *g)
{
    return TABLES + hostile_below(g, g->pages) * 4096;
}

/* Something that may mean something. */
uint64_t hostile_place(struct hostile *g)
{
    switch (hostile_below(g, 9)) {
    case 0: return ROOT;
    case 1: return CONTEXT;
    case 2: return QUEUE;
    case 3: return STATUS;
    case 4: return UINT64_C(0xd0000000); /* no memory */
    case 5: return UINT64_C(1) << (g->aw_bits - 1 - hostile_below(g, 3));
    case 6: return FULL;
    default: return hostile_table_page(g);
    }
}

static uint64_t keep(struct hostile *g, uint64_t v)
{
    g->recent[g->recents++ % 8] = v;
    return v;
}

/* A value: nothing, everything, a bit, an address with odd low bits, an old one with a bit changed.
 */
uint64_t hostile_value(struct hostile *g)
{
    uint64_t v, bit = UINT64_C(1) << hostile_below(g, 64);

    switch (hostile_below(g, 10)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return keep(g, bit);
    case 3: return keep(g, gen_bits(&g->dice));
    case 4: return keep(g, gen_bits(&g->dice) & UINT32_MAX);
    case 5: return keep(g, hostile_below(g, 256));
    case 6:
    case 7: v = hostile_place(g); return keep(g, v | hostile_below(g, 4096));
    default: v = g->recent[hostile_below(g, 8)]; return keep(g, v ^ bit);
    }
}
