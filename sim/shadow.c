/* SPDX-License-Identifier: MIT */
#include "shadow.h"

#include <errno.h>
#include <stdlib.h>

static struct shadow_node *child(uint64_t slot)
{
    return (struct shadow_node *)(uintptr_t)slot; /* nodes are 8-byte aligned: bit 2 is clear */
}

static bool is_leaf(uint64_t slot)
{
    return slot & SHADOW_LEAF;
}

void shadow_init(struct shadow *s, unsigned levels)
{
    *s = (struct shadow){.levels = levels};
}

static void node_free(struct shadow_node *n)
{
    for (unsigned i = 0; i < WORDS_PER_PAGE; i++)
        if (n->slot[i] && !is_leaf(n->slot[i]))
            node_free(child(n->slot[i]));
    free(n);
}

void shadow_clear(struct shadow *s)
{
    if (s->root)
        node_free(s->root);
    shadow_init(s, s->levels);
}

static bool beyond(const struct shadow *s, iova_t at)
{
    return at.v > level_mask(s->levels + 1);
}

enum shadow_meet shadow_meet(const struct shadow *s, iova_t at, unsigned level, uint64_t leaf,
                             struct iova_range *around)
{
    const struct shadow_node *n = s->root;

    if (!n || beyond(s, at))
        return MEET_NONE;
    for (unsigned l = s->levels;; l--) {
        uint64_t slot = n->slot[level_index(at, l)];

        if (!slot)
            return MEET_NONE;
        if (l == level) {
            if (!is_leaf(slot))
                return MEET_SMALLER;
            return slot == leaf ? MEET_SAME : MEET_OTHER;
        }
        if (is_leaf(slot)) {
            *around = iova_range(at.v & ~level_mask(l), at.v | level_mask(l));
            return MEET_LARGER;
        }
        n = child(slot);
    }
}

const struct shadow_node *shadow_node_at(const struct shadow *s, iova_t at, unsigned level)
{
    const struct shadow_node *n = s->root;

    if (beyond(s, at))
        return NULL;
    for (unsigned l = s->levels; n && l > level; l--) {
        uint64_t slot = n->slot[level_index(at, l)];

        n = slot && !is_leaf(slot) ? child(slot) : NULL;
    }
    return n;
}

static struct shadow_node *node_new(struct shadow *s)
{
    struct shadow_node *n = calloc(1, sizeof(*n));

    s->nodes += n != NULL;
    return n;
}

int shadow_set(struct shadow *s, iova_t at, unsigned level, uint64_t leaf)
{
    struct shadow_node *n;

    if (s->leaves >= SHADOW_LEAVES_MAX || s->nodes >= SHADOW_NODES_MAX)
        return -E2BIG;
    if (!s->root && !(s->root = node_new(s)))
        return -ENOMEM;
    n = s->root;
    for (unsigned l = s->levels; l > level; l--) {
        uint64_t *slot = &n->slot[level_index(at, l)];

        if (!*slot) {
            struct shadow_node *made = node_new(s);

            if (!made)
                return -ENOMEM;
            *slot = (uintptr_t)made;
            n->used++;
        }
        n = child(*slot);
    }
    n->slot[level_index(at, level)] = leaf;
    n->used++;
    s->leaves++;
    return 0;
}

/* Drop what of `n` (a table at `level`, its first byte `base`) lies in r. True when it is empty
 * then. */
static bool drop(struct shadow *s, struct shadow_node *n, unsigned level, uint64_t base,
                 struct iova_range r, shadow_visit_fn *gone, void *arg)
{
    uint64_t size_mask = level_mask(level);
    uint64_t extent = base | level_mask(level + 1);
    uint64_t first = r.first.v > base ? r.first.v : base;
    uint64_t last = r.last.v < extent ? r.last.v : extent;
    unsigned from = level_index(iova(first), level), to = level_index(iova(last), level);

    for (unsigned i = from; i <= to; i++) {
        uint64_t slot = n->slot[i];
        uint64_t at = base + i * (size_mask + 1);

        if (!slot)
            continue;
        if (is_leaf(slot)) {
            if (gone)
                gone(arg, iova_range(at, at | size_mask), slot);
            s->leaves--;
        } else {
            if (!drop(s, child(slot), level - 1, at, r, gone, arg))
                continue;
            free(child(slot));
            s->nodes--;
        }
        n->slot[i] = 0;
        n->used--;
    }
    return n->used == 0;
}

void shadow_drop(struct shadow *s, struct iova_range r, shadow_visit_fn *gone, void *arg)
{
    if (!s->root || beyond(s, r.first))
        return;
    if (drop(s, s->root, s->levels, 0, r, gone, arg)) {
        free(s->root);
        s->root = NULL;
        s->nodes--;
    }
}

static void visit_node(const struct shadow_node *n, unsigned level, uint64_t base,
                       struct iova_range r, shadow_visit_fn *visit, void *arg)
{
    uint64_t size_mask = level_mask(level);
    uint64_t extent = base | level_mask(level + 1);
    uint64_t first = r.first.v > base ? r.first.v : base;
    uint64_t last = r.last.v < extent ? r.last.v : extent;
    unsigned from = level_index(iova(first), level), to = level_index(iova(last), level);

    for (unsigned i = from; i <= to; i++) {
        uint64_t slot = n->slot[i];
        uint64_t at = base + i * (size_mask + 1);

        if (is_leaf(slot))
            visit(arg, iova_range(at, at | size_mask), slot);
        else if (slot)
            visit_node(child(slot), level - 1, at, r, visit, arg);
    }
}

void shadow_visit(const struct shadow *s, struct iova_range r, shadow_visit_fn *visit, void *arg)
{
    if (s->root && !beyond(s, r.first))
        visit_node(s->root, s->levels, 0, r, visit, arg);
}

uint64_t shadow_bytes(const struct shadow *s)
{
    return s->nodes * sizeof(struct shadow_node);
}

struct tally {
    uint64_t leaves, nodes;
    const char *wrong;
};

static void check_node(const struct shadow_node *n, unsigned level, bool is_root, struct tally *t)
{
    unsigned used = 0;

    t->nodes++;
    for (unsigned i = 0; i < WORDS_PER_PAGE; i++) {
        uint64_t slot = n->slot[i];

        used += slot != 0;
        if (is_leaf(slot)) {
            t->leaves++;
            if (!(slot & SS_PERM))
                t->wrong = "a leaf without rights";
        } else if (slot && level == 1) {
            t->wrong = "a child below the leaf level";
        } else if (slot) {
            check_node(child(slot), level - 1, false, t);
        }
    }
    if (used != n->used)
        t->wrong = "a node's count of used slots is wrong";
    if (!used && !is_root)
        t->wrong = "an empty node was kept";
}

const char *shadow_check(const struct shadow *s)
{
    struct tally t = {0};

    if (s->root)
        check_node(s->root, s->levels, true, &t);
    if (t.leaves != s->leaves)
        t.wrong = "the count of leaves is wrong";
    if (t.nodes != s->nodes)
        t.wrong = "the count of nodes is wrong";
    return t.wrong;
}
