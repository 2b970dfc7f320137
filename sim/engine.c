/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "engine_inside.h"

int engine_observe(struct engine *e, struct observer o)
{
    return e->closed ? -EBUSY : funnel_add(&e->funnel, o);
}

/* Store the words of a mem record. */
static int store_words(struct engine *e, const struct rec *r, struct err *err)
{
    for (uint32_t i = 0; i < r->u.mem.words; i++) {
        gpa_t at = gpa_add(r->u.mem.gpa, 8u * i);
        int fault = guest_mem_store(e->mem, at, r->u.mem.val[i]);

        if (fault == -ENOMEM)
            return err_set(err, ENOMEM, "out of memory for guest memory");
        if (fault)
            return err_set(err, EINVAL, "mem: 0x%" PRIx64 " is not RAM of this trace", at.v);
    }
    return 0;
}

struct found {
    struct engine *e;
    struct err *err;
    int fault;
};

static void device_found(void *arg, bdf_t b)
{
    struct found *f = arg;

    /* The context entry of an alias is that of the devices behind it. */
    if (!f->fault && !vtd_is_requester(f->e->unit, b))
        f->fault = engine_device(f->e, b, true, f->err);
}

static int guest_write(struct engine *e, const struct rec *r, struct err *err)
{
    unsigned bytes = r->kind == REC_W32 ? 4 : 8;
    struct found f = {e, err, 0};

    vtd_write_discovers(e->unit, r->u.reg.off, bytes, r->u.reg.val, device_found, &f);
    if (f.fault)
        return f.fault;
    vtd_write(e->unit, r->u.reg.off, bytes, r->u.reg.val);
    return 0;
}

static void guest_read(struct engine *e, const struct rec *r)
{
    struct obs o = {.kind = OBS_READ};

    o.u.read.off = r->u.reg.off;
    o.u.read.bytes = r->kind == REC_R32 ? 4 : 8;
    o.u.read.seen = r->u.reg.val;
    o.u.read.model = vtd_read(e->unit, r->u.reg.off, o.u.read.bytes);
    if (!fate_ended(&e->fate))
        funnel_show(&e->funnel, &o);
}

static int act(struct engine *e, const struct rec *r, struct err *err)
{
    switch (r->kind) {
    case REC_W32:
    case REC_W64: return guest_write(e, r, err);
    case REC_R32:
    case REC_R64: guest_read(e, r); return 0;
    case REC_MEM: return store_words(e, r, err);
    case REC_ZERO:
        if (guest_mem_zero(e->mem, r->u.zero.gpa, r->u.zero.bytes))
            return err_set(err, EINVAL,
                           "zero: 0x%" PRIx64 " + 0x%" PRIx64 " is not all RAM of this trace",
                           r->u.zero.gpa.v, r->u.zero.bytes);
        return 0;
    case REC_DMA: return engine_dma(e, r, err);
    case REC_DEVICE: return engine_device_record(e, &r->u.device, err);
    case REC_GONE: return engine_gone(e, r->u.gone.bdf, err);
    case REC_ATTACH: return engine_attach(e, r->u.attach, err);
    case REC_DETACH: return engine_detach(e, r->u.named.name, err);
    case REC_ATS: return engine_ats_record(e, r->u.ats.bdf, r->u.ats.on, err);
    case REC_RESET:
        if (!r->u.reset.unit_only)
            engine_vhost_reset_first(e);
        vtd_reset(e->unit);
        engine_vhost_reset(e, !r->u.reset.unit_only);
        return 0;
    case REC_AT: e->funnel.at_ns = r->u.at.ns; return 0;
    case REC_STOP: return engine_stop(e, r->u.named.name, err);
    case REC_START: return engine_start_rings(e, r->u.named.name, err);
    case REC_MISS: return engine_miss(e, r, err);
    case REC_PIN:
    case REC_UNPIN: return engine_pin(e, r, err);
    case REC_FAIL: return engine_fail(e, &r->u.fail, err);
    case REC_EXPECT:
    case REC_EXPECTATIONS:
    case REC_MARK:
    case REC_KINDS: break;
    }
    return 0;
}

/* What ended the run inside the simulation, if anything did. */
static int fate_answer(struct engine *e, struct err *err)
{
    struct obs o;

    if (!fate_ended(&e->fate))
        return 0;
    e->ended = true;
    if (e->fate.no_memory)
        return err_set(err, ENOMEM, "out of memory in the simulation");
    if (e->fate.unsupported_why)
        return err_set(err, ENOTSUP, "%s", e->fate.unsupported_why);
    o.kind = OBS_ABORT;
    o.u.abort.why = e->fate.abort_why;
    funnel_show(&e->funnel, &o);
    return 1;
}

static int obey(struct engine *e, const struct rec *r, uint64_t number, struct err *err)
{
    struct obs o;
    int fault;

    o.kind = OBS_RECORD;
    o.u.rec = r;
    e->funnel.record = number;
    funnel_show(&e->funnel, &o);
    fault = act(e, r, err);
    if (!fault)
        fault = fate_answer(e, err);
    if (fault)
        e->ended = true;
    o.kind = OBS_RECORD_END;
    if (fault >= 0)
        funnel_show(&e->funnel, &o);
    engine_sweep(e);
    return fault;
}

int engine_start(struct engine *e, struct err *err)
{
    if (e->closed)
        return err_set(err, EBUSY, "the simulation was started before");
    e->closed = true;
    return 0;
}

/* Record 0: what the header and --attach bring, in BDF order; then the records that waited. */
static int begin(struct engine *e, struct err *err)
{
    int fault = 0;

    e->started = true;
    for (size_t i = 0; i < e->header_device_count && !fault; i++)
        fault = engine_ats_note(e, e->header_devices[i].bdf, e->header_devices[i].ats, err);
    for (size_t i = 0; i < e->from_start_count && !fault; i++)
        fault = engine_attach(e, &e->from_start[i], err);
    for (size_t i = 0; i < e->header_device_count && !fault; i++)
        fault = engine_device(e, e->header_devices[i].bdf, true, err);
    for (size_t i = 0; i < e->leading_count && !fault; i++) {
        struct err why = {""};

        fault = obey(e, &e->leading[i].rec, i + 1, &why);
        if (fault < 0)
            err_set(err, -fault, "record %zu: %.280s", i + 1, why.text);
    }
    return fault;
}

static bool waits(const struct rec *r)
{
    return r->kind == REC_ATTACH || r->kind == REC_AT || r->kind == REC_EXPECTATIONS;
}

static int put_by(struct engine *e, const struct rec *r, struct err *err)
{
    struct leading *l;

    if (!e->leading)
        e->leading = malloc(LEADING_MAX * sizeof(*e->leading));
    if (!e->leading)
        return err_set(err, ENOMEM, "out of memory for the first records");
    l = &e->leading[e->leading_count++];
    l->rec = *r;
    if (r->kind == REC_ATTACH) {
        l->attach = *r->u.attach;
        l->rec.u.attach = &l->attach;
    }
    return 0;
}

int engine_step(struct engine *e, const struct rec *r, struct err *err)
{
    int fault = 0;

    if (e->ended)
        return err_set(err, EINVAL, "the simulation has ended");
    e->number++;
    if (!e->started && waits(r) && e->leading_count < LEADING_MAX)
        return put_by(e, r, err);
    e->obeying = true;
    if (!e->started)
        fault = begin(e, err);
    if (!fault)
        fault = obey(e, r, e->number, err);
    e->obeying = false;
    return fault;
}

int engine_finish(struct engine *e, struct err *err)
{
    int fault = 0;

    e->obeying = true;
    if (!e->started && !e->ended)
        fault = begin(e, err);
    e->obeying = false;
    return fault;
}
