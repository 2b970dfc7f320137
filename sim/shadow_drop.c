/* SPDX-License-Identifier: MIT */
/* Taking leaves out of the record of what was notified. */
#include "shadow.h"
#include "shadow_inside.h"

/* A node lost slots, and has others: its only leaf goes up, or it shrinks. */
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
    (void)shadow_resize(s, slot, n->used); /* without memory it stays large */
}

struct dropping {
    struct shadow *s;
    struct iova_range range;
    shadow_visit_fn *gone; /* each leaf, or */
    shadow_run_fn *run;    /* those side by side; NULL both: nobody need be told */
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
    else if (d->run)
        d->run(d->arg, r);
    d->s->leaves--;
    return true;
}

/* No empty slot lies between those in use. */
static bool without_gap(const struct shadow_node *n)
{
    return n->used ==
           (shadow_node_full(n) ? WORDS_PER_PAGE : n->index[n->used - 1] - n->index[0] + 1u);
}

/* Leaves in the places [from, to) of a level 1 table. */
static void pages_gone(const struct dropping *d, const struct shadow_node *n, uint64_t base,
                       unsigned from, unsigned to)
{
    uint64_t first = base + shadow_node_index(n, from) * PAGE_4K_BYTES;
    uint64_t last = base + shadow_node_index(n, to - 1) * PAGE_4K_BYTES;

    if (d->run)
        d->run(d->arg, iova_range(first, last | PAGE_4K_MASK));
}

/* The places [from, to) of a level 1 table, by runs. How many slots are empty now; those of a table
 * all of which goes keep their words. */
static unsigned drop_pages(const struct dropping *d, const struct shadow_node *n, uint64_t base,
                           unsigned from, unsigned to)
{
    uint64_t *words = shadow_node_words(n);
    unsigned gone = 0;

    if (to - from == shadow_node_places(n) && without_gap(n)) {
        pages_gone(d, n, base, from, to);
        d->s->leaves -= n->used;
        return n->used;
    }
    for (unsigned i = from, start; i < to; i++) {
        if (!words[i])
            continue;
        start = i;
        words[i] = 0;
        while (i + 1 < to && words[i + 1] &&
               shadow_node_index(n, i + 1) == shadow_node_index(n, i) + 1)
            words[++i] = 0;
        pages_gone(d, n, base, start, i + 1);
        gone += i + 1 - start;
    }
    d->s->leaves -= gone;
    return gone;
}

uint64_t shadow_take_page(struct shadow *s, iova_t at)
{
    uint64_t *slot = s->root && !shadow_beyond(s, at) ? shadow_slot_above(s, at) : NULL;
    struct shadow_node *n = slot ? shadow_child(*slot) : NULL;
    uint64_t *word, leaf;

    /* with two others there, nothing moves above */
    if (!n || n->used <= 2)
        return 0;
    word = shadow_node_at_index(n, level_index(at, 1));
    if (!word)
        return 0;
    leaf = *word;
    *word = 0;
    s->changes++;
    s->leaves--;
    if (shadow_node_full(n)) {
        if (--n->used > SHADOW_SPARSE_MAX)
            return leaf;
    } else {
        unsigned place = (unsigned)(word - shadow_node_words(n));

        shadow_node_close(n, place, place + 1);
    }
    (void)shadow_resize(s, slot, n->used); /* without memory it stays large */
    return leaf;
}

static void drop(const struct dropping *d, uint64_t *slot, unsigned level, uint64_t base);

/* The places [from, to) of a table at `level`, and what hangs below. How many slots are empty now.
 */
static unsigned drop_slots(const struct dropping *d, const struct shadow_node *n, unsigned level,
                           uint64_t base, unsigned from, unsigned to)
{
    uint64_t *words = shadow_node_words(n);
    unsigned gone = 0;

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
    return gone;
}

/* Drop what lies in the range of the node in `slot`, a table at `level`. */
static void drop(const struct dropping *d, uint64_t *slot, unsigned level, uint64_t base)
{
    struct shadow_node *n = shadow_child(*slot);
    unsigned from, to, gone;

    shadow_places(n, level, base, d->range, &from, &to);
    gone = level == 1 && !d->gone ? drop_pages(d, n, base, from, to)
                                  : drop_slots(d, n, level, base, from, to);
    if (!gone)
        return;
    if (gone == n->used) {
        shadow_node_gone(d->s, n);
        *slot = 0;
        return;
    }
    if (shadow_node_full(n))
        n->used = (uint16_t)(n->used - gone);
    else
        shadow_node_close(n, from, to);
    settle(d->s, slot);
}

static void drop_all(const struct dropping *d)
{
    struct shadow *s = d->s;
    iova_t first = d->range.first;

    if (!s->root || shadow_beyond(s, first))
        return;
    s->changes++;
    shadow_forget_near(s);
    s->moves++;
    drop(d, &s->root, s->levels, 0);
}

void shadow_drop(struct shadow *s, struct iova_range r, shadow_visit_fn *gone, void *arg)
{
    const struct dropping d = {s, r, gone, NULL, arg};

    drop_all(&d);
}

void shadow_drop_runs(struct shadow *s, struct iova_range r, shadow_run_fn *run, void *arg)
{
    const struct dropping d = {s, r, NULL, run, arg};

    drop_all(&d);
}
