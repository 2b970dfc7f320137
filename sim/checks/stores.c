/* SPDX-License-Identifier: MIT */
/*
 * What the guest's stores, a new root table and a reset do to the oracle's memory: the older
 * values of entries become items, in the order of the stores.
 */
#include "checks/registry.h"

#include <stdlib.h>

bool hist_init(struct checks *c)
{
    c->registry = reg_new();
    return c->registry != NULL;
}

/* Whether a cache may remember this value: a faulting one only under caching mode. */
static bool may_be_cached(const struct checks *c, unsigned role, uint64_t lo, uint64_t hi)
{
    uint64_t table;

    if (c->arch.caching_mode)
        return true;
    if (role == ROLE_ROOT)
        return arch_root(&c->arch, lo, hi, &table) == ROOT_TABLE;
    if (role == ROLE_CTX)
        return (lo & 1) && arch_context(&c->arch, lo, hi).kind != CTX_BAD;

    enum entry_kind k = arch_entry(&c->arch, role, lo);

    return k == ENTRY_LEAF || k == ENTRY_TABLE;
}

static void mark_dirty(struct checks *c, const struct node *n, unsigned index)
{
    if (n->shared || n->role == ROLE_ROOT) {
        chk_dirty_all(c);
    } else if (n->role == ROLE_CTX) {
        chk_dirty_device(c, bdf((uint16_t)(n->base << 8 | index)));
    } else {
        uint64_t bytes = arch_entry_bytes(n->role), first = n->base + index * bytes;

        chk_dirty_top(c, n->top, first, first + (bytes - 1));
    }
}

static void pend(struct checks *c, const struct node *n, unsigned index)
{
    struct registry *r = c->registry;

    if (r->pending_count == r->pending_room) {
        size_t room = r->pending_room ? r->pending_room * 2 : 16;
        struct pending_word *more = realloc(r->pending, room * sizeof *more);

        if (!more) {
            c->failed = true;
            return;
        }
        r->pending = more;
        r->pending_room = room;
    }
    r->pending[r->pending_count++] = (struct pending_word){n->page, (uint16_t)index, n->role};
}

/* Entry `index` is about to change from (lo, hi) to (new_lo, new_hi). */
static void entry_changes(struct checks *c, struct node *n, unsigned index, const uint64_t old[2],
                          const uint64_t new[2], bool snapshot)
{
    uint64_t lo = old[0], hi = old[1];

    if (!snapshot)
        chk_guest_entry(c, n, index, old, new);
    chk_story(c, n->page + (uint64_t)index * (n->role >= ROLE_CTX ? 16 : 8));
    mark_dirty(c, n, index);
    if (may_be_cached(c, n->role, lo, hi)) {
        if (n->role >= ROLE_CTX && !(lo & 1))
            lo = hi = 0; /* all absent entries are one to a cache */
        else if (n->role < ROLE_CTX && !(lo & 3))
            lo = 0;
        item_add(c, n, index, lo, hi);
    } else {
        reg_release(c, n->role, lo, hi, false);
    }
    if (n->role > 1) /* what a leaf leads to is no table */
        pend(c, n, index);
}

/* The words [first, first + count) of a page change in one of its roles; val == NULL: to zero. `n`:
 * of the page in that role, or NULL. */
static void words_change(struct checks *c, struct node *n, uint64_t page, unsigned role,
                         unsigned first, unsigned count, const uint64_t *val, bool snapshot)
{
    const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(page));
    bool wide = role >= ROLE_CTX; /* entries of two words */
    unsigned end = first + count;

    for (unsigned w = wide ? first & ~1u : first; words && w < end; w += 1u + wide) {
        uint64_t old[2] = {words[w], 0}, new[2] = {old[0], 0};

        if (w >= first)
            new[0] = val ? val[w - first] : 0;
        if (wide) {
            new[1] = old[1] = words[w + 1];
            if (w + 1 < end)
                new[1] = val ? val[w + 1 - first] : 0;
        }
        if (old[0] == new[0] && old[1] == new[1])
            continue;
        if (!n && !(n = reg_find(c->registry, page, role)))
            return;
        entry_changes(c, n, w >> wide, old, new, snapshot);
        n = NULL; /* anew: that entry may have taken it away */
    }
}

static void page_changes(struct checks *c, uint64_t page, unsigned first, unsigned count,
                         const uint64_t *val, bool snapshot)
{
    unsigned roles = 0;
    struct node *only = NULL;

    for (struct node *n = reg_nodes_of(c->registry, page); n; n = n->page_next) {
        if (n->page != page)
            continue;
        only = roles ? NULL : n;
        roles |= 1u << n->role;
    }
    if (only) {
        words_change(c, only, page, only->role, first, count, val, snapshot);
        return;
    }
    for (unsigned role = 1; role <= ROLE_ROOT && roles >> role; role++)
        if (roles >> role & 1)
            words_change(c, NULL, page, role, first, count, val, snapshot);
}

static void zero_changes(struct checks *c, uint64_t first, uint64_t bytes)
{
    struct registry *r = c->registry;
    uint64_t last = first + (bytes - 1);

    if (!bytes || last < first)
        return;
    /* Nodes are few beside the pages of a long range; collect them first: changes may take some
     * away. */
    if (bytes >> 12 > r->nodes) {
        uint64_t *pages = malloc((r->nodes + 1) * sizeof *pages);
        size_t count = 0;

        if (!pages) {
            c->failed = true;
            return;
        }
        for (size_t s = 0; s < r->slots; s++)
            for (const struct node *n = r->by_page[s]; n; n = n->page_next)
                if (n->page <= last && n->page + PAGE_4K_MASK >= first)
                    pages[count++] = n->page;
        for (size_t i = 0; i < count; i++) {
            uint64_t from = pages[i] > first ? pages[i] : first;
            uint64_t to = pages[i] + PAGE_4K_MASK < last ? pages[i] + PAGE_4K_MASK : last;

            page_changes(c, pages[i], (unsigned)(from & PAGE_4K_MASK) / 8,
                         (unsigned)((to - from + 1) / 8), NULL, true);
        }
        free(pages);
        return;
    }
    for (uint64_t at = first; at <= last && at >= first; at = (at | PAGE_4K_MASK) + 1) {
        uint64_t to = (at | PAGE_4K_MASK) < last ? (at | PAGE_4K_MASK) : last;

        if (reg_nodes_of(r, at & ~PAGE_4K_MASK))
            page_changes(c, at & ~PAGE_4K_MASK, (unsigned)(at & PAGE_4K_MASK) / 8,
                         (unsigned)((to - at + 1) / 8), NULL, true);
    }
}

/* The first of a chain that is of this page. */
static struct node *node_of(struct node *n, uint64_t page)
{
    while (n && n->page != page)
        n = n->page_next;
    return n;
}

/* One entry of a page that is a paging table and nothing else: what guests do most. */
static void word_changes(struct checks *c, struct node *n, unsigned index, uint64_t val)
{
    const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(n->page));
    uint64_t old[2] = {words ? words[index] : val, 0}, new[2] = {val, 0};

    if (old[0] != val)
        entry_changes(c, n, index, old, new, false);
}

/* A record that stores is about to act: memory still holds the old words. */
void hist_before(struct checks *c, const struct rec *r)
{
    struct registry *reg = c->registry;
    struct node *n;

    reg->pending_count = 0;
    if (r->kind == REC_MEM) {
        uint64_t at = r->u.mem.gpa.v;

        reg->now++;
        n = node_of(reg_nodes_of(reg, at & ~PAGE_4K_MASK), at & ~PAGE_4K_MASK);
        if (n && n->role < ROLE_CTX && r->u.mem.words == 1 && !node_of(n->page_next, n->page))
            word_changes(c, n, (unsigned)(at & PAGE_4K_MASK) / 8, r->u.mem.val[0]);
        else if (n)
            page_changes(c, at & ~PAGE_4K_MASK, (unsigned)(at & PAGE_4K_MASK) / 8, r->u.mem.words,
                         r->u.mem.val, c->snapshot);
    } else if (r->kind == REC_ZERO) {
        reg->now++;
        zero_changes(c, r->u.zero.gpa.v, r->u.zero.bytes);
    }
}

/* It has acted: what entries point at now. */
void hist_after(struct checks *c)
{
    struct registry *r = c->registry;

    for (size_t i = 0; i < r->pending_count; i++) {
        struct pending_word p = r->pending[i];
        const struct node *n = reg_find(r, p.page, p.role);
        uint64_t lo, hi;

        if (!n || n->made == r->now)
            continue; /* made by this very record: it was read whole */
        reg_entry(c, n, p.index, &lo, &hi);
        reg_link(c, n, p.index, lo, hi, !c->snapshot);
    }
    r->pending_count = 0;
    if (c->tops_moved) {
        for (size_t i = 0; i < c->persons; i++)
            c->people[i]->top_valid = false;
        c->tops_moved = false;
    }
    if (r->rebuild) {
        r->rebuild = false;
        reg_clear(r);
        r->wild = true;
        r->wild_since = ++r->now;
        if (c->root_known)
            reg_root(c, c->root);
        chk_dirty_all(c);
    }
}

/* The unit wrote a wait's status. Into a table: what was there before is not known any more. */
void hist_unit_store(struct checks *c, uint64_t at)
{
    struct registry *r = c->registry;

    for (unsigned role = 1; role <= ROLE_ROOT; role++) {
        if (!reg_find(r, at & ~PAGE_4K_MASK, role))
            continue;
        r->rebuild = r->wild = true;
        r->wild_since = ++r->now;
    }
}

/* SRTP latched `page`. Entries read through the root before may be remembered. */
void hist_root(struct checks *c, uint64_t page)
{
    struct registry *r = c->registry;

    r->now++;
    if (c->root_known && c->root != page) {
        struct node *n = reg_find(r, c->root, ROLE_ROOT);

        if (r->old_root_count == OLD_ROOTS_MAX) {
            r->wild = true;
            r->wild_since = r->now;
        } else if (n) {
            n->refs_now -= n->refs_now > 0;
            n->refs_old++;
            r->old_roots[r->old_root_count++] = (struct old_root){c->root, r->now};
        }
    }
    if (!c->root_known || c->root != page) {
        c->root_known = true;
        c->root = page;
        chk_context_forget(c);
        reg_root(c, page);
        chk_dirty_all(c);
    }
    if (c->arch.esrtps)
        cover_everything(c);
}

/* The unit is reset: its caches are empty and no root is latched. */
void hist_reset(struct checks *c)
{
    reg_clear(c->registry);
    c->root_known = false;
    c->root = 0;
    chk_context_forget(c);
    cover_everything(c);
    chk_dirty_all(c);
}
