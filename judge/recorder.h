/* SPDX-License-Identifier: MIT */
/* --record: the trace as it was played, with what the real QEMU did as `expect` records. */
#ifndef VTR_JUDGE_RECORDER_H
#define VTR_JUDGE_RECORDER_H

#include "call.h"
#include "judge.h"
#include "model.h"
#include "trace/record.h"

struct recorder;

/**
 * Begin: *out is NULL and all is well where `to` is. The header says the machine's memory, its
 * devices and its version. False: j says why. Every function below takes NULL.
 */
bool recorder_begin(struct recorder **out, FILE *to, const struct trace_header *h,
                    const struct vfio_device *devices, size_t count, struct judged *j);

/** A record, and the calls that it caused (NULL: none); `died`: it ended the machine. */
bool recorder_add(struct recorder *r, const struct rec *rec, const struct call_list *calls,
                  bool died, struct judged *j);

/** A device that came while the guest runs: from here on all that it is told is given. */
bool recorder_joined(struct recorder *r, const struct vfio_device *d, struct judged *j);

/** End the trace. */
void recorder_end(struct recorder *r, struct judged *j);

#endif
