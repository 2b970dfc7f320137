/* SPDX-License-Identifier: MIT */
/* Emulated devices of a container: who joins the list or the chain, who leaves, who is asked. */
#include <errno.h>

#include "consumers/type1_inside.h"
#include "policy_fields.h"

static void show_device(struct type1_kernel *k, const struct type1_device *d, bool on, int result)
{
    struct obs o = {.kind = OBS_TYPE1_DEVICE};

    if (fate_ended(k->fate))
        return;
    o.u.type1_device.container = k->name;
    o.u.type1_device.consumer = d->name;
    o.u.type1_device.on = on;
    o.u.type1_device.has_dma_unmap = d->dma_unmap != NULL;
    o.u.type1_device.result = result;
    funnel_show(k->funnel, &o);
}

/* The list grows at its head, the chain at its end (all priorities are alike). */
static void join_list(struct type1_kernel *k, struct type1_device *d)
{
    struct type1_device **at = &k->devices;

    if (k->way == TYPE1_LIST)
        while (*at && (*at)->serial > d->serial)
            at = &(*at)->next;
    else
        while (*at && (*at)->serial < d->serial)
            at = &(*at)->next;
    d->next = *at;
    d->linked = true;
    *at = d;
}

static void leave_list(struct type1_kernel *k, struct type1_device *d)
{
    struct type1_device **at = &k->devices;

    if (!d->linked)
        return;
    while (*at != d)
        at = &(*at)->next;
    if (k->calling == d)
        k->calling = d->next;
    *at = d->next;
    d->linked = false;
}

static void list_register(struct type1_kernel *k, struct type1_device *d)
{
    if (!d->dma_unmap) { /* passed over in silence */
        show_device(k, d, true, 0);
        return;
    }
    if (!kernel_take(k, LOCK_IOMMU) || !kernel_take(k, LOCK_DEVICE_LIST))
        return;
    join_list(k, d);
    show_device(k, d, true, 0);
    kernel_drop(k, LOCK_DEVICE_LIST);
    kernel_drop(k, LOCK_IOMMU);
}

static void list_unregister(struct type1_kernel *k, struct type1_device *d)
{
    bool locks = d->dma_unmap && !k->policy->unregister_unlocked;

    if (locks && (!kernel_take(k, LOCK_IOMMU) || !kernel_take(k, LOCK_DEVICE_LIST)))
        return;
    leave_list(k, d);
    show_device(k, d, false, 0);
    if (locks) {
        kernel_drop(k, LOCK_DEVICE_LIST);
        kernel_drop(k, LOCK_IOMMU);
    }
}

/* The core asks the chain for devices with a callback alone; the others just open. */
static void chain_register(struct type1_kernel *k, struct type1_device *d)
{
    if (d->dma_unmap && !kernel_take(k, LOCK_CHAIN))
        return;
    if (d->dma_unmap)
        join_list(k, d);
    show_device(k, d, true, 0);
    if (d->dma_unmap)
        kernel_drop(k, LOCK_CHAIN);
}

static void chain_unregister(struct type1_kernel *k, struct type1_device *d)
{
    bool locks = d->dma_unmap && !k->policy->unregister_unlocked;

    if (locks && !kernel_take(k, LOCK_CHAIN))
        return;
    leave_list(k, d);
    show_device(k, d, false, 0);
    if (locks)
        kernel_drop(k, LOCK_CHAIN);
}

struct type1_hooks kernel_hooks(enum type1_way way)
{
    return way == TYPE1_LIST ? (struct type1_hooks){list_register, list_unregister}
                             : (struct type1_hooks){chain_register, chain_unregister};
}

int kernel_open(struct type1_kernel *k, struct type1_device *d)
{
    k->emulated = true;
    if (k->way == TYPE1_LIST && !d->dma_unmap && !k->policy->core_takes_no_dma_unmap) {
        show_device(k, d, true, -EINVAL);
        return -EINVAL;
    }
    d->opened = true;
    d->serial = ++k->serials;
    if (k->hooks.register_device)
        k->hooks.register_device(k, d);
    else
        show_device(k, d, true, 0);
    return 0;
}

void kernel_close(struct type1_kernel *k, struct type1_device *d)
{
    /* Each is to test its own hook (seed 002, review): one version tested register and called
     * unregister. */
    bool calls =
        k->policy->close_tests_register ? k->hooks.register_device : k->hooks.unregister_device;

    if (!d->opened)
        return;
    d->opened = false;
    if (calls && !k->hooks.unregister_device)
        fate_abort(k->fate, "the kernel stops (null pointer): closing a device tested the hook "
                            "for registering and called the one for unregistering");
    else if (calls)
        k->hooks.unregister_device(k, d);
    else
        show_device(k, d, false, 0);
    leave_list(k, d); /* whatever became of it: the device's memory goes */
}

static void call(struct type1_kernel *k, struct iova_range r, unsigned round)
{
    struct type1_device *d;

    for (k->calling = k->devices; (d = k->calling) != NULL && !fate_ended(k->fate);) {
        struct obs o = {.kind = OBS_DMA_UNMAP};

        k->calling = d->next;
        o.u.dma_unmap.container = k->name;
        o.u.dma_unmap.consumer = d->name;
        o.u.dma_unmap.range = r;
        o.u.dma_unmap.round = round;
        o.u.dma_unmap.begin = true;
        funnel_show(k->funnel, &o);
        d->dma_unmap(d, r);
        o.u.dma_unmap.begin = false;
        if (!fate_ended(k->fate))
            funnel_show(k->funnel, &o);
    }
    k->calling = NULL;
}

static void ask_list(struct type1_kernel *k, struct iova_range r, unsigned round)
{
    bool drops = !k->policy->callback_under_iommu_lock;

    if (!k->devices || !kernel_take(k, LOCK_DEVICE_LIST))
        return;
    if (drops)
        kernel_drop(k, LOCK_IOMMU);
    call(k, r, round);
    kernel_drop(k, LOCK_DEVICE_LIST);
    if (drops)
        kernel_take(k, LOCK_IOMMU);
}

static void ask_chain(struct type1_kernel *k, struct iova_range r, unsigned round)
{
    bool drops = !k->policy->callback_under_iommu_lock;

    if (drops)
        kernel_drop(k, LOCK_IOMMU);
    if (k->devices && kernel_take(k, LOCK_CHAIN)) {
        call(k, r, round);
        kernel_drop(k, LOCK_CHAIN);
    }
    if (drops)
        kernel_take(k, LOCK_IOMMU);
}

void kernel_ask(struct type1_kernel *k, struct iova_range r, unsigned round)
{
    if (k->way == TYPE1_LIST)
        ask_list(k, r, round);
    else
        ask_chain(k, r, round);
}

void kernel_device_save(const struct type1_device *d, struct state_out *o)
{
    state_put_bool(o, d->opened);
    state_put_bool(o, d->linked);
    state_put(o, d->serial, 8);
}

void kernel_device_load(struct type1_kernel *k, struct type1_device *d, struct state_in *i)
{
    bool linked;

    d->opened = state_take_bool(i);
    linked = state_take_bool(i);
    d->serial = state_take(i, 8);
    if (linked && !d->dma_unmap)
        state_trouble(i, "a device without a callback is on the list in the saved state");
    else if (linked && !i->trouble)
        join_list(k, d);
}
