/* SPDX-License-Identifier: MIT */
/* Reading and replaying whole traces: records a second, and what a packed trace takes. */
#ifndef VTR_BENCH_REPLAYING_H
#define VTR_BENCH_REPLAYING_H

#include "bench/measure.h"

struct rates {
    uint64_t records, invalidations; /* of the two traces made */
    double read_per_s;               /* packed records, both */
    double stores_per_s;             /* replayed with all checks: table writes */
    double invals_per_s;             /* likewise: single-page invalidations */
    double stores_read_per_s;        /* the same records merely read */
    double invals_read_per_s;        /* likewise */
    double checks_over_replay;       /* time of the checks over time without them, both traces */
    double two_over_one;             /* two traces on two processors over one; 0: not measured */
    double captured_bytes;           /* a record of a captured trace, the dearest; 0: none there */
    char captured_name[64];
};

/** The names under which the traces made for it are kept. */
#define KEPT_WRITES "writes.vtt.zst"
#define KEPT_INVALS "invalidations.vtt.zst"

/** `folder` has captured traces (NULL: none); the traces made are written into `keep` (NULL: they are
 * not). 0 or a negative errno with a sentence (-EINTR: interrupted); then `records` is 0. */
int rates_measure(struct rates *r, const struct bench *b, const char *folder, const char *keep,
                  bool quick, struct err *e);

#endif
