/* SPDX-License-Identifier: MIT */
/* Who is there: of every kind, with pins, backends, limits and ranges. */
#include <stdio.h>

#include "campaign/dress_inside.h"

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
        a->range.first = dress_iova(w);
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
    snprintf(a->name, sizeof(a->name), "%c%u", "vhmp"[a->kind], w -> count);
    p->there = p->running = true;
    w->count++;
}

void dress_attach(struct dresser *w, const struct person *p)
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

void dress_people(struct dresser *w)
{
    for (unsigned d = 0; d < w->devices; d++) {
        unsigned n = dice_one_in(w->dice, 3) ? 0 : 1 + (unsigned)dice_below(w->dice, 2);

        if (w->only < 9)
            n = 1;
        if (w->count + n + 1 > PEOPLE_MAX)
            n = 0;
        for (unsigned i = 0; i < n; i++) {
            draw_person(w, d);
            dress_attach(w, &w->people[w->count - 1]);
        }
        if (!n && w->count < PEOPLE_MAX)
            default_person(w, d);
    }
}
