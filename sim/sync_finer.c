/* SPDX-License-Identifier: MIT */
#include "sync_finer.h"

static void tell_finer(void *arg, struct notifier *n)
{
    if (n->flags & NOTIFY_FINER)
        notify_one(n, arg);
}

static void tell(const struct sync_target *t, struct notifier *only, struct iommu_event *e)
{
    if (fate_ended(t->fate))
        return;
    if (only)
        notify_one(only, e);
    else
        notify_each(t->region, tell_finer, e);
}

static bool has(uint64_t leaf, enum perm right)
{
    return leaf && (shadow_leaf_perm(leaf) & right);
}

/* The right is there before and after, and leads to the same place. */
static bool stays(uint64_t old, uint64_t new, enum perm right)
{
    return has(old, right) && has(new, right) && shadow_leaf_gpa(old).v == shadow_leaf_gpa(new).v;
}

void sync_finer_unmap(const struct sync_target *t, struct iova_range r, uint64_t old,
                      uint64_t becomes)
{
    static const enum note_type type[] = {[PERM_R] = NOTE_READ_UNMAP, [PERM_W] = NOTE_WRITE_UNMAP};

    for (enum perm right = PERM_R; right <= PERM_W; right++) {
        struct iommu_event e = {.type = type[right], .range = r};

        if (has(old, right) && !stays(old, becomes, right))
            tell(t, NULL, &e);
    }
}

void sync_finer_map(const struct sync_target *t, struct notifier *only, struct iova_range r,
                    uint64_t old, uint64_t leaf)
{
    static const enum note_type type[] = {[PERM_R] = NOTE_READ_MAP, [PERM_W] = NOTE_WRITE_MAP};

    for (enum perm right = PERM_R; right <= PERM_W; right++) {
        struct iommu_event e = event_map(r, shadow_leaf_gpa(leaf), right);

        e.type = type[right];
        if (has(leaf, right) && !stays(old, leaf, right))
            tell(t, only, &e);
    }
}
