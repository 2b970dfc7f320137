/* SPDX-License-Identifier: MIT */
/*
 * What judge tells the preloaded library, in memory that both have: what the container of a group
 * grants, and which of its next calls are refused. Judge writes before a group is opened, or
 * while QEMU waits for a command; the library counts refusals down.
 */
#ifndef VTR_JUDGE_CONTROL_H
#define VTR_JUDGE_CONTROL_H

#include <stdint.h>

#define CONTROLS_MAX 256

enum { CONTROL_MAP, CONTROL_UNMAP, CONTROL_ALLOC /* map, too, after CONTROL_MAP */, CONTROL_OPS };

struct control_group {
    uint32_t group;         /* number of /dev/vfio/NUMBER */
    uint32_t version;       /* of type1: 1 or 2 */
    uint64_t limit;         /* mappings; 0: no limit */
    uint64_t aperture_last; /* last address that can be mapped */
    struct {
        uint64_t count; /* so many of the next calls */
        int64_t error;  /* are refused with this, a negative errno */
    } refuse[CONTROL_OPS];
};

struct control {
    uint64_t count;
    struct control_group groups[CONTROLS_MAX];
};

#endif
