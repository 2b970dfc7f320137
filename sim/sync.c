/* SPDX-License-Identifier: MIT */
/* Synchronising: a range, one notifier alone, or all of it taken away. */
#include "sync.h"

#include "policy_fields.h"
#include "sync_again.h"
#include "sync_differ.h"

static void compare_range(const struct sync_target *t, const struct table_view *v,
                          struct iova_range r)
{
    struct differ d = {.t = t, .extent = r};
    struct sync_place place;
    struct slot_sink sink = differ_sink(&d, &place);
    struct iova_range again = sync_unmap_again(t, r);

    t->strategy->enumerate(v, r, &sink);
    if (!t->policy->removals_merged)
        return;
    /* What lies beyond a narrower table's reach can only be old (real-systems, surprise 5). */
    if (d.extent.last.v > v->limit_last && t->aw_last > v->limit_last) {
        uint64_t from = r.first.v > v->limit_last ? r.first.v : v->limit_last + 1;

        if (from <= r.last.v)
            differ_drop(&d, iova_range(from, r.last.v));
    }
    differ_flush(&d);
    sync_map_again(t, again);
    if (d.adds_waiting) {
        d.additions = true;
        sink.fresh = NULL;
        if (sync_place_is_slot(&place, d.extent))
            differ_add_one(&d, &sink, &place.slot);
        else
            t->strategy->enumerate(v, d.extent, &sink);
    }
    if (d.replaced.dir)
        rangemap_clear(&d.replaced);
}

void sync_range(const struct sync_target *t, const struct table_view *v, struct iova_range r)
{
    if (t->visits)
        visits_begin(t->visits, guest_mem_log(v->mem), v->top, v->levels, v->limit_last);
    compare_range(t, v, r);
    if (t->visits)
        visits_end(t->visits);
}

void sync_replay(const struct sync_target *t, const struct table_view *v, struct notifier *n)
{
    struct differ d = {.t = t, .only = n, .additions = true, .extent = iova_range(0, UINT64_MAX)};
    struct sync_place place;
    struct slot_sink sink = differ_sink(&d, &place);

    t->strategy->enumerate(v, d.extent, &sink);
}

static void replay_leaf(void *arg, struct iova_range r, uint64_t leaf)
{
    struct differ *d = arg;
    struct iommu_event e = event_map(r, shadow_leaf_gpa(leaf), shadow_leaf_perm(leaf));

    differ_tell(d, &e);
    if (differ_finer(d))
        differ_added(d, r, leaf);
}

void sync_replay_record(const struct sync_target *t, struct notifier *n)
{
    struct differ d = {.t = t, .only = n};

    shadow_visit(t->shadow, n->range, replay_leaf, &d);
}

static void unmap_whole_of(void *arg, struct notifier *n)
{
    sync_unmap_whole(arg, n);
}

void sync_unmap_all(const struct sync_target *t)
{
    struct sync_target copy = *t;
    struct differ d = {.t = t};

    if (!t->policy->removals_merged || t->policy->unmap_whole != UNMAP_WHOLE_PIECES) {
        notify_each(t->region, unmap_whole_of, &copy);
        return;
    }
    sync_unmap_again(t, iova_range(0, UINT64_MAX));
    if (t->visits)
        visits_clear(t->visits);
    differ_drop(&d, iova_range(0, UINT64_MAX));
    differ_flush(&d);
    sync_unmap_only(t, iova_range(0, UINT64_MAX));
}
