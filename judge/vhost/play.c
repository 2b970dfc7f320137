/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../playable.h"
#include "base/addr.h"
#include "driver.h"

int run_vhost_of(const struct run *r, bdf_t b)
{
    for (size_t i = 0; i < r->vhost_count; i++)
        if (r->vhosts[i].bdf.v == b.v)
            return (int)i;
    return -1;
}

int run_vhost_named(const struct run *r, const char *name)
{
    for (size_t i = 0; i < r->vhost_count; i++)
        if (!strcmp(r->vhosts[i].name, name))
            return (int)i;
    return -1;
}

bool run_vhost_add(struct run *r, bdf_t b, const char *name)
{
    int at = run_vhost_of(r, b);
    struct run_vhost *v;
    const char *why;

    if (at >= 0 && name && !strcmp(r->vhosts[at].name, name))
        return true; /* the second reading */
    if (at >= 0)
        return run_cannot(r, "two vhosts of one device are not played yet");
    if (r->vhost_count == VHOSTS_MAX)
        return run_cannot(r, "more than %d vhosts are not played yet", VHOSTS_MAX);
    if (b.v >> 8 ? b.v >> 3 & 31 : !playable_device(b, &why))
        return run_cannot(r, "a vhost at %02x:%02x.%x: %s", b.v >> 8, b.v >> 3 & 31, b.v & 7,
                          b.v >> 8 ? "behind a root port only device 00 can be" : why);
    r->vhost_bdfs[r->vhost_count] = b;
    v = &r->vhosts[r->vhost_count++];
    v->bdf = b;
    if (name)
        snprintf(v->name, sizeof(v->name), "%s", name);
    else
        snprintf(v->name, sizeof(v->name), "vhost@%02x:%02x.%x", b.v >> 8, b.v >> 3 & 31, b.v & 7);
    return true;
}

void run_vhosts_rewind(struct run *r)
{
    for (size_t i = 0; i < r->vhost_count; i++)
        r->vhosts[i].stopped = false;
}

static bool in_window(iova_t at)
{
    return at.v >= IR_WINDOW_FIRST && at.v <= IR_WINDOW_LAST;
}

static int plays_ats(struct run *r, const struct rec *rec)
{
    bdf_t b = rec->u.ats.bdf;

    if (run_vhost_of(r, b) < 0)
        return 0;
    if (b.v >> 8)
        return 1;
    if (!rec->u.ats.on)
        return 0;
    run_cannot(r,
               "record %" PRIu64
               ": ATS of a device on bus 0 is not played yet: QEMU's virtio devices "
               "have none there",
               trace_records(r->reader));
    return -1;
}

int run_vhost_plays(struct run *r, const struct rec *rec)
{
    int at;

    switch (rec->kind) {
    case REC_STOP:
    case REC_START:
        at = run_vhost_named(r, rec->u.named.name);
        if (at < 0 || r->vhosts[at].stopped == (rec->kind == REC_STOP))
            return 0;
        r->vhosts[at].stopped = rec->kind == REC_STOP;
        return 1;
    case REC_MISS:
        at = run_vhost_named(r, rec->u.miss.name);
        return at >= 0 && !r->vhosts[at].stopped;
    case REC_ATS: return plays_ats(r, rec);
    case REC_DMA:
        at = run_vhost_of(r, rec->u.dma.bdf);
        return at >= 0 && !r->vhosts[at].stopped && rec->u.dma.access != DMA_ANY &&
               !in_window(rec->u.dma.iova);
    default: return 0;
    }
}

bool run_vhost_stays(const struct run *r, const struct rec *rec, bool begun, const char **why)
{
    bool about;

    *why = "a vhost that comes or goes while the guest runs is not played yet";
    switch (rec->kind) {
    case REC_ATTACH: return !begun || rec->u.attach->kind != CONSUMER_VHOST;
    case REC_DETACH: return run_vhost_named(r, rec->u.named.name) < 0;
    case REC_DEVICE: return run_vhost_of(r, rec->u.device.bdf) < 0;
    case REC_GONE: return run_vhost_of(r, rec->u.gone.bdf) < 0;
    case REC_FAIL:
        about = run_vhost_named(r, rec->u.fail.name) >= 0;
        *why = "messages of a vhost are not refused";
        return !about;
    default: return true;
    }
}

size_t run_vhosts_attach(const struct run *r, struct attach_rec *to, size_t count)
{
    for (size_t i = 0; i < r->vhost_count; i++, count++) {
        to[count] = (struct attach_rec){.kind = CONSUMER_VHOST,
                                        .bdf = r->vhosts[i].bdf,
                                        .has_backend = true,
                                        .backend = BACKEND_USER};
        memcpy(to[count].name, r->vhosts[i].name, NAME_BYTES);
    }
    return count;
}

/* As the device would: its own table first, and where that has nothing it asks. */
static enum answer access_by(struct run *r, size_t index, const struct rec *rec,
                             struct edu_result *out, struct err *e)
{
    out->translated = vhost_finds(r->machine, index, rec->u.dma.iova, &out->gpa);
    if (out->translated)
        return ANSWERED;
    return vhost_ask(r->machine, index, rec->u.dma.iova, rec->u.dma.access == DMA_W, e);
}

enum answer run_vhost_obey(struct run *r, const struct rec *rec, struct edu_result *out,
                           struct err *e)
{
    struct machine *m = r->machine;
    enum answer a = machine_settle(m, e);
    int at;

    if (a != ANSWERED)
        return a;
    switch (rec->kind) {
    case REC_STOP:
    case REC_START:
        at = run_vhost_named(r, rec->u.named.name);
        a = vhost_rings(m, (size_t)at, rec->kind == REC_START, e);
        if (a == ANSWERED && rec->kind == REC_START && r->vhosts[at].stopped)
            a = vhost_rings(m, (size_t)at, false, e); /* it did not start: see run_vhost_model() */
        return a;
    case REC_MISS:
        at = run_vhost_named(r, rec->u.miss.name);
        return vhost_ask(m, (size_t)at, rec->u.miss.iova, rec->u.miss.write, e);
    case REC_ATS:
        at = run_vhost_of(r, rec->u.ats.bdf);
        return vhost_switch_ats(m, (size_t)at, rec->u.ats.on, e);
    default: return access_by(r, (size_t)run_vhost_of(r, rec->u.dma.bdf), rec, out, e);
    }
}

/* What the last step did, but for the end of a miss: nobody is told of it at a start. */
static int gather(struct call_list *to, const struct call_list *from)
{
    int rc = 0;

    for (size_t i = 0; i < from->count && !rc; i++)
        if (!from->calls[i].reply)
            rc = calls_add(to, from->calls[i]);
    return rc;
}

/* One used ring: 1, 0 when it is refused (the rings do not start), negative when that cannot be. */
static int start_ring(struct run *r, const char *name, unsigned queue, struct call_list *all,
                      struct err *e)
{
    struct rec miss = {.kind = REC_MISS}, stop = {.kind = REC_STOP};
    int rc;

    memcpy(miss.u.miss.name, name, NAME_BYTES);
    memcpy(stop.u.named.name, name, NAME_BYTES);
    miss.u.miss.iova = vhost_used_ring(queue);
    miss.u.miss.write = true;
    rc = model_step(r->model, &miss, e);
    if (!rc && gather(all, &r->model->seen.calls))
        rc = err_set(e, ENOMEM, "out of memory");
    if (rc || !r->model->seen.refused)
        return rc ? rc : 1;
    r->vhosts[run_vhost_named(r, name)].stopped = true;
    return model_step(r->model, &stop, e);
}

int run_vhost_model(struct run *r, const struct rec *rec, struct err *e)
{
    const char *name = rec->u.named.name;
    struct call_list all = {0};
    struct seen *s = &r->model->seen;
    int rc = model_step(r->model, rec, e);

    if (rc || rec->kind != REC_START || run_vhost_named(r, name) < 0 || s->aborted ||
        !vhost_needs_used_rings(r->machine))
        return rc;
    rc = gather(&all, &s->calls) ? err_set(e, ENOMEM, "out of memory") : 1;
    for (unsigned queue = 0; rc > 0 && queue < VHOST_QUEUES && !s->aborted; queue++)
        rc = start_ring(r, name, queue, &all, e);
    calls_free(&s->calls);
    s->calls = all;
    s->asked = s->refused = false;
    return rc < 0 ? rc : 0;
}

enum answer run_vhosts_again(struct run *r, struct err *e)
{
    enum answer a = vhost_set_up(r->machine, e);

    for (size_t i = 0; a == ANSWERED && i < r->vhost_count; i++)
        if (r->vhosts[i].stopped)
            a = vhost_rings(r->machine, i, false, e);
    return a;
}

bool run_vhosts_ats(struct run *r)
{
    const struct trace_header *h = trace_header(r->reader);
    struct err e = {""};

    for (size_t i = 0; i < h->devices_count; i++) {
        struct rec rec = {.kind = REC_ATS};
        int plays;

        rec.u.ats.bdf = h->devices[i].bdf;
        rec.u.ats.on = true;
        plays = h->devices[i].ats ? plays_ats(r, &rec) : 0;
        if (plays < 0)
            return false;
        if (plays &&
            (run_vhost_obey(r, &rec, NULL, &e) != ANSWERED || model_step(r->model, &rec, &e)))
            return run_cannot(r, "%s", *e.text ? e.text : machine_last_words(r->machine));
    }
    return true;
}
