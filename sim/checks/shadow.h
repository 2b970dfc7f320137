/* SPDX-License-Identifier: MIT */
/* What the two files of COH-SHADOW share. */
#ifndef VTR_CHECKS_SHADOW_H
#define VTR_CHECKS_SHADOW_H

#include "checks/internal.h"

enum mismatch_kind { NOTHING_WRONG, STALE, MISSING, DIFFERENT, UNHELD, UNASKED };

/* shadow_held.c: does the consumer's side hold [first, last] of what it was told, s? */
APART enum mismatch_kind shadow_judge_held(const struct checks *c, struct person *p,
                                           const struct span *s, uint64_t first, uint64_t last);

#endif
