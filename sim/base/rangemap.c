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

/* First entry whose last byte is at or above `at`; chunk == chunks when there is none. No chunk is
 * empty. */
static struct place find(const struct rangemap *m, iova_t at)
{
    struct place p = {0, 0};
    size_t high = m->chunks;
    const struct range_chunk *c;
    unsigned end;

    if (high && m->dir[high - 1].last < at.v)
        p.chunk = high; /* above all: where ascending inserts go */
    while (p.chunk < high) {
        size_t middle = p.chunk + (high - p.chunk) / 2;

        if (m->dir[middle].last < at.v)
            p.chunk = middle + 1;
        else
            high = middle;
    }
    if (p.chunk == m->chunks)
        return p;
    c = m->dir[p.chunk].chunk;
    end = c->count;
    while (p.index < end) {
        unsigned middle = p.index + (end - p.index) / 2;

        if (c->entry[middle].range.last.v < at.v)
            p.index = middle + 1;
        else
            end = middle;
    }
    return p;
}

const struct range_entry *rangemap_at_or_after(const struct rangemap *m, iova_t at)
{
    struct place p = find(m, at);

    return p.chunk == m->chunks ? NULL : &m->dir[p.chunk].chunk->entry[p.index];
}

const struct range_entry *rangemap_at(const struct rangemap *m, iova_t at)
{
    const struct range_entry *e = rangemap_at_or_after(m, at);

    return e && e->range.first.v <= at.v ? e : NULL;
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

int rangemap_insert(struct rangemap *m, const struct range_entry *e)
{
    struct place p = find(m, e->range.first);
    struct range_chunk *c;

    if (p.chunk < m->chunks &&
        iova_range_overlap(m->dir[p.chunk].chunk->entry[p.index].range, e->range))
        return -EEXIST;
    if (make_room(m, &p))
        return -ENOMEM;
    c = m->dir[p.chunk].chunk;
    memmove(c->entry + p.index + 1, c->entry + p.index, (c->count - p.index) * sizeof(*e));
    c->entry[p.index] = *e;
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

/* Remove the entries [p.index, to) of one chunk. */
static void remove_run(struct rangemap *m, struct place p, unsigned to)
{
    struct range_chunk *c = m->dir[p.chunk].chunk;

    memmove(c->entry + p.index, c->entry + to, (c->count - to) * sizeof(c->entry[0]));
    c->count -= to - p.index;
    m->count -= to - p.index;
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
        struct place p = find(m, r.first);
        const struct range_chunk *c;
        unsigned to;

        if (p.chunk < m->chunks &&
            m->dir[p.chunk].chunk->entry[p.index].range.first.v < r.first.v &&
            ++p.index == m->dir[p.chunk].chunk->count) {
            p.chunk++;
            p.index = 0;
        }
        if (p.index == 0 && p.chunk < m->chunks && m->dir[p.chunk].last <= r.last.v)
            bytes += remove_chunks(m, p.chunk, r);
        if (p.chunk >= m->chunks)
            return bytes;
        c = m->dir[p.chunk].chunk;
        for (to = p.index; to < c->count && iova_range_covers(r, c->entry[to].range); to++)
            bytes += c->entry[to].range.last.v - c->entry[to].range.first.v + 1;
        if (to == p.index)
            return bytes;
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
