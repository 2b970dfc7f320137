/* SPDX-License-Identifier: MIT */
/*
 * VFIO as QEMU has it, over a type1 container. Translated: one notifier below the interrupt window
 * and one above. Not translated: the RAM ranges one to one (contract, section 2; real-systems).
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/apart.h"
#include "consumers/address_space.h"
#include "consumers/vfio_core.h"
#include "policy_fields.h"

/* What was received, and what the container answered; nothing when the kernel stopped over it. */
static void note(struct vfio *v, enum note_via via, const struct iommu_event *e, int result)
{
    bool answered = !fate_ended(v->base.fate);

    consumer_note(&v->base, via, e, answered, result, answered ? NULL : "no-answer");
}

static int ask_map_once(struct vfio *v, const struct iommu_event *e, enum perm rights)
{
    int refused = consumer_refuses(&v->base, FAIL_MAP);

    if (!refused)
        refused = consumer_refuses(&v->base, FAIL_ALLOC);
    return kernel_map(v->container, e->range, e->gpa, rights, refused);
}

static int unmap(struct vfio *v, const struct iommu_event *e, enum note_via via);

/* Somebody is there: they are unmapped first, where it is done so. */
RARELY static int ask_map_again(struct vfio *v, const struct iommu_event *e, enum perm rights,
                                enum note_via via)
{
    struct iommu_event away = event_unmap(e->range);
    int result = -EBUSY;

    if (!v->base.region->policy->ebusy_retried || fate_ended(v->base.fate) ||
        unmap(v, &away, VIA_REGION))
        return result;
    result = ask_map_once(v, e, rights);
    note(v, via, e, result);
    return result;
}

/* Asked, and noted; a second time where the first answer was that somebody is there. */
static int ask_map(struct vfio *v, const struct iommu_event *e, enum perm rights, enum note_via via)
{
    int result = ask_map_once(v, e, rights);

    note(v, via, e, result);
    return result == -EBUSY ? ask_map_again(v, e, rights, via) : result;
}

static int map_event(struct vfio *v, const struct iommu_event *e)
{
    enum perm rights = PERM_NONE;
    const char *why = space_refuses(v->base.mem, e, &rights);

    if (why) {
        consumer_note(&v->base, VIA_NOTIFIER, e, false, 0, why);
        return NOTIFY_NOT_ASKED;
    }
    return ask_map(v, e, rights, VIA_NOTIFIER);
}

/* Refused at the end of the address space, it is asked again without the last page: older kernels'
 * check of the end overflows. */
RARELY static int unmap_less(struct vfio *v, const struct iommu_event *e, enum note_via via,
                             int result)
{
    struct iommu_event less = *e;

    if (e->range.last.v != UINT64_MAX || v->container->table->v1 ||
        !v->base.region->policy->last_page_spared || fate_ended(v->base.fate))
        return result;
    less.range.last.v -= PAGE_4K_BYTES;
    return unmap(v, &less, via);
}

static int unmap(struct vfio *v, const struct iommu_event *e, enum note_via via)
{
    int refused = consumer_refuses(&v->base, FAIL_UNMAP);
    int result = kernel_unmap(v->container, e->range, refused);

    note(v, via, e, result);
    return result == -EINVAL ? unmap_less(v, e, via, result) : result;
}

static int notified(struct notifier *n, const struct iommu_event *e)
{
    struct vfio *v = n->owner_data;
    bool leaves = consumer_counts_out(&v->base);
    int result = NOTIFY_NOT_ASKED;

    if (e->type == NOTE_MAP)
        result = map_event(v, e);
    else if (e->type == NOTE_UNMAP)
        result = unmap(v, e, VIA_NOTIFIER);
    else /* its side has no use for it */
        consumer_note(&v->base, VIA_NOTIFIER, e, false, 0, NULL);
    if (leaves)
        consumer_leave(&v->base);
    return result;
}

static void expect(const struct notifier *n, iova_t at)
{
    const struct vfio *v = n->owner_data;

    rangemap_expect(&v->container->table->maps, at);
}

/* The one-to-one map is made, or taken away. */
struct identity {
    struct vfio *v;
    bool make;
};

static void identity_piece(void *arg, const struct ram_block *b, struct iova_range r)
{
    const struct identity *i = arg;
    struct vfio *v = i->v;
    enum perm rights = b->rom ? PERM_R : PERM_RW;
    struct iommu_event e;
    int result;

    if (fate_ended(v->base.fate))
        return;
    if (!i->make) {
        e = event_unmap(r);
        unmap(v, &e, VIA_REGION);
        return;
    }
    e = event_map(r, gpa(r.first.v), rights);
    result = ask_map(v, &e, rights, VIA_REGION);
    if (result && v->set_up && v->container->table->users == 1 &&
        v->base.region->policy->ram_map_ends)
        fate_abort(v->base.fate, "VFIO cannot map RAM while the guest runs: hw_error");
}

static void identity(struct vfio *v, bool make)
{
    struct identity i = {v, make};

    space_each_ram(v->base.mem, identity_piece, &i);
    v->holds_ram = make;
}

static void take_up(struct vfio *v, struct notifier *n)
{
    if (space_take_up(&v->base, n, &v->refused))
        notify_replay(n);
}

static void let_go(struct vfio *v, struct notifier *n)
{
    struct iommu_event e = event_unmap(n->range);

    if (!notifier_registered(n) || fate_ended(v->base.fate))
        return;
    notify_unregister(n);
    unmap(v, &e, VIA_REGION);
}

static void switched(struct region_listener *l, bool translated)
{
    struct vfio *v = (struct vfio *)((char *)l - offsetof(struct vfio, listener));

    bool late = v->base.region->policy->add_before_delete;

    if (translated) {
        if (v->holds_ram && !late)
            identity(v, false);
        take_up(v, &v->below);
        take_up(v, &v->above);
        if (v->holds_ram)
            identity(v, false);
    } else {
        if (!v->base.gone) {
            let_go(v, &v->below);
            let_go(v, &v->above);
        }
        identity(v, true);
    }
}

void vfio_join(struct consumer *c)
{
    struct vfio *v = (struct vfio *)c;

    region_listen(c->region, &v->listener);
    v->listening = true;
    switched(&v->listener, c->region->translated);
    v->set_up = true;
}

/* The listener goes, with the last of its container, and takes away what it added. Inside a
 * callback (leave=) the kernel could not be asked. */
static void take_back(struct vfio *v)
{
    if (!v->listening || v->base.how.has_leave || v->container->table->users > 1 ||
        !v->base.region->policy->leave_unmaps)
        return;
    if (v->holds_ram)
        identity(v, false);
    let_go(v, &v->below);
    let_go(v, &v->above);
}

void vfio_leave(struct consumer *c)
{
    struct vfio *v = (struct vfio *)c;

    take_back(v);
    notify_unregister(&v->below);
    notify_unregister(&v->above);
    if (v->listening)
        region_unlisten(c->region, &v->listener);
    v->listening = false;
}

bool vfio_held(const struct consumer *c, iova_t at, struct range_entry *out)
{
    const struct vfio *v = (const struct vfio *)c;
    const struct range_entry *e = c->gone ? NULL : rangemap_at(&v->container->table->maps, at);

    if (e)
        *out = *e;
    return e != NULL;
}

static void free_vfio(struct consumer *c)
{
    free(c);
}

struct notifier *vfio_notifier(struct consumer *c, unsigned index)
{
    struct vfio *v = (struct vfio *)c;

    return index == 0 ? &v->below : index == 1 ? &v->above : NULL;
}

void vfio_save(const struct consumer *c, struct state_out *o)
{
    const struct vfio *v = (const struct vfio *)c;

    state_put_bool(o, v->refused);
    state_put_bool(o, v->holds_ram);
    state_put_bool(o, v->listening);
}

void vfio_load(struct consumer *c, struct state_in *i)
{
    struct vfio *v = (struct vfio *)c;

    v->refused = state_take_bool(i);
    v->holds_ram = state_take_bool(i);
    v->set_up = true;
    v->listening = state_take_bool(i) && c->region && !c->gone;
    if (v->listening)
        region_listen(c->region, &v->listener);
}

static const struct consumer_ops ops = {.join = vfio_join,
                                        .leave = vfio_leave,
                                        .held = vfio_held,
                                        .free = free_vfio,
                                        .notifier = vfio_notifier,
                                        .save = vfio_save,
                                        .load = vfio_load};

void vfio_init(struct vfio *v, const struct consumer_setup *s, const struct consumer_ops *kind)
{
    v->base.ops = kind;
    v->container = s->container;
    v->listener.switched = switched;
    v->below = (struct notifier){.flags = s->how->flags,
                                 .assigned = true,
                                 .notify = notified,
                                 .expect = expect,
                                 .owner_data = v};
    space_notifiers(&v->below, &v->above, &v->base);
}

struct consumer *vfio_new(const struct consumer_setup *s)
{
    struct vfio *v = calloc(1, sizeof(*v));

    if (!v)
        return NULL;
    vfio_init(v, s, &ops);
    return &v->base;
}
