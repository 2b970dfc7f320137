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

static void see_device(struct checks *c, const struct obs *o)
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

static void see_vhost(struct checks *c, const struct obs *o)
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

static void see_record(struct checks *c, const struct obs *o)
{
    chk_record_begins(c, o->u.rec);
}

static void see_record_end(struct checks *c, const struct obs *o)
{
    (void)o;
    chk_record_ends(c);
}

static void see_unit_store(struct checks *c, const struct obs *o)
{
    chk_memory_changes(c, o->u.store.gpa.v, 4);
    hist_unit_store(c, o->u.store.gpa.v);
}

static void see_gsts(struct checks *c, const struct obs *o)
{
    chk_gsts_moves(c, o->u.gsts.old_val, o->u.gsts.new_val);
}

static void see_queue_error(struct checks *c, const struct obs *o)
{
    (void)o;
    chk_queue_stops(c);
}

static void see_wait(struct checks *c, const struct obs *o)
{
    chk_wait_landed(c, o->u.inval.lo, o->u.inval.hi);
}

static void see_note(struct checks *c, const struct obs *o)
{
    chk_note(c, o->u.note);
}

static void see_reset(struct checks *c, const struct obs *o)
{
    (void)o;
    chk_reset(c);
}

static void see_abort(struct checks *c, const struct obs *o)
{
    chk_abort(c, o->u.abort.why);
}

/* Beginnings concern devices on a list alone. */
static void see_ioctl(struct checks *c, const struct obs *o)
{
    if (!o->u.type1.begin || c->some_listed)
        chk_pins_ioctl(c, o);
}

/* One for each kind: a kind pays for what it needs, and for nothing of the others. Kinds without
 * one are not shown to the checks. */
static void (*const seen[OBS_KINDS])(struct checks *c, const struct obs *o) = {
    [OBS_RECORD] = see_record,
    [OBS_RECORD_END] = see_record_end,
    [OBS_UNIT_STORE] = see_unit_store,
    [OBS_GSTS] = see_gsts,
    [OBS_ROOT] = chk_root_latched,
    [OBS_INVAL_BEGIN] = chk_inval_begins,
    [OBS_INVAL_DONE] = chk_inval_done,
    [OBS_INVAL_REFUSED] = chk_inval_refused,
    [OBS_QUEUE_ERROR] = see_queue_error,
    [OBS_WAIT_LANDED] = see_wait,
    [OBS_DEVICE] = see_device,
    [OBS_SWITCH] = see_device,
    [OBS_CONSUMER] = chk_consumer,
    [OBS_REGISTER] = chk_register,
    [OBS_UNREGISTER] = chk_unregister,
    [OBS_FLAGS] = chk_flags,
    [OBS_REPLAY_BEGIN] = chk_replay,
    [OBS_REPLAY_END] = chk_replay,
    [OBS_NOTE] = see_note,
    [OBS_READ] = chk_observed_read,
    [OBS_DMA] = chk_dma,
    [OBS_DMA_SHADOW] = chk_dma_shadow,
    [OBS_RESET] = see_reset,
    [OBS_LOCK] = chk_pins,
    [OBS_TYPE1] = see_ioctl,
    [OBS_TYPE1_DEVICE] = chk_pins,
    [OBS_DMA_UNMAP] = chk_pins,
    [OBS_PIN] = chk_pins,
    [OBS_VHOST] = see_vhost,
    [OBS_ABORT] = see_abort,
};

static void see(void *ctx, const struct obs *o)
{
    struct checks *c = ctx;

    c->record = o->record;
    c->at_ns = o->at_ns;
    seen[o->kind](c, o);
}

#define SEEN_OFF                                                                                   \
    (OBS_BIT(OBS_RECORD) | OBS_BIT(OBS_NOTE) | OBS_BIT(OBS_READ) | OBS_BIT(OBS_DMA) |              \
     OBS_BIT(OBS_ABORT))

struct observer checks_observer(struct checks *c)
{
    struct observer o = {.see = see, .ctx = c};

    if (c->cfg.mode == CHECK_OFF)
        return (struct observer){.see = see_observed, .ctx = c, .skips = ~SEEN_OFF};
    for (unsigned kind = 0; kind < OBS_KINDS; kind++)
        o.skips |= seen[kind] ? 0 : OBS_BIT(kind);
    return o;
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
