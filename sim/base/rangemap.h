/* SPDX-License-Identifier: MIT */
/*
 * An ordered map of disjoint IOVA ranges to targets: sorted chunks under one directory, so that a
 * look-up is two searches, by where an even spread would have it, and an insert moves at most a
 * chunk. What a container or a
 * recording consumer holds.
 */
#ifndef VTR_BASE_RANGEMAP_H
#define VTR_BASE_RANGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/apart.h"
#include "base/state.h"

struct range_entry {
    struct iova_range range;
    gpa_t gpa; /* target of range.first */
    enum perm perm;
};

/** A chunk: sorted entries, and what a look-up must know to go into no other. */
struct range_slot {
    uint64_t last; /* the last byte of its last entry */
    struct range_entry *entry;
    unsigned count;
};

/** Where an entry stands, or would. */
struct range_place {
    size_t chunk;
    unsigned index;
};

/** How many addresses may be expected at a time: the one that is asked for next, and the one after.
 */
#define RANGES_EXPECTED 2u

/*
 * A page that is unmapped is mostly mapped again next. So an entry that went alone may leave its
 * place in the chunk as it was, a gap, for whoever comes to stand there; any other change closes it
 * first. It is never the last of its chunk.
 */
struct rangemap {
    struct range_slot *dir;
    size_t chunks, room;
    uint64_t count;
    bool gap; /* at gap_index of gap_chunk stands an entry that is none */
    unsigned gap_index;
    size_t gap_chunk;
    /* Hints, which may be wrong and are no part of the content. */
    struct range_place near; /* where the last look-up ended: the next is mostly there, or one
                                further */
    struct {
        iova_t at;
        struct range_place place;
    } expected[RANGES_EXPECTED]; /* by turns */
    unsigned expected_last;
};

/** Frees the memory; the map is empty and usable then. A zeroed struct is an empty map. */
APART void rangemap_clear(struct rangemap *m);

/** The first entry whose last byte is at or above `at`, or NULL. Valid until the map changes. */
const struct range_entry *rangemap_at_or_after(const struct rangemap *m, iova_t at);

/** The entry that holds `at`, or NULL. */
const struct range_entry *rangemap_at(const struct rangemap *m, iova_t at);

/** The entry at `at` will soon be asked for: have it brought near, and keep where it should be.
 * Changes nothing that is held. */
void rangemap_expect(struct rangemap *m, iova_t at);

/** Insert; the range must overlap nothing held (-EEXIST). 0 or -ENOMEM. */
int rangemap_insert(struct rangemap *m, const struct range_entry *e);

/** Remove the entry whose range is `r`. False: there is none, and nothing is done. */
bool rangemap_take(struct rangemap *m, struct iova_range r);

/** Remove every entry that lies wholly inside `r`, up to the first that does not. Returns the bytes
 * removed. */
uint64_t rangemap_remove_inside(struct rangemap *m, struct iova_range r);

/** Remove `r` from the map; entries that overlap its border keep what lies outside, in step. 0 or
 * -ENOMEM. */
int rangemap_cut(struct rangemap *m, struct iova_range r);

/** Memory that the map occupies, in bytes. */
uint64_t rangemap_bytes(const struct rangemap *m);

/** The map as bytes, ascending; and back into an empty map. */
void rangemap_save(const struct rangemap *m, struct state_out *o);
void rangemap_load(struct rangemap *m, struct state_in *i);

#endif
