/* SPDX-License-Identifier: MIT */
/* What an accepted invalidation does: what is cached goes, and the devices that it concerns are
 * looked at anew (vtd-facts 5.8; museum 2.3). */
#include "vtd_unit.h"

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
    if (dev_context(d, &c) == 0 && context_did(c).v == domain.v)
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

    *fault = dev_context(d, c);
    if (*fault == 0 && (context_did(*c).v == domain.v || u->policy->domain_ignored) &&
        (context_tt(*c) != TT_PASS_THROUGH || !u->policy->follows_acted_context))
        return true;
    if (!u->policy->follows_acted_context || !d->has_acted || context_did(d->acted).v != domain.v)
        return false;
    if (*fault == 0)
        *c = d->acted;
    return true;
}

/*
 * What a cached context entry of the domain let a device fetch is gone, too, where memory's and the
 * one acted on name another: a context invalidation with another domain id leaves it in use.
 */
APART static void tell_fetched(struct vtd_dev *d, did_t domain, struct iova_range r)
{
    struct vtd_unit *u = d->unit;

    if (!u->policy->follows_acted_context || d->context_gen != u->context_gen ||
        context_did(d->context).v != domain.v)
        return;
    sync_dev_unmap_only(d, r);
    dev_synced(d);
}

void inval_iotlb_domain(struct vtd_unit *u, did_t domain)
{
    iotlb_drop_domain(&u->iotlb, domain);
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct context c;
        int fault;

        if (!follows(u->devs[i], domain, &c, &fault)) {
            tell_fetched(u->devs[i], domain, iova_range(0, UINT64_MAX));
            continue;
        }
        if (u->policy->inval_replays) {
            sync_dev(u->devs[i]);
            continue;
        }
        sync_dev_as(u->devs[i], fault, c);
        dev_synced(u->devs[i]);
    }
}

/* By what is known without a look at memory: the entries that were acted on. */
void inval_iotlb_expect(struct vtd_unit *u, did_t domain, iova_t at)
{
    for (size_t i = 0; i < u->dev_count; i++) {
        struct vtd_dev *d = u->devs[i];

        if (d->has_acted && context_did(d->acted).v == domain.v)
            dev_expect_page(d, at);
    }
}

void inval_iotlb_pages(struct vtd_unit *u, did_t domain, iova_t at, unsigned am)
{
    uint64_t mask = (PAGE_4K_BYTES << am) - 1;
    uint64_t first = u->policy->psi_aligned ? at.v & ~mask : at.v;
    uint64_t last = first + mask < first ? UINT64_MAX : first + mask;

    iotlb_drop_pages(&u->iotlb, u->policy, domain, at, am);
    if (u->policy->iotlb_pages_all)
        iotlb_clear(&u->iotlb);
    for (size_t i = 0; i < u->dev_count && !fate_ended(u->fate); i++) {
        struct context c;
        int fault;

        if (!follows(u->devs[i], domain, &c, &fault)) {
            tell_fetched(u->devs[i], domain, iova_range(first, last));
            continue;
        }
        if (fault || u->blocked)
            sync_dev_as(u->devs[i], fault, c);
        else
            sync_dev_pages(u->devs[i], c, iova_range(first, last));
        dev_synced(u->devs[i]);
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
    dev_synced(d);
}
