/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "edu.h"
#include "hotplug.h"
#include "run.h"
#include "vhost/driver.h"
#include "vhost/play.h"

static enum answer reset(struct run *r, struct err *e)
{
    enum answer a = machine_reset(r->machine, e);

    for (size_t i = 0; a == ANSWERED && i < r->o->edu_count; i++)
        a = edu_set_up(r->machine, i, r->o->edu[i], e);
    return a == ANSWERED ? run_vhosts_again(r, e) : a;
}

static bool is_ram(const struct run *r, uint64_t at, uint64_t bytes)
{
    for (size_t i = 0; i < r->header.rams; i++) {
        const struct ram_entry *b = &r->header.ram[i];

        if (!b->rom && at >= b->gpa.v && at - b->gpa.v < b->bytes)
            return b->bytes - (at - b->gpa.v) >= bytes;
    }
    return false;
}

/* An access; a write leaves memory as it was, as in a trace. */
static enum answer access_memory(struct run *r, const struct rec *rec, struct edu_result *out,
                                 struct err *e)
{
    struct edu_access x = {rec->u.dma.bdf, rec->u.dma.iova, rec->u.dma.bytes,
                           rec->u.dma.access == DMA_W};
    const struct xlat_result *want = &r->model->seen.dma;
    uint64_t first = want->gpa.v & ~UINT64_C(7), kept[WORDS_PER_PAGE + 1];
    size_t words = (size_t)((want->gpa.v + x.bytes + 7 - first) / 8);
    bool keep = x.write && want->end == XLAT_OK && is_ram(r, first, words * 8);
    enum answer a = ANSWERED;

    for (size_t i = 0; keep && a == ANSWERED && i < words; i++)
        a = machine_read(r->machine, first + 8 * i, 8, &kept[i], e);
    if (a == ANSWERED)
        a = edu_access(r->machine, (size_t)run_edu_of(r, x.bdf), &x, out, e);
    for (size_t i = 0; keep && a == ANSWERED && i < words; i++)
        a = machine_write(r->machine, first + 8 * i, 8, kept[i], e);
    return a;
}

/* Injected refusals, for the one that is there under this name. */
static void refuse(struct run *r, const struct fail_rec *f)
{
    static const unsigned ops[] = {
        [FAIL_MAP] = CONTROL_MAP, [FAIL_UNMAP] = CONTROL_UNMAP, [FAIL_ALLOC] = CONTROL_ALLOC};

    for (size_t i = 0; i < r->people.device_count; i++)
        if (r->people.devices[i].there && !strcmp(r->people.devices[i].name, f->name))
            machine_refuse(r->machine, r->people.functions[i].group, ops[f->op], -f->error,
                           f->count);
}

/* Those that leave with the record under way, and those that join. */
static enum answer come_and_go(struct run *r, struct err *e)
{
    uint64_t number = trace_records(r->reader);
    enum answer a = ANSWERED;

    for (size_t i = 0; i < r->people.device_count && a == ANSWERED; i++) {
        struct vfio_device *d = &r->people.devices[i];

        if (r->brought && d != r->brought)
            continue;
        if (!d->there && d->joins == number)
            a = machine_plug(r->machine, &r->people.functions[i], e);
        else if (d->there && d->leaves == number)
            a = machine_unplug(r->machine, &r->people.functions[i], e);
        else
            continue;
        d->there = !d->there;
    }
    return a;
}

static enum answer obey(struct run *r, const struct rec *rec, uint64_t *val, struct err *e)
{
    struct machine *m = r->machine;

    switch (rec->kind) {
    case REC_W32: return machine_write(m, UNIT_BASE + rec->u.reg.off, 4, rec->u.reg.val, e);
    case REC_W64: return machine_write(m, UNIT_BASE + rec->u.reg.off, 8, rec->u.reg.val, e);
    case REC_R32: return machine_read(m, UNIT_BASE + rec->u.reg.off, 4, val, e);
    case REC_R64: return machine_read(m, UNIT_BASE + rec->u.reg.off, 8, val, e);
    case REC_MEM: return machine_store(m, rec->u.mem.gpa.v, rec->u.mem.val, rec->u.mem.words, e);
    case REC_ZERO: return machine_zero(m, rec->u.zero.gpa.v, rec->u.zero.bytes, e);
    case REC_RESET: return reset(r, e);
    case REC_FAIL: refuse(r, &rec->u.fail); return ANSWERED;
    case REC_ATTACH:
    case REC_DEVICE:
    case REC_GONE:
    case REC_DETACH: return come_and_go(r, e);
    default: return ANSWERED;
    }
}

static bool acts(const struct rec *rec)
{
    return rec->kind == REC_W32 || rec->kind == REC_W64 || rec->kind == REC_R32 ||
           rec->kind == REC_R64 || rec->kind == REC_RESET || rec->kind == REC_DMA ||
           rec->kind == REC_DEVICE || rec->kind == REC_GONE || rec->kind == REC_ATTACH ||
           rec->kind == REC_DETACH || rec->kind == REC_MISS || rec->kind == REC_STOP ||
           rec->kind == REC_START || rec->kind == REC_ATS;
}

/* What the machine asked for since the last time. */
static bool take_calls(struct run *r)
{
    struct err e = {""};
    char *log = run_new_log(r);
    int rc;

    calls_clear(&r->real);
    if (!log)
        return false;
    rc = layout_calls(&r->layout, log, &r->real, &e);
    if (!rc && vhost_take(r->machine, &r->real))
        rc = err_set(&e, ENOMEM, "out of memory");
    free(log);
    return !rc || run_cannot(r, "%s", e.text);
}

static struct comparison comparison(struct run *r, const struct rec *rec)
{
    return (struct comparison){.out = r->out,
                               .record = trace_records(r->reader),
                               .rec = rec,
                               .real = &r->real,
                               .layout = &r->layout,
                               .model = r->model,
                               .machine = r->machine,
                               .devices = r->people.devices,
                               .device_count = r->people.device_count,
                               .vhosts = r->vhost_bdfs,
                               .vhost_count = r->vhost_count};
}

/* For --record: a read with the value that the machine answered. */
static bool record(struct run *r, const struct rec *rec, enum answer a, uint64_t val)
{
    struct rec as_seen = *rec;

    if (rec->kind == REC_R32 || rec->kind == REC_R64)
        as_seen.u.reg.val = val;
    return recorder_add(r->recorder, &as_seen, &r->real, a == DIED, r->out);
}

static bool about_vhost(const struct run *r, const struct rec *rec)
{
    return rec->kind == REC_MISS || rec->kind == REC_STOP || rec->kind == REC_START ||
           rec->kind == REC_ATS || (rec->kind == REC_DMA && run_vhost_of(r, rec->u.dma.bdf) >= 0);
}

/* One record to both. False: the run is over. */
static bool play(struct run *r, const struct rec *rec)
{
    struct err e = {""};
    struct comparison c = comparison(r, rec);
    enum answer a = ANSWERED;
    bool same;
    int rc = run_vhost_model(r, rec, &e);

    if (rc)
        return run_cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), e.text);
    if (about_vhost(r, rec))
        a = run_vhost_obey(r, rec, &c.dma, &e);
    else
        a = rec->kind == REC_DMA ? access_memory(r, rec, &c.dma, &e) : obey(r, rec, &c.read, &e);
    if (a == FAILED)
        return run_cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), e.text);
    r->out->records++;
    if (a == ANSWERED && !acts(rec)) {
        if (!r->model->seen.aborted && r->model->seen.calls.count == 0)
            return recorder_add(r->recorder, rec, NULL, false, r->out);
    }
    if (!take_calls(r))
        return false;
    compare_align(&c, &r->real);
    if (!record(r, rec, a, c.read))
        return false;
    c.died = a == DIED;
    same = compare_record(&c, !r->o->calls_only);
    return a == ANSWERED && !r->out->aborted &&
           (same || (r->recorder && !r->model->seen.aborted)) && r->out->judgement != CANNOT;
}

/* A consumer that the model makes by itself, for a device that was there before. */
static bool bring(struct run *r, const struct vfio_device *d)
{
    struct attach_rec how = people_how(&r->people, d);
    struct rec rec = {.kind = REC_ATTACH, .u.attach = &how};
    bool on;

    r->brought = d;
    on = play(r, &rec);
    r->brought = NULL;
    return on;
}

/* Devices that the next record's write is about to find for the second time: they are plugged
 * before it. */
static bool found_again(struct run *r, const struct rec *rec)
{
    if (rec->kind == REC_ATTACH || rec->kind == REC_DEVICE)
        return true;
    for (size_t i = 0; i < r->people.device_count; i++)
        if (r->people.devices[i].joins == trace_records(r->reader) &&
            !bring(r, &r->people.devices[i]))
            return false;
    return true;
}

/* After somebody came: what is told to it is recorded from now on. */
static bool arrived(struct run *r)
{
    uint64_t number = trace_records(r->reader);

    for (size_t i = 0; i < r->people.device_count; i++)
        if (r->people.devices[i].joins == number &&
            !recorder_joined(r->recorder, &r->people.devices[i], r->out))
            return false;
    return true;
}

static void play_all(struct run *r)
{
    struct err e = {""};
    bool begun = false;
    struct rec rec;
    int rc;

    while ((rc = run_next_record(r, &rec, &begun)) > 0) {
        if (rec.kind == REC_ATTACH && !begun)
            continue; /* it was put into the machine at the start */
        if (!found_again(r, &rec) || !play(r, &rec) || !arrived(r))
            return;
    }
    if (rc == 0 && machine_settle(r->machine, &e) != ANSWERED)
        run_cannot(r, "at the end: %s", *e.text ? e.text : machine_last_words(r->machine));
}

void judge_trace(const char *path, const struct judge_options *o, struct judged *out)
{
    struct run *r = calloc(1, sizeof(*r));

    memset(out, 0, sizeof(*out));
    if (r)
        r->model = calloc(1, sizeof(*r->model));
    if (!r || !r->model) {
        free(r);
        out->judgement = CANNOT;
        snprintf(out->why, sizeof(out->why), "out of memory");
        return;
    }
    r->o = o;
    r->out = out;
    r->path = path;
    if (run_prepare(r)) {
        out->devices = r->people.device_count;
        out->vhosts = r->vhost_count;
        if (recorder_begin(&r->recorder, o->record, &r->header, r->people.devices,
                           r->people.device_count, out))
            play_all(r);
        recorder_end(r->recorder, out);
    }
    machine_end(r->machine);
    model_end(r->model);
    calls_free(&r->real);
    if (r->reader)
        trace_close(r->reader);
    people_free(&r->people);
    free(r->devices);
    free(r->bytes);
    free(r->policy);
    free(r->model);
    free(r);
}
