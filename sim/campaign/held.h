/* SPDX-License-Identifier: MIT */
/* What each consumer holds by what it was told and took: the end state that two runs compare. */
#ifndef VTR_CAMPAIGN_HELD_H
#define VTR_CAMPAIGN_HELD_H

#include "base/rangemap.h"
#include "observe.h"
#include "trace/record.h"

struct held_one {
    char name[NAME_BYTES];
    bool there;
    struct rangemap map;
};

struct held {
    struct held_one *one;
    size_t count, room;
    bool failed; /* out of memory */
};

/** The listener to add to the funnel; a zeroed struct holds nothing. It stays the caller's. */
struct observer held_observer(struct held *h);
void held_free(struct held *h);

/**
 * Do those who are there at the end hold the same? How a range is cut into mappings does not
 * count. False with a sentence.
 */
bool held_same(const struct held *a, const struct held *b, char *why, size_t room);

#endif
