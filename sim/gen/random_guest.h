/* SPDX-License-Identifier: MIT */
/*
 * A guest that does anything, from a seed: tables of all sizes, split and joined pages, bad
 * entries, context changes, domains shared by devices, every invalidation, queue errors,
 * translation and root switched, accesses, resets. The same seed makes the same records.
 *
 * What it does is a table of actions with weights (random_actions.c). A plain guest has fixed ones.
 * A wild one draws them (swarm): each seed has most actions seldom, often or not at all, so that
 * combinations come up which an even mixture would dilute.
 */
#ifndef VTR_GEN_RANDOM_GUEST_H
#define VTR_GEN_RANDOM_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/record.h"

#define RANDOM_PENDING     96
#define RANDOM_PAGES_MIN   8u /* table pages: of every level one */
#define RANDOM_PAGES_MAX   64u
#define RANDOM_DEVICES_MAX 16u
#define RANDOM_ACTIONS_MAX 64u
#define RANDOM_WORDS       16u /* of one record; one record at a time may have more */

/** What may be chosen about a wild guest; 0: drawn from the seed. */
struct random_knobs {
    unsigned devices;    /* 1..RANDOM_DEVICES_MAX */
    unsigned pages;      /* table pages, RANDOM_PAGES_MIN..RANDOM_PAGES_MAX */
    unsigned depth;      /* levels of every table, 3..5 */
    unsigned density;    /* percent of entries that are present, 1..100 */
    unsigned page_sizes; /* bits 0, 1, 2: leaves of 4 KiB, 2 MiB, 1 GiB */
};

struct random_guest {
    uint64_t state;      /* of the random numbers */
    unsigned levels_max; /* 3, 4 or 5: what the unit offers */
    bool careful;        /* invalidates after each change, in order: a correct driver */
    bool wild;           /* the rest: set after random_guest_init(), before random_guest_settle() */
    bool tame;           /* no page, and no hole above tables, spans the interrupt window's edge */
    bool device_iotlb, intremap, pt; /* what the unit has */
    struct random_knobs knobs;

    /* Drawn once. */
    bool scattered; /* some table pages lie in unusual places */
    bool top;       /* the last pages of the address space are used, too */
    uint16_t sids[RANDOM_DEVICES_MAX];
    unsigned devices, pages, density, page_sizes, domains;
    uint8_t level_of[RANDOM_PAGES_MAX];
    unsigned weight[RANDOM_ACTIONS_MAX], weights;

    /* What it knows of its memory and the unit. */
    uint64_t words[RANDOM_PAGES_MAX][512]; /* of its table pages */
    uint64_t context[RANDOM_DEVICES_MAX][2];
    bool stuck; /* a descriptor in bad_slot stopped the queue */
    unsigned bad_slot;
    bool root_odd; /* root, or context table, are not what they should be */
    uint32_t gcmd; /* levels carried in every command */
    unsigned tail, slots, settled;

    struct rec pending[RANDOM_PENDING]; /* made, not handed out yet */
    uint64_t pending_words[RANDOM_PENDING][RANDOM_WORDS];
    uint64_t long_words[512]; /* of the one pending record that has more words */
    unsigned pendings, next;
};

/** A plain guest: three devices, 32 table pages, fixed weights. */
void random_guest_init(struct random_guest *g, uint64_t seed, unsigned levels_max, bool careful);

/** After random_guest_init() and the fields named there: a wild guest draws what it is. */
void random_guest_settle(struct random_guest *g);

/** The next record; never ends. Valid until the next call. */
const struct rec *random_guest_next(struct random_guest *g);

/** A random number below n (n > 0). */
uint64_t random_below(struct random_guest *g, uint64_t n);

#endif
