/* SPDX-License-Identifier: MIT */
/* The command line of gen_trace. */
#ifndef VTR_GEN_COMMAND_LINE_H
#define VTR_GEN_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/gen.h"
#include "gen/reach_run.h"
#include "policy.h"

enum gen_do { GEN_WRITE, GEN_REACH, GEN_LIST, GEN_HELP, GEN_VERSION };

struct gen_command_line {
    enum gen_do what;
    struct gen_options g;
    struct reach_span span;       /* --seeds, --shard */
    bool many;                    /* traces into a folder */
    bool curve;                   /* --reach: cells by seeds instead of tables */
    const struct policy *profile; /* --reach; NULL: two in turn */
    const char *output;           /* file or folder; NULL, "-": standard output */
    const char *json;             /* --reach; NULL: none; "-": standard output, without the text */
};

/** Read it. 0, or -EINVAL with a sentence, "" when getopt has said it. Points into argv. */
int gen_command_line(struct gen_command_line *c, int argc, char **argv, struct err *e);

/** The options that make these traces, but for seed and events, always in one form. */
void gen_options_text(const struct gen_command_line *c, char *to, size_t room);

extern const char gen_trace_help[];

#endif
