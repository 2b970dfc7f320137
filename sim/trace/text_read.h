/* SPDX-License-Identifier: MIT */
/* Lines of the text form out of a window, one record after the other. */
#ifndef VTR_TRACE_TEXT_READ_H
#define VTR_TRACE_TEXT_READ_H

#include "trace/reader.h"
#include "trace/text_parse.h"
#include "trace/window.h"

struct unzstd;

struct text_reader {
    struct window *window;  /* over the text */
    const struct unzstd *z; /* NULL, or what gives the text: its frames are the bytes reported */
    struct rec_store *store;
    uint64_t line;      /* number of the line last taken, from 1 */
    uint64_t line_byte; /* offset in the text where it begins */
    uint64_t at_ns;     /* virtual time */
};

/**
 * Read all header records into `h`; the first event, if any, stays for text_next().
 * 0, or -1 with `d` (its record 0).
 */
int text_read_header(struct text_reader *t, struct trace_header *h, struct trace_damage *d);

/** The next event: 1, 0 at the end, -1 at a damage (`d->record` is left to the caller). */
int text_next(struct text_reader *t, struct rec *rec, struct trace_damage *d);

#endif
