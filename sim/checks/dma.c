/* SPDX-License-Identifier: MIT */
/* COH-DMA: each access against what the architecture allows, in the unit and in what consumers
 * hold. */
#include "checks/registry.h"

#include <stdio.h>

typedef unsigned long long ull;

static bool in_window(uint64_t iova)
{
    return iova >= IR_WINDOW_FIRST && iova <= IR_WINDOW_LAST;
}

/* What is allowed, in words: "0x1000", "0x1000 or a fault (6)". */
static void say_allowed(char *text, size_t bytes, const struct allowed *a)
{
    size_t n = 0;
    int got;

    text[0] = 0;
    for (unsigned i = 0; i < a->oks && i < 3; i++) {
        got = snprintf(text + n, bytes - n, "%sreach 0x%llx", n ? " or " : "", (ull)a->ok[i].gpa);
        n += got > 0 && (size_t)got < bytes - n ? (size_t)got : 0;
    }
    for (unsigned r = 0; r < 32; r++) {
        if (!(a->reasons >> r & 1))
            continue;
        got = snprintf(text + n, bytes - n, "%sfault with reason 0x%x", n ? " or " : "", r);
        n += got > 0 && (size_t)got < bytes - n ? (size_t)got : 0;
    }
}

bool chk_may_reach(const struct allowed *a, uint64_t target)
{
    if (a->wild)
        return true;
    for (unsigned i = 0; i < a->oks; i++)
        if (a->ok[i].gpa == target)
            return true;
    return false;
}

bool chk_may_be_told(const struct allowed *a, uint64_t target)
{
    return chk_may_reach(a, target) || (in_window(target) && (a->reasons & REASON(FR_TO_WINDOW)));
}

static bool result_allowed(const struct allowed *a, const struct xlat_result *x)
{
    if (a->wild)
        return true;
    switch (x->end) {
    case XLAT_OK: return chk_may_reach(a, x->gpa.v);
    case XLAT_FAULT: return x->reason < 32 && (a->reasons >> x->reason & 1);
    case XLAT_COLLAPSED:
    case XLAT_REFUSED: return a->reasons != 0;
    case XLAT_WINDOW: break;
    }
    return true;
}

/* The record that made the tables what they are there: the last store to the entry that decides. */
static uint64_t cause_at(const struct checks *c, bdf_t bdf, uint64_t iova)
{
    struct ctx x = chk_context(c, bdf);
    struct leaf leaf;

    chk_lookup(c, &x, iova, &leaf);
    return chk_story_of(c, leaf.word_gpa);
}

static void only_identity(struct allowed *a, uint64_t iova)
{
    *a = (struct allowed){.oks = 1};
    a->ok[0].gpa = iova;
}

void chk_allowed_now(const struct checks *c, bdf_t bdf, uint64_t iova, enum dma_access access,
                     struct allowed *a)
{
    if (c->gsts & ARCH_TE)
        allowed_for(c, bdf, iova, access == DMA_W, a);
    else
        only_identity(a, iova);
}

/* The unit's own translation of a `dma` record. */
void chk_dma(struct checks *c, const struct obs *o)
{
    const struct rec *r = o->u.dma.rec;
    const struct xlat_result *x = &o->u.dma.result;
    struct allowed a;
    char may[200], did[64];

    if (!r)
        return;
    chk_observed_dma(c, o);
    if (in_window(r->u.dma.iova.v) || x->end == XLAT_WINDOW)
        return;
    chk_allowed_now(c, r->u.dma.bdf, r->u.dma.iova.v, o->u.dma.access, &a);
    if (c->gsts & ARCH_TE)
        chk_guest_dma(c, r->u.dma.bdf, r->u.dma.iova.v, &a);
    if (o->u.dma.vhost)
        return; /* the unit was not asked: what the device IOTLB holds is judged apart */
    chk_stale_reached(c, o);
    if (result_allowed(&a, x))
        return;
    say_allowed(may, sizeof may, &a);
    if (x->end == XLAT_OK)
        snprintf(did, sizeof did, "reached 0x%llx%s", (ull)x->gpa.v,
                 x->from_iotlb ? " by the IOTLB" : "");
    else if (x->end == XLAT_REFUSED)
        snprintf(did, sizeof did, "was refused");
    else
        snprintf(did, sizeof did, "faulted with reason 0x%x", (unsigned)x->reason);
    chk_find(c, COH_DMA,
             &(struct where){.has_range = true,
                             .range = iova_range(r->u.dma.iova.v, r->u.dma.iova.v),
                             .cause = cause_at(c, r->u.dma.bdf, r->u.dma.iova.v)},
             "The %s of %02x:%02x.%x at 0x%llx may %s, by all that its entries held since they "
             "were last "
             "invalidated; however in the unit it %s.",
             o->u.dma.access == DMA_W ? "write" : "read", r->u.dma.bdf.v >> 8,
             r->u.dma.bdf.v >> 3 & 31, r->u.dma.bdf.v & 7, (ull)r->u.dma.iova.v, may, did);
}

/* It may lead to what is no RAM, or can only be read: whoever maps it does so without the right, or
 * not at all. */
static bool beyond_ram(const struct checks *c, const struct allowed *a)
{
    for (unsigned i = 0; i < a->oks; i++) {
        const struct ram_block *b =
            guest_mem_block_at(c->cfg.mem, gpa(a->ok[i].gpa & ~PAGE_4K_MASK));

        if (!b || b->rom)
            return true;
    }
    return false;
}

/* May the consumer hold nothing there? Its side refused the page, or was not asked, or it is no
 * RAM. */
static bool excused(struct checks *c, struct person *p, uint64_t iova, const struct allowed *a)
{
    struct span_pos pos;
    const struct span *s = spans_seek(&p->told, iova, &pos);

    if (a->wild || a->reasons || spans_touch(&p->refused, iova, iova))
        return true;
    if (s && s->first <= iova && told_state(s->meta) != TOLD_HELD)
        return true;
    return beyond_ram(c, a);
}

static void hold_differs(struct checks *c, const struct person *p, const struct obs *o,
                         const struct allowed *a)
{
    const struct rec *r = o->u.shadow.rec;
    uint64_t at = r->u.dma.iova.v;
    char may[200], has[64];

    say_allowed(may, sizeof may, a);
    if (o->u.shadow.present)
        snprintf(has, sizeof has, "holds 0x%llx (%s)", (ull)o->u.shadow.gpa.v,
                 chk_perm(o->u.shadow.perm));
    else
        snprintf(has, sizeof has, "holds nothing");
    chk_find(c, COH_DMA,
             &(struct where){p, true, iova_range(at, at), cause_at(c, r->u.dma.bdf, at)},
             "The %s of %02x:%02x.%x at 0x%llx may %s, by all that its entries held since they "
             "were last "
             "invalidated; however %s %s there.",
             o->u.shadow.access == DMA_W ? "write" : "read", r->u.dma.bdf.v >> 8,
             r->u.dma.bdf.v >> 3 & 31, r->u.dma.bdf.v & 7, (ull)at, may, p->name, has);
}

/* The same access in a device IOTLB that is filled on demand: what it has not it asks for. */
static void device_iotlb(struct checks *c, struct person *p, const struct obs *o)
{
    const struct rec *r = o->u.shadow.rec;
    uint64_t at = r->u.dma.iova.v;
    enum perm right = o->u.shadow.access == DMA_W ? PERM_W : PERM_R;
    struct allowed a;

    if (!o->u.shadow.present)
        return;
    chk_allowed_now(c, r->u.dma.bdf, at, o->u.shadow.access, &a);
    if (o->u.shadow.held ? chk_may_reach(&a, o->u.shadow.gpa.v)
                         : a.wild || a.reasons || beyond_ram(c, &a))
        return;
    if (chk_device_iotlb_may(c, p, at, o->u.shadow.gpa.v,
                             o->u.shadow.held ? right : o->u.shadow.perm))
        return;
    hold_differs(c, p, o, &a);
}

/* The same access in what a consumer holds. */
void chk_dma_shadow(struct checks *c, const struct obs *o)
{
    const struct rec *r = o->u.shadow.rec;
    struct person *p = chk_person(c, o->u.shadow.consumer);
    const struct device_state *d;
    struct allowed a, write;
    uint64_t at;

    if (!r || !p || !p->joined || p->closed || in_window(r->u.dma.iova.v))
        return;
    if (!chk_keeps(p)) {
        if (p->kind == CONSUMER_VHOST)
            device_iotlb(c, p, o);
        return;
    }
    if (p->on_demand && !o->u.shadow.present)
        return; /* whatever it was told: it asked, and how that ended LIVE-MISS judges */
    at = r->u.dma.iova.v;
    d = chk_device(c, p->bdf, false);
    if (d && d->translated) {
        bool mine = false;

        for (unsigned i = 0; i < p->regs; i++)
            mine |= iova_range_has(p->reg[i].range, iova(at));
        if (!mine)
            return; /* its registration was refused, or the address is none of its range */
    } else if (p->kind == CONSUMER_PROBE) {
        return; /* a probe holds nothing of its own accord */
    } else if (p->kind == CONSUMER_VHOST && !o->u.shadow.present &&
               !iova_range_has(p->range, iova(at))) {
        return; /* beyond what the device of a vdpa or iommufd backend can address */
    }
    chk_allowed_now(c, r->u.dma.bdf, at, o->u.shadow.access, &a);
    if (!o->u.shadow.held) {
        if (!excused(c, p, at, &a))
            hold_differs(c, p, o, &a);
        return;
    }
    /* A page that leads into the window faults on its way; what cannot map it may still be told of
     * it. */
    if (chk_may_be_told(&a, o->u.shadow.gpa.v))
        return;
    if (o->u.shadow.access != DMA_W) {
        /* Consumers may widen w to rw: then a read goes where a write may. */
        chk_allowed_now(c, r->u.dma.bdf, at, DMA_W, &write);
        if (chk_may_reach(&write, o->u.shadow.gpa.v))
            return;
    }
    if (!spans_touch(&p->refused, at, at))
        hold_differs(c, p, o, &a);
}
