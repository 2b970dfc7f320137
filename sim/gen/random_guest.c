/* SPDX-License-Identifier: MIT */
#include "gen/random_guest.h"

#include <string.h>

#include "gen/random_inside.h"

void random_start_up(struct random_guest *g)
{
    random_push_mem(g, ROOT, 2, CONTEXT | 1, 0);
    random_push_w64(g, REG_RTADDR, ROOT);
    random_push_w32(g, REG_GCMD, GCMD_SRTP);
    random_push_w64(g, REG_IQT, 0);
    random_push_w64(g, REG_IQA, QUEUE);
    g->tail = 0;
    g->slots = 256;
    g->stuck = g->root_odd = false;
    g->gcmd = GCMD_QIE;
    random_push_w32(g, REG_GCMD, g->gcmd);
    g->gcmd |= GCMD_TE;
    random_push_w32(g, REG_GCMD, g->gcmd);
}

static void tie_pages_to_levels(struct random_guest *g)
{
    static const unsigned levels[8] = {1, 1, 1, 2, 2, 3, 4, 5};

    for (unsigned page = 0; page < g->pages; page++) {
        unsigned level = levels[page % 8];

        g->level_of[page] = (uint8_t)(level > g->levels_max ? 2 : level);
    }
}

static void name_devices(struct random_guest *g)
{
    static const uint16_t sids[RANDOM_DEVICES_MAX] = {0x10, 0x18, 0x20, 0x11, 0x24, 0x28,
                                                      0x17, 0x30, 0x12, 0x38, 0x16, 0x19,
                                                      0x40, 0x14, 0x48, 0x21};

    for (unsigned i = 0; i < g->devices; i++)
        g->sids[i] = sids[i];
}

void random_guest_init(struct random_guest *g, uint64_t seed, unsigned levels_max, bool careful)
{
    memset(g, 0, sizeof(*g));
    g->state = seed;
    g->levels_max = levels_max;
    g->careful = careful;
    g->devices = 3;
    g->domains = 3;
    g->pages = 32;
    g->density = 67;
    g->page_sizes = 7;
    g->settled = RANDOM_PAGES_MAX;
    g->intremap = true;
    name_devices(g);
    tie_pages_to_levels(g);
    random_weights(g);
    random_start_up(g);
}

/* Numbers are drawn whether a knob is set or not: a knob changes no other choice. */
static unsigned drawn(struct random_guest *g, unsigned knob, unsigned base, unsigned range)
{
    unsigned n = base + (unsigned)random_below(g, range);

    return knob ? knob : n;
}

void random_guest_settle(struct random_guest *g)
{
    unsigned sizes;

    g->devices = drawn(g, g->knobs.devices, 3, 4);
    g->domains = drawn(g, 0, 1, 4);
    g->pages = drawn(g, g->knobs.pages, 24, 17);
    g->density = drawn(g, g->knobs.density, 50, 46);
    sizes = random_one_in(g, 4) ? 1 + (unsigned)random_below(g, 7) : 7;
    g->page_sizes = g->knobs.page_sizes ? g->knobs.page_sizes : sizes;
    g->scattered = random_one_in(g, 4);
    g->top = random_one_in(g, 3);
    if (g->knobs.depth && g->knobs.depth < g->levels_max)
        g->levels_max = g->knobs.depth;
    name_devices(g);
    tie_pages_to_levels(g);
    random_weights(g);
    g->settled = 0;
    g->pendings = 0; /* the tables come first */
}

const struct rec *random_guest_next(struct random_guest *g)
{
    if (g->next == g->pendings)
        g->next = g->pendings = 0;
    while (g->pendings == 0)
        if (g->settled >= RANDOM_PAGES_MAX || !random_prepare(g))
            random_choose(g);
    return &g->pending[g->next++];
}
