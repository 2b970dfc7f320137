/* SPDX-License-Identifier: MIT */
/*
 * Network rings: buffers are mapped as they are posted and unmapped, the oldest first, when they
 * are done. Strict: each unmapping is invalidated by page and waited for. Lazy: up to 256 wait for
 * one flush of the domain, or of everything.
 */
#include <string.h>

#include "gen/workload_inside.h"
#include "vtd_tables.h"

/* Most are a page; some are a large frame's. */
static unsigned buffer_pages(struct work *w)
{
    unsigned dice = (unsigned)driver_below(&w->d, 16);

    return dice < 12 ? 1 : dice < 15 ? 2 : 3 + (unsigned)driver_below(&w->d, 7);
}

void ring_post(struct work *w, struct port *p, int domain)
{
    struct driver *d = &w->d;
    struct buffer b = {.pages = buffer_pages(w)};
    unsigned perm = w->exact ? 1 + (unsigned)driver_below(d, 2) : SS_PERM;
    uint64_t gpa = driver_data(d, b.pages, 1);

    b.order = driver_order(b.pages);
    b.iova = driver_take_iova(d, domain, b.order);
    if (!b.iova)
        return;
    if (!driver_map(d, domain, b.iova, gpa, b.pages, PAGES_4K, perm)) {
        driver_unmap(d, domain, b.iova, b.pages);
        driver_give_iova(d, domain, b.iova, b.order);
        return;
    }
    p->buffer[p->buffers++] = b;
    p->mapped += b.pages;
}

void ring_complete(struct work *w, struct port *p, int domain, unsigned which)
{
    struct driver *d = &w->d;
    struct buffer b = p->buffer[which];

    memmove(&p->buffer[which], &p->buffer[which + 1],
            (p->buffers - which - 1) * sizeof(*p->buffer));
    p->buffers--;
    p->mapped -= b.pages;
    if (p->lazy) {
        driver_unmap_later(d, domain, b.iova, b.pages, b.order, p->global);
    } else {
        driver_unmap(d, domain, b.iova, b.pages);
        driver_give_iova(d, domain, b.iova, b.order);
    }
}

void ring_step(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[dev];
    uint64_t most = (uint64_t)w->pages * w->density / 100 + 1, dice = driver_below(d, 8);
    bool room = p->buffers < BUFFERS_MAX && p->mapped < w->pages;

    p->steps++;
    if (room && (!p->buffers || (p->mapped < most ? dice < 6 : dice < 2))) {
        ring_post(w, p, d->at[dev]);
    } else if (p->buffers) {
        unsigned which = driver_one_in(d, 8) ? (unsigned)driver_below(d, p->buffers) : 0;
        unsigned uses = 1 + (unsigned)driver_below(d, 3);

        for (unsigned i = 0; i < uses; i++)
            driver_dma(d, dev, p->buffer[which].iova, p->buffer[which].pages);
        ring_complete(w, p, d->at[dev], which);
    }
}

void ring_stop(struct work *w, unsigned dev)
{
    struct port *p = &w->port[dev];

    while (p->buffers)
        ring_complete(w, p, w->d.at[dev], p->buffers - 1);
}

static void draw(struct work *w)
{
    w->pages = work_draw(w, w->pages, 32, 225);
    w->density = work_draw(w, w->density, 40, 56);
    w->exact = driver_one_in(&w->d, 2);
}

static void begin_lazy(struct work *w)
{
    work_attach_all(w);
    for (unsigned i = 0; i < w->d.devices; i++) {
        w->port[i].lazy = true;
        w->port[i].global = w->odd % 4 == 0;
    }
}

static void step(struct work *w)
{
    unsigned dev = (unsigned)driver_below(&w->d, w->d.devices);

    if (driver_one_in(&w->d, 16))
        driver_wait_ns(&w->d, driver_below(&w->d, 1000000));
    ring_step(w, dev);
}

const struct workload_inside workload_ring_strict = {draw, work_attach_all, step};
const struct workload_inside workload_ring_lazy = {draw, begin_lazy, step};
