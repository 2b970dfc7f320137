/* SPDX-License-Identifier: MIT */
/* A correct driver's tables: map, unmap, and change what is there. */
#include "correct_guest_inside.h"

#include <stdlib.h>
#include <string.h>

static void psi(struct guest *g, const struct domain *d, uint64_t at, unsigned am, bool hint)
{
    submit(g, 0xf2 | (uint64_t)d->did << 16, at | am | (uint64_t)hint << 6);
}

void devtlb(struct guest *g, const struct domain *d, uint64_t at, unsigned am)
{
    bool any = false;

    if (!g->how->ats || forgets(g, SLOPPY_NO_DEVTLB))
        return;
    for (unsigned i = 0; i < DEVICES; i++) {
        if (g->at[i] != (int)(d - g->domain))
            continue;
        put(g, UINT64_C(3) | (uint64_t)sid(i) << 32,
            am == 0    ? at
            : am == 52 ? UINT64_C(0x7ffffffffffff001)
                       : at | ((UINT64_C(1) << (11 + am)) - 0x1000) | 1);
        any = true;
    }
    if (any)
        wait_done(g);
}

uint64_t page_at(int page)
{
    return POOL + (uint64_t)page * 0x1000;
}

int take_page(struct guest *g, const struct domain *d)
{
    int page = below(g, 2) ? g->last_freed : (int)below(g, PAGES);

    for (int i = 0; i < PAGES; i++, page = (page + 1) % PAGES) {
        struct rec r = {.kind = REC_ZERO};

        if (g->owner[page])
            continue;
        g->owner[page] = (int)(d - g->domain) + 1;
        memset(g->pool[page], 0, sizeof g->pool[page]);
        r.u.zero.gpa = gpa(page_at(page));
        r.u.zero.bytes = 0x1000;
        step(g, r);
        return page;
    }
    abort(); /* the pool holds all that the domains can have */
}

static void set(struct guest *g, int page, unsigned index, uint64_t val)
{
    g->pool[page][index] = val;
    mem(g, page_at(page) + 8 * index, 1, val, 0);
}

uint64_t region_iova(const struct guest *g, unsigned r)
{
    uint64_t at = (uint64_t)(r & 3) << 21 | (uint64_t)(r >> 2) << 30;

    return g->how->levels > 3 && r >= 8 ? at | UINT64_C(1) << 39 : at;
}

static unsigned index_at(uint64_t at, unsigned level)
{
    return (unsigned)(at >> (12 + 9 * (level - 1))) & 511;
}

/* The table of level 2 above a region, made where it is missing. */
static int level2(struct guest *g, const struct domain *d, uint64_t at)
{
    int page = d->top;

    for (unsigned level = g->how->levels; level > 2; level--) {
        unsigned index = index_at(at, level);

        if (!g->pool[page][index]) {
            int below_it = take_page(g, d);

            set(g, page, index, page_at(below_it) | 3);
        }
        page = (int)((g->pool[page][index] - POOL) / 0x1000);
    }
    return page;
}

static uint64_t some_data(struct guest *g, bool big)
{
    return big ? DATA + 0x40000000 + below(g, 8) * 0x200000 : DATA + below(g, 64) * 0x1000;
}

/* Everything unmapped becomes free again. */
void released(struct guest *g, struct domain *d)
{
    int who = (int)(d - g->domain) + 1;

    for (unsigned r = 0; r < REGIONS; r++) {
        d->region[r].wait = 0;
        d->region[r].big_waits = d->region[r].table_waits = false;
    }
    for (int i = 0; i < PAGES; i++)
        if (g->owner[i] == -who)
            g->owner[i] = 0;
}

static void flush(struct guest *g, struct domain *d)
{
    bool first = forgets(g, SLOPPY_DEVTLB_FIRST);

    if (first)
        devtlb(g, d, 0, 52);
    if (!forgets(g, SLOPPY_NO_FLUSH))
        submit(g, 0xe2 | (uint64_t)d->did << 16, 0);
    if (!first)
        devtlb(g, d, 0, 52);
    released(g, d);
}

/* A range was unmapped: invalidate now, or when there is more of it. */
static void unmapped(struct guest *g, struct domain *d, uint64_t at, unsigned am, bool tables)
{
    bool first = forgets(g, SLOPPY_DEVTLB_FIRST);

    if (g->how->lazy) {
        if (below(g, 6) == 0)
            flush(g, d);
        return;
    }
    if (first)
        devtlb(g, d, at, am);
    if (!forgets(g, SLOPPY_NO_FLUSH))
        psi(g, d, at, am && forgets(g, SLOPPY_SMALL_MASK) ? 0 : am,
            !tables || forgets(g, SLOPPY_HINT));
    if (!first)
        devtlb(g, d, at, am);
    released(g, d);
}

static void mapped(struct guest *g, struct domain *d, uint64_t at, unsigned am)
{
    if (g->how->caching_mode)
        psi(g, d, at, am, false); /* tables above may be new */
}

void map(struct guest *g, struct domain *d)
{
    unsigned n = (unsigned)below(g, REGIONS), k = (unsigned)below(g, SMALLS);
    struct region *r = &d->region[n];
    uint64_t at = region_iova(g, n);
    int upper;

    if (r->big || r->big_waits || (r->used | r->wait) >> k & 1)
        return;
    upper = level2(g, d, at);
    if (r->table < 0 && r->table_waits)
        flush(g, d);
    if (r->table < 0 && !r->wait && below(g, 2)) {
        r->big = true;
        set(g, upper, index_at(at, 2), some_data(g, true) | 0x83);
        mapped(g, d, at, 9);
        return;
    }
    if (r->table < 0) {
        r->table = take_page(g, d);
        set(g, upper, index_at(at, 2), page_at(r->table) | 3);
    }
    r->used |= 1u << k;
    set(g, r->table, k, some_data(g, false) | 3);
    mapped(g, d, at + k * 0x1000, 0);
}

static void drop_table(struct guest *g, struct domain *d, struct region *r, uint64_t at)
{
    set(g, level2(g, d, at), index_at(at, 2), 0);
    g->owner[r->table] = -g->owner[r->table];
    g->last_freed = r->table;
    r->table = -1;
    r->table_waits = true;
}

void unmap(struct guest *g, struct domain *d)
{
    unsigned n = (unsigned)below(g, REGIONS), k = (unsigned)below(g, SMALLS);
    struct region *r = &d->region[n];
    uint64_t at = region_iova(g, n);
    bool tables;

    if (r->big) {
        r->big = false;
        r->big_waits = true;
        set(g, level2(g, d, at), index_at(at, 2), 0);
        unmapped(g, d, at, 9, false);
    } else if (r->used >> k & 1) {
        r->used &= ~(1u << k);
        r->wait |= 1u << k;
        set(g, r->table, k, 0);
        tables = !r->used && below(g, 2);
        if (tables)
            drop_table(g, d, r, at);
        unmapped(g, d, at + k * 0x1000, 0, tables);
    }
}

/* Change what is there: clear, invalidate all of it, set. */
void change(struct guest *g, struct domain *d)
{
    unsigned n = (unsigned)below(g, REGIONS), k = (unsigned)below(g, SMALLS);
    struct region *r = &d->region[n];
    uint64_t at = region_iova(g, n);
    bool in_place = forgets(g, SLOPPY_SPLIT_IN_PLACE), lower = r->table >= 0;
    int upper, table;

    if (r->wait || r->big_waits || r->table_waits)
        flush(g, d);
    if (!r->big && !(r->used >> k & 1))
        return;
    upper = level2(g, d, at);
    if (!r->big && below(g, 2)) { /* another target */
        if (!forgets(g, SLOPPY_MOVE_IN_PLACE)) {
            set(g, r->table, k, 0);
            psi(g, d, at + k * 0x1000, 0, true);
            devtlb(g, d, at + k * 0x1000, 0);
        }
        set(g, r->table, k, (DATA + 0x100000 + below(g, 64) * 0x1000) | 3);
        mapped(g, d, at + k * 0x1000, 0);
        return;
    }
    table = lower ? r->table : take_page(g, d);
    for (unsigned i = 0; i < SMALLS; i++)
        if (!lower || g->pool[table][i])
            set(g, table, i, lower ? 0 : (DATA + i * 0x1000) | 3);
    if (!in_place) {
        set(g, upper, index_at(at, 2), 0);
        psi(g, d, at, 9, !lower);
        devtlb(g, d, at, 9);
    }
    set(g, upper, index_at(at, 2), lower ? some_data(g, true) | 0x83 : page_at(table) | 3);
    mapped(g, d, at, 9);
    if (in_place) {
        psi(g, d, at, 9, false);
        devtlb(g, d, at, 9);
    }
    r->big = lower;
    r->used = lower ? 0 : (1u << SMALLS) - 1;
    r->table = lower ? -1 : table;
    if (lower)
        g->owner[table] = 0;
}
