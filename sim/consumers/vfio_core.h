/* SPDX-License-Identifier: MIT */
/* What QEMU's VFIO does for every device, physical or emulated: shared by vfio.c and mdev.c, and by
 * nobody else. */
#ifndef VTR_VFIO_CORE_H
#define VTR_VFIO_CORE_H

#include "consumers/consumer.h"

/** The first member of each kind's own struct. */
struct vfio {
    struct consumer base;
    struct notifier below, above;
    struct region_listener listener;
    struct type1_kernel *container;
    bool refused;   /* its registration was refused; reported once */
    bool holds_ram; /* the identity map is in place */
    bool listening;
    bool set_up; /* joined: from here on a failure is no longer the plugging's */
};

/** Fill in an all-zero one. */
void vfio_init(struct vfio *v, const struct consumer_setup *s, const struct consumer_ops *ops);

/* The operations of a vfio; see struct consumer_ops. */
void vfio_join(struct consumer *c);
void vfio_leave(struct consumer *c);
bool vfio_held(const struct consumer *c, iova_t at, struct range_entry *out);
struct notifier *vfio_notifier(struct consumer *c, unsigned index);
void vfio_save(const struct consumer *c, struct state_out *o);
void vfio_load(struct consumer *c, struct state_in *i);

#endif
