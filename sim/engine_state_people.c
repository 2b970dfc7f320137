/* SPDX-License-Identifier: MIT */
/* Containers and consumers as bytes, and whose notifiers are linked where. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_state.h"
#include "notifier_owed.h"

static void containers_save(const struct engine *e, struct state_out *o)
{
    state_put(o, e->container_count, 8);
    for (size_t n = 0; n < e->container_count; n++) {
        state_put_name(o, e->containers[n]->name);
        type1_save(&e->containers[n]->type1, o);
        kernel_save(&e->containers[n]->kernel, o);
    }
}

static void containers_load(struct engine *e, struct state_in *i)
{
    uint64_t count = state_take_count(i, 2 + 8 + 8 + 1 + 8);

    for (uint64_t n = 0; n < count && !i->trouble; n++) {
        struct attach_rec how = {.aperture_bits = 48, .type1 = 2};
        struct container *c;

        state_take_name(i, how.container, sizeof(how.container));
        c = i->trouble ? NULL : engine_container(e, &how);
        if (!c)
            state_no_memory(i);
        else if (e->container_count != n + 1)
            state_trouble(i, "a container is twice in the saved state");
        else {
            type1_load(&c->type1, i);
            kernel_load(&c->kernel, i);
        }
    }
}

static void consumers_save(const struct engine *e, struct state_out *o)
{
    state_put(o, e->consumer_count, 8);
    for (size_t n = 0; n < e->consumer_count; n++) {
        attach_save(&e->consumers[n]->how, o);
        consumer_save(e->consumers[n], o);
    }
}

static struct container *container_of(const struct engine *e, const struct attach_rec *how)
{
    for (size_t n = 0; n < e->container_count; n++)
        if (strcmp(e->containers[n]->name, how->container) == 0)
            return e->containers[n];
    return NULL;
}

/* Made as when it was attached, but it does not join: it is given what it had. */
static int consumer_again(struct engine *e, struct state_in *i, struct err *err)
{
    struct attach_rec how = {.name = ""};
    struct consumer_setup s = engine_setup(e, &how);
    struct container *shared = NULL;
    struct consumer *c;
    int fault;

    attach_load(&how, i);
    if (i->trouble)
        return 0;
    s.region = vtd_device(e->unit, how.bdf);
    if (consumer_has_container(how.kind)) {
        shared = container_of(e, &how);
        if (!shared) {
            state_trouble(i, "a consumer's container is not in the saved state");
            return 0;
        }
        s.container = &shared->kernel;
    }
    fault = consumer_new(&s, &c, err);
    if (fault)
        return fault;
    if (shared)
        shared->type1.users++;
    e->consumers[e->consumer_count++] = c;
    consumer_load(c, i);
    if (!c->region && !c->gone)
        state_trouble(i, "a consumer's device is not in the saved state");
    return 0;
}

static int consumers_load(struct engine *e, struct state_in *i, struct err *err)
{
    uint64_t count = state_take_count(i, 64);
    int fault = 0;

    if (!count)
        return 0;
    e->consumers = calloc(count, sizeof(struct consumer *));
    if (!e->consumers) {
        state_no_memory(i);
        return 0;
    }
    for (uint64_t n = 0; n < count && !i->trouble && !fault; n++)
        fault = consumer_again(e, i, err);
    for (size_t n = 0; n < e->container_count; n++)
        if (!e->containers[n]->type1.users)
            state_trouble(i, "a container in the saved state belongs to nobody");
    return fault;
}

/* Whose notifier it is: consumer << 8 | index; UINT64_MAX: nobody's. */
static uint64_t owner_of(const struct engine *e, const struct notifier *n)
{
    for (size_t c = 0; c < e->consumer_count; c++) {
        const struct notifier *own;

        for (unsigned k = 0; (own = e->consumers[c]->ops->notifier(e->consumers[c], k)); k++)
            if (own == n)
                return (uint64_t)c << 8 | k;
    }
    return UINT64_MAX;
}

static int links_save(const struct engine *e, struct state_out *o)
{
    const struct notify_region *r;

    for (size_t d = 0; (r = vtd_device_number(e->unit, d)) != NULL; d++) {
        uint64_t count = 0;

        for (const struct notifier *n = r->head; n; n = n->next)
            count++;
        state_put(o, count, 8);
        for (const struct notifier *n = r->head; n; n = n->next) {
            uint64_t owner = owner_of(e, n);

            if (owner == UINT64_MAX)
                return -EINVAL;
            state_put(o, owner, 8);
            state_put_bool(o, n->registered);
            if (n->registered)
                owed_save(n, o);
        }
    }
    return 0;
}

/* The consumer's notifier is linked in the region of its device; under the quirk one that has left
 * is linked still, and may have lost its device. */
static struct notifier *notifier_of(const struct engine *e, uint64_t owner, struct notify_region *r)
{
    struct consumer *c = owner >> 8 < e->consumer_count ? e->consumers[owner >> 8] : NULL;
    unsigned index = owner & 0xff;

    if (!c || (c->gone ? !e->policy.leaves_stay_linked : c->region != r))
        return NULL;
    c->region = r;
    for (unsigned k = 0; k < index; k++)
        if (!c->ops->notifier(c, k))
            return NULL;
    return c->ops->notifier(c, index);
}

static void link_load(const struct engine *e, struct notify_region *r, struct state_in *i)
{
    struct notifier *n = notifier_of(e, state_take(i, 8), r);
    bool registered = state_take_bool(i);

    if (i->trouble)
        return;
    if (!n || n->region || n->range.first.v > n->range.last.v ||
        (!registered && !e->policy.leaves_stay_linked)) {
        state_trouble(i, "a notifier is registered in the saved state where it cannot be");
        return;
    }
    notify_relink(r, n, registered);
    if (registered)
        owed_load(n, i);
}

static void links_load(const struct engine *e, struct state_in *i)
{
    struct notify_region *r;

    for (size_t d = 0; (r = vtd_device_number(e->unit, d)) != NULL && !i->trouble; d++) {
        uint64_t count = state_take_count(i, 9);

        for (uint64_t n = 0; n < count && !i->trouble; n++)
            link_load(e, r, i);
    }
}

int engine_people_save(const struct engine *e, struct state_out *o)
{
    engine_vhost_save(e, o);
    containers_save(e, o);
    consumers_save(e, o);
    return links_save(e, o);
}

int engine_people_load(struct engine *e, struct state_in *i, struct err *err)
{
    int fault;

    engine_vhost_load(e, i);
    containers_load(e, i);
    fault = consumers_load(e, i, err);
    if (!fault)
        links_load(e, i);
    return fault;
}
