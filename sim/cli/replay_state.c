/* SPDX-License-Identifier: MIT */
#include "cli/replay_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/state_file.h"

/* The reader goes to where the state was saved, and the record there must be the one. */
static int seek(struct replay *r, const struct state_place *p, struct err *e)
{
    struct trace_damage d = {0};
    struct rec rec;
    uint64_t sum = 0;
    int fault;

    if (!p->record)
        return 0;
    if (trace_skip_to(r->reader, p->record, &d) || trace_next(r->reader, &rec, &d) < 0)
        return err_set(e, EBADMSG, "the trace is damaged before record %" PRIu64 ": %.200s",
                       p->record, d.why);
    if (trace_records(r->reader) != p->record)
        return err_set(e, EINVAL,
                       "the state was saved after record %" PRIu64
                       ", but the trace has only %" PRIu64,
                       p->record, trace_records(r->reader));
    fault = state_record_sum(&rec, &sum, e);
    if (!fault && sum != p->record_sum)
        fault =
            err_set(e, EINVAL, "the state was saved of another trace: record %" PRIu64 " differs",
                    p->record);
    return fault;
}

static int restore(struct replay *r, struct state_file *f, struct err *e)
{
    const struct trace_header *h = r->report.header;
    int fault;

    if (f->place.header_sum != r->header_sum)
        return err_set(e, EINVAL, "the state was saved of another trace: the headers differ");
    fault = engine_restore(h, &r->engine_options, &f->in, &r->engine, e);
    if (!fault && engine_place(r->engine).record != f->place.record)
        fault = err_set(e, EBADMSG, "the saved state is damaged: it stands at another record");
    if (!fault)
        fault = seek(r, &f->place, e);
    if (fault)
        return fault;
    r->report.restored = true;
    r->report.restored_after = f->place.record;
    r->events.seq = engine_place(r->engine).notes;
    engine_introduce(r->engine, counts_observer(&r->counts));
    return 0;
}

int replay_engine(struct replay *r, const struct replay_options *o, struct err *e)
{
    struct state_file f = {.bytes = NULL};
    int fault = 0;

    if (o->restore || o->saves_count)
        fault = state_header_sum(r->report.header, &r->header_sum, e);
    if (fault || !o->restore)
        return fault ? fault : engine_new(r->report.header, &r->engine_options, &r->engine, e);
    fault = state_file_read(o->restore, &f, e);
    if (!fault)
        fault = restore(r, &f, e);
    state_file_free(&f);
    return fault;
}

int replay_twins(struct replay *r, const struct replay_options *o, struct err *e)
{
    struct twins_setup s = {.original = r->engine,
                            .header = r->report.header,
                            .options = &r->engine_options,
                            .at = o->restore_at,
                            .count = o->restore_at_count,
                            .checks = r->checks};

    return o->restore_at_count ? twins_new(&s, &r->twins, e) : 0;
}

/* States that are due after record number `record`, which was `rec` (NULL: not known, none). */
static int save_due(struct replay *r, const struct replay_options *o, const struct rec *rec,
                    uint64_t record, struct err *e)
{
    for (size_t i = 0; i < o->saves_count; i++) {
        struct state_place p = {.header_sum = r->header_sum, .record = record};
        int fault = 0;

        if (r->saved[i] || o->saves[i].record != record)
            continue;
        r->saved[i] = true;
        if (rec)
            fault = state_record_sum(rec, &p.record_sum, e);
        if (!fault)
            fault = state_file_write(o->saves[i].file, r->engine, &p, e);
        if (fault)
            return fault;
    }
    return 0;
}

int replay_state_start(struct replay *r, const struct replay_options *o, struct err *e)
{
    uint64_t record = engine_place(r->engine).record;
    int fault = 0;

    if (o->saves_count) {
        r->saved = calloc(o->saves_count, sizeof(*r->saved));
        if (!r->saved)
            return err_set(e, ENOMEM, "out of memory");
    }
    if (r->twins)
        fault = twins_start(r->twins, record, e);
    return fault || record ? fault : save_due(r, o, NULL, 0, e);
}

int replay_state_step(struct replay *r, const struct replay_options *o, const struct rec *rec,
                      int answer, struct err *e)
{
    uint64_t record = trace_records(r->reader);
    int fault = 0;

    if (r->twins)
        fault = twins_step(r->twins, rec, record, answer, e);
    return fault || answer || !r->saved ? fault : save_due(r, o, rec, record, e);
}

int replay_state_finish(struct replay *r, int answer, struct err *e)
{
    return r->twins ? twins_finish(r->twins, trace_records(r->reader), answer, e) : 0;
}

int replay_state_missed(const struct replay *r, const struct replay_options *o, bool to_the_end,
                        struct err *e)
{
    uint64_t last = trace_records(r->reader);

    for (size_t i = 0; r->saved && i < o->saves_count; i++)
        if (!r->saved[i])
            return err_set(e, EINVAL,
                           "--save: record %" PRIu64 " was not reached; the last was %" PRIu64,
                           o->saves[i].record, last);
    if (to_the_end && r->twins && twins_waiting(r->twins) != UINT64_MAX)
        return err_set(e, EINVAL,
                       "--restore-at: record %" PRIu64 " was not reached; the last was %" PRIu64,
                       twins_waiting(r->twins), last);
    return 0;
}

void replay_state_free(struct replay *r)
{
    twins_free(r->twins);
    free(r->saved);
}
