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
    d->has_acted_did = true;
    d->acted_did = context_did(c);
}

void dev_switch(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;
    struct context c;
    bool valid = u->translating && !u->blocked && context_load(u, d->bdf, &c) == 0;
    bool translated = u->translating && !(valid && context_tt(c) == TT_PASS_THROUGH);

    d->has_acted_did = false; /* what was cached or told of another domain goes with this look */
    if (valid)
        acted_on(d, c);
    if (d->region.translated && !translated && u->policy->removals_merged) {
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

    acted_on(d, c);
    sync_range(&t, &v, r);
}

/* True when the device's pass-through entry waits for its context invalidation: no tables to
 * follow. */
static bool awaits_switch(const struct vtd_dev *d, struct context c)
{
    return context_tt(c) == TT_PASS_THROUGH && d->unit->policy->removals_merged;
}

void sync_dev(struct vtd_dev *d)
{
    struct vtd_unit *u = d->unit;
    struct sync_target t = target_of(d);
    struct context c;
    int fault;

    if (!(d->region.flags & NOTIFY_MAP)) {
        if (u->policy->sync_unmap_only == SYNC_UNMAP_ONLY_WHOLE) {
            sync_unmap_only(&t, iova_range(0, UINT64_MAX));
            return;
        }
        if (!(d->region.flags & NOTIFY_UNMAP))
            return;
    }
    fault = u->blocked ? FR_ROOT_PROGRAMMING : context_load(u, d->bdf, &c);
    if (fault) {
        if (fault == FR_CONTEXT_ABSENT || !u->policy->context_error_frozen)
            sync_unmap_all(&t);
        return;
    }
    if (awaits_switch(d, c))
        return;
    sync_tables(d, c, iova_range(0, UINT64_MAX));
    if (u->policy->unmap_only_apart)
        sync_unmap_only(&t, iova_range(0, UINT64_MAX));
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
    if (!(d->region.flags & NOTIFY_MAP) || u->blocked || context_load(u, d->bdf, &c))
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
    return d->has_acted_did && d->acted_did.v == domain.v;
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

/* The device follows an IOTLB invalidation of the domain; *c is its context entry when it is valid.
 */
static bool follows(struct vtd_dev *d, did_t domain, struct context *c, int *fault)
{
    struct vtd_unit *u = d->unit;

    *fault = context_load(u, d->bdf, c);
    if (*fault == 0 && (context_did(*c).v == domain.v || u->policy->domain_ignored))
        return true;
    return !u->policy->context_error_frozen && d->has_acted_did && d->acted_did.v == domain.v;
}

void inval_iotlb_domain(struct vtd_unit *u, did_t domain)
{
    iotlb_drop_domain(&u->iotlb, domain);
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct context c;
        int fault;

        if (follows(u->devs[i], domain, &c, &fault))
            sync_dev(u->devs[i]);
    }
}

void inval_iotlb_pages(struct vtd_unit *u, did_t domain, iova_t at, unsigned am)
{
    uint64_t mask = (PAGE_4K_BYTES << am) - 1;
    uint64_t first = u->policy->psi_aligned ? at.v & ~mask : at.v;
    uint64_t last = first + mask < first ? UINT64_MAX : first + mask;
    struct iova_range r = iova_range(first, last);

    iotlb_drop_pages(&u->iotlb, domain, at, am, u->policy->iotlb_keeps_large);
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct vtd_dev *d = u->devs[i];
        struct sync_target t = target_of(d);
        struct context c;
        int fault;

        if (!follows(d, domain, &c, &fault))
            continue;
        if (fault || u->blocked) {
            sync_dev(d);
            continue;
        }
        if ((d->region.flags & NOTIFY_MAP) && !awaits_switch(d, c))
            sync_tables(d, c, r);
        if (!(d->region.flags & NOTIFY_MAP) || u->policy->unmap_only_apart)
            sync_unmap_only(&t, r);
    }
}

void inval_devtlb(struct vtd_unit *u, uint16_t sid, iova_t at, bool large)
{
    struct vtd_dev *d = dev_find(u, bdf(sid));
    struct iova_range r = iova_range(at.v, at.v + PAGE_4K_MASK);
    struct iommu_event e;

    if (!d)
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
}
