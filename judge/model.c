/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct ram_entry *block_at(const struct trace_header *h, gpa_t at)
{
    for (size_t i = 0; i < h->rams; i++)
        if (at.v >= h->ram[i].gpa.v && at.v - h->ram[i].gpa.v < h->ram[i].bytes)
            return &h->ram[i];
    return NULL;
}

/* A writable mapping is readable too, and ROM is never writable: what QEMU asks the kernel for. */
static enum perm asked(const struct trace_header *h, const struct note *n)
{
    const struct ram_entry *b = block_at(h, n->gpa);

    return (n->perm & PERM_W) && !(b && b->rom) ? PERM_RW : PERM_R;
}

/* The last who came under this name. */
static struct vfio_device *device_called(struct model *m, const char *name, bdf_t b)
{
    for (size_t i = m->device_count; i > 0; i--)
        if (m->devices[i - 1].bdf.v == b.v && !strcmp(m->devices[i - 1].name, name))
            return &m->devices[i - 1];
    return NULL;
}

static bool is_vhost(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->vhost_count; i++)
        if (!strcmp(m->vhosts[i].name, name))
            return true;
    return false;
}

/* A message of a vhost; the end of its miss follows when the record is over. */
static void take_vhost(struct model *m, const struct obs *o)
{
    struct seen *s = &m->seen;
    struct call c = {.bdf = o->u.vhost.bdf,
                     .unmap = o->u.vhost.what == VHOST_INVALIDATE,
                     .iova = o->u.vhost.range.first,
                     .bytes = o->u.vhost.range.last.v - o->u.vhost.range.first.v + 1,
                     .result = o->u.vhost.result};

    if (o->u.vhost.what == VHOST_MISS) {
        s->asked = true;
        s->asker = c.bdf;
        s->asked_at = c.iova;
    }
    s->refused |= o->u.vhost.what == VHOST_FAILURE;
    if (o->u.vhost.what != VHOST_UPDATE && o->u.vhost.what != VHOST_INVALIDATE)
        return;
    if (!c.unmap) {
        c.gpa_known = true;
        c.gpa = o->u.vhost.gpa;
        c.perm = o->u.vhost.perm;
    }
    if (calls_add(&s->calls, c))
        m->failed = true;
}

static void end_miss(struct model *m)
{
    struct call c = {.bdf = m->seen.asker,
                     .reply = true,
                     .iova = m->seen.asked_at,
                     .result = m->seen.refused ? -EFAULT : 0};

    if (m->seen.asked && !m->seen.aborted && calls_add(&m->seen.calls, c))
        m->failed = true;
}

static void take_note(struct model *m, const struct note *n)
{
    const struct vfio_device *d = device_called(m, n->consumer, n->bdf);
    struct call c = {.bdf = n->bdf,
                     .nth = d ? d->nth : 0,
                     .unmap = n->type == NOTE_UNMAP,
                     .iova = n->range.first,
                     .bytes = n->range.last.v - n->range.first.v + 1,
                     .result = n->result};

    if (!n->asked || n->type == NOTE_DEVTLB || is_vhost(m, n->consumer))
        return;
    if (!c.unmap) {
        c.gpa_known = true;
        c.gpa = n->gpa;
        c.perm = asked(m->header, n);
    }
    if (calls_add(&m->seen.calls, c))
        m->failed = true;
}

static void take_consumer(struct model *m, const struct obs *o)
{
    bool late = o->record == m->steps && (m->kind == REC_ATTACH || m->kind == REC_DEVICE);
    struct vfio_device *d;
    unsigned nth = 0;

    if (o->u.consumer.joined && o->u.consumer.kind == CONSUMER_VHOST &&
        m->vhost_count < VFIO_DEVICES_MAX)
        snprintf(m->vhosts[m->vhost_count++].name, NAME_BYTES, "%s", o->u.consumer.name);
    if (o->u.consumer.kind != CONSUMER_VFIO)
        return;
    if (!o->u.consumer.joined) {
        d = device_called(m, o->u.consumer.name, o->u.consumer.bdf);
        if (d) {
            d->leaves = m->record;
            d->there = false;
        }
        return;
    }
    for (size_t i = 0; i < m->device_count; i++)
        nth += m->devices[i].bdf.v == o->u.consumer.bdf.v;
    if (m->device_count == VFIO_DEVICES_MAX) {
        m->too_many = true;
        return;
    }
    d = &m->devices[m->device_count++];
    *d = (struct vfio_device){.bdf = o->u.consumer.bdf,
                              .nth = nth,
                              .requester = o->u.consumer.bdf,
                              .joins = late || nth ? m->record : 0,
                              .leaves = NEVER,
                              .there = true};
    if (o->u.consumer.has_alias)
        d->requester = o->u.consumer.alias;
    snprintf(d->name, sizeof(d->name), "%s", o->u.consumer.name);
}

/* Of several to one place the last one counts. */
static void keep_store(struct seen *s, gpa_t a, uint32_t val)
{
    unsigned i = 0;

    while (i < s->stores && s->store[i].gpa.v != a.v)
        i++;
    if (i == MODEL_STORES_MAX)
        return;
    s->store[i].gpa = a;
    s->store[i].val = val;
    s->stores += i == s->stores;
}

static void see(void *ctx, const struct obs *o)
{
    struct model *m = ctx;
    struct seen *s = &m->seen;

    switch (o->kind) {
    case OBS_NOTE: take_note(m, o->u.note); break;
    case OBS_VHOST: take_vhost(m, o); break;
    case OBS_CONSUMER: take_consumer(m, o); break;
    case OBS_READ:
        s->has_read = true;
        s->read = o->u.read.model;
        break;
    case OBS_DMA:
        s->has_dma = true;
        s->dma = o->u.dma.result;
        break;
    case OBS_UNIT_STORE: keep_store(s, o->u.store.gpa, o->u.store.val); break;
    case OBS_ABORT:
        s->aborted = true;
        snprintf(s->abort_why, sizeof(s->abort_why), "%s", o->u.abort.why);
        break;
    default: break;
    }
}

int model_begin(struct model *m, const struct trace_header *h, const struct engine_options *o,
                struct err *e)
{
    int rc;

    memset(m, 0, sizeof(*m));
    m->header = h;
    rc = engine_new(h, o, &m->engine, e);
    if (!rc && engine_observe(m->engine, (struct observer){.see = see, .ctx = m}))
        rc = err_set(e, ENOSPC, "too many observers");
    return rc ? rc : engine_start(m->engine, e);
}

int model_step(struct model *m, const struct rec *r, struct err *e)
{
    int rc;

    calls_clear(&m->seen.calls);
    m->seen = (struct seen){.calls = m->seen.calls};
    m->steps++;
    m->kind = r->kind;
    rc = engine_step(m->engine, r, e);
    end_miss(m);
    if (m->failed)
        return err_set(e, ENOMEM, "out of memory");
    if (m->too_many)
        return err_set(e, E2BIG, "more than %d devices with vfio", VFIO_DEVICES_MAX);
    return rc < 0 ? rc : 0;
}

int model_read(struct model *m, uint16_t off, unsigned bytes, uint64_t *val, struct err *e)
{
    struct rec r = {.kind = bytes == 8 ? REC_R64 : REC_R32};
    int rc;

    r.u.reg.off = off;
    rc = model_step(m, &r, e);
    if (!rc && !m->seen.has_read)
        return err_set(e, EIO, "the model ends at a read of register 0x%x", off);
    *val = m->seen.read;
    return rc;
}

void model_end(struct model *m)
{
    engine_free(m->engine);
    calls_free(&m->seen.calls);
    memset(m, 0, sizeof(*m));
}
