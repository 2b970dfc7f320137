/* SPDX-License-Identifier: MIT */
/*
 * What was reached, with the seeds that reached it, as a value that travels as JSON: results of
 * disjoint seeds make one, the same as if one run had made them all.
 */
#ifndef VTR_GEN_REACH_RESULT_H
#define VTR_GEN_REACH_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/shards.h"
#include "gen/reach.h"

#define REACH_WHAT 160u

/** Which traces: of the seeds `seed` to seed + seeds - 1 the shards. */
struct reach_part {
    char what[REACH_WHAT]; /* options of gen_trace that make them */
    uint64_t events, seed, seeds;
    struct shards shards;
};

struct reach_result {
    struct reach_part *part;
    size_t parts;
    struct reach *reach; /* its own */
};

/** Nothing reached yet. 0 or -ENOMEM; free it in both cases. */
int reach_result_new(struct reach_result *r);
void reach_result_free(struct reach_result *r);

/** Add a part. 0; -EEXIST with a sentence: these seeds are there,
 * or some of them otherwise shared out; -ENOMEM. */
int reach_result_add(struct reach_result *r, const struct reach_part *p, struct err *e);

/** `from` into `to`; both stay the caller's. As reach_result_add; `to` is worthless after an error.
 */
int reach_result_merge(struct reach_result *to, const struct reach_result *from, struct err *e);

/** JSON: one object, the same bytes for the same values. 0, -ENOMEM or -EIO. */
int reach_result_write(FILE *out, const struct reach_result *r);
/** Whether a text means to be one. */
bool reach_result_is(const char *json);
/** Back, into a new result. 0; -EINVAL with a sentence; -ENOMEM. */
int reach_result_read(const char *json, struct reach_result *r, struct err *e);

/** The tables for a person, behind what is missing of the seeds. 0 or -EIO. */
int reach_result_print(FILE *out, const struct reach_result *r);

#endif
