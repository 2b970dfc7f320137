/* SPDX-License-Identifier: MIT */
#include "checks/spans_inside.h"

#include <stdlib.h>
#include <string.h>

void spans_free(struct spans *s)
{
    for (size_t i = 0; i < s->chunks; i++)
        free(s->dir[i].chunk);
    free(s->dir);
    free(s->spare);
    *s = (struct spans){0};
}

static void fill_up(struct spans *s)
{
    struct span_chunk *c;

    if (!s->hole)
        return;
    c = s->dir[s->hole_chunk].chunk;
    c->used--;
    memmove(&c->at[s->hole_at], &c->at[s->hole_at + 1], (c->used - s->hole_at) * sizeof *c->at);
    s->hole = false;
    s->found = NULL;
}

static bool dir_insert(struct spans *s, size_t at)
{
    struct span_chunk *c;

    if (s->chunks == s->room) {
        size_t room = s->room ? s->room * 2 : 4;
        struct span_slot *dir = realloc(s->dir, room * sizeof *dir);

        if (!dir)
            return false;
        s->dir = dir;
        s->room = room;
    }
    c = s->spare ? s->spare : malloc(sizeof *c);
    if (!c)
        return false;
    s->spare = NULL;
    c->used = 0;
    memmove(&s->dir[at + 1], &s->dir[at], (s->chunks - at) * sizeof *s->dir);
    s->dir[at] = (struct span_slot){0, c};
    s->chunks++;
    return true;
}

/* Make room in a full chunk: at its end or start a fresh neighbour (ranges often come in order),
 * else halve it. */
static bool split(struct spans *s, size_t i, unsigned *at, size_t *chunk)
{
    struct span_chunk *full = s->dir[i].chunk, *next;
    unsigned keep = *at == SPANS_PER_CHUNK ? SPANS_PER_CHUNK : *at == 0 ? 0 : SPANS_PER_CHUNK / 2;

    if (!dir_insert(s, i + 1))
        return false;
    next = s->dir[i + 1].chunk;
    next->used = SPANS_PER_CHUNK - keep;
    memcpy(next->at, &full->at[keep], next->used * sizeof *next->at);
    full->used = keep;
    if (next->used)
        s->dir[i + 1].first = next->at[0].first;
    *chunk = i;
    if (keep == SPANS_PER_CHUNK || *at > keep) {
        *chunk = i + 1;
        *at -= keep;
    }
    return true;
}

/* Behind all others, where the last chunk has room. */
static bool append(struct spans *s, struct span n)
{
    struct span_chunk *c;

    if (!s->chunks || s->hole)
        return false;
    c = s->dir[s->chunks - 1].chunk;
    if (!c->used || c->used == SPANS_PER_CHUNK || c->at[c->used - 1].last >= n.first)
        return false;
    c->at[c->used] = n;
    spans_found(s, &c->at[c->used], (struct span_pos){s->chunks - 1, c->used});
    c->used++;
    s->count++;
    return true;
}

/* Behind all of chunk i, which is full, where the first of the next was taken away. A fresh chunk
 * for each that comes back would be little used. */
static bool into_gap(struct spans *s, size_t i, unsigned at)
{
    bool there = s->gap && s->gap_chunk == i + 1 && i + 1 < s->chunks && at == SPANS_PER_CHUNK &&
                 s->dir[i + 1].chunk->used < SPANS_PER_CHUNK;

    s->gap = false;
    return there;
}

bool spans_put(struct spans *s, struct span n)
{
    size_t i = 0;
    unsigned at;
    struct span_chunk *c;

    if (append(s, n) || spans_put_back(s, &n))
        return true;
    if (!s->chunks && !dir_insert(s, 0))
        return false;
    if (s->chunks > 1 || s->dir[0].chunk->used) {
        struct span_pos p;

        if (spans_near(s, n.first, &p)) {
            i = p.chunk;
            c = s->dir[i].chunk;
            at = p.at + (p.at < c->used && c->at[p.at].first < n.first); /* the hole may */
        } else {
            i = spans_chunk_for(s, n.first);
            at = spans_start_in(s, i, n.first);
        }
    } else {
        at = 0;
    }
    c = s->dir[i].chunk;
    at -= s->hole && i == s->hole_chunk && at > s->hole_at;
    fill_up(s);
    if (into_gap(s, i, at)) {
        c = s->dir[++i].chunk;
        at = 0;
    } else if (c->used == SPANS_PER_CHUNK) {
        if (!split(s, i, &at, &i))
            return false;
        c = s->dir[i].chunk;
    }
    if (at < c->used)
        memmove(&c->at[at + 1], &c->at[at], (c->used - at) * sizeof *c->at);
    c->at[at] = n;
    c->used++;
    s->count++;
    s->dir[i].first = c->at[0].first;
    spans_found(s, &c->at[at], (struct span_pos){i, at});
    return true;
}

static void drop_chunks(struct spans *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        s->count -= s->dir[i].chunk->used;
        if (to - from == s->chunks && !s->spare)
            s->spare = s->dir[i].chunk;
        else
            free(s->dir[i].chunk);
    }
    memmove(&s->dir[from], &s->dir[to], (s->chunks - to) * sizeof *s->dir);
    s->chunks -= to - from;
}

/* Chunks that are both nearly empty become one, so that memory follows the content. */
static void join_neighbours(struct spans *s, size_t i)
{
    if (i + 1 >= s->chunks)
        return;

    struct span_chunk *a = s->dir[i].chunk, *b = s->dir[i + 1].chunk;

    if (a->used + b->used > SPANS_PER_CHUNK / 2)
        return;
    memcpy(&a->at[a->used], b->at, b->used * sizeof *b->at);
    a->used += b->used;
    b->used = 0;
    drop_chunks(s, i + 1, i + 2);
    s->dir[i].first = a->at[0].first;
}

/* One range goes from the middle of a chunk that stays more than half full, so that no neighbours
 * join: a hole will do. */
static bool make_hole(struct spans *s, const struct span_pos *p, uint64_t last)
{
    struct span_chunk *c = s->dir[p->chunk].chunk;

    if (!p->at || p->at + 1 >= c->used || c->at[p->at + 1].first <= last ||
        c->used <= SPANS_PER_CHUNK / 2 + 1)
        return false;
    s->hole = true;
    s->hole_chunk = p->chunk;
    s->hole_at = p->at;
    s->count--;
    spans_found(s, &c->at[p->at + 1], (struct span_pos){p->chunk, p->at + 1});
    s->found_from = c->at[p->at - 1].last + 1;
    return true;
}

/* Remove the ranges from *p on that end at `last` or below. There is no hole. */
static void erase_run(struct spans *s, struct span_pos *p, uint64_t last)
{
    while (p->chunk < s->chunks) {
        struct span_chunk *c = s->dir[p->chunk].chunk;
        unsigned end = p->at;

        if (p->at == 0 && c->at[c->used - 1].last <= last) {
            size_t to = p->chunk + 1;

            while (to < s->chunks && s->dir[to].chunk->at[s->dir[to].chunk->used - 1].last <= last)
                to++;
            drop_chunks(s, p->chunk, to);
            continue;
        }
        while (end < c->used && c->at[end].last <= last)
            end++;
        memmove(&c->at[p->at], &c->at[end], (c->used - end) * sizeof *c->at);
        s->count -= end - p->at;
        c->used -= end - p->at;
        s->dir[p->chunk].first = c->at[0].first;
        if (p->at < c->used)
            break;
        p->chunk++;
        p->at = 0;
        if (p->chunk >= s->chunks || s->dir[p->chunk].chunk->at[0].last > last)
            break;
    }
}

/* Of the chunk of *p only the first range goes. */
static bool first_alone(const struct spans *s, const struct span_pos *p, uint64_t last)
{
    const struct span_chunk *c = s->dir[p->chunk].chunk;

    return p->at == 0 && c->used > 1 && c->at[1].first > last;
}

/* All but the usual. */
APART static bool cut_more(struct spans *s, uint64_t first, uint64_t last, struct span *x,
                           struct span_pos *p)
{
    if (s->hole) {
        fill_up(s);
        x = spans_seek(s, first, p);
    }
    s->found = NULL;
    if (x->first < first) {
        struct span tail = *x;

        x->last = first - 1;
        if (tail.last > last) {
            tail.gpa += last + 1 - tail.first;
            tail.first = last + 1;
            if (spans_put(s, tail))
                return true;
            /* Out of memory: put back what was, so that nothing is half done. */
            x->last = tail.last;
            return false;
        }
        x = spans_step(s, p);
    }
    if (x && x->last <= last) {
        size_t near = p->chunk, chunks = s->chunks;
        bool alone = first_alone(s, p, last);

        if (make_hole(s, p, last))
            return true;
        erase_run(s, p, last);
        if (near)
            join_neighbours(s, near - 1);
        join_neighbours(s, near);
        s->gap = alone && s->chunks == chunks;
        s->gap_chunk = near;
        x = spans_seek(s, first, p);
    }
    if (x && x->first <= last) {
        x->gpa += last + 1 - x->first;
        x->first = last + 1;
        s->dir[p->chunk].first = s->dir[p->chunk].chunk->at[0].first;
    }
    return true;
}

bool spans_cut_from(struct spans *s, uint64_t first, uint64_t last, struct span *x,
                    struct span_pos *p)
{
    bool whole = x->first >= first && x->last <= last;

    return (whole && !s->hole && make_hole(s, p, last)) || cut_more(s, first, last, x, p);
}

uint64_t spans_bytes(const struct spans *s)
{
    return s->chunks * sizeof(struct span_chunk) + s->room * sizeof *s->dir;
}
