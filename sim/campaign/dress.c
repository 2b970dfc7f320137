/* SPDX-License-Identifier: MIT */
/*
 * Consumers for a guest that has none: of every kind, with pins, backends, limits and ranges; they
 * miss, pin, refuse, stop, leave and come back, and devices are unplugged. What happens to whom is
 * drawn by swarm, so that a trace has much of a few things.
 */
#include <stdio.h>
#include <string.h>

#include "campaign/draw.h"
#include "vtd_regs.h"

#define PEOPLE_MAX 12u
#define POOL_MAX   64u
#define DEVICES    8u

enum doing { DO_MISS, DO_ATS, DO_PIN, DO_UNPIN, DO_FAIL, DO_STOP, DO_LEAVE, DO_PLUG, DO_DMA, DOINGS };

struct person {
    struct attach_rec how;
    bool there, running;
    bool by_default; /* its name may be taken again when its device comes back: it does not */
};

struct dresser {
    struct draft *to;
    struct dice *dice;
    struct person people[PEOPLE_MAX];
    unsigned count;
    bdf_t device[DEVICES];
    bool plugged[DEVICES];
    unsigned devices;
    uint64_t pool[POOL_MAX]; /* addresses that the guest speaks of */
    unsigned pooled;
    bool does[DOINGS];
    uint64_t last;   /* address and mask of the last invalidation of pages */
    unsigned only;   /* kinds of consumers: one alone, or (above 9) all */
    unsigned one_in; /* records between two doings; 0: none */
};

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

static iova_t some_iova(struct dresser *w)
{
    uint64_t at = w->pool[dice_below(w->dice, w->pooled)];

    if (w->last && dice_one_in(w->dice, 3)) /* what was spoken of just now */
        at = w->last & ~PAGE_4K_MASK;
    if (dice_one_in(w->dice, 8))
        at += dice_below(w->dice, 8) << 12;
    return iova(at);
}

static void draw_vhost(struct dresser *w, struct attach_rec *a)
{
    a->kind = CONSUMER_VHOST;
    a->has_backend = true;
    a->backend = BACKEND_KERNEL; /* most are */
    if (dice_one_in(w->dice, 2))
        a->backend = (enum vhost_backend)dice_below(w->dice, 4);
    a->has_limit = dice_one_in(w->dice, 3);
    a->limit = 2 + dice_below(w->dice, 6);
}

static void draw_mdev(struct dresser *w, struct attach_rec *a)
{
    a->kind = CONSUMER_MDEV;
    a->has_unpin = true;
    a->unpin = dice_one_in(w->dice, 3) ? UNPIN_PROMPT : UNPIN_LATE;
    if (dice_one_in(w->dice, 8))
        a->unpin = (enum mdev_unpin)dice_below(w->dice, 4);
    if (dice_one_in(w->dice, 2))
        return;
    a->has_dma_unmap = dice_one_in(w->dice, 6);
    a->dma_unmap = false;
    a->has_leave = dice_one_in(w->dice, 8);
    a->leave = 1 + dice_below(w->dice, 8);
}

static void draw_probe(struct dresser *w, struct attach_rec *a)
{
    static const uint32_t flags[] = {NOTIFY_MAP | NOTIFY_UNMAP, NOTIFY_UNMAP, NOTIFY_MAP,
                                     NOTIFY_DEVTLB};

    a->kind = CONSUMER_PROBE;
    a->has_flags = true;
    a->flags = flags[dice_below(w->dice, 4)];
    a->has_range = dice_one_in(w->dice, 2);
    if (a->has_range) {
        a->range.first = some_iova(w);
        a->range.last = iova(a->range.first.v + (UINT64_C(0x1000) << dice_below(w->dice, 21)) - 1);
        if (a->range.last.v < a->range.first.v)
            a->range.last = iova(UINT64_MAX);
    }
    a->has_leave = dice_one_in(w->dice, 8);
    a->leave = 1 + dice_below(w->dice, 8);
}

static void draw_person(struct dresser *w, unsigned device)
{
    struct person *p = &w->people[w->count];
    struct attach_rec *a = &p->how;

    a->bdf = w->device[device];
    switch (w->only < 9 ? w->only : dice_below(w->dice, 9)) {
    case 0:
    case 1:
    case 2: draw_vhost(w, a); break;
    case 3:
    case 4: draw_mdev(w, a); break;
    case 5:
    case 6: draw_probe(w, a); break;
    default:
        a->kind = CONSUMER_VFIO;
        a->has_limit = dice_one_in(w->dice, 2);
        a->limit = 2 + dice_below(w->dice, 6);
        break;
    }
    snprintf(a->name, sizeof(a->name), "%c%u", "vhmp"[a->kind], w->count);
    p->there = p->running = true;
    w->count++;
}

static void attach(struct dresser *w, const struct person *p)
{
    struct rec r = {.kind = REC_ATTACH, .u.attach = &p->how};

    draft_add(w->to, &r);
}

/* The default consumer of a device that gets no other: a vfio, named so. */
static void default_person(struct dresser *w, unsigned device)
{
    struct person *p = &w->people[w->count++];
    unsigned v = w->device[device].v;

    p->how.bdf = w->device[device];
    snprintf(p->how.name, sizeof(p->how.name), "vfio@%02x:%02x.%x", v >> 8, v >> 3 & 31, v & 7);
    p->there = p->running = p->by_default = true;
}

static void people(struct dresser *w)
{
    for (unsigned d = 0; d < w->devices; d++) {
        unsigned n = dice_one_in(w->dice, 3) ? 0 : 1 + (unsigned)dice_below(w->dice, 2);

        if (w->only < 9)
            n = 1;
        if (w->count + n + 1 > PEOPLE_MAX)
            n = 0;
        for (unsigned i = 0; i < n; i++) {
            draw_person(w, d);
            attach(w, &w->people[w->count - 1]);
        }
        if (!n && w->count < PEOPLE_MAX)
            default_person(w, d);
    }
}

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
    r.u.miss.iova = some_iova(w);
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
    r.u.pin.iova = some_iova(w);
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
            attach(w, back);
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
    r.u.dma.iova = some_iova(w);
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

/* All consumers are emulated devices: then much is pinned. */
static bool pins_alone(const struct dresser *w)
{
    return w->only == 3 || w->only == 4;
}

static void act(struct dresser *w)
{
    enum doing what = (enum doing)dice_below(w->dice, DOINGS);

    if (pins_alone(w) && dice_one_in(w->dice, 2))
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
        people(&w);
    for (unsigned i = 0; i < DOINGS; i++)
        w.does[i] = dice_one_in(dice, 2);
    w.does[DO_PIN] = w.does[DO_PIN] || pins_alone(&w);
    w.does[DO_MISS] = w.does[DO_MISS] || w.only < 3;
    w.does[DO_FAIL] = w.does[DO_FAIL] || w.only == 7 || w.only == 8;
    w.does[DO_PLUG] = w.does[DO_PLUG] && dice_one_in(dice, 2);
    w.one_in = w.devices ? rates[dice_below(dice, 4)] : 0;
    if (pins_alone(&w) && w.devices)
        w.one_in = 2;
    for (size_t i = 0; i < from->count; i++) {
        draft_add(to, from->rec[i]);
        seen_device(&w, from->rec[i]);
        seen_invalidation(&w, from->rec[i]);
        if (w.one_in && dice_one_in(dice, w.one_in))
            act(&w);
    }
}
