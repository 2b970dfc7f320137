/* SPDX-License-Identifier: MIT */
/*
 * Who watches long work, and may end it. Here is no clock: whoever wants a rate is called now and
 * then and looks at his own.
 */
#ifndef VTR_BASE_PROGRESS_H
#define VTR_BASE_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
    /* Done so far: records (or what else is worked through), and of how much: bytes of `size`
     * (0: unknown). NULL: nobody wants to know. */
    void (*show)(void *ctx, uint64_t records, uint64_t bytes, uint64_t size);
    void *ctx;
    /* Not 0: end after this record and report what was done. May be set by a signal handler.
     * NULL: nobody asks. */
    const volatile sig_atomic_t *stop;
};

/** How many records lie between two calls of `show`: too many to be felt, too few to be missed. */
#define PROGRESS_EVERY_RECORDS 256

static inline bool progress_stop(const struct progress *p)
{
    return p->stop && *p->stop;
}

/** The sentence of a report that was ended so. */
#define PROGRESS_STOPPED "interrupted; what lies behind was not replayed"

#endif
