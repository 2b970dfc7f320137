/* SPDX-License-Identifier: MIT */
/* Global commands, resets, accesses and what follows from them. */
#include "gen/random_inside.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

void random_switch(struct random_guest *g)
{
    random_push_w32(g, REG_GCMD, g->gcmd ^= GCMD_TE);
}

void random_odd_command(struct random_guest *g)
{
    static const unsigned ignored[] = {29, 28, 27, 23, 22, 11, 0};
    uint32_t bits = (uint32_t)random_bits(g);

    switch (random_below(g, 7)) {
    case 0: random_push_w32(g, REG_GCMD, g->gcmd ^= GCMD_IRE); break;
    case 1: random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SIRTP); break;
    case 2: random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP); break;
    case 3: random_push_w32(g, REG_GCMD, (g->gcmd ^= GCMD_TE) | GCMD_SRTP); break;
    case 4:
        random_push_w32(g, REG_GCMD, g->gcmd | UINT32_C(1) << ignored[random_below(g, 7)]);
        break;
    case 5: /* levels fall that it does not know of */
        random_push_w32(g, REG_GCMD, bits & 0x38ffffff);
        random_push_w32(g, REG_GCMD, g->gcmd);
        break;
    default: random_push_w32(g, REG_GCMD, g->gcmd); break;
    }
}

void random_reset(struct random_guest *g)
{
    random_push(g, REC_RESET);
    if (g->wild && random_one_in(g, 4))
        random_access(g);
    random_start_up(g);
}

static void one_access(struct random_guest *g, uint16_t sid, bool write, uint64_t at,
                       uint32_t bytes)
{
    struct rec *r = random_push(g, REC_DMA);
    uint64_t left = 4096 - (at & PAGE_4K_MASK);

    r->u.dma.bdf = bdf(sid);
    r->u.dma.access = write ? DMA_W : DMA_R;
    r->u.dma.iova = iova(at);
    r->u.dma.bytes = bytes < left ? bytes : (uint32_t)left;
}

static uint32_t random_size(struct random_guest *g)
{
    static const uint32_t sizes[] = {1, 1, 2, 4, 8, 8, 64, 512, 4096};

    return g->wild ? sizes[random_below(g, COUNT(sizes))] : 1;
}

void random_access(struct random_guest *g)
{
    uint16_t sid = random_sid(g);
    bool write = random_one_in(g, 3);
    uint64_t at = random_iova(g);
    uint32_t bytes = random_size(g);

    at += bytes < 4096 ? random_below(g, 4096) : 0;
    one_access(g, sid, write, at, bytes);
}

/* One after the other at the same place, over a page's end, by all devices. */
void random_many_accesses(struct random_guest *g)
{
    uint64_t at = random_iova(g), how = random_below(g, 3);
    uint16_t sid = random_sid(g);
    bool write = random_one_in(g, 2);

    if (how == 0) {
        one_access(g, sid, write, at + 4096 - 32, 32);
        one_access(g, sid, write, at + 4096, 32);
    } else if (how == 1) {
        uint32_t bytes = random_size(g);

        one_access(g, sid, !write, at, bytes);
        one_access(g, sid, write, at, bytes);
        one_access(g, sid, false, at + (random_below(g, 512) << 12), 64);
    } else {
        for (unsigned i = 0; i < g->devices; i++)
            one_access(g, g->sids[i], write, at, 4);
    }
}

/* What a fault handler does, or a part of it. */
void random_service_faults(struct random_guest *g)
{
    bool all = !g->wild || !random_one_in(g, 4);

    if (all || random_one_in(g, 2))
        random_push_w32(g, REG_FRCD_HI + 4, 0x80000000);
    if (all || random_one_in(g, 2))
        random_push_w32(g, REG_FSTS, FSTS_PFO);
}
