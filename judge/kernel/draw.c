/* SPDX-License-Identifier: MIT */
/*
 * Random lists: few places, so that calls meet; every rule of type1 is met often enough to be
 * counted. Rounds of a container each, with limits of different size.
 */
#include <inttypes.h>

#include "calls.h"

#define PAGE   UINT64_C(0x1000)
#define MIB    UINT64_C(0x100000)
#define RECENT 64u

struct drawer {
    uint64_t state;
    FILE *to;
    unsigned container;
    struct {
        uint64_t iova, size;
    } recent[RECENT]; /* maps asked for */
    unsigned asked;
};

/* splitmix64 */
static uint64_t draw(struct drawer *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(struct drawer *d, uint64_t n)
{
    return draw(d) % n;
}

static bool chance(struct drawer *d, unsigned percent)
{
    return below(d, 100) < percent;
}

static void put(struct drawer *d, const struct listed *l)
{
    char text[LINE_MAX_BYTES];

    listed_text(text, sizeof(text), l);
    fprintf(d->to, "%s\n", text);
}

static uint64_t draw_iova(struct drawer *d)
{
    static const uint64_t bases[] = {0,
                                     0,
                                     0,
                                     16 * MIB,
                                     UINT64_C(0x3fff0000),
                                     UINT64_C(0xfedf0000), /* before the interrupt window */
                                     UINT64_C(0xfeef0000), /* its end */
                                     UINT64_C(0xfffff0000),
                                     (UINT64_C(1) << 48) - 32 * PAGE, /* the aperture's end */
                                     UINT64_C(1) << 52,
                                     UINT64_C(0) - 32 * PAGE}; /* the end of all */
    uint64_t base = bases[below(d, sizeof(bases) / sizeof(*bases))];

    if (chance(d, 25))
        return below(d, 12) * 2 * MIB;
    if (chance(d, 3))
        return base + below(d, 64 * PAGE);
    return base + below(d, 48) * PAGE;
}

static uint64_t draw_size(struct drawer *d)
{
    static const unsigned pages[] = {1, 1, 1, 1, 2, 3, 4, 8, 16, 24};

    if (chance(d, 12))
        return 2 * MIB;
    if (chance(d, 3))
        return 4 * MIB;
    if (chance(d, 4))
        return chance(d, 50) ? 0 : 1 + below(d, 4 * PAGE);
    return pages[below(d, sizeof(pages) / sizeof(*pages))] * PAGE;
}

static void draw_address(struct drawer *d, struct listed *l)
{
    l->place = chance(d, 4) ? PLACE_READ_ONLY : chance(d, 4) ? PLACE_NONE : PLACE_WRITABLE;
    l->address = below(d, 6 * MIB / PAGE) * PAGE;
    if (l->size >= 2 * MIB && chance(d, 50))
        l->address = below(d, 3) * 2 * MIB;
    if (chance(d, 2))
        l->address += 1 + below(d, PAGE - 1);
    if (chance(d, 2)) {
        l->place = PLACE_NUMBER; /* the kernel's half, and its end */
        l->address = UINT64_C(0) - (1 + below(d, 4)) * PAGE;
    }
}

/* Never VADDR (4) alone: which mappings have lost their memory is not modelled. */
static uint32_t map_flags(struct drawer *d)
{
    static const uint32_t odd[] = {0, 5, 6, 7, 8, 11, 0x80000003};

    if (chance(d, 4))
        return odd[below(d, sizeof(odd) / sizeof(*odd))];
    return chance(d, 70) ? 3 : chance(d, 50) ? 1 : 2;
}

static void draw_map(struct drawer *d)
{
    struct listed l = {.op = OP_MAP, .container = d->container};

    l.flags = map_flags(d);
    l.iova = draw_iova(d);
    l.size = draw_size(d);
    draw_address(d, &l);
    if (chance(d, 4))
        l.size = UINT64_C(0) - below(d, 4) * PAGE; /* wraps, unless the IOVA is small */
    if (l.size > 4 * MIB && l.iova < 4 * PAGE)
        l.iova += 4 * PAGE;
    d->recent[d->asked++ % RECENT].iova = l.iova;
    d->recent[(d->asked - 1) % RECENT].size = l.size;
    put(d, &l);
}

/* What was mapped, or nearly that. */
static void aim(struct drawer *d, struct listed *l)
{
    unsigned known = d->asked < RECENT ? d->asked : RECENT, i = (unsigned)below(d, known);
    uint64_t first = d->recent[i].iova, size = d->recent[i].size, pages = size / PAGE;

    l->iova = first;
    l->size = size;
    switch (below(d, 8)) {
    case 0: /* a part */
        if (pages > 1) {
            l->iova += below(d, pages) * PAGE;
            l->size = (1 + below(d, pages)) * PAGE;
        }
        break;
    case 1: /* more, on either side */
        l->iova -= first >= 8 * PAGE ? below(d, 8) * PAGE : first;
        l->size += below(d, 16) * PAGE;
        break;
    case 2: /* up to another's end: gaps between */
        i = (unsigned)below(d, known);
        if (d->recent[i].iova >= first)
            l->size = d->recent[i].iova + d->recent[i].size - first;
        break;
    default: break;
    }
}

static void draw_unmap(struct drawer *d)
{
    static const uint32_t odd[] = {1, 3, 8, 0x10, 0x18, 0x80000000}; /* no VADDR: see map_flags */
    struct listed l = {.op = OP_UNMAP, .container = d->container};

    if (d->asked && chance(d, 70)) {
        aim(d, &l);
    } else {
        l.iova = draw_iova(d);
        l.size = draw_size(d);
    }
    if (chance(d, 3))
        l.flags = odd[below(d, sizeof(odd) / sizeof(*odd))];
    if (chance(d, 2)) { /* large ranges, to the end of all, and past it */
        l.iova = chance(d, 50) ? 0 : below(d, 4096) * PAGE;
        l.size = chance(d, 50) ? UINT64_C(0) - l.iova : PAGE << below(d, 52);
    }
    if (chance(d, 1)) {
        l.flags = 2;
        l.iova = chance(d, 25) ? PAGE : 0;
        l.size = chance(d, 25) ? PAGE : 0;
    }
    put(d, &l);
}

static void draw_group(struct drawer *d, enum listed_op op, unsigned slot)
{
    struct listed l = {.op = op, .container = d->container};

    snprintf(l.bdf, sizeof(l.bdf), "00:%02x.0", slot & 0x1f);
    put(d, &l);
}

/* One container from its opening to its end; a second group comes, and may go before that. */
static void draw_round(struct drawer *d, uint64_t calls)
{
    static const unsigned limits[] = {65535, 65535, 200, 40, 8};
    uint64_t limit = limits[below(d, sizeof(limits) / sizeof(*limits))];
    uint64_t join = below(d, 2 * calls), leave = join + below(d, calls);
    unsigned slot = 2 + (unsigned)below(d, 3);

    put(d, &(struct listed){.op = OP_CONTAINER, .container = d->container, .number = limit});
    draw_group(d, OP_JOIN, slot);
    put(d, &(struct listed){.op = OP_TYPE, .container = d->container, .number = 3});
    for (uint64_t i = 0; i < calls; i++) {
        if (i == join)
            draw_group(d, OP_JOIN, slot == 4 ? 2 : slot + 1);
        if (i == leave)
            draw_group(d, OP_LEAVE, slot == 4 ? 2 : slot + 1);
        if (chance(d, 55))
            draw_map(d);
        else
            draw_unmap(d);
    }
    put(d, &(struct listed){.op = OP_CLOSE, .container = d->container});
}

void draw_list(FILE *to, uint64_t seed, uint64_t calls)
{
    struct drawer d = {.state = seed, .to = to};

    fprintf(to, "# seed %" PRIu64 "\n", seed);
    while (calls) {
        uint64_t n = 200 + below(&d, 1000);

        n = n < calls ? n : calls;
        d.asked = 0;
        draw_round(&d, n);
        d.container = (d.container + 1) % CONTAINERS_MAX;
        calls -= n;
    }
}
