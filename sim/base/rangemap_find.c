/* SPDX-License-Identifier: MIT */
/* Where in a range map an address is, or would be. Nothing here changes what a map holds. */
#include "base/rangemap_inside.h"

/* Of `count` places over `span` units of address, the one that would hold `at` if all were evenly
 * spread. */
static size_t evenly(uint64_t at, uint64_t span, size_t count)
{
    unsigned shift = 0;
    uint64_t place;

    while (span >> shift >> 40) /* no overflow: fewer than 2^23 chunks or entries */
        shift += 8;
    place = (at >> shift) * count / ((span >> shift) + 1);
    return place < count ? (size_t)place : count - 1;
}

/* The first chunk whose last byte is at or above `at`, which is not above all, if not `guess`: on
 * in growing steps. */
APART static size_t seek_chunk(const struct rangemap *m, uint64_t at, size_t guess)
{
    const struct range_slot *dir = m->dir;
    size_t low, high = m->chunks, step = 1;

    if (dir[guess].last < at) {
        for (low = guess + 1; low + step < high && dir[low + step].last < at; step *= 2)
            low += step + 1;
        high = low + step < high ? low + step : high;
    } else {
        for (high = guess; high > step && dir[high - step].last >= at; step *= 2)
            high -= step;
        low = high > step ? high - step + 1 : 0;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (dir[middle].last < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first chunk whose last byte is at or above `at`; `chunks` when there is none. Mappings lie
 * mostly side by side, so the search begins where an even spread would have it. */
static size_t find_chunk(const struct rangemap *m, uint64_t at)
{
    const struct range_slot *dir = m->dir;
    size_t last = m->chunks - 1, guess;

    if (!m->chunks || dir[last].last < at)
        return m->chunks; /* above all: where ascending inserts go */
    if (at <= dir[0].last)
        return 0;
    guess = evenly(at - dir[0].last, dir[last].last - dir[0].last, m->chunks);
    if (dir[guess].last >= at && guess && dir[guess - 1].last < at)
        return guess;
    return seek_chunk(m, at, guess);
}

/* The entry of a chunk that holds `at` if all were evenly spread; mostly they are pages side by
 * side. `before`: the last byte of the chunk before, below `at`. */
static unsigned guess_entry(const struct range_slot *c, uint64_t before, uint64_t at)
{
    uint64_t span = c->last - before;

    if (span == c->count * PAGE_4K_BYTES)
        return (unsigned)((at - before - 1) / PAGE_4K_BYTES);
    return (unsigned)evenly(at - before - 1, span - 1, c->count);
}

/* The first entry of a chunk whose last byte is at or above `at`; there is one. `before`: the last
 * byte of the chunk before. */
static unsigned find_entry(const struct range_slot *c, uint64_t before, uint64_t at)
{
    unsigned low = 0, high, step = 1, guess = 0;

    if (at > before)
        guess = guess_entry(c, before, at);
    high = c->count - 1;
    if (c->entry[guess].range.last.v < at) {
        for (low = guess + 1; low + step < high && c->entry[low + step].range.last.v < at;
             step *= 2)
            low += step + 1;
        high = low + step < high ? low + step : high;
    } else {
        for (high = guess; high > step && c->entry[high - step].range.last.v >= at; step *= 2)
            high -= step;
        low = high >= step && c->entry[high - step].range.last.v < at ? high - step + 1 : 0;
    }
    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (c->entry[middle].range.last.v < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the last look-up ended, or the entry after that. */
static bool find_near(const struct rangemap *m, uint64_t at, struct range_place *p)
{
    const struct range_slot *c;
    unsigned i = m->near.index;

    *p = m->near;
    if (p->chunk >= m->chunks || m->dir[p->chunk].last < at ||
        (p->chunk && m->dir[p->chunk - 1].last >= at))
        return false;
    c = &m->dir[p->chunk];
    if (i >= c->count || (i && c->entry[i - 1].range.last.v >= at))
        return false;
    if (c->entry[i].range.last.v >= at)
        return true;
    p->index = i + 1;
    return i + 1 < c->count && c->entry[i + 1].range.last.v >= at;
}

/* Where it was expected to be, and is. */
static bool find_expected(const struct rangemap *m, iova_t at, struct range_place *p)
{
    for (unsigned i = 0; i < RANGES_EXPECTED; i++) {
        if (m->expected[i].at.v == at.v && rangemap_holds(m, m->expected[i].place, at)) {
            *p = m->expected[i].place;
            return true;
        }
    }
    return false;
}

struct range_place rangemap_search(const struct rangemap *m, iova_t at)
{
    struct rangemap *keep = (struct rangemap *)(uintptr_t)m; /* a hint is no part of the content */
    struct range_place p;

    if (!find_expected(m, at, &p)) {
        if (find_near(m, at.v, &p))
            return p;
        p = (struct range_place){find_chunk(m, at.v), 0};
        if (p.chunk < m->chunks)
            p.index = find_entry(&m->dir[p.chunk], p.chunk ? m->dir[p.chunk - 1].last : 0, at.v);
    }
    keep->near = p;
    return p;
}

const struct range_entry *rangemap_at_or_after(const struct rangemap *m, iova_t at)
{
    struct range_place p = rangemap_find_held(m, at);

    return p.chunk == m->chunks ? NULL : &m->dir[p.chunk].entry[p.index];
}

const struct range_entry *rangemap_at(const struct rangemap *m, iova_t at)
{
    const struct range_entry *e = rangemap_at_or_after(m, at);

    return e && e->range.first.v <= at.v ? e : NULL;
}

void rangemap_expect(struct rangemap *m, iova_t at)
{
    const struct range_slot *c;
    size_t chunk;
    unsigned i;
    uint64_t before;

    if (m->chunks < 2)
        return;
    chunk = find_chunk(m, at.v);
    if (chunk == m->chunks)
        return;
    c = &m->dir[chunk];
    before = chunk ? c[-1].last : 0;
    if (at.v <= before)
        return;
    i = guess_entry(c, before, at.v);
    m->expected_last = (m->expected_last + 1) % RANGES_EXPECTED;
    m->expected[m->expected_last].at = at;
    m->expected[m->expected_last].place = (struct range_place){chunk, i};
    /* its neighbours are looked at, too: two lines */
    __builtin_prefetch(&c->entry[i ? i - 1 : 0].range.last);
    __builtin_prefetch(&c->entry[i + 1 < c->count ? i + 1 : i].range.first);
}
