/* SPDX-License-Identifier: MIT */
/* trace: look at traces and convert them; the work is in sim/trace/. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/diff.h"
#include "cli/parse.h"
#include "cli/version.h"
#include "trace/filter.h"
#include "trace/help.h"
#include "trace/info.h"
#include "trace/reader.h"
#include "trace/writer.h"

struct options {
    const char *output; /* NULL: standard output */
    struct filter filter;
    bool filtered;
    bool header;
    int level;
    struct diff_options diff;
};

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "trace: %s: %s\n", what, why);
    return 2;
}

static int bad_usage(const char *why)
{
    fprintf(stderr, "trace: %s\nTry 'trace --help'.\n", why);
    return 2;
}

/* `FILE: byte B, line L, record N: why`. */
static int complain_damage(const char *file, const struct trace_damage *d)
{
    fprintf(stderr, "trace: %s: byte %" PRIu64 ", ", file, d->byte);
    if (d->line)
        fprintf(stderr, "line %" PRIu64 ", ", d->line);
    fprintf(stderr, "record %" PRIu64 ": %s\n", d->record, d->why);
    return 2;
}

static struct trace_reader *open_trace(const char *file)
{
    struct trace_reader *r;
    struct trace_damage d;
    int rc = trace_open(file, &r, &d);

    if (rc == -EBADMSG)
        complain_damage(file, &d);
    else if (rc)
        complain(file, d.why);
    return r;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return strcmp(a, "-") != 0 && stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The file to write to, or NULL after a complaint. `in` is being read. */
static FILE *open_output(const char *out, const char *in)
{
    FILE *f;

    if (!out || strcmp(out, "-") == 0)
        return stdout;
    if (same_file(in, out)) {
        complain(out, "this is the input too, another file expected");
        return NULL;
    }
    f = fopen(out, "wb");
    if (!f)
        complain(out, strerror(errno));
    return f;
}

static int close_output(FILE *f, const char *out)
{
    bool failed = fflush(f) != 0 || ferror(f) != 0;

    if (f != stdout && fclose(f) != 0)
        failed = true;
    return failed ? complain(out ? out : "-", "could not be written") : 0;
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

static int info_one(const char *file, struct trace_info *info)
{
    struct trace_reader *r = open_trace(file);
    struct trace_damage d;
    struct rec rec;
    int rc;

    if (!r)
        return 2;
    trace_info_begin(info, trace_header(r));
    while ((rc = trace_next(r, &rec, &d)) > 0)
        trace_info_add(info, &rec);
    if (trace_info_print(stdout, file, info, r) || fflush(stdout))
        rc = complain("-", "could not be written");
    else if (rc < 0)
        rc = complain_damage(file, &d);
    trace_close(r);
    return rc;
}

static int do_info(int count, char **files)
{
    struct trace_info *info;
    int code = 0;

    if (count == 0)
        return bad_usage("info: FILE expected");
    info = malloc(sizeof(*info));
    if (!info)
        return complain("info", "out of memory");
    for (int i = 0; i < count; i++)
        if (info_one(files[i], info))
            code = 2;
    free(info);
    return code;
}

/* Give the events of `r` that are shown to `w`: 0, or 2 after a complaint. */
static int convert(struct trace_reader *r, const char *file, struct trace_writer *w,
                   struct options *o)
{
    struct trace_damage d;
    struct rec rec;
    struct err err;
    int rc = 0;

    if (!o->filter.has_device && o->filter.from > 1)
        rc = trace_skip_to(r, o->filter.from, &d);
    while (rc == 0 && trace_records(r) < o->filter.to && (rc = trace_next(r, &rec, &d)) > 0) {
        rc = o->filtered ? filter_shows(&o->filter, trace_records(r), &rec) : 1;
        if (rc < 0)
            return complain(file, "out of memory");
        rc = rc ? trace_writer_add(w, &rec, &err) : 0;
        if (rc)
            return complain(file, err.text);
    }
    return rc < 0 ? complain_damage(file, &d) : 0;
}

static int write_trace(const char *in, const char *out, enum trace_form form, struct options *o)
{
    struct trace_reader *r = open_trace(in);
    const struct trace_header *h;
    struct trace_writer *w = NULL;
    struct err err;
    FILE *f;
    int rc;

    if (!r)
        return 2;
    f = open_output(out, in);
    if (f) {
        h = o->filtered && !o->header ? NULL : trace_header(r);
        rc = trace_writer_open(form, h, o->level, (struct trace_sink){put, f}, &w, &err);
        rc = rc ? complain(in, err.text) : convert(r, in, w, o);
        if (w && trace_writer_finish(w, &err))
            rc = complain(out ? out : "-", err.text);
        if (close_output(f, out))
            rc = 2;
    } else {
        rc = 2;
    }
    trace_writer_free(w);
    trace_close(r);
    return rc;
}

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

/* One option: 0, 1 for those that print and end, or 2 after a complaint. */
static int take_option(int c, struct options *o)
{
    uint64_t level = 0;
    struct err err;
    int rc = 0;

    switch (c) {
    case 'o': o->output = optarg; return 0;
    case OPT_FROM: rc = arg_number("--from", optarg, &o->filter.from, &err); break;
    case OPT_TO: rc = arg_number("--to", optarg, &o->filter.to, &err); break;
    case OPT_DEVICE:
        rc = arg_bdf("--device", optarg, &o->filter.device, &err);
        o->filter.has_device = true;
        break;
    case OPT_IOVA:
        rc = arg_iova_range("--iova", optarg, &o->filter.range, &err);
        o->filter.has_iova = true;
        break;
    case OPT_HEADER: o->header = true; return 0;
    case OPT_LEVEL:
        rc = arg_number("--level", optarg, &level, &err);
        if (rc == 0 && (level < TRACE_LEVEL_MIN || level > TRACE_LEVEL_MAX))
            return bad_usage("--level: 1 to 22 expected");
        o->level = (int)level;
        return rc ? bad_usage(err.text) : 0;
    case OPT_CONTEXT:
        rc = arg_number("--context", optarg, &level, &err);
        o->diff.context = (size_t)level;
        return rc ? bad_usage(err.text) : 0;
    case OPT_ALL: o->diff.all = true; return 0;
    case OPT_SEQ: o->diff.form.seq = true; return 0;
    case OPT_IGNORE_RESULT: o->diff.form.without_result = true; return 0;
    case OPT_HELP: return fputs(trace_help, stdout) < 0 || fflush(stdout) ? 2 : 1;
    case OPT_VERSION: return printf("vtd-trace %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 1;
    default: fputs("Try 'trace --help'.\n", stderr); return 2;
    }
    o->filtered = true;
    return rc ? bad_usage(err.text) : 0;
}

/* All options; the files left over are argv[optind] and on. As take_option(). */
static int take_options(int argc, char **argv, const char *letters, const struct option *known,
                        struct options *o)
{
    int c, rc = 0;

    while (rc == 0 && (c = getopt_long(argc, argv, letters, known, NULL)) != -1)
        rc = take_option(c, o);
    return rc;
}

static int do_dump(int count, char **files, struct options *o)
{
    int rc;

    if (count != 1)
        return bad_usage("dump: one FILE expected");
    rc = write_trace(files[0], o->output, TRACE_TEXT, o);
    filter_free(&o->filter);
    return rc;
}

static int do_pack(int count, char **files, struct options *o)
{
    if (count < 1 || count > 2 || (count == 2 && o->output))
        return bad_usage("pack: IN and at most one OUT expected");
    if (count == 2)
        o->output = files[1];
    if ((!o->output || strcmp(o->output, "-") == 0) && isatty(STDOUT_FILENO))
        return bad_usage("pack: a packed trace is nothing for a terminal, OUT expected");
    return write_trace(files[0], o->output, TRACE_PACKED, o);
}

static FILE *open_events(const char *file)
{
    FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "rb");

    if (!f)
        complain(file, strerror(errno));
    return f;
}

/* 0 equal, DIFFERENT, or 2. */
#define DIFFERENT 3

static int do_diff(int count, char **files, const struct options *o)
{
    const char *names[2];
    FILE *in[2];
    struct err err = {""};
    int code = 2;

    if (count != 2)
        return bad_usage("diff: two event streams expected");
    if (strcmp(files[0], "-") == 0 && strcmp(files[1], "-") == 0)
        return bad_usage("diff: standard input (-) can be read only once");
    names[0] = files[0];
    names[1] = files[1];
    in[0] = open_events(files[0]);
    in[1] = in[0] ? open_events(files[1]) : NULL;
    if (in[1])
        code = diff_streams(stdout, names, in, &o->diff, &err);
    if (in[1] && code == 2)
        complain("diff", err.text);
    for (unsigned i = 0; i < 2; i++)
        if (in[i] && in[i] != stdin)
            fclose(in[i]);
    return code == 1 ? DIFFERENT : code;
}

static int run(const char *command, int argc, char **argv)
{
    struct options o = {
        .filter = {.to = UINT64_MAX}, .level = TRACE_LEVEL_DEFAULT, .diff = {.context = 3}};
    int rc;

    if (strcmp(command, "info") == 0) {
        rc = take_options(argc, argv, "", info_options, &o);
        return rc ? rc : do_info(argc - optind, argv + optind);
    }
    if (strcmp(command, "dump") == 0) {
        rc = take_options(argc, argv, "o:", dump_options, &o);
        return rc ? rc : do_dump(argc - optind, argv + optind, &o);
    }
    if (strcmp(command, "pack") == 0) {
        rc = take_options(argc, argv, "o:", pack_options, &o);
        return rc ? rc : do_pack(argc - optind, argv + optind, &o);
    }
    if (strcmp(command, "diff") == 0) {
        rc = take_options(argc, argv, "", diff_options, &o);
        return rc ? rc : do_diff(argc - optind, argv + optind, &o);
    }
    if (strcmp(command, "--help") == 0)
        return take_option(OPT_HELP, &o);
    if (strcmp(command, "--version") == 0)
        return take_option(OPT_VERSION, &o);
    complain(command, "no such command; info, dump, pack or diff expected");
    fputs("Try 'trace --help'.\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    char name[] = "trace"; /* for getopt's complaints */
    char *command;
    int rc;

    if (argc < 2)
        return bad_usage("a command expected: info, dump, pack or diff");
    command = argv[1];
    argv[1] = name;
    rc = run(command, argc - 1, argv + 1);
    return rc == 1 ? 0 : rc == DIFFERENT ? 1 : rc;
}
