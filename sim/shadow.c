/* SPDX-License-Identifier: MIT */
#include "shadow.h"

#include <errno.h>
#include <stdlib.h>

#include "shadow_inside.h"

void shadow_init(struct shadow *s, unsigned levels)
{
    *s = (struct shadow){.levels = levels};
}

static void node_free(struct shadow_node *n)
{
    const uint64_t *words = shadow_node_words(n);

    for (unsigned i = 0; i < shadow_node_places(n); i++)
        if (shadow_is_node(words[i]))
            node_free(shadow_child(words[i]));
    free(n);
}

void shadow_clear(struct shadow *s)
{
    uint64_t changes = s->changes + 1, moves = s->moves + 1;

    if (s->root)
        node_free(shadow_child(s->root));
    shadow_init(s, s->levels);
    s->changes = changes;
    s->moves = moves;
}

/*
 * Go down towards the slot at (at, level): the word found there, or the one on the way where it
 * ends; *found receives the level of the word. A level 2 word lately looked below is near.
 */
static uint64_t word_at(const struct shadow *s, iova_t at, unsigned level, unsigned *found)
{
    const uint64_t *near = level == 1 ? shadow_near_slot(s, at) : NULL;
    uint64_t word = s->root;
    unsigned l = s->levels;

    if (near) {
        word = *near;
        l = 1;
        if (!shadow_is_node(word)) {
            *found = 2;
            return word;
        }
    }
    for (;; l--) {
        word = shadow_node_slot(shadow_child(word), level_index(at, l));
        if (l == level || !shadow_is_node(word)) {
            *found = l;
            return word;
        }
    }
}

uint64_t *shadow_slot_far(struct shadow *s, iova_t at)
{
    uint64_t *slot = &s->root;

    for (unsigned l = s->levels; l > 1; l--) {
        slot = shadow_node_at_index(shadow_child(*slot), level_index(at, l));
        if (!slot || !shadow_is_node(*slot))
            return NULL;
    }
    shadow_now_near(s, slot, at);
    return slot;
}

static enum shadow_meet larger(iova_t at, unsigned level, struct iova_range *around)
{
    *around = iova_range(at.v & ~level_mask(level), at.v | level_mask(level));
    return MEET_LARGER;
}

enum shadow_meet shadow_meet(const struct shadow *s, iova_t at, unsigned level, uint64_t leaf,
                             struct iova_range *around)
{
    uint64_t word;
    unsigned found;

    if (!s->root || shadow_beyond(s, at))
        return MEET_NONE;
    word = word_at(s, at, level, &found);
    if (!word)
        return MEET_NONE;
    if (shadow_is_only(word)) {
        if (found == level)
            return MEET_SMALLER;
        if (shadow_only_index(word) != level_index(at, --found))
            return MEET_NONE;
        word = shadow_only_leaf(word);
    }
    if (found > level)
        return larger(at, found, around);
    if (shadow_is_node(word))
        return MEET_SMALLER;
    return word == leaf ? MEET_SAME : MEET_OTHER;
}

bool shadow_table_at(struct shadow *s, iova_t at, unsigned level, struct shadow_table *t)
{
    uint64_t *slot = &s->root, word = s->root;
    const uint64_t *near = level == 1 ? shadow_near_slot(s, at) : NULL;
    unsigned found = s->levels + 1;

    *t = (struct shadow_table){.nothing = true, .changes = s->changes, .moves = s->moves};
    if (!word || shadow_beyond(s, at))
        return true;
    if (near) {
        word = *near;
        found = 2;
    }
    for (; found > level + 1 && shadow_is_node(word); found--) {
        slot = shadow_node_at_index(shadow_child(word), level_index(at, found - 1));
        word = slot ? *slot : 0;
    }
    if (!word)
        return true;
    if (level == 1 && found == 2 && slot != &s->root && shadow_is_node(word))
        shadow_now_near(s, slot, at);
    t->nothing = false;
    if (shadow_is_node(word)) {
        t->node = shadow_child(word);
        if (shadow_node_full(t->node))
            t->words = shadow_node_words(t->node);
        return true;
    }
    if (!shadow_is_only(word))
        return false;
    if (found > level + 1) /* the only leaf is larger than the table: around it, or elsewhere */
        return shadow_only_index(word) != level_index(at, found - 1);
    t->only = shadow_only_leaf(word);
    t->at = shadow_only_index(word);
    return true;
}

uint64_t shadow_table_seek(struct shadow_table *t, unsigned index)
{
    const struct shadow_node *n = t->node;

    if (!n)
        return t->only && t->at == index ? t->only : 0;
    if (t->at < n->used && n->index[t->at] < index)
        t->at++;
    if (t->at > n->used || (t->at < n->used && n->index[t->at] < index) ||
        (t->at > 0 && n->index[t->at - 1] >= index))
        t->at = shadow_node_place(n, index);
    return t->at < n->used && n->index[t->at] == index ? shadow_node_words(n)[t->at] : 0;
}

static struct shadow_node *node_new(struct shadow *s)
{
    struct shadow_node *n = shadow_node_new(1);

    if (n) {
        s->nodes++;
        s->bytes += shadow_node_bytes(n->room);
    }
    return n;
}

bool shadow_resize(struct shadow *s, uint64_t *slot, unsigned used)
{
    struct shadow_node *n = shadow_child(*slot), *to;

    if (shadow_node_room(used) == n->room)
        return true;
    to = shadow_node_copy(n, used);
    if (!to)
        return false;
    s->bytes += shadow_node_bytes(to->room);
    s->nodes++;
    shadow_node_gone(s, n);
    *slot = (uintptr_t)to;
    return true;
}

/* Put a word into an empty slot of the node in `slot`. */
static bool put(struct shadow *s, uint64_t *slot, unsigned index, uint64_t word)
{
    const struct shadow_node *n = shadow_child(*slot);

    if (n->used >= n->room && !shadow_resize(s, slot, n->used + 1u))
        return false;
    shadow_node_put(shadow_child(*slot), index, word);
    return true;
}

/* The only leaf in `slot` gets a node, to have company. */
static bool expand(struct shadow *s, uint64_t *slot)
{
    struct shadow_node *n = node_new(s);

    if (!n)
        return false;
    shadow_node_put(n, shadow_only_index(*slot), shadow_only_leaf(*slot));
    *slot = (uintptr_t)n;
    s->moves++;
    return true;
}

/* The slot that holds the node of the table at `level`, or may hold its only leaf (then it is new,
 * and the leaf is in it). NULL: out of memory. */
static uint64_t *slot_for(struct shadow *s, iova_t at, unsigned level, uint64_t leaf)
{
    uint64_t *slot = &s->root;

    for (unsigned l = s->levels; l > level; l--) {
        unsigned index = level_index(at, l);
        uint64_t *below = shadow_node_at_index(shadow_child(*slot), index);

        if (!below) {
            struct shadow_node *made = NULL;
            uint64_t word = shadow_only(leaf, level_index(at, level));

            if (l - 1 > level) {
                made = node_new(s);
                if (!made)
                    return NULL;
                word = (uintptr_t)made;
            }
            if (!put(s, slot, index, word)) {
                if (made)
                    shadow_node_gone(s, made);
                return NULL;
            }
            below = shadow_node_at_index(shadow_child(*slot), index);
            if (!made)
                return below;
        } else if (shadow_is_only(*below) && !expand(s, below)) {
            return NULL;
        }
        slot = below;
    }
    return slot;
}

int shadow_set(struct shadow *s, iova_t at, unsigned level, uint64_t leaf)
{
    uint64_t *slot = level == 1 ? shadow_near_slot(s, at) : NULL;
    struct shadow_node *n;

    if (s->leaves >= SHADOW_LEAVES_MAX || s->bytes >= SHADOW_BYTES_MAX)
        return -E2BIG;
    if (!slot) {
        shadow_forget_near(s);
        if (!s->root) {
            n = node_new(s);
            if (!n)
                return -ENOMEM;
            s->root = (uintptr_t)n;
        }
        slot = slot_for(s, at, level, leaf);
        if (!slot)
            return -ENOMEM;
        if (shadow_is_only(*slot)) {
            if (level == 1)
                shadow_now_near(s, slot, at);
            s->leaves++;
            s->changes++;
            return 0;
        }
    } else if (shadow_is_only(*slot) && !expand(s, slot)) {
        return -ENOMEM;
    }
    if (!put(s, slot, level_index(at, level), leaf))
        return -ENOMEM;
    if (level == 1)
        shadow_now_near(s, slot, at);
    s->leaves++;
    s->changes++;
    return 0;
}

void shadow_expect(struct shadow *s, iova_t at)
{
    uint64_t *slot = s->root && !shadow_beyond(s, at) ? shadow_slot_above(s, at) : NULL;
    uintptr_t node = slot ? (uintptr_t)shadow_child(*slot) : 0;

    if (!node)
        return;
    __builtin_prefetch((const void *)node);
    /* where its word is if they stand by index: most do where there are many */
    __builtin_prefetch(
        (const void *)(node + shadow_node_offset(WORDS_PER_PAGE) + 8 * level_index(at, 1)));
}

static void visit_node(const struct shadow_node *n, unsigned level, uint64_t base,
                       struct iova_range r, shadow_visit_fn *visit, void *arg)
{
    const uint64_t *words = shadow_node_words(n);
    unsigned from, to;

    shadow_places(n, level, base, r, &from, &to);
    for (unsigned i = from; i < to; i++) {
        uint64_t word = words[i];
        uint64_t at = base + shadow_node_index(n, i) * (level_mask(level) + 1);
        uint64_t last = at | level_mask(level);

        if (!word)
            continue;
        if (shadow_is_node(word)) {
            visit_node(shadow_child(word), level - 1, at, r, visit, arg);
            continue;
        }
        if (shadow_is_only(word)) {
            at += shadow_only_index(word) * (level_mask(level - 1) + 1);
            last = at | level_mask(level - 1);
            word = shadow_only_leaf(word);
        }
        if (iova_range_overlap(iova_range(at, last), r))
            visit(arg, iova_range(at, last), word);
    }
}

void shadow_visit(const struct shadow *s, struct iova_range r, shadow_visit_fn *visit, void *arg)
{
    if (s->root && !shadow_beyond(s, r.first))
        visit_node(shadow_child(s->root), s->levels, 0, r, visit, arg);
}

uint64_t shadow_bytes(const struct shadow *s)
{
    return s->bytes;
}
