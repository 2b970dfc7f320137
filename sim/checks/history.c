/* SPDX-License-Identifier: MIT */
/* What entries of tables held before: items made when the guest stores, in the order of its stores.
 */
#include "checks/registry.h"

#include <stdlib.h>
#include <string.h>

#define MANY_ITEMS 16u /* of a node */
#define VALUES_MAX 24u /* older values of one entry; beyond, anything goes there */

static bool above_leaves(const struct node *n)
{
    return n->role > 1 && n->role < ROLE_CTX;
}

static void hist_join(struct registry *r, struct node *n)
{
    n->past->hist_prev = NULL;
    n->past->hist_next = r->hist;
    if (r->hist)
        r->hist->past->hist_prev = n;
    r->hist = n;
    r->hist_count++;
    r->hist_upper += above_leaves(n);
}

static void hist_leave(struct registry *r, struct node *n)
{
    if (n->past->hist_prev)
        n->past->hist_prev->past->hist_next = n->past->hist_next;
    else
        r->hist = n->past->hist_next;
    if (n->past->hist_next)
        n->past->hist_next->past->hist_prev = n->past->hist_prev;
    r->hist_count--;
    r->hist_upper -= above_leaves(n);
    if (n->past->by_entry)
        free(n->past->by_entry);
    n->past->by_entry = NULL;
    n->past->item_count = 0;
}

static void by_entry_add(struct node *n, struct item *i)
{
    if (!n->past->by_entry)
        return;
    i->same = n->past->by_entry[i->index];
    n->past->by_entry[i->index] = i;
}

/* From so many items on an entry's are found without a look at all others. Without memory for it
 * it only takes longer. */
static void by_entry_new(struct node *n)
{
    if (n->past->item_count != MANY_ITEMS || n->past->by_entry)
        return;
    n->past->by_entry = calloc(WORDS_PER_PAGE, sizeof *n->past->by_entry);
    for (struct item *i = n->past->by_entry ? n->past->items : NULL; i; i = i->next) {
        struct item **link = &n->past->by_entry[i->index];

        while (*link)
            link = &(*link)->same;
        i->same = NULL;
        *link = i;
    }
}

/* Take it out; true: the entry has others. */
static bool others_of_entry(struct node *n, const struct item *gone)
{
    struct item **link;

    if (n->past->by_entry) {
        for (link = &n->past->by_entry[gone->index]; *link != gone;)
            link = &(*link)->same;
        *link = gone->same;
        return n->past->by_entry[gone->index];
    }
    for (const struct item *k = n->past->items; k; k = k->next)
        if (k->index == gone->index)
            return true;
    return false;
}

/* Take *link out of its node and put it on the pile; its references are released by items_bury. */
void item_unlink(struct registry *r, struct node *n, struct item **link, struct item **dead)
{
    struct item *i = *link;

    *link = i->next;
    n->past->item_count--;
    if (!others_of_entry(n, i))
        n->past->marked[i->index / 64] &= ~(UINT64_C(1) << i->index % 64);
    i->next = *dead;
    *dead = i;
    r->item_count--;
    if (!n->past->items)
        hist_leave(r, n);
}

/* The same of the first item, where all are to go: without a look at the others, so that nobody may
 * ask for those of an entry until they are gone. */
void item_unlink_first(struct registry *r, struct node *n, struct item **dead)
{
    struct item *i = n->past->items;

    free(n->past->by_entry);
    n->past->by_entry = NULL;
    n->past->items = i->next;
    i->next = *dead;
    *dead = i;
    r->item_count--;
    if (n->past->items)
        return;
    memset(n->past->marked, 0, sizeof n->past->marked);
    hist_leave(r, n);
}

/* Nothing of the item is known to be covered any more. */
void item_uncover(struct registry *r, struct item *i)
{
    if (!i->covered)
        return;
    r->part_count -= i->covered->parts.count;
    spans_free(&i->covered->parts);
    free(i->covered);
    i->covered = NULL;
}

void item_let_go(struct checks *c, struct item *i)
{
    if (i->role > 1)
        reg_release(c, i->role, i->lo, i->hi, true);
    if (i->covered)
        item_uncover(c->registry, i);
}

void hist_drop_items(struct checks *c, struct node *n)
{
    struct item *dead = node_items(n), *last = dead;

    if (!dead)
        return;
    for (c->registry->item_count--; last->next; last = last->next)
        c->registry->item_count--;
    n->past->items = NULL;
    memset(n->past->marked, 0, sizeof n->past->marked);
    hist_leave(c->registry, n);
    items_bury(c, dead);
}

static struct item *item_new(struct checks *c)
{
    struct registry *r = c->registry;
    struct item *i = r->spare;

    if (i) {
        r->spare = i->next;
        return i;
    }
    i = malloc(sizeof *i);
    if (!i)
        c->failed = true;
    return i;
}

/* Entry `index` of n no longer holds lo, hi: caches may. Takes over the reference of the value to
 * its table. */
void item_add(struct checks *c, struct node *n, unsigned index, uint64_t lo, uint64_t hi)
{
    struct registry *r = c->registry;
    unsigned same_entry = 0;
    struct item *i;

    if (!n->past && !(n->past = calloc(1, sizeof *n->past))) {
        c->failed = true;
        return;
    }
    if (node_marked(n, index)) {
        for (i = n->past->by_entry ? n->past->by_entry[index] : n->past->items; i;
             i = n->past->by_entry ? i->same : i->next) {
            if (i->index != index)
                continue;
            same_entry++;
            if (i->lo != lo || i->hi != hi)
                continue;
            i->until = r->now; /* held again, and replaced again: caches may have it from then */
            i->record = c->record;
            i->hinted = false;
            i->forsaken = n->forsaken;
            item_uncover(r, i);
            reg_release(c, n->role, lo, hi, false);
            return;
        }
    }
    i = item_new(c);
    if (!i)
        return;
    *i = (struct item){.next = n->past->items,
                       .lo = lo,
                       .hi = hi,
                       .until = r->now,
                       .record = c->record,
                       .index = (uint16_t)index,
                       .role = n->role,
                       .forsaken = n->forsaken,
                       .wild = same_entry >= VALUES_MAX};
    if (n->role > 1)
        reg_now_to_old(c, n->role, lo, hi);
    if (!n->past->items)
        hist_join(r, n);
    n->past->items = i;
    n->past->item_count++;
    by_entry_add(n, i);
    by_entry_new(n);
    n->past->marked[index / 64] |= UINT64_C(1) << index % 64;
    r->item_count++;
}
