/* SPDX-License-Identifier: MIT */
#include "visits.h"

#include <stdlib.h>

static struct visit **bucket_of(const struct visits *v, gpa_t table)
{
    return &v->bucket[table.v / PAGE_4K_BYTES & (v->buckets - 1)];
}

static void link_visit(struct visit **bucket, struct visit *at)
{
    at->next = *bucket;
    at->link = bucket;
    if (at->next)
        at->next->link = &at->next;
    *bucket = at;
}

static void unlink_visit(struct visit *gone)
{
    *gone->link = gone->next;
    if (gone->next)
        gone->next->link = gone->link;
}

/* More buckets, when there are as many positions; without memory for them the chains grow. */
static void grow(struct visits *v)
{
    size_t before = v->buckets;
    struct visit **old = v->bucket, **more;

    if (v->count < before || before >= VISITS_BUCKETS_MOST ||
        !(more = calloc(4 * before, sizeof(*more))))
        return;
    v->bucket = more;
    v->buckets = 4 * before;
    for (size_t i = 0; i < before; i++) {
        for (struct visit *at = old[i], *next; at; at = next) {
            next = at->next;
            link_visit(bucket_of(v, at->table), at);
        }
    }
    free(old);
}

/* A position and all below it. One that the synchronisation under way has walked may be among them
 * only when a table was changed meanwhile, which nothing does; the list is then given up. */
static void drop(struct visits *v, struct visit *gone)
{
    for (unsigned i = 0; gone->child && i < WORDS_PER_PAGE; i++)
        if (gone->child[i])
            drop(v, gone->child[i]);
    if (gone->walked)
        v->given_up = true;
    unlink_visit(gone);
    free(gone->child);
    free(gone);
    v->count--;
}

void visits_clear(struct visits *v)
{
    uint64_t position = v->position;

    if (v->top)
        drop(v, v->top);
    free(v->bucket);
    *v = (struct visits){.position = position};
}

/* It, and the way down to it, is to be looked at. */
static void flag(struct visit *at)
{
    at->written = true;
    for (; at->parent; at = at->parent) {
        uint64_t *word = &at->parent->below[at->index / 64], bit = UINT64_C(1) << at->index % 64;

        if (*word & bit)
            return;
        *word |= bit;
    }
}

static struct visit *make(struct visits *v, struct visit *parent, unsigned index, gpa_t table,
                          unsigned level, enum perm perm)
{
    struct visit *at = v->count < VISITS_MAX ? calloc(1, sizeof(*at)) : NULL;

    if (at && level > 1)
        at->child = calloc(WORDS_PER_PAGE, sizeof(struct visit *));
    if (!at || (level > 1 && !at->child)) {
        free(at);
        v->given_up = true;
        return NULL;
    }
    grow(v);
    at->table = table;
    at->level = level;
    at->perm = perm;
    at->parent = parent;
    at->index = index;
    at->base = parent ? parent->base + index * (level_mask(level + 1) + 1) : 0;
    link_visit(bucket_of(v, table), at);
    v->count++;
    flag(at);
    return at;
}

static void take_in(struct visits *v, const uint64_t *pages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gpa_t table = gpa(pages[i] * PAGE_4K_BYTES);

        for (struct visit *at = *bucket_of(v, table); at; at = at->next)
            if (at->table.v == table.v)
                flag(at);
    }
}

struct visit *visits_begin(struct visits *v, struct mem_log *log, gpa_t top, unsigned levels,
                           uint64_t limit_last)
{
    size_t count = 0;
    const uint64_t *pages = mem_log_since(log, &v->position, &count);

    if (!pages || v->given_up || !v->top || v->top->table.v != top.v || v->top->level != levels ||
        v->limit_last != limit_last)
        visits_clear(v);
    if (!v->bucket)
        v->bucket = calloc(v->buckets = VISITS_BUCKETS_FEWEST, sizeof(struct visit *));
    if (!v->bucket) {
        v->given_up = true;
        return NULL;
    }
    if (v->top)
        take_in(v, pages, count);
    else
        v->top = make(v, NULL, 0, top, levels, PERM_RW);
    v->limit_last = limit_last;
    return v->top;
}

bool visit_pending(const struct visit *at)
{
    return at->written || visit_next_below(at, 0) < WORDS_PER_PAGE;
}

unsigned visit_next_below(const struct visit *at, unsigned index)
{
    while (index < WORDS_PER_PAGE) {
        uint64_t word = at->below[index / 64] >> index % 64;

        if (word & 1)
            return index;
        if (!word)
            index = (index / 64 + 1) * 64;
        else
            for (; !(word & 1); word >>= 1)
                index++;
    }
    return WORDS_PER_PAGE;
}

struct visit *visits_child(struct visits *v, struct visit *at, unsigned index, gpa_t table,
                           enum perm perm)
{
    struct visit *child = at->child[index];

    if (child && child->table.v == table.v && child->perm == perm)
        return child;
    visits_no_child(v, at, index);
    at->child[index] = make(v, at, index, table, at->level - 1, perm);
    return at->child[index];
}

void visits_no_child(struct visits *v, struct visit *at, unsigned index)
{
    if (!at->child || !at->child[index])
        return;
    drop(v, at->child[index]);
    at->child[index] = NULL;
    at->below[index / 64] &= ~(UINT64_C(1) << index % 64);
}

void visits_walked(struct visits *v, struct visit *at)
{
    if (at->walked)
        return;
    at->walked = true;
    at->next_walked = NULL;
    if (v->last_walked)
        v->last_walked->next_walked = at;
    else
        v->walked = at;
    v->last_walked = at;
}

/* Nothing is left to look at here: the parents may have nothing left either. */
static void settle(struct visit *at)
{
    for (; at->parent && !visit_pending(at); at = at->parent)
        at->parent->below[at->index / 64] &= ~(UINT64_C(1) << at->index % 64);
}

void visits_end(struct visits *v)
{
    if (v->given_up) {
        visits_clear(v);
        return;
    }
    for (struct visit *at = v->walked, *next; at; at = next) {
        next = at->next_walked;
        at->written = at->walked = false;
        settle(at);
    }
    v->walked = v->last_walked = NULL;
}
