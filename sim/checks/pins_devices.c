/* SPDX-License-Identifier: MIT */
/* Locks of a container, its devices, and what they are asked: PIN-DEVICE (joining), PIN-LOCK,
 * PIN-RETRY, CST-LOCK-CYCLE. */
#include "checks/pins.h"

#include <stdlib.h>
#include <string.h>

#define ASKS_MOST 10u

static const char *const lock_names[LOCKS] = {"the iommu lock", "the device-list lock",
                                              "the chain's lock"};

static struct listed *listed(struct box *x, const char *name)
{
    for (size_t i = 0; name && i < x->listeds; i++)
        if (!strcmp(x->listed[i].name, name))
            return &x->listed[i];
    return NULL;
}

static bool enlist(struct box *x, const struct person *who)
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
    memcpy(x->listed[x->listeds++].name, who->name, NAME_BYTES);
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

void pins_lock(struct checks *c, struct box *x, unsigned lock, bool on)
{
    if (lock >= LOCKS)
        return;
    if (on)
        taken(c, x, lock);
    else
        x->held[lock] = false;
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

void pins_device(struct checks *c, struct box *x, const struct obs *o)
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
    if (on && o->u.type1_device.has_dma_unmap && !l && who) {
        c->some_listed = true;
        c->failed |= !enlist(x, who);
    }
    if (!on && l)
        *l = x->listed[--x->listeds];
}

void pins_asked(struct checks *c, struct box *x, const struct obs *o)
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
