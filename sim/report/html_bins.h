/* SPDX-License-Identifier: MIT */
/*
 * A run as a fixed number of bins, however long it becomes: when the last bin is passed, each two
 * become one and all are twice as wide. One such line runs over records, one over virtual time.
 * Private to html*.c.
 */
#ifndef VTR_REPORT_HTML_BINS_H
#define VTR_REPORT_HTML_BINS_H

#include <stdbool.h>
#include <stdint.h>

#define HTML_BINS 600u /* even: they are joined in pairs */

enum html_axis { AXIS_RECORD, AXIS_TIME, HTML_AXES };

/** What is counted in each bin. */
enum html_strip {
    STRIP_INVAL,   /* invalidations executed, waits left out */
    STRIP_MAP,     /* callbacks that map */
    STRIP_UNMAP,   /* and all others */
    STRIP_REFUSED, /* of both: those that a consumer's side refused */
    STRIP_DMA,     /* device accesses */
    STRIP_FAULT,   /* DMA faults, recorded or not */
    STRIP_MISS,    /* vhost misses */
    STRIP_PIN,     /* pages pinned by emulated devices: calls */
    HTML_STRIPS
};

/** What a device, or the unit, was and what happened to it in a bin; joined by OR. */
enum {
    LANE_TRANSLATED = 1, /* state: its accesses are translated */
    LANE_BYPASS = 2,     /* state: it is there, and they are not */
    LANE_JOINED = 4,
    LANE_GONE = 8,
    LANE_ATTACHED = 16,
    LANE_DETACHED = 32,
    LANE_SWITCHED = 64,
    LANE_FAULT = 128,
    LANE_RESET = 256,
    LANE_ROOT = 512,
    LANE_QUEUE_ERROR = 1024,
    LANE_ABORT = 2048,
    LANE_MARK = 4096
};
#define LANE_STATES (LANE_TRANSLATED | LANE_BYPASS)

/** One line of bins: where it is, and the counts. */
struct html_bins {
    uint64_t origin; /* of the axis: record or ns of the beginning */
    uint64_t width;  /* of a bin, in records or ns; a power of two */
    unsigned bin;    /* the current one: bins 0..bin are used */
    uint64_t count[HTML_STRIPS][HTML_BINS];
    uint64_t at_ns[HTML_BINS]; /* virtual time at the end of the bin */
};

/** A number that goes up and down: least, most and last value of each bin. */
struct html_gauge {
    uint64_t lo[HTML_BINS], hi[HTML_BINS], last[HTML_BINS];
};

/** All empty, bins one wide. */
void html_bins_init(struct html_bins *b);

/** True when `position` lies behind the last bin there is: fold first. */
bool html_bins_full(const struct html_bins *b, uint64_t position);

/** Join the bins in pairs; each kind of data that runs along goes by its own function. */
void html_bins_fold(struct html_bins *b);
void html_gauge_fold(struct html_gauge *g);
void html_lane_fold(uint16_t bits[HTML_BINS]);

/** The bin of a position; the last used one for what lies behind. */
unsigned html_bins_of(const struct html_bins *b, uint64_t position);

/** `now` in bins from..to: nothing happened there. */
void html_gauge_carry(struct html_gauge *g, unsigned from, unsigned to, uint64_t now);

/** The gauge changed to `now` in that bin. */
void html_gauge_set(struct html_gauge *g, unsigned bin, uint64_t now);

#endif
