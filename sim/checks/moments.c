/* SPDX-License-Identifier: MIT */
/* The moments at which most families have something to do: a record, an invalidation, a wait begins
 * or is over, the unit's state changes. Each calls them in the order in which they depend. */
#include "checks/guest.h"

static void record_of_checks(struct checks *c, const struct rec *r)
{
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

/* Memory is about to be written. */
static void store_begins(struct checks *c, const struct rec *r)
{
    unsigned words = r->u.mem.words;

    c->context->storing = true;
    chk_memory_changes(c, r->u.mem.gpa.v, 8 * (uint64_t)words);
    c->watch->store_words = words;
    queue_stored(c, r);
    chk_observed_event(c);
    chk_queue_untouched(c);
    c->snapshot = words > 2 || (words == 2 && (r->u.mem.gpa.v & 8));
    hist_before(c, r);
}

/* A register is. */
static void write_begins(struct checks *c, const struct rec *r)
{
    c->context->storing = false;
    c->watch->store_words = 0;
    queue_record(c, r);
    order_record(c, r);
    chk_observed_event(c);
    c->snapshot = false;
    chk_queue_record(c, r);
    chk_guest_record(c, r);
    c->registry->pending_count = 0;
}

static void other_begins(struct checks *c, const struct rec *r)
{
    c->context->storing = r->kind == REC_ZERO;
    if (r->kind != REC_R32 && r->kind != REC_R64 && r->kind != REC_DMA)
        chk_memory_forget(c); /* these change no memory of themselves */
    c->watch->store_words = 0;
    order_record(c, r);
    chk_observed_record(c, r);
    chk_queue_untouched(c);
    c->snapshot = r->kind == REC_ZERO;
    hist_before(c, r);
    if (r->kind == REC_ATS || r->kind == REC_FAIL)
        record_of_checks(c, r);
}

void chk_record_begins(struct checks *c, const struct rec *r)
{
    c->rec_kind = r->kind;
    if (c->some_refused)
        chk_converge_begin(c);
    if (r->kind == REC_MEM)
        store_begins(c, r);
    else if (r->kind == REC_W32 || r->kind == REC_W64)
        write_begins(c, r);
    else
        other_begins(c, r);
}

void chk_record_ends(struct checks *c)
{
    if (c->registry->pending_count || c->tops_moved || c->registry->rebuild)
        hist_after(c);
    if (c->judge_srtp) {
        struct desc all = {.type = DESC_IOTLB, .scope = SCOPE_GLOBAL, .last = UINT64_MAX};

        c->judge_srtp = false;
        chk_shadow(c, &all);
    }
    if (c->stales)
        chk_stale_settle(c);
    if (c->misses_moved)
        chk_misses_record_end(c);
    if (c->queue.wrote)
        chk_queue_record_end(c);
    if (c->exact.waiting)
        chk_exact_record_end(c);
    if (c->some_taken)
        chk_redundant_settled(c);
    if (c->late_notes || c->judge_empty || c->done_shown)
        chk_notes_record_end(c);
    if (c->flags_moved)
        chk_flags_settled(c);
}

void chk_gsts_moves(struct checks *c, uint32_t old, uint32_t new)
{
    queue_gsts(c, old, new);
    if ((new & ~c->gsts) & ARCH_TE)
        c->te_record = c->record;
    if ((new ^ c->gsts) & ARCH_TE)
        c->judge_empty = true;
    chk_queue_gsts(c, new);
    c->gsts = new;
    chk_done_shown(c, true);
}

void chk_root_latched(struct checks *c, const struct obs *o)
{
    order_root(c, o->u.root.rtaddr);
    c->root_bad = o->u.root.rtaddr >> 10 & 3;
    hist_root(c, o->u.root.gpa.v);
    chk_guest_root(c);
    c->judge_srtp = c->arch.esrtps && (c->gsts & ARCH_TE);
}

void chk_reset(struct checks *c)
{
    chk_memory_forget(c);
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

/* What the consumers were told of pages that changed will be looked at: the way there is long. */
static void expect_page(struct checks *c, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < c->persons; i++)
        if (dirty_touch(&c->people[i]->dirty, first, last))
            spans_expect(&c->people[i]->told, first);
}

void chk_inval_begins(struct checks *c, const struct obs *o)
{
    uint64_t lo = o->u.inval.lo, hi = o->u.inval.hi;
    bool by_register = o->u.inval.by_register;
    const struct desc *d = &c->inval;

    arch_desc(&c->arch, lo, hi, by_register, &c->inval);
    c->inval_lo = lo;
    c->inval_hi = hi;
    c->inval_by_register = by_register;
    if (d->type == DESC_IOTLB && d->scope == SCOPE_FINE) {
        expect_page(c, d->first, d->last);
        cover_expect(c, d);
    }
    c->watch->by_register = by_register;
    if (!by_register)
        queue_taken(c);
    order_begin(c, lo, d);
    c->in_inval = true;
    c->inval_of_domain = d->type == DESC_IOTLB && d->scope >= SCOPE_DOMAIN;
    if (c->some_refused)
        chk_converge_begin(c);
    chk_guest_desc(c, lo, hi, by_register, d);
    if (!by_register)
        chk_queue_taken(c, lo, hi, d);
    if (c->some_taken)
        chk_redundant_settled(c);
    chk_exact_before(c, d);
}

void chk_inval_done(struct checks *c, const struct obs *o)
{
    bool by_register = o->u.inval.by_register;
    const struct desc *d = &c->inval;
    struct desc other;

    if (o->u.inval.lo != c->inval_lo || o->u.inval.hi != c->inval_hi ||
        by_register != c->inval_by_register) {
        arch_desc(&c->arch, o->u.inval.lo, o->u.inval.hi, by_register, &other);
        d = &other;
    }
    chk_shadow(c, d);
    chk_stale_cached(c, d);
    chk_exact_after(c, d, by_register);
    if (c->stales)
        chk_stale_settle(c);
    if (c->some_taken)
        chk_redundant_settled(c);
    cover_done(c, d);
    chk_device_iotlb_done(c, d);
    chk_guest_done(c, d);
    chk_watch_done(c, d);
    c->in_inval = c->inval_of_domain = false;
}

void chk_inval_refused(struct checks *c, const struct obs *o)
{
    uint64_t lo = o->u.inval.lo, hi = o->u.inval.hi;
    bool by_register = o->u.inval.by_register;
    struct desc d;

    arch_desc(&c->arch, lo, hi, by_register, &d);
    if (!by_register)
        queue_refused(c, lo, hi);
    chk_guest_desc(c, lo, hi, by_register, &d);
    if (!by_register)
        chk_queue_refused(c, lo, hi);
}

void chk_queue_stops(struct checks *c)
{
    queue_error_seen(c);
    c->queue_broken = true;
    chk_queue_error(c);
}

void chk_wait_landed(struct checks *c, uint64_t lo, uint64_t hi)
{
    struct desc d;

    arch_desc(&c->arch, lo, hi, false, &d);
    chk_watch_wait(c, lo, hi);
    chk_queue_taken(c, lo, hi, &d);
    chk_guest_desc(c, lo, hi, false, &d);
    chk_done_shown(c, false);
}
