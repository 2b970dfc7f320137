/* SPDX-License-Identifier: MIT */
/* Mappings of a correct driver, and their invalidation. */
#include "gen/driver.h"
#include "vtd_tables.h"

#define MASK_MAX 18u /* MAMV of the units modelled */

static unsigned index_at(uint64_t iova, unsigned level)
{
    return (unsigned)(iova >> (12 + 9 * (level - 1))) & 511;
}

static uint64_t pages_of(unsigned level)
{
    return UINT64_C(1) << 9 * (level - 1);
}

static uint64_t tag(const struct driver *d, int domain)
{
    return (uint64_t)d->domain[domain].did << 16;
}

/* A request, then the device-TLBs behind the domain. */
static void invalidate(struct driver *d, int domain, uint64_t lo, uint64_t hi, uint64_t device_hi)
{
    driver_submit(d, lo, hi);
    for (unsigned i = 0; i < d->devices && d->ats; i++)
        if (d->at[i] == domain)
            driver_submit(d, UINT64_C(3) | (uint64_t)d->sid[i] << 32, device_hi);
}

/* The smallest mask whose aligned block covers the range. */
static unsigned mask_for(uint64_t iova, uint64_t pages)
{
    uint64_t first = iova >> 12, last = first + pages - 1;
    unsigned am = 0;

    while (first >> am != last >> am)
        am++;
    return am;
}

static void flush_range(struct driver *d, int domain, uint64_t iova, uint64_t pages, bool hint)
{
    unsigned am = mask_for(iova, pages);
    uint64_t at = iova & ~((UINT64_C(4096) << am) - 1);

    if (am > MASK_MAX) {
        driver_flush(d, domain, false);
        return;
    }
    invalidate(d, domain, 0xf2 | tag(d, domain), at | (hint ? 0x40u : 0) | am,
               am ? at | ((UINT64_C(1) << (11 + am)) - 0x1000) | 1 : at);
}

void driver_announce(struct driver *d, int domain, uint64_t iova, uint64_t pages)
{
    unsigned am = mask_for(iova, pages);

    if (!d->caching_mode)
        return;
    if (am > MASK_MAX)
        driver_submit(d, 0xe2 | tag(d, domain), 0);
    else
        driver_submit(d, 0xf2 | tag(d, domain), (iova & ~((UINT64_C(4096) << am) - 1)) | am);
}

void driver_flush(struct driver *d, int domain, bool global)
{
    invalidate(d, domain, global ? 0xd2 : 0xe2 | tag(d, domain), 0, UINT64_C(0x7ffffffffffff001));
    driver_settle(d, domain);
}

/* The table of this level above an address, made where it is missing. */
static int table_above(struct driver *d, int domain, uint64_t iova, unsigned lowest)
{
    int page = d->domain[domain].top;

    for (unsigned level = d->domain[domain].levels; level > lowest; level--) {
        unsigned i = index_at(iova, level);

        if (!(d->word[page][i] & SS_PERM)) {
            int new = driver_take_page(d, domain);

            if (new == DRIVER_NONE)
                return DRIVER_NONE;
            driver_set(d, page, i, driver_page_at(new) | SS_PERM);
        }
        page = driver_page_of(d->word[page][i] & ~UINT64_C(0xfff));
    }
    return page;
}

static unsigned largest(uint64_t iova, uint64_t gpa, uint64_t pages, unsigned sizes)
{
    for (unsigned level = 3; level > 1; level--)
        if ((sizes >> (level - 1) & 1) && pages >= pages_of(level) &&
            !((iova | gpa) & ((pages_of(level) << 12) - 1)))
            return level;
    return 1;
}

/* Where a leaf is to stand there is a table, empty by now: it goes first. */
static void make_room(struct driver *d, int domain, int page, unsigned level, uint64_t iova)
{
    unsigned i = index_at(iova, level);
    uint64_t old = d->word[page][i];

    if (level == 1 || !(old & SS_PERM))
        return;
    driver_set(d, page, i, 0);
    driver_drop_tables(d, domain, driver_page_of(old & ~UINT64_C(0xfff)), level - 1);
    flush_range(d, domain, iova, pages_of(level), false);
    if (!d->domain[domain].waits)
        driver_settle(d, domain);
}

bool driver_map_silent(struct driver *d, int domain, uint64_t iova, uint64_t gpa, uint64_t pages,
                       unsigned sizes, unsigned perm)
{
    while (pages > 0) {
        unsigned level = largest(iova, gpa, pages, sizes);
        int page = table_above(d, domain, iova, level);
        uint64_t n = pages_of(level);

        if (page == DRIVER_NONE)
            return false;
        make_room(d, domain, page, level, iova);
        driver_set(d, page, index_at(iova, level), gpa | (level > 1 ? SS_LARGE : 0) | perm);
        iova += n << 12;
        gpa += n << 12;
        pages -= n;
    }
    return true;
}

bool driver_map(struct driver *d, int domain, uint64_t iova, uint64_t gpa, uint64_t pages,
                unsigned sizes, unsigned perm)
{
    bool made = driver_map_silent(d, domain, iova, gpa, pages, sizes, perm);

    driver_announce(d, domain, iova, pages);
    return made;
}

/* One page of tables; as Linux does it, a table that the range covers goes without its entries
 * being cleared first. */
static bool clear_in(struct driver *d, int domain, int page, unsigned level, uint64_t iova,
                     uint64_t end)
{
    bool went = false;

    while (iova < end) {
        uint64_t bytes = pages_of(level) << 12, next = (iova & ~(bytes - 1)) + bytes;
        uint64_t stop = next < end ? next : end, entry = d->word[page][index_at(iova, level)];

        if ((entry & SS_PERM) && (level == 1 || (entry & SS_LARGE))) {
            driver_set(d, page, index_at(iova, level), 0);
        } else if (entry & SS_PERM) {
            int below = driver_page_of(entry & ~UINT64_C(0xfff));

            if (stop - iova == bytes) {
                driver_set(d, page, index_at(iova, level), 0);
                driver_drop_tables(d, domain, below, level - 1);
                went = true;
            } else if (clear_in(d, domain, below, level - 1, iova, stop)) {
                went = true;
            }
        }
        iova = stop;
    }
    return went;
}

bool driver_clear(struct driver *d, int domain, uint64_t iova, uint64_t pages)
{
    return clear_in(d, domain, d->domain[domain].top, d->domain[domain].levels, iova,
                    iova + (pages << 12));
}

/* Also when others wait for a flush of the domain: the pages they dropped may hang on. */
void driver_unmap(struct driver *d, int domain, uint64_t iova, uint64_t pages)
{
    bool went = driver_clear(d, domain, iova, pages);
    bool hint = !went && driver_one_in(d, 2);

    flush_range(d, domain, iova, pages, hint);
    if (!d->domain[domain].waits)
        driver_settle(d, domain);
}

uint64_t driver_lookup(const struct driver *d, int domain, uint64_t iova, uint64_t *gpa,
                       unsigned *perm)
{
    int page = d->domain[domain].top;

    *perm = SS_PERM;
    for (unsigned level = d->domain[domain].levels; level > 0; level--) {
        uint64_t entry = d->word[page][index_at(iova, level)], bytes = pages_of(level) << 12;

        if (!(entry & SS_PERM))
            return 0;
        *perm &= (unsigned)entry & SS_PERM;
        if (level == 1 || (entry & SS_LARGE)) {
            *gpa = (entry & ~UINT64_C(0xfff) & ~(bytes - 1)) | (iova & (bytes - 1));
            return (iova | (bytes - 1)) + 1;
        }
        page = driver_page_of(entry & ~UINT64_C(0xfff));
    }
    return 0;
}
