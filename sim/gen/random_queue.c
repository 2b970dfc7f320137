/* SPDX-License-Identifier: MIT */
/* Queue errors and recovery, the queue moved, run full, its tail set wrong. */
#include "gen/random_inside.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Descriptors that stop a queue: types, reserved bits, granularities, masks, waits. */
static const struct {
    uint64_t lo, hi;
} bad[] = {
    {0x00, 0}, /* no type */
    {0x0f, 0}, /* no such type */
    {0x06, 0}, /* process-based: scalable mode */
    {0x07, 0},
    {0x08, 0},
    {0x09, 0},
    {0x0a, 0},
    {0x201, 0}, /* type 11h, 21h, 42h */
    {0x431, 0},
    {0x8d2, 0},
    {0x01, 0}, /* context cache, no granularity */
    {0x02, 0}, /* IOTLB, no granularity */
    {0x11, 1}, /* reserved bits of each type */
    {0x11, UINT64_C(1) << 63},
    {0x8031, 0},
    {0x51, 0},
    {0x4000000000011, 0},
    {0x12, 0x80},
    {0x1012, 0},
    {0xf0000000000000d2, 0},
    {0x1000000d2, 0},
    {0xf2 | 1 << 16, 0x80},
    {0xf2 | 1 << 16, 0x800},
    {0xe2 | 1 << 16, 0x100},
    {0xf2 | 1 << 16, 0x3f}, /* masks beyond what CAP says */
    {0xf2 | 1 << 16, 0x13},
    {0xf2 | 1 << 16, 0x20},
    {0x13, 0}, /* device TLB */
    {0x200003, 0},
    {0x1000000000003, 0},
    {0x03, 2},
    {0x05, STATUS},            /* a wait that does nothing */
    {0x200000025, STATUS | 2}, /* misaligned */
    {0x200000025, 0xf0000000}, /* no memory there */
    {0x200000065, 0xf0000000},
    {0x200000125, STATUS}, /* reserved bit */
    {0x2000000a5, STATUS},
    {0x85, STATUS},
    {0x200000024, STATUS}, /* an interrupt-entry invalidation with such bits */
    {0x24, 0},
    {0x04, 1},
    {0x1000000000004, 0},
    {0x8000004, 0},
};

void random_bad_descriptor(struct random_guest *g)
{
    uint64_t i = random_below(g, COUNT(bad) + 2), lo, hi;

    if (!g->wild) {
        random_push_desc(g, random_one_in(g, 2) ? 0 : 0xf, 0); /* no such type: the queue stops */
        random_push_w32(g, REG_FSTS, FSTS_IQE);
        random_push_mem(g, QUEUE + (g->tail + 255) % 256 * 16, 2, WAIT, STATUS);
        random_push_w32(g, REG_FSTS, FSTS_IQE);
        random_push_desc(g, WAIT, STATUS);
        return;
    }
    g->stuck = true;
    g->bad_slot = g->tail;
    if (random_one_in(g, 60)) { /* status and interrupt: QEMU 7.2 dies of it */
        hi = random_one_in(g, 3) ? UINT64_C(0xf0000000) : STATUS;
        random_push_desc(g, 0x200000035 | (random_below(g, 2) << 6), hi);
        return;
    }
    if (i < COUNT(bad)) {
        random_push_desc(g, bad[i].lo, bad[i].hi);
        return;
    }
    lo = random_bits(g);
    lo = lo >> random_below(g, 60) << 4;
    lo |= 1 + random_below(g, 5);
    hi = random_one_in(g, 2) ? 0 : random_bits(g);
    hi >>= random_below(g, 60);
    if ((lo & 0x3f) == (DESC_WAIT | WAIT_IF | WAIT_SW)) /* see above */
        lo &= ~WAIT_IF;
    if ((lo & 0xf) == DESC_WAIT) /* a status anywhere would write over who knows what */
        hi = (hi & 3) | STATUS;
    random_push_desc(g, lo, hi);
}

/* As a driver would: mend the slot, clear the error, write the tail again. Or some of it. */
void random_recover(struct random_guest *g)
{
    bool all = !random_one_in(g, 3);

    if (all || random_one_in(g, 2))
        random_push_mem(g, QUEUE + g->bad_slot * 16, 2, WAIT, STATUS);
    if (all || random_one_in(g, 2))
        random_push_w32(g, REG_FSTS, FSTS_IQE);
    if (all || random_one_in(g, 2))
        random_push_desc(g, WAIT, STATUS);
    g->stuck = !all;
}

/* Waits in all of the queue's first page. */
static void page_of_waits(struct random_guest *g)
{
    for (unsigned i = 0; i < 256; i++) {
        g->long_words[2 * i] = WAIT;
        g->long_words[2 * i + 1] = STATUS;
    }
    random_push_words(g, QUEUE, 512, NULL);
}

/* Wherever it stopped. */
void random_mend_queue(struct random_guest *g)
{
    page_of_waits(g);
    random_push_w32(g, REG_FSTS, FSTS_IQE);
    random_push_desc(g, WAIT, STATUS);
    g->stuck = false;
}

/* Waits up to near the end of the first page, so that the tail comes round soon. */
void random_run_queue(struct random_guest *g)
{
    unsigned tail = 240 + (unsigned)random_below(g, 16);

    if (g->tail >= 240)
        return;
    page_of_waits(g);
    random_push_w32(g, REG_IQT, (g->tail = tail) * 16);
    random_batch(g);
}

/* Behind the queue's end, or misaligned. Then as it was. */
void random_bad_tail(struct random_guest *g)
{
    unsigned beyond = g->slots + (unsigned)random_below(g, 3);
    bool fix = !random_one_in(g, 8);

    if (random_one_in(g, 3))
        random_push_w32(g, REG_IQT, (uint32_t)(g->tail * 16 | random_below(g, 16)));
    else
        random_push_w32(g, REG_IQT, beyond * 16 & 0x7fff0);
    if (!fix)
        return;
    random_push_w32(g, REG_IQT, g->tail * 16);
    random_push_w32(g, REG_FSTS, FSTS_IQE);
    random_push_desc(g, WAIT, STATUS);
}

/* Off, and on again, at another size or from another slot; between them, commands by register. */
void random_restart_queue(struct random_guest *g)
{
    unsigned size = random_one_in(g, 3) ? (unsigned)random_below(g, 8) : 0;
    bool tail = !random_one_in(g, 4), base = !random_one_in(g, 3);
    uint64_t iqa = QUEUE | size;

    if (!random_one_in(g, 4)) /* what makes it quiet */
        random_push_desc(g, WAIT, STATUS);
    random_push_w32(g, REG_GCMD, g->gcmd & ~GCMD_QIE);
    if (tail)
        random_push_w64(g, REG_IQT, g->tail = random_one_in(g, 8) ? 3 : 0);
    if (random_one_in(g, 16))
        iqa |= IQA_DW;
    if (random_one_in(g, 24)) { /* nothing can be fetched: only a reset helps */
        iqa = NOWHERE;
        base = true;
    }
    if (base)
        random_push_w64(g, REG_IQA, iqa);
    while (random_one_in(g, 2) && g->pendings < 12)
        random_by_register(g);
    random_push_w32(g, REG_GCMD, g->gcmd);
    g->stuck = false;
    if (base)
        g->slots = 256u << size;
    g->tail %= g->slots;
    if (iqa == NOWHERE && random_one_in(g, 2)) {
        random_push_desc(g, WAIT, STATUS);
        random_push(g, REC_RESET);
        random_start_up(g);
    }
}
