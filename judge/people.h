/* SPDX-License-Identifier: MIT */
/*
 * Who is in a run: what the trace's `attach` records say of consumers, which devices get a function
 * in the machine and where, and what the library that answers for VFIO is told about each.
 */
#ifndef VTR_JUDGE_PEOPLE_H
#define VTR_JUDGE_PEOPLE_H

#include "model.h"
#include "place.h"
#include "trace/record.h"
#include "vfio/control.h"

/** An attach record, and its number. */
struct said {
    uint64_t record;
    struct attach_rec how;
};

struct people {
    struct said *said;
    size_t said_count, said_room;
    bool of_this_machine; /* devices are this machine's own; set before people_settle */
    struct vfio_device devices[VFIO_DEVICES_MAX];            /* those that the machine has, ever */
    struct machine_function functions[VFIO_DEVICES_MAX + 1]; /* theirs; the last may be the spy */
    size_t device_count, function_count;
    bdf_t absent[VFIO_DEVICES_MAX]; /* found in the guest's tables, but not in the machine */
    size_t absent_count;
    struct control control;
};

/** Remember an attach record; one that is known is not taken twice. 0 or -ENOMEM. */
int people_say(struct people *p, uint64_t record, const struct attach_rec *how);

/** Whether the consumer of this name, seen from this record, is one that is passed over. */
bool people_passed_over(const struct people *p, uint64_t record, const char *name);

/** What was said of it; a default consumer's record where nothing was. */
struct attach_rec people_how(const struct people *p, const struct vfio_device *d);

/** Whether something was. */
bool people_said(const struct people *p, const struct vfio_device *d);

/**
 * After the first reading: a function for each device that is not emulated, and what its container
 * grants. The spy, where nobody is there from the start, is the last function. False: `why` says
 * why this cannot be built; else `note` what is left out, or "".
 */
bool people_settle(struct people *p, const struct model *m, const bdf_t *emulated,
                   size_t emulated_count, uint64_t dma_limit, char *note, size_t room,
                   const char **why);

/** The spy is the last function. */
bool people_have_spy(const struct people *p);

void people_free(struct people *p);

#endif
