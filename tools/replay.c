/* SPDX-License-Identifier: MIT */
/* replay: options, files, progress and exit codes; the work is in sim/. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/against.h"
#include "cli/explain.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/replay.h"
#include "cli/version.h"

static const char *program = "replay";

struct bar {
    bool shown;
    struct timespec start, last;
};

static double seconds(struct timespec a, struct timespec b)
{
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static void show_progress(void *ctx, uint64_t records, uint64_t bytes, uint64_t size)
{
    struct bar *b = ctx;
    struct timespec now;
    double rate;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (seconds(b->last, now) < 0.2)
        return;
    b->last = now;
    rate = (double)records / (seconds(b->start, now) + 1e-9);
    fprintf(stderr, "\r%12" PRIu64 " records, %9.0f records/s", records, rate);
    if (size)
        fprintf(stderr, ", %3.0f %%", 100.0 * (double)bytes / (double)size);
    fputs("\033[K", stderr);
    b->shown = true;
}

static bool colours(FILE *f)
{
    const char *no = getenv("NO_COLOR");

    return !(no && *no) && isatty(fileno(f));
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program, what, why);
    return 2;
}

/* DIR/NAME.ndjson for a trace; a second trace of the same name becomes NAME.2.ndjson. */
static void events_path(char *out, size_t room, const struct replay_options *o, size_t index)
{
    const char *slash = strrchr(o->traces[index], '/');
    const char *base = slash ? slash + 1 : o->traces[index];
    unsigned same = 1;

    if (!strcmp(base, "-"))
        base = "stdin";
    for (size_t i = 0; i < index; i++) {
        const char *other = strrchr(o->traces[i], '/');

        same += !strcmp(other ? other + 1 : o->traces[i], base);
    }
    if (same == 1)
        snprintf(out, room, "%s/%s.ndjson", o->events, base);
    else
        snprintf(out, room, "%s/%s.%u.ndjson", o->events, base, same);
}

/* The event stream of trace `index`: 0 and *out (NULL when none is asked for), or 2. */
static int open_events(const struct replay_options *o, size_t index, FILE **out)
{
    char path[4096];

    *out = NULL;
    if (!o->events)
        return 0;
    if (!strcmp(o->events, "-")) {
        *out = stdout;
        return 0;
    }
    if (o->traces_count == 1) {
        snprintf(path, sizeof(path), "%s", o->events);
    } else {
        if (mkdir(o->events, 0777) && errno != EEXIST)
            return complain(o->events, strerror(errno));
        events_path(path, sizeof(path), o, index);
    }
    *out = fopen(path, "w");
    return *out ? 0 : complain(path, strerror(errno));
}

static int close_events(const struct replay_options *o, FILE *f, bool failed)
{
    if (!f)
        return 0;
    if (f == stdout)
        failed = fflush(f) != 0 || failed;
    else
        failed = fclose(f) != 0 || failed;
    return failed ? complain(o->events, "the event stream could not be written") : 0;
}

static int print(const struct replay_options *o, const struct report *r, size_t index)
{
    int rc = 0;

    switch (o->form) {
    case FORM_TEXT:
        if (index)
            puts("\n----------------------------------------------------------------\n");
        rc = report_text(stdout, r, &o->view, colours(stdout));
        break;
    case FORM_JSON: rc = report_json(stdout, r); break;
    case FORM_DIGEST:
        if (r->checks) /* else nothing was replayed, and there is nothing to hash */
            printf("%016" PRIx64 "  %s\n", r->digest, r->trace);
        rc = fflush(stdout) || ferror(stdout) ? -EIO : 0;
        break;
    case FORM_NONE: break;
    }
    return rc ? complain("report", strerror(-rc)) : 0;
}

static int one(const struct replay_options *o, size_t index, const char *called)
{
    struct replay r;
    struct bar bar = {.shown = false};
    struct replay_job job = {.options = o, .trace = o->traces[index]};
    struct page *page = NULL;
    struct err e = {""};
    int code, rc = open_events(o, index, &job.events);

    if (rc == 0 && page_begin(&page, o, index, called, &job, &e))
        rc = complain("--report-html", e.text);
    if (rc)
        return rc;
    clock_gettime(CLOCK_MONOTONIC, &bar.start);
    bar.last = bar.start;
    if (isatty(STDERR_FILENO))
        job.progress = (struct progress){show_progress, &bar};
    replay_run(&r, &job);
    if (bar.shown)
        fputs("\r\033[K", stderr);
    code = report_exit_code(&r.report, o->strict_guest);
    rc = close_events(o, job.events, r.events_failed);
    if (code == 2)
        complain(job.trace, r.report.stop.why);
    if (page_end(page, &r.report, &e))
        rc = complain("--report-html", e.text);
    if (print(o, &r.report, index) || rc)
        code = 2;
    replay_free(&r);
    return code;
}

/* --explain: as the program was called, so that its last line can be used. */
static int explain(const struct replay_options *o, const char *called)
{
    struct bar bar = {.shown = false};
    struct explain_job job = {.options = o, .program = called, .colour = colours(stdout)};
    struct err e = {""};
    int code;

    clock_gettime(CLOCK_MONOTONIC, &bar.start);
    bar.last = bar.start;
    if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO))
        job.progress = (struct progress){show_progress, &bar};
    code = explain_run(stdout, &job, &e);
    if (bar.shown)
        fputs("\r\033[K", stderr);
    return code == 2 ? complain(o->traces[0], e.text) : code;
}

/* --against: one trace under two profiles. */
static int against(const struct replay_options *o, size_t index)
{
    struct bar bar = {.shown = false};
    struct against_job job = {.options = o, .trace = o->traces[index]};
    struct err e = {""};
    int code;

    clock_gettime(CLOCK_MONOTONIC, &bar.start);
    bar.last = bar.start;
    if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO))
        job.progress = (struct progress){show_progress, &bar};
    if (index && o->form == FORM_TEXT)
        putchar('\n');
    code = against_run(stdout, &job, &e);
    if (bar.shown)
        fputs("\r\033[K", stderr);
    return code == 2 ? complain(job.trace, e.text) : code;
}

static int all(const struct replay_options *o, const char *called)
{
    struct err e = {""};
    int code = 0;

    switch (o->what) {
    case DO_HELP: return fputs(replay_help, stdout) < 0 || fflush(stdout) ? 2 : 0;
    case DO_VERSION: return printf("vtd-replay %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 0;
    case DO_LIST_INVARIANTS: return report_invariants(stdout) ? 2 : 0;
    case DO_TABLE_INVARIANTS: return report_invariants_table(stdout) ? 2 : 0;
    case DO_LIST_QUIRKS: return report_quirks(stdout) ? 2 : 0;
    case DO_LIST_FIELDS: return report_fields(stdout) ? 2 : 0;
    case DO_REPLAY: break;
    }
    if (o->explain)
        return explain(o, called);
    for (size_t i = 0; i < o->traces_count; i++) {
        int c = o->against ? against(o, i) : one(o, i, called);

        code = c > code ? c : code;
    }
    if (page_index(o, &e))
        code = complain("--report-html", e.text);
    return code;
}

int main(int argc, char **argv)
{
    struct replay_options o;
    struct err e = {""};
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    int rc;

    if (argc > 0)
        program = slash ? slash + 1 : argv[0];
    rc = options_parse(&o, argc, argv, &e);
    if (rc)
        fprintf(stderr, "%s: %s\nTry '%s --help'.\n", program, e.text, program);
    rc = rc ? 2 : all(&o, argc > 0 ? argv[0] : program);
    options_free(&o);
    return rc;
}
