/* SPDX-License-Identifier: MIT */
/* The listener: passes each observation to the families that judge it, in the order in which they
 * depend. */
#include "checks/registry.h"

#include <stdlib.h>
#include <string.h>

struct checks *checks_new(const struct check_config *cfg, struct err *e)
{
    struct checks *c = calloc(1, sizeof *c);

    if (c) {
        c->cfg = *cfg;
        c->arch = arch_of(cfg);
        chk_findings_init(c);
        c->context = calloc(1, sizeof *c->context);
        if (c->context && chk_watch_new(c) && hist_init(c) && !chk_observed_init(c)) {
            c->cfg.expectations = NULL;
            return c;
        }
        checks_free(c);
    }
    err_set(e, 12, "out of memory while making the checks");
    return NULL;
}

void checks_free(struct checks *c)
{
    if (!c)
        return;
    reg_free(c->registry);
    chk_watch_free(c);
    chk_pins_free(c);
    chk_people_free(c);
    chk_observed_free(c);
    for (size_t i = 0; i < c->founds; i++) {
        free((char *)c->found[i].text);
        free((char *)c->found[i].consumer);
    }
    chk_exact_free(c);
    free(c->context);
    spans_free(&c->changed.parts);
    free(c->found);
    free(c->stale);
    free(c->stories);
    free(c);
}

APART static void see_device(struct checks *c, const struct obs *o)
{
    bool leaves = o->kind == OBS_DEVICE && !o->u.device.on;
    struct device_state *d;

    if (o->kind == OBS_DEVICE && o->u.device.has_alias && !leaves)
        chk_alias_joins(c, o->u.device.bdf, o->u.device.alias);
    d = chk_device(c, o->u.device.bdf, true);
    if (leaves)
        chk_alias_leaves(c, o->u.device.bdf);
    if (!d)
        return;
    if (o->kind == OBS_SWITCH) {
        d->translated = o->u.device.on;
        chk_device_iotlb_switched(c, &d->bdf);
        if (!o->u.device.on)
            chk_misses_must_end(c, &d->bdf, "its device is translated no longer");
    } else if (d->bdf.v == o->u.device.bdf.v) {
        d->joined = o->u.device.on;
        d->ats = o->u.device.on && o->u.device.ats;
    }
    /* What others behind the same alias still use stays as it is. */
    if (leaves && !d->joined && !chk_is_alias(c, d->bdf))
        d->translated = false;
    chk_dirty_device(c, d->bdf);
}

APART static void see_vhost(struct checks *c, const struct obs *o)
{
    struct person *p = chk_person(c, o->u.vhost.consumer);

    if (!p)
        return;
    chk_misses_see(c, p, o);
    chk_device_iotlb_see(c, p, o);
}

/* CHECK_OFF: no invariant is judged, but what was observed on a real system is still compared. */
static void see_observed(void *ctx, const struct obs *o)
{
    struct checks *c = ctx;
    const struct person *p;

    c->record = o->record;
    c->at_ns = o->at_ns;
    if (o->kind == OBS_RECORD)
        chk_observed_record(c, o->u.rec);
    else if (o->kind == OBS_NOTE && (p = chk_person(c, o->u.note->consumer)))
        chk_observed_note(c, p, o->u.note);
    else if (o->kind == OBS_READ)
        chk_observed_read(c, o);
    else if (o->kind == OBS_DMA)
        chk_observed_dma(c, o);
    else if (o->kind == OBS_ABORT)
        c->aborted = true;
}

static void see_ioctl(struct checks *c, const struct obs *o)
{
    if (!o->u.type1.begin || c->some_listed)
        chk_pins_ioctl(c, o);
}

static void see(void *ctx, const struct obs *o)
{
    struct checks *c = ctx;

    c->record = o->record;
    c->at_ns = o->at_ns;
    switch (o->kind) {
    case OBS_RECORD: chk_record_begins(c, o->u.rec); break;
    case OBS_RECORD_END: chk_record_ends(c); break;
    case OBS_UNIT_STORE:
        chk_memory_changes(c, o->u.store.gpa.v, 4);
        hist_unit_store(c, o->u.store.gpa.v);
        break;
    case OBS_GSTS: chk_gsts_moves(c, o->u.gsts.old_val, o->u.gsts.new_val); break;
    case OBS_ROOT: chk_root_latched(c, o); break;
    case OBS_INVAL_BEGIN: chk_inval_begins(c, o); break;
    case OBS_INVAL_DONE: chk_inval_done(c, o); break;
    case OBS_INVAL_REFUSED: chk_inval_refused(c, o); break;
    case OBS_QUEUE_ERROR: chk_queue_stops(c); break;
    case OBS_WAIT_LANDED: chk_wait_landed(c, o->u.inval.lo, o->u.inval.hi); break;
    case OBS_DEVICE:
    case OBS_SWITCH: see_device(c, o); break;
    case OBS_CONSUMER: chk_consumer(c, o); break;
    case OBS_REGISTER: chk_register(c, o); break;
    case OBS_UNREGISTER: chk_unregister(c, o); break;
    case OBS_FLAGS: chk_flags(c, o); break;
    case OBS_REPLAY_BEGIN:
    case OBS_REPLAY_END: chk_replay(c, o); break;
    case OBS_NOTE: chk_note(c, o->u.note); break;
    case OBS_READ: chk_observed_read(c, o); break;
    case OBS_DMA: chk_dma(c, o); break;
    case OBS_DMA_SHADOW: chk_dma_shadow(c, o); break;
    case OBS_RESET: chk_reset(c); break;
    case OBS_VHOST: see_vhost(c, o); break;
    case OBS_ABORT: chk_abort(c, o->u.abort.why); break;
    case OBS_TYPE1: see_ioctl(c, o); break;
    case OBS_LOCK:
    case OBS_TYPE1_DEVICE:
    case OBS_DMA_UNMAP:
    case OBS_PIN: chk_pins(c, o); break;
    case OBS_SYNCED:
    case OBS_INTERRUPT:
    case OBS_FAULT:
    case OBS_KINDS: break;
    }
}

#define SEEN_OFF                                                                                   \
    (OBS_BIT(OBS_RECORD) | OBS_BIT(OBS_NOTE) | OBS_BIT(OBS_READ) | OBS_BIT(OBS_DMA) |              \
     OBS_BIT(OBS_ABORT))

struct observer checks_observer(struct checks *c)
{
    if (c->cfg.mode == CHECK_OFF)
        return (struct observer){.see = see_observed, .ctx = c, .skips = ~SEEN_OFF};
    return (struct observer){.see = see,
                             .ctx = c,
                             .skips =
                                 OBS_BIT(OBS_SYNCED) | OBS_BIT(OBS_INTERRUPT) | OBS_BIT(OBS_FAULT)};
}

uint64_t checks_told_bytes(const struct checks *c)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < c->persons; i++)
        bytes += spans_bytes(&c->people[i]->told);
    return bytes;
}

void checks_finish(struct checks *c)
{
    chk_observed_end(c);
    if (c->cfg.mode == CHECK_OFF)
        return;
    chk_stale_settle(c);
    chk_flags_settled(c);
}
