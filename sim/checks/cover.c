/* SPDX-License-Identifier: MIT */
/*
 * What a completed invalidation covers: the older values it takes from the oracle's memory
 * (specification 6.2, 6.5.2; vtd-facts 5.5, 5.7, 7).
 */
#include "checks/registry.h"

#include <stdlib.h>

bool item_alive(const struct registry *r, const struct item *i, uint16_t did, uint64_t iova)
{
    if (i->until <= r->iotlb_all || i->until <= did_time(&r->iotlb_did, did))
        return false;
    return !i->covered || i->covered->did != did || !spans_touch(&i->covered->parts, iova, iova);
}

/* Add [first, last] to the parts of an item that are covered. True: nothing of it is left. */
APART static bool cover_part(struct registry *r, struct item *i, uint16_t did, struct span part,
                             struct span whole)
{
    struct covered *v = i->covered;
    struct span_pos pos;
    const struct span *s;

    if (v && v->did != did)
        return false;
    if (!v) {
        v = i->covered = calloc(1, sizeof *v);
        if (!v)
            return false; /* accepts more, never less */
        v->did = did;
    }
    if (r->part_count >= COVERED_PARTS_MAX) {
        v->vague = true;
        return false;
    }
    r->part_count -= v->parts.count;
    if (!spans_add(&v->parts, part.first, part.last))
        v->vague = true;
    r->part_count += v->parts.count;
    s = spans_seek(&v->parts, whole.first, &pos);
    return s && s->first <= whole.first && s->last >= whole.last;
}

/* A page-selective invalidation over one node's items. */
static void cover_node(struct checks *c, struct node *n, const struct desc *d, struct item **dead)
{
    uint64_t bytes = arch_entry_bytes(n->role);
    struct item **link = &n->past->items;

    while (*link) {
        struct item *i = *link;
        uint64_t first = n->base + i->index * bytes, last = first + (bytes - 1);
        bool leaf, gone = false;

        if (first > d->last || d->first > last) {
            link = &i->next;
            continue;
        }
        leaf = n->role == 1 || arch_entry(&c->arch, n->role, i->lo) == ENTRY_LEAF;
        if (!leaf && d->leaf_only) {
            i->hinted = true;
        } else {
            uint64_t a = d->first > first ? d->first : first, b = d->last < last ? d->last : last;

            chk_guest_met(c, n, i, d, a == first && b == last);
            chk_changed(c, n->top, a, b);
            gone = (a == first && b == last) ||
                   cover_part(c->registry, i, d->did, (struct span){a, b, 0, 0},
                              (struct span){first, last, 0, 0});
            c->registry->partly |= !gone && !leaf && (i->lo & 3);
        }
        if (gone) {
            chk_guest_retired(c, n, i);
            item_unlink(c->registry, n, link, dead);
        } else {
            link = &i->next;
        }
    }
}

/* The tables below one top that translate some of it, by their places, to `meet`. */
static void visit_below(struct checks *c, const struct domain_link *l, const struct desc *d,
                        void (*meet)(struct checks *c, struct node *n, void *arg), void *arg)
{
    struct registry *r = c->registry;
    unsigned levels = r->hist_upper ? l->levels : 1;

    for (unsigned role = 1; role <= levels; role++) {
        uint64_t table = arch_entry_bytes(role) * 512, first = d->first & ~(table - 1);

        for (uint64_t base = first; base <= d->last; base += table) {
            for (struct node *n = reg_at(r, l->top, role, base), *next; n; n = next) {
                next = n->place_next;
                if (reg_is_place(n, l->top, role, base) && node_items(n))
                    meet(c, n, arg);
            }
            if (base + table < base)
                break;
        }
    }
}

static void visit_places(struct checks *c, const struct desc *d,
                         void (*meet)(struct checks *c, struct node *n, void *arg), void *arg)
{
    struct registry *r = c->registry;

    for (size_t i = 0; i < r->link_count; i++)
        if (r->links[i].did == d->did && reg_only_domain(r, r->links[i].top, d->did))
            visit_below(c, &r->links[i], d, meet, arg);
}

void cover_expect(const struct checks *c, const struct desc *d)
{
    struct registry *r = c->registry;
    const struct domain_view *v = reg_domain(r, d->did);
    uint64_t table = arch_entry_bytes(1) * 512;

    if (v->links)
        __builtin_prefetch(reg_at(r, r->links[v->first].top, 1, d->first & ~(table - 1)));
}

struct covering {
    const struct desc *d;
    struct item **dead;
};

static void cover_met(struct checks *c, struct node *n, void *arg)
{
    struct covering *v = arg;

    cover_node(c, n, v->d, v->dead);
}

/* What a table of `role` that translates `iova` below l's top remembers, if anything, becomes
 * *only. False: another is that already. */
static bool table_met(const struct registry *r, const struct domain_link *l, unsigned role,
                      uint64_t iova, struct node **only)
{
    uint64_t base = iova & ~(arch_entry_bytes(role) * 512 - 1);

    for (struct node *n = reg_at(r, l->top, role, base); n; n = n->place_next) {
        if (!node_items(n) || !reg_is_place(n, l->top, role, base) || n == *only)
            continue;
        if (*only)
            return false;
        *only = n;
    }
    return true;
}

/* The same of all tables of one domain. */
static bool tables_met(const struct registry *r, const struct domain_link *l, uint64_t iova,
                       struct node **only)
{
    if (!table_met(r, l, 1, iova, only))
        return false;
    for (unsigned role = 2; r->hist_upper && role <= l->levels; role++)
        if (!table_met(r, l, role, iova, only))
            return false;
    return true;
}

/* The one table that remembers something of at most 2 MiB, NULL: none does. False: several do. */
static bool only_table(struct registry *r, const struct desc *d, struct node **only)
{
    const struct domain_view *v = reg_domain(r, d->did);

    *only = NULL;
    if (v->alone && v->links == 1)
        return tables_met(r, &r->links[v->first], d->first, only);
    for (size_t i = 0; i < r->link_count; i++)
        if (r->links[i].did == d->did && reg_only_domain(r, r->links[i].top, d->did) &&
            !tables_met(r, &r->links[i], d->first, only))
            return false;
    return true;
}

/* With few tables that remember something: in the order in which they began to. */
APART static void cover_few(struct checks *c, const struct desc *d, struct item **dead)
{
    struct registry *r = c->registry;

    for (struct node *n = r->hist, *next; n; n = next) {
        next = n->past->hist_next;
        if (n->role < ROLE_CTX && !n->shared && n->base <= d->last &&
            n->base + (arch_entry_bytes(n->role) * 512 - 1) >= d->first &&
            reg_only_domain(r, n->top, d->did))
            cover_node(c, n, d, dead);
    }
}

APART static void cover_several(struct checks *c, const struct desc *d, struct item **dead)
{
    struct covering v = {d, dead};

    if (c->registry->hist_count > 64 && d->am <= 18)
        visit_places(c, d, cover_met, &v);
    else
        cover_few(c, d, dead); /* order counts */
}

static void cover_pages(struct checks *c, const struct desc *d)
{
    struct registry *r = c->registry;
    struct item *dead = NULL;
    struct node *only;

    if (r->hist_count <= 4 || d->am > 9 || !only_table(r, d, &only))
        cover_several(c, d, &dead);
    else if (only)
        cover_node(c, only, d, &dead);
    items_bury(c, dead);
    if (r->partly)
        cover_forsake(c);
}

/* A domain- or globally selective one: everything of the domain. */
APART static void cover_domain(struct checks *c, bool all, uint16_t did)
{
    struct registry *r = c->registry;
    struct item *dead = NULL;

    for (struct node *n = r->hist, *next; n; n = next) {
        next = n->past->hist_next;
        if (n->role >= ROLE_CTX || (!all && (n->shared || !reg_only_domain(r, n->top, did))))
            continue;
        while (node_items(n)) {
            chk_guest_retired(c, n, node_items(n));
            uint64_t bytes = arch_entry_bytes(n->role);
            uint64_t first = n->base + node_items(n)->index * bytes;

            chk_changed(c, n->top, first, first + (bytes - 1));
            item_unlink_first(r, n, &dead);
        }
    }
    items_bury(c, dead);
}

static void settle_wild(struct registry *r)
{
    if (r->wild && r->iotlb_all > r->wild_since && r->cc_all > r->wild_since)
        r->wild = false;
}

void cover_everything(struct checks *c)
{
    struct registry *r = c->registry;

    r->iotlb_all = r->cc_all = ++r->now;
    cover_domain(c, true, 0);
    cover_prune_contexts(c);
    r->cc_dev_count = 0;
    settle_wild(r);
}

APART static void cover_contexts(struct checks *c, const struct desc *d)
{
    struct registry *r = c->registry;

    if (d->scope == SCOPE_GLOBAL) {
        r->cc_all = r->now;
        r->cc_dev_count = 0;
    } else if (d->scope == SCOPE_DOMAIN) {
        c->failed |= !did_time_set(&r->cc_did, d->did, r->now);
    } else {
        for (unsigned sid = d->sid & ~7u; sid <= (d->sid | 7u); sid++)
            if (arch_names(d, (uint16_t)sid))
                cover_device(c, (uint16_t)sid, d->did);
    }
    cover_prune_contexts(c);
}

APART static void cover_wide(struct checks *c, const struct desc *d)
{
    struct registry *r = c->registry;

    if (d->scope == SCOPE_GLOBAL)
        r->iotlb_all = r->now;
    else
        c->failed |= !did_time_set(&r->iotlb_did, d->did, r->now);
    cover_domain(c, d->scope == SCOPE_GLOBAL, d->did);
}

/* An invalidation has completed. */
void cover_done(struct checks *c, const struct desc *d)
{
    struct registry *r = c->registry;

    if (d->scope == SCOPE_BAD || (d->type != DESC_CC && d->type != DESC_IOTLB))
        return;
    r->now++;
    if (d->type == DESC_CC) {
        cover_contexts(c, d);
    } else {
        chk_changed_begin(c, d);
        if (d->scope == SCOPE_FINE)
            cover_pages(c, d);
        else
            cover_wide(c, d);
        chk_overreach(c, d);
        if (d->scope != SCOPE_FINE)
            cover_prune_contexts(c);
    }
    settle_wild(r);
}
