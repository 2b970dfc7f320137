/* SPDX-License-Identifier: MIT */
/*
 * A driver of virtio-net-pci by qtest, as far as vhost wants one: features, two queues, DRIVER_OK.
 * All of it goes through configuration space, so no BAR needs an address. The rings begin in RAM
 * and are then moved inside the interrupt window: nobody reads them, and what is there is never
 * translated, so that a stop and a start give neither an UPDATE nor a fault of their own.
 */
#ifndef VTR_JUDGE_VHOST_DRIVER_H
#define VTR_JUDGE_VHOST_DRIVER_H

#include "../machine.h"
#include "protocol.h"
#include "trace/record.h"

/** After the start, and after every reset: bridges' bus numbers, features, queues; rings run. */
enum answer vhost_set_up(struct machine *m, struct err *e);

/** The rings of vhost number `index` run, or stop. */
enum answer vhost_rings(struct machine *m, size_t index, bool run, struct err *e);

/** Whether this version does not start without a translation of its used rings: it asks for each,
 * in order, and gives an UPDATE; with the first that fails it gives up. 7.2 goes on without. */
bool vhost_needs_used_rings(const struct machine *m);

/** Where the used ring is at a start then. */
#define VHOST_QUEUES 2u
iova_t vhost_used_ring(unsigned queue);

/** ATS in the capability of vhost number `index`, which is behind a root port. */
enum answer vhost_switch_ats(struct machine *m, size_t index, bool on, struct err *e);

/** The backend of vhost number `index` asks for a translation, and QEMU answered. */
enum answer vhost_ask(struct machine *m, size_t index, iova_t at, bool write, struct err *e);

/** Where the table of vhost number `index` leads; false: a miss. */
bool vhost_finds(struct machine *m, size_t index, iova_t at, gpa_t *out);

/** RAM as the first vhost was told of it, ascending: at most VU_AREAS_MAX pieces to `to`. */
size_t vhost_memory(struct machine *m, struct ram_entry *to);

struct call_list;

/** Append what the backends heard since the last time, each with its answer to a miss. 0 or
 * -ENOMEM.
 */
int vhost_take(struct machine *m, struct call_list *to);

#endif
