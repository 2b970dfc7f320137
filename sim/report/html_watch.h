/* SPDX-License-Identifier: MIT */
/*
 * A listener that keeps what the graphs of the page need, in memory that does not grow with the
 * trace: counts and states in bins, what consumers hold now, and the first of what happened to each
 * device.
 */
#ifndef VTR_REPORT_HTML_WATCH_H
#define VTR_REPORT_HTML_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rangemap.h"
#include "observe.h"
#include "report/html_bins.h"
#include "report/html_space.h"

#define HTML_CONSUMERS 8u  /* drawn; further ones are counted */
#define HTML_LANES     17u /* the unit and 16 devices */
#define HTML_EVENTS    80u /* of the table of what happened */
#define HTML_MARKS     40u
#define HTML_MARK_TEXT 120u

/** A consumer and what it holds, as it was told and answered. */
struct html_person {
    char name[NAME_BYTES];
    struct rangemap ram;    /* one to one, because its device's address space was switched */
    struct rangemap tables; /* by the guest's tables */
    uint64_t peak;
    uint64_t changes, changed_record; /* records that changed what it holds by the tables */
    struct html_gauge held[HTML_AXES];
    struct html_space *space; /* NULL: it never held anything of the tables */
    uint16_t ram_bits[HTML_AXES]
                     [HTML_BINS]; /* 1: RAM was held one to one, 2: something of the tables */
};

/** The unit (lane 0), or a device. */
struct html_lane {
    bdf_t bdf;
    uint16_t state; /* LANE_TRANSLATED, LANE_BYPASS, or neither */
    bool translated;
    uint16_t bits[HTML_AXES][HTML_BINS];
};

/** One thing that happened to a device. */
struct html_event {
    uint64_t record, at_ns;
    unsigned lane;
    uint16_t bit;         /* LANE_* */
    bool on;              /* LANE_SWITCHED: from now on translated */
    char who[NAME_BYTES]; /* the consumer */
};

struct html_mark {
    uint64_t record, at_ns;
    char text[HTML_MARK_TEXT];
};

struct html_watch {
    bool started, has_time, failed; /* failed: out of memory */
    struct html_bins bins[HTML_AXES];
    uint64_t first_record, last_record, first_ns, last_ns;
    struct html_person *person[HTML_CONSUMERS];
    unsigned persons;
    uint64_t more_consumers; /* joined, but not drawn */
    struct html_lane lane[HTML_LANES];
    unsigned lanes;
    uint64_t more_devices;
    struct html_event event[HTML_EVENTS];
    size_t events;
    uint64_t all_events;
    struct html_mark mark[HTML_MARKS];
    size_t marks;
    uint64_t all_marks;
    uint16_t mark_bits[HTML_AXES][HTML_BINS];
};

void html_watch_init(struct html_watch *w);
void html_watch_free(struct html_watch *w);

/** The listener to add to the funnel. `w` stays the caller's. */
struct observer html_watch_observer(struct html_watch *w);

/* Private to html_watch*.c: the current bins; and what consumers hold (html_held.c). */
void html_watch_now(const struct html_watch *w, unsigned bin[HTML_AXES]);
void html_held_see(struct html_watch *w, const struct obs *o);

#endif
