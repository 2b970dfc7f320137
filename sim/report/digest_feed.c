/* SPDX-License-Identifier: MIT */
/* What goes into the digest, and in which order. */
#include <string.h>

#include "report/digest.h"

/* What one observation takes at most, but for long texts: words, and two texts. */
#define TEXT_BYTES 72u
#define ROOM_BYTES (8u * 16u + 2u * (8u + TEXT_BYTES))
_Static_assert(ROOM_BYTES <= DIGEST_REST_BYTES - 32, "what digest_room gives at once");

/* Each of these writes at `p` and returns where it ends. */

static inline unsigned char *put(unsigned char *p, uint64_t v)
{
    return digest_put(p, v);
}

static inline unsigned char *put_range(unsigned char *p, struct iova_range r)
{
    return put(put(p, r.first.v), r.last.v);
}

/* An answer: 0 or a negative errno. */
static inline unsigned char *put_result(unsigned char *p, int result)
{
    return put(p, (uint64_t)(int64_t)result);
}

static unsigned char *put_text(struct digest *d, unsigned char *p, const char *s)
{
    size_t n = s ? strlen(s) : 0;

    p = put(p, s ? n : UINT64_MAX);
    if (n > TEXT_BYTES) {
        digest_wrote(d, p);
        digest_bytes(d, s, n);
        return digest_room(d, ROOM_BYTES);
    }
    if (n)
        memcpy(p, s, n);
    return p + n;
}

static unsigned char *feed_note(struct digest *d, unsigned char *p, const struct note *n)
{
    p = put(p, n->seq);
    p = put(p, n->bdf.v);
    p = put(p, n->via);
    p = put(p, n->type);
    p = put_range(p, n->range);
    p = put(p, note_maps(n->type) ? n->gpa.v : 0);
    p = put(p, n->perm);
    p = put(p, n->asked);
    p = put_result(p, n->asked ? n->result : 0);
    p = put_text(d, p, n->consumer);
    p = put_text(d, p, n->asked ? NULL : n->why);
    return p;
}

static unsigned char *feed_dma(struct digest *d, unsigned char *p, const struct obs *o)
{
    const struct xlat_result *r = &o->u.dma.result;
    bool reason = r->end == XLAT_FAULT || r->end == XLAT_COLLAPSED;

    p = put(p, o->u.dma.access);
    p = put(p, o->u.dma.differs);
    p = put(p, r->end);
    p = put(p, r->end == XLAT_OK ? r->gpa.v : 0);
    p = put(p, r->end == XLAT_OK ? r->mask : 0);
    p = put(p, r->end == XLAT_OK ? r->perm : 0);
    p = put(p, reason ? r->reason : 0);
    if (o->u.dma.vhost)
        p = put_text(d, p, o->u.dma.vhost);
    return p;
}

static unsigned char *feed_dma_shadow(struct digest *d, unsigned char *p, const struct obs *o)
{
    p = put(p, o->u.shadow.access);
    p = put(p, o->u.shadow.held);
    p = put(p, o->u.shadow.present);
    p = put(p, o->u.shadow.present ? o->u.shadow.gpa.v : 0);
    p = put(p, o->u.shadow.present ? o->u.shadow.perm : 0);
    p = put_text(d, p, o->u.shadow.consumer);
    return p;
}

/* The kernel's side of a container. */
static unsigned char *feed_type1(struct digest *d, unsigned char *p, const struct obs *o)
{
    switch (o->kind) {
    case OBS_LOCK:
        p = put(p, o->u.lock.lock);
        p = put(p, o->u.lock.taken);
        p = put_text(d, p, o->u.lock.container);
        break;
    case OBS_TYPE1_DEVICE:
        p = put(p, o->u.type1_device.on);
        p = put_result(p, o->u.type1_device.result);
        p = put_text(d, p, o->u.type1_device.consumer);
        break;
    case OBS_DMA_UNMAP:
        p = put(p, o->u.dma_unmap.begin);
        p = put_range(p, o->u.dma_unmap.range);
        p = put(p, o->u.dma_unmap.round);
        p = put_text(d, p, o->u.dma_unmap.consumer);
        break;
    case OBS_PIN:
        p = put(p, o->u.pin.unpin);
        p = put(p, o->u.pin.iova.v);
        p = put(p, o->u.pin.pages);
        p = put_result(p, o->u.pin.result);
        p = put_text(d, p, o->u.pin.consumer);
        break;
    default: break;
    }
    return p;
}

/* Who is there, translated or not, and what a vhost does. */
static unsigned char *feed_who(struct digest *d, unsigned char *p, const struct obs *o)
{
    switch (o->kind) {
    case OBS_DEVICE:
        if (o->u.device.has_alias)
            p = put(p, o->u.device.alias.v);
        /* fallthrough */
    case OBS_SWITCH:
        p = put(p, o->u.device.bdf.v);
        p = put(p, o->u.device.on);
        break;
    case OBS_CONSUMER:
        p = put(p, o->u.consumer.bdf.v);
        p = put(p, o->u.consumer.kind);
        p = put(p, o->u.consumer.joined);
        p = put_text(d, p, o->u.consumer.name);
        break;
    case OBS_VHOST:
        p = put(p, o->u.vhost.what);
        p = put_range(p, o->u.vhost.range);
        p = put(p, o->u.vhost.gpa.v);
        p = put(p, o->u.vhost.perm);
        p = put_result(p, o->u.vhost.result);
        p = put_text(d, p, o->u.vhost.consumer);
        break;
    default: break;
    }
    return p;
}

/* Who hears what. */
static unsigned char *feed_registration(struct digest *d, unsigned char *p, const struct obs *o)
{
    if (o->kind == OBS_FLAGS) {
        p = put(p, o->u.flags.bdf.v);
        p = put(p, o->u.flags.old_flags);
        p = put(p, o->u.flags.new_flags);
        p = put_result(p, o->u.flags.result);
        return p;
    }
    p = put(p, o->u.reg.bdf.v);
    p = put(p, o->u.reg.flags);
    p = put_range(p, o->u.reg.range);
    p = put_result(p, o->kind == OBS_REGISTER ? o->u.reg.result : 0);
    p = put_text(d, p, o->u.reg.consumer);
    return p;
}

/* What the unit itself does. */
static unsigned char *feed_unit(unsigned char *p, const struct obs *o)
{
    switch (o->kind) {
    case OBS_UNIT_STORE:
        p = put(p, o->u.store.gpa.v);
        p = put(p, o->u.store.val);
        break;
    case OBS_GSTS:
        p = put(p, o->u.gsts.old_val);
        p = put(p, o->u.gsts.new_val);
        break;
    case OBS_ROOT:
        p = put(p, o->u.root.gpa.v);
        p = put(p, o->u.root.rtaddr);
        break;
    case OBS_INTERRUPT:
        p = put(p, o->u.msi.address);
        p = put(p, o->u.msi.data);
        p = put(p, o->u.msi.fault_event);
        break;
    case OBS_FAULT:
        p = put(p, o->u.fault.bdf.v);
        p = put(p, o->u.fault.iova.v);
        p = put(p, o->u.fault.reason);
        p = put(p, o->u.fault.end);
        break;
    case OBS_READ:
        p = put(p, o->u.read.off);
        p = put(p, o->u.read.bytes);
        p = put(p, o->u.read.model);
        break;
    default: break;
    }
    return p;
}

/* Records are the input, counted at the end; the note of a container's call has its range and
 * answer. */
#define SKIPS (OBS_BIT(OBS_RECORD) | OBS_BIT(OBS_RECORD_END) | OBS_BIT(OBS_TYPE1))

static void see(void *ctx, const struct obs *o)
{
    struct digest *d = ctx;
    unsigned char *p;

    if (SKIPS >> o->kind & 1)
        return;
    p = digest_room(d, ROOM_BYTES);
    p = put(p, o->kind);
    p = put(p, o->record);
    p = put(p, o->at_ns);
    switch (o->kind) {
    case OBS_INVAL_BEGIN:
    case OBS_INVAL_DONE:
    case OBS_INVAL_REFUSED:
    case OBS_QUEUE_ERROR:
    case OBS_WAIT_LANDED:
        p = put(p, o->u.inval.lo);
        p = put(p, o->u.inval.hi);
        p = put(p, o->u.inval.by_register);
        break;
    case OBS_NOTE: p = feed_note(d, p, o->u.note); break;
    case OBS_SYNCED:
        p = put(p, o->u.synced.bdf.v);
        p = put(p, o->u.synced.seq);
        break;
    case OBS_UNIT_STORE:
    case OBS_GSTS:
    case OBS_ROOT:
    case OBS_INTERRUPT:
    case OBS_FAULT:
    case OBS_READ: p = feed_unit(p, o); break;
    case OBS_DEVICE:
    case OBS_SWITCH:
    case OBS_CONSUMER:
    case OBS_VHOST: p = feed_who(d, p, o); break;
    case OBS_LOCK:
    case OBS_TYPE1_DEVICE:
    case OBS_DMA_UNMAP:
    case OBS_PIN: p = feed_type1(d, p, o); break;
    case OBS_REGISTER:
    case OBS_UNREGISTER:
    case OBS_REPLAY_BEGIN:
    case OBS_REPLAY_END:
    case OBS_FLAGS: p = feed_registration(d, p, o); break;
    case OBS_DMA: p = feed_dma(d, p, o); break;
    case OBS_DMA_SHADOW: p = feed_dma_shadow(d, p, o); break;
    case OBS_RECORD:
    case OBS_RECORD_END:
    case OBS_TYPE1:
    case OBS_RESET:
    case OBS_ABORT:
    case OBS_KINDS: break;
    }
    digest_wrote(d, p);
}

struct observer digest_observer(struct digest *d)
{
    return (struct observer){.see = see, .ctx = d, .skips = SKIPS};
}

#define FEED(d, ...)                                                                               \
    digest_words(d, (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8)

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
