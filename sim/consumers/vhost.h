/* SPDX-License-Identifier: MIT */
/*
 * vhost: a backend outside the emulator that keeps a device IOTLB of its own (vtd-facts 9.4-9.7).
 *
 * `backend=kernel` and `user` are filled on demand: what is not there is a MISS, the unit
 * translates, and an UPDATE or a failure answers. They ask for UNMAP, or for device-TLB
 * invalidations while their device's ATS is on. `vdpa` and `iommufd` cannot miss: they ask for MAP
 * and UNMAP and hold RAM one to one while their device is not translated, as vfio does.
 *
 * The simulation has no rings. Each miss that waits stands for one ring that waits, and a start
 * pre-fills nothing (a real one gives one UPDATE for each used ring).
 *
 * All functions below want a consumer of kind CONSUMER_VHOST.
 */
#ifndef VTR_CONSUMERS_VHOST_H
#define VTR_CONSUMERS_VHOST_H

#include "consumers/consumer.h"

/** Misses that one vhost keeps waiting; of more, the oldest is given up. */
#define VHOST_MISSES_MAX 1024u

/** How a backend is filled: on demand, else by MAP events. */
bool vhost_on_demand(const struct consumer *c);

/** Before it joins: whether its device's ATS is on, and the unit has a device IOTLB. */
void vhost_prepare(struct consumer *c, bool ats, bool device_iotlb);

/** The device's ATS was switched: the notifiers are registered anew with the other kind, unless
 * `flags=` said which. */
void vhost_ats(struct consumer *c, bool on);

/** The rings stop: it listens no longer, misses that wait are given up, its table is empty. No
 * effect when it is stopped. While stopped its device's accesses are the emulator's own. */
void vhost_stop(struct consumer *c);
void vhost_start(struct consumer *c);

/** Before the unit is reset with the device: one that is filled on demand hears no more of it. */
void vhost_reset_first(struct consumer *c);

/** Its rings stand still: what it holds serves no access. */
bool vhost_stopped(const struct consumer *c);

/** After the unit was reset; `device`: the device was reset with it, so its rings stopped. */
void vhost_reset(struct consumer *c, bool device);

/** Its rings run, and it is filled on demand: an access of its device starts here. */
bool vhost_runs(const struct consumer *c);

/** What the device IOTLB answers at `at`, whatever the right, or false: a miss. No effect. */
bool vhost_lookup(const struct consumer *c, iova_t at, struct range_entry *out);

/** The device asks; shown, and waiting from now on. Only while vhost_runs. */
void vhost_miss(struct consumer *c, iova_t at, bool write);

/** The unit translated for the last vhost_miss: give an UPDATE, or fail as the policy says. */
void vhost_answer(struct consumer *c, iova_t at, bool write, const struct xlat_result *x);

#endif
