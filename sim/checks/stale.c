/* SPDX-License-Identifier: MIT */
/* COH-STALE: what was taken away is gone, in the unit's IOTLB and on the consumers' side. */
#include "checks/internal.h"

#include <stdlib.h>

typedef unsigned long long ull;

#define LOOKUPS_MAX 1024u /* beyond, one visit of the IOTLB is cheaper */

APART static void keep(struct checks *c, struct stale_place s)
{
    if (c->stales == c->stale_room) {
        size_t room = c->stale_room ? c->stale_room * 2 : 16;
        struct stale_place *more = realloc(c->stale, room * sizeof *more);

        if (!more) {
            c->failed = true;
            return;
        }
        c->stale = more;
        c->stale_room = room;
    }
    c->stale[c->stales++] = s;
}

/* `held` is (partly) unmapped by n: remember it when the consumer's side still translates it. */
void chk_stale_unmapped(struct checks *c, struct person *p, const struct note *n,
                        const struct span *held)
{
    uint64_t at = held->first > n->range.first.v ? held->first : n->range.first.v;
    struct held_xlat h;

    if (!c->cfg.world.held)
        return;
    if (n->asked && n->result < 0 && (p->fail_unmaps || c->cfg.refusals_injected))
        return;
    if (chk_held(c, p, at, &h))
        keep(c, (struct stale_place){p, at, told_record(held->meta)});
}

/* Still translated, and neither told so anew nor what the tables say? */
static bool still_stale(const struct checks *c, const struct stale_place *s, struct held_xlat *h)
{
    struct span_pos pos;
    const struct span *told = spans_seek(&s->who->told, s->at, &pos);
    struct leaf leaf;
    struct ctx x;
    uint64_t target;

    if (!s->who->joined || !chk_held(c, s->who, s->at, h))
        return false;
    target = h->gpa.v + (s->at - h->range.first.v);
    if (told && told->first <= s->at && told_state(told->meta) == TOLD_HELD &&
        told->gpa + (s->at - told->first) == target)
        return false;
    x = chk_context(c, s->who->bdf);
    chk_lookup(c, &x, s->at, &leaf);
    return !(c->gsts & ARCH_TE) || !leaf.present || leaf.gpa + (s->at - leaf.first) != target;
}

/* At the end of an invalidation, or of a record. */
void chk_stale_settle(struct checks *c)
{
    const struct person *last = NULL;

    for (size_t i = 0; i < c->stales && !c->aborted; i++) { /* nothing translates in what ended */
        const struct stale_place *s = &c->stale[i];
        struct held_xlat h;

        if (s->who == last || !still_stale(c, s, &h))
            continue;
        last = s->who;
        chk_find(c, COH_STALE, &(struct where){s->who, true, h.range, s->record},
                 "%s was told to UNMAP 0x%llx, mapped in record %llu, so it should translate it no "
                 "longer; "
                 "however its side still holds 0x%llx-0x%llx as 0x%llx (%s).",
                 s->who->name, (ull)s->at, (ull)s->record, (ull)h.range.first.v,
                 (ull)h.range.last.v, (ull)h.gpa.v, chk_perm(h.perm));
    }
    c->stales = 0;
}

/* The unit translated this page: its IOTLB may hold it from now on. */
void chk_stale_reached(struct checks *c, const struct obs *o)
{
    const struct xlat_result *x = &o->u.dma.result;
    struct device_state *d;
    uint64_t at = o->u.dma.rec->u.dma.iova.v;

    if (x->end != XLAT_OK || x->bypass || !(d = chk_device(c, o->u.dma.rec->u.dma.bdf, true)))
        return;
    c->some_reached = true;
    if (!spans_add(&d->reached, at & ~x->mask, at | x->mask))
        c->failed = true;
}

struct visit {
    struct checks *c;
    const struct desc *d;
    struct cached_xlat bad;
    uint64_t bads, seen;
};

static bool covered(const struct desc *d, const struct cached_xlat *e)
{
    if (d->scope == SCOPE_GLOBAL)
        return true;
    return e->did.v == d->did && iova_range_overlap(e->range, iova_range(d->first, d->last));
}

static void judge_cached(void *arg, const struct cached_xlat *e)
{
    struct visit *v = arg;
    struct leaf leaf;
    struct ctx x;

    v->seen++;
    if (!covered(v->d, e))
        return;
    x = chk_context(v->c, e->bdf);
    chk_lookup(v->c, &x, e->range.first.v, &leaf);
    if (x.kind == CTX_TABLES && x.did == e->did.v && leaf.present && leaf.last >= e->range.last.v &&
        leaf.gpa + (e->range.first.v - leaf.first) == e->gpa.v && !(e->perm & ~(unsigned)leaf.perm))
        return;
    if (!v->bads++)
        v->bad = *e;
}

/* Look up what the unit translated before in the range; forget what it holds no longer. */
static void look_up(struct visit *v, struct device_state *dev)
{
    const struct check_world *w = &v->c->cfg.world;
    const struct desc *d = v->d;
    struct span_pos pos;
    struct span *s;

    for (uint64_t at = d->first;
         (s = spans_seek(&dev->reached, at, &pos)) && s->first <= d->last;) {
        struct cached_xlat e;
        uint64_t from = s->first > at ? s->first : at, to = from | PAGE_4K_MASK;

        if (w->cached(w->sim, dev->bdf, iova(from), &e)) {
            judge_cached(v, &e);
            to = e.range.last.v > to ? e.range.last.v : to;
        } else if (!spans_cut(&dev->reached, from, to)) {
            v->c->failed = true;
        }
        if (to >= d->last)
            return;
        at = to + 1;
    }
}

static bool few_pages(const struct device_state *dev, const struct desc *d)
{
    struct spans reached = dev->reached;
    struct span_pos pos;
    uint64_t pages = 0;

    for (struct span *s = spans_seek(&reached, d->first, &pos); s && s->first <= d->last;
         s = spans_step(&reached, &pos)) {
        uint64_t first = s->first > d->first ? s->first : d->first;

        pages += (((s->last < d->last ? s->last : d->last) - first) >> 12) + 1;
    }
    return pages <= LOOKUPS_MAX;
}

APART static void look_at_cached(struct checks *c, const struct desc *d)
{
    const struct check_world *w = &c->cfg.world;
    struct visit v = {.c = c, .d = d};
    bool visit = c->cfg.mode == CHECK_FULL || d->scope != SCOPE_FINE;
    char what[DESC_TEXT];

    for (size_t i = 0; i < c->device_count && !visit; i++) {
        struct device_state *dev = &c->devices[i];

        if (!spans_touch(&dev->reached, d->first, d->last))
            continue;
        if (w->cached && few_pages(dev, d))
            look_up(&v, dev);
        else
            visit = true;
    }
    if (visit && w->visit_cached) {
        v.bads = v.seen = 0;
        w->visit_cached(w->sim, judge_cached, &v);
        for (size_t i = 0; !v.seen && i < c->device_count; i++)
            spans_free(&c->devices[i].reached);
    }
    if (!v.bads)
        return;
    chk_find(c, COH_STALE,
             &(struct where){.has_range = true, .range = v.bad.range, .cause = c->record},
             "After the %s the unit's IOTLB should hold nothing older there, but for %02x:%02x.%x "
             "it still "
             "translates 0x%llx-0x%llx to 0x%llx (%s)%s.",
             chk_describe(what, d), v.bad.bdf.v >> 8, v.bad.bdf.v >> 3 & 31, v.bad.bdf.v & 7,
             (ull)v.bad.range.first.v, (ull)v.bad.range.last.v, (ull)v.bad.gpa.v,
             chk_perm(v.bad.perm), v.bads > 1 ? ", and more" : "");
}

APART static bool some_reached(const struct checks *c, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < c->device_count; i++)
        if (spans_touch(&c->devices[i].reached, first, last))
            return true;
    return false;
}

/* An IOTLB invalidation has completed: no entry it covers is left that a fresh walk would not give.
 */
void chk_stale_cached(struct checks *c, const struct desc *d)
{
    if (d->type != DESC_IOTLB || d->scope == SCOPE_BAD)
        return;
    if (c->cfg.mode == CHECK_FULL || d->scope != SCOPE_FINE ||
        (c->some_reached && some_reached(c, d->first, d->last)))
        look_at_cached(c, d);
}
