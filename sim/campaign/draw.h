/* SPDX-License-Identifier: MIT */
/*
 * The traces of a campaign, each from one 64-bit seed: the records of a random guest (sim/gen/) or
 * of a short driver-like one (plan.c), and around them consumers of all kinds and what happens to
 * these (dress.c).
 */
#ifndef VTR_CAMPAIGN_DRAW_H
#define VTR_CAMPAIGN_DRAW_H

#include "base/err.h"
#include "campaign/dice.h"
#include "campaign/draft.h"

struct draw_options {
    uint64_t seed;
    uint64_t events; /* about so many records of the guest at most; at least 1 */
};

/** Make it. `d` is a draft not initialised; the caller ends with draft_free, whatever was
 * returned. 0 or a negative errno with a sentence. */
int draw_trace(const struct draw_options *o, struct draft *d, struct err *e);

/* Private to sim/campaign/draw.c, plan.c, dress.c. */

/** A guest with few devices and domains that maps, unmaps and invalidates as drivers do, or nearly.
 * Fills an empty draft. */
void plan_guest(struct draft *d, uint64_t events, struct dice *dice);

/** `from` with consumers and their doings added, into `to` (not initialised). */
void dress(struct draft *to, const struct shrink_case *from, struct dice *dice);

#endif
