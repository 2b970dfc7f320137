/* SPDX-License-Identifier: MIT */
/*
 * The remapping unit of legacy mode, as its guest and its devices see it: registers, invalidation
 * queue, tables, translation with caches, faults, and the notifications that follow from
 * invalidations. Where emulation leaves the architecture the policy decides.
 */
#ifndef VTR_VTD_MODEL_H
#define VTR_VTD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "fate.h"
#include "guest_mem.h"
#include "notifier.h"
#include "observe.h"
#include "policy.h"
#include "sync.h"
#include "unit_config.h"

struct vtd_unit;

struct vtd_options {
    const struct policy *policy;
    const struct unit_config *config;
    const struct sync_strategy_ops *sync; /* how tables are enumerated (sync.h) */
    struct guest_mem *mem;
    struct funnel *funnel;
    struct fate *fate;
};

/**
 * A unit in its reset state. What the options point to must outlive it. Returns 0 and *out, -EINVAL
 * with a sentence (a cap= or ecap= that contradicts the rest or needs what is not built), or
 * -ENOMEM.
 */
int vtd_new(const struct vtd_options *o, struct vtd_unit **out, struct err *e);
void vtd_free(struct vtd_unit *u);

/** A device behind the unit; its region, owned by the unit. The same one when it exists. NULL: out
 * of memory. */
struct notify_region *vtd_add_device(struct vtd_unit *u, bdf_t b);

/**
 * Likewise, of a device whose requests carry the id `requester`: all devices with one id have one
 * address space, hence one region (QEMU: pci_device_iommu_address_space). `requester` must be no
 * device that is aliased itself.
 */
struct notify_region *vtd_add_aliased(struct vtd_unit *u, bdf_t b, bdf_t requester);

/** The id that the requests of a device carry: its alias, else its own (also when there is no such
 * device). */
bdf_t vtd_requester(const struct vtd_unit *u, bdf_t b);

/** True when the requests of some device carry this id. */
bool vtd_is_requester(const struct vtd_unit *u, bdf_t b);

/** True when there is an address space for this id; also one that its devices left behind. */
bool vtd_has_space(const struct vtd_unit *u, bdf_t requester);

/** Show OBS_SWITCH where a device found its address space there, and translated; the only one in it. */
void vtd_show_space(const struct vtd_unit *u, bdf_t b);

/** The region of a device, or NULL when there is no such device. Devices that share an alias share
 * it. */
struct notify_region *vtd_device(struct vtd_unit *u, bdf_t b);

/** The region number `index` in ascending requester id, or NULL beyond the last. */
struct notify_region *vtd_device_number(const struct vtd_unit *u, size_t index);

/** Hot-unplug: its consumers must have left. The region goes with the last device that uses it. */
void vtd_remove_device(struct vtd_unit *u, bdf_t b);

/** Evaluate anew whether the device is translated, and switch it (contract, section 2). */
void vtd_update_device(struct vtd_unit *u, bdf_t b);

/**
 * The guest writes a register. `off` is inside the 4 KiB page and naturally aligned for `bytes` (4
 * or 8). Everything that follows has happened when it returns.
 */
void vtd_write(struct vtd_unit *u, unsigned off, unsigned bytes, uint64_t val);

/** The guest reads a register. No side effect. */
uint64_t vtd_read(const struct vtd_unit *u, unsigned off, unsigned bytes);

/**
 * Show the devices that the write is about to look at the context entries of (TE edge, SRTP under
 * TE, context-cache invalidation), as far as those are present: the moment devices are discovered.
 */
void vtd_write_discovers(const struct vtd_unit *u, unsigned off, unsigned bytes, uint64_t val,
                         void (*found)(void *arg, bdf_t b), void *arg);

/** A device's access, as an emulated device makes it: IOTLB, context cache, walk, fault record and
 * event. */
struct xlat_result vtd_translate(struct vtd_unit *u, bdf_t b, iova_t at, bool write);

/** Whether an access would be granted now; no effect on caches or fault records. */
bool vtd_grants(const struct vtd_unit *u, bdf_t b, iova_t at, bool write);

/** Back to the reset state; devices and their notifiers stay. */
void vtd_reset(struct vtd_unit *u);

uint64_t vtd_cap(const struct vtd_unit *u);
uint64_t vtd_ecap(const struct vtd_unit *u);

/** What the IOTLB holds, in no particular order but always the same. */
struct vtd_cached {
    bdf_t bdf;
    did_t did;
    struct iova_range range;
    gpa_t gpa;
    enum perm perm;
};
/** The entry that the IOTLB would answer an access of `b` at `at` with, or false. No effect. */
bool vtd_peek_iotlb(const struct vtd_unit *u, bdf_t b, iova_t at, struct vtd_cached *out);
size_t vtd_iotlb_count(const struct vtd_unit *u);
void vtd_visit_iotlb(const struct vtd_unit *u, void (*show)(void *arg, const struct vtd_cached *c),
                     void *arg);

/**
 * The unit as bytes, with its devices, their regions and what they were told, but not who listens.
 * Back into a unit just made, without devices: silently.
 */
void vtd_save(const struct vtd_unit *u, struct state_out *o);
void vtd_load(struct vtd_unit *u, struct state_in *i);

struct vtd_counts {
    struct sync_counts sync;
    uint64_t shadow_leaves, shadow_bytes;
    uint64_t iec_invalidations;
    uint64_t iotlb_hits, iotlb_misses;
};
struct vtd_counts vtd_counts(const struct vtd_unit *u);

#endif
