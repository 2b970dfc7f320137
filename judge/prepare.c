/* SPDX-License-Identifier: MIT */
/* A run made ready: which devices, which memory, which profile; the machine and the model beside
 * it. */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug.h"
#include "playable.h"
#include "policy_table.h"
#include "vhost/play.h"
#include "vtd_regs.h"

bool run_cannot(struct run *r, const char *format, ...)
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
    return r->bytes || run_cannot(r, "out of memory");
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
    return !rc ||
           run_cannot(r, "byte %" PRIu64 ", record %" PRIu64 ": %s", d.byte, d.record, d.why);
}

int run_edu_of(const struct run *r, bdf_t b)
{
    for (size_t i = 0; i < r->o->edu_count; i++)
        if (r->o->edu[i].v == b.v)
            return (int)i;
    return -1;
}

/* A message while interrupts are remapped, which the unit of the model does not do: its faults would be
 * the machine's alone. */
static bool remapped(const struct run *r, const struct rec *rec)
{
    uint64_t status;
    struct err e;

    return rec->u.dma.access == DMA_W && rec->u.dma.iova.v >= IR_WINDOW_FIRST &&
           rec->u.dma.iova.v <= IR_WINDOW_LAST &&
           !model_read(r->model, REG_GSTS, 4, &status, &e) && (status & GCMD_IRE);
}

/* An access that an emulated device can make. */
static bool plays_dma(const struct run *r, const struct rec *rec)
{
    return rec->kind == REC_DMA && rec->u.dma.access != DMA_ANY &&
           run_edu_of(r, rec->u.dma.bdf) >= 0 && !remapped(r, rec);
}

/* Records that name somebody: whom? */
static enum playing who_plays(struct run *r, const struct rec *rec, enum playing p, bool begun,
                              const char **why)
{
    uint64_t number = trace_records(r->reader);

    if (p == PLAY && !run_vhost_stays(r, rec, begun, why))
        return UNPLAYABLE;
    if (rec->kind == REC_ATTACH && people_say(&r->people, number, rec->u.attach)) {
        *why = "out of memory";
        return UNPLAYABLE;
    }
    if ((rec->kind == REC_DETACH && people_passed_over(&r->people, number, rec->u.named.name)) ||
        (rec->kind == REC_FAIL && people_passed_over(&r->people, number, rec->u.fail.name)))
        return SKIP;
    if ((rec->kind == REC_DEVICE && run_edu_of(r, rec->u.device.bdf) >= 0) ||
        (rec->kind == REC_GONE && run_edu_of(r, rec->u.gone.bdf) >= 0)) {
        *why = "an emulated device (--edu) neither comes nor goes";
        return UNPLAYABLE;
    }
    return p;
}

int run_next_record(struct run *r, struct rec *rec, bool *begun)
{
    struct trace_damage d = {0};
    const char *why;
    int rc;

    while ((rc = trace_next(r->reader, rec, &d)) > 0) {
        enum playing p = who_plays(r, rec, playable(rec, &why), *begun, &why);
        int about_vhost = p == UNPLAYABLE ? 0 : run_vhost_plays(r, rec);

        if (about_vhost < 0)
            return -1;
        if (p == PLAY && rec->kind == REC_ATTACH && rec->u.attach->kind == CONSUMER_VHOST &&
            !run_vhost_add(r, rec->u.attach->bdf, rec->u.attach->name))
            return -1;

        if (p == UNPLAYABLE) {
            run_cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), why);
            return -1;
        }
        if (p == PLAY || about_vhost || plays_dma(r, rec)) {
            *begun |= rec->kind != REC_ATTACH && rec->kind != REC_AT;
            r->model->record = trace_records(r->reader);
            return 1;
        }
        r->out->skipped++;
    }
    if (rc < 0)
        run_cannot(r, "byte %" PRIu64 ", record %" PRIu64 ": %s", d.byte, d.record, d.why);
    return rc;
}

struct engine_options run_engine(const struct run *r)
{
    return (struct engine_options){
        .policy = r->policy, .sync = SYNC_WALK, .dma_limit = r->o->dma_limit};
}

static void attach_deaf(struct attach_rec *a, bdf_t b, const char *name, size_t i)
{
    *a = (struct attach_rec){
        .kind = CONSUMER_PROBE, .bdf = b, .has_flags = true, .flags = NOTIFY_DEVTLB};
    snprintf(a->name, NAME_BYTES, "%s%zu", name, i);
}

size_t run_attach_edu(struct run *r, size_t count)
{
    for (size_t i = 0; i < r->o->edu_count; i++)
        attach_deaf(&r->attach[count++], r->o->edu[i], "edu", i);
    for (size_t i = 0; i < r->people.absent_count; i++)
        attach_deaf(&r->attach[count++], r->people.absent[i], "absent", i);
    return count;
}

/* Which functions the machine gets, beside what it emulates. */
static bool settle(struct run *r)
{
    bdf_t emulated[EDU_MAX + VHOSTS_MAX];
    size_t count = 0;
    const char *why;

    if (!run_vhosts_alone(r))
        return false;
    for (size_t i = 0; i < r->o->edu_count; i++)
        emulated[count++] = r->o->edu[i];
    for (size_t i = 0; i < r->vhost_count; i++)
        emulated[count++] = r->vhost_bdfs[i];
    r->people.of_this_machine = r->o->vfio_host;
    return people_settle(&r->people, r->model, emulated, count, r->o->dma_limit, r->out->note,
                         sizeof(r->out->note), &why) ||
           run_cannot(r, "%s", why);
}

/* First reading, by the model alone: which devices get vfio? They are in the machine from the
 * start. */
static bool find_devices(struct run *r)
{
    struct engine_options o = run_engine(r);
    struct err e = {""};
    bool begun = false;
    struct rec rec;
    int rc;

    for (size_t i = 0; i < r->o->vhost_count; i++)
        if (!run_vhost_add(r, r->o->vhost[i], NULL))
            return false;
    o.attach_count = run_vhosts_attach(r, r->attach, run_attach_edu(r, 0));
    o.attach = r->attach;
    rc = model_begin(r->model, trace_header(r->reader), &o, &e);
    while (!rc && !r->model->seen.aborted && (rc = run_next_record(r, &rec, &begun)) > 0)
        rc = model_step(r->model, &rec, &e);
    if (rc < 0 && *e.text)
        run_cannot(r, "record %" PRIu64 ": %s", trace_records(r->reader), e.text);
    if (rc >= 0 && !settle(r))
        rc = -1;
    model_end(r->model);
    r->out->skipped = 0;
    return rc >= 0;
}

static bool start_machine(struct run *r)
{
    struct machine_config c = {.qemu = r->o->qemu,
                               .preload = r->o->preload,
                               .accel = r->o->accel ? r->o->accel : "tcg",
                               .functions = r->people.functions,
                               .function_count = r->people.function_count,
                               .control = &r->people.control,
                               .vfio_host = r->o->vfio_host,
                               .edu = r->o->edu,
                               .edu_count = r->o->edu_count,
                               .vhost = r->vhost_bdfs,
                               .vhost_count = r->vhost_count};
    struct err e = {""};

    c.unit = &r->header.unit;
    layout_choose(&r->header, &c);
    if (machine_start(&c, &r->machine, &e))
        return run_cannot(r, "%s", e.text);
    return true;
}

char *run_new_log(struct run *r)
{
    char *log = machine_log(r->machine, &r->log_offset);

    if (!log)
        run_cannot(r, "the log of the machine cannot be read");
    return log;
}

/* A function that is in the machine now, or NULL. */
static const struct machine_function *first_there(const struct run *r)
{
    for (size_t i = 0; i < r->people.function_count; i++)
        if (!r->people.functions[i].later)
            return &r->people.functions[i];
    return NULL;
}

static bool send_spy_away(struct run *r, const struct machine_function *spy)
{
    struct err e = {""};

    if (machine_unplug(r->machine, spy, &e) != ANSWERED)
        return run_cannot(r, "%s", *e.text ? e.text : machine_last_words(r->machine));
    free(run_new_log(r));
    return true;
}

static bool learn_layout(struct run *r)
{
    char *log = run_new_log(r);
    const struct machine_function *from = first_there(r);

    if (log && from) {
        layout_learn(&r->layout, log, from->group);
        if (!layout_is(&r->layout, &r->header)) {
            if (r->header.rams)
                snprintf(r->out->note, sizeof(r->out->note),
                         "memory is that of the machine, not all that the trace says");
            layout_records(&r->layout, r->ram);
            r->header.ram = r->ram;
            r->header.rams = r->layout.count;
        }
    }
    if (log && !from && r->vhost_count) {
        run_vhosts_layout(r);
    } else if (log && !from && !r->header.rams) {
        layout_unsaid(&r->layout);
        layout_records(&r->layout, r->ram);
        r->header.ram = r->ram;
        r->header.rams = r->layout.count;
        r->layout.count = 0; /* no calls: none of it is looked up */
    }
    free(log);
    return log && (!people_have_spy(&r->people) || send_spy_away(r, from));
}

static bool choose_profile(struct run *r, const char *name)
{
    const struct policy *row = policy_find(name);
    struct err e = {""};

    if (!row)
        return run_cannot(r, "profile '%s' is not built", name);
    free(r->policy);
    r->policy = policy_copy(row);
    if (!r->policy)
        return run_cannot(r, "out of memory");
    for (size_t i = 0; i < r->o->set_count; i++)
        if (policy_set(r->policy, r->o->set[i], &e))
            return run_cannot(r, "--set: %s", e.text);
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

    snprintf(r->out->qemu, sizeof(r->out->qemu), "%s", machine_version(r->machine, &major, &minor));
    if (r->o->profile)
        return true;
    name = profile_of(major, minor);
    return name ? choose_profile(r, name)
                : run_cannot(r, "no profile models QEMU %s; 7.2 is the oldest", r->out->qemu);
}

/* The one to look for devices with, before the version is known: the oldest that takes the unit. */
static const char *first_profile(const struct run *r)
{
    const struct trace_header *h = trace_header(r->reader);

    if (r->o->profile)
        return r->o->profile;
    return h->has_unit && h->unit.stale_tm ? "qemu-10.0" : "qemu-7.2";
}

bool run_prepare(struct run *r)
{
    const char *why;

    if (!open_trace(r))
        return false;
    if (!playable_unit(trace_header(r->reader), &why))
        return run_cannot(r, "%s", why);
    if (!choose_profile(r, first_profile(r)) || !find_devices(r) || !run_vhosts_placed(r) ||
        !open_trace(r))
        return false;
    run_vhosts_rewind(r);
    r->header = *trace_header(r->reader);
    if (!r->header.has_unit)
        r->header.unit = unit_config_default();
    return start_machine(r) && check_version(r) && learn_layout(r) && run_begin_model(r) &&
           run_vhosts_ats(r);
}
