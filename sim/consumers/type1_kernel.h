/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of a VFIO container (Linux type1 before and after seed 002; vtd-facts 9.3): its
 * two ioctls, pages pinned by emulated devices, who is asked to unpin, and the locks. Only emulated
 * (mediated) devices are known here; a physical one has no callback and pins nothing through this.
 *
 * Two ways to tell the devices, so that both can be compared on one trace:
 *
 *   list   (seed 002) a list, newest first. Joining and leaving take the iommu lock, then the list
 *          lock. An unmap that meets pins takes the list lock, drops the iommu lock, calls every
 *          device, releases the list lock, takes the iommu lock again. A device without dma_unmap
 *          is refused when it is registered with the VFIO core; type1 itself passes it over.
 *   chain  (before) a blocking notifier chain, oldest first, with a lock of its own. Joining and
 *          leaving take that lock alone, so whether the chain is empty is tested while it may
 *          change. An unmap that meets pins drops the iommu lock and calls the chain. A device
 *          without dma_unmap is accepted and just not put on the chain.
 *
 * Locks are flags: the simulation has one thread, so to take one that is held is to wait for ever;
 * the modelled kernel hangs (struct fate). A container shows its locks (OBS_LOCK) from its first
 * emulated device on; before, nobody contends for them. OBS_TYPE1 is always shown.
 */
#ifndef VTR_TYPE1_KERNEL_H
#define VTR_TYPE1_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/state.h"
#include "consumers/pins.h"
#include "consumers/type1.h"
#include "fate.h"
#include "observe.h"
#include "policy.h"

enum type1_way { TYPE1_LIST, TYPE1_CHAIN };

/** Pages that one pin or unpin call may name. */
#define TYPE1_PIN_PAGES 512u

/** Retries before the kernel stops (BUG): the devices are asked once and that often again. */
#define TYPE1_RETRIES 10u

struct type1_device {
    const char *name; /* of its consumer */
    /* Asked to release every pin in `r` before returning. NULL: the device has no such callback. */
    void (*dma_unmap)(struct type1_device *d, struct iova_range r);
    bool opened;

    /* Private. */
    bool linked;
    uint64_t serial; /* order of joining */
    struct type1_device *next;
};

struct type1_kernel;

/** What type1 offers to the VFIO core; either may be missing (NULL). */
struct type1_hooks {
    void (*register_device)(struct type1_kernel *k, struct type1_device *d);
    void (*unregister_device)(struct type1_kernel *k, struct type1_device *d);
};

struct type1_kernel {
    struct type1 *table; /* not owned */
    const char *name;    /* the container's; not owned */
    struct funnel *funnel;
    struct fate *fate;
    const struct policy *policy;
    enum type1_way way;
    struct type1_hooks hooks;

    /* Private. */
    struct type1_device *devices; /* in the order in which they are called */
    struct type1_device *calling; /* the next to be called */
    struct pins pins;
    uint64_t serials;
    bool held[3];  /* by enum type1_lock */
    bool emulated; /* has or had an emulated device */
};

/** Prepare an all-zero one. The pointers must outlive it. */
void kernel_init(struct type1_kernel *k, struct type1 *table, const char *name, struct funnel *f,
                 struct fate *fate, const struct policy *p, enum type1_way way);

/** The container is closed: everything is unmapped, whatever is pinned, and memory is freed.
 * `show`: as one last unmap. */
void kernel_release(struct type1_kernel *k, bool show);

/**
 * MAP_DMA. `refuse`: 0, or the negative errno with which the host's memory refuses. Else as
 * type1_map. The answer means nothing once the run has ended (fate).
 */
int kernel_map(struct type1_kernel *k, struct iova_range r, gpa_t target, enum perm p, int refuse);

/**
 * UNMAP_DMA: each mapping of the range goes, lowest first; one that has pins waits until the
 * devices, asked once and TYPE1_RETRIES times again, have released them all. `refuse` likewise.
 */
int kernel_unmap(struct type1_kernel *k, struct iova_range r, int refuse);

/**
 * An emulated device is opened: registered with the VFIO core, then with type1. 0, or -EINVAL: no
 * dma_unmap (list); it is not open then. `d` must outlive its stay.
 */
int kernel_open(struct type1_kernel *k, struct type1_device *d);

/** It is closed; no effect when it is not open. */
void kernel_close(struct type1_kernel *k, struct type1_device *d);

/**
 * Pin `pages` pages from `at` (page aligned, not past 2^64) with rights `p`, one count each. 0;
 * -EINVAL: not open, nobody registered, or not mapped; -E2BIG: more than TYPE1_PIN_PAGES; -EACCES:
 * not a v2 container; -EPERM: a mapping lacks a right; `refuse` when that is not 0; -ENOMEM. All
 * or nothing.
 */
int kernel_pin(struct type1_kernel *k, const struct type1_device *d, iova_t at, uint64_t pages,
               enum perm p, int refuse);

/**
 * One count less for each, whoever pinned it, up to the first page that is not mapped; *done
 * receives how many that are. 0, also where nothing was pinned; -EINVAL: not open; -E2BIG, -EACCES
 * as kernel_pin.
 */
int kernel_unpin(struct type1_kernel *k, const struct type1_device *d, iova_t at, uint64_t pages,
                 uint64_t *done);

/**
 * What is kept beyond struct type1, as bytes; and back into one just prepared, between records.
 * Devices put themselves back (kernel_device_load), in any order.
 */
void kernel_save(const struct type1_kernel *k, struct state_out *o);
void kernel_load(struct type1_kernel *k, struct state_in *i);
void kernel_device_save(const struct type1_device *d, struct state_out *o);
void kernel_device_load(struct type1_kernel *k, struct type1_device *d, struct state_in *i);

#endif
