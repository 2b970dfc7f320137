/* SPDX-License-Identifier: MIT */
/* What one record did to the real machine and to the model: calls, reads, registers, statuses. */
#ifndef VTR_JUDGE_COMPARE_H
#define VTR_JUDGE_COMPARE_H

#include "call.h"
#include "edu.h"
#include "judge.h"
#include "layout.h"
#include "machine.h"
#include "model.h"

struct comparison {
    struct judged *out;
    uint64_t record; /* number in the trace */
    const struct rec *rec;
    const struct call_list *real;
    const struct layout *layout;
    struct model *model; /* its `seen` is of this record; registers are read through it */
    struct machine *machine;
    const struct vfio_device *devices;
    size_t device_count;
    const bdf_t *vhosts;
    size_t vhost_count;
    bool died;             /* the machine, of this record */
    uint64_t read;         /* what it answered to a read record */
    struct edu_result dma; /* what it told of a dma record */
    enum judge_difference comparing; /* what is compared just now, */
    unsigned detail;           /* and which of it */
};

/**
 * Where the machine has one piece of memory twice, a target is said as the model says it: the calls
 * in `real` of each device, in order.
 */
void compare_align(const struct comparison *c, struct call_list *real);

/**
 * True when all is the same. Else out->judgement is DIFFER (CANNOT when the machine could not be
 * asked) and out->why says where; a difference noted before is kept. When both ended, out->aborted.
 */
bool compare_record(struct comparison *c, bool registers);

#endif
