/* SPDX-License-Identifier: MIT */
/*
 * Consumers for a guest that has none: of every kind, with pins, backends, limits and ranges; they
 * miss, pin, refuse, stop, leave and come back, and devices are unplugged. What happens to whom is
 * drawn by swarm, so that a trace has much of a few things.
 */
#include "campaign/draw.h"
#include "campaign/dress_inside.h"
#include "vtd_regs.h"

static void pool_add(struct dresser *w, uint64_t at)
{
    if (w->pooled < POOL_MAX)
        w->pool[w->pooled++] = at & ~PAGE_4K_MASK;
    else
        w->pool[dice_below(w->dice, POOL_MAX)] = at & ~PAGE_4K_MASK;
}

static void fill_pool(struct dresser *w, const struct shrink_case *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct rec *r = from->rec[i];

        if (r->kind == REC_DMA)
            pool_add(w, r->u.dma.iova.v);
        else if (r->kind == REC_W64 && r->u.reg.off == REG_IVA)
            pool_add(w, r->u.reg.val);
        else if (r->kind == REC_MEM && r->u.mem.words == 2 && (r->u.mem.val[0] & 0x3f) == 0x32)
            pool_add(w, r->u.mem.val[1]);
    }
    if (!w->pooled)
        pool_add(w, 0);
}

iova_t dress_iova(struct dresser *w)
{
    uint64_t at = w->pool[dice_below(w->dice, w->pooled)];

    if (w->last && dice_one_in(w->dice, 3)) /* what was spoken of just now */
        at = w->last & ~PAGE_4K_MASK;
    if (dice_one_in(w->dice, 8))
        at += dice_below(w->dice, 8) << 12;
    return iova(at);
}

static void seen_invalidation(struct dresser *w, const struct rec *r)
{
    if (r->kind == REC_W64 && r->u.reg.off == REG_IVA)
        w->last = r->u.reg.val;
    else if (r->kind == REC_MEM && r->u.mem.words == 2 && (r->u.mem.val[0] & 0x3f) == 0x32)
        w->last = r->u.mem.val[1];
}

/* A record of the guest that makes devices be there. */
static void seen_device(struct dresser *w, const struct rec *r)
{
    if (r->kind != REC_DEVICE && r->kind != REC_DMA && r->kind != REC_ATS)
        return;
    for (unsigned d = 0; d < w->devices; d++)
        if ((r->kind == REC_DEVICE && r->u.device.bdf.v == w->device[d].v) ||
            (r->kind == REC_DMA && r->u.dma.bdf.v == w->device[d].v) ||
            (r->kind == REC_ATS && r->u.ats.bdf.v == w->device[d].v))
            w->plugged[d] = true;
}

void dress(struct draft *to, const struct shrink_case *from, struct dice *dice)
{
    static const unsigned rates[] = {0, 2, 6, 16};
    struct dresser w = {.to = to, .dice = dice};

    draft_init(to, from->header);
    for (size_t i = 0; i < from->header->devices_count && w.devices < DEVICES; i++) {
        w.device[w.devices] = from->header->devices[i].bdf;
        w.plugged[w.devices++] = true;
    }
    fill_pool(&w, from);
    w.only = (unsigned)dice_below(dice, 14);
    if (w.only == 13)
        w.only = 3; /* what is pinned takes several steps to be seen: more of it */
    if (w.devices && !dice_one_in(dice, 4))
        dress_people(&w);
    for (unsigned i = 0; i < DOINGS; i++)
        w.does[i] = dice_one_in(dice, 2);
    w.does[DO_PIN] = w.does[DO_PIN] || dress_pins_alone(&w);
    w.does[DO_MISS] = w.does[DO_MISS] || w.only < 3;
    w.does[DO_FAIL] = w.does[DO_FAIL] || w.only == 7 || w.only == 8;
    w.does[DO_PLUG] = w.does[DO_PLUG] && dice_one_in(dice, 2);
    w.one_in = w.devices ? rates[dice_below(dice, 4)] : 0;
    if (dress_pins_alone(&w) && w.devices)
        w.one_in = 2;
    for (size_t i = 0; i < from->count; i++) {
        draft_add(to, from->rec[i]);
        seen_device(&w, from->rec[i]);
        seen_invalidation(&w, from->rec[i]);
        if (w.one_in && dice_one_in(dice, w.one_in))
            dress_act(&w);
    }
}
