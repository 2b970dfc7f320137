/* SPDX-License-Identifier: MIT */
/*
 * What vhost does when its device's address space changes. On demand: notifiers come and go, and
 * the emulation forgets nothing with them (museum L11, L18, L19); as architected nothing stale
 * stays. vdpa and iommufd do as vfio: what one address space mapped goes when the other comes.
 */
#include <stddef.h>

#include "consumers/address_space.h"
#include "consumers/vhost_inside.h"

static void unmap_by_region(struct vhost *v, struct iova_range r)
{
    struct iommu_event e = event_unmap(r);
    int result = vhost_side_invalidate(v, r);

    consumer_note(&v->base, VIA_REGION, &e, true, result, NULL);
}

/* The one-to-one map is made, or taken away. */
struct identity {
    struct vhost *v;
    bool make;
};

static void identity_piece(void *arg, const struct ram_block *b, struct iova_range r)
{
    const struct identity *i = arg;
    struct vhost *v = i->v;
    struct range_entry entry = {r, gpa(r.first.v), b->rom ? PERM_R : PERM_RW};
    struct iommu_event e = event_map(entry.range, entry.gpa, entry.perm);

    if (!iova_range_overlap(r, v->base.how.range))
        return; /* skipped: beyond what the device can address */
    if (i->make)
        consumer_note(&v->base, VIA_REGION, &e, true, vhost_side_update(v, &entry), NULL);
    else
        unmap_by_region(v, r);
}

static void identity(struct vhost *v, bool make)
{
    struct identity i = {v, make};

    space_each_ram(v->base.mem, identity_piece, &i);
    v->holds_ram = make;
}

void vhost_refused(struct vhost *v)
{
    v->refused = true;
    if (vhost_policy(v)->refusal_ends_vhost && vhost_on_demand(&v->base))
        fate_abort(v->base.fate, "vhost's notifier is refused: the process ends with exit(1)");
}

static void take_up(struct vhost *v, struct notifier *n)
{
    bool before = v->refused;

    if (!v->stopped && space_take_up(&v->base, n, &v->refused) && (n->flags & NOTIFY_MAP))
        notify_replay(n);
    if (v->refused && !before)
        vhost_refused(v);
}

static void let_go(struct vhost *v, struct notifier *n)
{
    if (!notifier_registered(n) || v->base.gone)
        return;
    notify_unregister(n);
    if (!vhost_on_demand(&v->base))
        unmap_by_region(v, n->range);
}

/* Nothing of the address space that was is kept, and nobody waits for an answer out of it. */
static void start_afresh(struct vhost *v)
{
    if (!vhost_policy(v)->vhost_switch_flushes)
        return;
    if (v->iotlb.count) {
        unmap_by_region(v, v->below.range);
        unmap_by_region(v, v->above.range);
    }
    vhost_drop_pending(v, true);
}

static void switched_on_demand(struct vhost *v, bool translated)
{
    if (!translated) {
        let_go(v, &v->below);
        let_go(v, &v->above);
    }
    start_afresh(v);
    if (translated) {
        take_up(v, &v->below);
        take_up(v, &v->above);
    }
}

static void switched_pushed(struct vhost *v, bool translated)
{
    bool late = vhost_policy(v)->add_before_delete;

    if (!translated) {
        let_go(v, &v->below);
        let_go(v, &v->above);
        identity(v, true);
        return;
    }
    if (v->holds_ram && !late)
        identity(v, false);
    take_up(v, &v->below);
    take_up(v, &v->above);
    if (v->holds_ram)
        identity(v, false);
}

void vhost_switched(struct region_listener *l, bool translated)
{
    struct vhost *v = (struct vhost *)((char *)l - offsetof(struct vhost, listener));

    if (v->stopped || v->base.gone)
        return;
    if (vhost_on_demand(&v->base))
        switched_on_demand(v, translated);
    else
        switched_pushed(v, translated);
}

void vhost_quit_region(struct vhost *v)
{
    let_go(v, &v->below);
    let_go(v, &v->above);
    if (v->holds_ram)
        identity(v, false);
}
