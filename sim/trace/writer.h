/* SPDX-License-Identifier: MIT */
/*
 * Write a trace, as canonical text or packed (docs/trace-format.md). The bytes go to a sink of
 * the caller; the same records give the same text everywhere, and the same packed bytes with the
 * same version of libzstd.
 */
#ifndef VTR_TRACE_WRITER_H
#define VTR_TRACE_WRITER_H

#include <stddef.h>

#include "base/err.h"
#include "trace/reader.h"
#include "trace/record.h"

#define TRACE_LEVEL_DEFAULT 19 /* of zstd */
#define TRACE_LEVEL_MIN     1
#define TRACE_LEVEL_MAX     22

/** Takes `n` bytes in order: 0, or a negative errno that ends the writing. */
struct trace_sink {
    int (*write)(void *ctx, const void *bytes, size_t n);
    void *ctx;
};

struct trace_writer;

/**
 * Begin a trace in `form` (TRACE_TEXT or TRACE_PACKED) with the header `h`, which is written at
 * once; text without it (NULL) is an excerpt. `level` is zstd's, from TRACE_LEVEL_MIN to
 * TRACE_LEVEL_MAX; text ignores it. 0 and *out, which the caller frees, or a negative errno with a
 * sentence.
 */
int trace_writer_open(enum trace_form form, const struct trace_header *h, int level,
                      struct trace_sink sink, struct trace_writer **out, struct err *err);

/** Append an event. 0; -EINVAL: it breaks a rule of the format, nothing was written; else an errno.
 */
int trace_writer_add(struct trace_writer *w, const struct rec *rec, struct err *err);

/** End the trace: without this a packed trace counts as cut off. 0 or a negative errno. */
int trace_writer_finish(struct trace_writer *w, struct err *err);

/** Bytes given to the sink so far. */
uint64_t trace_writer_bytes(const struct trace_writer *w);

void trace_writer_free(struct trace_writer *w);

#endif
