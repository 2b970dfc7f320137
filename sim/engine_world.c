/* SPDX-License-Identifier: MIT */
/* What the engine answers to those who watch: the checks' questions, and counts. */
#include "engine_inside.h"
#include "vtd_regs.h"

struct cached_arg {
    void (*show)(void *arg, const struct cached_xlat *c);
    void *arg;
};

static void show_cached(void *arg, const struct vtd_cached *c)
{
    struct cached_arg *a = arg;
    struct cached_xlat x = {c->bdf, c->did, c->range, c->gpa, c->perm};

    a->show(a->arg, &x);
}

static void visit_cached(void *sim, void (*show)(void *arg, const struct cached_xlat *c), void *arg)
{
    struct engine *e = sim;
    struct cached_arg a = {show, arg};

    vtd_visit_iotlb(e->unit, show_cached, &a);
}

static bool cached(void *sim, bdf_t b, iova_t at, struct cached_xlat *out)
{
    const struct engine *e = sim;
    struct vtd_cached c;

    if (!vtd_peek_iotlb(e->unit, b, at, &c))
        return false;
    *out = (struct cached_xlat){c.bdf, c.did, c.range, c.gpa, c.perm};
    return true;
}

static size_t cached_count(void *sim)
{
    const struct engine *e = sim;

    return vtd_iotlb_count(e->unit);
}

static uint64_t reg(void *sim, unsigned off, unsigned bytes)
{
    const struct engine *e = sim;

    return vtd_read(e->unit, off, bytes);
}

static const void *side(void *sim, const char *consumer)
{
    return engine_consumer(sim, consumer);
}

static bool side_held(void *sim, const void *side, iova_t at, struct held_xlat *out)
{
    const struct consumer *c = side;
    struct range_entry entry;

    (void)sim;
    if (c->gone || !c->ops->held(c, at, &entry))
        return false;
    *out = (struct held_xlat){entry.range, entry.gpa, entry.perm};
    return true;
}

static bool held(void *sim, const char *consumer, iova_t at, struct held_xlat *out)
{
    const struct consumer *c = engine_consumer(sim, consumer);

    return c && side_held(sim, c, at, out);
}

void engine_check_config(struct engine *e, struct check_config *c)
{
    c->caching_mode = vtd_cap(e->unit) & CAP_CM;
    c->cap = vtd_cap(e->unit);
    c->ecap = vtd_ecap(e->unit);
    c->aw_bits = e->config.aw_bits;
    c->snp_allowed = e->config.snoop_control;
    c->tm_allowed = e->config.device_iotlb && !e->policy.tm_reserved &&
                    (!e->policy.tm_needs_property || e->config.stale_tm);
    c->pt_widest = e->policy.pt_needs_largest_aw;
    c->refusals_injected = e->fail_nth.nth;
    c->mem = e->mem;
    c->world = (struct check_world){.sim = e,
                                    .visit_cached = visit_cached,
                                    .cached = cached,
                                    .cached_count = cached_count,
                                    .reg = reg,
                                    .held = held,
                                    .side = side,
                                    .side_held = side_held};
}

void engine_introduce(const struct engine *e, struct observer to)
{
    for (size_t i = 0; i < e->consumer_count; i++) {
        const struct consumer *c = e->consumers[i];
        struct obs o;

        if (c->gone)
            continue;
        o = consumer_shown(c, true);
        o.record = e->funnel.record;
        o.at_ns = e->funnel.at_ns;
        to.see(to.ctx, &o);
    }
}

struct engine_ops engine_ops(const struct engine *e)
{
    struct vtd_counts v = vtd_counts(e->unit);
    struct engine_ops o = {.entries_read = v.sync.entries_read,
                           .tables_read = v.sync.tables_read,
                           .slots_compared = v.sync.slots_compared,
                           .shadow_lookups = v.sync.shadow_lookups,
                           .callbacks = e->funnel.deliveries - e->deliveries_before,
                           .iotlb_hits = v.iotlb_hits,
                           .iotlb_misses = v.iotlb_misses,
                           .shadow_leaves = v.shadow_leaves,
                           .shadow_bytes = v.shadow_bytes,
                           .iec_invalidations = v.iec_invalidations,
                           .failed_nth = e->fail_nth.done};

    for (size_t i = 0; i < e->container_count; i++) {
        o.container_maps += e->containers[i]->type1.maps.count;
        o.container_bytes += rangemap_bytes(&e->containers[i]->type1.maps);
    }
    return o;
}
