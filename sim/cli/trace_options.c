/* SPDX-License-Identifier: MIT */
#include "cli/trace_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "cli/parse.h"
#include "trace/writer.h"

enum {
    OPT_FROM = 256,
    OPT_TO,
    OPT_DEVICE,
    OPT_IOVA,
    OPT_HEADER,
    OPT_LEVEL,
    OPT_HELP,
    OPT_VERSION,
    OPT_CONTEXT,
    OPT_ALL,
    OPT_SEQ,
    OPT_IGNORE_RESULT
};

static const struct option info_options[] = {{"help", no_argument, NULL, OPT_HELP},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {NULL, 0, NULL, 0}};
static const struct option dump_options[] = {{"output", required_argument, NULL, 'o'},
                                             {"from", required_argument, NULL, OPT_FROM},
                                             {"to", required_argument, NULL, OPT_TO},
                                             {"device", required_argument, NULL, OPT_DEVICE},
                                             {"iova", required_argument, NULL, OPT_IOVA},
                                             {"header", no_argument, NULL, OPT_HEADER},
                                             {"help", no_argument, NULL, OPT_HELP},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {NULL, 0, NULL, 0}};
static const struct option pack_options[] = {{"output", required_argument, NULL, 'o'},
                                             {"level", required_argument, NULL, OPT_LEVEL},
                                             {"help", no_argument, NULL, OPT_HELP},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {NULL, 0, NULL, 0}};
static const struct option diff_options[] = {
    {"context", required_argument, NULL, OPT_CONTEXT},
    {"all", no_argument, NULL, OPT_ALL},
    {"seq", no_argument, NULL, OPT_SEQ},
    {"ignore-result", no_argument, NULL, OPT_IGNORE_RESULT},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0}};

static const struct option merge_options[] = {{"output", required_argument, NULL, 'o'},
                                              {"help", no_argument, NULL, OPT_HELP},
                                              {"version", no_argument, NULL, OPT_VERSION},
                                              {NULL, 0, NULL, 0}};

static const struct command {
    const char *name;
    enum trace_do what;
    const char *letters;
    const struct option *options;
} commands[] = {
    {"info", TRACE_INFO, "", info_options},
    {"merge", TRACE_MERGE, "o:", merge_options},
    {"dump", TRACE_DUMP, "o:", dump_options},
    {"pack", TRACE_PACK, "o:", pack_options},
    {"diff", TRACE_DIFF, "", diff_options},
};

static int set_level(struct trace_options *o, const char *s, struct err *e)
{
    uint64_t level = 0;
    int rc = arg_number("--level", s, &level, e);

    if (rc == 0 && (level < TRACE_LEVEL_MIN || level > TRACE_LEVEL_MAX))
        return err_set(e, EINVAL, "--level: 1 to 22 expected");
    o->level = (int)level;
    return rc;
}

static int set_context(struct trace_options *o, const char *s, struct err *e)
{
    uint64_t events = 0;
    int rc = arg_number("--context", s, &events, e);

    o->diff.context = (size_t)events;
    return rc;
}

/* What of the trace is shown. */
static int set_filter(struct trace_options *o, int option, const char *s, struct err *e)
{
    struct filter *f = &o->filter;

    o->filtered = true;
    switch (option) {
    case OPT_FROM: return arg_number("--from", s, &f->from, e);
    case OPT_TO: return arg_number("--to", s, &f->to, e);
    case OPT_DEVICE: f->has_device = true; return arg_bdf("--device", s, &f->device, e);
    default: f->has_iova = true; return arg_iova_range("--iova", s, &f->range, e);
    }
}

static int set_option(struct trace_options *o, int option, const char *s, struct err *e)
{
    switch (option) {
    case 'o': o->output = s; break;
    case OPT_FROM:
    case OPT_TO:
    case OPT_DEVICE:
    case OPT_IOVA: return set_filter(o, option, s, e);
    case OPT_HEADER: o->header = true; break;
    case OPT_LEVEL: return set_level(o, s, e);
    case OPT_CONTEXT: return set_context(o, s, e);
    case OPT_ALL: o->diff.all = true; break;
    case OPT_SEQ: o->diff.form.seq = true; break;
    case OPT_IGNORE_RESULT: o->diff.form.without_result = true; break;
    case OPT_HELP: o->what = TRACE_HELP; break;
    case OPT_VERSION: o->what = TRACE_VERSION; break;
    default: return -EINVAL; /* getopt has said why */
    }
    return 0;
}

static int take_options(struct trace_options *o, const struct command *known, int argc, char **argv,
                        struct err *e)
{
    int option;

    o->what = known->what;
    while ((option = getopt_long(argc, argv, known->letters, known->options, NULL)) != -1) {
        int rc = set_option(o, option, optarg, e);

        if (rc || o->what != known->what)
            return rc;
    }
    o->files = argv + optind;
    o->count = argc - optind;
    return 0;
}

int trace_options_parse(struct trace_options *o, int argc, char **argv, struct err *e)
{
    const char *command = argv[1];

    *o = (struct trace_options){
        .filter = {.to = UINT64_MAX}, .level = TRACE_LEVEL_DEFAULT, .diff = {.context = 3}};
    e->text[0] = 0;
    if (strcmp(command, "--help") == 0)
        o->what = TRACE_HELP;
    else if (strcmp(command, "--version") == 0)
        o->what = TRACE_VERSION;
    if (strcmp(command, "shrink") == 0) {
        o->what = TRACE_SHRINK;
        o->files = argv + 2;
        o->count = argc - 2;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(command, commands[i].name) == 0) {
            argv[1] = argv[0]; /* options start behind the command */
            return take_options(o, &commands[i], argc - 1, argv + 1, e);
        }
    }
    return 0;
}
