/* SPDX-License-Identifier: MIT */
/* What an accepted invalidation does: caches, switches, notifications (vtd-facts 5.8; museum 2.3).
 */
#include <errno.h>

#include "vtd_unit.h"

static struct sync_target target_of(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;

    return (struct sync_target){.policy = u->policy,
                                .strategy = u->sync,
                                .region = &d->region,
                                .shadow = &d->shadow,
                                .counts = &u->sync_counts,
                                .fate = u->fate,
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
    bool valid = u->translating && !u->blocked && context_load(u, d->bdf, &c) == 0;
    bool translated = u->translating && !(valid && context_tt(c) == TT_PASS_THROUGH);

    d->has_acted = false; /* what was cached or told of another domain goes with this look */
    if (valid)
        acted_on(d, c);
    if (d->region.translated && !translated && u->policy->switch_unmaps) {
        struct sync_target t = target_of(d);

        sync_unmap_all(&t); /* nobody keeps what the tables made */
    }
    region_switch(&d->region, translated);
}

void switch_all(struct vtd_unit *u)
{
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++)
        dev_switch(u->devs[i]);
}

void flush_all(struct vtd_unit *u)
{
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct sync_target t = target_of(u->devs[i]);

        sync_unmap_all(&t);
    }
}

/* Tell the differences in `r` of a device whose context entry is `c`. */
static void sync_tables(struct vtd_dev *d, struct context c, struct iova_range r)
{
    struct sync_target t = target_of(d);
    struct table_view v = context_view(d->unit, c);

    if (r.first.v == 0 && r.last.v == UINT64_MAX)
        acted_on(d, c);
    sync_range(&t, &v, r);
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

/* Synchronise all of a device whose context entry is `c`, or cannot be used because of `fault`. */
static void sync_dev_as(struct vtd_dev *d, int fault, struct context c)
{
    struct vtd_unit *u = d->unit;
    struct sync_target t = target_of(d);

    if (!(d->region.flags & NOTIFY_FROM_RECORD)) {
        if (u->policy->sync_unmap_only == SYNC_UNMAP_ONLY_WHOLE) {
            sync_unmap_only(&t, iova_range(0, UINT64_MAX));
            return;
        }
        if (!(d->region.flags & NOTIFY_UNMAP))
            return;
    }
    if (fault || u->blocked) {
        if (fault == FR_CONTEXT_ABSENT || !u->policy->context_error_frozen)
            sync_unmap_all(&t);
        return;
    }
    if (context_to_follow(d, &c))
        sync_tables(d, c, iova_range(0, UINT64_MAX));
    if (u->policy->unmap_only_apart)
        sync_unmap_only(&t, iova_range(0, UINT64_MAX));
}

static void replay_to(void *arg, struct notifier *n)
{
    (void)arg;
    if (notifier_registered(n))
        notify_replay(n);
}

/* All that an invalidation means for the device was delivered. */
static void synced(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;
    struct obs o = {.kind = OBS_SYNCED};
    struct iommu_event e = event_sync();

    if (!u->policy->finer_kinds || !d->region.flags || fate_ended(u->fate))
        return;
    o.u.synced.bdf = d->bdf;
    o.u.synced.seq = u->funnel->notes;
    funnel_show(u->funnel, &o);
    if (d->region.flags & NOTIFY_SYNC)
        notify_all(&d->region, &e);
}

void sync_dev(struct vtd_dev *d)
{
    struct context c;
    int fault;

    if (d->unit->policy->inval_replays) {
        notify_each(&d->region, replay_to, NULL);
        return;
    }
    fault = context_load(d->unit, d->bdf, &c);
    sync_dev_as(d, fault, c);
    synced(d);
}

void sync_all(struct vtd_unit *u)
{
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++)
        sync_dev(u->devs[i]);
}

void dev_replay(struct vtd_dev *d, struct notifier *n)
{
    struct vtd_unit *u = d->unit;
    struct sync_target t = target_of(d);
    struct table_view v;
    struct context c;

    switch (u->policy->replay) {
    case REPLAY_UNMAP_FIRST: sync_unmap_whole(&t, n); break;
    case REPLAY_FORGET_ALL: shadow_clear(&d->shadow); break;
    case REPLAY_RECORD:
        if (d->recorded) {
            sync_replay_record(&t, n);
            return;
        }
        shadow_clear(&d->shadow);
        d->recorded = true;
        break;
    }
    if (!(d->region.flags & NOTIFY_FROM_RECORD) || u->blocked || context_load(u, d->bdf, &c) ||
        !context_to_follow(d, &c))
        return;
    v = context_view(u, c);
    acted_on(d, c);
    sync_replay(&t, &v, n);
}

void inval_context_global(struct vtd_unit *u)
{
    u->context_gen++;
    if (u->policy->context_flushes)
        flush_all(u);
    switch_all(u);
    sync_all(u);
}

/* The device belongs to the domain: by what is cached, by what memory says, or by what was told. */
static bool dev_in_domain(struct vtd_dev *d, did_t domain)
{
    struct vtd_unit *u = d->unit;
    struct context c;

    if (d->context_gen == u->context_gen && context_did(d->context).v == domain.v)
        return true;
    if (context_load(u, d->bdf, &c) == 0 && context_did(c).v == domain.v)
        return true;
    return d->has_acted && context_did(d->acted).v == domain.v;
}

void inval_context_domain(struct vtd_unit *u, did_t domain)
{
    if (!u->policy->cc_domain_exact) {
        inval_context_global(u);
        return;
    }
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct vtd_dev *d = u->devs[i];

        /* DID 0 tags absent entries under caching mode: any device may have one. */
        if (domain.v != 0 && !dev_in_domain(d, domain))
            continue;
        d->context_gen = 0;
        dev_switch(d);
        sync_dev(d);
    }
}

void inval_context_device(struct vtd_unit *u, did_t domain, uint16_t sid, unsigned fm)
{
    static const uint16_t ignored[4] = {0, 4, 6, 7};
    uint16_t mask = (uint16_t)~ignored[fm & 3];

    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct vtd_dev *d = u->devs[i];

        if ((d->bdf.v & mask) != (sid & mask))
            continue;
        if (!u->policy->cc_device_has_did || context_did(d->context).v == domain.v)
            d->context_gen = 0;
        dev_switch(d);
        sync_dev(d);
    }
}

void inval_iotlb_global(struct vtd_unit *u)
{
    iotlb_clear(&u->iotlb);
    sync_all(u);
}

/*
 * The device follows an IOTLB invalidation of the domain: by its context entry in memory; or, as
 * architected, by the one acted on, which may be cached as long as no context invalidation came. *c
 * receives the entry to follow, *fault why memory's cannot be used.
 */
static bool follows(struct vtd_dev *d, did_t domain, struct context *c, int *fault)
{
    struct vtd_unit *u = d->unit;

    *fault = context_load(u, d->bdf, c);
    if (*fault == 0 && (context_did(*c).v == domain.v || u->policy->domain_ignored) &&
        (context_tt(*c) != TT_PASS_THROUGH || !u->policy->follows_acted_context))
        return true;
    if (!u->policy->follows_acted_context || !d->has_acted || context_did(d->acted).v != domain.v)
        return false;
    if (*fault == 0)
        *c = d->acted;
    return true;
}

void inval_iotlb_domain(struct vtd_unit *u, did_t domain)
{
    iotlb_drop_domain(&u->iotlb, domain);
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct context c;
        int fault;

        if (!follows(u->devs[i], domain, &c, &fault))
            continue;
        if (u->policy->inval_replays) {
            sync_dev(u->devs[i]);
            continue;
        }
        sync_dev_as(u->devs[i], fault, c);
        synced(u->devs[i]);
    }
}

/* The record follows another entry than `c`: a part of it alone would mix two domains. */
static bool would_mix(const struct vtd_dev *d, struct context c)
{
    return d->unit->policy->follows_acted_context &&
           !(d->has_acted && d->acted.lo == c.lo && d->acted.hi == c.hi);
}

/* One device's part of a page-selective invalidation. */
static void sync_pages(struct vtd_dev *d, struct context c, struct iova_range r)
{
    struct sync_target t = target_of(d);

    if (d->unit->policy->walks_unmap_only) {
        if (d->region.flags)
            sync_tables(d, c, r);
        return;
    }
    if (d->region.flags & NOTIFY_FROM_RECORD)
        sync_tables(d, c, would_mix(d, c) ? iova_range(0, UINT64_MAX) : r);
    if (!(d->region.flags & NOTIFY_FROM_RECORD) || d->unit->policy->unmap_only_apart)
        sync_unmap_only(&t, r);
}

void inval_iotlb_pages(struct vtd_unit *u, did_t domain, iova_t at, unsigned am)
{
    uint64_t mask = (PAGE_4K_BYTES << am) - 1;
    uint64_t first = u->policy->psi_aligned ? at.v & ~mask : at.v;
    uint64_t last = first + mask < first ? UINT64_MAX : first + mask;

    iotlb_drop_pages(&u->iotlb, domain, at, am, u->policy->iotlb_keeps_large);
    if (u->policy->iotlb_pages_all)
        iotlb_clear(&u->iotlb);
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct context c;
        int fault;

        if (!follows(u->devs[i], domain, &c, &fault))
            continue;
        if (fault || u->blocked)
            sync_dev_as(u->devs[i], fault, c);
        else
            sync_pages(u->devs[i], c, iova_range(first, last));
        synced(u->devs[i]);
    }
}

void inval_devtlb(struct vtd_unit *u, uint16_t sid, iova_t at, bool large)
{
    struct vtd_dev *d = dev_find(u, bdf(sid));
    struct iova_range r = iova_range(at.v, at.v + PAGE_4K_MASK);
    struct iommu_event e;

    if (!d || u->policy->devtlb_unheard)
        return;
    if (large) {
        unsigned ones = 0;

        while (ones < 52 && (at.v >> (12 + ones) & 1))
            ones++;
        if (ones >= 51) {
            r = iova_range(0, UINT64_MAX);
        } else {
            uint64_t mask = (UINT64_C(8192) << ones) - 1;

            r = iova_range(at.v & ~mask, at.v | mask);
        }
    }
    e = event_devtlb(r);
    notify_all(&d->region, &e);
    synced(d);
}
