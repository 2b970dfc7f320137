/* SPDX-License-Identifier: MIT */
#include "consumers/type1.h"

#include <errno.h>

#include "base/apart.h"

static bool page_aligned(struct iova_range r)
{
    return !(r.first.v & PAGE_4K_MASK) && (r.last.v & PAGE_4K_MASK) == PAGE_4K_MASK;
}

/* The kernel asks whether a mapping begins below iova + size, which is 0 then. All of memory can
 * only be said by a flag. */
bool type1_ends_at_0(const struct type1 *t, struct iova_range r)
{
    return t->end_wraps && r.last.v == UINT64_MAX && r.first.v != 0;
}

/* Room under the limit, in the aperture, clear of the window: nothing but an overlap refuses it. */
static bool may_map(const struct type1 *t, struct iova_range r)
{
    return !(t->limit && t->maps.count + t->lost >= t->limit) && r.last.v <= t->aperture_last &&
           !iova_range_overlap(r, iova_range(IR_WINDOW_FIRST, IR_WINDOW_LAST));
}

/* Why else: an overlap is told first. */
APART static int map_refused(const struct type1 *t, struct iova_range r)
{
    const struct range_entry *held = rangemap_at_or_after(&t->maps, r.first);

    if (held && held->range.first.v <= r.last.v && !type1_ends_at_0(t, r))
        return -EEXIST;
    if (t->limit && t->maps.count + t->lost >= t->limit)
        return -ENOSPC;
    return -EINVAL;
}

int type1_map(struct type1 *t, struct iova_range r, gpa_t target, enum perm p)
{
    struct range_entry e = {r, target, p};

    if (p == PERM_NONE || !page_aligned(r) || (target.v & PAGE_4K_MASK))
        return -EINVAL;
    if (!may_map(t, r))
        return map_refused(t, r);
    return rangemap_insert(&t->maps, &e);
}

APART static int unmap_v1(struct type1 *t, struct iova_range r, uint64_t *bytes)
{
    for (;;) {
        const struct range_entry *held = rangemap_at_or_after(&t->maps, r.first);

        if (!held || held->range.first.v > r.last.v || held->range.first.v < r.first.v)
            return 0;
        *bytes += rangemap_remove_inside(&t->maps, held->range);
    }
}

/* v2: any number of mappings, none of which may be cut. */
APART static int unmap_many(struct type1 *t, struct iova_range r, uint64_t *bytes)
{
    const struct range_entry *at_first, *at_last;

    at_first = rangemap_at(&t->maps, r.first);
    if (at_first && at_first->range.first.v < r.first.v)
        return -EINVAL;
    at_last =
        at_first && at_first->range.last.v >= r.last.v ? at_first : rangemap_at(&t->maps, r.last);
    if (at_last && at_last->range.last.v > r.last.v)
        return -EINVAL;
    if (!type1_ends_at_0(t, r))
        *bytes = rangemap_remove_inside(&t->maps, r);
    return 0;
}

int type1_unmap(struct type1 *t, struct iova_range r, uint64_t *bytes)
{
    *bytes = 0;
    if (!page_aligned(r))
        return -EINVAL;
    if (t->v1)
        return type1_ends_at_0(t, r) ? 0 : unmap_v1(t, r, bytes);
    if (r.last.v == UINT64_MAX || !rangemap_take(&t->maps, r))
        return unmap_many(t, r, bytes);
    *bytes = r.last.v - r.first.v + 1; /* mostly it is just one */
    return 0;
}

void type1_clear(struct type1 *t)
{
    rangemap_clear(&t->maps);
}
