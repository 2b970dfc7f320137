/* SPDX-License-Identifier: MIT */
/*
 * What a run without the quirk breaks, so that of a run with it only the rest counts. Private to
 * compare.c.
 */
#ifndef VTR_CAMPAIGN_KNOWN_H
#define VTR_CAMPAIGN_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/checks.h"
#include "trace/record.h"

#define KNOWN_ROWS_MAX 256u

/* The invariants, and of each where. One that is broken more often than its text is kept is known
 * everywhere. */
struct known {
    bool once[KNOWN_ROWS_MAX], often[KNOWN_ROWS_MAX];
    struct mark {
        size_t row;
        uint64_t record;
        char consumer[NAME_BYTES];
    } * mark;
    size_t marks;
};

/** What `c` found (NULL: nothing) is known, in a zeroed value. 0 or -ENOMEM. */
int known_learn(struct known *known, const struct checks *c);

/** Broken there, of that consumer, without the quirk, too. */
bool known_has(const struct known *k, const struct finding *f);

void known_free(struct known *k);

#endif
