/* SPDX-License-Identifier: MIT */
#include "notifier_owed.h"

#include <stdlib.h>

/* Add a range to a set; what it overlaps or touches becomes one with it. */
static int set_add(struct rangemap *set, struct iova_range r)
{
    struct range_entry all = {.range = r};
    const struct range_entry *e;

    for (;;) {
        uint64_t from = all.range.first.v ? all.range.first.v - 1 : 0;
        uint64_t to = all.range.last.v < UINT64_MAX ? all.range.last.v + 1 : UINT64_MAX;
        struct iova_range old;

        e = rangemap_at_or_after(set, iova(from));
        if (!e || e->range.first.v > to)
            return rangemap_insert(set, &all);
        if (iova_range_covers(e->range, all.range))
            return 0;
        old = e->range;
        if (old.first.v < all.range.first.v)
            all.range.first = old.first;
        if (old.last.v > all.range.last.v)
            all.range.last = old.last;
        rangemap_remove_inside(set, old);
    }
}

static bool touches(const struct rangemap *set, struct iova_range r)
{
    const struct range_entry *e = rangemap_at_or_after(set, r.first);

    return e && e->range.first.v <= r.last.v;
}

static struct owed *owed_of(struct notifier *n)
{
    if (!n->owed) {
        n->owed = calloc(1, sizeof(*n->owed));
        if (!n->owed)
            return NULL;
        n->owed->next = n->region->owed;
        n->region->owed = n->owed;
    }
    return n->owed;
}

static void owed_free(struct owed *o)
{
    rangemap_clear(&o->lacks);
    rangemap_clear(&o->keeps);
    free(o);
}

/* Taken, or not asked for: nothing of it is lacked any more. What is taken lies over nothing else.
 */
static int map_accepted(struct owed *o, struct iova_range r, bool asked)
{
    int failed = rangemap_cut(&o->lacks, r);

    return asked && !failed ? rangemap_cut(&o->keeps, r) : failed;
}

/* An UNMAP of what was kept before: what was told over it meanwhile is due again, also where its
 * side was not asked, because the UNMAP took that back. */
static int unmap_answered(struct notifier *n, struct iova_range r, bool refused)
{
    struct owed *o = n->owed;

    if ((n->flags & NOTIFY_MAP) && touches(&o->keeps, r) && set_add(&o->lacks, r))
        return -1;
    return refused ? set_add(&o->keeps, r) : rangemap_cut(&o->keeps, r);
}

void owed_answered(struct notifier *n, const struct iommu_event *e, int answer)
{
    bool map = e->type == NOTE_MAP;
    int failed;
    struct owed *o;

    if ((!map && e->type != NOTE_UNMAP) || !n->registered)
        return;
    o = owed_of(n);
    if (!o)
        failed = -1;
    else if (!map)
        failed = unmap_answered(n, e->range, answer < 0);
    else
        failed = answer < 0 ? set_add(&o->lacks, e->range) : map_accepted(o, e->range, answer == 0);
    if (failed)
        fate_no_memory(n->region->fate);
}

void owed_forget(struct notifier *n)
{
    struct owed *o = n->owed;

    if (!o)
        return;
    for (struct owed **link = &n->region->owed; *link; link = &(*link)->next) {
        if (*link == o) {
            *link = o->next;
            break;
        }
    }
    n->owed = NULL;
    owed_free(o);
}

void notify_region_clear(struct notify_region *r)
{
    while (r->owed) {
        struct owed *o = r->owed;

        r->owed = o->next;
        owed_free(o);
    }
}

/* The first stretch in [at, last] that is lacked and not kept either. */
static bool next_lacked(const struct owed *o, uint64_t at, uint64_t last, struct iova_range *out)
{
    for (;;) {
        const struct range_entry *lacked = rangemap_at_or_after(&o->lacks, iova(at)), *kept;
        uint64_t from, to;

        if (!lacked || lacked->range.first.v > last)
            return false;
        from = lacked->range.first.v > at ? lacked->range.first.v : at;
        to = lacked->range.last.v < last ? lacked->range.last.v : last;
        kept = rangemap_at_or_after(&o->keeps, iova(from));
        if (kept && kept->range.first.v <= from) {
            if (kept->range.last.v >= last)
                return false;
            at = kept->range.last.v + 1;
            continue;
        }
        if (kept && kept->range.first.v <= to)
            to = kept->range.first.v - 1;
        *out = iova_range(from, to);
        return true;
    }
}

int owed_unmap(struct notifier *n, const struct iommu_event *e)
{
    uint64_t last = e->range.last.v < n->range.last.v ? e->range.last.v : n->range.last.v;
    uint64_t first = e->range.first.v > n->range.first.v ? e->range.first.v : n->range.first.v;
    int result = 0;

    for (uint64_t at = first; n->owed;) {
        struct iommu_event part = *e;
        struct iova_range skip;
        bool more = next_lacked(n->owed, at, last, &skip);
        int answer = 0;

        if (!more || skip.first.v > at) {
            part.range = iova_range(at, more ? skip.first.v - 1 : last);
            answer = notify_pieces(n, &part, part.range);
        }
        if (result == 0)
            result = answer;
        if (!more || skip.last.v == last)
            break;
        at = skip.last.v + 1;
    }
    if (n->owed && rangemap_cut(&n->owed->lacks, iova_range(first, last)))
        fate_no_memory(n->region->fate);
    return result;
}

struct iova_range owed_grown(const struct notifier *n, struct iova_range r)
{
    const struct range_entry *e = n->owed ? rangemap_at_or_after(&n->owed->keeps, r.first) : NULL;

    if (!e || e->range.first.v > r.last.v)
        return r;
    if (e->range.first.v < r.first.v)
        r.first = e->range.first;
    e = rangemap_at(&n->owed->keeps, r.last);
    if (e && e->range.last.v > r.last.v)
        r.last = e->range.last;
    return r;
}

struct iova_range owed_unmap_again(struct notifier *n, struct iova_range r)
{
    struct iova_range grown = owed_grown(n, r);

    for (uint64_t at = grown.first.v; n->owed;) {
        const struct range_entry *kept = rangemap_at_or_after(&n->owed->keeps, iova(at));
        struct iommu_event e;

        if (!kept || kept->range.first.v > r.last.v)
            break;
        e = event_unmap(kept->range);
        if (e.range.first.v < at)
            e.range.first = iova(at); /* grown together with one that was just refused again */
        notify_pieces(n, &e, e.range);
        if (e.range.last.v >= r.last.v)
            break;
        at = e.range.last.v + 1;
    }
    return grown;
}

void owed_map_again(struct notifier *n, struct iova_range r,
                    void (*leaves)(void *arg, struct iova_range r, const struct owed_maps *m),
                    void *arg)
{
    for (uint64_t at = r.first.v; n->owed;) {
        const struct range_entry *lacked = rangemap_at_or_after(&n->owed->lacks, iova(at));
        struct owed_maps m = {n, r};
        struct iova_range here = r;

        if (!lacked || lacked->range.first.v > r.last.v)
            return;
        m.lacking = lacked->range;
        if (m.lacking.first.v < at)
            m.lacking.first = iova(at); /* grown together with one that was just refused again */
        if (m.lacking.first.v > here.first.v)
            here.first = m.lacking.first;
        if (lacked->range.last.v < here.last.v)
            here.last = lacked->range.last;
        if (rangemap_cut(&n->owed->lacks, here)) {
            fate_no_memory(n->region->fate);
            return;
        }
        leaves(arg, here, &m);
        if (m.lacking.last.v >= r.last.v)
            return;
        at = m.lacking.last.v + 1;
    }
}

void owed_map(const struct owed_maps *m, const struct iommu_event *e)
{
    if (m->n->registered)
        notify_pieces(m->n, e, m->lacking);
}

static void save_set(const struct rangemap *set, struct state_out *o)
{
    const struct range_entry *e = set ? rangemap_at_or_after(set, iova(0)) : NULL;

    state_put(o, set ? set->count : 0, 8);
    for (; e; e = rangemap_at_or_after(set, iova(e->range.last.v + 1))) {
        state_put(o, e->range.first.v, 8);
        state_put(o, e->range.last.v, 8);
        if (e->range.last.v == UINT64_MAX)
            return;
    }
}

void owed_save(const struct notifier *n, struct state_out *o)
{
    state_put_tag(o, "OWED");
    state_put(o, n->delivered, 8);
    save_set(n->owed ? &n->owed->lacks : NULL, o);
    save_set(n->owed ? &n->owed->keeps : NULL, o);
}

static void load_set(struct notifier *n, bool lacks, struct state_in *i)
{
    uint64_t count = state_take_count(i, 16), next = 0;

    for (; count && !i->trouble; count--) {
        uint64_t first = state_take(i, 8), last = state_take(i, 8);
        struct owed *o = owed_of(n);

        if (!o || first < next || first > last || (last == UINT64_MAX && count > 1)) {
            state_trouble(i, "ranges that a consumer refused are out of order");
            return;
        }
        if (set_add(lacks ? &o->lacks : &o->keeps, iova_range(first, last)))
            fate_no_memory(n->region->fate);
        next = last + 1;
    }
}

void owed_load(struct notifier *n, struct state_in *i)
{
    if (!state_expect(i, "OWED"))
        return;
    n->delivered = state_take(i, 8);
    load_set(n, true, i);
    load_set(n, false, i);
}
