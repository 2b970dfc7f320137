/* SPDX-License-Identifier: MIT */
#include "cli/against.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/against_inside.h"
#include "policy.h"

/* --profile, else what the trace was observed on when that is built, else the default. */
static const struct policy *chosen(const struct replay_options *o, const struct trace_header *h,
                                   unsigned side)
{
    const struct policy *p = NULL;

    if (side == SIDE_B)
        return policy_find(o->against);
    if (o->profile)
        return policy_find(o->profile);
    if (h->has_unit && *h->unit.model)
        p = policy_find(h->unit.model);
    return p ? p : policy_find(DEFAULT_PROFILE);
}

/* An engine of one side; what it refuses is said in `why`. */
static int make_side(struct against *a, unsigned which, struct err *e)
{
    const struct replay_options *o = a->job->options;
    const struct trace_header *h = trace_header(a->reader);
    struct against_side *s = &a->side[which];
    const struct policy *row = chosen(o, h, which);
    struct engine_options eo = {.sync = o->sync,
                                .dma_limit = o->dma_limit,
                                .attach = o->attach,
                                .attach_count = o->attach_count};
    int rc = 0;

    s->all = a;
    s->which = (enum pairing_side)which;
    s->profile = policy_name(row);
    s->policy = policy_copy(row);
    if (!s->policy)
        return err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; which == SIDE_A && rc == 0 && i < o->quirks_count; i++)
        rc = policy_apply_quirk(s->policy, o->quirks[i], e);
    eo.policy = s->policy;
    if (rc == 0)
        rc = engine_new(h, &eo, &s->engine, e);
    if (rc == 0)
        rc = against_listen(s);
    if (rc == 0)
        rc = engine_start(s->engine, e);
    return rc;
}

static bool refuse(struct against_side *s, int rc, const struct err *why)
{
    if (rc >= 0)
        return false;
    s->refused = true;
    snprintf(s->why, sizeof(s->why), "%s", why->text);
    return true;
}

/* Both obey `r` (NULL: the trace is over). False when one of them goes no further. */
static bool both(struct against *a, const struct rec *r)
{
    bool on = true;

    for (unsigned i = 0; i < 2; i++) {
        struct against_side *s = &a->side[i];
        struct err e = {""};
        int rc = r ? engine_step(s->engine, r, &e) : engine_finish(s->engine, &e);

        s->aborted = rc > 0;
        on = !refuse(s, rc, &e) && !s->aborted && on;
    }
    if (r)
        a->records = trace_records(a->reader);
    pairing_record_end(&a->differ, a->records, a->at_ns);
    return on && !a->differ.failed;
}

static void all_records(struct against *a)
{
    const struct progress *p = &a->job->progress;
    struct rec rec;
    int rc;

    while ((rc = trace_next(a->reader, &rec, &a->damage)) > 0) {
        if (p->show && trace_records(a->reader) % PROGRESS_EVERY_RECORDS == 0) {
            uint64_t size = 0, bytes = trace_bytes_read(a->reader, &size);

            p->show(p->ctx, trace_records(a->reader), bytes, size);
        }
        if (!both(a, &rec) || (a->job->until_first && pairing_any(&a->differ)))
            return;
        if (progress_stop(p))
            break;
    }
    a->interrupted = progress_stop(p);
    if (a->interrupted)
        return;
    a->damaged = rc < 0;
    both(a, NULL);
}

/* Why the exit code is 2, or 0. */
static int trouble(const struct against *a, struct err *e)
{
    const struct trace_damage *d = &a->damage;

    for (unsigned i = 0; i < 2; i++) {
        if (a->side[i].failed || a->differ.failed)
            return err_set(e, ENOMEM, "out of memory while comparing: the comparison is worthless");
        if (a->side[i].refused)
            return err_set(e, EINVAL, "%.60s refuses: %.240s", a->side[i].profile, a->side[i].why);
    }
    if (!a->damaged)
        return 0;
    return err_set(e, EINVAL, "byte %" PRIu64 ", record %" PRIu64 ": %s", d->byte, d->record,
                   d->why);
}

int against_run(FILE *out, const struct against_job *job, struct err *e)
{
    struct against a = {.job = job, .reader = job->reader};
    int rc = a.reader ? 0 : trace_open(job->trace, &a.reader, &a.damage), code = 2;
    bool ready = rc == 0;

    if (rc) {
        err_set(e, EINVAL, "%s", a.damage.why);
        return 2;
    }
    pairing_init(&a.differ);
    a.differ.show = job->show;
    a.differ.ctx = job->ctx;
    for (unsigned i = 0; i < 2; i++) {
        rc = make_side(&a, i, e);
        ready = !refuse(&a.side[i], rc, e) && ready;
    }
    if (ready)
        all_records(&a);
    rc = trouble(&a, e);
    if (rc == 0)
        code = pairing_any(&a.differ);
    if (out && (job->options->form == FORM_JSON ? against_json(out, &a) : against_text(out, &a))) {
        err_set(e, EIO, "the report could not be written");
        code = 2;
    }
    for (unsigned i = 0; i < 2; i++)
        against_forget(&a.side[i]);
    pairing_free(&a.differ);
    trace_close(a.reader);
    return code;
}
