/* SPDX-License-Identifier: MIT */
/*
 * Nested assignment: a guest gave the device to a guest of its own. The domain lives long and holds
 * that guest's memory in ranges of every size, which come and go as it maps and unmaps: so there
 * are page-selective invalidations with every address mask.
 */
#include "gen/workload_inside.h"
#include "vtd_tables.h"

#define SPACE UINT64_C(0x200000000) /* IOVAs below 8 GiB */
#define HOT   16u                   /* places of ranges below 2 MiB: their tables stay */

static void draw(struct work *w)
{
    w->pages = work_draw(w, w->pages, 524288, 1);
    w->density = work_draw(w, w->density, 40, 56);
    w->sizes = work_draw(w, w->sizes, PAGES_4K | PAGES_2M | PAGES_1G, 1);
}

/* No more than 512 leaves. */
static unsigned some_order(struct work *w)
{
    unsigned most = w->sizes & PAGES_2M ? 18 : 9, least = w->sizes & PAGES_4K ? 0 : 9, order;

    if (w->sizes & PAGES_1G)
        most = 18;
    if (w->sizes == PAGES_1G)
        least = 18;
    order = least + (unsigned)driver_below(&w->d, most - least + 1);
    if (w->sizes == (PAGES_1G | PAGES_4K) && order > 9 && order < 18)
        order = 9;
    while (order > least && UINT64_C(1) << order > w->pages)
        order--;
    return order;
}

static bool is_free(const struct port *p, uint64_t at, uint64_t bytes)
{
    if (at < UINT64_C(0xfef00000) && at + bytes > UINT64_C(0xfee00000))
        return false;
    for (unsigned i = 0; i < p->buffers; i++) {
        const struct buffer *b = &p->buffer[i];

        if (at < b->iova + b->pages * UINT64_C(4096) && b->iova < at + bytes)
            return false;
    }
    return true;
}

static void map_one(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[dev];
    struct buffer b = {.order = some_order(w)};
    uint64_t bytes = UINT64_C(4096) << b.order, place, gpa;

    b.pages = 1u << b.order;
    place = driver_below(d, HOT);
    if (b.order < 9)
        b.iova = (place << 26) + driver_below(d, UINT64_C(512) >> b.order) * bytes;
    else
        b.iova = driver_below(d, SPACE / bytes) * bytes;
    gpa = driver_data(d, b.pages, b.order < 9 ? 1 : b.order < 18 ? 512 : 262144);
    if (p->mapped + b.pages > w->pages || !is_free(p, b.iova, bytes))
        return;
    if (!driver_map(d, d->at[dev], b.iova, gpa, b.pages, w->sizes, SS_PERM)) {
        driver_unmap(d, d->at[dev], b.iova, b.pages);
        return;
    }
    p->buffer[p->buffers++] = b;
    p->mapped += b.pages;
}

/* All of a range, or its upper half where that cuts no leaf. */
static void unmap_one(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[dev];
    struct buffer *b = &p->buffer[driver_below(d, p->buffers)];
    bool half = driver_one_in(d, 4), whole_domain = driver_one_in(d, 24);
    uint64_t gpa = 0, at = b->iova, pages = b->pages;
    unsigned perm;

    if (half && pages > 1 &&
        driver_lookup(d, d->at[dev], at + pages * 4096 / 2 - 4096, &gpa, &perm) ==
            at + pages * 4096 / 2) {
        at += pages * 4096 / 2;
        pages /= 2;
        b->pages -= (unsigned)pages;
    } else {
        *b = p->buffer[--p->buffers];
    }
    p->mapped -= pages;
    if (whole_domain) {
        driver_clear(d, d->at[dev], at, pages);
        driver_flush(d, d->at[dev], false);
    } else {
        driver_unmap(d, d->at[dev], at, pages);
    }
}

static void step(struct work *w)
{
    unsigned dev = (unsigned)driver_below(&w->d, w->d.devices);
    struct port *p = &w->port[dev];
    unsigned dice = (unsigned)driver_below(&w->d, 8), most = 96 / w->d.devices + 2;
    bool more = p->mapped * 100 < (uint64_t)w->pages * w->density;

    driver_wait_ns(&w->d, driver_below(&w->d, 50000));
    if (p->buffers < most && (!p->buffers || (more ? dice < 4 : dice < 2)))
        map_one(w, dev);
    else if (p->buffers && dice < 6)
        unmap_one(w, dev);
    for (unsigned i = 0; i < 3 && p->buffers; i++) {
        const struct buffer *b = &p->buffer[driver_below(&w->d, p->buffers)];

        driver_dma(&w->d, dev, b->iova, b->pages);
    }
}

const struct workload_inside workload_nested = {draw, work_attach_all, step};
