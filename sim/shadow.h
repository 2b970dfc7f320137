/* SPDX-License-Identifier: MIT */
/*
 * What a device's notifiers were told, in the shape of the tables: a 512-way radix of leaves, one
 * word each, so that a walk goes down both side by side and compares words (design, idea 2). How
 * the slots of one table are kept: shadow_node.h.
 */
#ifndef VTR_SHADOW_H
#define VTR_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/state.h"
#include "shadow_node.h"
#include "vtd_tables.h"

/** The slot of a level 2 table that was lately looked or set below, and the first byte of what it
 * spans; NULL: none. */
struct shadow_near {
    uint64_t *slot;
    uint64_t base;
};
#define SHADOW_NEAR 8u

struct shadow {
    uint64_t root; /* a node; 0: empty */
    unsigned levels;
    uint64_t leaves;
    uint64_t nodes;
    uint64_t bytes;   /* of the nodes */
    uint64_t changes; /* counts up at each */
    uint64_t moves;   /* and at each after which what was known of a table may stand elsewhere */
    struct shadow_near
        near[SHADOW_NEAR]; /* by address: the pages announced and the one under way */
};

/** The slot above the pages about `at` if it was lately looked below; else NULL. */
static inline uint64_t *shadow_near_slot(const struct shadow *s, iova_t at)
{
    uint64_t base = at.v & ~level_mask(2);
    const struct shadow_near *n = &s->near[base / (level_mask(2) + 1) % SHADOW_NEAR];

    return n->base == base ? n->slot : NULL;
}

/** A leaf word: target | rights | SHADOW_LEAF. No bit above 51 is set, nor one of 11:3. */
static inline uint64_t shadow_leaf(gpa_t target, enum perm p)
{
    return target.v | (uint64_t)p | SHADOW_LEAF;
}

static inline gpa_t shadow_leaf_gpa(uint64_t leaf)
{
    return gpa(leaf & ~PAGE_4K_MASK);
}

static inline enum perm shadow_leaf_perm(uint64_t leaf)
{
    return (enum perm)(leaf & SS_PERM);
}

/*
 * A hostile guest can make tables that map any number of pages out of a few (a table that names
 * itself): what one device may make us remember has an end.
 */
#define SHADOW_LEAVES_MAX (UINT64_C(1) << 24)
#define SHADOW_BYTES_MAX  (UINT64_C(1) << 31)

/** An empty record for input addresses of `levels` table levels (3 to 5). */
void shadow_init(struct shadow *s, unsigned levels);

/** Forget everything and free its memory; the record stays usable. */
void shadow_clear(struct shadow *s);

/** How what is remembered meets one slot (the natural extent of an entry at a level). */
enum shadow_meet {
    MEET_NONE,    /* nothing remembered there */
    MEET_SAME,    /* exactly this leaf, of this size */
    MEET_OTHER,   /* a leaf of this size, with another target or rights */
    MEET_SMALLER, /* smaller leaves inside */
    MEET_LARGER   /* a larger leaf around; *around receives its range */
};

enum shadow_meet shadow_meet(const struct shadow *s, iova_t at, unsigned level, uint64_t leaf,
                             struct iova_range *around);

/**
 * What is remembered of one table, to be asked slot by slot. Until the record changes; or, of a
 * table of which anything is remembered, as long as shadow_table_still.
 */
struct shadow_table {
    const uint64_t *words;          /* by index; NULL: */
    const struct shadow_node *node; /* the slots in use, in order; NULL: */
    uint64_t only;                  /* the only leaf, 0: nothing at all */
    unsigned at;                    /* its index; of a node the place asked last */
    bool nothing;                   /* nothing at all */
    uint64_t changes, moves;        /* of the record, when this was asked */
};

/**
 * What is remembered of the table at `level` that covers `at`. False: a larger leaf is remembered
 * around it.
 */
bool shadow_table_at(struct shadow *s, iova_t at, unsigned level, struct shadow_table *t);

/** What was known of the table is so now: slots that were dropped or set since are seen. */
static inline bool shadow_table_still(const struct shadow *s, const struct shadow_table *t)
{
    return s->moves == t->moves && (!t->nothing || s->changes == t->changes);
}

/** The slot of a table that is neither by index nor the next one asked. */
uint64_t shadow_table_seek(struct shadow_table *t, unsigned index);

/** The word of a slot; ascending asking is cheapest. */
static inline uint64_t shadow_table_slot(struct shadow_table *t, unsigned index)
{
    return t->words ? t->words[index] : shadow_table_seek(t, index);
}

/** The first slot from `index` on of which anything may be remembered; WORDS_PER_PAGE: none. */
static inline unsigned shadow_table_next(struct shadow_table *t, unsigned index)
{
    if (t->words)
        return index;
    if (!t->node)
        return t->only && t->at >= index ? t->at : WORDS_PER_PAGE;
    (void)shadow_table_seek(t, index);
    return t->at < t->node->used ? t->node->index[t->at] : WORDS_PER_PAGE;
}

/** The page at `at` will soon be asked for: have it brought near. What is remembered stays. */
void shadow_expect(struct shadow *s, iova_t at);

/** Remember `leaf` at (at, level); what overlaps must have been dropped. 0, -ENOMEM, or -E2BIG
 * beyond the maxima. */
APART int shadow_set(struct shadow *s, iova_t at, unsigned level, uint64_t leaf);

/** shadow_set of a page: as is cheap where it comes behind all others of the table looked at last.
 */
static inline int shadow_set_page(struct shadow *s, iova_t at, uint64_t leaf)
{
    const uint64_t *slot = shadow_near_slot(s, at);
    unsigned index = level_index(at, 1);
    struct shadow_node *n;

    if (!slot || !shadow_is_node(*slot) || s->leaves >= SHADOW_LEAVES_MAX ||
        s->bytes >= SHADOW_BYTES_MAX)
        return shadow_set(s, at, 1, leaf);
    n = shadow_child(*slot);
    if (shadow_node_full(n)) {
        shadow_node_words(n)[index] = leaf;
    } else if (n->used < n->room && n->index[n->used - 1] < index) {
        n->index[n->used] = (uint16_t)index;
        shadow_node_words(n)[n->used] = leaf;
    } else {
        return shadow_set(s, at, 1, leaf);
    }
    n->used++;
    s->leaves++;
    s->changes++;
    return 0;
}

/** Called for a leaf: its range and word. */
typedef void shadow_visit_fn(void *arg, struct iova_range r, uint64_t leaf);

/**
 * Drop, whole, every leaf any byte of which lies in `r`, in ascending order; `gone` (may be NULL)
 * is called for each before it is dropped and must not touch the record.
 */
void shadow_drop(struct shadow *s, struct iova_range r, shadow_visit_fn *gone, void *arg);

/** Called for the range that leaves cover which go and lie side by side; they may come in parts. */
typedef void shadow_run_fn(void *arg, struct iova_range r);

/** shadow_drop for who need not see each leaf: of a table that goes as a whole none is looked at.
 */
void shadow_drop_runs(struct shadow *s, struct iova_range r, shadow_run_fn *run, void *arg);

/**
 * Drop the page at `at` where others stand beside it, as is cheap: its word, or 0 when there is
 * none or it is for shadow_drop to do.
 */
uint64_t shadow_take_page(struct shadow *s, iova_t at);

/** Visit every leaf that overlaps `r`, ascending. The visitor must not change the record. */
void shadow_visit(const struct shadow *s, struct iova_range r, shadow_visit_fn *visit, void *arg);

/** The record as bytes; and back into an empty record of the same levels. */
void shadow_save(const struct shadow *s, struct state_out *o);
void shadow_load(struct shadow *s, struct state_in *i);

/** Bytes the record occupies. */
uint64_t shadow_bytes(const struct shadow *s);

/** Name what is wrong with the structure, or NULL when it is sound. For tests. */
const char *shadow_check(const struct shadow *s);

#endif
