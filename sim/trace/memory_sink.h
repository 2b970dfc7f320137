/* SPDX-License-Identifier: MIT */
/* A trace written to memory, to be read again by trace_open_memory(). */
#ifndef VTR_TRACE_MEMORY_SINK_H
#define VTR_TRACE_MEMORY_SINK_H

#include <stddef.h>

#include "trace/writer.h"

/** What was written so far; zeroed: nothing. */
struct trace_bytes {
    char *at;
    size_t used, room;
};

/** Where a writer appends to `b`, which must outlive it. The writer is told -ENOMEM when memory is
 * out; what was there stays. */
struct trace_sink trace_memory_sink(struct trace_bytes *b);

/** Give the memory back: nothing is written again. */
void trace_bytes_free(struct trace_bytes *b);

#endif
