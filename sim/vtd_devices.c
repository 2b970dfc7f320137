/* SPDX-License-Identifier: MIT */
/*
 * Devices behind the unit: their regions, one for each requester id, and what the unit answers to
 * notifiers that register.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtd_unit.h"

/* First requester id that is not below b. */
static size_t dev_position(const struct vtd_unit *u, bdf_t b)
{
    size_t low = 0, high = u->dev_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (u->devs[middle]->bdf.v < b.v)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct vtd_dev *dev_find(const struct vtd_unit *u, bdf_t requester)
{
    size_t at = dev_position(u, requester);

    return at < u->dev_count && u->devs[at]->bdf.v == requester.v ? u->devs[at] : NULL;
}

/* First device whose BDF is not below b. */
static size_t seat_position(const struct vtd_unit *u, bdf_t b)
{
    size_t low = 0, high = u->seat_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (u->seats[middle].bdf.v < b.v)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct vtd_dev *dev_of(const struct vtd_unit *u, bdf_t device)
{
    size_t at = seat_position(u, device);

    return at < u->seat_count && u->seats[at].bdf.v == device.v ? u->seats[at].dev : NULL;
}

static int flags_changed(void *owner, struct notify_region *r, uint32_t old_flags,
                         uint32_t new_flags, const struct notifier *n, struct err *e)
{
    struct vtd_dev *d = owner;
    struct vtd_unit *u = d->unit;
    uint32_t added = new_flags & ~old_flags;
    enum map_without_cm rule = u->policy->map_without_cm;
    bool map_refused = !u->config.caching_mode &&
                       (rule == MAP_NEEDS_CM || (rule == MAP_ASSIGNED_NEEDS_CM && n->assigned));

    (void)r;
    if (!u->config.caching_mode && rule == MAP_WITHOUT_CM_EXITS && (new_flags & NOTIFY_MAP)) {
        fate_abort(u->fate, "a notifier asks for MAP on a unit without caching mode: the process "
                            "ends with exit(1)");
        return err_set(e, ENOTSUP, "%s: MAP events need caching-mode=on", n->owner);
    }
    if (added && u->config.snoop_control && u->policy->refusal_ends_vfio && n->assigned)
        fate_abort(u->fate,
                   "snoop control: VFIO's notifier is refused while the guest runs: hw_error");
    if (added && u->config.snoop_control)
        return err_set(e, ENOTSUP, "%s: no notifier can be served with snoop control on", n->owner);
    if ((added & NOTIFY_FROM_RECORD) && map_refused)
        return err_set(e, ENOTSUP,
                       "%s: %s events need caching-mode=on: without it the guest does not "
                       "announce what it maps",
                       n->owner, added & NOTIFY_MAP ? "MAP" : "read and write");
    if ((added & NOTIFY_DEVTLB) && u->policy->devtlb_needs_dt && !u->config.device_iotlb)
        return err_set(e, ENOTSUP, "%s: DEVTLB events need device-iotlb=on", n->owner);
    if ((old_flags & NOTIFY_FROM_RECORD) && !(new_flags & NOTIFY_FROM_RECORD))
        d->recorded = false;
    return 0;
}

static void region_replay(void *owner, struct notify_region *r, struct notifier *n)
{
    (void)r;
    dev_replay(owner, n);
}

static const struct region_ops ops = {flags_changed, region_replay};

struct vtd_dev *dev_add(struct vtd_unit *u, bdf_t requester)
{
    size_t at = dev_position(u, requester);
    struct vtd_dev **grown;
    struct vtd_dev *d;

    if (at < u->dev_count && u->devs[at]->bdf.v == requester.v)
        return u->devs[at];
    grown = realloc(u->devs, (u->dev_count + 1) * sizeof(struct vtd_dev *));
    if (!grown)
        return NULL;
    u->devs = grown;
    d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->bdf = requester;
    d->unit = u;
    shadow_init(&d->shadow, (u->config.aw_bits - 12u) / 9);
    notify_region_init(&d->region, requester, &ops, d, u->policy, u->funnel, u->fate);
    dev_target(d);
    memmove(grown + at + 1, grown + at, (u->dev_count - at) * sizeof(struct vtd_dev *));
    grown[at] = d;
    u->dev_count++;
    return d;
}

struct notify_region *vtd_add_aliased(struct vtd_unit *u, bdf_t b, bdf_t requester)
{
    size_t at = seat_position(u, b);
    struct vtd_seat *grown;
    struct vtd_dev *d;

    if (at < u->seat_count && u->seats[at].bdf.v == b.v)
        return &u->seats[at].dev->region;
    grown = realloc(u->seats, (u->seat_count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    u->seats = grown;
    d = dev_add(u, requester);
    if (!d)
        return NULL;
    memmove(grown + at + 1, grown + at, (u->seat_count - at) * sizeof(*grown));
    grown[at] = (struct vtd_seat){b, d};
    u->seat_count++;
    d->users++;
    return &d->region;
}

struct notify_region *vtd_add_device(struct vtd_unit *u, bdf_t b)
{
    return vtd_add_aliased(u, b, b);
}

struct notify_region *vtd_device(struct vtd_unit *u, bdf_t b)
{
    struct vtd_dev *d = dev_of(u, b);

    return d ? &d->region : NULL;
}

bdf_t vtd_requester(const struct vtd_unit *u, bdf_t b)
{
    const struct vtd_dev *d = dev_of(u, b);

    return d ? d->bdf : b;
}

bool vtd_is_requester(const struct vtd_unit *u, bdf_t b)
{
    const struct vtd_dev *d = dev_find(u, b);

    return d && d->users;
}

bool vtd_has_space(const struct vtd_unit *u, bdf_t requester)
{
    return dev_find(u, requester) != NULL;
}

void vtd_show_space(const struct vtd_unit *u, bdf_t b)
{
    const struct vtd_dev *d = dev_of(u, b);
    struct obs o = {.kind = OBS_SWITCH};

    if (!d || d->users != 1 || !d->region.translated)
        return;
    o.u.device.bdf = d->bdf;
    o.u.device.on = true;
    funnel_show(u->funnel, &o);
}

struct notify_region *vtd_device_number(const struct vtd_unit *u, size_t index)
{
    return index < u->dev_count ? &u->devs[index]->region : NULL;
}

static void dev_remove(struct vtd_unit *u, struct vtd_dev *d)
{
    size_t at = dev_position(u, d->bdf);

    shadow_clear(&d->shadow);
    visits_clear(&d->visits);
    notify_region_clear(&d->region);
    free(d);
    u->dev_count--;
    memmove(u->devs + at, u->devs + at + 1, (u->dev_count - at) * sizeof(struct vtd_dev *));
}

void vtd_remove_device(struct vtd_unit *u, bdf_t b)
{
    size_t at = seat_position(u, b);
    struct vtd_dev *d;

    if (at == u->seat_count || u->seats[at].bdf.v != b.v)
        return;
    d = u->seats[at].dev;
    u->seat_count--;
    memmove(u->seats + at, u->seats + at + 1, (u->seat_count - at) * sizeof(*u->seats));
    if (!--d->users && !u->policy->spaces_kept)
        dev_remove(u, d);
}

void vtd_update_device(struct vtd_unit *u, bdf_t b)
{
    struct vtd_dev *d = dev_of(u, b);

    if (d)
        dev_switch(d);
}
