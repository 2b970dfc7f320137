/* SPDX-License-Identifier: MIT */
/* Table pages of a correct driver: who has which, and what stands in them. */
#include <string.h>

#include "gen/driver.h"
#include "vtd_tables.h"

#define REGION       UINT64_C(0x4000000)
#define REGION_BYTES UINT64_C(0x1000000)
#define HALF         (DRIVER_POOL / 2)
#define WAITS        128u /* dropped: free after an invalidation of the domain */

uint64_t driver_region(const struct driver *d)
{
    return REGION + d->kernel % 2 * REGION_BYTES;
}

uint64_t driver_page_at(int page)
{
    uint64_t n = (uint64_t)page;

    return REGION + n / HALF * REGION_BYTES + n % HALF * 4096;
}

int driver_page_of(uint64_t at)
{
    uint64_t off = at - REGION, n = off % REGION_BYTES / 4096;

    if (at < REGION || off >= 2 * REGION_BYTES || n >= HALF)
        return DRIVER_NONE;
    return (int)(off / REGION_BYTES * HALF + n);
}

/* The pages of a kernel are looked through in turn, sometimes from the one used last: so pages come
 * back soon, too. */
int driver_take_page(struct driver *d, int domain)
{
    unsigned base = d->kernel % 2 * HALF;

    if (driver_one_in(d, 2))
        d->next_page = (unsigned)driver_below(d, HALF);
    for (unsigned i = 0; i < HALF; i++) {
        unsigned page = base + (d->next_page + i) % HALF;
        struct driver_step *s;

        if (d->owner[page])
            continue;
        d->next_page = (page - base + 1) % HALF;
        d->owner[page] = (uint8_t)(domain + 1);
        memset(d->word[page], 0, sizeof(d->word[page]));
        s = driver_push(d, REC_ZERO);
        s->at = driver_page_at((int)page);
        s->val[0] = 4096;
        return (int)page;
    }
    return DRIVER_NONE;
}

void driver_set(struct driver *d, int page, unsigned index, uint64_t val)
{
    d->word[page][index] = val;
    driver_store(d, driver_page_at(page) + 8u * index, val);
}

void driver_drop_tables(struct driver *d, int domain, int page, unsigned level)
{
    for (unsigned i = 0; level > 1 && i < 512; i++) {
        uint64_t entry = d->word[page][i];

        if ((entry & SS_PERM) && !(entry & SS_LARGE))
            driver_drop_tables(d, domain, driver_page_of(entry & ~UINT64_C(0xfff)), level - 1);
    }
    d->owner[page] = (uint8_t)(WAITS + (unsigned)domain + 1);
}

void driver_settle(struct driver *d, int domain)
{
    for (unsigned i = 0; i < DRIVER_POOL; i++)
        if (d->owner[i] == WAITS + (unsigned)domain + 1)
            d->owner[i] = 0;
}

void driver_free_pages(struct driver *d, int domain)
{
    for (unsigned i = 0; i < DRIVER_POOL; i++)
        if (d->owner[i] == (unsigned)domain + 1)
            d->owner[i] = 0;
    driver_settle(d, domain);
}
