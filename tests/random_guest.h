/* SPDX-License-Identifier: MIT */
/*
 * A guest that does anything, from a seed: tables of all sizes, split and joined pages, bad
 * entries, context changes, domains shared by devices, every invalidation, queue errors,
 * translation and root switched, accesses, resets. For tests; the same seed makes the same records.
 */
#ifndef VTR_TESTS_RANDOM_GUEST_H
#define VTR_TESTS_RANDOM_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/record.h"

struct random_guest {
    uint64_t state;      /* of the random numbers */
    unsigned levels_max; /* 3, 4 or 5: what the unit offers */
    bool careful;        /* invalidates after each change, in order: a correct driver */
    uint32_t gcmd;       /* levels carried in every command */
    unsigned tail;
    struct rec pending[16]; /* made, not handed out yet */
    uint64_t pending_words[16][2];
    unsigned pendings, next;
};

void random_guest_init(struct random_guest *g, uint64_t seed, unsigned levels_max, bool careful);

/** The next record; never ends. Valid until the next call. */
const struct rec *random_guest_next(struct random_guest *g);

/** n rounds, or fewer where TEST_DIVIDE in the environment says that each is slow (valgrind); at least 1. */
unsigned random_rounds(unsigned n);

/** A random number below n (n > 0). */
uint64_t random_below(struct random_guest *g, uint64_t n);

#endif
