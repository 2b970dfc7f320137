/* SPDX-License-Identifier: MIT */
/* Nodes: pages in their roles, found by page or by place, counted by the entries that point at them. */
#include "checks/registry.h"

#include <stdlib.h>
#include <string.h>

static size_t mix(uint64_t v, size_t slots)
{
    v *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(v >> 32) & (slots - 1);
}

static size_t page_slot(const struct registry *r, uint64_t page)
{
    return mix(page >> 12, r->slots);
}

static size_t place_slot(const struct registry *r, uint64_t top, unsigned role, uint64_t base)
{
    return mix((top >> 12) * 31 + (base >> 21) * 8 + role, r->slots);
}

struct registry *reg_new(void)
{
    struct registry *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->slots = 256;
    r->by_page = calloc(r->slots, sizeof *r->by_page);
    r->by_place = calloc(r->slots, sizeof *r->by_place);
    r->iotlb_did = calloc(65536, sizeof *r->iotlb_did);
    r->cc_did = calloc(65536, sizeof *r->cc_did);
    if (r->by_page && r->by_place && r->iotlb_did && r->cc_did)
        return r;
    reg_free(r);
    return NULL;
}

static void free_items(struct item *i)
{
    for (struct item *next; i; i = next) {
        next = i->next;
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
            free_items(n->items);
            free(n);
        }
        r->by_page[s] = NULL;
        if (r->by_place)
            r->by_place[s] = NULL;
    }
    r->hist = NULL;
    r->nodes = r->hist_count = r->item_count = r->link_count = r->pending_count = 0;
    r->old_root_count = 0;
}

void reg_free(struct registry *r)
{
    if (!r)
        return;
    reg_clear(r);
    free_items(r->spare);
    free(r->by_page);
    free(r->by_place);
    free(r->iotlb_did);
    free(r->cc_did);
    free(r->links);
    free(r->cc_dev);
    free(r->pending);
    free(r);
}

struct node *reg_nodes_of(const struct registry *r, uint64_t page)
{
    return r->by_page[page_slot(r, page)];
}

struct node *reg_find(const struct registry *r, uint64_t page, unsigned role)
{
    struct node *n = reg_nodes_of(r, page);

    while (n && (n->page != page || n->role != role))
        n = n->page_next;
    return n;
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
            size_t at = page_slot(r, n->page);

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

static void leave_place(struct registry *r, const struct node *n)
{
    struct node **link = &r->by_place[place_slot(r, n->top, n->role, n->base)];

    while (*link && *link != n)
        link = &(*link)->place_next;
    if (*link)
        *link = n->place_next;
}

/* The words of entry `index` as memory has them now. */
void reg_entry(const struct checks *c, const struct node *n, unsigned index, uint64_t *lo, uint64_t *hi)
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

/* Where an entry points. False: at no table. */
bool reg_child(const struct checks *c, unsigned role, uint64_t lo, uint64_t hi, uint64_t *page, unsigned *child)
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

static struct domain_link *link_of(struct registry *r, uint16_t did, uint64_t top, unsigned levels)
{
    for (size_t i = 0; i < r->link_count; i++)
        if (r->links[i].did == did && r->links[i].top == top && r->links[i].levels == levels)
            return &r->links[i];
    return NULL;
}

static void domain_ref(struct checks *c, uint64_t lo, uint64_t hi, bool up)
{
    struct registry *r = c->registry;
    struct ctx x = arch_context(&c->arch, lo, hi);
    struct domain_link *l = link_of(r, x.did, x.top, x.levels);

    if (!up) {
        if (l && --l->refs == 0)
            *l = r->links[--r->link_count];
        return;
    }
    if (!l) {
        if (r->link_count == r->link_room) {
            size_t room = r->link_room ? r->link_room * 2 : 8;
            struct domain_link *links = realloc(r->links, room * sizeof *links);

            if (!links) {
                c->failed = true;
                return;
            }
            r->links = links;
            r->link_room = room;
        }
        l = &r->links[r->link_count++];
        *l = (struct domain_link){.did = x.did, .top = x.top, .levels = (uint8_t)x.levels};
    }
    l->refs++;
}

/* True when `did` is the only domain id under which the tables below `top` can be cached. */
bool reg_only_domain(const struct registry *r, uint64_t top, uint16_t did)
{
    bool found = false;

    for (size_t i = 0; i < r->link_count; i++) {
        if (r->links[i].top != top)
            continue;
        if (r->links[i].did != did)
            return false;
        found = true;
    }
    return found;
}

static void mark_shared(struct checks *c, struct node *n)
{
    uint64_t page, lo, hi;
    unsigned role, entries = n->role >= ROLE_CTX ? 256 : 512;
    struct node *child;

    if (n->shared)
        return;
    leave_place(c->registry, n);
    n->shared = true;
    for (unsigned i = 0; i < entries; i++) {
        reg_entry(c, n, i, &lo, &hi);
        if (reg_child(c, n->role, lo, hi, &page, &role) && (child = reg_find(c->registry, page, role)))
            mark_shared(c, child);
    }
    for (const struct item *i = n->items; i; i = i->next)
        if (reg_child(c, i->role, i->lo, i->hi, &page, &role) && (child = reg_find(c->registry, page, role)))
            mark_shared(c, child);
}

static struct node *node_make(struct checks *c, struct node like)
{
    struct registry *r = c->registry;
    struct node *n = malloc(sizeof *n);
    size_t at;

    if (!n) {
        c->failed = true;
        return NULL;
    }
    if (r->nodes >= r->slots)
        grow(r);
    *n = like;
    n->made = r->now;
    at = page_slot(r, n->page);
    n->page_next = r->by_page[at];
    r->by_page[at] = n;
    if (!n->shared) {
        at = place_slot(r, n->top, n->role, n->base);
        n->place_next = r->by_place[at];
        r->by_place[at] = n;
    }
    r->nodes++;
    return n;
}

static void scan(struct checks *c, const struct node *n)
{
    unsigned entries = n->role >= ROLE_CTX ? 256 : 512;
    uint64_t lo, hi;

    for (unsigned i = 0; n->role != 1 && i < entries; i++) {
        reg_entry(c, n, i, &lo, &hi);
        if (lo & 3)
            reg_link(c, n, i, lo, hi, false);
    }
}

/* Where the table below entry `index` of `parent` would hang. */
static struct node place_below(const struct node *parent, unsigned index, uint64_t page, unsigned role)
{
    struct node like = {.page = page, .role = (uint8_t)role, .shared = parent->shared};

    if (parent->role == ROLE_ROOT) {
        like.base = index;
    } else if (parent->role == ROLE_CTX) {
        like.top = page;
        like.top_level = (uint8_t)role;
        like.shared = false; /* a top table begins a place of its own */
    } else {
        like.top = parent->top;
        like.top_level = parent->top_level;
        like.base = parent->base + index * arch_entry_bytes(parent->role);
    }
    return like;
}

/* An entry points at a table now. `judge`: the guest just stored it, so GST-NOFLUSH looks at the page. */
void reg_link(struct checks *c, const struct node *parent, unsigned index, uint64_t lo, uint64_t hi, bool judge)
{
    uint64_t page;
    unsigned role;
    struct node *n, like;

    if (!reg_child(c, parent->role, lo, hi, &page, &role) || !guest_mem_page(c->cfg.mem, gpa(page)))
        return;
    like = place_below(parent, index, page, role);
    n = reg_find(c->registry, page, role);
    if (judge)
        chk_guest_table_linked(c, &like);
    if (parent->role == ROLE_CTX)
        domain_ref(c, lo, hi, true);
    if (n) {
        n->refs_now++;
        if (like.shared || !(n->shared || reg_is_place(n, like.top, role, like.base)))
            mark_shared(c, n);
        return;
    }
    n = node_make(c, like);
    if (!n)
        return;
    n->refs_now = 1;
    scan(c, n);
}

void reg_now_to_old(struct checks *c, unsigned role, uint64_t lo, uint64_t hi)
{
    uint64_t page;
    unsigned child;
    struct node *n;

    if (!reg_child(c, role, lo, hi, &page, &child) || !(n = reg_find(c->registry, page, child)))
        return;
    if (n->refs_now)
        n->refs_now--;
    n->refs_old++;
}

/* Nobody points at it any more: neither now nor in what may be remembered. */
static void dismantle(struct checks *c, struct node *n)
{
    struct registry *r = c->registry;
    struct node **link = &r->by_page[page_slot(r, n->page)];
    unsigned entries = n->role >= ROLE_CTX ? 256 : 512;
    uint64_t lo, hi;

    while (*link && *link != n)
        link = &(*link)->page_next;
    if (*link)
        *link = n->page_next;
    if (!n->shared)
        leave_place(r, n);
    r->nodes--;
    hist_drop_items(c, n);
    for (unsigned i = 0; n->role != 1 && i < entries; i++) {
        reg_entry(c, n, i, &lo, &hi);
        if (lo & 3)
            reg_release(c, n->role, lo, hi, false);
    }
    free(n);
}

void reg_unref(struct checks *c, struct node *n)
{
    if (!n->refs_now && !n->refs_old)
        dismantle(c, n);
}

/* An entry's value no longer points at its table: not now (old: not even in memory of caches). */
void reg_release(struct checks *c, unsigned role, uint64_t lo, uint64_t hi, bool old)
{
    uint64_t page;
    unsigned child;
    struct node *n;

    if (!reg_child(c, role, lo, hi, &page, &child))
        return;
    if (role == ROLE_CTX)
        domain_ref(c, lo, hi, false);
    n = reg_find(c->registry, page, child);
    if (!n)
        return;
    if (old && n->refs_old)
        n->refs_old--;
    else if (!old && n->refs_now)
        n->refs_now--;
    reg_unref(c, n);
}

/* The root table latched now. */
void reg_root(struct checks *c, uint64_t page)
{
    struct node *n = reg_find(c->registry, page, ROLE_ROOT);

    if (!n && guest_mem_page(c->cfg.mem, gpa(page))) {
        n = node_make(c, (struct node){.page = page, .role = ROLE_ROOT});
        if (n) {
            n->refs_now = 1;
            scan(c, n);
        }
    } else if (n) {
        n->refs_now++;
    }
}
