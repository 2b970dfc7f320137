/* SPDX-License-Identifier: MIT */
/*
 * What vhost does when its device's address space changes. On demand: notifiers come and go, and
 * the emulation forgets nothing with them (museum L11, L18, L19); as architected nothing stale
 * stays. vdpa and iommufd do as vfio: what one address space mapped goes when the other comes.
 */
#include <stddef.h>

#include "consumers/vhost_inside.h"

static void unmap_by_region(struct vhost *v, struct iova_range r)
{
    struct iommu_event e = event_unmap(r);
    int result = vhost_side_invalidate(v, r);

    consumer_note(&v->base, VIA_REGION, &e, true, result, NULL);
}

static void identity_part(struct vhost *v, const struct ram_block *b, uint64_t first, uint64_t last,
                          bool make)
{
    struct range_entry entry = {iova_range(first, last), gpa(first), b->rom ? PERM_R : PERM_RW};
    struct iommu_event e = event_map(entry.range, entry.gpa, entry.perm);

    if (!iova_range_overlap(entry.range, v->base.how.range))
        return; /* skipped: beyond what the device can address */
    if (make)
        consumer_note(&v->base, VIA_REGION, &e, true, vhost_side_update(v, &entry), NULL);
    else
        unmap_by_region(v, entry.range);
}

/* RAM one to one, clear of the interrupt window: made, or taken away. */
static void identity(struct vhost *v, bool make)
{
    size_t count;
    const struct ram_block *b = guest_mem_blocks(v->base.mem, &count);

    for (size_t i = 0; i < count; i++) {
        uint64_t first = b[i].gpa.v, last = b[i].gpa.v + (b[i].bytes - 1);

        if (first > IR_WINDOW_LAST || last < IR_WINDOW_FIRST) {
            identity_part(v, &b[i], first, last, make);
            continue;
        }
        if (first < IR_WINDOW_FIRST)
            identity_part(v, &b[i], first, IR_WINDOW_FIRST - 1, make);
        if (last > IR_WINDOW_LAST)
            identity_part(v, &b[i], IR_WINDOW_LAST + 1, last, make);
    }
    v->holds_ram = make;
}

static void take_up(struct vhost *v, struct notifier *n)
{
    struct err ignored;

    if (v->refused || v->stopped || v->base.gone || fate_ended(v->base.fate))
        return;
    if (notify_register(v->base.region, n, &ignored))
        v->refused = true;
    else if (n->flags & NOTIFY_MAP)
        notify_replay(n);
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
