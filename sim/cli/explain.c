/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/explain.h"
#include "report/show.h"

#define RECORD_TEXT  400u
#define OPTIONS_TEXT 2048u

struct telling {
    const struct explain_job *job;
    uint64_t wanted;
    struct replay found; /* the run that found it */
    const struct finding *finding;
    struct story scout, story;
    char record_text[RECORD_TEXT], cause_text[RECORD_TEXT];
    char options[OPTIONS_TEXT];
    char replay[512], trace[520];
};

/* The finding, once the checks have it. */
static const struct finding *finding_of(const struct checks *c, uint64_t n)
{
    size_t kept = c ? checks_findings(c) : 0;

    /* Costs stand among them without a number. */
    while (kept > 0 && checks_finding(c, kept - 1)->n != n)
        kept--;
    return kept ? checks_finding(c, kept - 1) : NULL;
}

static bool found_enough(void *ctx, const struct replay *r)
{
    const struct telling *t = ctx;

    return finding_of(r->checks, t->wanted) != NULL;
}

static uint64_t all_findings(const struct checks *c)
{
    return c ? checks_total(c, SEV_VIOLATION) + checks_total(c, SEV_GUEST) : 0;
}

/* Replay until finding N is known. */
static int find(struct telling *t, struct err *e)
{
    const struct replay_options *o = t->job->options;
    struct replay_job job = {.options = o,
                             .trace = o->traces[0],
                             .progress = t->job->progress,
                             .findings_kept = o->explain,
                             .hooks = {.enough = found_enough, .ctx = t}};
    uint64_t all;

    replay_run(&t->found, &job);
    t->finding = finding_of(t->found.checks, t->wanted);
    if (t->finding)
        return 0;
    if (t->found.report.verdict == VERDICT_DAMAGED && !all_findings(t->found.checks))
        return err_set(e, EINVAL, "%.300s", t->found.report.stop.why);
    all = all_findings(t->found.checks);
    return err_set(e, EINVAL, "--explain: there is no finding %" PRIu64 "; %s %s%s%s", t->wanted,
                   all == 0 ? "nothing" : show_count(all).text,
                   all == 0   ? "was found"
                   : all == 1 ? "finding is all there is"
                              : "findings are all there are",
                   t->found.report.stopped ? ", and the replay stopped early: " : "",
                   t->found.report.stopped ? t->found.report.stop.why : "");
}

/* A BDF written in a sentence: "00:02.0". */
static bool bdf_in(const char *text, bdf_t *out)
{
    for (const char *p = text; (p = strchr(p, ':')) != NULL; p++) {
        unsigned bus, dev, fn;
        char word[8] = "";

        if (p - text < 2)
            continue;
        memcpy(word, p - 2, strnlen(p - 2, 7));
        if (strspn(word, "0123456789abcdef") == 2 && strspn(word + 3, "0123456789abcdef") == 2 &&
            word[5] == '.' && strspn(word + 6, "01234567") == 1 &&
            sscanf(word, "%2x:%2x.%1x", &bus, &dev, &fn) == 3 && dev < 32) {
            *out = bdf((uint16_t)(bus << 8 | dev << 3 | fn));
            return true;
        }
    }
    return false;
}

/* What the finding itself says of its device. */
static void about_finding(struct story_about *a, const struct telling *t)
{
    const struct finding *f = t->finding;
    const struct consumer_counts *k = counts_consumer(&t->found.counts, f->consumer);

    *a = (struct story_about){.record = f->record,
                              .cause_record = f->cause_record,
                              .has_range = f->has_range,
                              .range = f->range,
                              .kernel = !strncmp(f->inv->id, "PIN-", 4) ||
                                        !strncmp(f->inv->id, "ACC-", 4)};
    if (k) {
        a->has_device = true;
        a->bdf = k->bdf;
    } else {
        a->has_device = bdf_in(f->text, &a->bdf);
    }
}

/* The device whose tables one of the two records stored, else the one that is mapped there. */
static void choose_device(struct story_about *a, const struct story *s)
{
    for (unsigned i = 0; i < 2 && !a->has_device; i++)
        for (size_t d = 0; d < s->devices && s->stored[i].known && !a->has_device; d++) {
            struct story_walk w = story_walk_of(s, s->device[d]);

            if (!story_walk_touches(&w, s->stored[i].gpa, s->stored[i].bytes))
                continue;
            a->has_device = true;
            a->bdf = s->device[d];
        }
    for (size_t d = 0; d < s->devices && a->has_range && !a->has_device; d++)
        if (story_walk_of(s, s->device[d]).end == WALK_MAPPED) {
            a->has_device = true;
            a->bdf = s->device[d];
        }
    if (a->has_range && !a->has_device && s->devices) {
        a->has_device = true;
        a->bdf = s->device[0];
    }
}

/* One run with a story listening, up to the finding's record. */
struct watch {
    struct telling *t;
    struct story *story;
    const struct story_about *about;
    const struct story_walk *final;
    bool texts; /* keep the two records as text */
};

static void see_texts(void *ctx, const struct obs *o)
{
    struct watch *w = ctx;

    if (o->kind != OBS_RECORD || !o->record)
        return;
    if (o->record == w->about->record)
        story_record_text(w->t->record_text, RECORD_TEXT, o->u.rec);
    if (o->record == w->about->cause_record)
        story_record_text(w->t->cause_text, RECORD_TEXT, o->u.rec);
}

static int listen(void *ctx, struct engine *e)
{
    struct watch *w = ctx;
    struct check_config c = {0};
    int rc;

    engine_check_config(e, &c);
    story_init(w->story, w->about, &c, w->final);
    rc = engine_observe(e, story_observer(w->story));
    return rc ? rc : engine_observe(e, (struct observer){.see = see_texts, .ctx = w});
}

static bool watched_enough(void *ctx, const struct replay *r)
{
    const struct watch *w = ctx;

    (void)r;
    return w->story->started && w->story->done_record >= w->about->record;
}

static int watch(struct replay *r, struct watch *w)
{
    struct replay_options o = *w->t->job->options;
    struct replay_job job = {.options = &o,
                             .trace = o.traces[0],
                             .progress = w->t->job->progress,
                             .hooks = {.listen = listen, .enough = watched_enough, .ctx = w}};

    o.check = CHECK_OFF;
    o.stop_on_violation = false;
    replay_run(r, &job);
    return r->engine ? 0 : -ENOMEM;
}

static void add_option(struct telling *t, const char *name, const char *value)
{
    size_t at = strlen(t->options);
    char word[300] = "";

    if (value)
        explain_word(word, sizeof(word), value);
    snprintf(t->options + at, sizeof(t->options) - at, " %s%s%s", name, value ? " " : "", word);
}

/* The options that make the run what it is, to be said again. */
static void say_options(struct telling *t)
{
    const struct replay_options *o = t->job->options;
    char value[NAME_BYTES + 8];

    for (size_t i = 0; i < o->quirks_count; i++)
        add_option(t, strchr(o->quirks[i], '=') ? "--set" : "--quirk", o->quirks[i]);
    if (o->sync != SYNC_WALK)
        add_option(t, "--sync", sync_name(o->sync));
    for (size_t i = 0; i < o->attach_count; i++)
        add_option(t, "--attach", o->attach[i].name);
    if (o->dma_limit != 65535) {
        snprintf(value, sizeof(value), "%" PRIu64, o->dma_limit);
        add_option(t, "--dma-limit", value);
    }
    if (o->compare != COMPARE_MODEL)
        add_option(t, "--compare", o->compare == COMPARE_ALWAYS ? "always" : "never");
    if (o->check != CHECK_FAST)
        add_option(t, "--check", check_name(o->check));
}

/* "build/replay" is beside "build/trace", "vtd-replay" beside "vtd-trace". */
static void name_programs(struct telling *t)
{
    size_t n;

    snprintf(t->replay, sizeof(t->replay), "%s", t->job->program);
    n = strlen(t->replay);
    if (n >= 6 && !strcmp(t->replay + n - 6, "replay"))
        snprintf(t->trace, sizeof(t->trace), "%.*strace", (int)n - 6, t->replay);
    else
        snprintf(t->trace, sizeof(t->trace), "vtd-trace");
}

static int tell(FILE *out, struct telling *t, struct err *e)
{
    struct story_about about;
    struct watch w = {.t = t, .about = &about, .story = &t->scout};
    struct replay r;
    struct story_walk final;
    struct explain x = {.report = &t->found.report,
                        .finding = t->finding,
                        .story = &t->story,
                        .record_text = t->record_text,
                        .cause_text = t->cause_text,
                        .replay = t->replay,
                        .trace = t->trace,
                        .options = t->options};
    int rc;

    about_finding(&about, t);
    rc = watch(&r, &w);
    if (rc == 0) {
        choose_device(&about, &t->scout);
        final = about.has_device ? story_walk_of(&t->scout, about.bdf) : t->scout.walk;
    }
    replay_free(&r);
    if (rc)
        return err_set(e, ENOMEM, "out of memory for the story");
    w.story = &t->story;
    w.final = about.has_range ? &final : NULL;
    rc = watch(&r, &w);
    say_options(t);
    name_programs(t);
    if (rc == 0)
        rc = explain_text(out, &x, t->job->colour);
    replay_free(&r);
    return rc ? err_set(e, -rc, "the story could not be written: %s", strerror(-rc)) : 0;
}

int explain_run(FILE *out, const struct explain_job *job, struct err *e)
{
    struct telling *t = calloc(1, sizeof(*t));
    int code = 2;

    if (!t) {
        err_set(e, ENOMEM, "out of memory for the story");
        return 2;
    }
    t->job = job;
    t->wanted = job->options->explain;
    if (find(t, e) == 0 && tell(out, t, e) == 0)
        code = checks_total(t->found.checks, SEV_VIOLATION) ||
               (job->options->strict_guest && checks_total(t->found.checks, SEV_GUEST));
    replay_free(&t->found);
    free(t);
    return code;
}
