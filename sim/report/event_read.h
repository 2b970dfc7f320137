/* SPDX-License-Identifier: MIT */
/* Read an event stream (contract, section 3), line by line, strictly. */
#ifndef VTR_REPORT_EVENT_READ_H
#define VTR_REPORT_EVENT_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "observe.h"

/** Longest line taken, its newline counted. */
#define EVENT_READ_BYTES 65536u

struct event_reader {
    FILE *in;        /* the caller's */
    uint64_t line;   /* number of the line last read, from 1 */
    uint64_t byte;   /* offset of the first byte not read */
    uint64_t at;     /* offset of the line last read */
    uint64_t record; /* of the last event: records do not fall */
    char text[EVENT_READ_BYTES + 1];
};

/** One event. `note.consumer` and `note.why` point into the struct. */
struct event_line {
    bool abort; /* why alone counts, and note.record and note.seq */
    struct note note;
    char consumer[NAME_BYTES];
    char why[256];
};

void event_reader_init(struct event_reader *r, FILE *in);

/**
 * The next event: 1, 0 at the end, or -EINVAL with a sentence that names line and byte and what was
 * expected (-EIO when reading failed).
 */
int event_next(struct event_reader *r, struct event_line *out, struct err *e);

#endif
