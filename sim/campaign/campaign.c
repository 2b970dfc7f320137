/* SPDX-License-Identifier: MIT */
#include "campaign/campaign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/draw.h"
#include "cli/options.h"
#include "policy.h"

enum { PART_TRACE, PART_ASK, PART_CANARY }; /* each draws from a seed of its own */

/* One run under way. */
struct run {
    const struct campaign_options *o;
    struct campaign_result *r;
    uint64_t number;
    struct shrink_case c;
    struct err *e;
    char found[300];
};

/* The quirk of a run, or NULL: it has none. */
static const char *canary_of(const struct campaign_options *o, uint64_t run)
{
    struct dice d = {dice_seed(o->seed, run, PART_CANARY)};
    size_t count = 0;

    if (o->hunt)
        return o->quirk;
    if (!o->canary || dice_one_in(&d, 4))
        return NULL;
    if (o->quirk)
        return o->quirk;
    while (policy_quirk(count))
        count++;
    return policy_quirk(dice_below(&d, count))->name;
}

/* The how manieth run with this quirk is it? */
static uint64_t tries_until(const struct campaign_options *o, const char *quirk, uint64_t run)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i <= run; i++) {
        const char *q = canary_of(o, i);

        n += q && !strcmp(q, quirk);
    }
    return n;
}

int campaign_trace(const struct campaign_options *o, uint64_t run, struct draft *d, struct err *e)
{
    struct draw_options draw = {.seed = dice_seed(o->seed, run, PART_TRACE), .events = o->events};

    return draw_trace(&draw, d, e);
}

static int count(struct run *w, enum comparison what, const struct judgement *j)
{
    w->r->asked[what]++;
    w->r->said[what] += !j->useless;
    w->r->executions += j->executions;
    return 0;
}

static int take_finding(struct run *w, const struct compare_job *job, const struct judgement *j)
{
    const char *profile = job->profile ? job->profile : "ideal";
    struct campaign_finding *f =
        campaign_finding(w->r, comparison_name(job->what), profile, j->key);

    if (!f)
        return err_set(w->e, ENOMEM, "out of memory");
    if (f->count++)
        return 0;
    f->seed = w->o->seed;
    f->run = w->number;
    snprintf(f->text, sizeof(f->text), "%s", j->text);
    snprintf(w->found, sizeof(w->found), "FOUND %s, profile %s: %s", comparison_name(job->what),
             profile, j->key);
    return campaign_shrink(job, j, &w->c, w->o, &f->trace, f->command, &f->records, w->e);
}

static int take_canary(struct run *w, const struct compare_job *job, const struct judgement *j)
{
    struct campaign_canary *c = campaign_canary(w->r, job->quirk);

    if (!c)
        return err_set(w->e, ENOMEM, "out of memory");
    c->tries++;
    if (!j->wrong || j->useless || c->caught++)
        return 0;
    c->seed = w->o->seed;
    c->run = w->number;
    c->after = tries_until(w->o, job->quirk, w->number);
    snprintf(c->key, sizeof(c->key), "%s", j->key);
    snprintf(w->found, sizeof(w->found), "caught %s by %s", job->quirk, j->key);
    return campaign_shrink(job, j, &w->c, w->o, &c->trace, c->command, &c->records, w->e);
}

static int ask(struct run *w, const struct compare_job *job)
{
    struct judgement j = {.executions = 0};
    int rc = compare(job, &w->c, &j);

    if (rc)
        return err_set(w->e, -rc, "out of memory");
    count(w, job->what, &j);
    if (job->quirk)
        return take_canary(w, job, &j);
    return j.wrong && !j.useless ? take_finding(w, job, &j) : 0;
}

static const char *some_profile(struct dice *d)
{
    size_t count;
    const char *const *names = policy_names(&count);

    return names[dice_below(d, count)];
}

/* All that is asked of a trace that has no quirk. */
static int ask_all(struct run *w, struct dice *d)
{
    struct compare_job job = {.what = CMP_IDEAL, .without = w->o->without};
    int rc;

    job.full = dice_one_in(d, 4);
    job.restore = dice_one_in(d, 2);
    job.at = dice_below(d, w->c.count + 1);
    rc = ask(w, &job);
    job.full = false;
    job.what = CMP_STRATEGY;
    job.profile = dice_one_in(d, 3) ? "ideal" : some_profile(d);
    job.restore = false;
    rc = rc ? rc : ask(w, &job);
    job.what = CMP_PROFILE;
    job.profile = some_profile(d);
    job.restore = true;
    job.at = dice_below(d, w->c.count + 1);
    rc = rc ? rc : ask(w, &job);
    job.restore = false;
    job.what = CMP_AGAIN;
    job.profile = some_profile(d);
    if (rc == 0 && dice_one_in(d, 8))
        rc = ask(w, &job);
    job.profile = NULL;
    for (job.what = CMP_SWAP; rc == 0 && job.what < COMPARISONS; job.what++)
        if (dice_one_in(d, 2))
            rc = ask(w, &job);
    return rc;
}

static int one_run(struct run *w)
{
    struct dice d = {dice_seed(w->o->seed, w->number, PART_ASK)};
    const char *quirk = canary_of(w->o, w->number);
    struct compare_job job = {.what = CMP_IDEAL, .quirk = quirk, .without = w->o->without};
    struct draft draft;
    int rc = campaign_trace(w->o, w->number, &draft, w->e);

    if (rc == 0) {
        w->c = draft_case(&draft);
        w->r->runs++;
        w->r->records += w->c.count;
        job.full = dice_one_in(&d, 2);
        job.restore = dice_one_in(&d, 4);
        job.at = dice_below(&d, w->c.count + 1);
        if (quirk && dice_one_in(&d, 3))
            job.profile = DEFAULT_PROFILE; /* some change nothing of ideal */
        rc = quirk ? ask(w, &job) : ask_all(w, &d);
    }
    draft_free(&draft);
    return rc;
}

/* Every canary has a line, that of one never tried too. */
static int all_canaries(const struct campaign_options *o, struct campaign_result *r, struct err *e)
{
    const struct quirk *q;

    if (!o->canary && !o->hunt)
        return 0;
    if (o->quirk)
        return campaign_canary(r, o->quirk) ? 0 : err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++)
        if (!campaign_canary(r, q->name))
            return err_set(e, ENOMEM, "out of memory");
    return 0;
}

int campaign_run(const struct campaign_options *o, struct campaign_result *r, struct err *e)
{
    struct shard shard = {o->shard, SHARD_WHOLE};
    struct campaign_part part = {o->seed, o->runs, o->events, o->canary, {o->of, &shard, 1}};
    int rc = all_canaries(o, r, e);

    for (uint64_t i = o->shard - 1; i < o->runs && rc == 0; i += o->of) {
        struct run w = {.o = o, .r = r, .number = i, .e = e};

        if (campaign_stopped(o)) {
            shard.done = r->runs;
            break;
        }
        rc = one_run(&w);
        if (o->progress)
            o->progress(o->ctx, i, r, *w.found ? w.found : NULL);
        if (o->hunt && *w.found)
            break;
    }
    return rc ? rc : campaign_part_add(r, &part, e);
}
