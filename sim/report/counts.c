/* SPDX-License-Identifier: MIT */
#include "report/counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"

const char *inval_kind_name(enum inval_kind k)
{
    static const char *const names[INVAL_KINDS] = {
        [INVAL_CTX_GLOBAL] = "context cache, global",
        [INVAL_CTX_DOMAIN] = "context cache, domain",
        [INVAL_CTX_DEVICE] = "context cache, device",
        [INVAL_IOTLB_GLOBAL] = "IOTLB, global",
        [INVAL_IOTLB_DOMAIN] = "IOTLB, domain",
        [INVAL_IOTLB_PAGE] = "IOTLB, pages",
        [INVAL_DEVICE_IOTLB] = "device IOTLB",
        [INVAL_IEC] = "interrupt entry cache",
        [INVAL_WAIT] = "wait",
        [INVAL_OTHER] = "other",
    };

    return k < INVAL_KINDS ? names[k] : "other";
}

enum inval_kind inval_kind_of(uint64_t lo)
{
    unsigned type = lo & 0xf, granularity = lo >> 4 & 3;

    if (lo >> 9 & 7) /* the upper half of the type */
        return INVAL_OTHER;
    switch (type) {
    case 1: return granularity ? INVAL_CTX_GLOBAL + (granularity - 1) : INVAL_OTHER;
    case 2: return granularity ? INVAL_IOTLB_GLOBAL + (granularity - 1) : INVAL_OTHER;
    case 3: return INVAL_DEVICE_IOTLB;
    case 4: return INVAL_IEC;
    case 5: return INVAL_WAIT;
    default: return INVAL_OTHER;
    }
}

void counts_init(struct counts *c)
{
    memset(c, 0, sizeof(*c));
}

void counts_free(struct counts *c)
{
    free(c->consumers);
    counts_init(c);
}

const struct consumer_counts *counts_consumer(const struct counts *c, const char *name)
{
    for (size_t i = 0; name && i < c->consumers_count; i++)
        if (!strcmp(c->consumers[i].name, name))
            return &c->consumers[i];
    return NULL;
}

static struct consumer_counts *consumer(struct counts *c, const char *name, bdf_t bdf)
{
    struct consumer_counts *k = (struct consumer_counts *)counts_consumer(c, name);

    if (k || !name)
        return k;
    if (c->consumers_count == c->consumers_room) {
        size_t room = c->consumers_room ? 2 * c->consumers_room : 8;
        struct consumer_counts *more = realloc(c->consumers, room * sizeof(*more));

        if (!more) {
            c->failed = true;
            return NULL;
        }
        c->consumers = more;
        c->consumers_room = room;
    }
    k = &c->consumers[c->consumers_count++];
    *k = (struct consumer_counts){.bdf = bdf};
    snprintf(k->name, sizeof(k->name), "%s", name);
    return k;
}

static void count_why(struct consumer_counts *k, const char *why)
{
    for (size_t i = 0; i < WHY_KINDS; i++) {
        if (!k->why[i].count)
            snprintf(k->why[i].why, WHY_BYTES, "%s", why);
        if (!strncmp(k->why[i].why, why, WHY_BYTES - 1)) {
            k->why[i].count++;
            return;
        }
    }
}

APART static void count_note(struct counts *c, const struct note *n)
{
    struct consumer_counts *k = consumer(c, n->consumer, n->bdf);

    c->notes++;
    if (!k)
        return;
    k->map += n->type == NOTE_MAP;
    k->unmap += n->type == NOTE_UNMAP;
    k->devtlb += n->type == NOTE_DEVTLB;
    k->by_region += n->via == VIA_REGION;
    if (n->asked && n->result < 0 && !k->refused++) {
        k->refused_record = n->record;
        k->refused_result = n->result;
    }
    if (!n->asked && n->why) {
        k->not_asked++;
        count_why(k, n->why);
    }
}

/* The sentence of the first refusal is kept. */
static void count_registration(struct counts *c, const struct obs *o)
{
    struct consumer_counts *k;

    c->registrations++;
    if (o->u.reg.result >= 0)
        return;
    c->registrations_refused++;
    k = consumer(c, o->u.reg.consumer, o->u.reg.bdf);
    if (!k || *k->unregistered)
        return;
    snprintf(k->unregistered, sizeof(k->unregistered), "%s",
             o->u.reg.why && *o->u.reg.why ? o->u.reg.why : "no reason given");
    k->unregistered_record = o->record;
}

static void count_record(struct counts *c, const struct rec *r)
{
    c->events++;
    if (r->kind < REC_KINDS)
        c->by_kind[r->kind]++;
    switch (r->kind) {
    case REC_W32:
    case REC_W64: c->register_writes++; break;
    case REC_R32:
    case REC_R64: c->register_reads++; break;
    case REC_MEM: c->mem_words += r->u.mem.words; break;
    case REC_ZERO: c->zeroed_bytes += r->u.zero.bytes; break;
    case REC_DMA:
        c->dma++;
        c->dma_observed += r->u.dma.seen != DMA_SEEN_NOTHING;
        break;
    case REC_AT:
        if (!c->has_time)
            c->first_ns = r->u.at.ns;
        c->has_time = true;
        c->last_ns = r->u.at.ns;
        break;
    default: break;
    }
}

static struct difference *next_difference(struct counts *c, uint64_t record)
{
    struct difference *d = c->diffs < DIFFERENCES_KEPT ? &c->diff[c->diffs++] : NULL;

    if (d)
        *d = (struct difference){.record = record};
    return d;
}

static void count_read(struct counts *c, const struct obs *o)
{
    uint64_t mask = o->u.read.bytes == 4 ? UINT32_MAX : UINT64_MAX;
    bool differs = ((o->u.read.seen ^ o->u.read.model) & mask) != 0;
    struct difference *d = differs ? next_difference(c, o->record) : NULL;

    if (!d)
        return;
    d->off = o->u.read.off;
    d->seen = o->u.read.seen & mask;
    d->model = o->u.read.model & mask;
}

static void count_dma(struct counts *c, const struct obs *o)
{
    struct difference *d = o->u.dma.differs ? next_difference(c, o->record) : NULL;

    if (!d)
        return;
    d->dma = true;
    d->bdf = o->u.dma.rec->u.dma.bdf;
    d->iova = o->u.dma.rec->u.dma.iova;
    d->dma_seen = o->u.dma.rec->u.dma.seen;
    d->seen_gpa = o->u.dma.rec->u.dma.gpa;
    d->seen_reason = o->u.dma.rec->u.dma.reason;
    d->result = o->u.dma.result;
}

static void count_consumer(struct counts *c, const struct obs *o)
{
    struct consumer_counts *k = consumer(c, o->u.consumer.name, o->u.consumer.bdf);

    if (!k)
        return;
    k->known = true;
    k->kind = o->u.consumer.kind;
    k->bdf = o->u.consumer.bdf;
    k->has_alias = o->u.consumer.has_alias;
    k->alias = o->u.consumer.alias;
    k->present = o->u.consumer.joined;
}

static void count_pin(struct counts *c, const struct obs *o)
{
    struct consumer_counts *k = (struct consumer_counts *)counts_consumer(c, o->u.pin.consumer);
    bool refused = o->u.pin.result < 0;

    if (!k)
        return;
    k->pins_refused += refused;
    k->pins += !refused && !o->u.pin.unpin;
    k->unpins += !refused && o->u.pin.unpin;
    c->pins_refused += refused;
    c->pins += !refused && !o->u.pin.unpin;
    c->pages_pinned += !refused && !o->u.pin.unpin ? o->u.pin.pages : 0;
    c->unpins += !refused && o->u.pin.unpin;
}

static void count_type1(struct counts *c, const struct obs *o)
{
    struct iova_range r = o->u.type1.range;

    if (o->u.type1.begin) {
        c->type1_maps += !o->u.type1.unmap;
        c->type1_unmaps += o->u.type1.unmap;
        return;
    }
    c->type1_refused += o->u.type1.result < 0;
    if (!o->u.type1.unmap && o->u.type1.result == 0)
        c->type1_pages += ((r.last.v - r.first.v) >> 12) + 1;
}

static void count_dma_unmap(struct counts *c, const struct obs *o)
{
    struct consumer_counts *k =
        (struct consumer_counts *)counts_consumer(c, o->u.dma_unmap.consumer);

    if (!k || !o->u.dma_unmap.begin)
        return;
    k->dma_unmaps++;
    c->dma_unmaps++;
}

/* Not inlined: what saves no registers is quicker to call. */
APART static void see_rare(struct counts *c, const struct obs *o)
{
    switch (o->kind) {
    case OBS_UNIT_STORE: c->unit_stores++; break;
    case OBS_ROOT: c->root_latched++; break;
    case OBS_WAIT_LANDED: c->inval[INVAL_WAIT]++; break;
    case OBS_INVAL_REFUSED: c->inval_refused++; break;
    case OBS_QUEUE_ERROR: c->queue_errors++; break;
    case OBS_INTERRUPT: c->interrupts++; break;
    case OBS_FAULT:
        c->faults_recorded += o->u.fault.end == XLAT_FAULT;
        c->faults_unrecorded += o->u.fault.end != XLAT_FAULT;
        break;
    case OBS_SWITCH: c->switches++; break;
    case OBS_CONSUMER: count_consumer(c, o); break;
    case OBS_REGISTER: count_registration(c, o); break;
    case OBS_FLAGS: c->flags_changes++; break;
    case OBS_REPLAY_BEGIN: c->replays++; break;
    case OBS_VHOST: c->vhost[o->u.vhost.what]++; break;
    case OBS_PIN: count_pin(c, o); break;
    case OBS_DMA_UNMAP: count_dma_unmap(c, o); break;
    case OBS_READ: count_read(c, o); break;
    case OBS_DMA: count_dma(c, o); break;
    case OBS_RESET: c->resets++; break;
    case OBS_ABORT:
        c->abort_record = o->record;
        snprintf(c->abort_why, sizeof(c->abort_why), "%s",
                 o->u.abort.why && *o->u.abort.why ? o->u.abort.why : "no reason given");
        break;
    default: break;
    }
}

static void count_inval(struct counts *c, const struct obs *o)
{
    enum inval_kind kind = inval_kind_of(o->u.inval.lo);

    c->inval[kind] += kind != INVAL_WAIT;
    c->inval_by_register += o->u.inval.by_register;
}

/* The kinds that make up nearly all of a run. */
static void see(void *ctx, const struct obs *o)
{
    struct counts *c = ctx;

    switch (o->kind) {
    case OBS_RECORD: count_record(c, o->u.rec); break;
    case OBS_NOTE: count_note(c, o->u.note); break;
    case OBS_TYPE1: count_type1(c, o); break;
    case OBS_INVAL_DONE: count_inval(c, o); break;
    default: see_rare(c, o); break;
    }
}

/* What `see` leaves alone. */
#define SKIPS                                                                                      \
    (OBS_BIT(OBS_RECORD_END) | OBS_BIT(OBS_GSTS) | OBS_BIT(OBS_INVAL_BEGIN) |                      \
     OBS_BIT(OBS_DEVICE) | OBS_BIT(OBS_UNREGISTER) | OBS_BIT(OBS_REPLAY_END) |                     \
     OBS_BIT(OBS_DMA_SHADOW) | OBS_BIT(OBS_LOCK) | OBS_BIT(OBS_TYPE1_DEVICE) |                     \
     OBS_BIT(OBS_SYNCED))

struct observer counts_observer(struct counts *c)
{
    return (struct observer){.see = see, .ctx = c, .skips = SKIPS};
}
