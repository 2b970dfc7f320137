/* SPDX-License-Identifier: MIT */
/* trace shrink: a failing trace to the shortest that fails in the same way (docs/shrink.md). */
#ifndef VTR_CLI_SHRINK_H
#define VTR_CLI_SHRINK_H

#include <stdio.h>

#include "base/progress.h"
#include "cli/options.h"

struct shrink_command_line {
    struct replay_options replay; /* one trace */
    const char *output;           /* -o; "-": standard output */
    const char *invariant;        /* --invariant; NULL: the first that is broken */
    const char *command;          /* --command; NULL: the replay is asked */
    uint64_t runs;                /* --runs; 0: no limit */
    bool quiet;
    /* Called with replays or runs made. An interrupt leaves the shortest so far. */
    struct progress progress;
};

/**
 * Read what stands behind `trace shrink` (argv[0] is a name). 0, -EINVAL with a sentence, or
 * -ENOMEM. The caller ends with shrink_options_free, whatever was returned.
 */
int shrink_options_parse(struct shrink_command_line *o, int argc, char **argv, struct err *e);
void shrink_options_free(struct shrink_command_line *o);

/**
 * Shrink and write the result; the sums and the story go to `out`. `program`: replay, as the user
 * would call it. Exit code: 0 a shorter trace or the same is written; 1 nothing fails, with a
 * sentence; 2 with a sentence: the trace is damaged, cannot be replayed, or nothing can be written.
 */
int shrink_command_run(FILE *out, const struct shrink_command_line *o, const char *program,
                       struct err *e);

#endif
