/* SPDX-License-Identifier: MIT */
#include "consumers/consumer.h"

#include <errno.h>
#include <string.h>

#include "consumers/vhost.h"
#include "consumers/vhost_iotlb.h"

/* Filled on demand: removals, in a table of limited room. Else everything, without a limit. */
static void vhost_defaults(struct attach_rec *a)
{
    bool on_demand = a->backend == BACKEND_KERNEL || a->backend == BACKEND_USER;

    if (!a->has_flags && !on_demand)
        a->flags = NOTIFY_MAP | NOTIFY_UNMAP;
    if (!a->has_limit)
        a->limit = on_demand ? VHOST_IOTLB_ENTRIES : 0;
}

void consumer_defaults(struct attach_rec *a, uint64_t dma_limit)
{
    if (!a->has_flags) {
        static const uint32_t flags[] = {[CONSUMER_VFIO] = NOTIFY_MAP | NOTIFY_UNMAP,
                                         [CONSUMER_MDEV] = NOTIFY_MAP | NOTIFY_UNMAP,
                                         [CONSUMER_VHOST] = NOTIFY_UNMAP,
                                         [CONSUMER_PROBE] = NOTIFY_MAP | NOTIFY_UNMAP};
        a->flags = flags[a->kind];
    }
    if (!a->has_range)
        a->range = iova_range(0, UINT64_MAX);
    if (!a->has_container)
        memcpy(a->container, a->name, sizeof(a->container));
    if (a->kind == CONSUMER_VHOST)
        vhost_defaults(a);
    else if (!a->has_limit)
        a->limit = dma_limit;
    if (!a->has_aperture)
        a->aperture_bits = 48;
    if (!a->has_type1)
        a->type1 = 2;
    if (!a->has_dma_unmap)
        a->dma_unmap = true;
}

bool consumer_has_container(enum consumer_kind k)
{
    return k == CONSUMER_VFIO || k == CONSUMER_MDEV;
}

int consumer_new(const struct consumer_setup *s, struct consumer **out, struct err *e)
{
    struct consumer *c = NULL;

    *out = NULL;
    switch (s->how->kind) {
    case CONSUMER_VFIO: c = vfio_new(s); break;
    case CONSUMER_PROBE: c = probe_new(s); break;
    case CONSUMER_VHOST: c = vhost_new(s); break;
    case CONSUMER_MDEV: c = mdev_new(s); break;
    }
    if (!c)
        return err_set(e, ENOMEM, "%s: out of memory", s->how->name);
    c->how = *s->how;
    c->region = s->region;
    c->funnel = s->funnel;
    c->mem = s->mem;
    c->fate = s->fate;
    c->fail_nth = s->fail_nth;
    *out = c;
    return 0;
}

struct obs consumer_shown(const struct consumer *c, bool joined)
{
    struct obs o = {.kind = OBS_CONSUMER};

    o.u.consumer.name = c->how.name;
    o.u.consumer.bdf = c->how.bdf;
    o.u.consumer.alias = consumer_requester(c);
    o.u.consumer.has_alias = o.u.consumer.alias.v != c->how.bdf.v;
    o.u.consumer.kind = c->how.kind;
    o.u.consumer.joined = joined;
    o.u.consumer.flags = c->how.flags;
    o.u.consumer.range = c->how.range;
    o.u.consumer.on_demand = c->how.kind == CONSUMER_VHOST && vhost_on_demand(c);
    return o;
}

static void show(struct consumer *c, bool joined)
{
    struct obs o = consumer_shown(c, joined);

    funnel_show(c->funnel, &o);
}

void consumer_join(struct consumer *c)
{
    show(c, true);
    c->ops->join(c);
}

void consumer_leave(struct consumer *c)
{
    if (c->gone)
        return;
    c->gone = true;
    c->ops->leave(c);
    show(c, false);
}

void consumer_free(struct consumer *c)
{
    if (c)
        c->ops->free(c);
}

void consumer_note(struct consumer *c, enum note_via via, const struct iommu_event *e, bool asked,
                   int result, const char *why)
{
    struct note n; /* all of it is filled in: here, and by the funnel */

    n.consumer = c->how.name;
    n.bdf = c->how.bdf;
    n.alias = consumer_requester(c);
    n.has_alias = n.alias.v != c->how.bdf.v;
    n.via = via;
    n.type = e->type;
    n.range = e->range;
    n.gpa = e->gpa;
    n.perm = e->perm;
    n.asked = asked;
    n.result = result;
    n.why = why;
    n.entry = e->number;

    funnel_note(c->funnel, &n);
}

bool consumer_counts_out(struct consumer *c)
{
    c->callbacks++;
    return c->how.has_leave && c->callbacks == c->how.leave;
}

void consumer_fail(struct consumer *c, enum fail_op op, int error, uint64_t count)
{
    c->fails[op] = (struct consumer_fail){count, error};
}

int consumer_refusal(struct consumer *c, enum fail_op op, bool nth)
{
    if (nth) {
        c->fail_nth->done = true;
        return -c->fail_nth->error;
    }
    c->fails[op].count--;
    return -c->fails[op].error;
}
