/* SPDX-License-Identifier: MIT */
/*
 * --profile A --against B: one trace, two engines side by side, record by record; where the
 * consumers begin to be told different things, and what they hold at the end. Nothing is judged
 * but the difference.
 */
#ifndef VTR_CLI_AGAINST_H
#define VTR_CLI_AGAINST_H

#include <stdio.h>

#include "cli/replay.h"
#include "report/pairing.h"

struct against_job {
    const struct replay_options *options; /* profile, against; quirks belong to the former alone */
    const char *trace;
    struct progress progress;
    struct trace_reader *reader; /* NULL: `trace` is opened; else it becomes the comparison's own */
    /* Called where a consumer is told different things in a record; may be NULL. */
    void (*show)(void *ctx, const struct pairing_change *c);
    void *ctx;
    bool until_first; /* the first difference ends it */
};

/**
 * Compare and write the report (text or JSON) to `out` (NULL: none). Returns the exit code: 0 the same, 1
 * different, 2 with a sentence in `e` when the trace is damaged, one of the profiles refuses the
 * unit or a record, or memory is out; what was compared until then is written.
 */
int against_run(FILE *out, const struct against_job *job, struct err *e);

#endif
