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

static void take_note(struct model *m, const struct note *n)
{
    struct call c = {.bdf = n->bdf,
                     .unmap = n->type == NOTE_UNMAP,
                     .iova = n->range.first,
                     .bytes = n->range.last.v - n->range.first.v + 1,
                     .result = n->result};

    if (!n->asked || n->type == NOTE_DEVTLB)
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
    struct vfio_device *d;

    if (!o->u.consumer.joined || o->u.consumer.kind != CONSUMER_VFIO)
        return;
    for (size_t i = 0; i < m->device_count; i++)
        if (m->devices[i].bdf.v == o->u.consumer.bdf.v)
            return;
    if (m->device_count == VFIO_DEVICES_MAX) {
        m->too_many = true;
        return;
    }
    d = &m->devices[m->device_count++];
    d->bdf = o->u.consumer.bdf;
    snprintf(d->name, sizeof(d->name), "%s", o->u.consumer.name);
}

static void see(void *ctx, const struct obs *o)
{
    struct model *m = ctx;
    struct seen *s = &m->seen;

    switch (o->kind) {
    case OBS_NOTE: take_note(m, o->u.note); break;
    case OBS_CONSUMER: take_consumer(m, o); break;
    case OBS_READ:
        s->has_read = true;
        s->read = o->u.read.model;
        break;
    case OBS_DMA:
        s->has_dma = true;
        s->dma = o->u.dma.result;
        break;
    case OBS_UNIT_STORE:
        if (s->stores < MODEL_STORES_MAX) {
            s->store[s->stores].gpa = o->u.store.gpa;
            s->store[s->stores++].val = o->u.store.val;
        }
        break;
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
    if (!rc && engine_observe(m->engine, (struct observer){see, m}))
        rc = err_set(e, ENOSPC, "too many observers");
    return rc ? rc : engine_start(m->engine, e);
}

int model_step(struct model *m, const struct rec *r, struct err *e)
{
    int rc;

    calls_clear(&m->seen.calls);
    m->seen = (struct seen){.calls = m->seen.calls};
    rc = engine_step(m->engine, r, e);
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
