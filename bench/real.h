/* SPDX-License-Identifier: MIT */
/* The same tables under a real QEMU, by its own processor time. */
#ifndef VTR_BENCH_REAL_H
#define VTR_BENCH_REAL_H

#include <stdbool.h>

#include "bench/measure.h"

#define REAL_MAX 32

struct real_point {
    struct tables_plan tables;
    unsigned inval; /* global, or AM=18 */
    double qemu_ns; /* of its main thread, the minimum over the runs */
    double ours_ns; /* the model of that version, by a walk, in this run */
    unsigned runs;
};

struct real {
    char version[128], profile[32];
    struct real_point list[REAL_MAX];
    size_t count;
    double empty_ns; /* a descriptor that concerns nobody: subtracted */
};

/** `qemu` (path or name) with the library `preload`. 0 or a negative errno with a sentence. */
int real_measure(struct real *r, struct bench *b, const char *qemu, const char *preload, bool quick,
                 struct err *e);

#endif
