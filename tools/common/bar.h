/* SPDX-License-Identifier: MIT */
/* Progress on a terminal: what is done, how fast, which share, how long it will still take. One
 * line on standard error, drawn anew five times a second and erased at the end. */
#ifndef VTR_TOOLS_BAR_H
#define VTR_TOOLS_BAR_H

#include <stdbool.h>
#include <time.h>

#include "base/progress.h"

struct bar {
    bool wanted, shown;
    const char *unit; /* "records" */
    char before[80];  /* what else is said; "" */
    struct timespec start, last;
};

/** Seconds between two of the monotonic clock's times. */
double bar_seconds(struct timespec from, struct timespec to);

/** Is a fifth of a second gone since *last? Then *last is now. */
bool bar_due(struct timespec *last);

/** Begin; nothing is ever shown where standard error is no terminal, or one that cannot erase. */
void bar_begin(struct bar *b, const char *unit);

/** Draw when it is time; a callback for struct progress, `bar` being its ctx. */
void bar_show(void *bar, uint64_t done, uint64_t bytes, uint64_t size);

/** Erase what is drawn; it may be drawn again. */
void bar_erase(struct bar *b);

/** Who is to be called: the bar when one is wanted, and the interrupt. `b` must outlive it. */
struct progress bar_progress(struct bar *b);

#endif
