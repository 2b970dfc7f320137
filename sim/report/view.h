/* SPDX-License-Identifier: MIT */
/*
 * What is shown: --from, --to, --device, --iova. A view thins the text report and the event
 * stream, never numbers, counts, digest or exit code.
 */
#ifndef VTR_REPORT_VIEW_H
#define VTR_REPORT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "checks/checks.h"
#include "observe.h"
#include "report/counts.h"

struct view {
    uint64_t from, to; /* records, both inclusive */
    bool has_device, has_iova;
    bdf_t bdf; /* has_device: of the device, or its alias */
    struct iova_range iova;
};

/** Everything is shown. */
struct view view_all(void);

/** True when something may be hidden. */
bool view_thins(const struct view *v);

/** Whether this callback is shown. */
bool view_note(const struct view *v, const struct note *n);

/**
 * Whether this finding is shown. A finding that names no device (no IOVA) is hidden while
 * --device (--iova) asks for one; the report says how many are hidden. `c` tells the consumer's
 * device.
 */
bool view_finding(const struct view *v, const struct finding *f, const struct counts *c);

#endif
