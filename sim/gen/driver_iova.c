/* SPDX-License-Identifier: MIT */
/* Addresses of a domain: from 4 GiB downwards, aligned to their size, given back by size; in lazy
 * mode only when the flush has come. */
#include "gen/driver.h"

#define WINDOW_FIRST UINT64_C(0xfee00000)
#define WINDOW_END   UINT64_C(0xfef00000)
#define LOWEST       UINT64_C(0x100000)

unsigned driver_order(uint64_t pages)
{
    unsigned order = 0;

    while (UINT64_C(1) << order < pages)
        order++;
    return order;
}

uint64_t driver_take_iova(struct driver *d, int domain, unsigned order)
{
    struct driver_domain *m = &d->domain[domain];
    uint64_t bytes = UINT64_C(4096) << order, at;

    if (m->spare[order].n)
        return m->spare[order].iova[--m->spare[order].n];
    at = (m->lowest - bytes) & ~(bytes - 1);
    if (at < WINDOW_END && at + bytes > WINDOW_FIRST)
        at = (WINDOW_FIRST - bytes) & ~(bytes - 1);
    if (m->lowest < LOWEST + bytes || at < LOWEST)
        return 0;
    m->lowest = at;
    return at;
}

/* What finds no room is not used again. */
void driver_give_iova(struct driver *d, int domain, uint64_t iova, unsigned order)
{
    struct driver_spare *s = &d->domain[domain].spare[order];

    if (s->n < DRIVER_SPARE)
        s->iova[s->n++] = iova;
}

void driver_unmap_later(struct driver *d, int domain, uint64_t iova, uint64_t pages, unsigned order,
                        bool global)
{
    struct driver_domain *m = &d->domain[domain];

    driver_clear(d, domain, iova, pages);
    m->wait[m->waits].iova = iova;
    m->wait[m->waits++].order = order;
    if (m->waits < DRIVER_LAZY && !driver_one_in(d, 64))
        return;
    driver_flush(d, domain, global);
    for (unsigned i = 0; i < m->waits; i++)
        driver_give_iova(d, domain, m->wait[i].iova, m->wait[i].order);
    m->waits = 0;
}
