/* SPDX-License-Identifier: MIT */
/* The inside of vhost, shared by vhost*.c and by nobody else. */
#ifndef VTR_CONSUMERS_VHOST_INSIDE_H
#define VTR_CONSUMERS_VHOST_INSIDE_H

#include "consumers/vhost.h"
#include "consumers/vhost_iotlb.h"
#include "policy_fields.h"

/** A miss that nobody answered yet: a ring waits. */
struct vhost_pending {
    iova_t at;
    bool write;
};

struct vhost {
    struct consumer base;
    struct notifier below, above; /* of the interrupt window */
    struct region_listener listener;
    bool listening;
    bool refused;                  /* its registration was refused; reported once */
    bool stopped;                  /* its rings are */
    bool holds_ram;                /* vdpa, iommufd: the one-to-one map is in place */
    bool device_iotlb;             /* the unit has one */
    struct vhost_iotlb iotlb;      /* kernel, user */
    struct rangemap maps;          /* vdpa, iommufd */
    struct vhost_pending *pending; /* the oldest first */
    size_t pending_count, pending_room;
};

static inline const struct policy *vhost_policy(const struct vhost *v)
{
    return v->base.region->policy;
}

/* vhost_side.c: what the backend answers; each message is shown. */

/** UPDATE. 0 or a negative errno as the sender sees it. */
int vhost_side_update(struct vhost *v, const struct range_entry *e);
/** INVALIDATE; likewise. */
int vhost_side_invalidate(struct vhost *v, struct iova_range r);
bool vhost_side_held(const struct vhost *v, iova_t at, struct range_entry *out);
/** Forget everything, without a message. */
void vhost_side_clear(struct vhost *v);
void vhost_side_save(const struct vhost *v, struct state_out *o);
void vhost_side_load(struct vhost *v, struct state_in *i);
void vhost_show(struct vhost *v, enum vhost_what what, struct iova_range r, gpa_t target,
                enum perm perm, int result);

/* vhost_miss.c */

/** Give up every miss that waits; `wake`: their rings go on. */
void vhost_drop_pending(struct vhost *v, bool wake);

/* vhost_region.c: what follows when the device's address space changes. */
void vhost_switched(struct region_listener *l, bool translated);
/** Its registration was refused: remembered, and where the modelled system exits, it ends. */
void vhost_refused(struct vhost *v);
/** Leave the region: unregistered, and what was there is taken away where that is asked for. */
void vhost_quit_region(struct vhost *v);

#endif
