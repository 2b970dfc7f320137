/* SPDX-License-Identifier: MIT */
/* Made traces replayed as they are made, to see what they touch. */
#ifndef VTR_GEN_REACH_RUN_H
#define VTR_GEN_REACH_RUN_H

#include "base/progress.h"
#include "gen/gen.h"
#include "gen/reach.h"
#include "policy.h"

/** Of the seeds o->seed + 0 to seeds - 1 those whose number leaves shard - 1 when divided by `of`.
 */
struct reach_span {
    uint64_t seeds, shard, of; /* shard from 1 */
};

/** Who looks on (its records and bytes are seeds of the shard), and how far it came: whole seeds.
 */
struct reach_watch {
    struct progress progress;
    uint64_t done;
};

/**
 * The traces of these seeds under `policy`, or under ideal and qemu-10.2 in turn when it is NULL,
 * counted in `r`. A trace whose system ends counts up to there. Every fourth seed has consumers of
 * every kind (a fourth of these, and none of a hostile guest, a vhost with ATS of the trace's own),
 * another a low limit of mappings, another an UNMAP that is refused. What a
 * seed does depends on its number alone, not on the shard. `watch` may be NULL; when it asks for
 * the end, the seed under way counts as far as it came, but not in `done`. 0 or a negative errno
 * with a sentence.
 */
int reach_run(struct reach *r, const struct gen_options *o, const struct reach_span *span,
              const struct policy *policy, struct reach_watch *watch, struct err *e);

#endif
