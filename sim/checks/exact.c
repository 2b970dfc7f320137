/* SPDX-License-Identifier: MIT */
/*
 * COH-EXACT: the unit's IOTLB before and after each IOTLB invalidation. What is named goes, whole;
 * what is not named stays. With CHECK_FAST a large IOTLB is looked at now and then only.
 */
#include "checks/internal.h"

#include <stdlib.h>

typedef unsigned long long ull;

#define LOOKED_AT_ALWAYS 16u /* entries; with more, one invalidation in SELDOM is looked at */
#define SELDOM           16u

struct list {
    struct checks *c;
    struct cached_xlat **at;
    size_t *count, *room;
};

static void keep(void *arg, const struct cached_xlat *x)
{
    struct list *l = arg;

    if (*l->count == *l->room) {
        size_t room = *l->room ? *l->room * 2 : 64;
        struct cached_xlat *more = realloc(*l->at, room * sizeof *more);

        if (!more) {
            l->c->failed = true;
            return;
        }
        *l->at = more;
        *l->room = room;
    }
    (*l->at)[(*l->count)++] = *x;
}

static bool worth_a_look(struct checks *c, size_t count)
{
    if (c->cfg.mode == CHECK_FULL || count <= LOOKED_AT_ALWAYS || c->exact.skipped + 1 >= SELDOM) {
        c->exact.skipped = 0;
        return true;
    }
    c->exact.skipped++;
    return false;
}

APART static void look(struct checks *c)
{
    struct exact_watch *e = &c->exact;
    struct list l = {c, &e->before, &e->befores, &e->before_room};

    c->cfg.world.visit_cached(c->cfg.world.sim, keep, &l);
}

void chk_exact_before(struct checks *c, const struct desc *d)
{
    struct exact_watch *e = &c->exact;
    const struct check_world *w = &c->cfg.world;
    size_t count;

    e->looked = false;
    e->befores = 0;
    if (d->type != DESC_IOTLB || d->scope == SCOPE_BAD || !w->visit_cached)
        return;
    count = w->cached_count ? w->cached_count(w->sim) : LOOKED_AT_ALWAYS;
    e->looked = worth_a_look(c, count);
    if (e->looked && count)
        look(c);
}

static bool named(const struct desc *d, const struct cached_xlat *x)
{
    if (d->scope == SCOPE_GLOBAL)
        return true;
    return x->did.v == d->did && (d->scope == SCOPE_DOMAIN ||
                                  iova_range_overlap(x->range, iova_range(d->first, d->last)));
}

static int order(const void *a, const void *b)
{
    const struct cached_xlat *x = a, *y = b;

    if (x->range.first.v != y->range.first.v)
        return x->range.first.v < y->range.first.v ? -1 : 1;
    if (x->range.last.v != y->range.last.v)
        return x->range.last.v < y->range.last.v ? -1 : 1;
    if (x->bdf.v != y->bdf.v)
        return x->bdf.v < y->bdf.v ? -1 : 1;
    return (x->did.v > y->did.v) - (x->did.v < y->did.v);
}

APART static size_t unnamed(const struct exact_watch *e, const struct desc *d)
{
    size_t count = 0;

    for (size_t i = 0; i < e->befores; i++)
        count += !named(d, &e->before[i]);
    return count;
}

/* As many are left as were not named: with CHECK_FAST that is enough. */
static bool as_many_as_due(const struct checks *c, const struct desc *d)
{
    size_t due;

    if (c->cfg.mode == CHECK_FULL || !c->cfg.world.cached_count)
        return false;
    due = c->exact.befores ? unnamed(&c->exact, d) : 0;
    return c->cfg.world.cached_count(c->cfg.world.sim) == due;
}

static void tell_left(struct checks *c, const struct desc *d, const struct cached_xlat *x,
                      uint64_t more)
{
    char what[DESC_TEXT];

    chk_find(c, COH_EXACT,
             &(struct where){.has_range = true, .range = x->range, .cause = c->record},
             "The %s names 0x%llx-0x%llx of %02x:%02x.%x (domain %u), so that entry should leave "
             "the IOTLB whole; however it is still there%s.",
             chk_describe(what, d), (ull)x->range.first.v, (ull)x->range.last.v, x->bdf.v >> 8,
             x->bdf.v >> 3 & 31, x->bdf.v & 7, (unsigned)x->did.v, more > 1 ? ", and more" : "");
}

static void tell_lost(struct checks *c, const struct desc *d)
{
    const struct exact_watch *e = &c->exact;
    char what[DESC_TEXT];

    chk_find(c, COH_EXACT,
             &(struct where){.has_range = true,
                             .range = iova_range(e->lost.first, e->lost.last),
                             .cause = c->record},
             "The %s does not name 0x%llx-0x%llx of %02x:%02x.%x (domain %u), so that entry should "
             "stay in the IOTLB; however it is gone%s.",
             chk_describe(what, d), (ull)e->lost.first, (ull)e->lost.last, e->lost_bdf >> 8,
             e->lost_bdf >> 3 & 31, e->lost_bdf & 7, e->lost_did,
             e->losses > 1 ? ", and more" : "");
}

/* Entries that the invalidation did not name and that are gone. Both lists are in one order. */
static void find_lost(struct exact_watch *e, const struct desc *d)
{
    size_t k = 0;

    e->losses = 0;
    for (size_t i = 0; i < e->befores; i++) {
        const struct cached_xlat *x = &e->before[i];

        while (k < e->afters && order(&e->after[k], x) < 0)
            k++;
        if ((k < e->afters && !order(&e->after[k], x)) || named(d, x) || e->losses++)
            continue;
        e->lost = (struct span){.first = x->range.first.v, .last = x->range.last.v};
        e->lost_bdf = x->bdf.v;
        e->lost_did = x->did.v;
    }
}

static bool same_order(const struct exact_watch *e, const struct desc *d)
{
    size_t k = 0;

    for (size_t i = 0; i < e->befores; i++) {
        if (k < e->afters && !order(&e->after[k], &e->before[i]))
            k++;
        else if (!named(d, &e->before[i]))
            return false;
    }
    return k == e->afters;
}

APART static void look_again(struct checks *c, const struct desc *d, bool by_register)
{
    struct exact_watch *e = &c->exact;
    struct list l = {c, &e->after, &e->afters, &e->after_room};
    const struct cached_xlat *left = NULL;
    uint64_t lefts = 0;

    e->afters = 0;
    c->cfg.world.visit_cached(c->cfg.world.sim, keep, &l);
    for (size_t i = 0; i < e->afters; i++)
        if (named(d, &e->after[i]) && !lefts++)
            left = &e->after[i];
    if (left)
        tell_left(c, d, left, lefts);
    if (same_order(e, d))
        return;
    if (e->befores)
        qsort(e->before, e->befores, sizeof *e->before, order);
    if (e->afters)
        qsort(e->after, e->afters, sizeof *e->after, order);
    find_lost(e, d);
    if (!e->losses)
        return;
    if (by_register && c->cfg.world.reg && d->scope != SCOPE_GLOBAL)
        e->waiting = true; /* its granularity is reported when it is over */
    else
        tell_lost(c, d);
}

/* An IOTLB invalidation has completed. */
void chk_exact_after(struct checks *c, const struct desc *d, bool by_register)
{
    struct exact_watch *e = &c->exact;

    if (!e->looked || d->type != DESC_IOTLB)
        return;
    e->looked = false;
    if (!as_many_as_due(c, d))
        look_again(c, d, by_register);
}

/* What a register command did is reported in the register: wider than asked is no breach. */
void chk_exact_record_end(struct checks *c)
{
    struct exact_watch *e = &c->exact;
    unsigned did;

    if (!e->waiting)
        return;
    e->waiting = false;
    did = (unsigned)(c->cfg.world.reg(c->cfg.world.sim, c->arch.iotlb_reg, 8) >> 57) & 3;
    if (did && did < (unsigned)c->inval.scope &&
        (did == SCOPE_GLOBAL || e->lost_did == c->inval.did))
        return;
    tell_lost(c, &c->inval);
}

void chk_exact_free(struct checks *c)
{
    free(c->exact.before);
    free(c->exact.after);
}
