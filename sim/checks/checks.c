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

static void record_begins(struct checks *c, const struct rec *r)
{
    c->rec_kind = r->kind;
    chk_converge_begin(c);
    c->snapshot = r->kind == REC_ZERO ||
                  (r->kind == REC_MEM &&
                   (r->u.mem.words > 2 || (r->u.mem.words == 2 && (r->u.mem.gpa.v & 8))));
    chk_observed_record(c, r);
    chk_queue_record(c, r);
    chk_guest_record(c, r);
    hist_before(c, r);
    if (r->kind == REC_ATS) {
        struct device_state *d = chk_device(c, r->u.ats.bdf, true);

        if (d)
            d->ats = r->u.ats.on;
    }
    if (r->kind == REC_FAIL)
        chk_pins_fail(c, &r->u.fail);
    if (r->kind == REC_FAIL && r->u.fail.op == FAIL_UNMAP) {
        struct person *p = chk_person(c, r->u.fail.name);

        if (p)
            p->fail_unmaps += r->u.fail.count;
    }
}

static void record_ends(struct checks *c)
{
    hist_after(c);
    if (c->judge_srtp) {
        struct desc all = {.type = DESC_IOTLB, .scope = SCOPE_GLOBAL, .last = UINT64_MAX};

        c->judge_srtp = false;
        chk_shadow(c, &all);
    }
    chk_stale_settle(c);
    chk_misses_record_end(c);
    chk_queue_record_end(c);
    chk_exact_record_end(c);
    chk_redundant_settled(c);
    chk_notes_record_end(c);
    chk_flags_settled(c);
}

static void gsts_moves(struct checks *c, uint32_t new)
{
    if ((new & ~c->gsts) & ARCH_TE)
        c->te_record = c->record;
    if ((new ^ c->gsts) & ARCH_TE)
        c->judge_empty = true;
    chk_queue_gsts(c, new);
    c->gsts = new;
    chk_done_shown(c, true);
}

static void inval_done(struct checks *c, const struct obs *o)
{
    struct desc d;

    arch_desc(&c->arch, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register, &d);
    chk_shadow(c, &d);
    chk_stale_cached(c, &d);
    chk_exact_after(c, &d, o->u.inval.by_register);
    chk_stale_settle(c);
    chk_redundant_settled(c);
    cover_done(c, &d);
    chk_device_iotlb_done(c, &d);
    chk_guest_done(c, &d);
    chk_watch_done(c, &d);
    c->in_inval = false;
}

static void reset(struct checks *c)
{
    hist_reset(c);
    chk_guest_reset(c);
    chk_watch_reset(c);
    chk_queue_gsts(c, 0);
    c->gsts = 0;
    c->root_bad = false;
    c->judge_empty = true;
    c->judge_srtp = false;
    for (size_t i = 0; i < c->device_count; i++) {
        spans_free(&c->devices[i].reached);
        c->devices[i].ats = false;
    }
    chk_misses_must_end(c, NULL, "the unit was reset");
    chk_device_iotlb_switched(c, NULL);
}

static void root_latched(struct checks *c, const struct obs *o)
{
    c->root_bad = o->u.root.rtaddr >> 10 & 3;
    hist_root(c, o->u.root.gpa.v);
    chk_guest_root(c);
    c->judge_srtp = c->arch.esrtps && (c->gsts & ARCH_TE);
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
static void see_observed(struct checks *c, const struct obs *o)
{
    const struct person *p;

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

static void inval_begins(struct checks *c, const struct obs *o)
{
    c->in_inval = true;
    chk_converge_begin(c);
    arch_desc(&c->arch, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register, &c->inval);
    chk_guest_desc(c, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register);
    if (!o->u.inval.by_register)
        chk_queue_taken(c, o->u.inval.lo, o->u.inval.hi);
    if (c->inval.type == DESC_IOTLB && c->inval.scope == SCOPE_FINE)
        for (size_t i = 0; i < c->persons; i++)
            spans_expect(&c->people[i]->told, c->inval.first);
    chk_redundant_settled(c);
    chk_exact_before(c, &c->inval);
}

static void see(void *ctx, const struct obs *o)
{
    struct checks *c = ctx;

    c->record = o->record;
    c->at_ns = o->at_ns;
    if (c->cfg.mode == CHECK_OFF) {
        see_observed(c, o);
        return;
    }
    chk_context_seen(c, o);
    chk_watch(c, o);
    switch (o->kind) {
    case OBS_RECORD: record_begins(c, o->u.rec); break;
    case OBS_RECORD_END: record_ends(c); break;
    case OBS_UNIT_STORE: hist_unit_store(c, o->u.store.gpa.v); break;
    case OBS_GSTS: gsts_moves(c, o->u.gsts.new_val); break;
    case OBS_ROOT: root_latched(c, o); break;
    case OBS_INVAL_BEGIN: inval_begins(c, o); break;
    case OBS_INVAL_DONE: inval_done(c, o); break;
    case OBS_INVAL_REFUSED:
        chk_guest_desc(c, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register);
        if (!o->u.inval.by_register)
            chk_queue_refused(c, o->u.inval.lo, o->u.inval.hi);
        break;
    case OBS_QUEUE_ERROR:
        c->queue_broken = true;
        chk_queue_error(c);
        break;
    case OBS_WAIT_LANDED:
        chk_queue_taken(c, o->u.inval.lo, o->u.inval.hi);
        chk_guest_desc(c, o->u.inval.lo, o->u.inval.hi, false);
        chk_done_shown(c, false);
        break;
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
    case OBS_RESET: reset(c); break;
    case OBS_VHOST: see_vhost(c, o); break;
    case OBS_ABORT: chk_abort(c, o->u.abort.why); break;
    case OBS_LOCK:
    case OBS_TYPE1:
    case OBS_TYPE1_DEVICE:
    case OBS_DMA_UNMAP:
    case OBS_PIN: chk_pins(c, o); break;
    case OBS_SYNCED:
    case OBS_INTERRUPT:
    case OBS_FAULT:
    case OBS_KINDS: break;
    }
}

struct observer checks_observer(struct checks *c)
{
    return (struct observer){.see = see, .ctx = c};
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
