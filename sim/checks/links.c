/* SPDX-License-Identifier: MIT */
/* What points at what: nodes live as long as an entry leads to them, now or in what may be
 * remembered. */
#include "checks/registry.h"

#include <stdlib.h>

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
        if (l && --l->refs == 0) {
            *l = r->links[--r->link_count];
            r->view.id = 0;
        }
        return;
    }
    if (!l) {
        r->view.id = 0;
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

void reg_look_at_domain(struct registry *r, uint16_t did)
{
    struct domain_view v = {.id = did + 1u, .alone = true};

    for (size_t i = 0; i < r->link_count; i++) {
        if (r->links[i].did != did)
            continue;
        v.alone &= reg_only_domain(r, r->links[i].top, did);
        v.first = v.links++ ? v.first : i;
    }
    v.alone &= v.links != 0;
    r->view = v;
}

static void mark_shared(struct checks *c, struct node *n)
{
    const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(n->page));
    uint64_t page, lo, hi;
    unsigned role;
    struct node *child;

    if (n->shared)
        return;
    reg_leave_place(c->registry, n);
    n->shared = true;
    c->registry->shared_nodes++;
    for (unsigned i = 0; (i = reg_present(words, n->role, i)) < WORDS_PER_PAGE; i++) {
        reg_entry(c, n, i, &lo, &hi);
        if (reg_child(c, n->role, lo, hi, &page, &role) &&
            (child = reg_find(c->registry, page, role)))
            mark_shared(c, child);
    }
    for (const struct item *i = node_items(n); i; i = i->next)
        if (reg_child(c, i->role, i->lo, i->hi, &page, &role) &&
            (child = reg_find(c->registry, page, role)))
            mark_shared(c, child);
}

static void scan(struct checks *c, const struct node *n)
{
    const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(n->page));
    uint64_t lo, hi;

    if (n->role == 1)
        return;
    for (unsigned i = 0; (i = reg_present(words, n->role, i)) < WORDS_PER_PAGE; i++) {
        reg_entry(c, n, i, &lo, &hi);
        reg_link(c, n, i, lo, hi, false);
    }
}

/* Where the table below entry `index` of `parent` would hang. */
static struct node place_below(const struct node *parent, unsigned index, uint64_t page,
                               unsigned role)
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

/* An entry points at a table now. `judge`: the guest just stored it, so GST-NOFLUSH looks at the
 * page. */
void reg_link(struct checks *c, const struct node *parent, unsigned index, uint64_t lo, uint64_t hi,
              bool judge)
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
        n->forsaken = false;
        if (like.shared || !(n->shared || reg_is_place(n, like.top, role, like.base)))
            mark_shared(c, n);
        return;
    }
    n = reg_add(c, like);
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
    const uint64_t *words = n->role == 1 ? NULL : guest_mem_page(c->cfg.mem, gpa(n->page));
    uint64_t lo, hi;

    reg_remove(c->registry, n);
    hist_drop_items(c, n);
    for (unsigned i = 0; (i = reg_present(words, n->role, i)) < WORDS_PER_PAGE; i++) {
        reg_entry(c, n, i, &lo, &hi);
        reg_release(c, n->role, lo, hi, false);
    }
    reg_node_free(c->registry, n);
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
        n = reg_add(c, (struct node){.page = page, .role = ROLE_ROOT});
        if (n) {
            n->refs_now = 1;
            scan(c, n);
        }
    } else if (n) {
        n->refs_now++;
    }
}
