/* SPDX-License-Identifier: MIT */
/*
 * Where one device's tables lie, and which of them must be looked at again: a tree of the positions
 * (table page, first IOVA, level, rights of the parents) that synchronisations came by. A position
 * is pending until all of it was compared since its page was last written. For `--sync dirty`.
 *
 * It says nothing of what was notified: whoever changes the record of that otherwise than by
 * comparing it with the tables must clear this.
 *
 * Source: design, idea 3; contract, section 5 ("dirty").
 */
#ifndef VTR_VISITS_H
#define VTR_VISITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/apart.h"
#include "mem_log.h"
#include "vtd_tables.h"

/** One position. Private but for `level`, `base`, `table` and `perm`. */
struct visit {
    gpa_t table;
    uint64_t base; /* first byte of what the table spans, IOVA */
    unsigned level;
    enum perm perm;                      /* what the parents leave */
    bool written;                        /* since it was last compared as a whole, or never was */
    bool walked;                         /* compared as a whole by the synchronisation under way */
    unsigned index;                      /* in the parent */
    uint64_t below[WORDS_PER_PAGE / 64]; /* children that are pending or have such below */
    struct visit **child;                /* by index; NULL at level 1 */
    struct visit *parent;
    struct visit *next, **link; /* of the same bucket; what points at this */
    struct visit *next_walked;  /* children stand before their parents */
};

#define VISITS_BUCKETS_FEWEST 64u
#define VISITS_BUCKETS_MOST   (1u << 20)
#define VISITS_MAX            (1u << 20)

struct visits {
    struct visit *top;
    struct visit **bucket; /* by page number */
    size_t buckets;        /* a power of 2, grows with the count */
    size_t count;
    uint64_t position; /* in the log of the memory */
    uint64_t limit_last;
    struct visit *walked, *last_walked;
    bool given_up; /* too many positions, or no memory for them: everything is walked */
};

/** Forget all positions and free them; zeros are an empty one. */
void visits_clear(struct visits *v);

/**
 * A synchronisation begins: what the log names is pending. The top position of tables at `top` with
 * `levels` levels up to `limit_last`; other ones than last time forget everything before. NULL:
 * given up, the caller walks without.
 */
APART struct visit *visits_begin(struct visits *v, struct mem_log *log, gpa_t top, unsigned levels,
                                 uint64_t limit_last);

/** It ends: positions that it walked are no longer pending. */
APART void visits_end(struct visits *v);

/** Anything to look at here or below? */
bool visit_pending(const struct visit *at);

/** The first child at or after `index` with anything to look at; WORDS_PER_PAGE: none. */
unsigned visit_next_below(const struct visit *at, unsigned index);

/**
 * Entry `index` names a table: its position, made when it is new or another than it was. NULL when
 * given up: then everything below must be walked.
 */
struct visit *visits_child(struct visits *v, struct visit *at, unsigned index, gpa_t table,
                           enum perm perm);

/** Entry `index` names no table. */
void visits_no_child(struct visits *v, struct visit *at, unsigned index);

/** All of the position was compared. */
void visits_walked(struct visits *v, struct visit *at);

#endif
