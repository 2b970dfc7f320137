/* SPDX-License-Identifier: MIT */
/*
 * STATE-RESTORE: after chosen records the simulation is saved, and a twin restored from those bytes
 * runs beside it from there on, over the same records. All that a digest covers -- notifications,
 * register reads, accesses, faults, stores, switches -- must be the same in each record, and at the
 * end both must save the same bytes. The first difference of a twin is one finding, and its end.
 */
#ifndef VTR_TWIN_H
#define VTR_TWIN_H

#include <stddef.h>
#include <stdint.h>

#include "checks/checks.h"
#include "engine.h"

struct twins;

struct twins_setup {
    struct engine *original;           /* not started yet: it gets an observer */
    const struct trace_header *header; /* both stay the caller's until twins_free */
    const struct engine_options *options;
    const uint64_t *at; /* records, any order; 0: before the first */
    size_t count;
    struct checks *checks; /* receive the findings */
};

/** Watches the original. 0 and *out, or a negative errno with a sentence. */
int twins_new(const struct twins_setup *s, struct twins **out, struct err *e);

/** The original has been started at record `record` (0, or where it was restored). 0, or -ENOMEM.
 */
int twins_start(struct twins *t, uint64_t record, struct err *e);

/**
 * The original obeyed `r`, number `record`, and answered `answer`: so must every twin; then a twin
 * begins here if one is to. 0, or -ENOMEM with a sentence.
 */
int twins_step(struct twins *t, const struct rec *r, uint64_t record, int answer, struct err *e);

/** The trace is over and the original was finished, with `answer`. 0 or -ENOMEM. */
int twins_finish(struct twins *t, uint64_t record, int answer, struct err *e);

/** The lowest record that was not reached, or UINT64_MAX. */
uint64_t twins_waiting(const struct twins *t);

void twins_free(struct twins *t);

#endif
