/* SPDX-License-Identifier: MIT */
/* trace: look at traces and convert them; the work is in sim/trace/. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/merge.h"
#include "cli/diff.h"
#include "cli/shrink.h"
#include "cli/trace_options.h"
#include "cli/version.h"
#include "common/bar.h"
#include "common/interrupt.h"
#include "common/output.h"
#include "trace/help.h"
#include "trace/info.h"
#include "trace/reader.h"
#include "trace/writer.h"

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

/* Open what is to be written; `in` is being read. 0, or 2 after a complaint. */
static int open_output(struct part_file *p, const char *out, const char *in)
{
    struct err e = {""};

    if (out && same_file(in, out))
        return complain(out, "this is the input too, another file expected");
    return output_open(p, out, &e) ? complain(out, e.text) : 0;
}

static int close_output(struct part_file *p, const char *out)
{
    struct err e = {""};

    return output_close(p, &e) ? complain(out ? out : "-", e.text) : 0;
}

static void show_progress(struct bar *bar, const struct trace_reader *r)
{
    uint64_t bytes, size = 0;

    if (trace_records(r) % PROGRESS_EVERY_RECORDS || !bar->wanted)
        return;
    bytes = trace_bytes_read(r, &size);
    bar_show(bar, trace_records(r), bytes, size);
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
    struct bar bar;
    int rc;

    if (!r)
        return 2;
    bar_begin(&bar, "records");
    trace_info_begin(info, trace_header(r));
    while ((rc = trace_next(r, &rec, &d)) > 0) {
        trace_info_add(info, &rec);
        show_progress(&bar, r);
    }
    bar_erase(&bar);
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
                   struct trace_options *o, struct bar *bar)
{
    struct trace_damage d;
    struct rec rec;
    struct err err;
    int rc = 0;

    if (!o->filter.has_device && o->filter.from > 1)
        rc = trace_skip_to(r, o->filter.from, &d);
    while (rc == 0 && trace_records(r) < o->filter.to && (rc = trace_next(r, &rec, &d)) > 0) {
        show_progress(bar, r);
        rc = o->filtered ? filter_shows(&o->filter, trace_records(r), &rec) : 1;
        if (rc < 0)
            return bar_erase(bar), complain(file, "out of memory");
        rc = rc ? trace_writer_add(w, &rec, &err) : 0;
        if (rc)
            return bar_erase(bar), complain(file, err.text);
    }
    bar_erase(bar);
    return rc < 0 ? complain_damage(file, &d) : 0;
}

static int write_trace(const char *in, const char *out, enum trace_form form,
                       struct trace_options *o)
{
    struct trace_reader *r = open_trace(in);
    const struct trace_header *h;
    struct trace_writer *w = NULL;
    struct part_file p;
    struct bar bar;
    struct err err;
    int rc;

    if (!r)
        return 2;
    rc = open_output(&p, out, in);
    bar_begin(&bar, "records");
    if (p.f == stdout && isatty(STDOUT_FILENO))
        bar.wanted = false; /* it would stand between the lines */
    if (rc == 0) {
        h = o->filtered && !o->header ? NULL : trace_header(r);
        rc = trace_writer_open(form, h, o->level, (struct trace_sink){put, p.f}, &w, &err);
        rc = rc ? complain(in, err.text) : convert(r, in, w, o, &bar);
        if (w && trace_writer_finish(w, &err))
            rc = complain(out ? out : "-", err.text);
        if (close_output(&p, out))
            rc = 2;
    }
    trace_writer_free(w);
    trace_close(r);
    return rc;
}

static int do_dump(int count, char **files, struct trace_options *o)
{
    int rc;

    if (count != 1)
        return bad_usage("dump: one FILE expected");
    rc = write_trace(files[0], o->output, TRACE_TEXT, o);
    filter_free(&o->filter);
    return rc;
}

static int do_pack(int count, char **files, struct trace_options *o)
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

static int do_diff(int count, char **files, struct trace_options *o)
{
    const char *names[2];
    FILE *in[2];
    struct bar bar;
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
    bar_begin(&bar, "events");
    if (!isatty(STDOUT_FILENO))
        o->diff.progress = bar_progress(&bar);
    if (in[1])
        code = diff_streams(stdout, names, in, &o->diff, &err);
    bar_erase(&bar);
    if (in[1] && code == 2)
        complain("diff", err.text);
    for (unsigned i = 0; i < 2; i++)
        if (in[i] && in[i] != stdin)
            fclose(in[i]);
    return code;
}

static int do_merge(int count, char **files, const char *output)
{
    struct err err = {""};
    int code;

    if (count < 1)
        return bad_usage("merge: results of campaigns expected (campaign --json)");
    code = merge_run(stdout, files, count, output, &err);
    return code == 2 ? complain("merge", err.text) : code;
}

/* Print what --help or --version ask for. */
static int tell(enum trace_do what)
{
    int rc = what == TRACE_HELP ? fputs(trace_help, stdout) : printf("vtd-trace %s\n", VTR_VERSION);

    return rc < 0 || fflush(stdout) ? 2 : 0;
}

/* `called`: this program as it was called; replay is beside it. */
static int do_shrink(struct trace_options *o, const char *called)
{
    struct shrink_command_line line;
    struct err err = {""};
    struct bar bar;
    char replay[512];
    size_t n = strlen(called);
    int code = 2, rc;

    for (int i = 0; i < o->count; i++)
        if (!strcmp(o->files[i], "--help"))
            return tell(TRACE_HELP);
    snprintf(replay, sizeof(replay), "%.*sreplay", n >= 5 && n < 500 ? (int)n - 5 : 0, called);
    rc = shrink_options_parse(&line, o->count + 1, o->files - 1, &err);
    if (rc) {
        bad_usage(err.text);
    } else {
        interrupt_catch(true);
        bar_begin(&bar, "replays");
        line.progress = bar_progress(&bar);
        code = shrink_command_run(stdout, &line, replay, &err);
        bar_erase(&bar);
        if (code)
            complain(line.replay.traces[0], err.text);
        if (code && interrupt_code())
            code = interrupt_code();
    }
    shrink_options_free(&line);
    return code;
}

static int run(int argc, char **argv, const char *called)
{
    struct trace_options o;
    struct err err = {""};

    if (trace_options_parse(&o, argc, argv, &err)) {
        if (err.text[0])
            return bad_usage(err.text);
        fputs("Try 'trace --help'.\n", stderr);
        return 2;
    }
    switch (o.what) {
    case TRACE_HELP:
    case TRACE_VERSION: return tell(o.what);
    case TRACE_INFO: return do_info(o.count, o.files);
    case TRACE_DUMP: return do_dump(o.count, o.files, &o);
    case TRACE_PACK: return do_pack(o.count, o.files, &o);
    case TRACE_DIFF: return do_diff(o.count, o.files, &o);
    case TRACE_MERGE: return do_merge(o.count, o.files, o.output);
    case TRACE_SHRINK: return do_shrink(&o, called);
    case TRACE_NOTHING: break;
    }
    complain(argv[1], "no such command; info, dump, pack, diff, merge or shrink expected");
    fputs("Try 'trace --help'.\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    char name[] = "trace"; /* for getopt's complaints */
    const char *called;

    if (argc < 2)
        return bad_usage("a command expected: info, dump, pack, diff, merge or shrink");
    called = argv[0];
    interrupt_catch(false);
    argv[0] = name;
    return run(argc, argv, called);
}
