/* SPDX-License-Identifier: MIT */
/* What goes into the digest, and in which order. */
#include <string.h>

#include "report/digest.h"

#define FEED(d, ...)                                                                               \
    digest_words(d, (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8)

static void feed_note(struct digest *d, const struct note *n)
{
    FEED(d, n->seq, n->bdf.v, n->via, n->type, n->range.first.v, n->range.last.v,
         note_maps(n->type) ? n->gpa.v : 0, n->perm, n->asked,
         n->asked ? (uint64_t)(int64_t)n->result : 0);
    digest_text(d, n->consumer);
    digest_text(d, n->asked ? NULL : n->why);
}

static void feed_dma(struct digest *d, const struct xlat_result *r)
{
    bool reason = r->end == XLAT_FAULT || r->end == XLAT_COLLAPSED;

    FEED(d, r->end, r->end == XLAT_OK ? r->gpa.v : 0, r->end == XLAT_OK ? r->mask : 0,
         r->end == XLAT_OK ? r->perm : 0, reason ? r->reason : 0);
}

/* The kernel's side of a container. */
static void feed_type1(struct digest *d, const struct obs *o)
{
    switch (o->kind) {
    case OBS_LOCK:
        FEED(d, o->u.lock.lock, o->u.lock.taken);
        digest_text(d, o->u.lock.container);
        break;
    case OBS_TYPE1_DEVICE:
        FEED(d, o->u.type1_device.on, (uint64_t)(int64_t)o->u.type1_device.result);
        digest_text(d, o->u.type1_device.consumer);
        break;
    case OBS_DMA_UNMAP:
        FEED(d, o->u.dma_unmap.begin, o->u.dma_unmap.range.first.v, o->u.dma_unmap.range.last.v,
             o->u.dma_unmap.round);
        digest_text(d, o->u.dma_unmap.consumer);
        break;
    case OBS_PIN:
        FEED(d, o->u.pin.unpin, o->u.pin.iova.v, o->u.pin.pages,
             (uint64_t)(int64_t)o->u.pin.result);
        digest_text(d, o->u.pin.consumer);
        break;
    default: break;
    }
}

/* Who is there, translated or not, and what a vhost does. */
static void feed_who(struct digest *d, const struct obs *o)
{
    switch (o->kind) {
    case OBS_DEVICE:
        if (o->u.device.has_alias)
            FEED(d, o->u.device.alias.v);
        FEED(d, o->u.device.bdf.v, o->u.device.on);
        break;
    case OBS_SWITCH: FEED(d, o->u.device.bdf.v, o->u.device.on); break;
    case OBS_CONSUMER:
        FEED(d, o->u.consumer.bdf.v, o->u.consumer.kind, o->u.consumer.joined);
        digest_text(d, o->u.consumer.name);
        break;
    case OBS_VHOST:
        FEED(d, o->u.vhost.what, o->u.vhost.range.first.v, o->u.vhost.range.last.v,
             o->u.vhost.gpa.v, o->u.vhost.perm, (uint64_t)(int64_t)o->u.vhost.result);
        digest_text(d, o->u.vhost.consumer);
        break;
    default: break;
    }
}

/* Who hears what. */
static void feed_registration(struct digest *d, const struct obs *o)
{
    switch (o->kind) {
    case OBS_REGISTER:
    case OBS_UNREGISTER:
    case OBS_REPLAY_BEGIN:
    case OBS_REPLAY_END:
        FEED(d, o->u.reg.bdf.v, o->u.reg.flags, o->u.reg.range.first.v, o->u.reg.range.last.v,
             o->kind == OBS_REGISTER ? (uint64_t)(int64_t)o->u.reg.result : 0);
        digest_text(d, o->u.reg.consumer);
        break;
    case OBS_FLAGS:
        FEED(d, o->u.flags.bdf.v, o->u.flags.old_flags, o->u.flags.new_flags,
             (uint64_t)(int64_t)o->u.flags.result);
        break;
    default: break;
    }
}

static void see(void *ctx, const struct obs *o)
{
    struct digest *d = ctx;

    if (o->kind == OBS_RECORD || o->kind == OBS_RECORD_END)
        return; /* the input, counted at the end */
    if (o->kind == OBS_TYPE1)
        return; /* the note of the same call has range and answer */
    FEED(d, o->kind, o->record, o->at_ns);
    switch (o->kind) {
    case OBS_UNIT_STORE: FEED(d, o->u.store.gpa.v, o->u.store.val); break;
    case OBS_GSTS: FEED(d, o->u.gsts.old_val, o->u.gsts.new_val); break;
    case OBS_ROOT: FEED(d, o->u.root.gpa.v, o->u.root.rtaddr); break;
    case OBS_INVAL_BEGIN:
    case OBS_INVAL_DONE:
    case OBS_INVAL_REFUSED:
    case OBS_QUEUE_ERROR:
    case OBS_WAIT_LANDED: FEED(d, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register); break;
    case OBS_INTERRUPT: FEED(d, o->u.msi.address, o->u.msi.data, o->u.msi.fault_event); break;
    case OBS_FAULT:
        FEED(d, o->u.fault.bdf.v, o->u.fault.iova.v, o->u.fault.reason, o->u.fault.end);
        break;
    case OBS_DEVICE:
    case OBS_SWITCH:
    case OBS_CONSUMER:
    case OBS_VHOST: feed_who(d, o); break;
    case OBS_LOCK:
    case OBS_TYPE1_DEVICE:
    case OBS_DMA_UNMAP:
    case OBS_PIN: feed_type1(d, o); break;
    case OBS_SYNCED: FEED(d, o->u.synced.bdf.v, o->u.synced.seq); break;
    case OBS_REGISTER:
    case OBS_UNREGISTER:
    case OBS_REPLAY_BEGIN:
    case OBS_REPLAY_END:
    case OBS_FLAGS: feed_registration(d, o); break;
    case OBS_NOTE: feed_note(d, o->u.note); break;
    case OBS_READ: FEED(d, o->u.read.off, o->u.read.bytes, o->u.read.model); break;
    case OBS_DMA:
        FEED(d, o->u.dma.access, o->u.dma.differs);
        feed_dma(d, &o->u.dma.result);
        if (o->u.dma.vhost)
            digest_text(d, o->u.dma.vhost);
        break;
    case OBS_DMA_SHADOW:
        FEED(d, o->u.shadow.access, o->u.shadow.held, o->u.shadow.present,
             o->u.shadow.present ? o->u.shadow.gpa.v : 0,
             o->u.shadow.present ? o->u.shadow.perm : 0);
        digest_text(d, o->u.shadow.consumer);
        break;
    case OBS_RECORD:
    case OBS_RECORD_END:
    case OBS_TYPE1:
    case OBS_RESET:
    case OBS_ABORT:
    case OBS_KINDS: break;
    }
}

struct observer digest_observer(struct digest *d)
{
    return (struct observer){see, d};
}

static void feed_finding(struct digest *d, const struct finding *f)
{
    FEED(d, f->n, f->record, f->at_ns, f->has_range, f->has_range ? f->range.first.v : 0,
         f->has_range ? f->range.last.v : 0, f->cause_record);
    digest_text(d, f->inv->id);
    digest_text(d, f->consumer);
}

static void feed_compared(struct digest *d, struct check_compared c)
{
    FEED(d, c.reads, c.dma, c.expect);
}

void digest_finish(struct digest *d, const struct checks *c, const struct counts *n)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; c && i < checks_findings(c); i++)
        feed_finding(d, checks_finding(c, i));
    for (size_t i = 0; c && i < rows; i++) {
        if (!checks_count(c, i))
            continue; /* a row added later changes no digest until it is broken */
        digest_text(d, inv[i].id);
        digest_u64(d, checks_count(c, i));
    }
    if (c) {
        feed_compared(d, checks_compared(c));
        feed_compared(d, checks_differs(c));
    }
    FEED(d, n->events, n->register_writes, n->register_reads, n->mem_words, n->zeroed_bytes, n->dma,
         n->first_ns, n->last_ns);
}
