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

#include "cli/parse.h"
#include "cli/version.h"
#include "trace/filter.h"
#include "trace/info.h"
#include "trace/reader.h"
#include "trace/writer.h"

static const char help[] =
    "Usage: trace info FILE...\n"
    "       trace dump [OPTION]... FILE\n"
    "       trace pack [OPTION]... IN [OUT]\n"
    "Look at traces of a guest's use of VT-d, and convert them. A trace is read as text,\n"
    "zstd of text or packed (.vtt.zst), told by its content; - is standard input or output.\n"
    "\n"
    "info: what each trace is: form, size, unit, RAM, origin, devices, records, time\n"
    "\n"
    "dump: canonical text\n"
    "  -o, --output FILE      write there (default: standard output)\n"
    "      --from N           event records from number N on (from 1)\n"
    "      --to N             event records up to number N\n"
    "      --device BDF       only records that name the device BB:DD.F or a consumer on it\n"
    "      --iova START-LAST  only records whose IOVA touches the range (inclusive)\n"
    "      --header           with one of these four: the header records too\n"
    "\n"
    "pack: the packed form\n"
    "  -o, --output FILE      write there (default: OUT, else standard output)\n"
    "      --level N          of zstd, 1 to 22 (default 19)\n"
    "\n"
    "      --help             print this\n"
    "      --version          print the version\n"
    "\n"
    "Exit code: 0, or 2 for bad usage and for input that is unreadable or damaged. What\n"
    "stands before a damage is still shown, dumped and packed.\n";

struct options {
    const char *output; /* NULL: standard output */
    struct filter filter;
    bool filtered;
    bool header;
    int level;
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
    struct trace_header none = {.has_unit = false};
    struct trace_writer *w = NULL;
    struct err err;
    FILE *f;
    int rc;

    if (!r)
        return 2;
    f = open_output(out, in);
    if (f) {
        rc = o->filtered && !o->header
                 ? trace_writer_open_bare(&none, (struct trace_sink){put, f}, &w, &err)
                 : trace_writer_open(form, trace_header(r), o->level,
                                     (struct trace_sink){put, f}, &w, &err);
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
