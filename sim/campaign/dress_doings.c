/* SPDX-License-Identifier: MIT */
/* They miss, pin, refuse, stop, leave and come back; devices are unplugged. */
#include <string.h>

#include "campaign/dress_inside.h"

/* It leaves by itself, or is never let in: a record that names it may name nobody. */
static bool may_be_gone(const struct attach_rec *a)
{
    return a->has_leave || a->has_dma_unmap;
}

/* Somebody there of that kind, or NULL. */
static struct person *somebody(struct dresser *w, int kind)
{
    unsigned start = w->count ? (unsigned)dice_below(w->dice, w->count) : 0;

    for (unsigned i = 0; i < w->count; i++) {
        struct person *p = &w->people[(start + i) % w->count];

        if (p->there && !may_be_gone(&p->how) && (kind < 0 || (int)p->how.kind == kind))
            return p;
    }
    return NULL;
}

static void stop_or_start(struct dresser *w, struct person *p)
{
    struct rec r = {.kind = p->running ? REC_STOP : REC_START};

    p->running = !p->running;
    memcpy(r.u.named.name, p->how.name, NAME_BYTES);
    draft_add(w->to, &r);
}

static void miss(struct dresser *w)
{
    struct person *p = somebody(w, CONSUMER_VHOST);
    struct rec r = {.kind = REC_MISS};

    if (!p || p->how.backend == BACKEND_VDPA || p->how.backend == BACKEND_IOMMUFD)
        return;
    memcpy(r.u.miss.name, p->how.name, NAME_BYTES);
    r.u.miss.iova = dress_iova(w);
    r.u.miss.write = dice_one_in(w->dice, 2);
    draft_add(w->to, &r);
    if (w->does[DO_STOP] && dice_one_in(w->dice, 4))
        stop_or_start(w, p); /* while it may wait for an answer */
}

static void pin(struct dresser *w, enum rec_kind kind)
{
    struct person *p = somebody(w, CONSUMER_MDEV);
    struct rec r = {.kind = kind};

    if (!p)
        return;
    memcpy(r.u.pin.name, p->how.name, NAME_BYTES);
    r.u.pin.iova = dress_iova(w);
    r.u.pin.pages = dice_one_in(w->dice, 2) ? 8 : UINT64_C(1) << dice_below(w->dice, 4);
    if (dice_one_in(w->dice, 2)) /* a whole block, where such are mapped */
        r.u.pin.iova.v &= ~(r.u.pin.pages * PAGE_4K_BYTES - 1);
    if (w->last && !dice_one_in(w->dice, 3)) { /* what was spoken of just now */
        r.u.pin.iova = iova(w->last & ~PAGE_4K_MASK);
        r.u.pin.pages = UINT64_C(1) << ((w->last & 0x3f) < 4 ? w->last & 0x3f : 3);
        if (dice_one_in(w->dice, 2)) { /* and what stands beside it */
            r.u.pin.iova.v &= ~UINT64_C(0x7fff);
            r.u.pin.pages = 8;
        }
    }
    draft_add(w->to, &r);
}

static void refuse(struct dresser *w)
{
    struct person *p = somebody(w, -1);
    struct rec r = {.kind = REC_FAIL};

    if (!p)
        return;
    memcpy(r.u.fail.name, p->how.name, NAME_BYTES);
    r.u.fail.op = (enum fail_op)dice_below(w->dice, 3);
    r.u.fail.error = 12;
    r.u.fail.count = 1 + dice_below(w->dice, 2);
    draft_add(w->to, &r);
}

static void stop(struct dresser *w)
{
    struct person *p = somebody(w, CONSUMER_VHOST);

    if (p)
        stop_or_start(w, p);
}

static void leave(struct dresser *w)
{
    struct person *p = somebody(w, -1);
    struct rec r = {.kind = REC_DETACH};

    for (unsigned i = 0; i < w->count; i++) {
        struct person *back = &w->people[i];

        if (!back->there && !back->by_default && dice_one_in(w->dice, 2)) {
            back->there = back->running = true;
            for (unsigned d = 0; d < w->devices; d++)
                w->plugged[d] = w->plugged[d] || w->device[d].v == back->how.bdf.v;
            dress_attach(w, back);
            return;
        }
    }
    if (!p)
        return;
    p->there = false;
    memcpy(r.u.named.name, p->how.name, NAME_BYTES);
    draft_add(w->to, &r);
}

/* Whoever was on the device went with it. */
static void plug(struct dresser *w)
{
    unsigned d = (unsigned)dice_below(w->dice, w->devices);
    struct rec r = {.kind = w->plugged[d] ? REC_GONE : REC_DEVICE};

    if (w->plugged[d])
        r.u.gone.bdf = w->device[d];
    else
        r.u.device.bdf = w->device[d];
    w->plugged[d] = !w->plugged[d];
    for (unsigned i = 0; !w->plugged[d] && i < w->count; i++)
        if (w->people[i].how.bdf.v == w->device[d].v)
            w->people[i].there = false;
    draft_add(w->to, &r);
}

static void access_memory(struct dresser *w)
{
    struct rec r = {.kind = REC_DMA};

    r.u.dma.bdf = w->device[dice_below(w->dice, w->devices)];
    r.u.dma.iova = dress_iova(w);
    r.u.dma.bytes = 8;
    r.u.dma.access = dice_one_in(w->dice, 2) ? DMA_R : DMA_W;
    draft_add(w->to, &r);
}

static void ats(struct dresser *w)
{
    struct rec r = {.kind = REC_ATS};

    r.u.ats.bdf = w->device[dice_below(w->dice, w->devices)];
    r.u.ats.on = dice_one_in(w->dice, 2);
    draft_add(w->to, &r);
}

void dress_act(struct dresser *w)
{
    enum doing what = (enum doing)dice_below(w->dice, DOINGS);

    if (dress_pins_alone(w) && dice_one_in(w->dice, 2))
        what = DO_PIN;
    if (!w->does[what])
        return;
    switch (what) {
    case DO_MISS: miss(w); break;
    case DO_ATS: ats(w); break;
    case DO_PIN: pin(w, REC_PIN); break;
    case DO_UNPIN: pin(w, REC_UNPIN); break;
    case DO_FAIL: refuse(w); break;
    case DO_STOP: stop(w); break;
    case DO_LEAVE: leave(w); break;
    case DO_PLUG: plug(w); break;
    default: access_memory(w); break;
    }
}
