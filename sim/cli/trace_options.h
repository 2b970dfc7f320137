/* SPDX-License-Identifier: MIT */
/* The command line of trace: a command, its options, and the files they are about. */
#ifndef VTR_CLI_TRACE_OPTIONS_H
#define VTR_CLI_TRACE_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/diff.h"
#include "trace/filter.h"

enum trace_do {
    TRACE_NOTHING, /* no such command */
    TRACE_INFO,
    TRACE_DUMP,
    TRACE_PACK,
    TRACE_DIFF,
    TRACE_MERGE,
    TRACE_SHRINK, /* `files`: all that stands behind the word (cli/shrink.h) */
    TRACE_HELP,
    TRACE_VERSION
};

struct trace_options {
    enum trace_do what;
    char **files; /* into argv */
    int count;
    const char *output; /* NULL: standard output */
    struct filter filter;
    bool filtered; /* some option of `filter` was given */
    bool header;
    int level;
    struct diff_options diff;
};

/**
 * Read the command line; argv[1] must be there. Returns 0, or -EINVAL with a sentence, which is
 * empty when getopt has said it on standard error. argv[1] and the order of argv change.
 */
int trace_options_parse(struct trace_options *o, int argc, char **argv, struct err *e);

#endif
