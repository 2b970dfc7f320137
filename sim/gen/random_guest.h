/* SPDX-License-Identifier: MIT */
/*
 * A guest that does anything, from a seed: tables of all sizes, split and joined pages, bad
 * entries, context changes, domains shared by devices, every invalidation, queue errors,
 * translation and root switched, accesses, resets. The same seed makes the same records.
 *
 * A wild one, beside that: every kind of bad descriptor and of recovery, commands by register,
 * batches of descriptors, the queue moved, odd register writes, targets that are no RAM or only
 * partly.
 */
#ifndef VTR_GEN_RANDOM_GUEST_H
#define VTR_GEN_RANDOM_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/record.h"

#define RANDOM_PENDING 64

struct random_guest {
    uint64_t state;      /* of the random numbers */
    unsigned levels_max; /* 3, 4 or 5: what the unit offers */
    bool careful;        /* invalidates after each change, in order: a correct driver */
    bool wild;           /* set after random_guest_init() */
    bool tame; /* wild: no page, and no hole above tables, spans the interrupt window's edge */
    bool device_iotlb; /* wild: device-TLB descriptors, too */
    bool stuck;        /* wild: a descriptor in bad_slot stopped the queue */
    unsigned bad_slot;
    uint32_t gcmd; /* levels carried in every command */
    unsigned tail;
    struct rec pending[RANDOM_PENDING]; /* made, not handed out yet */
    uint64_t pending_words[RANDOM_PENDING][2];
    unsigned pendings, next;
};

void random_guest_init(struct random_guest *g, uint64_t seed, unsigned levels_max, bool careful);

/** After random_guest_init() and the flags: what a tame guest needs in its tables. */
void random_guest_settle(struct random_guest *g);

/** The next record; never ends. Valid until the next call. */
const struct rec *random_guest_next(struct random_guest *g);

/** A random number below n (n > 0). */
uint64_t random_below(struct random_guest *g, uint64_t n);

#endif
