/* SPDX-License-Identifier: MIT */
/*
 * A failing trace made as short as it can be while it still fails. Why it fails is known only to
 * the caller's predicate; this room knows what a trace says (records, tables, the queue's
 * registers), tries smaller ones, and keeps those that still fail. No clock, no files: the same
 * trace and the same answers give the same result, and the result gives itself (docs/shrink.md).
 */
#ifndef VTR_SHRINK_SHRINK_H
#define VTR_SHRINK_SHRINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/reader.h"
#include "trace/record.h"

/** A trace in memory that shrinks; it owns its header and records. */
struct shrink_trace;

/** What it holds now, valid until the next call about it. */
struct shrink_case {
    const struct trace_header *header;
    const struct rec *const *rec;
    const uint64_t *origin; /* of each record its number in the trace as it was read */
    size_t count;
};

/**
 * Does it still fail in the same way? 1 yes, 0 no, or a negative errno that ends the shrinking. A
 * trace that cannot be obeyed at all (a record breaks a rule, or makes no sense any more) is a
 * plain 0. `*needed` is `c->count` and may be lowered to the record at which the failure showed:
 * what stands behind is cut off.
 */
typedef int (*shrink_fails)(void *arg, const struct shrink_case *c, size_t *needed);

struct shrink_options {
    shrink_fails fails;
    void *arg;
    uint64_t runs;   /* call `fails` at most that often; 0: no limit */
    bool keep_model; /* `unit model=` stays: it is the profile that the trace is replayed under */
};

struct shrink_stats {
    uint64_t before, after; /* records */
    uint64_t runs;          /* calls of the predicate */
    bool limited;           /* `runs` was reached: smaller may be possible */
};

/**
 * Read all of `r`, which stays the caller's, into memory. 0 and *out, which the caller frees;
 * -EBADMSG at a damage (see `d`); -ENOMEM with a sentence in `d`.
 */
int shrink_read(struct trace_reader *r, struct shrink_trace **out, struct trace_damage *d);
void shrink_free(struct shrink_trace *t);

/** What it holds now. */
struct shrink_case shrink_now(const struct shrink_trace *t);

/**
 * Shrink. Whatever happens `t` holds the smallest trace so far that fails, and `stats` is filled
 * in. 0; -ENODATA: it does not fail as it is, nothing was done; what the predicate answered when
 * that was negative; -ENOMEM. With a sentence.
 */
int shrink_run(struct shrink_trace *t, const struct shrink_options *o, struct shrink_stats *stats,
               struct err *e);

#endif
