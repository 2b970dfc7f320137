/* SPDX-License-Identifier: MIT */
/* The sides' part of a story: type1's ioctls, pins and locks, and the device IOTLB of a vhost. */
#include <inttypes.h>

#include "report/show.h"
#include "report/story.h"

#define ADD(s, kind, o, ...) story_add(&(s)->log, kind, (o)->record, (o)->at_ns, __VA_ARGS__)

static void see_vhost(struct story *s, const struct obs *o)
{
    static const char *const what[] = {"asks for (MISS)",
                                       "is given (UPDATE)",
                                       "has taken from it (INVALIDATE)",
                                       "is told there is no translation of (FAILURE)",
                                       "goes on waiting no longer for",
                                       "gives up waiting for",
                                       "stops its rings, with",
                                       "starts its rings, with",
                                       "drops, to make room,"};
    unsigned k = o->u.vhost.what;

    if (!story_is_device(s, o->u.vhost.bdf) ||
        (k != VHOST_STOPPED && k != VHOST_STARTED && !story_in_range(s, o, o->u.vhost.range)))
        return;
    ADD(s, STORY_SIDE, o, "The device IOTLB of %s %s 0x%" PRIx64 "-0x%" PRIx64 "%s%s.",
        o->u.vhost.consumer, k < sizeof(what) / sizeof(what[0]) ? what[k] : "sees",
        o->u.vhost.range.first.v, o->u.vhost.range.last.v, o->u.vhost.result < 0 ? ": " : "",
        o->u.vhost.result < 0 ? show_errno(o->u.vhost.result).text : "");
}

static const char *lock_name(enum type1_lock l)
{
    return l == LOCK_IOMMU         ? "iommu lock"
           : l == LOCK_DEVICE_LIST ? "device-list lock"
                                   : "chain's lock";
}

static void see_type1(struct story *s, const struct obs *o)
{
    /* What it answers stands beside each notification; the rest matters to findings about it. */
    if (!s->about.kernel || !story_in_range(s, o, o->u.type1.range) ||
        (o->u.type1.begin && !story_at_finding(s, o)))
        return;
    if (o->u.type1.begin)
        ADD(s, STORY_SIDE, o, "Container %s begins to %s 0x%" PRIx64 "-0x%" PRIx64 ".",
            o->u.type1.container, o->u.type1.unmap ? "unmap" : "map", o->u.type1.range.first.v,
            o->u.type1.range.last.v);
    else
        ADD(s, STORY_SIDE, o,
            "Container %s has answered the %s of 0x%" PRIx64 "-0x%" PRIx64 " with %s; it holds "
            "%" PRIu64 " mapping%s.",
            o->u.type1.container, o->u.type1.unmap ? "unmap" : "map", o->u.type1.range.first.v,
            o->u.type1.range.last.v, show_errno(o->u.type1.result).text, o->u.type1.maps,
            o->u.type1.maps == 1 ? "" : "s");
}

static void see_pin(struct story *s, const struct obs *o)
{
    uint64_t bytes = o->u.pin.pages << 12, last = o->u.pin.iova.v + (bytes ? bytes - 1 : 0);

    if (!story_in_range(s, o,
                        iova_range(o->u.pin.iova.v, last < o->u.pin.iova.v ? UINT64_MAX : last)))
        return;
    ADD(s, STORY_SIDE, o, "%s %s %" PRIu64 " page%s at 0x%" PRIx64 " in container %s: %s.",
        o->u.pin.consumer ? o->u.pin.consumer : "somebody", o->u.pin.unpin ? "unpins" : "pins",
        o->u.pin.pages, o->u.pin.pages == 1 ? "" : "s", o->u.pin.iova.v, o->u.pin.container,
        o->u.pin.result < 0 ? show_errno(o->u.pin.result).text : "done");
}

void story_see_side(struct story *s, const struct obs *o)
{
    switch (o->kind) {
    case OBS_VHOST: see_vhost(s, o); break;
    case OBS_TYPE1: see_type1(s, o); break;
    case OBS_PIN: see_pin(s, o); break;
    case OBS_DMA_UNMAP:
        if (story_in_range(s, o, o->u.dma_unmap.range))
            ADD(s, STORY_SIDE, o,
                "The dma_unmap callback of %s (container %s) %s for 0x%" PRIx64 "-0x%" PRIx64
                ", round %u.",
                o->u.dma_unmap.consumer, o->u.dma_unmap.container,
                o->u.dma_unmap.begin ? "is called" : "returns", o->u.dma_unmap.range.first.v,
                o->u.dma_unmap.range.last.v, o->u.dma_unmap.round);
        break;
    case OBS_LOCK:
        if (s->about.kernel && story_at_finding(s, o))
            ADD(s, STORY_SIDE, o, "Container %s %s its %s.", o->u.lock.container,
                o->u.lock.taken ? "takes" : "releases", lock_name(o->u.lock.lock));
        break;
    case OBS_TYPE1_DEVICE:
        if (o->u.type1_device.result < 0)
            ADD(s, STORY_SIDE, o, "Container %s refuses the device of %s with %s%s.",
                o->u.type1_device.container, o->u.type1_device.consumer,
                show_errno(o->u.type1_device.result).text,
                o->u.type1_device.has_dma_unmap ? "" : ": it has no dma_unmap callback");
        else
            ADD(s, STORY_SIDE, o, "The device of %s %s container %s.", o->u.type1_device.consumer,
                o->u.type1_device.on ? "joins" : "leaves", o->u.type1_device.container);
        break;
    default: break;
    }
}
