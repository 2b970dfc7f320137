/* SPDX-License-Identifier: MIT */
/*
 * A whole trace of a random guest: the unit, the memory and the devices are drawn from the seed,
 * then the wild guest's records. The same seed gives the same bytes everywhere.
 */
#ifndef VTR_GEN_GEN_RANDOM_H
#define VTR_GEN_GEN_RANDOM_H

#include <stdint.h>

#include "base/err.h"
#include "gen/random_guest.h"
#include "gen/random_vhost.h"
#include "trace/writer.h"

struct gen_random {
    uint64_t seed;
    uint64_t events;  /* records after the header */
    unsigned aw_bits; /* 39 or 48; 0: drawn */
    bdf_t vhost[3];   /* devices with a vhost (random_vhost.h) */
    unsigned vhosts;
    struct random_knobs knobs;
};

/** A trace being made: its header, then one record after the other. */
struct gen_run {
    struct trace_header header;
    struct random_guest guest;
    struct random_vhost vhosts;
};

/** Draw the header. 0 or a negative errno with a sentence; free it in both cases. */
int gen_random_open(const struct gen_random *g, struct gen_run *run, struct err *e);
void gen_random_close(struct gen_run *run);

/** The next record; never ends. Valid until the next call. */
const struct rec *gen_random_next(struct gen_run *run);

/** Write it to `sink` in `form`, zstd's level `level`. 0 or a negative errno with a sentence. */
int gen_random_write(const struct gen_random *g, enum trace_form form, int level,
                     struct trace_sink sink, struct err *e);

#endif
