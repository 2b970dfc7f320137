/* SPDX-License-Identifier: MIT */
/* All of a notifier at once, and address spaces whose notifiers follow no record. */
#include "notifier_owed.h"
#include "policy_fields.h"
#include "sync.h"

/*
 * One UNMAP, as seed 004 computes it: `last` is taken for the size without 1 more, the size becomes
 * a power of two, the start moves down to a multiple of it (M05, M06).
 */
static void unmap_rounded(const struct sync_target *t, struct notifier *n)
{
    uint64_t width = t->aw_last + 1;
    uint64_t first = n->range.first.v, end = n->range.last.v, bytes;
    struct iommu_event e;

    if (t->policy->ranges_ignored) {
        first = 0;
        end = width;
    }
    if (t->policy->unmap_whole == UNMAP_WHOLE_POW2 && end < width)
        end++;
    if (end > width)
        end = width;
    if (first > end) {
        fate_abort(t->fate, "all of a notifier is unmapped that begins beyond the unit's width: "
                            "assertion");
        return;
    }
    bytes = end - first;
    if (bytes == 0 || (bytes & (bytes - 1))) {
        unsigned bits = 0;

        while (bytes >> bits)
            bits++;
        bytes = UINT64_C(1) << bits; /* never above the width: what is less than 2^n has n bits */
    }
    first &= ~(bytes - 1);
    e = event_unmap(iova_range(first, first + bytes - 1));
    notify_one(n, &e);
    t->counts->shadow_lookups++;
    shadow_drop_runs(t->shadow, e.range, NULL, NULL);
}

void sync_unmap_whole(const struct sync_target *t, struct notifier *n)
{
    struct iova_range r = n->range;

    if (t->visits)
        visits_clear(t->visits); /* nothing is as it was compared */
    switch (t->policy->unmap_whole) {
    case UNMAP_WHOLE_ROUNDED:
    case UNMAP_WHOLE_POW2: unmap_rounded(t, n); return;
    case UNMAP_WHOLE_SHORT:
    case UNMAP_WHOLE_PIECES: break;
    }
    if (r.first.v > t->aw_last)
        return;
    if (r.last.v > t->aw_last)
        r.last = iova(t->aw_last);
    else if (t->policy->unmap_whole == UNMAP_WHOLE_SHORT)
        r.last = iova(r.last.v - 1);
    for (uint64_t at = r.first.v; !fate_ended(t->fate);) {
        uint64_t mask = aligned_block_mask(at, r.last.v);
        struct iommu_event e = event_unmap(iova_range(at, at + mask));

        notify_one(n, &e);
        if (at + mask == r.last.v)
            break;
        at += mask + 1;
    }
    if (t->policy->unmap_whole_takes_next && r.last.v < t->aw_last)
        r.last = iova_add(r.last, 1);
    t->counts->shadow_lookups++;
    shadow_drop_runs(t->shadow, r, NULL, NULL);
}

struct unmap_only {
    const struct policy *policy;
    struct iova_range range;
};

/* Where notifiers are told apart, those with MAP follow the record instead. */
static void unmap_range_of(void *arg, struct notifier *n)
{
    const struct unmap_only *u = arg;
    struct iommu_event e = event_unmap(u->range);

    if (u->policy->unmap_only_apart && (n->flags & NOTIFY_MAP))
        return;
    if (u->range.first.v == 0 && u->range.last.v == UINT64_MAX)
        e.range = n->range;
    else if (n->owed)
        e.range = owed_grown(n, u->range);
    notify_one(n, &e);
}

void sync_unmap_only(const struct sync_target *t, struct iova_range r)
{
    struct unmap_only u = {t->policy, r};
    const struct notifier *n = t->region->head;

    if (t->policy->unmap_only_apart) /* mostly all have MAP */
        while (n && (n->flags & NOTIFY_MAP))
            n = n->next;
    if (n)
        notify_each(t->region, unmap_range_of, &u);
}
