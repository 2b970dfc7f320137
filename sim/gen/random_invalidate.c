/* SPDX-License-Identifier: MIT */
/* Valid descriptors. */
#include "gen/random_inside.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* AM: what covers an entry, or anything else that is allowed. */
static unsigned address_mask(struct random_guest *g, unsigned level)
{
    static const unsigned covering[] = {0, 0, 9, 18, 18, 18};
    unsigned any = (unsigned)random_below(g, 19);

    return random_one_in(g, 4) ? any : covering[level];
}

static uint64_t operand(struct random_guest *g, uint64_t at, unsigned am)
{
    uint64_t hi = at & ~PAGE_4K_MASK;

    if (random_one_in(g, 2))
        hi &= ~((UINT64_C(4096) << am) - 1);
    if (random_one_in(g, 6))
        hi |= 0x40; /* only leaves changed: a hint */
    return hi | am;
}

void random_announce(struct random_guest *g, uint16_t domain, uint64_t at, unsigned level)
{
    uint64_t did = (uint64_t)domain << 16, lo = 0xf2 | did, hi;

    switch (random_below(g, 12)) {
    case 0: random_push_desc(g, 0xe2 | did, 0); return;
    case 1: random_push_desc(g, 0xd2, 0); return;
    case 2: random_push_slot(g, lo, at & ~PAGE_4K_MASK); break; /* two, behind one tail */
    default: break;
    }
    if (random_one_in(g, 8))
        lo &= ~(random_below(g, 4) << 6); /* not drained */
    hi = operand(g, at, address_mask(g, level));
    random_push_desc(g, lo, hi);
    if (random_one_in(g, 8))
        random_push_desc(g, WAIT, STATUS);
}

void random_invalidate(struct random_guest *g)
{
    static const unsigned masks[] = {0, 0, 0, 1, 2, 9, 9, 18};
    uint64_t domain = (uint64_t)random_did(g) << 16, at;

    switch (random_below(g, 10)) {
    case 0: random_push_desc(g, 0x11, 0); break;
    case 1: random_push_desc(g, 0x21 | domain, 0); break;
    case 2:
        at = (uint64_t)random_sid(g) << 32;
        random_push_desc(g, 0x31 | domain | at | random_below(g, 4) << 48, 0);
        break;
    case 3: random_push_desc(g, 0xd2, 0); break;
    case 4: random_push_desc(g, 0xe2 | domain, 0); break;
    case 5:
        if (g->intremap)
            random_push_desc(g, 4, 0);
        break;
    default:
        at = random_iova(g);
        random_push_desc(g, 0xf2 | domain, at | masks[random_below(g, 8)]);
        break;
    }
}

/* Of a place that is in use, with every mask, seldom in a domain that has no such place. */
void random_page_selective(struct random_guest *g)
{
    unsigned lowest = 1 + (unsigned)random_below(g, 2);
    struct spot s;
    uint64_t hi;

    if (!random_spot(g, lowest, &s))
        return;
    if (random_one_in(g, 8))
        s.did = random_did(g);
    if (random_one_in(g, 3)) {
        random_announce(g, s.did, s.iova, s.level);
        return;
    }
    hi = s.iova + (random_below(g, 5) << 12);
    hi = operand(g, hi, (unsigned)random_below(g, 19));
    if (random_one_in(g, 30))
        hi |= UINT64_C(1) << (39 + random_below(g, 25));
    random_push_desc(g, 0xf2 | (uint64_t)s.did << 16, hi);
}

/* Ranges that end, begin or lie at a border of the interrupt window, and leaves there. */
void random_window_edge(struct random_guest *g)
{
    static const uint64_t borders[] = {0xfee00000, 0xfef00000, 0xfee80000, 0xff000000};
    uint64_t border = borders[random_below(g, COUNT(borders))];
    unsigned am = (unsigned)random_below(g, 11), back = (unsigned)random_below(g, 3);
    uint64_t at = border - back * (UINT64_C(2048) << am), did;
    struct spot s;

    at &= ~PAGE_4K_MASK;
    did = (uint64_t)random_did(g) << 16;
    if (random_spot(g, 1, &s) && !random_one_in(g, 4))
        did = (uint64_t)s.did << 16;
    if (random_one_in(g, 3)) {
        unsigned page = random_page_of_level(g, 1), index = (unsigned)(at >> 12) & 511;

        random_push_entry(g, page, index, random_entry(g, 1, index));
    }
    random_push_desc(g, 0xf2 | did, at | am);
}

/* Unknown to a unit without device IOTLB: then the queue may stop. */
static bool unknown(struct random_guest *g, bool has)
{
    if (has)
        return false;
    g->stuck = true;
    g->bad_slot = g->tail;
    return !random_one_in(g, 8);
}

/* Device-TLB: of a page, of a power of two of them, of all. */
void random_device_tlb(struct random_guest *g)
{
    unsigned ones = (unsigned)random_below(g, 20);
    uint64_t sid = random_one_in(g, 8) ? 0x48 : random_sid(g);
    uint64_t lo = 3 | sid << 32, at = random_iova(g) & ~PAGE_4K_MASK;

    if (unknown(g, g->device_iotlb)) {
        g->stuck = false;
        return;
    }
    if (random_one_in(g, 4))
        lo |= random_below(g, 32) << 16; /* MIP */
    switch (random_below(g, g->tame ? 96 : 24)) {
    case 0: random_push_desc(g, lo, UINT64_C(0xfffffffffffff001)); break;
    case 1: random_push_desc(g, lo, UINT64_C(0x7ffffffffffff001)); break;
    default:
        if (random_one_in(g, 3)) {
            random_push_desc(g, lo, at);
            break;
        }
        at &= ~((UINT64_C(0x2000) << ones) - 1);
        if (g->tame && at <= 0xfef00000 && at + (UINT64_C(0x2000) << ones) > 0xfedfffff)
            ones = 0; /* QEMU 7.2 dies of a range across the window's border */
        random_push_desc(g, lo, at | ((UINT64_C(1) << ones) - 1) << 12 | 1);
        break;
    }
}

void random_interrupt_entry(struct random_guest *g)
{
    uint64_t lo = 4;

    if (unknown(g, g->intremap)) {
        g->stuck = false;
        return;
    }
    if (random_one_in(g, 2)) {
        lo |= 0x10 | random_below(g, 32) << 27;
        lo |= random_below(g, 0x10000) << 32;
    }
    random_push_desc(g, lo, 0);
}

/* Several descriptors behind one tail. */
void random_batch(struct random_guest *g)
{
    unsigned n = 2 + (unsigned)random_below(g, 5);
    struct spot s;

    for (unsigned i = 0; i < n; i++) {
        bool psi = !random_one_in(g, 4), found = random_spot(g, 1, &s);
        uint64_t domain = (uint64_t)(found ? s.did : 1) << 16, at = found ? s.iova : 0;

        if (psi)
            at |= random_below(g, 4);
        random_push_slot(g, psi ? 0xf2 | domain : 0xe2 | domain, psi ? at : 0);
    }
    random_push_desc(g, WAIT + (random_below(g, 4) << 32), STATUS);
}

void random_wait(struct random_guest *g)
{
    static const uint64_t flags[] = {WAIT_SW, WAIT_SW, WAIT_SW | WAIT_FN, WAIT_IF,
                                     WAIT_IF | WAIT_FN};
    uint64_t lo = DESC_WAIT, at = STATUS;

    if (!g->wild) {
        random_push_desc(g, WAIT, STATUS);
        return;
    }
    lo |= flags[random_below(g, COUNT(flags))];
    lo |= random_below(g, 1000) << 32;
    at += random_below(g, 16) * 4;
    if (!g->tame && random_one_in(g, 12)) { /* the status is a table's entry */
        at = random_table_page(g, (unsigned)random_below(g, g->pages));
        at += random_below(g, 6) * 8;
    }
    if (random_one_in(g, 20)) { /* the fence alone: some queues stop there */
        lo = DESC_WAIT | WAIT_FN;
        g->stuck = true;
        g->bad_slot = g->tail;
    }
    random_push_desc(g, lo, at);
}
