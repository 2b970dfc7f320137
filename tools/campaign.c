/* SPDX-License-Identifier: MIT */
/* campaign: random traces, and what must hold of each; the work is in sim/campaign/. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/command_line.h"
#include "cli/version.h"
#include "common/bar.h"
#include "common/interrupt.h"
#include "common/output.h"
#include "trace/writer.h"

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "campaign: %s: %s\n", what, why);
    return 2;
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

static int show(const struct campaign_command_line *l)
{
    struct trace_writer *w = NULL;
    struct draft d;
    struct err e = {""};
    int rc = campaign_trace(&l->o, l->show, &d, &e);

    if (rc == 0)
        rc = trace_writer_open(TRACE_TEXT, d.header, TRACE_LEVEL_DEFAULT,
                               (struct trace_sink){put, stdout}, &w, &e);
    for (size_t i = 0; i < d.count && !rc; i++)
        rc = trace_writer_add(w, d.rec[i], &e);
    if (rc == 0)
        rc = trace_writer_finish(w, &e);
    trace_writer_free(w);
    draft_free(&d);
    if (rc || fflush(stdout))
        return complain("--show", rc ? e.text : "could not be written");
    return 0;
}

static int read_trace(const char *file, struct shrink_trace **out)
{
    struct trace_reader *r;
    struct trace_damage d = {.why = ""};
    char why[320];
    int rc = trace_open(file, &r, &d);

    if (rc == 0)
        rc = shrink_read(r, out, &d);
    trace_close(r);
    if (rc == 0)
        return 0;
    snprintf(why, sizeof(why), "byte %" PRIu64 ", record %" PRIu64 ": %s", d.byte, d.record, d.why);
    return complain(file, why);
}

static int ask(const struct campaign_command_line *l)
{
    struct compare_job job = l->job;
    struct shrink_trace *t = NULL;
    struct judgement j = {.executions = 0};
    struct shrink_case c;
    int code;

    if (comparison_has_profile(job.what) && !job.profile)
        job.profile = "ideal";
    if (read_trace(l->file, &t))
        return 2;
    c = shrink_now(t);
    code = compare(&job, &c, &j) ? complain(l->file, "out of memory") : j.wrong && !j.useless;
    if (code < 2) {
        if (j.useless)
            printf("%s: does not say\n", comparison_name(job.what));
        else if (j.wrong)
            printf("%s: %s at record %" PRIu64 ": %s\n", comparison_name(job.what), j.key, j.record,
                   j.text);
        else
            printf("%s: holds\n", comparison_name(job.what));
    }
    shrink_free(t);
    return fflush(stdout) ? complain("-", "could not be written") : code;
}

/* Who looks on: the bar, and of how many runs. */
struct watch {
    struct bar bar;
    uint64_t runs;
};

static void progress(void *ctx, uint64_t run, const struct campaign_result *r, const char *found)
{
    struct watch *w = ctx;
    size_t caught = 0;
    int n;

    if (found) {
        bar_erase(&w->bar);
        fprintf(stderr, "run %" PRIu64 ": %s\n", run, found);
    }
    for (size_t i = 0; i < r->canaries; i++)
        caught += r->canary[i].caught != 0;
    n = snprintf(w->bar.before, sizeof(w->bar.before), "%zu finding%s, ", r->findings,
                 r->findings == 1 ? "" : "s");
    if (r->canaries)
        snprintf(w->bar.before + n, sizeof(w->bar.before) - (size_t)n, "%zu of %zu canaries, ",
                 caught, r->canaries);
    bar_show(&w->bar, r->runs, r->runs, w->runs);
}

static int write_file(const char *dir, const char *kind, const char *name, const char *text)
{
    char path[4096];
    FILE *f;
    int bad;

    snprintf(path, sizeof(path), "%.3800s/%s-%.200s.trace", dir, kind, name);
    f = fopen(path, "w");
    if (!f)
        return complain(path, strerror(errno));
    bad = fputs(text, f) < 0;
    return fclose(f) || bad ? complain(path, "could not be written") : 0;
}

static int write_traces(const char *dir, const struct campaign_result *r)
{
    char name[256];
    int code = 0;

    if (mkdir(dir, 0777) && errno != EEXIST)
        return complain(dir, strerror(errno));
    for (size_t i = 0; i < r->findings && !code; i++) {
        const struct campaign_finding *f = &r->finding[i];

        snprintf(name, sizeof(name), "%s-%s-%s", f->comparison, f->profile, f->key);
        code = write_file(dir, "finding", name, f->trace ? f->trace : "");
    }
    for (size_t i = 0; i < r->canaries && !code; i++)
        if (r->canary[i].trace)
            code = write_file(dir, "canary", r->canary[i].quirk, r->canary[i].trace);
    return code;
}

static int write_json(const char *file, const struct campaign_result *r)
{
    struct part_file out;
    struct err e = {""};

    if (output_open(&out, file, &e))
        return complain(file, e.text);
    if (campaign_write(out.f, r)) {
        output_drop(&out);
        return complain(file, "could not be written");
    }
    return output_close(&out, &e) ? complain(file, e.text) : 0;
}

/* What was found, whether all runs were made or not. */
static int tell(const struct campaign_command_line *l, const struct campaign_result *r)
{
    int code = 0;

    if (l->traces)
        code = write_traces(l->traces, r);
    if (!code && l->json)
        code = write_json(l->json, r);
    if (!code && !(l->json && !strcmp(l->json, "-")) && campaign_print(stdout, r))
        code = complain("-", "could not be written");
    return code ? code : campaign_failed(r);
}

static int run(struct campaign_command_line *l)
{
    struct watch w = {.runs = shard_items(l->o.shard, l->o.of, l->o.runs)};
    struct campaign_result r = {.parts = 0};
    struct err e = {""};
    int rc, code;

    bar_begin(&w.bar, "runs");
    l->o.progress = progress;
    l->o.ctx = &w;
    l->o.stop = interrupt_flag();
    rc = campaign_run(&l->o, &r, &e);
    bar_erase(&w.bar);
    code = rc ? complain("the campaign", e.text) : tell(l, &r);
    if (code < 2 && campaign_cut(&r)) {
        fprintf(stderr, "campaign: interrupted: %" PRIu64 " of %" PRIu64 " runs were made\n",
                r.runs, w.runs);
        code = interrupt_code();
    }
    campaign_result_free(&r);
    return code;
}

int main(int argc, char **argv)
{
    static char name[] = "campaign";
    struct campaign_command_line l;
    struct err e = {""};

    if (argc > 0)
        argv[0] = name; /* for getopt's complaints */
    if (campaign_command_line(&l, argc, argv, &e)) {
        if (e.text[0])
            fprintf(stderr, "campaign: %s\n", e.text);
        fputs("Try 'campaign --help'.\n", stderr);
        return 2;
    }
    interrupt_catch(l.what == CAMPAIGN_RUN);
    switch (l.what) {
    case CAMPAIGN_HELP: return fputs(campaign_help, stdout) < 0 || fflush(stdout) ? 2 : 0;
    case CAMPAIGN_VERSION:
        return printf("vtd-campaign %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 0;
    case CAMPAIGN_SHOW: return show(&l);
    case CAMPAIGN_ASK: return ask(&l);
    case CAMPAIGN_RUN: break;
    }
    return run(&l);
}
