/* SPDX-License-Identifier: MIT */
/* Random traces replayed as they are made, to see what they touch. */
#ifndef VTR_GEN_REACH_RUN_H
#define VTR_GEN_REACH_RUN_H

#include "gen/gen_random.h"
#include "gen/reach.h"
#include "policy.h"

/**
 * The traces of seeds g->seed to g->seed + seeds - 1 under `policy`,
 * or under ideal and qemu-10.2 in turn when it is NULL, counted in `r`. A trace whose
 * system ends counts up to there. Every fourth seed has other consumers beside vfio, another a
 * low limit of mappings, another an UNMAP that is refused. 0 or a negative errno with a sentence.
 */
int reach_random(struct reach *r, const struct gen_random *g, uint64_t seeds,
                 const struct policy *policy, struct err *e);

#endif
