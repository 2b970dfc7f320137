/* SPDX-License-Identifier: MIT */
/*
 * One node of the record of what was notified: the slots of one table that are not empty. Few are
 * kept as a sorted array, many as 512 words by index: whichever is smaller, so that one content has
 * one shape. A node that would hold nothing but one leaf is none: its word stands in the parent,
 * with its index in bits that no leaf uses. Nobody but shadow*.c and shadow.h includes it.
 *
 * Source: design, idea 2.
 */
#ifndef VTR_SHADOW_NODE_H
#define VTR_SHADOW_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/apart.h"

/** In a leaf word; clear in a pointer to a node. */
#define SHADOW_LEAF UINT64_C(4)

/** The word is the only leaf of the table below: bits 11:3 are its index there. */
#define SHADOW_ONLY       (UINT64_C(1) << 63)
#define SHADOW_ONLY_INDEX UINT64_C(0xff8)

/** A node with more slots in use than this has all 512. */
#define SHADOW_SPARSE_MAX 190u

struct shadow_node {
    uint16_t used;    /* slots that are not empty */
    uint16_t room;    /* words; WORDS_PER_PAGE: by index */
    uint16_t index[]; /* of the sorted words; the words follow at the next 8 bytes */
};

static inline struct shadow_node *shadow_child(uint64_t slot)
{
    return (struct shadow_node *)(uintptr_t)slot; /* nodes are 8-byte aligned: bit 2 is clear */
}

static inline bool shadow_is_node(uint64_t slot)
{
    return slot && !(slot & SHADOW_LEAF);
}

static inline bool shadow_is_only(uint64_t slot)
{
    return (slot & (SHADOW_LEAF | SHADOW_ONLY)) == (SHADOW_LEAF | SHADOW_ONLY);
}

static inline uint64_t shadow_only(uint64_t leaf, unsigned index)
{
    return leaf | SHADOW_ONLY | (uint64_t)index << 3;
}

static inline unsigned shadow_only_index(uint64_t slot)
{
    return (unsigned)(slot & SHADOW_ONLY_INDEX) >> 3;
}

static inline uint64_t shadow_only_leaf(uint64_t slot)
{
    return slot & ~(SHADOW_ONLY | SHADOW_ONLY_INDEX);
}

static inline bool shadow_node_full(const struct shadow_node *n)
{
    return n->room == WORDS_PER_PAGE;
}

/** Where the words begin. */
static inline size_t shadow_node_offset(unsigned room)
{
    return room == WORDS_PER_PAGE ? 8 : (4 + 2 * (size_t)room + 7) & ~(size_t)7;
}

static inline uint64_t *shadow_node_words(const struct shadow_node *n)
{
    return (uint64_t *)(void *)((char *)(uintptr_t)n + shadow_node_offset(n->room));
}

/** Number of words to go through: by index, or those in use. */
static inline unsigned shadow_node_places(const struct shadow_node *n)
{
    return shadow_node_full(n) ? WORDS_PER_PAGE : n->used;
}

/** The index of the slot at a place. */
static inline unsigned shadow_node_index(const struct shadow_node *n, unsigned place)
{
    return shadow_node_full(n) ? place : n->index[place];
}

/** shadow_node_place of a node that is not by index. */
APART unsigned shadow_node_search(const struct shadow_node *n, unsigned index);

/** The first place whose index is at least `index`. */
static inline unsigned shadow_node_place(const struct shadow_node *n, unsigned index)
{
    if (shadow_node_full(n))
        return index;
    if (n->used) { /* slots in use mostly lie side by side */
        unsigned place = index - n->index[0];

        if (place < n->used && n->index[place] == index)
            return place;
    }
    return shadow_node_search(n, index);
}

/** The word of a slot, 0 when it is empty. */
static inline uint64_t shadow_node_slot(const struct shadow_node *n, unsigned index)
{
    unsigned place;

    if (shadow_node_full(n))
        return shadow_node_words(n)[index];
    place = shadow_node_place(n, index);
    return place < n->used && n->index[place] == index ? shadow_node_words(n)[place] : 0;
}

/** Where the word of a slot in use stands, NULL when it is empty. Until the node changes. */
static inline uint64_t *shadow_node_at_index(const struct shadow_node *n, unsigned index)
{
    unsigned place = shadow_node_place(n, index);

    if (place >= shadow_node_places(n) || shadow_node_index(n, place) != index ||
        !shadow_node_words(n)[place])
        return NULL;
    return &shadow_node_words(n)[place];
}

/** Bytes of a node with so much room. */
size_t shadow_node_bytes(unsigned room);

/** The room of a node with so many slots in use. */
unsigned shadow_node_room(unsigned used);

/** An empty node for `used` slots, or NULL when out of memory. free() it. */
struct shadow_node *shadow_node_new(unsigned used);

/** Set the empty slot `index`; there must be room. */
void shadow_node_put(struct shadow_node *n, unsigned index, uint64_t word);

/** The same slots with room for `used`, of which there are as many at most; NULL: out of memory. */
struct shadow_node *shadow_node_copy(const struct shadow_node *n, unsigned used);

/** Take words that became 0 out of the places [from, to). */
void shadow_node_close(struct shadow_node *n, unsigned from, unsigned to);

#endif
