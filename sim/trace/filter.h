/* SPDX-License-Identifier: MIT */
/* Which records are shown: a choice by record number, device and IOVA. */
#ifndef VTR_TRACE_FILTER_H
#define VTR_TRACE_FILTER_H

#include "trace/record.h"

/** A consumer's NAME and its device, as `attach` records said. */
struct filter_name {
    char name[NAME_BYTES];
    bdf_t bdf;
};

/** Set the first five groups, the rest to 0; end with filter_free(). */
struct filter {
    uint64_t from, to; /* record numbers, both inclusive; UINT64_MAX: to the end */
    bool has_device;
    bdf_t device;
    bool has_iova;
    struct iova_range range;
    struct filter_name *names; /* consumers on `device` or taken over by another */
    size_t names_count;
};

/**
 * Is event `number` shown? Every event up to the last one wanted must be asked for in order:
 * `attach` records tell which NAME sits on which device (a default consumer, KIND@BDF, is known by
 * its name). With `has_device` a record is shown that names the device or a consumer on it; with
 * `has_iova` one whose IOVA touches the range. 1, 0, or -ENOMEM.
 */
int filter_shows(struct filter *f, uint64_t number, const struct rec *rec);

void filter_free(struct filter *f);

#endif
