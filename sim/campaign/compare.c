/* SPDX-License-Identifier: MIT */
#include "campaign/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "campaign/held.h"
#include "campaign/known.h"
#include "campaign/variants.h"
#include "cli/replay.h"

/* One replay of the case, and what its consumers hold at its end. */
struct trial {
    struct replay replay;
    struct held held;
    bool keeps_held;
};

static int listen(void *ctx, struct engine *e)
{
    struct trial *t = ctx;

    return t->keeps_held ? engine_observe(e, held_observer(&t->held)) : 0;
}

static void end(struct trial *t)
{
    replay_free(&t->replay);
    held_free(&t->held);
}

/* The caller ends with end(). 0, or -ENOMEM. */
static int play(struct trial *t, const struct shrink_case *c, const struct replay_options *o,
                struct judgement *j)
{
    struct replay_job job = {
        .options = o, .trace = "the trace", .hooks = {.listen = listen, .ctx = t}};
    struct trace_damage d;
    bool keeps = t->keeps_held;

    memset(t, 0, sizeof(*t));
    t->keeps_held = keeps;
    j->executions++;
    if (trace_open_records(c->header, c->rec, c->count, &job.reader, &d))
        return -ENOMEM;
    replay_run(&t->replay, &job);
    return t->held.failed ? -ENOMEM : 0;
}

static struct replay_options options(const struct compare_job *job)
{
    return (struct replay_options){.profile = job->profile ? job->profile : "ideal",
                                   .dma_limit = 65535,
                                   .compare = COMPARE_NEVER,
                                   .check = CHECK_FAST,
                                   .view = view_all()};
}

static void wrong(struct judgement *j, const char *key, uint64_t record, const char *text)
{
    j->wrong = true;
    j->record = record;
    snprintf(j->key, sizeof(j->key), "%s", key);
    snprintf(j->text, sizeof(j->text), "%.650s", text);
}

/* Refused from the start says nothing; anything else that ends the reading is the generator's
 * fault, or the engine's. */
static bool damaged(const struct trial *t, struct judgement *j)
{
    const struct report *r = &t->replay.report;

    if (r->verdict != VERDICT_DAMAGED)
        return false;
    if (r->refused && !t->replay.checks)
        j->useless = true;
    else
        wrong(j, "damaged", r->stop.record, r->stop.why);
    return true;
}

/* An emulated device that never unpins, or leaves inside its callback, ends any system, and is
 * asked once too often before: its own fault (docs/architecture.md). */
static bool stubborn(const struct shrink_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_ATTACH && r->u.attach->kind == CONSUMER_MDEV &&
            ((r->u.attach->has_unpin && r->u.attach->unpin >= UNPIN_NEVER) ||
             r->u.attach->has_leave))
            return true;
    }
    return false;
}

/* What every system modelled promises, whatever a guest does. The notifier cores of v3 and v6 tell
 * no union of flags. */
static bool promised(const char *id, const char *profile)
{
    static const char *const ids[] = {"STATE-RESTORE", "REG-FLAGS",  "LIFE-ENTRY", "FLT-PERM",
                                      "FLT-KIND",      "ISO-DOMAIN", "ISO-GONE",   "ACC-LIMIT",
                                      "PIN-DEVICE",    "PIN-LOCK"};

    if (!strcmp(id, "REG-FLAGS") && (!strcmp(profile, "v3") || !strcmp(profile, "v6")))
        return false;
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        if (!strcmp(id, ids[i]))
            return true;
    return false;
}

/* The first violation that counts. */
static const struct finding *broken(const struct trial *t, const struct compare_job *job,
                                    const struct shrink_case *c, const struct known *known)
{
    const struct checks *k = t->replay.checks;
    size_t n = k ? checks_findings(k) : 0;
    bool stubborn_one = stubborn(c);
    bool excused = t->replay.report.verdict == VERDICT_ABORTED && stubborn_one;

    for (size_t i = 0; i < n; i++) {
        const struct finding *f = checks_finding(k, i);

        if (f->inv->severity != SEV_VIOLATION || (known && known_has(known, f)) ||
            (job->without && !strcmp(f->inv->id, job->without)))
            continue;
        if (excused && f->record >= t->replay.report.stop.record)
            continue; /* in the record that ended it nothing is as it should be */
        if (stubborn_one && !strcmp(f->inv->id, "PIN-UNMAP"))
            continue; /* it closes with pages pinned */
        if (job->what == CMP_PROFILE && !promised(f->inv->id, job->profile))
            continue;
        return f;
    }
    return NULL;
}

/* The record of the case at which the twin begins: those before it may have gone. */
static uint64_t restore_at(const struct compare_job *job, const struct shrink_case *c)
{
    uint64_t at = 0;

    while (at < c->count && c->origin[at] <= job->at)
        at++;
    return at;
}

/* Violations of one run; without a quirk but with `known` these are only learned, with one those
 * known do not count. */
static int judge(const struct compare_job *job, const struct shrink_case *c, struct known *known,
                 struct judgement *j)
{
    struct replay_options o = options(job);
    struct trial t = {.keeps_held = false};
    uint64_t at = restore_at(job, c);
    const char *quirks[1] = {job->quirk};
    const struct finding *f;
    int rc;

    o.check = job->full ? CHECK_FULL : CHECK_FAST;
    o.restore_at = &at;
    o.restore_at_count = job->restore;
    o.quirks = quirks;
    o.quirks_count = job->quirk != NULL;
    rc = play(&t, c, &o, j);
    j->restored_at = job->restore ? at : 0;
    if (rc == 0 && !damaged(&t, j)) {
        if (known && !job->quirk) {
            j->useless = j->useless || t.replay.report.verdict == VERDICT_ABORTED;
            rc = known_learn(known, t.replay.checks);
        }
        f = known && !job->quirk ? NULL : broken(&t, job, c, known);
        if (f)
            wrong(j, f->inv->id, f->record, f->text);
    }
    end(&t);
    return rc;
}

/* With a quirk: what breaks, of that what does not without it. A system that ends without it says
 * nothing. */
static int canary(const struct compare_job *job, const struct shrink_case *c, struct judgement *j)
{
    struct compare_job plain = *job;
    struct judgement without = {.executions = 0};
    struct known known = {.marks = 0};
    int rc;

    plain.quirk = NULL;
    rc = judge(&plain, c, &known, &without);
    j->executions += without.executions;
    j->useless = without.useless || without.wrong;
    if (rc == 0 && !j->useless)
        rc = judge(job, c, &known, j);
    known_free(&known);
    return rc;
}

static int digest(const struct compare_job *job, const struct shrink_case *c,
                  enum sync_strategy sync, uint64_t *value, struct judgement *j)
{
    struct replay_options o = options(job);
    struct trial t = {.keeps_held = false};
    int rc;

    o.sync = sync;
    rc = play(&t, c, &o, j);
    if (rc == 0)
        damaged(&t, j);
    *value = t.replay.report.digest;
    end(&t);
    return rc;
}

static int strategies(const struct compare_job *job, const struct shrink_case *c,
                      struct judgement *j)
{
    static const enum sync_strategy others[] = {SYNC_TRANSLATE, SYNC_DIRTY};
    const struct policy *p = policy_find(job->profile);
    unsigned count = p && policy_tells_differences(p) ? 2 : 1;
    uint64_t walk, other;
    int rc = digest(job, c, SYNC_WALK, &walk, j);

    for (unsigned i = 0; i < count && rc == 0 && !j->wrong && !j->useless; i++) {
        rc = digest(job, c, others[i], &other, j);
        if (rc == 0 && !j->wrong && other != walk)
            wrong(j, sync_name(others[i]), c->count, "the strategy shows something else than walk");
    }
    return rc;
}

static int again(const struct compare_job *job, const struct shrink_case *c, struct judgement *j)
{
    uint64_t first, second;
    int rc = digest(job, c, SYNC_WALK, &first, j);

    if (rc == 0 && !j->wrong && !j->useless)
        rc = digest(job, c, SYNC_WALK, &second, j);
    if (rc == 0 && !j->wrong && !j->useless && first != second)
        wrong(j, "digest", c->count, "a second run shows something else");
    return rc;
}

static int in_other_words(const struct compare_job *job, const struct shrink_case *c,
                          struct judgement *j)
{
    struct replay_options o = options(job);
    struct trial t[2] = {{.keeps_held = true}, {.keeps_held = true}};
    struct shrink_case other;
    struct draft d;
    char why[200];
    int rc = 0;

    o.check = CHECK_OFF;
    j->useless = !variant(job->what, c, &d) || stubborn(c);
    if (d.failed)
        rc = -ENOMEM;
    other = draft_case(&d);
    if (rc == 0 && !j->useless) {
        rc = play(&t[0], c, &o, j);
        if (rc == 0 && !damaged(&t[0], j))
            rc = play(&t[1], &other, &o, j);
        if (rc == 0 && !j->wrong && !j->useless && !damaged(&t[1], j) &&
            !held_same(&t[0].held, &t[1].held, why, sizeof(why)))
            wrong(j, "held", c->count, why);
    }
    end(&t[0]);
    end(&t[1]);
    draft_free(&d);
    return rc;
}

int compare(const struct compare_job *job, const struct shrink_case *c, struct judgement *j)
{
    j->wrong = j->useless = false;
    switch (job->what) {
    case CMP_IDEAL: return job->quirk ? canary(job, c, j) : judge(job, c, NULL, j);
    case CMP_PROFILE: return judge(job, c, NULL, j);
    case CMP_STRATEGY: return strategies(job, c, j);
    case CMP_AGAIN: return again(job, c, j);
    default: return in_other_words(job, c, j);
    }
}
