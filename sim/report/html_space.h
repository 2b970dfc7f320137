/* SPDX-License-Identifier: MIT */
/*
 * IOVA space over time, of one consumer: rows are the regions in which anything was ever mapped,
 * gaps left out; where there would be too many, regions become twice as large. Private to html*.c.
 */
#ifndef VTR_REPORT_HTML_SPACE_H
#define VTR_REPORT_HTML_SPACE_H

#include "base/addr.h"
#include "report/html_bins.h"

#define HTML_ROWS 48u

/** Most pages held in each bin. */
struct html_cells {
    uint32_t pages[HTML_BINS];
};

struct html_row {
    uint64_t id;                        /* IOVA >> shift */
    uint64_t now;                       /* 4 KiB pages mapped in it now */
    struct html_cells *axis[HTML_AXES]; /* owned by the space */
};

struct html_space {
    unsigned shift; /* a region has 2^shift bytes; at least 12 */
    unsigned rows;
    struct html_row row[HTML_ROWS]; /* ascending */
    struct html_cells cells[HTML_ROWS][HTML_AXES];
};

/** No rows, regions of 4 KiB. */
void html_space_init(struct html_space *s);

/** The range is mapped, or no longer; `bin` are the current ones. */
void html_space_add(struct html_space *s, struct iova_range r, const unsigned bin[HTML_AXES]);
void html_space_remove(struct html_space *s, struct iova_range r, const unsigned bin[HTML_AXES]);

/** What is mapped now, in bins from..to of an axis; and joining its bins in pairs. */
void html_space_carry(struct html_space *s, enum html_axis a, unsigned from, unsigned to);
void html_space_fold(struct html_space *s, enum html_axis a);

#endif
