/* SPDX-License-Identifier: MIT */
/* A trace that a real QEMU and the model do not agree on, made short (sim/shrink/). */
#ifndef VTR_JUDGE_SHRINK_H
#define VTR_JUDGE_SHRINK_H

#include "judge.h"
#include "shrink/shrink.h"

struct judge_shrunk {
    struct judged judged; /* of the shortest trace; as it is when they agree */
    struct shrink_stats stats;
};

/**
 * Play `path`; when it differs, shrink it to the shortest that differs in the same: the same kind
 * of call, register, read, access, status or end, playing at most `runs` times (0: no limit), and
 * write that to `out`. 0, also when they agree or it cannot be played (then nothing is written); or
 * a negative errno with a sentence.
 */
int judge_shrink(const char *path, const struct judge_options *o, uint64_t runs, const char *out,
                 struct judge_shrunk *s, struct err *e);

#endif
