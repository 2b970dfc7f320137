/* SPDX-License-Identifier: MIT */
/*
 * What the device IOTLB of a vhost may hold. The updates that it was given stand in `told`, with
 * the rights that were lawful when they were given. With ATS off they must be true when an IOTLB
 * invalidation has completed; with ATS on, when a device-TLB invalidation has (specification 4.1,
 * 6.5.2.5; vtd-facts 8 O2): until then the device may go on with what it was lawfully given.
 */
#include "checks/registry.h"

typedef unsigned long long ull;

/*
 * States of a span here. Where entries overlap it is the device's own affair which one answers.
 */
enum {
    TOLD_ONCE = TOLD_HELD,
    TOLD_AGAIN = TOLD_REFUSED,  /* the same was given more than once */
    TOLD_VAGUE = TOLD_NOT_ASKED /* others overlap it */
};

static unsigned state_of(const struct span *s)
{
    return told_state(s->meta);
}

static bool on_demand(const struct person *p)
{
    return p->joined && p->kind == CONSUMER_VHOST && !chk_keeps(p);
}

/* Its guest takes entries away by device-TLB invalidations. */
static bool has_ats(struct checks *c, const struct person *p)
{
    const struct device_state *d = chk_device(c, p->bdf, false);

    return d && d->ats && c->arch.device_tlb;
}

/* The rights with which the device may reach `target` at `at`. */
static enum perm lawful(const struct checks *c, const struct person *p, uint64_t at,
                        uint64_t target, enum perm among)
{
    static const struct {
        enum perm right;
        enum dma_access access;
    } rights[] = {{PERM_R, DMA_R}, {PERM_W, DMA_W}};
    unsigned all = PERM_NONE;
    struct allowed a;

    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        if (!(among & rights[i].right))
            continue;
        chk_allowed_now(c, p->bdf, at, rights[i].access, &a);
        if (chk_may_reach(&a, target))
            all |= rights[i].right;
    }
    return (enum perm)all;
}

static void updated(struct checks *c, struct person *p, const struct obs *o)
{
    uint64_t first = o->u.vhost.range.first.v, last = o->u.vhost.range.last.v;
    struct device_state *d = chk_device(c, p->bdf, true);
    unsigned state = TOLD_ONCE;
    struct span_pos pos;
    const struct span *s = spans_seek(&p->told, first, &pos);
    unsigned rights = lawful(c, p, first, o->u.vhost.gpa.v, o->u.vhost.perm);

    if (s && s->first <= last) {
        bool again = s->first == first && s->last == last && s->gpa == o->u.vhost.gpa.v;

        state = again && state_of(s) != TOLD_VAGUE ? TOLD_AGAIN : TOLD_VAGUE;
        rights |= told_perm(s->meta); /* the older one may answer on */
    }
    if (!spans_cut(&p->told, first, last) ||
        !spans_put(&p->told, (struct span){first, last, o->u.vhost.gpa.v,
                                           told_meta((enum perm)rights, (enum told_state)state,
                                                     true, c->record)}))
        c->failed = true;
    c->some_reached = true;
    if (d && d->translated && !spans_add(&d->reached, first, last))
        c->failed = true; /* the unit translated it: its IOTLB may hold it, too */
}

/* Where others overlapped it, they may answer now: what is known there stays as it is. */
static bool evicted(struct person *p, struct iova_range r)
{
    struct span_pos pos;
    const struct span *s = spans_seek(&p->told, r.first.v, &pos);

    if (!s || s->first != r.first.v || s->last != r.last.v || state_of(s) != TOLD_ONCE)
        return true;
    return spans_cut(&p->told, r.first.v, r.last.v);
}

void chk_device_iotlb_see(struct checks *c, struct person *p, const struct obs *o)
{
    struct iova_range r = o->u.vhost.range;
    bool ok = true;

    if (p->on_demand && o->u.vhost.what == VHOST_STOPPED) {
        spans_free(
            &p->told); /* with MAP among its flags, too: another table when it starts again */
        spans_free(&p->refused);
    }
    if (!on_demand(p))
        return;
    switch (o->u.vhost.what) {
    case VHOST_UPDATE:
        if (o->u.vhost.result >= 0)
            updated(c, p, o);
        break;
    case VHOST_INVALIDATE:
        if (o->u.vhost.result < 0) {
            ok = spans_add(&p->refused, r.first.v, r.last.v);
            break;
        }
        ok =
            spans_cut(&p->refused, r.first.v, r.last.v) && spans_cut(&p->told, r.first.v, r.last.v);
        break;
    case VHOST_EVICTED: ok = evicted(p, r); break;
    case VHOST_STOPPED:
        spans_free(&p->told);
        spans_free(&p->refused);
        break;
    default: break;
    }
    if (!ok)
        c->failed = true;
}

/* Another address space, or none: what was given before is lawful no longer. */
void chk_device_iotlb_switched(struct checks *c, const bdf_t *of)
{
    for (size_t i = 0; i < c->persons; i++)
        if (on_demand(c->people[i]) && (!of || c->people[i]->bdf.v == of->v))
            spans_free(&c->people[i]->told);
}

bool chk_device_iotlb_may(struct checks *c, struct person *p, uint64_t at, uint64_t target,
                          enum perm right)
{
    struct span_pos pos;
    const struct span *s;

    if (spans_touch(&p->refused, at, at))
        return true; /* its side refused an INVALIDATE there */
    if (!has_ats(c, p))
        return false;
    s = spans_seek(&p->told, at, &pos);
    if (!s || s->first > at)
        return false;
    return state_of(s) == TOLD_VAGUE ||
           (s->gpa + (at - s->first) == target && (told_perm(s->meta) & right));
}

/* One update that the invalidation covers: gone, still true, or stale (then said once). */
static bool still_true(struct checks *c, struct person *p, const struct span *s, uint64_t at,
                       bool *said)
{
    struct held_xlat h;
    enum perm rights;
    uint64_t target;

    if (!chk_held(c, p, at, &h))
        return false;
    target = h.gpa.v + (at - h.range.first.v);
    rights = h.perm & told_perm(s->meta);
    if (lawful(c, p, at, target, rights) == rights || spans_touch(&p->refused, at, at) ||
        state_of(s) == TOLD_VAGUE)
        return true;
    if (!*said)
        chk_find(
            c, COH_STALE, &(struct where){p, true, h.range, told_record(s->meta)},
            "The invalidation has completed, so the device IOTLB of %s should translate 0x%llx "
            "as the tables do; however it still holds 0x%llx-0x%llx as 0x%llx (%s), given in "
            "record %llu.",
            p->name, (ull)at, (ull)h.range.first.v, (ull)h.range.last.v, (ull)h.gpa.v,
            chk_perm(h.perm), (ull)told_record(s->meta));
    *said = true;
    return false;
}

APART static void judge(struct checks *c, struct person *p, const struct desc *d)
{
    bool said = false;
    struct span_pos pos;
    const struct span *found;

    for (uint64_t from = d->first;
         (found = spans_seek(&p->told, from, &pos)) && found->first <= d->last;) {
        struct span s = *found;
        uint64_t at = s.first > d->first ? s.first : d->first;

        if (!still_true(c, p, &s, at, &said) && !spans_cut(&p->told, s.first, s.last))
            c->failed = true;
        if (s.last >= d->last)
            return;
        from = s.last + 1;
    }
}

void chk_device_iotlb_judge(struct checks *c, const struct desc *d)
{
    if (!c->cfg.world.held || d->scope == SCOPE_BAD)
        return;
    for (size_t i = 0; i < c->persons; i++) {
        struct person *p = c->people[i];

        if (!on_demand(p) || !p->told.count)
            continue;
        if (has_ats(c, p) ? d->type == DESC_DEVTLB && d->sid == p->bdf.v : d->type == DESC_IOTLB)
            judge(c, p, d);
    }
}
