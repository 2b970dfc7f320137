/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of containers: PIN-UNMAP, PIN-DEVICE, PIN-LOCK, PIN-RETRY, ACC-LIMIT,
 * CST-LOCK-CYCLE. Known of each container: pinned pages with their counts, locks held and in which
 * order they were taken, devices on the list or the chain, callbacks under way, mappings.
 */
#include "checks/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOCKS      3u
#define PAGE       UINT64_C(0x1000)
#define ASKS_MOST  10u

typedef unsigned long long ull;

struct listed {
    char name[NAME_BYTES];
    struct iova_range asked;
    unsigned asks; /* about that range, in one unmap */
};

struct box {
    char name[NAME_BYTES];
    struct spans pins; /* one a page; meta: its count */
    bool held[LOCKS];
    unsigned taken_under[LOCKS]; /* bit n: taken while lock n was held */
    bool iommu_first;            /* the iommu lock was held when the list lock was taken */
    bool cycle_told;
    unsigned calls; /* callbacks under way */
    struct listed *listed;
    size_t listeds, room;
    bool counted;  /* the next is known */
    uint64_t maps; /* held after the last ioctl */
};

struct pin_book {
    struct box **box;
    size_t boxes, room;
    struct box *last;
    uint64_t no_space; /* injected refusals that look like a full container, still to come */
};

static const char *const lock_names[LOCKS] = {"the iommu lock", "the device-list lock",
                                              "the chain's lock"};

void chk_pins_free(struct checks *c)
{
    struct pin_book *b = c->pins;

    if (!b)
        return;
    for (size_t i = 0; i < b->boxes; i++) {
        spans_free(&b->box[i]->pins);
        free(b->box[i]->listed);
        free(b->box[i]);
    }
    free(b->box);
    free(b);
}

static struct pin_book *book(struct checks *c)
{
    if (!c->pins)
        c->pins = calloc(1, sizeof *c->pins);
    c->failed |= !c->pins;
    return c->pins;
}

void chk_pins_fail(struct checks *c, const struct fail_rec *f)
{
    if (f->op != FAIL_UNMAP && f->error == ENOSPC && book(c))
        c->pins->no_space += f->count;
}

static bool injected(struct pin_book *b)
{
    return b->no_space && b->no_space--;
}

static struct box *add_box(struct pin_book *b, const char *name)
{
    struct box *x;

    if (b->boxes == b->room) {
        size_t room = b->room ? 2 * b->room : 8;
        struct box **grown = realloc(b->box, room * sizeof(*grown));

        if (!grown)
            return NULL;
        b->box = grown;
        b->room = room;
    }
    x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    strncpy(x->name, name, sizeof x->name - 1);
    return b->box[b->boxes++] = x;
}

static struct box *box_of(struct checks *c, const char *name)
{
    struct pin_book *b = book(c);

    if (!b)
        return NULL;
    if (b->last && !strcmp(b->last->name, name))
        return b->last;
    for (size_t i = 0; i < b->boxes; i++)
        if (!strcmp(b->box[i]->name, name))
            return b->last = b->box[i];
    b->last = add_box(b, name);
    c->failed |= !b->last;
    return b->last;
}

static struct listed *listed(struct box *x, const char *name)
{
    for (size_t i = 0; i < x->listeds; i++)
        if (!strcmp(x->listed[i].name, name))
            return &x->listed[i];
    return NULL;
}

static bool enlist(struct box *x, const char *name)
{
    if (x->listeds == x->room) {
        size_t room = x->room ? 2 * x->room : 4;
        struct listed *grown = realloc(x->listed, room * sizeof *grown);

        if (!grown)
            return false;
        x->listed = grown;
        x->room = room;
    }
    x->listed[x->listeds] = (struct listed){.asks = 0};
    strncpy(x->listed[x->listeds++].name, name, NAME_BYTES - 1);
    return true;
}

/* --- locks ------------------------------------------------------------------------------ */

static void taken(struct checks *c, struct box *x, unsigned lock)
{
    for (unsigned other = 0; other < LOCKS; other++) {
        if (!x->held[other])
            continue;
        x->taken_under[lock] |= 1u << other;
        if (x->cycle_told || !(x->taken_under[other] >> lock & 1))
            continue;
        x->cycle_told = true;
        chk_find(c, CST_LOCK_CYCLE, &(struct where){.who = NULL},
                 "Container %s: one order of locks was expected; however %s is taken under %s "
                 "here, and the other way round before: two processors that do both wait for each "
                 "other for ever.",
                 x->name, lock_names[lock], lock_names[other]);
    }
    if (lock == LOCK_DEVICE_LIST)
        x->iommu_first = x->held[LOCK_IOMMU];
    x->held[lock] = true;
}

static void callback_locks(struct checks *c, const struct box *x, const struct where *w)
{
    if (x->held[LOCK_IOMMU])
        chk_find(c, PIN_LOCK, w,
                 "dma_unmap was expected to run without the iommu lock, which unpinning takes; "
                 "however container %s holds it.",
                 x->name);
    if (!x->held[LOCK_DEVICE_LIST] && !x->held[LOCK_CHAIN])
        chk_find(c, PIN_LOCK, w,
                 "dma_unmap was expected to run under the device-list lock; however container %s "
                 "does not hold it.",
                 x->name);
}

static void joining_locks(struct checks *c, const struct box *x, const struct where *w, bool on)
{
    const char *what = on ? "joins" : "leaves";

    if (!x->held[LOCK_IOMMU])
        chk_find(c, PIN_LOCK, w,
                 "The device %s container %s: under the iommu lock was expected, for under that "
                 "lock it is tested whether anybody is registered; however it is not held%s.",
                 what, x->name, x->held[LOCK_CHAIN] ? ", only the chain's own" : "");
    else if (!x->held[LOCK_DEVICE_LIST] || !x->iommu_first)
        chk_find(c, PIN_LOCK, w,
                 "The device %s container %s: the iommu lock, then the device-list lock was "
                 "expected; however the second is not held, or was taken first.",
                 what, x->name);
}

/* --- devices ---------------------------------------------------------------------------- */

static void device_moves(struct checks *c, struct box *x, const struct obs *o)
{
    struct person *who = chk_person(c, o->u.type1_device.consumer);
    struct where w = {.who = who};
    struct listed *l = listed(x, o->u.type1_device.consumer);
    bool on = o->u.type1_device.on;

    if (who)
        who->closed = on && o->u.type1_device.result;
    if (o->u.type1_device.result)
        return;
    if (on && !o->u.type1_device.has_dma_unmap)
        chk_find(c, PIN_DEVICE, &w,
                 "A device that cannot be asked to unpin (no dma_unmap) was expected to be refused "
                 "at registration; however container %s takes it.",
                 x->name);
    if (x->calls)
        chk_find(c, PIN_LOCK, &w,
                 "No device was expected to open or close while a callback runs; however this one "
                 "%s container %s inside one.",
                 on ? "joins" : "leaves", x->name);
    if (o->u.type1_device.has_dma_unmap)
        joining_locks(c, x, &w, on);
    if (on && o->u.type1_device.has_dma_unmap && !l && !enlist(x, o->u.type1_device.consumer))
        c->failed = true;
    if (!on && l)
        *l = x->listed[--x->listeds];
}

static void asked(struct checks *c, struct box *x, const struct obs *o)
{
    struct iova_range r = o->u.dma_unmap.range;
    struct where w = {chk_person(c, o->u.dma_unmap.consumer), true, r, 0};
    struct listed *l = listed(x, o->u.dma_unmap.consumer);

    if (!o->u.dma_unmap.begin) {
        x->calls -= x->calls != 0;
        return;
    }
    x->calls++;
    callback_locks(c, x, &w);
    if (!l)
        return;
    if (l->asks && l->asked.first.v == r.first.v && l->asked.last.v == r.last.v) {
        l->asks++;
    } else {
        l->asked = r;
        l->asks = 1;
    }
    if (l->asks == ASKS_MOST + 1)
        chk_find(c, PIN_RETRY, &w,
                 "A device was expected to be asked at most %u times to unpin one range; however "
                 "container %s asks once more.",
                 ASKS_MOST, x->name);
}

/* --- pins ------------------------------------------------------------------------------- */

static void pin_page(struct checks *c, struct box *x, uint64_t at, bool unpin)
{
    struct span_pos ignored;
    struct span *s = spans_seek(&x->pins, at, &ignored);
    bool there = s && s->first <= at;

    if (!unpin && there)
        s->meta++;
    else if (!unpin)
        c->failed |= !spans_put(&x->pins, (struct span){at, at + PAGE - 1, 0, 1});
    else if (there && !--s->meta)
        c->failed |= !spans_cut(&x->pins, at, at + PAGE - 1);
}

static void pinned(struct checks *c, struct box *x, const struct obs *o)
{
    uint64_t at = o->u.pin.iova.v;
    struct where w = {chk_person(c, o->u.pin.consumer), true,
                      iova_range(at, at + o->u.pin.pages * PAGE - 1), 0};

    if (o->u.pin.result)
        return;
    if (!o->u.pin.unpin && !x->listeds)
        chk_find(c, PIN_DEVICE, &w,
                 "Pinning was expected to be refused, for no device of container %s is registered "
                 "that could be asked to unpin; however it is done.",
                 x->name);
    for (uint64_t n = 0; n < o->u.pin.pages; n++)
        pin_page(c, x, at + n * PAGE, o->u.pin.unpin);
}

static void unmapped(struct checks *c, struct box *x, struct iova_range r)
{
    struct span_pos p;
    struct span *s = spans_seek(&x->pins, r.first.v, &p);
    uint64_t first, last, pages = 0;

    if (!s || s->first > r.last.v)
        return;
    first = s->first;
    for (last = first; s && s->first <= r.last.v; s = spans_step(&x->pins, &p), pages++)
        last = s->last;
    chk_find(c, PIN_UNMAP, &(struct where){.has_range = true, .range = iova_range(first, last)},
             "When the unmap of 0x%llx-0x%llx ends no page in it was expected to be pinned; "
             "however container %s has %llu, the first at 0x%llx.",
             (ull)r.first.v, (ull)r.last.v, x->name, (ull)pages, (ull)first);
    c->failed |= !spans_cut(&x->pins, r.first.v, r.last.v);
}

/* --- accounting ------------------------------------------------------------------------- */

static void accounts(struct checks *c, struct box *x, const struct obs *o)
{
    uint64_t maps = o->u.type1.maps, limit = o->u.type1.limit;
    struct where w = {.has_range = true, .range = o->u.type1.range};
    int result = o->u.type1.result;

    if (limit && maps > limit)
        chk_find(c, ACC_LIMIT, &w,
                 "Container %s was expected to hold at most %llu mappings; however it holds %llu.",
                 x->name, (ull)limit, (ull)maps);
    if (!o->u.type1.unmap && result == -ENOSPC && limit && maps < limit && !injected(c->pins))
        chk_find(c, ACC_LIMIT, &w,
                 "Container %s holds %llu of %llu mappings, so one more was expected to fit; "
                 "however it is refused: the accounting did not return to its start.",
                 x->name, (ull)maps, (ull)limit);
    if (x->counted && (o->u.type1.unmap ? (result ? maps != x->maps : maps > x->maps)
                                        : maps != x->maps + (result == 0)))
        chk_find(c, ACC_LIMIT, &w,
                 "Container %s held %llu mappings before this %s, which answered %d; however it "
                 "holds %llu now.",
                 x->name, (ull)x->maps, o->u.type1.unmap ? "unmap" : "map", result, (ull)maps);
    x->maps = maps;
    x->counted = true;
}

static void ioctl_shown(struct checks *c, struct box *x, const struct obs *o)
{
    if (o->u.type1.begin) {
        for (size_t i = 0; i < x->listeds; i++)
            x->listed[i].asks = 0;
        return;
    }
    accounts(c, x, o);
    if (o->u.type1.unmap && !o->u.type1.result && x->pins.count)
        unmapped(c, x, o->u.type1.range);
}

void chk_pins(struct checks *c, const struct obs *o)
{
    const char *name = o->kind == OBS_LOCK           ? o->u.lock.container
                       : o->kind == OBS_TYPE1        ? o->u.type1.container
                       : o->kind == OBS_TYPE1_DEVICE ? o->u.type1_device.container
                       : o->kind == OBS_DMA_UNMAP    ? o->u.dma_unmap.container
                                                     : o->u.pin.container;
    struct box *x = box_of(c, name);

    if (!x)
        return;
    switch (o->kind) {
    case OBS_LOCK:
        if (o->u.lock.taken)
            taken(c, x, o->u.lock.lock);
        else
            x->held[o->u.lock.lock] = false;
        break;
    case OBS_TYPE1: ioctl_shown(c, x, o); break;
    case OBS_TYPE1_DEVICE: device_moves(c, x, o); break;
    case OBS_DMA_UNMAP: asked(c, x, o); break;
    default: pinned(c, x, o); break;
    }
}
