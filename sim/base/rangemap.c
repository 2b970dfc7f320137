/* SPDX-License-Identifier: MIT */
#include "base/rangemap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ENTRIES 126u

struct range_chunk {
    unsigned count;
    struct range_entry entry[CHUNK_ENTRIES];
};

struct place {
    size_t chunk;
    unsigned index;
};

void rangemap_clear(struct rangemap *m)
{
    for (size_t i = 0; i < m->chunks; i++)
        free(m->dir[i].chunk);
    free(m->dir);
    *m = (struct rangemap){0};
}

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

/* The first chunk whose last byte is at or above `at`; `chunks` when there is none. Mappings lie
 * mostly side by side, so the search begins where an even spread would have it and goes on in
 * growing steps. */
static size_t find_chunk(const struct rangemap *m, uint64_t at)
{
    const struct range_slot *dir = m->dir;
    size_t low = 0, high = m->chunks, step = 1;

    if (!high || dir[high - 1].last < at)
        return high; /* above all: where ascending inserts go */
    if (high > 8 && at > dir[0].last) {
        size_t guess = evenly(at - dir[0].last, dir[high - 1].last - dir[0].last, high);

        if (dir[guess].last < at) {
            for (low = guess + 1; low + step < high && dir[low + step].last < at; step *= 2)
                low += step + 1;
            high = low + step < high ? low + step : high;
        } else {
            for (high = guess; high > step && dir[high - step].last >= at; step *= 2)
                high -= step;
            low = high > step ? high - step + 1 : 0;
        }
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

/* The first entry of a chunk whose last byte is at or above `at`; there is one. `before`: the last
 * byte of the chunk before. */
static unsigned find_entry(const struct range_chunk *c, uint64_t before, uint64_t last, uint64_t at)
{
    unsigned low = 0, high, step = 1, guess = 0;

    if (at > before) {
        guess = (unsigned)evenly(at - before - 1, last - before - 1, CHUNK_ENTRIES);
        __builtin_prefetch(&c->entry[guess]); /* most are full: while the count is on its way */
        if (c->count != CHUNK_ENTRIES)
            guess = (unsigned)evenly(at - before - 1, last - before - 1, c->count);
    }
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
static bool find_near(const struct rangemap *m, uint64_t at, struct place *p)
{
    const struct range_chunk *c;
    unsigned i = m->near_index;

    *p = (struct place){m->near_chunk, i};
    if (p->chunk >= m->chunks || m->dir[p->chunk].last < at ||
        (p->chunk && m->dir[p->chunk - 1].last >= at))
        return false;
    c = m->dir[p->chunk].chunk;
    if (i >= c->count || (i && c->entry[i - 1].range.last.v >= at))
        return false;
    if (c->entry[i].range.last.v >= at)
        return true;
    p->index = i + 1;
    return i + 1 < c->count && c->entry[i + 1].range.last.v >= at;
}

/* First entry whose last byte is at or above `at`, the gap's included; chunk == chunks when there
 * is none. No chunk is empty. */
static struct place find(const struct rangemap *m, iova_t at)
{
    struct rangemap *keep = (struct rangemap *)(uintptr_t)m; /* a hint is no part of the content */
    struct place p;

    if (find_near(m, at.v, &p))
        return p;
    p = (struct place){find_chunk(m, at.v), 0};
    if (p.chunk < m->chunks)
        p.index = find_entry(m->dir[p.chunk].chunk, p.chunk ? m->dir[p.chunk - 1].last : 0,
                             m->dir[p.chunk].last, at.v);
    keep->near_chunk = p.chunk;
    keep->near_index = p.index;
    return p;
}

static bool is_gap(const struct rangemap *m, struct place p)
{
    return m->gap && p.chunk == m->gap_chunk && p.index == m->gap_index;
}

/* The same without the gap's. */
static struct place find_held(const struct rangemap *m, iova_t at)
{
    struct place p = find(m, at);

    p.index += is_gap(m, p);
    return p;
}

static void close_gap(struct rangemap *m)
{
    struct range_chunk *c;

    if (!m->gap)
        return;
    c = m->dir[m->gap_chunk].chunk;
    c->count--;
    memmove(c->entry + m->gap_index, c->entry + m->gap_index + 1,
            (c->count - m->gap_index) * sizeof(c->entry[0]));
    m->gap = false;
}

const struct range_entry *rangemap_at_or_after(const struct rangemap *m, iova_t at)
{
    struct place p = find_held(m, at);

    return p.chunk == m->chunks ? NULL : &m->dir[p.chunk].chunk->entry[p.index];
}

const struct range_entry *rangemap_at(const struct rangemap *m, iova_t at)
{
    const struct range_entry *e = rangemap_at_or_after(m, at);

    return e && e->range.first.v <= at.v ? e : NULL;
}

void rangemap_expect(const struct rangemap *m, iova_t at)
{
    size_t chunk = m->chunks > 1 ? find_chunk(m, at.v) : m->chunks;
    const struct range_chunk *c;
    uint64_t before;

    if (chunk == m->chunks)
        return;
    c = m->dir[chunk].chunk;
    before = chunk ? m->dir[chunk - 1].last : 0;
    __builtin_prefetch(&c->count);
    if (at.v > before)
        __builtin_prefetch(
            &c->entry[evenly(at.v - before - 1, m->dir[chunk].last - before - 1, CHUNK_ENTRIES)]);
}

/* The directory's word of a chunk that is not empty. */
static void told(struct rangemap *m, size_t at)
{
    const struct range_chunk *c = m->dir[at].chunk;

    m->dir[at].last = c->entry[c->count - 1].range.last.v;
}

/* A new empty chunk at position `at` of the directory. */
static int add_chunk(struct rangemap *m, size_t at)
{
    struct range_chunk *c;

    if (m->chunks == m->room) {
        size_t room = m->room ? m->room * 2 : 4;
        struct range_slot *grown = realloc(m->dir, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        m->dir = grown;
        m->room = room;
    }
    c = malloc(sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->count = 0;
    memmove(m->dir + at + 1, m->dir + at, (m->chunks - at) * sizeof(*m->dir));
    m->dir[at] = (struct range_slot){0, c};
    m->chunks++;
    return 0;
}

/* Make room at `p`; appending at the very end starts a new chunk, so that ascending inserts fill
 * them. */
static int make_room(struct rangemap *m, struct place *p)
{
    struct range_chunk *c, *right;
    unsigned half;

    if (p->chunk == m->chunks) {
        if (m->chunks && m->dir[m->chunks - 1].chunk->count < CHUNK_ENTRIES) {
            p->chunk = m->chunks - 1;
            p->index = m->dir[p->chunk].chunk->count;
            return 0;
        }
        return add_chunk(m, m->chunks);
    }
    c = m->dir[p->chunk].chunk;
    if (!p->index && p->chunk) { /* between two chunks: what goes and comes again, ascending */
        const struct range_chunk *left = m->dir[p->chunk - 1].chunk;

        if (left->count < CHUNK_ENTRIES) {
            p->chunk--;
            p->index = left->count;
            return 0;
        }
        if (c->count > CHUNK_ENTRIES / 2)
            return add_chunk(m, p->chunk);
    }
    if (c->count < CHUNK_ENTRIES)
        return 0;
    if (add_chunk(m, p->chunk + 1))
        return -ENOMEM;
    right = m->dir[p->chunk + 1].chunk;
    half = c->count / 2;
    right->count = c->count - half;
    memcpy(right->entry, c->entry + half, right->count * sizeof(c->entry[0]));
    c->count = half;
    told(m, p->chunk);
    told(m, p->chunk + 1);
    if (p->index > half) {
        p->chunk++;
        p->index -= half;
    }
    return 0;
}

/* Word by word: who copies a structure that was just written waits until the writes have left the
 * processor. */
static void put(struct range_entry *to, const struct range_entry *e)
{
    to->range.first = e->range.first;
    to->range.last = e->range.last;
    to->gpa = e->gpa;
    to->perm = e->perm;
}

/* Put it where the gap is; `p` is that place. */
static int fill_gap(struct rangemap *m, struct place p, const struct range_entry *e)
{
    struct range_entry *entry = m->dir[p.chunk].chunk->entry + p.index;

    if (entry[1].range.first.v <= e->range.last.v)
        return -EEXIST;
    put(entry, e);
    m->gap = false;
    m->count++;
    return 0;
}

int rangemap_insert(struct rangemap *m, const struct range_entry *e)
{
    struct place p = find(m, e->range.first);
    struct range_chunk *c;

    if (is_gap(m, p))
        return fill_gap(m, p, e);
    if (p.chunk < m->chunks &&
        iova_range_overlap(m->dir[p.chunk].chunk->entry[p.index].range, e->range))
        return -EEXIST;
    p.index -= m->gap && p.chunk == m->gap_chunk && p.index > m->gap_index;
    close_gap(m);
    if (make_room(m, &p))
        return -ENOMEM;
    c = m->dir[p.chunk].chunk;
    if (p.index < c->count)
        memmove(c->entry + p.index + 1, c->entry + p.index, (c->count - p.index) * sizeof(*e));
    put(&c->entry[p.index], e);
    c->count++;
    m->count++;
    told(m, p.chunk);
    return 0;
}

static void remove_chunk(struct rangemap *m, size_t at)
{
    free(m->dir[at].chunk);
    m->chunks--;
    memmove(m->dir + at, m->dir + at + 1, (m->chunks - at) * sizeof(*m->dir));
}

/* Remove the entries [p.index, to) of one chunk; there is no gap. */
static void remove_run(struct rangemap *m, struct place p, unsigned to)
{
    struct range_chunk *c = m->dir[p.chunk].chunk;

    m->count -= to - p.index;
    if (to == p.index + 1 && to < c->count) {
        m->gap = true;
        m->gap_chunk = p.chunk;
        m->gap_index = p.index;
        return;
    }
    memmove(c->entry + p.index, c->entry + to, (c->count - to) * sizeof(c->entry[0]));
    c->count -= to - p.index;
    if (c->count == 0)
        remove_chunk(m, p.chunk);
    else
        told(m, p.chunk);
}

/* Chunks from `at` on that lie in `r` as a whole go at once, so that the directory moves once. */
static uint64_t remove_chunks(struct rangemap *m, size_t at, struct iova_range r)
{
    uint64_t bytes = 0;
    size_t to = at;

    for (; to < m->chunks && m->dir[to].last <= r.last.v; to++) {
        const struct range_chunk *c = m->dir[to].chunk;

        for (unsigned i = 0; i < c->count; i++)
            bytes += c->entry[i].range.last.v - c->entry[i].range.first.v + 1;
        m->count -= c->count;
        free(m->dir[to].chunk);
    }
    memmove(m->dir + at, m->dir + to, (m->chunks - to) * sizeof(*m->dir));
    m->chunks -= to - at;
    return bytes;
}

uint64_t rangemap_remove_inside(struct rangemap *m, struct iova_range r)
{
    uint64_t bytes = 0;

    for (;;) {
        struct place p = find_held(m, r.first);
        const struct range_chunk *c;
        unsigned to;

        if (p.chunk < m->chunks &&
            m->dir[p.chunk].chunk->entry[p.index].range.first.v < r.first.v) {
            p.index++;
            p.index += is_gap(m, p);
            if (p.index == m->dir[p.chunk].chunk->count)
                p = (struct place){p.chunk + 1, 0};
            p.index += is_gap(m, p);
        }
        if (p.chunk >= m->chunks ||
            !iova_range_covers(r, m->dir[p.chunk].chunk->entry[p.index].range))
            return bytes;
        p.index -= m->gap && p.chunk == m->gap_chunk && p.index > m->gap_index;
        close_gap(m);
        if (p.index == 0 && m->dir[p.chunk].last <= r.last.v)
            bytes += remove_chunks(m, p.chunk, r);
        if (p.chunk >= m->chunks)
            return bytes;
        c = m->dir[p.chunk].chunk;
        for (to = p.index; to < c->count && iova_range_covers(r, c->entry[to].range); to++)
            bytes += c->entry[to].range.last.v - c->entry[to].range.first.v + 1;
        if (to == p.index)
            return bytes;
        if (to < c->count) { /* what follows stays */
            remove_run(m, p, to);
            return bytes;
        }
        remove_run(m, p, to);
    }
}

int rangemap_cut(struct rangemap *m, struct iova_range r)
{
    const struct range_entry *held = rangemap_at_or_after(m, r.first);

    while (held && held->range.first.v <= r.last.v && !iova_range_covers(r, held->range)) {
        struct range_entry old = *held, left = old, right = old;

        rangemap_remove_inside(m, old.range);
        if (old.range.first.v < r.first.v) {
            left.range.last = iova(r.first.v - 1);
            if (rangemap_insert(m, &left))
                return -ENOMEM;
        }
        if (old.range.last.v > r.last.v) {
            right.range.first = iova(r.last.v + 1);
            right.gpa = gpa_add(old.gpa, right.range.first.v - old.range.first.v);
            if (rangemap_insert(m, &right))
                return -ENOMEM;
        }
        held = rangemap_at_or_after(m, r.first);
    }
    rangemap_remove_inside(m, r);
    held = rangemap_at_or_after(m, r.first);
    if (held && held->range.first.v <= r.last.v) /* the last one reached beyond */
        return rangemap_cut(m, r);
    return 0;
}

uint64_t rangemap_bytes(const struct rangemap *m)
{
    return m->chunks * sizeof(struct range_chunk) + m->room * sizeof(*m->dir);
}
