/* SPDX-License-Identifier: MIT */
/*
 * Drivers unbound and bound again: all of a device's buffers go, its context entry is cleared,
 * context cache, IOTLB and device-TLB are told, the domain's pages are free; then there is a new
 * domain, which may have the old one's id and pages, strict or lazy, or pass-through.
 */
#include "gen/workload_inside.h"

static void draw(struct work *w)
{
    w->pages = work_draw(w, w->pages, 8, 57);
    w->density = work_draw(w, w->density, 40, 56);
    w->exact = driver_one_in(&w->d, 2);
}

static void bind(struct work *w, unsigned dev)
{
    struct port *p = &w->port[dev];
    bool pass = driver_one_in(&w->d, 8);
    int domain = pass ? DRIVER_PASS : driver_new_domain(&w->d);

    *p = (struct port){.lazy = driver_one_in(&w->d, 3)};
    if (domain == DRIVER_NONE)
        return;
    driver_wait_ns(&w->d, 1000000);
    driver_attach(&w->d, dev, domain);
    driver_interrupt(&w->d);
}

static void unbind(struct work *w, unsigned dev)
{
    int domain = w->d.at[dev];

    if (domain != DRIVER_PASS)
        ring_stop(w, dev);
    driver_interrupt(&w->d);
    driver_detach(&w->d, dev);
    if (domain != DRIVER_PASS)
        driver_end_domain(&w->d, domain);
}

static void begin(struct work *w)
{
    for (unsigned i = 0; i < w->d.devices; i++)
        bind(w, i);
}

static void step(struct work *w)
{
    unsigned dev = (unsigned)driver_below(&w->d, w->d.devices);
    struct port *p = &w->port[dev];

    if (w->d.at[dev] == DRIVER_NONE) {
        bind(w, dev);
    } else if (p->steps > 12 && driver_one_in(&w->d, 24)) {
        unbind(w, dev);
    } else if (w->d.at[dev] == DRIVER_PASS) {
        p->steps++;
        driver_dma(&w->d, dev, driver_data(&w->d, 1, 1), 1);
    } else {
        ring_step(w, dev);
    }
}

const struct workload_inside workload_rebind = {draw, begin, step};
