/* SPDX-License-Identifier: MIT */
/*
 * Workloads: what real drivers do with the unit, from a seed, as traces. Each is a correct driver
 * (driver.h): no rule of the guest is broken, and an access reaches what the trace says.
 */
#ifndef VTR_GEN_WORKLOAD_H
#define VTR_GEN_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gen/random_guest.h"
#include "trace/header.h"
#include "trace/record.h"

#define WORKLOAD_ATTACH 4u

/* Knobs that not every workload has. */
enum {
    KNOB_PAGES = 1,
    KNOB_DENSITY = 2,
    KNOB_SIZES = 4,
};

struct workload_inside; /* what its steps are: workload_inside.h */

struct workload {
    const char *name, *about;
    unsigned knobs;                /* KNOB_* */
    unsigned pages_min, pages_max; /* 4 KiB pages that a device may have mapped at once */
    const struct workload_inside *inside;
};

/** The workloads in the order of --list-workloads; NULL behind the last. */
const struct workload *workload_at(unsigned i);
/** NULL: there is none of that name. */
const struct workload *workload_find(const char *name);

struct workload_options {
    const struct workload *workload; /* NULL: the seed chooses */
    uint64_t seed;
    unsigned aw_bits;                          /* 39 or 48; 0: 39, or 48 where `depth` is 4 */
    struct random_knobs knobs;                 /* of it what the workload has */
    bool has_caching_mode, caching_mode;       /* else as such drivers have it */
    bool ats;                                  /* every device has its ATS on */
    struct attach_rec attach[WORKLOAD_ATTACH]; /* consumers that the trace names */
    unsigned attaches;
    bdf_t place[WORKLOAD_ATTACH]; /* the last devices are these instead */
    unsigned places;
};

struct work;

/** Draw the header into `h` (empty; the caller frees it in both cases) and begin. 0 and *out;
 * -EINVAL with a sentence for a knob that the workload does not have, or that does not fit;
 * -ENOMEM. */
int workload_open(const struct workload_options *o, struct trace_header *h, struct work **out,
                  struct err *e);
void workload_close(struct work *w);

/** The next record; never ends. Valid until the next call. */
const struct rec *workload_next(struct work *w);

/** It ever had more to say at once than there was room for, or nothing: an error of the workload.
 */
bool workload_overrun(const struct work *w);

#endif
