/* SPDX-License-Identifier: MIT */
/* What the files of several traces are called in one directory. */
#ifndef VTR_CLI_OUTPUT_NAME_H
#define VTR_CLI_OUTPUT_NAME_H

#include <stddef.h>

#include "cli/options.h"

/** The last part of a trace's path; "stdin" for "-". Points into `trace`. */
const char *output_base(const char *trace);

/**
 * 1: trace `index` is called by its base alone; N: by BASE.N, which no other trace is called, by
 * itself or as a second one. `reserved` (NULL: none): a base that nobody may have alone.
 */
size_t output_number(const struct replay_options *o, size_t index, const char *reserved);

#endif
