/* SPDX-License-Identifier: MIT */
/*
 * A kernel starts another while translation is on. The new one has a queue, a root table and
 * context tables of its own, into which it copies the old entries; devices go on with the old
 * tables until their new driver takes them over. Memory of the kernel before the old one is used
 * again.
 */
#include "gen/workload_inside.h"

static void draw(struct work *w)
{
    w->pages = work_draw(w, w->pages, 8, 121);
    w->density = work_draw(w, w->density, 40, 56);
    w->exact = driver_one_in(&w->d, 2);
}

static void take_over(struct work *w, unsigned dev)
{
    int old = w->d.at[dev], new = driver_new_domain(&w->d);

    if (new == DRIVER_NONE)
        return;
    driver_detach(&w->d, dev);
    driver_end_domain(&w->d, old);
    driver_attach(&w->d, dev, new);
    w->port[dev] = (struct port){.kernel = w->d.kernel};
}

/* What was mapped when the old kernel ended is still in use. */
static void go_on(struct work *w, unsigned dev)
{
    struct port *p = &w->port[dev];
    unsigned which;

    if (!p->buffers)
        return;
    which = (unsigned)driver_below(&w->d, p->buffers);
    driver_dma(&w->d, dev, p->buffer[which].iova, p->buffer[which].pages);
}

static bool all_taken_over(const struct work *w)
{
    for (unsigned i = 0; i < w->d.devices; i++)
        if (w->port[i].kernel != w->d.kernel)
            return false;
    return true;
}

static void step(struct work *w)
{
    unsigned dev = (unsigned)driver_below(&w->d, w->d.devices);

    w->steps++;
    if (w->port[dev].kernel == w->d.kernel) {
        ring_step(w, dev);
    } else if (driver_one_in(&w->d, 12)) {
        take_over(w, dev);
        w->steps = 0;
    } else {
        go_on(w, dev);
    }
    if (w->steps > 40 && driver_one_in(&w->d, 40) && all_taken_over(w)) {
        driver_kexec(&w->d);
        w->steps = 0;
    }
}

const struct workload_inside workload_kexec = {draw, work_attach_all, step};
