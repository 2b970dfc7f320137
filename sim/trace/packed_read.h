/* SPDX-License-Identifier: MIT */
/* The packed form: zstd frames, each one block, and the seek table behind them. */
#ifndef VTR_TRACE_PACKED_READ_H
#define VTR_TRACE_PACKED_READ_H

#include "trace/reader.h"
#include "trace/source.h"
#include "trace/text_parse.h"

struct packed_reader;

/**
 * Read the header of a packed trace from `src`, which stands at its start and must stay, into `h`.
 * 0 and *out, or a negative errno with `d`.
 */
int packed_open(struct source *src, struct trace_header *h, struct rec_store *store,
                struct packed_reader **out, struct trace_damage *d);

/** The next event: 1, 0 at the end, -1 at a damage (`d->record` is left to the caller). */
int packed_next(struct packed_reader *p, struct rec *rec, struct trace_damage *d);

/**
 * Enter the frame that holds `record` (from 1), if that is ahead and the source is seekable;
 * *before is set to the number of records before the next one. 0, or -1 at a damage.
 */
int packed_seek(struct packed_reader *p, uint64_t record, uint64_t *before, struct trace_damage *d);

/** Bytes of the file consumed so far. */
uint64_t packed_bytes_read(const struct packed_reader *p);

void packed_close(struct packed_reader *p);

#endif
