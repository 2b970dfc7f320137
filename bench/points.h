/* SPDX-License-Identifier: MIT */
/* Which cases are measured, and in which order. */
#ifndef VTR_BENCH_POINTS_H
#define VTR_BENCH_POINTS_H

#include "bench/measure.h"

/** EXTENT_MARKS: only what the marks need. */
enum extent { EXTENT_QUICK, EXTENT_DEFAULT, EXTENT_FULL, EXTENT_MARKS };

/** Called before each case, with what it is. */
struct teller {
    void (*tell)(void *ctx, const char *what);
    void *ctx;
};

/** "c100k", "s1k", "c1m/8": shape, size, stride. */
void case_name(const struct tables_plan *p, char *to, size_t room);

/** Measure all. 0 or a negative errno with a sentence. */
int points_run(struct bench *b, enum extent how_much, struct teller t, struct err *e);

#endif
