/* SPDX-License-Identifier: MIT */
/* A device's access: what the unit makes of it, and what its consumers hold. */
#include "consumers/vhost.h"
#include "engine_inside.h"

/* `?`: either right will do; the one that is granted now, if any. */
static bool as_write(struct engine *e, const struct rec *r)
{
    if (r->u.dma.access == DMA_ANY)
        return !vtd_grants(e->unit, r->u.dma.bdf, r->u.dma.iova, false) &&
               vtd_grants(e->unit, r->u.dma.bdf, r->u.dma.iova, true);
    return r->u.dma.access == DMA_W;
}

static bool differs(const struct rec *r, const struct xlat_result *x)
{
    if (x->end == XLAT_WINDOW)
        return false;
    switch (r->u.dma.seen) {
    case DMA_SEEN_NOTHING: return false;
    case DMA_SEEN_GPA: return x->end != XLAT_OK || x->gpa.v != r->u.dma.gpa.v;
    case DMA_SEEN_FAULT: return x->end != XLAT_FAULT || x->reason != r->u.dma.reason;
    case DMA_SEEN_REFUSED: break;
    }
    return x->end != XLAT_COLLAPSED && x->end != XLAT_REFUSED;
}

static void show_shadow(struct engine *e, const struct rec *r, const struct consumer *c, bool write)
{
    struct obs o = {.kind = OBS_DMA_SHADOW};
    struct range_entry held;

    o.u.shadow.rec = r;
    o.u.shadow.consumer = c->how.name;
    o.u.shadow.consumer_kind = c->how.kind;
    o.u.shadow.access = write ? DMA_W : DMA_R;
    o.u.shadow.present = c->ops->held(c, r->u.dma.iova, &held);
    if (o.u.shadow.present) {
        o.u.shadow.gpa = gpa_add(held.gpa, r->u.dma.iova.v - held.range.first.v);
        o.u.shadow.perm = held.perm;
        o.u.shadow.held = held.perm & (write ? PERM_W : PERM_R);
    }
    funnel_show(&e->funnel, &o);
}

static void show_dma(struct engine *e, const struct rec *r, bool write, const char *vhost,
                     struct xlat_result x)
{
    struct obs o = {.kind = OBS_DMA};

    o.u.dma.rec = r;
    o.u.dma.access = write ? DMA_W : DMA_R;
    o.u.dma.result = x;
    o.u.dma.differs = differs(r, &x);
    o.u.dma.vhost = vhost;
    funnel_show(&e->funnel, &o);
}

/* The access begins at `vhost`, when there is one; what it misses, and all else, is the unit's.
 * Returns whether it was a write. */
static bool translate(struct engine *e, const struct rec *r, struct consumer *vhost)
{
    struct xlat_result x;
    bool write;

    if (vhost && engine_vhost_hit(vhost, r, &write, &x)) {
        show_dma(e, r, write, vhost->how.name, x);
        return write;
    }
    write = as_write(e, r);
    if (vhost)
        vhost_miss(vhost, r->u.dma.iova, write);
    x = vtd_translate(e->unit, r->u.dma.bdf, r->u.dma.iova, write);
    show_dma(e, r, write, NULL, x);
    if (vhost)
        vhost_answer(vhost, r->u.dma.iova, write, &x);
    return write;
}

int engine_dma(struct engine *e, const struct rec *r, struct err *err)
{
    bool window = r->u.dma.iova.v >= IR_WINDOW_FIRST && r->u.dma.iova.v <= IR_WINDOW_LAST;
    bool write;
    int fault = engine_device(e, r->u.dma.bdf, true, err);

    if (fault)
        return fault;
    write = translate(e, r, window ? NULL : engine_vhost_of(e, r->u.dma.bdf));
    if (window)
        return 0;
    for (size_t i = 0; i < e->consumer_count; i++) {
        struct consumer *c = e->consumers[i];

        if (c->gone || c->how.bdf.v != r->u.dma.bdf.v ||
            (c->how.kind == CONSUMER_VHOST && vhost_stopped(c)))
            continue;
        if (c->ops->accesses)
            c->ops->accesses(c, r->u.dma.iova, write);
        show_shadow(e, r, c, write);
    }
    return 0;
}
