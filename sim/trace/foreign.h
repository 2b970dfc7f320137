/* SPDX-License-Identifier: MIT */
/* What a file is that is no trace, told from its first bytes. */
#ifndef VTR_TRACE_FOREIGN_H
#define VTR_TRACE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How many bytes at the start of a file the functions here want to see. */
#define FOREIGN_BYTES 4096u

/**
 * True when `n` bytes (the first FOREIGN_BYTES of a file, or all of it) may begin a trace as text:
 * `vtd-trace` is the first word, or there is nothing but comments so far.
 */
bool text_trace_likely(const uint8_t *p, size_t n);

/** One phrase that says what the bytes are, e.g. "a gzip file" (static storage). */
const char *foreign_name(const uint8_t *p, size_t n);

#endif
