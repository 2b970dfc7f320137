/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "edu.h"
#include "layout.h"
#include "machine.h"
#include "model.h"
#include "playable.h"
#include "recorder.h"
#include "trace/reader.h"

/* One run of one trace. */
struct run {
    const struct judge_options *o;
    struct judged *out;
    const char *path;
    char *bytes; /* standard input, kept for the second reading */
    size_t length;
    struct trace_reader *reader;
    const struct policy *policy;
    struct vfio_device devices[VFIO_DEVICES_MAX];
    bdf_t bdfs[VFIO_DEVICES_MAX];
    size_t device_count;
    struct trace_header header; /* the trace's, with the machine's memory and no devices */
    struct ram_entry ram[PIECES_MAX];
    struct attach_rec attach[VFIO_DEVICES_MAX + EDU_MAX];
    struct machine *machine;
    uint64_t log_offset;
    struct layout layout;
    struct model *model;
    struct call_list real; /* of the record under way */
    struct recorder *recorder;
};

__attribute__((format(printf, 2, 3))) static bool cannot(struct run *r, const char *format, ...)
{
    va_list list;

    r->out->judgement = CANNOT;
    va_start(list, format);
    vsnprintf(r->out->why, sizeof(r->out->why), format, list);
    va_end(list);
    return false;
}

static bool read_stdin(struct run *r)
{
    size_t room = 1 << 16, n;

    r->bytes = malloc(room);
    while (r->bytes && (n = fread(r->bytes + r->length, 1, room - r->length, stdin)) > 0) {
        r->length += n;
        if (r->length == room) {
            char *more = realloc(r->bytes, room *= 2);

            if (!more)
                free(r->bytes);
            r->bytes = more;
        }
    }
    return r->bytes || cannot(r, "out of memory");
}

static bool open_trace(struct run *r)
{
    struct trace_damage d = {0};
    int rc;

    if (r->reader)
        trace_close(r->reader);
    r->reader = NULL;
    if (!strcmp(r->path, "-")) {
        if (!r->bytes && !read_stdin(r))
            return false;
        rc = trace_open_memory(r->bytes, r->length, &r->reader, &d);
    } else {
        rc = trace_open(r->path, &r->reader, &d);
    }
    return !rc || cannot(r, "byte %" PRIu64 ", record %" PRIu64 ": %s", d.byte, d.record, d.why);
}

static int edu_of(const struct run *r, bdf_t b)
{
    for (size_t i = 0; i < r->o->edu_count; i++)
        if (r->o->edu[i].v == b.v)
            return (int)i;
    return -1;
}

/* An access that an emulated device can make. */
static bool plays_dma(const struct run *r, const struct rec *rec)
{
    return rec->kind == REC_DMA && rec->u.dma.access != DMA_ANY && edu_of(r, rec->u.dma.bdf) >= 0;
}

/* The next record that is played: 1, 0 at the end, -1 when that cannot be. */
static int next_record(struct run *r, struct rec *rec, bool *begun)
{
    struct trace_damage d = {0};
    const char *why;
    int rc;

    while ((rc = trace_next(r->reader, rec, &d)) > 0) {
        enum playing p = playable(rec, *begun, &why);

        if (p == UNPLAYABLE) {
            cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), why);
            return -1;
        }
        if (p == PLAY || plays_dma(r, rec)) {
            *begun |= rec->kind != REC_ATTACH && rec->kind != REC_AT;
            return 1;
        }
        r->out->skipped++;
    }
    if (rc < 0)
        cannot(r, "byte %" PRIu64 ", record %" PRIu64 ": %s", d.byte, d.record, d.why);
    return rc;
}

static struct engine_options engine_how(const struct run *r)
{
    return (struct engine_options){
        .policy = r->policy, .sync = SYNC_WALK, .dma_limit = r->o->dma_limit};
}

/* The devices that the machine gets; the others have none of what is compared. */
static void keep_devices(struct run *r, const struct model *m)
{
    const char *why;

    for (size_t i = 0; i < m->device_count; i++) {
        bdf_t b = m->devices[i].bdf;

        if (edu_of(r, b) >= 0)
            continue;
        if (!playable_device(b, &why)) {
            snprintf(r->out->note, sizeof(r->out->note), "without %02x:%02x.%x: %s", b.v >> 8,
                     b.v >> 3 & 31, b.v & 7, why);
            continue;
        }
        r->devices[r->device_count] = m->devices[i];
        r->bdfs[r->device_count++] = b;
    }
}

/* In the model an emulated device has a consumer that nobody tells anything, lest it gets vfio.
 * Appended to r->attach at `count`; the new count. */
static size_t attach_edu(struct run *r, size_t count)
{
    for (size_t i = 0; i < r->o->edu_count; i++, count++) {
        r->attach[count] = (struct attach_rec){.kind = CONSUMER_PROBE,
                                               .bdf = r->o->edu[i],
                                               .has_flags = true,
                                               .flags = NOTIFY_DEVTLB};
        snprintf(r->attach[count].name, NAME_BYTES, "edu%zu", i);
    }
    return count;
}

/* First reading, by the model alone: which devices get vfio? They are in the machine from the
 * start. */
static bool find_devices(struct run *r)
{
    struct engine_options o = engine_how(r);
    struct err e = {""};
    bool begun = false;
    struct rec rec;
    int rc;

    o.attach_count = attach_edu(r, 0);
    o.attach = r->attach;
    rc = model_begin(r->model, trace_header(r->reader), &o, &e);
    while (!rc && !r->model->seen.aborted && (rc = next_record(r, &rec, &begun)) > 0)
        rc = model_step(r->model, &rec, &e);
    if (rc < 0 && *e.text)
        cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), e.text);
    keep_devices(r, r->model);
    model_end(r->model);
    r->out->skipped = 0;
    return rc >= 0;
}

static bool start_machine(struct run *r)
{
    struct machine_config c = {.qemu = r->o->qemu,
                               .preload = r->o->preload,
                               .vfio = r->bdfs,
                               .vfio_count = r->device_count,
                               .edu = r->o->edu,
                               .edu_count = r->o->edu_count,
                               .dma_limit = r->o->dma_limit};
    struct err e = {""};

    c.unit = &r->header.unit;
    layout_choose(&r->header, &c);
    if (machine_start(&c, &r->machine, &e))
        return cannot(r, "%s", e.text);
    return true;
}

/* The log since the last time. */
static char *new_log(struct run *r)
{
    char *log = machine_log(r->machine, &r->log_offset);

    if (!log)
        cannot(r, "the log of the machine cannot be read");
    return log;
}

static bool learn_layout(struct run *r)
{
    char *log = new_log(r);

    if (log && r->device_count) {
        layout_learn(&r->layout, log, r->bdfs[0]);
        if (!layout_is(&r->layout, &r->header)) {
            if (r->header.rams)
                snprintf(r->out->note, sizeof(r->out->note),
                         "memory is that of the machine, not all that the trace says");
            layout_records(&r->layout, r->ram);
            r->header.ram = r->ram;
            r->header.rams = r->layout.count;
        }
    }
    free(log);
    return log != NULL;
}

/* Record 0 of the model: the devices are there, and hold memory one to one, as the machine's do. */
static bool begin_model(struct run *r)
{
    struct engine_options o = engine_how(r);
    struct rec rec = {.kind = REC_MARK, .u.mark.text = ""};
    struct err e = {""};
    int rc;

    for (size_t i = 0; i < r->device_count; i++) {
        r->attach[i] = (struct attach_rec){.kind = CONSUMER_VFIO, .bdf = r->bdfs[i]};
        memcpy(r->attach[i].name, r->devices[i].name, NAME_BYTES);
    }
    o.attach = r->attach;
    o.attach_count = attach_edu(r, r->device_count);
    r->header.devices_count = 0;
    rc = model_begin(r->model, &r->header, &o, &e);
    if (!rc)
        rc = model_step(r->model, &rec, &e);
    if (rc)
        return cannot(r, "%s", e.text);
    if (r->model->seen.calls.count != r->device_count * r->layout.count)
        return cannot(r, "at the start the model maps %zu ranges, the machine %zu",
                      r->model->seen.calls.count, r->device_count * r->layout.count);
    return true;
}

static bool choose_profile(struct run *r, const char *name)
{
    r->policy = policy_find(name);
    if (!r->policy)
        return cannot(r, "profile '%s' is not built", name);
    snprintf(r->out->profile, sizeof(r->out->profile), "%s", name);
    return true;
}

/* The profile that models this version. */
static const char *profile_of(unsigned major, unsigned minor)
{
    if (major == 7 && minor >= 2)
        return "qemu-7.2";
    if (major < 7)
        return NULL;
    return major > 10 || (major == 10 && minor >= 2) ? "qemu-10.2" : "qemu-10.0";
}

static bool check_version(struct run *r)
{
    unsigned major, minor;
    const char *name;

    snprintf(r->out->qemu, sizeof(r->out->qemu), "%s",
             machine_version(r->machine, &major, &minor));
    if (r->o->profile)
        return true;
    name = profile_of(major, minor);
    return name ? choose_profile(r, name)
                : cannot(r, "no profile models QEMU %s; 7.2 is the oldest", r->out->qemu);
}

static enum answer reset(struct run *r, struct err *e)
{
    enum answer a = machine_reset(r->machine, e);

    for (size_t i = 0; a == ANSWERED && i < r->o->edu_count; i++)
        a = edu_set_up(r->machine, i, r->o->edu[i], e);
    return a;
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
        a = edu_access(r->machine, (size_t)edu_of(r, x.bdf), &x, out, e);
    for (size_t i = 0; keep && a == ANSWERED && i < words; i++)
        a = machine_write(r->machine, first + 8 * i, 8, kept[i], e);
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
    default: return ANSWERED;
    }
}

static bool acts(const struct rec *rec)
{
    return rec->kind == REC_W32 || rec->kind == REC_W64 || rec->kind == REC_R32 ||
           rec->kind == REC_R64 || rec->kind == REC_RESET || rec->kind == REC_DMA;
}

/* What the machine asked for since the last time. */
static bool take_calls(struct run *r)
{
    struct err e = {""};
    char *log = new_log(r);
    int rc;

    calls_clear(&r->real);
    if (!log)
        return false;
    rc = layout_calls(&r->layout, log, &r->real, &e);
    free(log);
    return !rc || cannot(r, "%s", e.text);
}

/* Compare all of what one record did; the first difference is kept, in words. */
static bool compare(struct run *r, const struct rec *rec, enum answer a, uint64_t val,
                    struct edu_result dma)
{
    struct comparison c = {.out = r->out,
                           .record = trace_records(r->reader),
                           .rec = rec,
                           .real = &r->real,
                           .layout = &r->layout,
                           .model = r->model,
                           .machine = r->machine,
                           .devices = r->devices,
                           .device_count = r->device_count,
                           .died = a == DIED,
                           .read = val,
                           .dma = dma};

    return compare_record(&c, !r->o->calls_only);
}

/* For --record: a read with the value that the machine answered. */
static bool record(struct run *r, const struct rec *rec, enum answer a, uint64_t val)
{
    struct rec as_seen = *rec;

    if (rec->kind == REC_R32 || rec->kind == REC_R64)
        as_seen.u.reg.val = val;
    return recorder_add(r->recorder, &as_seen, &r->real, a == DIED, r->out);
}

/* One record to both. False: the run is over. */
static bool play(struct run *r, const struct rec *rec)
{
    struct err e = {""};
    uint64_t val = 0;
    struct edu_result dma = {0};
    enum answer a = ANSWERED;
    bool same;
    int rc = model_step(r->model, rec, &e);

    if (rc)
        return cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), e.text);
    a = rec->kind == REC_DMA ? access_memory(r, rec, &dma, &e) : obey(r, rec, &val, &e);
    if (a == FAILED)
        return cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), e.text);
    r->out->records++;
    if (a == ANSWERED && !acts(rec)) {
        if (!r->model->seen.aborted && r->model->seen.calls.count == 0)
            return recorder_add(r->recorder, rec, NULL, false, r->out);
    }
    if (!take_calls(r))
        return false;
    if (!record(r, rec, a, val))
        return false;
    same = compare(r, rec, a, val, dma);
    return a == ANSWERED && !r->out->aborted && (same || (r->recorder && !r->model->seen.aborted)) &&
           r->out->judgement != CANNOT;
}

static void play_all(struct run *r)
{
    struct err e = {""};
    bool begun = false;
    struct rec rec;
    int rc;

    while ((rc = next_record(r, &rec, &begun)) > 0) {
        if (rec.kind == REC_ATTACH)
            continue; /* it was put into the machine at the start */
        if (!play(r, &rec))
            return;
    }
    if (rc == 0 && machine_settle(r->machine, &e) != ANSWERED)
        cannot(r, "at the end: %s", *e.text ? e.text : machine_last_words(r->machine));
}

static bool prepare(struct run *r)
{
    const char *why;

    if (!open_trace(r))
        return false;
    if (!playable_unit(trace_header(r->reader), &why))
        return cannot(r, "%s", why);
    if (!choose_profile(r, r->o->profile ? r->o->profile : "qemu-7.2") || !find_devices(r) ||
        !open_trace(r))
        return false;
    r->header = *trace_header(r->reader);
    if (!r->header.has_unit)
        r->header.unit = unit_config_default();
    return start_machine(r) && check_version(r) && learn_layout(r) && begin_model(r);
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
    if (prepare(r)) {
        out->devices = r->device_count;
        if (recorder_begin(&r->recorder, o->record, &r->header, r->devices, r->device_count, out))
            play_all(r);
        recorder_end(r->recorder, out);
    }
    machine_end(r->machine);
    model_end(r->model);
    calls_free(&r->real);
    if (r->reader)
        trace_close(r->reader);
    free(r->bytes);
    free(r->model);
    free(r);
}
