/* SPDX-License-Identifier: MIT */
/* replay: options, files, progress and exit codes; the work is in sim/. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/against.h"
#include "cli/events_file.h"
#include "cli/explain.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/replay.h"
#include "cli/version.h"
#include "common/bar.h"
#include "common/heap.h"
#include "common/interrupt.h"
#include "common/side_by_side.h"
#include "report/show.h"

static const char *program = "replay";

/* Terminal colours on standard output; asked before that may become a file of ours. */
static bool colours;

static bool has_colours(FILE *f)
{
    const char *no = getenv("NO_COLOR");

    return !(no && *no) && isatty(fileno(f));
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program, what, why);
    return 2;
}

/* The event stream of trace `index`; 0 or 2. */
static int open_events(const struct replay_options *o, size_t index, struct part_file *out)
{
    struct err e = {""};

    if (events_file_open(o, index, out, &e))
        return complain("--events", e.text);
    interrupt_removes(out->part);
    return 0;
}

static int close_events(const struct replay_options *o, struct part_file *p, bool failed)
{
    struct err e = {""};
    int rc = events_file_close(o, p, failed, &e);

    interrupt_removes(NULL);
    return rc ? complain("--events", e.text) : 0;
}

/* Between the text reports of two traces. */
static void separate(size_t index)
{
    if (index)
        puts("\n----------------------------------------------------------------\n");
}

static int print(const struct replay_options *o, const struct report *r, size_t index)
{
    int rc = 0;

    switch (o->form) {
    case FORM_TEXT:
        separate(index);
        rc = report_text(stdout, r, &o->view, colours);
        break;
    case FORM_JSON: rc = report_json(stdout, r); break;
    case FORM_DIGEST:
        /* Else nothing was replayed to hash, or as much as chance would have it. */
        if (r->checks && !r->interrupted)
            printf("%016" PRIx64 "  %s\n", r->digest, r->trace);
        rc = fflush(stdout) || ferror(stdout) ? -EIO : 0;
        break;
    case FORM_NONE: break;
    }
    return rc ? complain("report", strerror(-rc)) : 0;
}

/* Of trace `index`, which was interrupted: as ended, for the exit code. */
static int interrupted_at(const struct report *r)
{
    char why[64];

    snprintf(why, sizeof(why), "interrupted at record %" PRIu64, r->stop.record);
    complain(r->trace, why);
    return INTERRUPTED;
}

static int one(const struct replay_options *o, size_t index, const struct progress *p,
               struct bar *bar)
{
    struct replay r;
    struct part_file events;
    struct page *page = NULL;
    struct err e = {""};
    struct replay_job job = {.options = o, .trace = o->traces[index], .progress = *p};
    int code, rc = open_events(o, index, &events);

    if (rc == 0 && page_begin(&page, o, index, o->called, &job, &e))
        rc = complain("--report-html", e.text);
    if (rc)
        return rc;
    job.events = events.f;
    replay_run(&r, &job);
    bar_erase(bar);
    code = report_exit_code(&r.report, o->strict_guest);
    rc = close_events(o, &events, r.events_failed);
    if (code == 2)
        complain(job.trace, r.report.stop.why);
    if (page_end(page, &r.report, &e))
        rc = complain("--report-html", e.text);
    if (r.report.interrupted)
        code = interrupted_at(&r.report);
    if (print(o, &r.report, index) || rc)
        code = code > 2 ? code : 2;
    replay_free(&r);
    return code;
}

/* --explain: as the program was called, so that its last line can be used. It says nothing before
 * it knows all, so an interrupt ends it. */
static int explain(const struct replay_options *o, const char *called)
{
    struct bar bar;
    struct explain_job job = {.options = o, .program = called, .colour = colours};
    struct err e = {""};
    int code;

    bar_begin(&bar, "records");
    if (!isatty(STDOUT_FILENO))
        job.progress = bar_progress(&bar);
    code = explain_run(stdout, &job, &e);
    bar_erase(&bar);
    return code == 2 ? complain(o->traces[0], e.text) : code;
}

/* --against: one trace under two profiles. */
static int against(const struct replay_options *o, size_t index, const struct progress *p,
                   struct bar *bar)
{
    struct against_job job = {.options = o, .trace = o->traces[index], .progress = *p};
    struct err e = {""};
    int code;

    if (isatty(STDOUT_FILENO))
        job.progress.show = NULL; /* it would stand between the lines */
    if (index && o->form == FORM_TEXT)
        putchar('\n');
    code = against_run(stdout, &job, &e);
    bar_erase(bar);
    if (code == 2)
        return complain(job.trace, e.text);
    return interrupt_code() ? INTERRUPTED : code;
}

static int any(const struct replay_options *o, size_t index, const struct progress *p,
               struct bar *bar)
{
    return o->against ? against(o, index, p, bar) : one(o, index, p, bar);
}

/* For --jobs: in a process of its own, whose progress goes to who draws it. */
static int in_process(void *ctx, size_t index, const struct progress *p)
{
    struct bar none = {.wanted = false};

    return any(ctx, index, p, &none);
}

static uint64_t trace_size(void *ctx, size_t index)
{
    const struct replay_options *o = ctx;
    struct stat st;

    return !stat(o->traces[index], &st) && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* There is no report of trace `index`: where each has one, that is said in its place. */
static void nothing(const struct replay_options *o, size_t index, const char *word, const char *why)
{
    const char *trace = o->traces[index];
    char name[512];

    complain(trace, why);
    if (o->form == FORM_TEXT) {
        separate(index);
        printf("%s  %s: %s\n", word, show_clean(name, sizeof(name), trace), why);
    } else if (o->form == FORM_JSON) {
        report_json_nothing(stdout, trace, why);
    }
    fflush(stdout);
}

static int lost(void *ctx, size_t index, pid_t process, const char *why)
{
    char text[160];

    events_file_forget(ctx, index, process);
    snprintf(text, sizeof(text), "its replay ended without a report: %s", why);
    nothing(ctx, index, "LOST", text);
    return 2;
}

static int not_begun(void *ctx, size_t index)
{
    nothing(ctx, index, "NOT BEGUN", "not begun: interrupted before");
    return INTERRUPTED;
}

static int one_by_one(struct replay_options *o)
{
    int code = 0;

    for (size_t i = 0; i < o->traces_count; i++) {
        struct bar bar;
        struct progress p;
        int c;

        bar_begin(&bar, "records");
        if (o->traces_count > 1)
            snprintf(bar.before, sizeof(bar.before), "trace %zu of %zu, ", i + 1, o->traces_count);
        p = bar_progress(&bar);
        c = interrupt_code() ? not_begun(o, i) : any(o, i, &p, &bar);
        code = c > code ? c : code;
    }
    return code;
}

static int replay_all(struct replay_options *o)
{
    struct side_by_side s = {.count = o->traces_count,
                             .width = o->jobs < UINT32_MAX ? (unsigned)o->jobs : UINT32_MAX,
                             .run = in_process,
                             .size = trace_size,
                             .lost = lost,
                             .not_begun = not_begun,
                             .ctx = o};
    struct err e = {""};
    int code;

    heap_keep();
    interrupt_catch(true);
    code = o->jobs > 1 && o->traces_count > 1 ? side_by_side(&s) : one_by_one(o);
    if (page_index(o, &e) && complain("--report-html", e.text) > code)
        code = 2;
    return code < INTERRUPTED ? code : interrupt_code();
}

static int all(struct replay_options *o, const char *called)
{
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
    o->called = called;
    return replay_all(o);
}

int main(int argc, char **argv)
{
    struct replay_options o;
    struct err e = {""};
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    int rc;

    if (argc > 0)
        program = slash ? slash + 1 : argv[0];
    colours = has_colours(stdout);
    rc = options_parse(&o, argc, argv, &e);
    if (rc)
        fprintf(stderr, "%s: %s\nTry '%s --help'.\n", program, e.text, program);
    rc = rc ? 2 : all(&o, argc > 0 ? argv[0] : program);
    options_free(&o);
    return rc;
}
