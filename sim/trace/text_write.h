/* SPDX-License-Identifier: MIT */
/* Records and headers to canonical text (docs/trace-format.md, chapter 4). */
#ifndef VTR_TRACE_TEXT_WRITE_H
#define VTR_TRACE_TEXT_WRITE_H

#include <stddef.h>

#include "trace/record.h"

#define REC_TEXT_BYTES 65538u /* the longest line, its LF and a 0 */

/**
 * The canonical line of `rec`, which obeys rec_check(), LF included, to `out`, which has
 * REC_TEXT_BYTES. Returns its length; a 0 follows.
 */
size_t rec_text(const struct rec *rec, char *out);

/** Takes `bytes` of text: 0, or a negative errno that ends the writing. */
typedef int (*text_put)(void *ctx, const char *text, size_t bytes);

/** The canonical text of a header, `vtd-trace 1` first, to `put`. 0 or what `put` answered. */
int header_text(const struct trace_header *h, text_put put, void *ctx);

#endif
