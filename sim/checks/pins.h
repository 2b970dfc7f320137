/* SPDX-License-Identifier: MIT */
/* What the checks know of a container's kernel side: shared by pins.c and pins_devices.c. */
#ifndef VTR_CHECKS_PINS_H
#define VTR_CHECKS_PINS_H

#include "checks/internal.h"

#define LOCKS 3u

struct listed {
    char name[NAME_BYTES];
    struct iova_range asked;
    unsigned asks; /* about that range, in one unmap */
};

struct box {
    char name[NAME_BYTES];
    struct spans pins; /* one a page; meta: its count */
    bool held[LOCKS];
    unsigned taken_under[LOCKS]; /* bit n: taken while lock n was held */
    bool iommu_first;            /* the iommu lock was held when the list lock was taken */
    bool cycle_told;
    unsigned calls; /* callbacks under way */
    struct listed *listed;
    size_t listeds, room;
    bool counted;  /* the next is known */
    uint64_t maps; /* held after the last ioctl */
};

struct pin_book {
    struct box **box;
    size_t boxes, room;
    struct box *last;
    const char *named; /* by this pointer, in that record */
    uint64_t named_record;
    uint64_t no_space; /* injected refusals that look like a full container, still to come */
};

/* pins_devices.c */
void pins_lock(struct checks *c, struct box *x, unsigned lock, bool taken);
void pins_device(struct checks *c, struct box *x, const struct obs *o);
void pins_asked(struct checks *c, struct box *x, const struct obs *o);

#endif
