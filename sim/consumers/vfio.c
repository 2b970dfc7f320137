/* SPDX-License-Identifier: MIT */
/*
 * VFIO as QEMU has it, over a type1 container. Translated: one notifier below the interrupt window
 * and one above. Not translated: the RAM ranges one to one (contract, section 2; real-systems).
 */
#include <stddef.h>
#include <stdlib.h>

#include "consumers/vfio_core.h"
#include "policy_fields.h"

/* What was received, and what the container answered; nothing when the kernel stopped over it. */
static void note(struct vfio *v, enum note_via via, const struct iommu_event *e, int result)
{
    bool answered = !fate_ended(v->base.fate);

    consumer_note(&v->base, via, e, answered, result, answered ? NULL : "no-answer");
}

/* What a MAP meets in memory (vfio_get_xlat_addr): RAM, wholly in one block; *rights as it can be
 * mapped. */
static const char *target_refused(const struct vfio *v, const struct iommu_event *e,
                                  enum perm *rights)
{
    const struct ram_block *b = guest_mem_block_at(v->base.mem, e->gpa);
    uint64_t span = e->range.last.v - e->range.first.v; /* bytes - 1 */
    uint64_t bytes = span + 1, rest;

    if (!b)
        return "not-ram";
    rest = b->bytes - (e->gpa.v - b->gpa.v);
    if (rest < bytes)
        bytes = rest;
    if (bytes & span)
        return "granularity";
    /* Reading is always granted; writing needs the right and a writable block. */
    *rights = (e->perm & PERM_W) && !b->rom ? PERM_RW : PERM_R;
    return NULL;
}

static int ask_map(struct vfio *v, const struct iommu_event *e, enum perm rights)
{
    int refused = consumer_refuses(&v->base, FAIL_MAP);

    if (!refused)
        refused = consumer_refuses(&v->base, FAIL_ALLOC);
    return kernel_map(v->container, e->range, e->gpa, rights, refused);
}

static int map_event(struct vfio *v, const struct iommu_event *e)
{
    enum perm rights = PERM_NONE;
    const char *why = target_refused(v, e, &rights);
    int result;

    if (why) {
        consumer_note(&v->base, VIA_NOTIFIER, e, false, 0, why);
        return NOTIFY_NOT_ASKED;
    }
    result = ask_map(v, e, rights);
    note(v, VIA_NOTIFIER, e, result);
    return result;
}

static int unmap(struct vfio *v, const struct iommu_event *e, enum note_via via)
{
    int refused = consumer_refuses(&v->base, FAIL_UNMAP);
    int result = kernel_unmap(v->container, e->range, refused);

    note(v, via, e, result);
    return result;
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

/* RAM as the trace names it, ascending, clear of the window: the one-to-one map, made or taken
 * away. */
static void identity_block(struct vfio *v, const struct ram_block *b, uint64_t first, uint64_t last,
                           bool make)
{
    struct iova_range r = iova_range(first, last);
    enum perm rights = b->rom ? PERM_R : PERM_RW;
    struct iommu_event e;
    int result;

    if (first > last || fate_ended(v->base.fate))
        return;
    if (!make) {
        e = event_unmap(r);
        unmap(v, &e, VIA_REGION);
        return;
    }
    e = event_map(r, gpa(first), rights);
    result = ask_map(v, &e, rights);
    note(v, VIA_REGION, &e, result);
}

static void identity(struct vfio *v, bool make)
{
    size_t count;
    const struct ram_block *b = guest_mem_blocks(v->base.mem, &count);

    for (size_t i = 0; i < count; i++) {
        uint64_t first = b[i].gpa.v, last = b[i].gpa.v + b[i].bytes - 1;

        if (first > IR_WINDOW_LAST || last < IR_WINDOW_FIRST) {
            identity_block(v, &b[i], first, last, make);
            continue;
        }
        if (first < IR_WINDOW_FIRST)
            identity_block(v, &b[i], first, IR_WINDOW_FIRST - 1, make);
        if (last > IR_WINDOW_LAST)
            identity_block(v, &b[i], IR_WINDOW_LAST + 1, last, make);
    }
    v->holds_ram = make;
}

static void take_up(struct vfio *v, struct notifier *n)
{
    struct err ignored;

    if (v->refused || v->base.gone || fate_ended(v->base.fate))
        return;
    if (notify_register(v->base.region, n, &ignored))
        v->refused = true;
    else
        notify_replay(n);
}

static void let_go(struct vfio *v, struct notifier *n)
{
    struct iommu_event e = event_unmap(n->range);

    if (!notifier_registered(n) || v->base.gone || fate_ended(v->base.fate))
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
        let_go(v, &v->below);
        let_go(v, &v->above);
        identity(v, true);
    }
}

void vfio_join(struct consumer *c)
{
    struct vfio *v = (struct vfio *)c;

    region_listen(c->region, &v->listener);
    v->listening = true;
    switched(&v->listener, c->region->translated);
}

void vfio_leave(struct consumer *c)
{
    struct vfio *v = (struct vfio *)c;

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
                                 .range = iova_range(0, IR_WINDOW_FIRST - 1),
                                 .assigned = true,
                                 .notify = notified,
                                 .owner_data = v};
    v->above = v->below;
    v->above.range = iova_range(IR_WINDOW_LAST + 1, UINT64_MAX);
    v->below.owner = v->above.owner = v->base.how.name;
}

struct consumer *vfio_new(const struct consumer_setup *s)
{
    struct vfio *v = calloc(1, sizeof(*v));

    if (!v)
        return NULL;
    vfio_init(v, s, &ops);
    return &v->base;
}
