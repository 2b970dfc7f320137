/* SPDX-License-Identifier: MIT */
/* The inside of the reducer, shared by sim/shrink/ and by nobody else. */
#ifndef VTR_SHRINK_INSIDE_H
#define VTR_SHRINK_INSIDE_H

#include "shrink/arena.h"
#include "shrink/seen.h"
#include "shrink/shrink.h"

/** Records in order. The arrays are the arena's; a record never changes, another takes its place.
 */
struct shrink_list {
    const struct rec **rec;
    uint64_t *origin;
    size_t count;
};

struct shrink_trace {
    struct arena arena;
    struct trace_header *header; /* the arena's, with all it points to */
    struct shrink_list now;
};

struct shrink {
    const struct shrink_options *o;
    struct shrink_trace *t;
    struct shrink_stats *stats;
    struct seen seen; /* what did not fail */
    bool changed;     /* something was taken in this round */
    int fault;        /* a negative errno; then nothing is tried any more */
};

/** Passes over every record and field are for what is short already; a longer trace waits for the
 * next round. */
#define SHRINK_SHORT 2000u

/** Nothing more is tried: out of runs, or a fault. */
bool shrink_over(const struct shrink *s);

/* try.c. Each asks the predicate; when it still fails, `t` holds it from then on and true is
 * returned. */

/** `l` instead of the records. */
bool shrink_try(struct shrink *s, const struct shrink_list *l);
/** `h` instead of the header. */
bool shrink_try_header(struct shrink *s, struct trace_header *h);
/** `r` instead of record `at`. It is copied, with what it points to. */
bool shrink_try_rec(struct shrink *s, size_t at, const struct rec *r);
/** Without the records for which `drop` is true; `header` may be NULL: as it is. */
bool shrink_try_without(struct shrink *s, const bool *drop, struct trace_header *header);

/** Memory for `n` elements; NULL is noted as a fault. */
void *shrink_take(struct shrink *s, size_t n, size_t bytes);
/** Arrays for `count` records. False is noted. */
bool shrink_list_new(struct shrink *s, size_t count, struct shrink_list *l);
/** A copy in the arena. NULL is noted. */
const struct rec *shrink_rec_copy(struct arena *a, const struct rec *r);
struct trace_header *shrink_header_copy(struct arena *a, const struct trace_header *h);

/* The passes. */
void pass_header_text(struct shrink *s); /* header.c: `meta` */
void pass_kinds(struct shrink *s);       /* groups.c: all records of a kind */
void pass_queue(struct shrink *s);       /* queue.c: blocks, with the queue laid out anew */
void pass_blocks(struct shrink *s);      /* blocks.c: halves, quarters, ... single records */
void pass_pairs(struct shrink *s);       /* blocks.c: two records anywhere */
void pass_groups(struct shrink *s);      /* groups.c: devices, consumers, pages */
void pass_header(struct shrink *s);      /* header.c: unit, memory, devices */
void pass_fields(struct shrink *s);      /* fields.c: numbers of records */
void pass_words(struct shrink *s);       /* words.c: what is stored */
void pass_pages(struct shrink *s);       /* pages.c: guest pages to small numbers */
void pass_slots(struct shrink *s);       /* slots.c: table entries, and so IOVAs, to small ones */

/**
 * blocks.c: blocks of `count` items, large ones first and from the end, until no single one can be
 * dropped. `drop(arg, from, to)` tries without [from, to) and returns how many items there are
 * then, or `count` as before when it did not work.
 */
typedef size_t (*blocks_drop)(void *arg, size_t from, size_t to);
void blocks(struct shrink *s, size_t count, blocks_drop drop, void *arg);

/**
 * fields.c: the smallest value of a number that works: 0, else bit after bit away, from the top.
 * `set(arg, value)` tries one. Bits outside `may` stay. Returns the value that is left.
 */
typedef bool (*number_set)(void *arg, uint64_t value);
uint64_t smaller_number(struct shrink *s, uint64_t value, uint64_t may, number_set set, void *arg);

/** An address in a table entry or a register. */
#define ADDR_FIELD UINT64_C(0x000ffffffffff000)

/* queues.c: where invalidation queues are. */
#define QUEUES_MAX 4u
struct queue_places {
    uint64_t base[QUEUES_MAX], entries[QUEUES_MAX];
    size_t count;
    bool beyond; /* there are more */
};
struct queue_places queue_places(const struct shrink_list *l);
/** The queue that holds the word at `gpa`, or `count`. */
size_t queue_at(const struct queue_places *q, uint64_t gpa);
/** Does the record write IQA? Then `*iqa`, which held what was there, is what it is. */
bool shrink_iqa(const struct rec *r, uint64_t *iqa);

#endif
