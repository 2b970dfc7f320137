/* SPDX-License-Identifier: MIT */
/* Shared by type1_kernel.c and type1_devices.c, and by nobody else. */
#ifndef VTR_TYPE1_INSIDE_H
#define VTR_TYPE1_INSIDE_H

#include "consumers/type1_kernel.h"

/** Take a lock; false: the run has ended, perhaps by this. */
bool kernel_take(struct type1_kernel *k, enum type1_lock lock);
void kernel_drop(struct type1_kernel *k, enum type1_lock lock);

/** What type1 offers to the core, that way. */
struct type1_hooks kernel_hooks(enum type1_way way);

/** Under the iommu lock: ask every device to release its pins in `r`. The lock is dropped meanwhile
 * and taken again. */
void kernel_ask(struct type1_kernel *k, struct iova_range r, unsigned round);

#endif
