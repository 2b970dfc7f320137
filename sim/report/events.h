/* SPDX-License-Identifier: MIT */
/*
 * The event stream: one JSON object a line for each callback that reached a consumer (contract,
 * section 3). Key order and format are fixed; the lines are written by hand.
 */
#ifndef VTR_REPORT_EVENTS_H
#define VTR_REPORT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "observe.h"
#include "report/view.h"

struct events {
    FILE *out;        /* the caller's; not closed */
    struct view view; /* which callbacks are written; an ABORT always is */
    uint64_t seq;     /* last number seen, written or not */
    bool failed;      /* a write failed; ferror(out) */
};

/** Longest line written, its newline and 0 counted. */
#define EVENT_LINE_BYTES 640

/** Write the line of one callback to `line`. Returns its length without the final 0. */
size_t events_line(char line[EVENT_LINE_BYTES], const struct note *n);

/** The listener to add to the funnel. `e` stays the caller's. */
struct observer events_observer(struct events *e);

#endif
