/* SPDX-License-Identifier: MIT */
#include "base/rangemap_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ENTRIES 127u /* with the C library's own words no more than a page */

void rangemap_clear(struct rangemap *m)
{
    for (size_t i = 0; i < m->chunks; i++)
        free(m->dir[i].entry);
    free(m->dir);
    *m = (struct rangemap){0};
}

APART static void move_up(struct rangemap *m)
{
    struct range_slot *c = &m->dir[m->gap_chunk];

    c->count--;
    memmove(c->entry + m->gap_index, c->entry + m->gap_index + 1,
            (c->count - m->gap_index) * sizeof(c->entry[0]));
    m->gap = false;
}

static void close_gap(struct rangemap *m)
{
    if (m->gap)
        move_up(m);
}

/* The directory's word of a chunk that is not empty. */
static void told(struct rangemap *m, size_t at)
{
    const struct range_slot *c = &m->dir[at];

    m->dir[at].last = c->entry[c->count - 1].range.last.v;
}

/* A new empty chunk at position `at` of the directory. */
static int add_chunk(struct rangemap *m, size_t at)
{
    struct range_entry *entry;

    if (m->chunks == m->room) {
        size_t room = m->room ? m->room * 2 : 4;
        struct range_slot *grown = realloc(m->dir, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        m->dir = grown;
        m->room = room;
    }
    entry = malloc(CHUNK_ENTRIES * sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    memmove(m->dir + at + 1, m->dir + at, (m->chunks - at) * sizeof(*m->dir));
    m->dir[at] = (struct range_slot){.entry = entry};
    m->chunks++;
    return 0;
}

/* Make room at `p`; appending at the very end starts a new chunk, so that ascending inserts fill
 * them. */
static int make_room(struct rangemap *m, struct range_place *p)
{
    struct range_slot *c, *right;
    unsigned half;

    if (p->chunk == m->chunks) {
        if (m->chunks && m->dir[m->chunks - 1].count < CHUNK_ENTRIES) {
            p->chunk = m->chunks - 1;
            p->index = m->dir[p->chunk].count;
            return 0;
        }
        return add_chunk(m, m->chunks);
    }
    c = &m->dir[p->chunk];
    if (!p->index && p->chunk) { /* between two chunks: what goes and comes again, ascending */
        const struct range_slot *left = &m->dir[p->chunk - 1];

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
    c = &m->dir[p->chunk]; /* the directory may have moved */
    right = c + 1;
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
static int fill_gap(struct rangemap *m, struct range_place p, const struct range_entry *e)
{
    struct range_entry *entry = m->dir[p.chunk].entry + p.index;

    if (entry[1].range.first.v <= e->range.last.v)
        return -EEXIST;
    put(entry, e);
    m->gap = false;
    m->count++;
    return 0;
}

/* Before `p`, where the first entry is that ends behind it. */
APART static int insert_before(struct rangemap *m, struct range_place p,
                               const struct range_entry *e)
{
    struct range_slot *c;

    if (p.chunk < m->chunks && iova_range_overlap(m->dir[p.chunk].entry[p.index].range, e->range))
        return -EEXIST;
    p.index -= m->gap && p.chunk == m->gap_chunk && p.index > m->gap_index;
    close_gap(m);
    if (make_room(m, &p))
        return -ENOMEM;
    c = &m->dir[p.chunk];
    if (p.index < c->count)
        memmove(c->entry + p.index + 1, c->entry + p.index, (c->count - p.index) * sizeof(*e));
    put(&c->entry[p.index], e);
    c->count++;
    m->count++;
    told(m, p.chunk);
    return 0;
}

int rangemap_insert(struct rangemap *m, const struct range_entry *e)
{
    struct range_place p = rangemap_find(m, e->range.first);

    return rangemap_is_gap(m, p) ? fill_gap(m, p, e) : insert_before(m, p, e);
}

static void remove_chunk(struct rangemap *m, size_t at)
{
    free(m->dir[at].entry);
    m->chunks--;
    memmove(m->dir + at, m->dir + at + 1, (m->chunks - at) * sizeof(*m->dir));
}

/* The entry at `p` goes, and is not the last of its chunk; there is no gap. */
static void leave_gap(struct rangemap *m, struct range_place p)
{
    m->count--;
    m->gap = true;
    m->gap_chunk = p.chunk;
    m->gap_index = p.index;
}

/* Remove the entries [p.index, to) of one chunk; there is no gap. */
APART static void remove_run(struct rangemap *m, struct range_place p, unsigned to)
{
    struct range_slot *c = &m->dir[p.chunk];

    if (to == p.index + 1 && to < c->count) {
        leave_gap(m, p);
        return;
    }
    m->count -= to - p.index;
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
        const struct range_slot *c = &m->dir[to];

        for (unsigned i = 0; i < c->count; i++)
            bytes += c->entry[i].range.last.v - c->entry[i].range.first.v + 1;
        m->count -= c->count;
        free(m->dir[to].entry);
    }
    memmove(m->dir + at, m->dir + to, (m->chunks - to) * sizeof(*m->dir));
    m->chunks -= to - at;
    return bytes;
}

bool rangemap_take(struct rangemap *m, struct iova_range r)
{
    struct range_place p = rangemap_find_held(m, r.first);
    const struct range_entry *e;

    if (p.chunk == m->chunks)
        return false;
    e = &m->dir[p.chunk].entry[p.index];
    if (e->range.first.v != r.first.v || e->range.last.v != r.last.v)
        return false;
    p.index -= m->gap && p.chunk == m->gap_chunk && p.index > m->gap_index;
    close_gap(m);
    if (p.index + 1 < m->dir[p.chunk].count)
        leave_gap(m, p);
    else
        remove_run(m, p, p.index + 1);
    return true;
}

uint64_t rangemap_remove_inside(struct rangemap *m, struct iova_range r)
{
    uint64_t bytes = 0;

    for (;;) {
        struct range_place p = rangemap_find_held(m, r.first);
        const struct range_slot *c;
        unsigned to;

        if (p.chunk < m->chunks && m->dir[p.chunk].entry[p.index].range.first.v < r.first.v) {
            p.index++;
            p.index += rangemap_is_gap(m, p);
            if (p.index == m->dir[p.chunk].count)
                p = (struct range_place){p.chunk + 1, 0};
            p.index += rangemap_is_gap(m, p);
        }
        if (p.chunk >= m->chunks || !iova_range_covers(r, m->dir[p.chunk].entry[p.index].range))
            return bytes;
        p.index -= m->gap && p.chunk == m->gap_chunk && p.index > m->gap_index;
        close_gap(m);
        if (p.index == 0 && m->dir[p.chunk].last <= r.last.v)
            bytes += remove_chunks(m, p.chunk, r);
        if (p.chunk >= m->chunks)
            return bytes;
        c = &m->dir[p.chunk];
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
    return m->chunks * CHUNK_ENTRIES * sizeof(struct range_entry) + m->room * sizeof(*m->dir);
}
