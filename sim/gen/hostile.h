/* SPDX-License-Identifier: MIT */
/*
 * A hostile guest: anything that a guest can write, legal or not. Registers of both sizes at every
 * offset, garbage as descriptors, tables, root and context entries, head and tail out of range,
 * tables that contain themselves, accesses anywhere. It knows where the unit looks and writes there
 * more often than elsewhere; it keeps no rule. All it leaves out is memory that the trace does not
 * have, and tables whose enumeration would not end in reasonable time.
 */
#ifndef VTR_GEN_HOSTILE_H
#define VTR_GEN_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gen/random_guest.h"
#include "trace/header.h"

#define HOSTILE_DEVICES 16u
#define HOSTILE_PAGES   16u /* table pages at most */

struct hostile_options {
    uint64_t seed;
    unsigned aw_bits;          /* 39 or 48; 0: drawn */
    struct random_knobs knobs; /* devices, pages (1 to HOSTILE_PAGES), density */
};

struct hostile {
    uint64_t dice;
    unsigned aw_bits, devices, pages, density;
    uint16_t sid[HOSTILE_DEVICES];
    unsigned calm; /* of 16 actions those that begin as a driver's would */
    unsigned tail, begun;
    uint64_t recent[8]; /* values written, to be written elsewhere */
    unsigned recents;
    struct rec rec;
    uint64_t words[512];
};

/** Draw the header into `h` (empty; the caller frees it in both cases). 0 or a negative errno. */
int hostile_open(const struct hostile_options *o, struct trace_header *h, struct hostile *g,
                 struct err *e);

/** The next record; never ends. Valid until the next call. */
const struct rec *hostile_next(struct hostile *g);

#endif
