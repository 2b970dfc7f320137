/* SPDX-License-Identifier: MIT */
/*
 * Read a trace, whatever its form: text, zstd of text, or packed (contract, sections 2
 * and 6; docs/trace-format.md). A reader holds a bounded window, never the whole file, and
 * gives every record before a damage.
 */
#ifndef VTR_TRACE_READER_H
#define VTR_TRACE_READER_H

#include <stdint.h>

#include "base/err.h"
#include "trace/record.h"

struct trace_reader;

/** How a trace is stored; told from its content. */
enum trace_form { TRACE_TEXT, TRACE_TEXT_ZSTD, TRACE_PACKED };

/** Where and why reading stopped. */
struct trace_damage {
    uint64_t byte;   /* offset in the file as stored (compressed forms: of the frame concerned) */
    uint64_t line;   /* text forms: from 1; else 0 */
    uint64_t record; /* number of event records given before the damage */
    char why[256];   /* what was wrong, and what was expected */
};

/**
 * Open `path` ("-": standard input) and read its header. On success 0 and *out, which the caller
 * closes. On failure a negative errno, *out is NULL and `d` says what the file is instead of a
 * trace, or where its header is damaged.
 */
int trace_open(const char *path, struct trace_reader **out, struct trace_damage *d);

/** The same from memory; `bytes` must stay until the reader is closed. For tests and fuzzing. */
int trace_open_memory(const void *bytes, size_t length, struct trace_reader **out,
                      struct trace_damage *d);

/**
 * The same over records in memory, each checked as those of a file are: one that breaks a rule is
 * damage. The header, the `count` records and what they point to must stay until the reader is
 * closed. 0, or -ENOMEM.
 */
int trace_open_records(const struct trace_header *h, const struct rec *const *recs, size_t count,
                       struct trace_reader **out, struct trace_damage *d);

/** The header, owned by the reader (trace_open_records: by the caller). */
const struct trace_header *trace_header(const struct trace_reader *r);

/** Next event record: 1 and *rec filled in, 0 at the end, -1 at a damage (then and ever after; see
 * `d`). */
int trace_next(struct trace_reader *r, struct rec *rec, struct trace_damage *d);

/** Number of event records given so far: the number of the record last given. */
uint64_t trace_records(const struct trace_reader *r);

/** Bytes of the file consumed so far and its size (0: unknown), for progress. */
uint64_t trace_bytes_read(const struct trace_reader *r, uint64_t *size);

/** How the trace is stored. */
enum trace_form trace_form(const struct trace_reader *r);

/**
 * Go on at event record `record` (from 1): the next trace_next() gives it, or the end when there
 * are fewer. Only forward. A packed trace in a regular file is entered at the frame that holds the
 * record, and the frames passed over are not looked at; elsewhere all is read. 0, or -1 at a
 * damage.
 */
int trace_skip_to(struct trace_reader *r, uint64_t record, struct trace_damage *d);

void trace_close(struct trace_reader *r);

#endif
