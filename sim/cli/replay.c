/* SPDX-License-Identifier: MIT */
#include "cli/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/replay_state.h"
#include "policy.h"

/* Findings whose sentence is kept, of each invariant; all are counted. */
#define FINDINGS_KEPT 1000

static void stopped(struct replay *r, uint64_t record, const char *why)
{
    struct report *p = &r->report;

    p->stopped = true;
    p->stop.record = record;
    snprintf(p->stop.why, sizeof(p->stop.why), "%s", why);
}

/* The unit or an option is not offered, or not built: nothing more is replayed. */
static void refused(struct replay *r, uint64_t record, const char *why)
{
    stopped(r, record, why);
    r->report.verdict = VERDICT_DAMAGED;
    r->report.refused = true;
}

static void damaged(struct replay *r, const struct trace_damage *d)
{
    stopped(r, d->record, d->why);
    r->report.verdict = VERDICT_DAMAGED;
    r->report.stop.has_byte = true;
    r->report.stop.byte = d->byte;
    r->report.stop.line = d->line;
}

/* Whose behaviour: --profile, else what the trace was observed on when that is built, else the
 * default. */
static const struct policy *choose_profile(const struct replay_options *o,
                                           const struct trace_header *h)
{
    const struct policy *p = NULL;

    if (o->profile)
        return policy_find(o->profile);
    if (h->has_unit && *h->unit.model)
        p = policy_find(h->unit.model);
    return p ? p : policy_find(DEFAULT_PROFILE);
}

static bool judged(const struct replay_options *o, const struct report *r)
{
    if (o->compare != COMPARE_MODEL)
        return o->compare == COMPARE_ALWAYS;
    return !strcmp(report_model(r), r->profile);
}

static int make_policy(struct replay *r, const struct replay_options *o, struct err *e)
{
    const struct policy *row = choose_profile(o, r->report.header);
    int rc = 0;

    if (!row)
        return err_set(e, EINVAL, "profile '%s' is not built",
                       o->profile ? o->profile : DEFAULT_PROFILE);
    r->policy = policy_copy(row);
    if (!r->policy)
        return err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < o->quirks_count; i++)
        rc = policy_apply_quirk(r->policy, o->quirks[i], e);
    r->report.profile = policy_name(row);
    r->report.kinds = policy_kinds(row);
    r->report.judged = judged(o, &r->report);
    return rc;
}

static int make_checks(struct replay *r, const struct replay_job *job, struct err *e)
{
    const struct replay_options *o = job->options;
    struct check_config c = {0};

    engine_check_config(r->engine, &c);
    c.mode = o->check;
    c.judge_observed = r->report.judged;
    c.from_state = r->report.restored;
    c.findings_kept = job->findings_kept > FINDINGS_KEPT ? job->findings_kept : FINDINGS_KEPT;
    c.expectations = r->report.header->expectations;
    c.expectations_count = r->report.header->expectations_count;
    r->checks = checks_new(&c, e);
    r->report.checks = r->checks;
    return r->checks ? 0 : -ENOMEM;
}

static int listen(struct replay *r, const struct replay_job *job, struct err *e)
{
    int rc = 0;

    if (job->events) {
        r->events.out = job->events;
        r->events.view = job->options->view;
        rc = engine_observe(r->engine, events_observer(&r->events));
    }
    if (rc == 0)
        rc = engine_observe(r->engine, counts_observer(&r->counts));
    if (rc == 0)
        rc = engine_observe(r->engine, digest_observer(&r->digest));
    if (rc == 0)
        rc = engine_observe(r->engine, checks_observer(r->checks));
    if (rc == 0 && job->hooks.listen)
        rc = job->hooks.listen(job->hooks.ctx, r->engine);
    return rc ? err_set(e, -rc, "too many observers") : 0;
}

/* Everything between an open trace and its first record. */
static int prepare(struct replay *r, const struct replay_job *job, struct err *e)
{
    const struct replay_options *o = job->options;
    int rc = make_policy(r, o, e);

    if (rc)
        return rc;
    r->engine_options = (struct engine_options){.policy = r->policy,
                                                .sync = o->sync,
                                                .type1_chain = o->type1_chain,
                                                .dma_limit = o->dma_limit,
                                                .attach = o->attach,
                                                .attach_count = o->attach_count,
                                                .fail = o->has_fail ? &o->fail : NULL};
    rc = replay_engine(r, o, e);
    if (rc == 0)
        rc = make_checks(r, job, e);
    if (rc == 0)
        rc = listen(r, job, e);
    if (rc == 0)
        rc = replay_twins(r, o, e);
    if (rc == 0)
        rc = engine_start(r->engine, e);
    return rc ? rc : replay_state_start(r, o, e);
}

static void step_failed(struct replay *r, int rc, uint64_t record, const char *why)
{
    if (rc == -ENOTSUP || rc == -ENOMEM) {
        refused(r, record, why);
        return;
    }
    stopped(r, record, why);
    r->report.verdict = VERDICT_DAMAGED;
    r->report.stop.has_byte = true;
    r->report.stop.byte = trace_bytes_read(r->reader, &(uint64_t){0});
}

/* What the engine answered. False when the replay is over, for whatever reason. */
static bool went_on(struct replay *r, const struct replay_options *o, int rc, const struct err *e)
{
    uint64_t record = trace_records(r->reader);

    if (rc < 0) {
        step_failed(r, rc, record, e->text);
        return false;
    }
    r->report.records = record - r->report.restored_after;
    if (rc > 0) {
        r->report.verdict = VERDICT_ABORTED;
        stopped(r, record, *r->counts.abort_why ? r->counts.abort_why : e->text);
        return false;
    }
    if (o->stop_on_violation && checks_total(r->checks, SEV_VIOLATION)) {
        stopped(r, record, "the first violation was found (--stop-on-violation)");
        return false;
    }
    return true;
}

/* Twins and saved states come after a record. False when they end the replay: it is refused. */
static bool states_kept(struct replay *r, int rc, const struct err *e)
{
    if (rc)
        refused(r, trace_records(r->reader), e->text);
    return !rc;
}

static bool one_record(struct replay *r, const struct replay_options *o, const struct rec *rec)
{
    struct err e, why; /* no more than their first bytes: this is done for each record */
    int rc;

    *e.text = *why.text = '\0';
    rc = engine_step(r->engine, rec, &e);
    return states_kept(r, replay_state_step(r, o, rec, rc, &why), &why) && went_on(r, o, rc, &e);
}

static void at_the_end(struct replay *r, const struct replay_options *o)
{
    struct err e = {""}, why = {""};
    int rc = engine_finish(r->engine, &e);

    if (states_kept(r, replay_state_finish(r, rc, &why), &why))
        went_on(r, o, rc, &e);
}

static void show_progress(const struct replay *r, const struct progress *p)
{
    uint64_t size = 0, bytes;

    if (!p->show || trace_records(r->reader) % PROGRESS_EVERY_RECORDS)
        return;
    bytes = trace_bytes_read(r->reader, &size);
    p->show(p->ctx, trace_records(r->reader), bytes, size);
}

/* Somebody asked for the end: nothing is due there, as with --stop-on-violation. */
static bool interrupted(struct replay *r, const struct progress *p)
{
    if (!progress_stop(p))
        return false;
    stopped(r, trace_records(r->reader), PROGRESS_STOPPED);
    r->report.interrupted = true;
    return true;
}

static void all_records(struct replay *r, const struct replay_job *job)
{
    struct trace_damage d = {0};
    struct rec rec;
    int rc;

    while ((rc = trace_next(r->reader, &rec, &d)) > 0) {
        show_progress(r, &job->progress);
        if (!one_record(r, job->options, &rec))
            return;
        if (interrupted(r, &job->progress))
            return;
        if (job->hooks.enough && job->hooks.enough(job->hooks.ctx, r)) {
            stopped(r, trace_records(r->reader), "no more was asked for");
            return;
        }
    }
    if (interrupted(r, &job->progress)) /* it may be why there was no more to read */
        return;
    at_the_end(r, job->options);
    if (!r->report.stopped && rc < 0)
        damaged(r, &d);
}

/* A state that was asked for and could not be saved is no success. */
static void states_missed(struct replay *r, const struct replay_options *o)
{
    struct err e = {""};

    if (!r->report.interrupted && r->report.verdict != VERDICT_DAMAGED &&
        replay_state_missed(r, o, !r->report.stopped, &e))
        refused(r, trace_records(r->reader), e.text);
}

static void finish(struct replay *r)
{
    struct report *p = &r->report;

    /* Where the run was cut short on purpose, or the system ended, nothing is due at the end. */
    if (!p->stopped || p->verdict == VERDICT_DAMAGED)
        checks_finish(r->checks);
    p->compared = checks_compared(r->checks);
    p->differs = checks_differs(r->checks);
    p->ops = engine_ops(r->engine);
    if (p->verdict == VERDICT_CLEAN)
        p->verdict = report_judge(p);
    if (checks_failed(r->checks) || r->counts.failed)
        refused(r, p->records, "out of memory while checking: the verdict is worthless");
    digest_finish(&r->digest, r->checks, &r->counts);
    p->digest = digest_value(&r->digest);
}

void replay_run(struct replay *r, const struct replay_job *job)
{
    struct trace_damage d = {0};
    struct err e = {""};
    int rc;

    memset(r, 0, sizeof(*r));
    counts_init(&r->counts);
    digest_init(&r->digest);
    r->report = (struct report){.trace = job->trace,
                                .sync = sync_name(job->options->sync),
                                .check = check_name(job->options->check),
                                .quirks = job->options->quirks,
                                .quirks_count = job->options->quirks_count,
                                .counts = &r->counts};
    r->reader = job->reader;
    rc = r->reader ? 0 : trace_open(job->trace, &r->reader, &d);
    if (rc) {
        damaged(r, &d);
        return;
    }
    r->report.header = trace_header(r->reader);
    rc = prepare(r, job, &e);
    if (rc) {
        refused(r, 0, e.text);
        r->report.checks = NULL;
        return;
    }
    all_records(r, job);
    states_missed(r, job->options);
    finish(r);
    r->events_failed = r->events.failed;
}

void replay_free(struct replay *r)
{
    replay_state_free(r);
    if (r->checks)
        checks_free(r->checks);
    if (r->engine)
        engine_free(r->engine);
    free(r->policy);
    if (r->reader)
        trace_close(r->reader);
    counts_free(&r->counts);
    memset(r, 0, sizeof(*r));
}
