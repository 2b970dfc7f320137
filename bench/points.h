/* SPDX-License-Identifier: MIT */
/* Which cases are measured, and in which order. */
#ifndef VTR_BENCH_POINTS_H
#define VTR_BENCH_POINTS_H

#include "bench/measure.h"

/** EXTENT_MARKS: only what the marks need. */
enum extent { EXTENT_QUICK, EXTENT_DEFAULT, EXTENT_FULL, EXTENT_MARKS };

/** Called before each case, with what it is; `done` of `all` says how far it is, by the expected
 * time of the cases. */
struct teller {
    void (*tell)(void *ctx, const char *what, uint64_t cases, uint64_t done, uint64_t all);
    void *ctx;
};

/** "c100k", "s1k", "c1m/8": shape, size, stride. */
void case_name(const struct tables_plan *p, char *to, size_t room);

/** Measure all. 0 or a negative errno with a sentence; -EINTR: interrupted, and `b` has the results
 * of all cases before. */
int points_run(struct bench *b, enum extent how_much, struct teller t, struct err *e);

#endif
