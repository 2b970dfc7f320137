/* SPDX-License-Identifier: MIT */
/*
 * A long static mapping, as DPDK makes it: the device leaves its kernel driver's domain for one of
 * VFIO's, all memory is mapped once, and then there is nothing but DMA. IOVAs are the guest's
 * physical addresses, or one large area as a process has it.
 */
#include "gen/workload_inside.h"
#include "vtd_tables.h"

#define AREA UINT64_C(0x200000000)

static unsigned page_level(const struct work *w)
{
    return w->sizes & PAGES_1G ? 3 : w->sizes & PAGES_2M ? 2 : 1;
}

static void draw(struct work *w)
{
    static const unsigned some[] = {PAGES_2M, PAGES_2M, PAGES_1G | PAGES_2M, PAGES_4K};
    unsigned sizes = some[driver_below(&w->d, 4)];

    if (w->pages > 32768 && sizes == PAGES_4K)
        sizes = PAGES_2M;
    if (w->pages && w->pages < 262144 && (sizes & PAGES_1G))
        sizes = PAGES_2M;
    if (w->pages && w->pages < 512)
        sizes = PAGES_4K;
    w->sizes = work_draw(w, w->sizes, sizes, 1);
    w->pages = work_draw(w, w->pages, page_level(w) == 1 ? 4096 : 65536,
                         page_level(w) == 1 ? 4096 : 262144);
    w->density = work_draw(w, w->density, 50, 51);
    w->exact = driver_one_in(&w->d, 2); /* here: physical addresses */
}

static void begin(struct work *w)
{
    work_attach_all(w);
    for (unsigned i = 0; i < w->d.devices; i++) {
        int old = w->d.at[i], new;

        driver_detach(&w->d, i);
        driver_end_domain(&w->d, old);
        new = driver_new_domain(&w->d);
        if (new != DRIVER_NONE)
            driver_attach(&w->d, i, new);
    }
}

/* The next piece, at most 512 leaves: memory from 4 GiB on is mapped in order. */
static bool map_more(struct work *w, unsigned dev)
{
    struct driver *d = &w->d;
    struct port *p = &w->port[dev];
    unsigned level = page_level(w);
    uint64_t unit = UINT64_C(1) << 9 * (level - 1);
    uint64_t pages = unit * (1 + driver_below(d, level == 3 ? 1 : 64)), gpa, iova;

    if (p->mapped + unit > w->pages && p->mapped)
        return false;
    if (p->mapped + pages > w->pages)
        pages = unit;
    gpa = UINT64_C(0x100000000) + (p->mapped << 12) % UINT64_C(0x80000000);
    if (gpa + (pages << 12) > UINT64_C(0x180000000))
        pages = unit;
    iova = (w->exact ? UINT64_C(0x100000000) : AREA) + (p->mapped << 12);
    p->mapped += pages;
    if (driver_below(d, 100) >= w->density) /* a hole */
        return true;
    if (!driver_map(d, d->at[dev], iova, gpa, pages, w->sizes | PAGES_4K, SS_PERM))
        driver_unmap(d, d->at[dev], iova, pages);
    else if (p->buffers < BUFFERS_MAX)
        p->buffer[p->buffers++] = (struct buffer){.iova = iova, .pages = (unsigned)pages};
    return true;
}

static void step(struct work *w)
{
    struct driver *d = &w->d;
    unsigned dev = (unsigned)driver_below(d, d->devices);
    struct port *p = &w->port[dev];

    for (unsigned i = 0; i < d->devices; i++)
        if (d->at[i] != DRIVER_NONE && map_more(w, i))
            return;
    driver_wait_ns(d, driver_below(d, 100000));
    driver_at(d);
    for (unsigned i = 0; i < 8 && p->buffers; i++) {
        const struct buffer *b = &p->buffer[driver_below(d, p->buffers)];

        driver_dma(d, dev, b->iova, b->pages);
    }
}

const struct workload_inside workload_static = {draw, begin, step};
