/* SPDX-License-Identifier: MIT */
/*
 * Several jobs side by side, each in a process of its own: what one does cannot reach another, its
 * end (by a signal, too) is seen, and its memory is given back. What they print comes out in their
 * order; until it is its turn it waits in a file without a name.
 */
#ifndef VTR_TOOLS_SIDE_BY_SIDE_H
#define VTR_TOOLS_SIDE_BY_SIDE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/progress.h"

struct side_by_side {
    size_t count;   /* jobs */
    unsigned width; /* at most that many at a time; at least 1 */
    /* Do job `index`: print to standard output and error, return the exit code (0, 1, 2, or
     * INTERRUPTED). Runs in a process of its own. */
    int (*run)(void *ctx, size_t index, const struct progress *p);
    /* Input's bytes, for progress; 0: unknown. */
    uint64_t (*size)(void *ctx, size_t index);
    /* These say in the order of the jobs what is to be said, and return the exit code. */
    int (*lost)(void *ctx, size_t index, pid_t process, const char *why); /* it printed nothing */
    int (*not_begun)(void *ctx, size_t index);                            /* an interrupt came */
    void *ctx;
};

/** Do them all. Returns the highest exit code; 2 after a complaint where no process can be made. */
int side_by_side(const struct side_by_side *s);

#endif
