/* SPDX-License-Identifier: MIT */
/*
 * Block I/O: a request's scatter list is mapped side by side and announced at once, used from end
 * to end, and unmapped as one range. Large requests are 2 MiB, and aligned, so that they need one
 * large leaf; the same addresses carry lists of 4 KiB pages another time.
 */
#include <string.h>

#include "gen/workload_inside.h"
#include "vtd_tables.h"

static void draw(struct work *w)
{
    w->pages = work_draw(w, w->pages, 1024, 3073);
    w->density = work_draw(w, w->density, 40, 56);
    w->sizes = work_draw(w, w->sizes, PAGES_4K | PAGES_2M, 1);
    w->exact = driver_one_in(&w->d, 2);
}

/* Pieces of 1 to 32 pages, wherever the page cache has them. */
static bool map_list(struct work *w, int domain, const struct buffer *b, unsigned perm)
{
    bool made = true;

    for (unsigned done = 0; done < b->pages && made;) {
        unsigned n = 1 + (unsigned)driver_below(&w->d, 32);
        uint64_t gpa;

        if (n > b->pages - done)
            n = b->pages - done;
        gpa = driver_data(&w->d, n, 1);
        made = driver_map_silent(&w->d, domain, b->iova + done * UINT64_C(4096), gpa, n, PAGES_4K,
                                 perm);
        done += n;
    }
    return made;
}

static void submit(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[dev];
    unsigned dice = (unsigned)driver_below(d, 8), longest = w->pages < 128 ? w->pages : 128;
    bool full = dice < 2 && w->pages >= 512; /* 2 MiB */
    bool large = w->sizes == PAGES_2M || (full && (w->sizes & PAGES_2M) && dice == 0);
    unsigned perm = w->exact ? 1 + (unsigned)driver_below(d, 2) : SS_PERM;
    struct buffer b = {.pages = full || large ? 512 : 1 + (unsigned)driver_below(d, longest)};
    bool made;

    b.order = driver_order(b.pages);
    b.iova = driver_take_iova(d, d->at[dev], b.order);
    if (!b.iova)
        return;
    if (large)
        made =
            driver_map_silent(d, d->at[dev], b.iova, driver_data(d, 512, 512), 512, w->sizes, perm);
    else
        made = map_list(w, d->at[dev], &b, perm);
    driver_announce(d, d->at[dev], b.iova, b.pages);
    if (!made) {
        driver_unmap(d, d->at[dev], b.iova, b.pages);
        driver_give_iova(d, d->at[dev], b.iova, b.order);
        return;
    }
    p->buffer[p->buffers++] = b;
    p->mapped += b.pages;
}

/* Requests end in any order. */
static void complete(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[dev];
    unsigned which = (unsigned)driver_below(d, p->buffers);
    struct buffer b = p->buffer[which];

    for (unsigned at = 0; at < b.pages; at += 1 + (unsigned)driver_below(d, 64))
        driver_dma(d, dev, b.iova + at * UINT64_C(4096), 1);
    p->buffer[which] = p->buffer[--p->buffers];
    p->mapped -= b.pages;
    driver_unmap(d, d->at[dev], b.iova, b.pages);
    driver_give_iova(d, d->at[dev], b.iova, b.order);
}

static void step(struct work *w)
{
    unsigned dev = (unsigned)driver_below(&w->d, w->d.devices);
    struct port *p = &w->port[dev];
    bool room = p->buffers < 64 && p->mapped + 512 <= (w->pages < 512 ? 512 : w->pages);
    bool more = p->mapped * 100 < (uint64_t)w->pages * w->density;
    unsigned dice = (unsigned)driver_below(&w->d, 8);

    driver_wait_ns(&w->d, driver_below(&w->d, 20000));
    if (room && (!p->buffers || (more ? dice < 6 : dice < 2)))
        submit(w, dev);
    else if (p->buffers)
        complete(w, dev);
}

const struct workload_inside workload_block = {draw, work_attach_all, step};
