/* SPDX-License-Identifier: MIT */
/*
 * An ordered map of inclusive IOVA ranges that do not overlap, each with a target and a
 * word of the owner's. Sorted arrays in chunks: 32 bytes a range, one shape for one
 * content and history, and not the structure of what is checked.
 */
#ifndef VTR_CHECKS_SPANS_H
#define VTR_CHECKS_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/apart.h"

struct span {
    uint64_t first, last; /* IOVA, inclusive */
    uint64_t gpa;         /* of `first` */
    uint64_t meta;        /* the owner's */
};

#define SPANS_PER_CHUNK 63u

struct span_chunk {
    unsigned used;
    struct span at[SPANS_PER_CHUNK];
};

struct span_slot {
    uint64_t first; /* of chunk->at[0] */
    struct span_chunk *chunk;
};

struct span_pos {
    size_t chunk;
    unsigned at;
};

/**
 * All zero is an empty map. A range removed alone may leave a hole among its neighbours, which the
 * next range to stand there fills: taken away and given again is what happens most.
 */
struct spans {
    struct span_slot *dir;
    size_t chunks, room;
    size_t count;
    size_t hole_chunk, near_chunk;
    unsigned near_at; /* where was looked last; the next look is mostly there or one further */
    unsigned hole_at; /* never the first of its chunk, nor the last */
    bool hole;
    bool gap; /* the first range of gap_chunk was the last to go, alone: there it comes back to */
    size_t gap_chunk;
    struct span_chunk *spare; /* of a map that became empty */
    /* What was found last is the answer from `found_from` to `found_to`; NULL: nothing is known, or
     * nothing was found. */
    struct span *found;
    uint64_t found_from, found_to;
    struct span_pos found_pos;
};

APART void spans_free(struct spans *s);

/** spans_seek where nothing is known. (Once for all who seek.) */
APART struct span *spans_look(struct spans *s, uint64_t x, struct span_pos *p);

/** The first range whose last address is `x` or more, or NULL. Valid until the map changes. */
static inline struct span *spans_seek(struct spans *s, uint64_t x, struct span_pos *p)
{
    if (!s->found || x < s->found_from || x > s->found_to)
        return spans_look(s, x, p);
    *p = s->found_pos;
    return s->found;
}

/** The ranges about `x` will soon be asked for: have them brought near. */
void spans_expect(struct spans *s, uint64_t x);

/** spans_step where the next range is not in the same chunk, or a hole may be between. */
struct span *spans_step_far(struct spans *s, struct span_pos *p);

/** The range after *p, or NULL. */
static inline struct span *spans_step(struct spans *s, struct span_pos *p)
{
    struct span_chunk *c = s->dir[p->chunk].chunk;

    if (s->hole || p->at + 1 >= c->used)
        return spans_step_far(s, p);
    return &c->at[++p->at];
}

/** True when all ranges lie below `x`. */
static inline bool spans_behind(const struct spans *s, uint64_t x)
{
    const struct span_chunk *c = s->chunks ? s->dir[s->chunks - 1].chunk : NULL;

    return !c || !c->used || c->at[c->used - 1].last < x;
}

/** Add a range that overlaps none. False: out of memory, nothing changed. */
bool spans_put(struct spans *s, struct span n);

/** Put n where one that was taken away alone has left its place. False: it is not to stand there,
 * nothing changed. */
static inline bool spans_put_back(struct spans *s, const struct span *n)
{
    struct span *hole;

    if (!s->hole)
        return false;
    hole = &s->dir[s->hole_chunk].chunk->at[s->hole_at];
    if (hole[-1].last >= n->first || hole[1].first <= n->last)
        return false;
    *hole = *n;
    s->hole = false;
    s->count++;
    s->found = hole;
    s->found_from = n->first;
    s->found_to = n->last;
    s->found_pos = (struct span_pos){s->hole_chunk, s->hole_at};
    return true;
}

/** spans_cut where x at *p is the first range that touches [first, last]. */
APART bool spans_cut_from(struct spans *s, uint64_t first, uint64_t last, struct span *x,
                          struct span_pos *p);

/** Remove [first, last]; what reaches beyond is cut and keeps its target in step. False: out of
 * memory. */
static inline bool spans_cut(struct spans *s, uint64_t first, uint64_t last)
{
    struct span_pos p;
    struct span *x = s->chunks ? spans_seek(s, first, &p) : NULL;

    return !x || x->first > last || spans_cut_from(s, first, last, x, &p);
}

/** As a set: make [first, last] part of it, joined with what it touches. False: out of memory. */
bool spans_add(struct spans *s, uint64_t first, uint64_t last);

/** True when some range touches [first, last]. */
static inline bool spans_touch(struct spans *s, uint64_t first, uint64_t last)
{
    struct span_pos p;
    const struct span *x = s->chunks ? spans_seek(s, first, &p) : NULL;

    return x && x->first <= last;
}

/** Memory that the map occupies, in bytes. */
uint64_t spans_bytes(const struct spans *s);

/** Walk the map and say what is wrong with it, NULL when nothing is (tests). */
const char *spans_check(const struct spans *s);

#endif
