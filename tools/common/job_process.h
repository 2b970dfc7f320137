/* SPDX-License-Identifier: MIT */
/* One job of several, in the process that was made for it. */
#ifndef VTR_TOOLS_JOB_PROCESS_H
#define VTR_TOOLS_JOB_PROCESS_H

#include "common/side_by_side.h"

/** How a job stands, as its process tells it now and then. Shorter than PIPE_BUF: it comes whole.
 */
struct standing {
    uint64_t records, bytes;
    uint64_t all_said; /* the last one: everything is printed */
};

/**
 * Do job `index` of `s` and end. Signals are held (interrupt_hold). `out`, `err`: what becomes of
 * standard output and error; `to`: the pipe that is told.
 */
_Noreturn void job_process(const struct side_by_side *s, size_t index, int out, int err, int to);

#endif
