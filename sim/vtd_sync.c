/* SPDX-License-Identifier: MIT */
/* What one device is told: switched, synchronised with its tables, or replayed (vtd-facts 5.8). */
#include "vtd_unit.h"

void dev_target(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;

    d->target = (struct sync_target){.policy = u->policy,
                                     .strategy = u->sync,
                                     .region = &d->region,
                                     .shadow = &d->shadow,
                                     .counts = &u->sync_counts,
                                     .fate = u->fate,
                                     .visits = u->sync->follows_writes ? &d->visits : NULL,
                                     .aw_last = (UINT64_C(1) << u->config.aw_bits) - 1};
}

static void acted_on(struct vtd_dev *d, struct context c)
{
    d->has_acted = true;
    d->acted = c;
}

void dev_switch(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;
    struct context c;
    bool valid = u->translating && !u->blocked && dev_context(d, &c) == 0;
    bool translated = u->translating && !(valid && context_tt(c) == TT_PASS_THROUGH);

    d->has_acted = false; /* what was cached or told of another domain goes with this look */
    if (valid)
        acted_on(d, c);
    if (d->region.translated && !translated && u->policy->switch_unmaps) {
        sync_unmap_all(&d->target); /* nobody keeps what the tables made */
    }
    if (d->users)
        region_switch(&d->region, translated);
    else
        d->region.translated = translated; /* its devices left: nobody to show it to */
}

void switch_all(struct vtd_unit *u)
{
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++)
        dev_switch(u->devs[i]);
}

void flush_all(struct vtd_unit *u)
{
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++)
        sync_unmap_all(&u->devs[i]->target);
}

/* Tell the differences in `r` of a device whose context entry is `c`. */
static void sync_tables(struct vtd_dev *d, struct context c, struct iova_range r)
{
    struct table_view v = context_view(d->unit, c);

    if (r.first.v == 0 && r.last.v == UINT64_MAX)
        acted_on(d, c);
    sync_range(&d->target, &v, r);
}

/*
 * A pass-through entry in memory that waits for its context invalidation (a translated device is
 * looked at anew only then) names no tables. What was acted on before may still be cached: it is
 * followed on.
 */
static bool context_to_follow(const struct vtd_dev *d, struct context *c)
{
    if (context_tt(*c) != TT_PASS_THROUGH || !d->unit->policy->follows_acted_context)
        return true;
    if (d->has_acted)
        *c = d->acted;
    return d->has_acted;
}

void sync_dev_as(struct vtd_dev *d, int fault, struct context c)
{
    struct vtd_unit *u = d->unit;
    const struct sync_target *t = &d->target;

    if (!(d->region.flags & NOTIFY_FROM_RECORD)) {
        if (u->policy->sync_unmap_only == SYNC_UNMAP_ONLY_WHOLE) {
            sync_unmap_only(t, iova_range(0, UINT64_MAX));
            return;
        }
        if (!(d->region.flags & NOTIFY_UNMAP))
            return;
    }
    if (fault || u->blocked) {
        if (!(fault == FR_CONTEXT_ABSENT ? u->policy->context_absent_frozen
                                         : u->policy->context_error_frozen))
            sync_unmap_all(t);
        return;
    }
    if (context_to_follow(d, &c))
        sync_tables(d, c, iova_range(0, UINT64_MAX));
    if (u->policy->unmap_only_apart && u->policy->sync_unmap_only == SYNC_UNMAP_ONLY_WHOLE)
        sync_unmap_only(t, iova_range(0, UINT64_MAX));
}

static void replay_to(void *arg, struct notifier *n)
{
    (void)arg;
    if (notifier_registered(n))
        notify_replay(n);
}

void dev_synced(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;
    struct obs o;

    if (!u->policy->finer_kinds || !d->region.flags || fate_ended(u->fate))
        return;
    if (funnel_wants(u->funnel, OBS_SYNCED)) {
        o.kind = OBS_SYNCED;
        o.u.synced.bdf = d->bdf;
        o.u.synced.seq = u->funnel->notes;
        funnel_show(u->funnel, &o);
    }
    if (d->region.flags & NOTIFY_SYNC) {
        struct iommu_event e = event_sync();

        notify_all(&d->region, &e);
    }
}

void sync_dev(struct vtd_dev *d)
{
    struct context c;
    int fault;

    if (d->unit->policy->inval_replays) {
        notify_each(&d->region, replay_to, NULL);
        return;
    }
    fault = dev_context(d, &c);
    sync_dev_as(d, fault, c);
    dev_synced(d);
}

void sync_all(struct vtd_unit *u)
{
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++)
        sync_dev(u->devs[i]);
}

void dev_replay(struct vtd_dev *d, struct notifier *n)
{
    struct vtd_unit *u = d->unit;
    const struct sync_target *t = &d->target;
    struct table_view v;
    struct context c;

    visits_clear(&d->visits); /* a replay tells one notifier alone, and compares nothing */
    switch (u->policy->replay) {
    case REPLAY_UNMAP_FIRST: sync_unmap_whole(t, n); break;
    case REPLAY_FORGET_ALL: shadow_clear(&d->shadow); break;
    case REPLAY_RECORD:
        if (d->recorded) {
            sync_replay_record(t, n);
            return;
        }
        shadow_clear(&d->shadow);
        d->recorded = d->region.flags & NOTIFY_FROM_RECORD; /* else nothing is read below */
        break;
    }
    if (!(d->region.flags & NOTIFY_FROM_RECORD) || u->blocked || dev_context(d, &c) ||
        !context_to_follow(d, &c))
        return;
    v = context_view(u, c);
    acted_on(d, c);
    sync_replay(t, &v, n);
}

/* The record follows another entry than `c`: a part of it alone would mix two domains. */
static bool would_mix(const struct vtd_dev *d, struct context c)
{
    return d->unit->policy->follows_acted_context &&
           !(d->has_acted && d->acted.lo == c.lo && d->acted.hi == c.hi);
}

void dev_expect_page(struct vtd_dev *d, iova_t at)
{
    if (!(d->region.flags & NOTIFY_FROM_RECORD))
        return;
    shadow_expect(&d->shadow, at);
    notify_expect(&d->region, at);
}

void sync_dev_pages(struct vtd_dev *d, struct context c, struct iova_range r)
{
    const struct sync_target *t = &d->target;

    if (d->unit->policy->walks_unmap_only) {
        if (d->region.flags)
            sync_tables(d, c, r);
        return;
    }
    if (d->region.flags & NOTIFY_FROM_RECORD)
        sync_tables(d, c, would_mix(d, c) ? iova_range(0, UINT64_MAX) : r);
    if (!(d->region.flags & NOTIFY_FROM_RECORD) || d->unit->policy->unmap_only_apart)
        sync_unmap_only(t, r);
}

void sync_dev_unmap_only(struct vtd_dev *d, struct iova_range r)
{
    sync_unmap_only(&d->target, r);
}
