/* SPDX-License-Identifier: MIT */
/*
 * Devices moved between domains that several of them share, with an absent entry between or by one
 * store of the entry (which ends QEMU where it leads to pass-through); the last one out ends a
 * domain, and its id and pages serve another.
 */
#include "gen/workload_inside.h"

static void draw(struct work *w)
{
    w->pages = work_draw(w, w->pages, 8, 57);
    w->density = work_draw(w, w->density, 40, 56);
    w->exact = driver_one_in(&w->d, 2);
    w->groups = 2 + w->odd % 3;
}

static void begin(struct work *w)
{
    for (unsigned i = 0; i < w->groups; i++)
        w->group[i] = DRIVER_NONE;
}

/* A domain of the groups, made where it is missing; sometimes pass-through. */
static int some_domain(struct work *w)
{
    unsigned k = (unsigned)driver_below(&w->d, w->groups);

    if (driver_one_in(&w->d, 10))
        return DRIVER_PASS;
    if (w->group[k] == DRIVER_NONE) {
        w->group[k] = driver_new_domain(&w->d);
        w->port[k] = (struct port){.lazy = driver_one_in(&w->d, 4)};
    }
    return w->group[k];
}

static void end_if_empty(struct work *w, int domain)
{
    for (unsigned k = 0; k < w->groups; k++)
        if (w->group[k] == domain && domain != DRIVER_NONE && !driver_users(&w->d, domain)) {
            driver_end_domain(&w->d, domain);
            w->group[k] = DRIVER_NONE;
        }
}

static void move(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    int from = d->at[dev], to = some_domain(w);
    bool by_one_store = driver_one_in(d, 2) && (w->odd & 64); /* half of the seeds never do */

    if (to == DRIVER_NONE || to == from)
        return;
    driver_wait_ns(d, 100000);
    if (from != DRIVER_NONE && by_one_store) {
        driver_move(d, dev, to);
    } else {
        if (from != DRIVER_NONE)
            driver_detach(d, dev);
        driver_attach(d, dev, to);
    }
    end_if_empty(w, from);
}

static void use(struct work *w, unsigned k)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[k];
    uint64_t most = (uint64_t)w->pages * w->density / 100 + 1, dice = driver_below(d, 8);

    if (p->mapped < w->pages && (!p->buffers || (p->mapped < most ? dice < 6 : dice < 2))) {
        ring_post(w, p, w->group[k]);
        return;
    }
    if (!p->buffers)
        return;
    for (unsigned i = 0; i < d->devices; i++)
        if (d->at[i] == w->group[k])
            driver_dma(d, i, p->buffer[0].iova, p->buffer[0].pages);
    ring_complete(w, p, w->group[k], 0);
}

static void step(struct work *w)
{
    unsigned dev = (unsigned)driver_below(&w->d, w->d.devices);
    unsigned k = (unsigned)driver_below(&w->d, w->groups);

    if (w->d.at[dev] == DRIVER_NONE || driver_one_in(&w->d, 20))
        move(w, dev);
    else if (w->d.at[dev] == DRIVER_PASS && driver_one_in(&w->d, 8))
        driver_dma(&w->d, dev, driver_data(&w->d, 1, 1), 1);
    else if (w->group[k] != DRIVER_NONE)
        use(w, k);
}

const struct workload_inside workload_move = {draw, begin, step};
