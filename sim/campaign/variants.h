/* SPDX-License-Identifier: MIT */
/*
 * The same trace in other words: another legal order, stores split or joined, the tail written
 * once, a block of pages invalidated at once, commands through the queue. What consumers hold at
 * the end must be the same.
 */
#ifndef VTR_CAMPAIGN_VARIANTS_H
#define VTR_CAMPAIGN_VARIANTS_H

#include "campaign/compare.h"
#include "campaign/draft.h"

/** The variant (CMP_SWAP .. CMP_QUEUE) of `c`, into `to` (not initialised; the caller frees it).
 * False: nothing in `c` can be said otherwise. Out of memory is `to->failed`. */
bool variant(enum comparison what, const struct shrink_case *c, struct draft *to);

#endif
