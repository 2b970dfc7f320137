/* SPDX-License-Identifier: MIT */
#include "sync_again.h"

static void again_unmap(void *arg, struct notifier *n)
{
    struct iova_range *grown = arg, more;

    if (!n->owed || !(n->flags & NOTIFY_MAP))
        return;
    more = owed_unmap_again(n, *grown);
    if (more.first.v < grown->first.v)
        grown->first = more.first;
    if (more.last.v > grown->last.v)
        grown->last = more.last;
}

struct iova_range sync_unmap_refused(const struct sync_target *t, struct iova_range r)
{
    struct iova_range grown = r;

    notify_each(t->region, again_unmap, &grown);
    return grown;
}

struct again {
    const struct sync_target *t;
    struct iova_range range;
};

static void again_leaf(void *arg, struct iova_range r, uint64_t leaf)
{
    struct iommu_event e = event_map(r, shadow_leaf_gpa(leaf), shadow_leaf_perm(leaf));

    owed_map(arg, &e);
}

static void again_leaves(void *arg, struct iova_range r, const struct owed_maps *m)
{
    const struct again *a = arg;
    struct owed_maps copy = *m;

    shadow_visit(a->t->shadow, r, again_leaf, &copy);
}

static void again_map(void *arg, struct notifier *n)
{
    struct again *a = arg;

    if (n->owed)
        owed_map_again(n, a->range, again_leaves, a);
}

void sync_map_refused(const struct sync_target *t, struct iova_range r)
{
    struct again a = {t, r};

    notify_each(t->region, again_map, &a);
}
