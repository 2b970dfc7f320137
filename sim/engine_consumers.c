/* SPDX-License-Identifier: MIT */
/* Devices and consumers of a simulation: who joins, who leaves, which containers they share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_inside.h"

const struct consumer *engine_consumer(const struct engine *e, const char *name)
{
    for (size_t i = 0; i < e->consumer_count; i++)
        if (!e->consumers[i]->gone && strcmp(e->consumers[i]->how.name, name) == 0)
            return e->consumers[i];
    return NULL;
}

struct container *engine_container(struct engine *e, const struct attach_rec *how)
{
    struct container **grown;
    struct container *c;

    for (size_t i = 0; i < e->container_count; i++)
        if (strcmp(e->containers[i]->name, how->container) == 0)
            return e->containers[i];
    grown = realloc(e->containers, (e->container_count + 1) * sizeof(struct container *));
    if (!grown)
        return NULL;
    e->containers = grown;
    c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    memcpy(c->name, how->container, sizeof(c->name));
    c->type1.limit = how->limit;
    c->type1.aperture_last =
        how->aperture_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << how->aperture_bits) - 1;
    c->type1.v1 = how->type1 == 1;
    c->type1.end_wraps = e->policy.unmap_end_wraps;
    kernel_init(&c->kernel, &c->type1, c->name, &e->funnel, &e->fate, &e->policy, e->type1_way);
    grown[e->container_count++] = c;
    return c;
}

static int add_consumer(struct engine *e, struct consumer *c, struct err *err)
{
    struct consumer **grown =
        realloc(e->consumers, (e->consumer_count + 1) * sizeof(struct consumer *));

    if (!grown) {
        consumer_free(c);
        return err_set(err, ENOMEM, "out of memory for a consumer");
    }
    e->consumers = grown;
    grown[e->consumer_count++] = c;
    consumer_join(c);
    return 0;
}

struct consumer_setup engine_setup(struct engine *e, const struct attach_rec *full)
{
    return (struct consumer_setup){.how = full,
                                   .funnel = &e->funnel,
                                   .mem = e->mem,
                                   .fate = &e->fate,
                                   .fail_nth = &e->fail_nth};
}

int engine_attach(struct engine *e, const struct attach_rec *how, struct err *err)
{
    struct attach_rec full = *how;
    struct consumer_setup s = engine_setup(e, &full);
    struct consumer *c;
    int fault;

    if (engine_consumer(e, how->name))
        return err_set(err, EINVAL, "attach: '%s' is attached already", how->name);
    fault = engine_device(e, how->bdf, false, err);
    if (fault)
        return fault;
    consumer_defaults(&full, e->dma_limit);
    s.region = vtd_device(e->unit, how->bdf);
    if (consumer_has_container(full.kind)) {
        struct container *shared = engine_container(e, &full);

        if (!shared)
            return err_set(err, ENOMEM, "out of memory for a container");
        s.container = &shared->kernel;
        shared->type1.users++;
    }
    fault = consumer_new(&s, &c, err);
    if (fault)
        return fault;
    engine_vhost_prepare(e, c);
    return add_consumer(e, c, err);
}

int engine_detach(struct engine *e, const char *name, struct err *err)
{
    struct consumer *c = (struct consumer *)(uintptr_t)engine_consumer(e, name);

    if (!c)
        return err_set(err, EINVAL, "detach: no consumer is called '%s'", name);
    consumer_leave(c);
    return 0;
}

int engine_fail(struct engine *e, const struct fail_rec *f, struct err *err)
{
    struct consumer *c = (struct consumer *)(uintptr_t)engine_consumer(e, f->name);

    if (!c)
        return err_set(err, EINVAL, "fail: no consumer is called '%s'", f->name);
    consumer_fail(c, f->op, f->error, f->count);
    return 0;
}

int engine_pin(struct engine *e, const struct rec *r, struct err *err)
{
    const char *what = r->kind == REC_PIN ? "pin" : "unpin";
    struct consumer *c = (struct consumer *)(uintptr_t)engine_consumer(e, r->u.pin.name);

    if (!c)
        return err_set(err, EINVAL, "%s: no consumer is called '%s'", what, r->u.pin.name);
    if (!c->ops->pin)
        return err_set(err, EINVAL, "%s: '%s' is no mdev", what, r->u.pin.name);
    c->ops->pin(c, r->u.pin.iova, r->u.pin.pages, r->kind == REC_UNPIN);
    return 0;
}

static bool attached_to(const struct engine *e, bdf_t b)
{
    for (size_t i = 0; i < e->consumer_count; i++)
        if (!e->consumers[i]->gone && e->consumers[i]->how.bdf.v == b.v)
            return true;
    for (size_t i = 0; i < e->from_start_count; i++)
        if (e->from_start[i].bdf.v == b.v)
            return true;
    for (size_t i = 0; i < e->leading_count; i++)
        if (e->leading[i].rec.kind == REC_ATTACH && e->leading[i].attach.bdf.v == b.v)
            return true;
    return false;
}

/* One vfio a device under caching mode, else one probe that hears removals. */
static int attach_default(struct engine *e, bdf_t b, struct err *err)
{
    struct attach_rec how = {.bdf = b};

    if (attached_to(e, b))
        return 0;
    if (e->config.caching_mode) {
        how.kind = CONSUMER_VFIO;
    } else {
        how.kind = CONSUMER_PROBE;
        how.has_flags = true;
        how.flags = NOTIFY_UNMAP;
    }
    snprintf(how.name, sizeof(how.name), "%s@%02x:%02x.%x",
             how.kind == CONSUMER_VFIO ? "vfio" : "probe", b.v >> 8, (b.v >> 3) & 31u, b.v & 7u);
    return engine_attach(e, &how, err);
}

static void show_device(struct engine *e, bdf_t b, bool on)
{
    struct obs o = {.kind = OBS_DEVICE};

    o.u.device.bdf = b;
    o.u.device.alias = vtd_requester(e->unit, b);
    o.u.device.has_alias = o.u.device.alias.v != b.v;
    o.u.device.on = on;
    o.u.device.ats = on && engine_ats(e, b);
    funnel_show(&e->funnel, &o);
}

int engine_join(struct engine *e, bdf_t b, bdf_t requester, bool with_default, struct err *err)
{
    bool shares = vtd_has_space(e->unit, requester);

    if (!vtd_add_aliased(e->unit, b, requester))
        return err_set(err, ENOMEM, "out of memory for a device");
    show_device(e, b, true);
    if (shares)
        vtd_show_space(e->unit, b);
    else
        vtd_update_device(e->unit, b);
    return with_default ? attach_default(e, b, err) : 0;
}

int engine_device(struct engine *e, bdf_t b, bool with_default, struct err *err)
{
    /* At record 0 a consumer may come before the header's line on its device is obeyed. */
    bdf_t requester = e->funnel.record ? b : engine_header_requester(e, b);

    return vtd_device(e->unit, b) ? 0 : engine_join(e, b, requester, with_default, err);
}

int engine_gone(struct engine *e, bdf_t b, struct err *err)
{
    if (!vtd_device(e->unit, b))
        return err_set(err, EINVAL, "gone: there is no device %02x:%02x.%x", b.v >> 8,
                       (b.v >> 3) & 31u, b.v & 7u);
    for (size_t i = 0; i < e->consumer_count; i++)
        if (e->consumers[i]->how.bdf.v == b.v)
            consumer_leave(e->consumers[i]);
    show_device(e, b, false);
    engine_sweep(e);
    vtd_remove_device(e->unit, b);
    return engine_ats_note(e, b, false, err);
}

static void release_container(struct engine *e, const struct consumer *c)
{
    if (!consumer_has_container(c->how.kind))
        return;
    for (size_t i = 0; i < e->container_count; i++) {
        struct container *k = e->containers[i];

        if (strcmp(k->name, c->how.container) != 0 || --k->type1.users)
            continue;
        kernel_release(&k->kernel, true);
        free(k);
        e->containers[i] = e->containers[--e->container_count];
        return;
    }
}

static void sweep(struct engine *e)
{
    size_t kept = 0;

    if (e->policy.leaves_stay_linked) /* the quirk calls them still */
        return;
    for (size_t i = 0; i < e->consumer_count; i++) {
        struct consumer *c = e->consumers[i];

        if (!c->gone) {
            e->consumers[kept++] = c;
            continue;
        }
        release_container(e, c);
        consumer_free(c);
    }
    e->consumer_count = kept;
}

void engine_sweep(struct engine *e)
{
    for (size_t i = 0; i < e->consumer_count; i++)
        if (e->consumers[i]->gone) {
            sweep(e);
            return;
        }
}

void engine_free_consumers(struct engine *e)
{
    for (size_t i = 0; i < e->consumer_count; i++)
        consumer_free(e->consumers[i]);
    for (size_t i = 0; i < e->container_count; i++) {
        kernel_release(&e->containers[i]->kernel, false);
        free(e->containers[i]);
    }
    free(e->consumers);
    free(e->containers);
}
