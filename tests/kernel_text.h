/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's side of a container does, as text: "+i -i" the iommu lock taken and released (l
 * the device-list lock, c the chain's), "map{ }0" and "unmap{ }0" the ioctls and their answer,
 * "join:a", "leave:a" devices ("join:a=-22" refused), "ask:a#1[ ]" the callback of round 1,
 * "pin:a@0x1000*2=0" and "unpin:..." pages and the answer.
 */
#ifndef VTR_TESTS_KERNEL_TEXT_H
#define VTR_TESTS_KERNEL_TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "observe.h"

struct kernel_text {
    char now[65536], was[65536];
    unsigned asks;  /* callbacks begun, over the whole run */
    bool no_ioctls; /* leave them out */
};

__attribute__((format(printf, 2, 3))) static inline void kernel_say(struct kernel_text *t,
                                                                    const char *fmt, ...)
{
    size_t used = strlen(t->now);
    va_list args;

    va_start(args, fmt);
    vsnprintf(t->now + used, sizeof(t->now) - used, fmt, args);
    va_end(args);
}

static inline void kernel_see(void *ctx, const struct obs *o)
{
    struct kernel_text *t = ctx;

    switch (o->kind) {
    case OBS_LOCK:
        kernel_say(t, "%c%c ", o->u.lock.taken ? '+' : '-', "ilc"[o->u.lock.lock]);
        break;
    case OBS_TYPE1:
        if (t->no_ioctls)
            break;
        if (o->u.type1.begin)
            kernel_say(t, "%s{ ", o->u.type1.unmap ? "unmap" : "map");
        else
            kernel_say(t, "}%d ", o->u.type1.result);
        break;
    case OBS_TYPE1_DEVICE:
        kernel_say(t, "%s:%s", o->u.type1_device.on ? "join" : "leave", o->u.type1_device.consumer);
        if (o->u.type1_device.result)
            kernel_say(t, "=%d", o->u.type1_device.result);
        kernel_say(t, " ");
        break;
    case OBS_DMA_UNMAP:
        t->asks += o->u.dma_unmap.begin;
        if (o->u.dma_unmap.begin)
            kernel_say(t, "ask:%s#%u[ ", o->u.dma_unmap.consumer, o->u.dma_unmap.round);
        else
            kernel_say(t, "] ");
        break;
    case OBS_PIN:
        kernel_say(t, "%s:%s@0x%llx*%llu=%d ", o->u.pin.unpin ? "unpin" : "pin", o->u.pin.consumer,
                   (unsigned long long)o->u.pin.iova.v, (unsigned long long)o->u.pin.pages,
                   o->u.pin.result);
        break;
    default: break;
    }
}

/** What was seen since the last call; valid until the next one. */
static inline const char *kernel_did(struct kernel_text *t)
{
    memcpy(t->was, t->now, sizeof(t->was));
    t->now[0] = 0;
    return t->was;
}

#endif
