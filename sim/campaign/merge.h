/* SPDX-License-Identifier: MIT */
/* trace merge: the results of campaigns, or of gen_trace --reach (--json), as one. */
#ifndef VTR_CAMPAIGN_MERGE_H
#define VTR_CAMPAIGN_MERGE_H

#include <stdio.h>

#include "base/err.h"

/**
 * Read `files` ("-": standard input), unite them, write the result as JSON to `output` (NULL, "-":
 * standard output) and, when that is a file, the text for a person to `out`. Exit code: 0; 1
 * findings, or all shards are there and a canary was not caught; 2 with a sentence.
 */
int merge_run(FILE *out, char **files, int count, const char *output, struct err *e);

#endif
