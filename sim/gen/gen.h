/* SPDX-License-Identifier: MIT */
/*
 * A trace from a seed, whatever makes it: a random guest, a hostile one, or a workload. The same
 * options give the same bytes on every machine.
 */
#ifndef VTR_GEN_GEN_H
#define VTR_GEN_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gen/gen_random.h"
#include "gen/workload.h"
#include "trace/header.h"
#include "trace/writer.h"

enum gen_kind { GEN_RANDOM, GEN_HOSTILE, GEN_WORKLOAD };

struct gen_options {
    enum gen_kind kind;
    const struct workload *workload; /* GEN_WORKLOAD; NULL: the seed chooses */
    uint64_t seed;
    uint64_t events;  /* records after the header */
    unsigned aw_bits; /* 39 or 48; 0: drawn */
    struct random_knobs knobs;
    bdf_t vhost[3]; /* the last devices are these instead, with a vhost each; not GEN_HOSTILE */
    unsigned vhosts;
    /* GEN_WORKLOAD alone: */
    bool has_caching_mode, caching_mode, ats;
    struct attach_rec attach[WORKLOAD_ATTACH];
    unsigned attaches;
};

struct gen {
    struct trace_header header;
    void *guest; /* of the kind */
    enum gen_kind kind;
};

/** Draw the header and begin. 0; -EINVAL with a sentence for an option that this kind does not
 * have; -ENOMEM. Close it in every case. */
int gen_open(const struct gen_options *o, struct gen *g, struct err *e);
void gen_close(struct gen *g);

/** The next record; never ends. Valid until the next call. NULL: a workload had more to say at once
 * than there is room for, or nothing (an error of ours). */
const struct rec *gen_next(struct gen *g);

/** Write it to `sink` in `form`, zstd's level `level`. 0 or a negative errno with a sentence. */
int gen_write(const struct gen_options *o, enum trace_form form, int level, struct trace_sink sink,
              struct err *e);

#endif
