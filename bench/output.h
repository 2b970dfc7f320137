/* SPDX-License-Identifier: MIT */
/* What was measured, as one JSON object. */
#ifndef VTR_BENCH_OUTPUT_H
#define VTR_BENCH_OUTPUT_H

#include <stdio.h>

#include "bench/marks.h"
#include "bench/real.h"

/** `real` may be NULL. 0 or -EIO. */
int output_json(FILE *out, const struct bench *b, const struct marks *m, const struct rates *rates,
                const struct real *real);

/** What the real machine takes beside the model, a line a case. */
void output_real(FILE *out, const struct real *r);

#endif
