/* SPDX-License-Identifier: MIT */
/*
 * What a device's notifiers were told, in the shape of the tables: a 512-way radix of leaves, one
 * word each, so that a walk goes down both side by side and compares words (design, idea 2).
 */
#ifndef VTR_SHADOW_H
#define VTR_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/state.h"
#include "vtd_tables.h"

/** A leaf word: target | rights | SHADOW_LEAF. A slot of 0 is empty; another word is a child node.
 */
#define SHADOW_LEAF UINT64_C(4)

struct shadow_node {
    uint64_t slot[WORDS_PER_PAGE];
    unsigned used;
};

struct shadow {
    struct shadow_node *root; /* NULL: empty */
    unsigned levels;
    uint64_t leaves;
    uint64_t nodes;
};

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
#define SHADOW_NODES_MAX  (UINT64_C(1) << 19)

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

/** The node of the table at `level` that covers `at`, or NULL. To compare a whole table at once. */
const struct shadow_node *shadow_node_at(const struct shadow *s, iova_t at, unsigned level);

/** Remember `leaf` at (at, level); what overlaps must have been dropped. 0, -ENOMEM, or -E2BIG
 * beyond the maxima. */
int shadow_set(struct shadow *s, iova_t at, unsigned level, uint64_t leaf);

/** Called for a leaf: its range and word. */
typedef void shadow_visit_fn(void *arg, struct iova_range r, uint64_t leaf);

/**
 * Drop, whole, every leaf any byte of which lies in `r`, in ascending order; `gone` (may be NULL)
 * is called for each before it is dropped and must not touch the record.
 */
void shadow_drop(struct shadow *s, struct iova_range r, shadow_visit_fn *gone, void *arg);

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
