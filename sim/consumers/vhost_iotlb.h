/* SPDX-License-Identifier: MIT */
/*
 * A device IOTLB with the rules of Linux vhost (vtd-facts 9.4): entries may overlap, the oldest is
 * retired when there is no room, and an invalidation takes every entry that it touches, whole.
 *
 * Look-ups return "the first found": Linux keeps an interval tree by first address, so that is the
 * entry that starts lowest, and of those that start together the one that was given first.
 */
#ifndef VTR_CONSUMERS_VHOST_IOTLB_H
#define VTR_CONSUMERS_VHOST_IOTLB_H

#include <stdint.h>

#include "base/addr.h"
#include "base/rangemap.h"

#define VHOST_IOTLB_ENTRIES 2048u /* of vhost as it is built (vtd-facts chapter 10) */

struct vhost_node;

/** All zero is an empty one without a limit. */
struct vhost_iotlb {
    uint64_t limit; /* entries; 0: no limit */
    uint64_t count;
    uint64_t given; /* entries given over the whole life: the order of insertion */
    struct vhost_node *root;
    struct vhost_node *oldest, *newest;
};

/** Told of each entry that goes to make room. May be NULL. */
typedef void vhost_evicted(void *arg, const struct range_entry *e);

/**
 * Give an entry; overlaps stay. [0, 2^64-1], whose size cannot be said, becomes two halves. 0, or
 * -ENOMEM (then some of it may have been given).
 */
int vhost_iotlb_add(struct vhost_iotlb *t, const struct range_entry *e, vhost_evicted *evicted,
                    void *arg);

/** The first entry that touches `r`, in the order said above, or NULL. Valid until it changes. */
const struct range_entry *vhost_iotlb_first(const struct vhost_iotlb *t, struct iova_range r);

/** The entry that answers an access at `at`, or NULL: a miss. */
const struct range_entry *vhost_iotlb_at(const struct vhost_iotlb *t, iova_t at);

/** Take every entry that touches `r`. Returns their number. */
uint64_t vhost_iotlb_remove(struct vhost_iotlb *t, struct iova_range r);

/** Show all, the oldest first. */
void vhost_iotlb_visit(const struct vhost_iotlb *t,
                       void (*show)(void *arg, const struct range_entry *e), void *arg);

/** Frees all entries; the limit stays. */
void vhost_iotlb_clear(struct vhost_iotlb *t);

#endif
