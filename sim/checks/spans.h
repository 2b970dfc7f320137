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
    struct span_chunk *spare; /* of a map that became empty */
};

struct span_pos {
    size_t chunk;
    unsigned at;
};

void spans_free(struct spans *s);

/** The first range whose last address is `x` or more, or NULL. Valid until the map changes. */
struct span *spans_seek(struct spans *s, uint64_t x, struct span_pos *p);

/** The ranges about `x` will soon be asked for: have them brought near. Changes nothing. */
void spans_expect(const struct spans *s, uint64_t x);

/** The range after *p, or NULL. */
struct span *spans_step(struct spans *s, struct span_pos *p);

/** Add a range that overlaps none. False: out of memory, nothing changed. */
bool spans_put(struct spans *s, struct span n);

/** Remove [first, last]; what reaches beyond is cut and keeps its target in step. False: out of
 * memory. */
bool spans_cut(struct spans *s, uint64_t first, uint64_t last);

/** As a set: make [first, last] part of it, joined with what it touches. False: out of memory. */
bool spans_add(struct spans *s, uint64_t first, uint64_t last);

/** True when some range touches [first, last]. */
bool spans_touch(struct spans *s, uint64_t first, uint64_t last);

/** Memory that the map occupies, in bytes. */
uint64_t spans_bytes(const struct spans *s);

/** Walk the map and say what is wrong with it, NULL when nothing is (tests). */
const char *spans_check(const struct spans *s);

#endif
