/* SPDX-License-Identifier: MIT */
/*
 * Assigned functions that come and go while the machine runs, and refusals of the library that
 * answers for VFIO. They stand behind bridges (place.h) with the standard hot-plug controller: who
 * leaves is switched off by its registers, as a guest would do it.
 */
#ifndef VTR_JUDGE_HOTPLUG_H
#define VTR_JUDGE_HOTPLUG_H

#include "machine.h"

/** Plug it: waits until it is there. FAILED with QEMU's sentence when it refuses. */
enum answer machine_plug(struct machine *m, const struct machine_function *f, struct err *e);

/** Unplug it: waits until VFIO has let go of its group. */
enum answer machine_unplug(struct machine *m, const struct machine_function *f, struct err *e);

/** The next `count` calls (CONTROL_* of vfio/control.h) of the group's container are refused with
 * `error`, a negative errno. False: the group is unknown. */
bool machine_refuse(struct machine *m, unsigned group, unsigned op, int error, uint64_t count);

#endif
