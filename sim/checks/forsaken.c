/* SPDX-License-Identifier: MIT */
/* Tables that the guest emptied and let go, though a part of what they covered was not named by any
 * invalidation: what a cache may still remember of them is no page. */
#include "checks/registry.h"

/* The table that an older pointer leads to, when it holds no page and none of it is remembered. */
static struct node *empty_below(const struct checks *c, const struct node *n, const struct item *i)
{
    const uint64_t *words;
    struct node *child;
    uint64_t page;
    unsigned role;

    if (!i->covered || !reg_child(c, n->role, i->lo, 0, &page, &role))
        return NULL;
    words = guest_mem_page(c->cfg.mem, gpa(page));
    child = reg_find(c->registry, page, role);
    if (words && child && child->shared)
        return child; /* nothing is said of such a one anyway */
    if (!words || !child || child->refs_now)
        return NULL;
    for (unsigned k = 0; k < 512; k++)
        if (words[k] & 3)
            return NULL;
    for (const struct item *k = node_items(child); k; k = k->next)
        if (k->wild || (k->lo & 3))
            return NULL;
    return child;
}

/*
 * A page-selective invalidation drops pointers to tables that it names in part, too; what it leaves
 * are pages that were read through them. Where there are none, the page of such a table may become
 * anything, and nobody is blamed for what is read there as a table.
 */
APART void cover_forsake(struct checks *c)
{
    struct registry *r = c->registry;
    struct node *child;

    r->partly = false;
    for (struct node *n = r->hist; n; n = n->past->hist_next) {
        if (n->role < 2 || n->role >= ROLE_CTX || n->shared)
            continue;
        for (struct item *i = node_items(n); i; i = i->next) {
            child = empty_below(c, n, i);
            if (child)
                i->forsaken = child->forsaken = true;
        }
    }
}
