/* SPDX-License-Identifier: MIT */
/*
 * The rules every event record obeys by itself, whatever its form (docs/trace-format.md,
 * chapter 3). Both readers and both writers ask here, so that no form can carry what another
 * refuses. What needs the state of the simulation (is this NAME attached?) is the engine's.
 */
#ifndef VTR_TRACE_REC_CHECK_H
#define VTR_TRACE_REC_CHECK_H

#include "base/err.h"
#include "trace/record.h"

#define MEM_WORDS_MAX     512u
#define MARK_TEXT_MAX     65531u /* a line of 65536 bytes without `mark ` */
#define ERRNO_MAX         4095
#define APERTURE_BITS_MIN 12u
#define APERTURE_BITS_MAX 64u

/**
 * Check `rec` against the rules; `at_ns` is the virtual time of the `at` before it (0: none) and
 * is updated by an `at`. 0, or -EINVAL with the rule that was broken in `err`.
 */
int rec_check(const struct rec *rec, uint64_t *at_ns, struct err *err);

#endif
