/* SPDX-License-Identifier: MIT */
/*
 * A whole trace of a random guest: the unit, the memory and the devices are drawn from the seed,
 * then the wild guest's records. The same seed gives the same bytes everywhere.
 */
#ifndef VTR_GEN_GEN_RANDOM_H
#define VTR_GEN_GEN_RANDOM_H

#include <stdint.h>

#include "base/err.h"
#include "trace/writer.h"

struct gen_random {
    uint64_t seed;
    uint64_t events;  /* records after the header */
    unsigned aw_bits; /* 39 or 48; 0: drawn */
    bdf_t vhost[3];   /* devices with a vhost (random_vhost.h) */
    unsigned vhosts;
};

/** Write it to `sink` in `form`, zstd's level `level`. 0 or a negative errno with a sentence. */
int gen_random_write(const struct gen_random *g, enum trace_form form, int level,
                     struct trace_sink sink, struct err *e);

/** What gen_trace --help prints. */
extern const char gen_trace_help[];

#endif
