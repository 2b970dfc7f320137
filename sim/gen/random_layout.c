/* SPDX-License-Identifier: MIT */
/* Where tables lie, what an entry is like, and how to find a place that is in use. */
#include "gen/random_inside.h"

/* Where nobody expects a table: address 0, the ends of memory below and above 4 GiB. */
static const uint64_t unusual[] = {0x0, 0x9f000, 0x7ffff000, 0x100000000, 0x17ffff000, 0x3ff000};
#define UNUSUAL (sizeof(unusual) / sizeof(*unusual))

uint64_t random_table_page(const struct random_guest *g, unsigned page)
{
    if (g->scattered && page % 5 == 4 && page / 5 < UNUSUAL)
        return unusual[page / 5];
    return TABLES + page * 0x1000u;
}

unsigned random_page_at(const struct random_guest *g, uint64_t at)
{
    uint64_t page = (at - TABLES) >> 12;

    if (at >= TABLES && page < g->pages && random_table_page(g, (unsigned)page) == at)
        return (unsigned)page;
    for (unsigned i = 0; g->scattered && i < UNUSUAL; i++)
        if (unusual[i] == at && 5 * i + 4 < g->pages)
            return 5 * i + 4;
    return RANDOM_PAGES_MAX;
}

unsigned random_page_of_level(struct random_guest *g, unsigned level)
{
    /* A context entry may name more levels than there are. */
    while (level <= g->levels_max) {
        unsigned page = (unsigned)random_below(g, g->pages);

        if (g->level_of[page] == level)
            return page;
    }
    return (unsigned)random_below(g, g->pages);
}

/* Few indices, so that changes meet; around the interrupt window at 0xfee00000 too. */
unsigned random_index(struct random_guest *g, unsigned level)
{
    static const unsigned near_window[4] = {0, 0x1f6, 0x1f7, 0x1f8};

    if (g->top && random_one_in(g, 5))
        return 511;
    if (level == 3)
        return random_one_in(g, 2) ? 3 : (unsigned)random_below(g, 5);
    if (level == 2)
        return near_window[random_below(g, 4)];
    if (level >= 4)
        return (unsigned)random_below(g, 2);
    if (g->wild && random_one_in(g, 12))
        return 511; /* 0xfedff000 is below the window */
    return random_one_in(g, 4) ? 0xf0 + (unsigned)random_below(g, 32)
                               : (unsigned)random_below(g, 6);
}

unsigned random_device(struct random_guest *g)
{
    return (unsigned)random_below(g, g->devices);
}

uint16_t random_sid(struct random_guest *g)
{
    return g->sids[random_device(g)];
}

uint16_t random_did(struct random_guest *g)
{
    return (uint16_t)(1 + random_below(g, g->domains));
}

static bool random_leaf(struct random_guest *g, unsigned level)
{
    if (level == 1)
        return true;
    return level <= 3 && (g->page_sizes >> (level - 1) & 1) && random_one_in(g, 3);
}

/* Targets that follow one another now and then, so that neighbours look alike. */
static uint64_t frame(struct random_guest *g, unsigned level, unsigned index)
{
    uint64_t target;

    if (level > 1)
        return random_below(g, 4) << (12 + 9 * (level - 1));
    if (random_one_in(g, 12))
        return UINT64_C(0xfee00000);
    target = g->wild && random_one_in(g, 3) ? index & 15 : random_below(g, 16);
    return UINT64_C(0x10000000) + (target << 12);
}

uint64_t random_entry(struct random_guest *g, unsigned level, unsigned index)
{
    uint64_t rights = random_one_in(g, 4) ? 1 + random_below(g, 3) : 3, entry;

    if (random_below(g, 100) >= g->density || (level == 1 && !(g->page_sizes & 1)))
        return 0;
    if (random_leaf(g, level))
        entry = frame(g, level, index) | rights | (level > 1 ? SS_LARGE : 0);
    else
        entry = random_table_page(g, random_page_of_level(g, level - 1)) | rights;
    if (random_one_in(g, 25))
        entry |= UINT64_C(1) << (random_one_in(g, 2) ? 11 : 62);
    if (random_one_in(g, 60))
        entry = UINT64_MAX;
    return entry;
}

/* Going down prefers what is there. */
static unsigned next_index(struct random_guest *g, unsigned page, unsigned level)
{
    unsigned index = random_index(g, level);

    for (unsigned tries = 0; tries < 3 && !(g->words[page][index] & SS_PERM); tries++)
        index = random_index(g, level);
    return index;
}

static bool in_use(const struct random_guest *g, unsigned device, unsigned *page)
{
    uint64_t lo = g->context[device][0];

    *page = random_page_at(g, lo & ~UINT64_C(0xfff));
    return (lo & ENTRY_P) && *page < RANDOM_PAGES_MAX;
}

bool random_spot(struct random_guest *g, unsigned lowest, struct spot *s)
{
    unsigned device = random_device(g), page = 0, level;

    for (unsigned i = 0; i < g->devices && !in_use(g, device, &page); i++)
        device = (device + 1) % g->devices;
    if (!in_use(g, device, &page))
        return false;
    *s = (struct spot){.device = device, .did = (uint16_t)(g->context[device][1] >> 8)};
    level = 2 + (g->context[device][1] & 7);
    for (level = level > 5 ? 5 : level;; level--) {
        s->level = level;
        s->page = page;
        s->index = next_index(g, page, level);
        s->iova |= (uint64_t)s->index << (12 + 9 * (level - 1));
        s->entry = g->words[page][s->index];
        if (level <= lowest || !(s->entry & SS_PERM) || (level <= 3 && (s->entry & SS_LARGE)))
            return true;
        page = random_page_at(g, s->entry & UINT64_C(0xffffffffff000));
        /* A tame guest leaves a page of another level alone: its slots are not what they seem. */
        if (page == RANDOM_PAGES_MAX || (g->tame && g->level_of[page] != level - 1))
            return true;
    }
}

/* Below an address the lower levels' indices, as far as they are free. */
static uint64_t within(struct random_guest *g, unsigned level)
{
    uint64_t at = 0;

    while (level > 1) {
        level--;
        at |= (uint64_t)random_index(g, level) << (12 + 9 * (level - 1));
    }
    return at;
}

uint64_t random_iova(struct random_guest *g)
{
    struct spot s;
    uint64_t at;

    if (g->wild && !random_one_in(g, 4) && random_spot(g, 1, &s)) {
        at = s.iova;
        at |= within(g, s.level);
        return at;
    }
    at = (uint64_t)random_index(g, 3) << 30;
    at |= (uint64_t)random_index(g, 2) << 21;
    at |= (uint64_t)random_index(g, 1) << 12;
    if (g->wild && g->levels_max >= 4 && random_one_in(g, 4))
        at |= (uint64_t)random_index(g, 4) << 39;
    else if (random_one_in(g, 20))
        at |= UINT64_C(1) << (38 + random_below(g, 18));
    return at;
}
