/* SPDX-License-Identifier: MIT */
/*
 * What vfio and vhost do alike about their device's address space, as QEMU has it: a notifier on
 * either side of the interrupt window, RAM one to one clear of it, and what a MAP meets in memory.
 */
#ifndef VTR_CONSUMERS_ADDRESS_SPACE_H
#define VTR_CONSUMERS_ADDRESS_SPACE_H

#include "consumers/consumer.h"

/** Make `above` as `below` is, filled in but for its range; both get theirs and `owner`'s name. */
void space_notifiers(struct notifier *below, struct notifier *above, const struct consumer *owner);

/**
 * Register `n`, unless that was refused before (*refused) or the consumer is gone. True when it is
 * registered now. A refusal is kept in *refused: it is reported once.
 */
bool space_take_up(struct consumer *c, struct notifier *n, bool *refused);

/** Call `piece` for all RAM as the trace names it, ascending; a block that the window cuts comes in
 * parts. */
void space_each_ram(const struct guest_mem *m,
                    void (*piece)(void *arg, const struct ram_block *b, struct iova_range r),
                    void *arg);

/**
 * What the MAP `e` meets in memory (vfio_get_xlat_addr, later memory_get_xlat_addr): RAM, wholly in
 * one block. NULL and *rights as it can be mapped (reading is always granted; writing needs the
 * right and a writable block), or why not, as the event stream says it.
 */
const char *space_refuses(const struct guest_mem *m, const struct iommu_event *e,
                          enum perm *rights);

#endif
