/* SPDX-License-Identifier: MIT */
/*
 * A profile is data: one field for each way in which systems differ, a row for each system
 * (contract, section 5). Code asks the field where the behaviour lives, never "which version am I".
 * A quirk is one field changed.
 */
#ifndef VTR_POLICY_H
#define VTR_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "unit_config.h"

struct policy; /* the fields: policy_fields.h, for the simulation alone */

/** The row of profile `name`, or NULL. Rows are constant. */
const struct policy *policy_find(const char *name);

/** Names of the profiles built, in the order of the contract; `count` receives their number. */
const char *const *policy_names(size_t *count);

/** Name of the profile a row belongs to. */
const char *policy_name(const struct policy *p);

/** What the profile's notifier core calls MAP and UNMAP, "CHANGE, INVALIDATION" say; NULL: just
 * that. For people; the event stream says MAP and UNMAP always (contract, section 3). */
const char *policy_kinds(const struct policy *p);

/** A historical bug that can be switched on. */
struct quirk {
    const char *name;
    const char *what;   /* one line */
    const char *source; /* museum entry, commit or seed */
};

/** Quirk number `index`, from 0; NULL beyond the last one. */
const struct quirk *policy_quirk(size_t index);

/** Change the field of quirk `name` in a copy of a row; FIELD=VALUE as policy_set(). Returns 0, or a
 * negative errno with a sentence (-ENOENT: no such quirk). */
int policy_apply_quirk(struct policy *p, const char *name, struct err *e);

/** A copy of a row, to apply quirks to. NULL when out of memory; the caller frees it with free().
 */
struct policy *policy_copy(const struct policy *p);

/** Whether the interrupt window of guest memory reads as zeros. */
bool policy_window_reads_zero(const struct policy *p);

/** Whether only what changed is notified, so that what was not written needs no look. */
bool policy_tells_differences(const struct policy *p);

/**
 * Whether this profile's system offers that unit. Returns 0, or -EINVAL with the sentence that
 * refuses it (57 bits outside `ideal`, 48 for the seeds' profiles, scalable mode, contradictory
 * cap=).
 */
int policy_check_unit(const struct policy *p, const struct unit_config *u, struct err *e);

#endif
