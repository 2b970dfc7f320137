/* SPDX-License-Identifier: MIT */
/*
 * What a backend's side answers (vtd-facts 9.4-9.7):
 *
 *              overlap on UPDATE   INVALIDATE             errors are seen as
 *   kernel     kept                whole entries          -EFAULT
 *   user       kept                whole entries          themselves
 *   vdpa       -EEXIST             whole entries          -EFAULT
 *   iommufd    -EEXIST             splits: -ENOENT        themselves; -ENOENT of nothing is success
 *
 * vdpa's batches are not modelled: they change how often hardware is programmed, not with what.
 */
#include <errno.h>

#include "consumers/vhost_inside.h"

void vhost_show(struct vhost *v, enum vhost_what what, struct iova_range r, gpa_t target,
                enum perm perm, int result)
{
    struct obs o = {.kind = OBS_VHOST};

    o.u.vhost.consumer = v->base.how.name;
    o.u.vhost.bdf = v->base.how.bdf;
    o.u.vhost.what = what;
    o.u.vhost.range = r;
    o.u.vhost.gpa = target;
    o.u.vhost.perm = perm;
    o.u.vhost.result = result;
    funnel_show(v->base.funnel, &o);
}

static void evicted(void *arg, const struct range_entry *e)
{
    vhost_show(arg, VHOST_EVICTED, e->range, e->gpa, e->perm, 0);
}

/* The errno as the writer of the message sees it. */
static int seen(const struct vhost *v, int result)
{
    enum vhost_backend b = v->base.how.backend;

    return result && (b == BACKEND_KERNEL || b == BACKEND_VDPA) ? -EFAULT : result;
}

static int map(struct vhost *v, const struct range_entry *e)
{
    const struct attach_rec *how = &v->base.how;

    if (!iova_range_covers(how->range, e->range))
        return -EINVAL;
    if (how->limit && v->maps.count >= how->limit)
        return -ENOMEM; /* the lock limit */
    return rangemap_insert(&v->maps, e);
}

int vhost_side_update(struct vhost *v, const struct range_entry *e)
{
    int result = consumer_refuses(&v->base, FAIL_MAP);
    bool injected;

    if (!result)
        result = consumer_refuses(&v->base, FAIL_ALLOC);
    injected = result != 0;
    if (!injected && vhost_on_demand(&v->base))
        result = vhost_iotlb_add(&v->iotlb, e, evicted, v);
    else if (!injected)
        result = map(v, e);
    if (result == -ENOMEM && !injected && !v->base.how.limit)
        fate_no_memory(v->base.fate); /* ours, not the modelled side's */
    result = seen(v, result);
    vhost_show(v, VHOST_UPDATE, e->range, e->gpa, e->perm, result);
    return result;
}

/* Every entry that overlaps, whole. */
static int unmap_whole(struct vhost *v, struct iova_range r)
{
    const struct range_entry *e;

    while ((e = rangemap_at_or_after(&v->maps, r.first)) && e->range.first.v <= r.last.v)
        if (rangemap_cut(&v->maps, e->range))
            return -ENOMEM;
    return 0;
}

/* Areas that lie inside, up to the first that would be cut. */
static int unmap_areas(struct vhost *v, struct iova_range r)
{
    uint64_t bytes = rangemap_remove_inside(&v->maps, r);
    const struct range_entry *left = rangemap_at_or_after(&v->maps, r.first);

    if (left && left->range.first.v <= r.last.v)
        return -ENOENT;
    return bytes ? 0 : -ENOENT;
}

int vhost_side_invalidate(struct vhost *v, struct iova_range r)
{
    int result = consumer_refuses(&v->base, FAIL_UNMAP), answer;
    bool nothing = false;

    if (!result && vhost_on_demand(&v->base)) {
        vhost_iotlb_remove(&v->iotlb, r);
    } else if (!result && v->base.how.backend == BACKEND_VDPA) {
        result = unmap_whole(v, r);
        if (result)
            fate_no_memory(v->base.fate);
    } else if (!result) {
        const struct range_entry *e = rangemap_at_or_after(&v->maps, r.first);

        nothing = !e || e->range.first.v > r.last.v;
        result = unmap_areas(v, r);
    }
    answer = seen(v, result);
    vhost_show(v, VHOST_INVALIDATE, r, gpa(0), PERM_NONE, answer);
    return nothing ? 0 : answer;
}

bool vhost_side_held(const struct vhost *v, iova_t at, struct range_entry *out)
{
    const struct range_entry *e =
        vhost_on_demand(&v->base) ? vhost_iotlb_at(&v->iotlb, at) : rangemap_at(&v->maps, at);

    if (e)
        *out = *e;
    return e != NULL;
}

void vhost_side_clear(struct vhost *v)
{
    vhost_iotlb_clear(&v->iotlb);
    rangemap_clear(&v->maps);
}

static void save_entry(void *arg, const struct range_entry *e)
{
    struct state_out *o = arg;

    state_put(o, e->range.first.v, 8);
    state_put(o, e->range.last.v, 8);
    state_put(o, e->gpa.v, 8);
    state_put(o, e->perm, 1);
}

void vhost_side_save(const struct vhost *v, struct state_out *o)
{
    const struct range_entry *e = rangemap_at_or_after(&v->maps, iova(0));

    state_put(o, v->iotlb.count, 8);
    vhost_iotlb_visit(&v->iotlb, save_entry, o);
    state_put(o, v->maps.count, 8);
    while (e) {
        save_entry(o, e);
        e = e->range.last.v == UINT64_MAX
                ? NULL
                : rangemap_at_or_after(&v->maps, iova(e->range.last.v + 1));
    }
}

static bool load_entry(struct state_in *i, struct range_entry *e)
{
    e->range.first = iova(state_take(i, 8));
    e->range.last = iova(state_take(i, 8));
    e->gpa = gpa(state_take(i, 8));
    e->perm = (enum perm)(state_take(i, 1) & 3);
    if (e->range.first.v > e->range.last.v)
        state_trouble(i, "an entry of a device IOTLB ends before it starts");
    return !i->trouble;
}

#define ENTRY_STATE_BYTES 25u

void vhost_side_load(struct vhost *v, struct state_in *i)
{
    struct range_entry e;

    vhost_side_clear(v);
    for (uint64_t n = state_take_count(i, ENTRY_STATE_BYTES); n && load_entry(i, &e); n--)
        if (vhost_iotlb_add(&v->iotlb, &e, NULL, NULL))
            state_no_memory(i);
    for (uint64_t n = state_take_count(i, ENTRY_STATE_BYTES); n && load_entry(i, &e); n--)
        if (rangemap_insert(&v->maps, &e))
            state_trouble(i, "mappings of a backend overlap, or memory ran out");
}
