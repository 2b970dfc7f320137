/* SPDX-License-Identifier: MIT */
/* vhost as a consumer: joining, hearing, stopping, ATS, state. */
#include "consumers/vhost.h"

#include <stdlib.h>

#include "consumers/address_space.h"
#include "consumers/vhost_inside.h"

bool vhost_on_demand(const struct consumer *c)
{
    return c->how.backend == BACKEND_KERNEL || c->how.backend == BACKEND_USER;
}

/* `range=` says what a vdpa or iommufd device can address; what lies wholly beyond is skipped. */
static bool reaches(const struct vhost *v, const struct iommu_event *e)
{
    return vhost_on_demand(&v->base) || iova_range_overlap(e->range, v->base.how.range);
}

static int map_event(struct vhost *v, const struct iommu_event *e)
{
    struct range_entry entry = {e->range, e->gpa, PERM_NONE};
    const char *why = reaches(v, e) ? space_refuses(v->base.mem, e, &entry.perm) : "beyond-range";
    int result = 0;

    if (!why)
        result = vhost_side_update(v, &entry);
    consumer_note(&v->base, VIA_NOTIFIER, e, !why, result, why);
    return why ? NOTIFY_NOT_ASKED : result;
}

/* Whatever a notifier without MAP is called with means: forget this range. */
static int invalidate_event(struct vhost *v, const struct iommu_event *e)
{
    bool asked = reaches(v, e);
    int result = asked ? vhost_side_invalidate(v, e->range) : 0;

    consumer_note(&v->base, VIA_NOTIFIER, e, asked, result, asked ? NULL : "beyond-range");
    return asked ? result : NOTIFY_NOT_ASKED;
}

/* Finer kinds and SYNC, for who asks for them: heard, and no table follows. */
static int heard_only(struct vhost *v, const struct iommu_event *e)
{
    consumer_note(&v->base, VIA_NOTIFIER, e, false, 0, NULL);
    return NOTIFY_NOT_ASKED;
}

static int notified(struct notifier *n, const struct iommu_event *e)
{
    struct vhost *v = n->owner_data;
    bool leaves = consumer_counts_out(&v->base);
    int result;

    if (e->type == NOTE_MAP && (n->flags & NOTIFY_MAP))
        result = map_event(v, e);
    else if (e->type == NOTE_MAP || e->type == NOTE_UNMAP || e->type == NOTE_DEVTLB)
        result = invalidate_event(v, e);
    else
        result = heard_only(v, e);
    if (leaves)
        consumer_leave(&v->base);
    return result;
}

static void join(struct consumer *c)
{
    struct vhost *v = (struct vhost *)c;

    region_listen(c->region, &v->listener);
    v->listening = true;
    vhost_switched(&v->listener, c->region->translated);
}

static void leave(struct consumer *c)
{
    struct vhost *v = (struct vhost *)c;

    notify_unregister(&v->below);
    notify_unregister(&v->above);
    if (v->listening)
        region_unlisten(c->region, &v->listener);
    v->listening = false;
    vhost_drop_pending(v, false);
    vhost_side_clear(v);
}

static bool held(const struct consumer *c, iova_t at, struct range_entry *out)
{
    const struct vhost *v = (const struct vhost *)c;

    return !c->gone && !v->stopped && vhost_side_held(v, at, out);
}

static void free_vhost(struct consumer *c)
{
    struct vhost *v = (struct vhost *)c;

    vhost_side_clear(v);
    free(v->pending);
    free(v);
}

static struct notifier *notifier(struct consumer *c, unsigned index)
{
    struct vhost *v = (struct vhost *)c;

    return index == 0 ? &v->below : index == 1 ? &v->above : NULL;
}

static void set_flags(struct vhost *v, uint32_t flags)
{
    v->base.how.flags = v->below.flags = v->above.flags = flags;
}

/* --- ATS, stop, start, reset ------------------------------------------------------------- */

static uint32_t flags_for(const struct vhost *v, bool ats)
{
    ats |= vhost_policy(v)->vhost_ats_ignored;
    return ats && (v->device_iotlb || vhost_policy(v)->refusal_ends_vhost) ? NOTIFY_DEVTLB
                                                                           : NOTIFY_UNMAP;
}

static bool follows_ats(const struct vhost *v)
{
    return !v->base.how.has_flags && vhost_on_demand(&v->base);
}

void vhost_prepare(struct consumer *c, bool ats, bool device_iotlb)
{
    struct vhost *v = (struct vhost *)c;

    v->device_iotlb = device_iotlb;
    if (follows_ats(v))
        set_flags(v, flags_for(v, ats));
}

static void register_anew(struct vhost *v, struct notifier *n, uint32_t flags)
{
    struct err ignored;
    bool was = notifier_registered(n);

    notify_unregister(n);
    n->flags = flags;
    if (was && notify_register(v->base.region, n, &ignored))
        vhost_refused(v);
}

void vhost_ats(struct consumer *c, bool on)
{
    struct vhost *v = (struct vhost *)c;
    uint32_t flags;

    if (c->gone || !follows_ats(v)) /* gone: its device may be, too */
        return;
    flags = flags_for(v, on);
    if (flags == c->how.flags)
        return;
    c->how.flags = flags;
    register_anew(v, &v->above, flags); /* newest first, as the list is */
    register_anew(v, &v->below, flags);
    if (vhost_policy(v)->vhost_flip_flushes && v->iotlb.count) {
        vhost_side_invalidate(v, v->below.range);
        vhost_side_invalidate(v, v->above.range);
    }
}

/* The table that runs next is a new one. */
static void end_of_table(struct vhost *v)
{
    if (!vhost_policy(v)->misses_outlive_stop)
        vhost_drop_pending(v, false);
    vhost_iotlb_clear(&v->iotlb);
}

void vhost_stop(struct consumer *c)
{
    struct vhost *v = (struct vhost *)c;

    if (c->gone || v->stopped)
        return;
    vhost_show(v, VHOST_STOPPED, iova_range(0, UINT64_MAX), gpa(0), PERM_NONE, 0);
    vhost_quit_region(v);
    v->stopped = true;
    end_of_table(v);
}

bool vhost_stopped(const struct consumer *c)
{
    return ((const struct vhost *)c)->stopped;
}

void vhost_start(struct consumer *c)
{
    struct vhost *v = (struct vhost *)c;

    if (c->gone || !v->stopped)
        return;
    v->stopped = false;
    vhost_show(v, VHOST_STARTED, iova_range(0, UINT64_MAX), gpa(0), PERM_NONE, 0);
    vhost_switched(&v->listener, c->region->translated);
}

void vhost_reset(struct consumer *c, bool device)
{
    struct vhost *v = (struct vhost *)c;

    if (c->gone)
        return;
    if (device)
        end_of_table(v);
    else if (vhost_policy(v)->vhost_switch_flushes)
        vhost_drop_pending(v, true);
}

void vhost_reset_first(struct consumer *c)
{
    if (!c->gone && vhost_on_demand(c))
        vhost_quit_region((struct vhost *)c);
}

/* --- state ------------------------------------------------------------------------------- */

static void save(const struct consumer *c, struct state_out *o)
{
    const struct vhost *v = (const struct vhost *)c;

    state_put_tag(o, "VHST");
    state_put_bool(o, v->listening);
    state_put_bool(o, v->refused);
    state_put_bool(o, v->stopped);
    state_put_bool(o, v->holds_ram);
    state_put_bool(o, v->device_iotlb);
    state_put(o, c->how.flags, 4);
    state_put(o, v->pending_count, 8);
    for (size_t n = 0; n < v->pending_count; n++) {
        state_put(o, v->pending[n].at.v, 8);
        state_put_bool(o, v->pending[n].write);
    }
    vhost_side_save(v, o);
}

static void load_pending(struct vhost *v, struct state_in *i)
{
    uint64_t count = state_take_count(i, 9);

    if (count > VHOST_MISSES_MAX) {
        state_trouble(i, "more misses wait than a vhost keeps");
        return;
    }
    v->pending_count = 0;
    if (count > v->pending_room) {
        struct vhost_pending *grown = realloc(v->pending, (size_t)count * sizeof(*grown));

        if (!grown) {
            state_no_memory(i);
            return;
        }
        v->pending = grown;
        v->pending_room = (size_t)count;
    }
    for (uint64_t n = 0; n < count; n++) {
        v->pending[n].at = iova(state_take(i, 8));
        v->pending[n].write = state_take_bool(i);
    }
    v->pending_count = (size_t)count;
}

static void load(struct consumer *c, struct state_in *i)
{
    struct vhost *v = (struct vhost *)c;
    bool listening;

    if (!state_expect(i, "VHST"))
        return;
    listening = state_take_bool(i) && c->region && !c->gone;
    v->refused = state_take_bool(i);
    v->stopped = state_take_bool(i);
    v->holds_ram = state_take_bool(i);
    v->device_iotlb = state_take_bool(i);
    c->how.flags = (uint32_t)state_take(i, 4); /* its notifiers have what they asked for */
    load_pending(v, i);
    vhost_side_load(v, i);
    if (listening && !v->listening)
        region_listen(c->region, &v->listener);
    v->listening = listening;
}

static const struct consumer_ops ops = {.join = join,
                                        .leave = leave,
                                        .held = held,
                                        .free = free_vhost,
                                        .notifier = notifier,
                                        .save = save,
                                        .load = load};

struct consumer *vhost_new(const struct consumer_setup *s)
{
    struct vhost *v = calloc(1, sizeof(*v));

    if (!v)
        return NULL;
    v->base.ops = &ops;
    v->listener.switched = vhost_switched;
    v->iotlb.limit = s->how->limit;
    v->below = (struct notifier){.flags = s->how->flags,
                                 .assigned = s->how->backend == BACKEND_IOMMUFD,
                                 .notify = notified,
                                 .owner_data = v};
    space_notifiers(&v->below, &v->above, &v->base);
    return &v->base;
}
