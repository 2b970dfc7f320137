/* SPDX-License-Identifier: MIT */
/* The marks: what this project wants to reach, beside what was measured. */
#ifndef VTR_BENCH_MARKS_H
#define VTR_BENCH_MARKS_H

#include <stdio.h>

#include "bench/replaying.h"

#define MARKS_MAX 24

struct mark {
    const char *name;
    const char *unit;
    const char *real;              /* what a real QEMU 10.2 takes; NULL: nothing to compare with */
    double limit, measured, floor; /* floor: 0 where it says nothing */
    bool at_least;                 /* the limit is a lower one */
    bool known;                    /* it was measured in this run */
    const char *from;              /* the case */
};

struct marks {
    struct mark list[MARKS_MAX];
    size_t count;
};

void marks_take(struct marks *m, const struct results *r, const struct rates *rates);
/** 1: met; beyond: by which factor it was missed. */
double mark_missed(const struct mark *m);
void marks_print(FILE *out, const struct marks *m);

#endif
