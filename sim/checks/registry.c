/* SPDX-License-Identifier: MIT */
/* Nodes: pages in their roles, found by page or by place, counted by the entries that point at
 * them. */
#include "checks/registry.h"

#include <stdlib.h>
#include <string.h>

static size_t place_slot(const struct registry *r, uint64_t top, unsigned role, uint64_t base)
{
    return reg_mix((top >> 12) * 31 + (base >> 21) * 8 + role, r->slots);
}

struct registry *reg_new(void)
{
    struct registry *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->slots = 256;
    r->by_page = calloc(r->slots, sizeof *r->by_page);
    r->by_place = calloc(r->slots, sizeof *r->by_place);
    if (r->by_page && r->by_place)
        return r;
    reg_free(r);
    return NULL;
}

static void free_items(struct item *i)
{
    for (struct item *next; i; i = next) {
        next = i->next;
        if (i->covered)
            spans_free(&i->covered->parts);
        free(i->covered);
        free(i);
    }
}

/* Forget every node and item; times stay. */
void reg_clear(struct registry *r)
{
    for (size_t s = 0; r->by_page && s < r->slots; s++) {
        for (struct node *n = r->by_page[s], *next; n; n = next) {
            next = n->page_next;
            free_items(node_items(n));
            reg_node_free(r, n);
        }
        r->by_page[s] = NULL;
        if (r->by_place)
            r->by_place[s] = NULL;
    }
    r->hist = NULL;
    r->shared_nodes = 0;
    r->nodes = r->hist_count = r->hist_upper = r->item_count = r->part_count = r->link_count =
        r->pending_count = 0;
    r->old_root_count = 0;
    r->view.id = 0;
}

void reg_free(struct registry *r)
{
    if (!r)
        return;
    reg_clear(r);
    free_items(r->spare);
    for (struct slab *s = r->slabs, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    free(r->by_page);
    free(r->by_place);
    did_times_free(&r->iotlb_did);
    did_times_free(&r->cc_did);
    free(r->links);
    free(r->cc_dev);
    free(r->pending);
    free(r);
}

struct node *reg_at(const struct registry *r, uint64_t top, unsigned role, uint64_t base)
{
    return r->by_place[place_slot(r, top, role, base)];
}

static void grow(struct registry *r)
{
    size_t slots = r->slots * 2, old = r->slots;
    struct node **page = calloc(slots, sizeof *page), **place = calloc(slots, sizeof *place);
    struct node **before = r->by_page;

    if (!page || !place) {
        free(page);
        free(place);
        return; /* longer chains, nothing worse */
    }
    free(r->by_place);
    r->by_page = page;
    r->by_place = place;
    r->slots = slots;
    for (size_t s = 0; s < old; s++) {
        for (struct node *n = before[s], *next; n; n = next) {
            size_t at = reg_page_slot(r, n->page);

            next = n->page_next;
            n->page_next = page[at];
            page[at] = n;
            if (n->shared)
                continue;
            at = place_slot(r, n->top, n->role, n->base);
            n->place_next = place[at];
            place[at] = n;
        }
    }
    free(before);
}

void reg_leave_place(struct registry *r, const struct node *n)
{
    struct node **link = &r->by_place[place_slot(r, n->top, n->role, n->base)];

    while (*link && *link != n)
        link = &(*link)->place_next;
    if (*link)
        *link = n->place_next;
}

/* The words of entry `index` as memory has them now. */
void reg_entry(const struct checks *c, const struct node *n, unsigned index, uint64_t *lo,
               uint64_t *hi)
{
    const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(n->page));

    *lo = *hi = 0;
    if (!words)
        return;
    if (n->role >= ROLE_CTX) {
        *lo = words[2 * index];
        *hi = words[2 * index + 1];
    } else {
        *lo = words[index];
    }
}

unsigned reg_present(const uint64_t *words, unsigned role, unsigned from)
{
    unsigned step = role >= ROLE_CTX ? 2 : 1, w = from * step;

    while (words && w < WORDS_PER_PAGE) {
        const uint64_t *v = words + w;

        if (w % 8 == 0 && !((v[0] | v[1] | v[2] | v[3] | v[4] | v[5] | v[6] | v[7]) & 3))
            w += 8; /* most of a table is empty */
        else if (v[0] & 3)
            return w / step;
        else
            w += step;
    }
    return WORDS_PER_PAGE;
}

/* Where an entry points. False: at no table. */
bool reg_child(const struct checks *c, unsigned role, uint64_t lo, uint64_t hi, uint64_t *page,
               unsigned *child)
{
    if (role == ROLE_ROOT) {
        *child = ROLE_CTX;
        return arch_root(&c->arch, lo, hi, page) == ROOT_TABLE;
    }
    if (role == ROLE_CTX) {
        struct ctx x;

        if (!(lo & 1))
            return false;
        x = arch_context(&c->arch, lo, hi);
        *page = x.top;
        *child = x.levels;
        return x.kind == CTX_TABLES;
    }
    if (role == 1 || arch_entry(&c->arch, role, lo) != ENTRY_TABLE)
        return false;
    *page = lo & c->arch.addr_mask;
    *child = role - 1;
    return true;
}

static struct node *node_new(struct registry *r)
{
    struct node *n = r->spare_nodes;
    struct slab *s;

    if (!n && (s = malloc(sizeof *s))) {
        s->next = r->slabs;
        r->slabs = s;
        for (unsigned i = 0; i < SLAB_NODES; i++) {
            s->node[i].page_next = n;
            n = &s->node[i];
        }
    }
    if (n)
        r->spare_nodes = n->page_next;
    return n;
}

void reg_node_free(struct registry *r, struct node *n)
{
    if (n->past)
        free(n->past->by_entry);
    free(n->past);
    n->past = NULL;
    n->page_next = r->spare_nodes;
    r->spare_nodes = n;
}

/* Add a node; NULL when out of memory. */
struct node *reg_add(struct checks *c, struct node like)
{
    struct registry *r = c->registry;
    struct node *n = node_new(r);
    size_t at;

    if (!n) {
        c->failed = true;
        return NULL;
    }
    if (r->nodes >= 2 * r->slots)
        grow(r);
    *n = like;
    n->made = r->now;
    at = reg_page_slot(r, n->page);
    n->page_next = r->by_page[at];
    r->by_page[at] = n;
    if (!n->shared) {
        at = place_slot(r, n->top, n->role, n->base);
        n->place_next = r->by_place[at];
        r->by_place[at] = n;
    }
    r->nodes++;
    r->shared_nodes += n->shared;
    return n;
}

/* Take a node out; the caller frees it. */
void reg_remove(struct registry *r, const struct node *n)
{
    struct node **link = &r->by_page[reg_page_slot(r, n->page)];

    while (*link && *link != n)
        link = &(*link)->page_next;
    if (*link)
        *link = n->page_next;
    if (!n->shared)
        reg_leave_place(r, n);
    r->shared_nodes -= n->shared;
    r->nodes--;
}
