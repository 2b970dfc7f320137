/* SPDX-License-Identifier: MIT */
/* Taking leaves out of the record of what was notified. */
#include "shadow.h"
#include "shadow_inside.h"

/* A node lost slots: it goes, or its only leaf goes up, or it shrinks. */
static void settle(struct shadow *s, uint64_t *slot)
{
    struct shadow_node *n = shadow_child(*slot);

    if (n->used == 1 && slot != &s->root) {
        const uint64_t *words = shadow_node_words(n);
        unsigned place = 0;

        while (!words[place])
            place++;
        if (!shadow_is_node(words[place]) && !shadow_is_only(words[place])) {
            *slot = shadow_only(words[place], shadow_node_index(n, place));
            shadow_node_gone(s, n);
            return;
        }
    }
    if (n->used == 0) {
        shadow_node_gone(s, n);
        *slot = 0;
    } else {
        (void)shadow_resize(s, slot, n->used); /* without memory it stays large */
    }
}

struct dropping {
    struct shadow *s;
    struct iova_range range;
    shadow_visit_fn *gone;
    void *arg;
};

/* A leaf of a table at `level`; true when it lies in the range. */
static bool drop_leaf(const struct dropping *d, uint64_t at, unsigned level, uint64_t leaf)
{
    struct iova_range r = iova_range(at, at | level_mask(level));

    if (!iova_range_overlap(r, d->range))
        return false;
    if (d->gone)
        d->gone(d->arg, r, leaf);
    d->s->leaves--;
    return true;
}

/* The page at `at` has two others in its table, or more. */
static bool others_at(struct shadow *s, iova_t at)
{
    const uint64_t *slot = shadow_recent_slot(s, at);

    return slot && shadow_child(*slot)->used > 2;
}

/* Drop the page `at`, in the node of the recent slot: others stay, so that nothing moves above. */
static void drop_page(const struct dropping *d, iova_t at)
{
    struct shadow *s = d->s;
    struct shadow_node *n = shadow_child(*s->recent);
    uint64_t *words = shadow_node_words(n);
    unsigned index = level_index(at, 1), place = shadow_node_place(n, index);

    if (place >= shadow_node_places(n) || shadow_node_index(n, place) != index || !words[place])
        return;
    if (d->gone)
        d->gone(d->arg, iova_range(at.v & ~PAGE_4K_MASK, at.v | PAGE_4K_MASK), words[place]);
    s->leaves--;
    words[place] = 0;
    if (shadow_node_full(n))
        n->used--;
    else
        shadow_node_close(n, place, place + 1);
    settle(s, s->recent);
}

/* Drop what lies in the range of the node in `slot`, a table at `level`. */
static void drop(const struct dropping *d, uint64_t *slot, unsigned level, uint64_t base)
{
    struct shadow_node *n = shadow_child(*slot);
    uint64_t *words = shadow_node_words(n);
    unsigned from, to, gone = 0;

    shadow_places(n, level, base, d->range, &from, &to);
    for (unsigned i = from; i < to; i++) {
        uint64_t *word = &words[i];
        uint64_t at = base + shadow_node_index(n, i) * (level_mask(level) + 1);

        if (!*word)
            continue;
        if (shadow_is_node(*word)) {
            drop(d, word, level - 1, at);
        } else if (shadow_is_only(*word)) {
            at += shadow_only_index(*word) * (level_mask(level - 1) + 1);
            if (drop_leaf(d, at, level - 1, shadow_only_leaf(*word)))
                *word = 0;
        } else if (drop_leaf(d, at, level, *word)) {
            *word = 0;
        }
        gone += !*word;
    }
    if (!gone)
        return;
    if (shadow_node_full(n))
        n->used = (uint16_t)(n->used - gone);
    else
        shadow_node_close(n, from, to);
    settle(d->s, slot);
}

void shadow_drop(struct shadow *s, struct iova_range r, shadow_visit_fn *gone, void *arg)
{
    const struct dropping d = {s, r, gone, arg};

    if (!s->root || shadow_beyond(s, r.first))
        return;
    s->changes++;
    if (r.first.v >> 12 == r.last.v >> 12 && others_at(s, r.first)) {
        drop_page(&d, r.first);
        return;
    }
    s->recent = NULL;
    s->moves++;
    drop(&d, &s->root, s->levels, 0);
}
