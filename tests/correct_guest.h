/* SPDX-License-Identifier: MIT */
/*
 * A correct driver, from a seed: maps and unmaps with strict or deferred invalidation, splits and
 * joins pages, moves devices between domains, uses domain ids and table pages again, and waits
 * where the architecture says so. It can be told to forget one of its duties now and then.
 */
#ifndef VTR_TESTS_CORRECT_GUEST_H
#define VTR_TESTS_CORRECT_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "rig.h"

/* A duty forgotten one time in a few. */
enum sloppy {
    SLOPPY_NOT,
    SLOPPY_NO_FLUSH,
    SLOPPY_NO_WAIT,
    SLOPPY_NO_DEVTLB,
    SLOPPY_DEVTLB_FIRST,
    SLOPPY_HINT,
    SLOPPY_SPLIT_IN_PLACE,
    SLOPPY_MOVE_IN_PLACE,
    SLOPPY_SMALL_MASK,
    SLOPPY_DOMAIN_EARLY,
    SLOPPY_TORN_CONTEXT,
    SLOPPY_NO_IOTLB_AT_START,
    SLOPPY_NO_IEC,
    SLOPPY_NO_STATUS_READ,
    SLOPPY_LATE_DESCRIPTOR,
    SLOPPY_SAME_WAIT
};

struct correct_how {
    unsigned levels; /* 3 to 5 */
    bool caching_mode, lazy, ats;
    enum sloppy sloppy;
    uint64_t seed;
};

/** Feed about `records` records of such a guest to `e`. Returns the first result that is not 0 (1:
 * the modelled system aborted), or 0. */
int correct_guest_run(struct engine *e, const struct correct_how *how, unsigned records);

#endif
