/* SPDX-License-Identifier: MIT */
/*
 * Devices whose requests carry another id: those behind a PCIe-to-PCI bridge, or otherwise aliased.
 * The unit knows which address space that makes them use; here is what may be said about it.
 */
#include <errno.h>

#include "engine_inside.h"

#define BDF_FORMAT       "%02x:%02x.%x"
#define BDF_PARTS(b)     (b).v >> 8, (b).v >> 3 & 31u, (b).v & 7u
#define DEVICES_PER_BYTE 8u

static int chained(bdf_t device, bdf_t alias, struct err *err)
{
    return err_set(err, EINVAL,
                   "device: the alias " BDF_FORMAT " of " BDF_FORMAT
                   " is aliased itself; the id that the unit sees was expected",
                   BDF_PARTS(alias), BDF_PARTS(device));
}

static bdf_t requester_of(const struct device_rec *d)
{
    return d->has_alias ? d->alias : d->bdf;
}

int engine_check_aliases(const struct trace_header *h, struct err *err)
{
    uint8_t aliased[UINT16_MAX / DEVICES_PER_BYTE + 1] = {0};

    for (size_t i = 0; i < h->devices_count; i++) {
        const struct device_rec *d = &h->devices[i];

        if (requester_of(d).v != d->bdf.v)
            aliased[d->bdf.v / DEVICES_PER_BYTE] |= (uint8_t)(1u << d->bdf.v % DEVICES_PER_BYTE);
    }
    for (size_t i = 0; i < h->devices_count; i++) {
        const struct device_rec *d = &h->devices[i];
        bdf_t a = requester_of(d);

        if (a.v != d->bdf.v && (aliased[a.v / DEVICES_PER_BYTE] >> a.v % DEVICES_PER_BYTE & 1))
            return chained(d->bdf, a, err);
    }
    return 0;
}

bdf_t engine_header_requester(const struct engine *e, bdf_t b)
{
    for (size_t i = 0; i < e->header_device_count; i++)
        if (e->header_devices[i].bdf.v == b.v)
            return requester_of(&e->header_devices[i]);
    return b;
}

int engine_device_record(struct engine *e, const struct device_rec *d, struct err *err)
{
    bdf_t now = vtd_requester(e->unit, d->bdf), wanted = requester_of(d);
    int fault;

    if (vtd_device(e->unit, d->bdf)) {
        if (!d->has_alias || now.v == wanted.v)
            return 0;
        return err_set(err, EINVAL,
                       "device: " BDF_FORMAT " is there already, with requests as " BDF_FORMAT
                       "; while it is there they cannot become those of " BDF_FORMAT,
                       BDF_PARTS(d->bdf), BDF_PARTS(now), BDF_PARTS(wanted));
    }
    if (wanted.v != d->bdf.v && vtd_requester(e->unit, wanted).v != wanted.v)
        return chained(d->bdf, wanted, err);
    if (wanted.v != d->bdf.v && vtd_is_requester(e->unit, d->bdf))
        return err_set(err, EINVAL,
                       "device: " BDF_FORMAT
                       " is the alias of a device that is there, so it cannot be behind " BDF_FORMAT,
                       BDF_PARTS(d->bdf), BDF_PARTS(wanted));
    fault = engine_ats_note(e, d->bdf, d->ats, err);
    return fault ? fault : engine_join(e, d->bdf, wanted, true, err);
}
