/* SPDX-License-Identifier: MIT */
/*
 * --explain N: the story behind finding N of one trace. The trace is read up to three times: to
 * find it, to learn which entries count, and to watch them.
 */
#ifndef VTR_CLI_EXPLAIN_H
#define VTR_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/replay.h"

struct explain_job {
    const struct replay_options *options; /* explain: N; one trace, not standard input */
    struct progress progress;
    const char *program; /* as it was called, "build/replay" */
    bool colour;
};

/**
 * Write the story to `out`. Returns the exit code: that of the run up to the finding (0, or 1 when
 * a violation was found by then); 2 with a sentence in `e` when there is no finding N, the trace
 * cannot be read, or memory is out.
 */
int explain_run(FILE *out, const struct explain_job *job, struct err *e);

#endif
