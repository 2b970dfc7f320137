/* SPDX-License-Identifier: MIT */
#include "playable.h"

static enum playing unplayable(const char *sentence, const char **why)
{
    *why = sentence;
    return UNPLAYABLE;
}

static enum playing attach(const struct attach_rec *a, bool begun, const char **why)
{
    if (a->kind != CONSUMER_VFIO)
        return SKIP;
    if (begun)
        return unplayable("a device that is assigned while the guest runs is not played yet", why);
    if (a->has_flags || a->has_range || a->has_container || a->has_limit || a->has_aperture ||
        a->has_type1 || a->has_leave)
        return unplayable("keys of an attach record are not played yet", why);
    return PLAY;
}

enum playing playable(const struct rec *r, bool begun, const char **why)
{
    switch (r->kind) {
    case REC_W32:
    case REC_W64:
    case REC_R32:
    case REC_R64:
    case REC_MEM:
    case REC_ZERO:
    case REC_MARK:
    case REC_AT: return PLAY;
    case REC_RESET:
        return r->u.reset.unit_only ? unplayable("the unit alone cannot be reset", why) : PLAY;
    case REC_ATTACH: return attach(r->u.attach, begun, why);
    case REC_DEVICE:
    case REC_GONE: return unplayable("hot-plug is not played yet", why);
    case REC_DETACH: return unplayable("a consumer that leaves is not played yet", why);
    case REC_FAIL: return unplayable("injected refusals are not played yet", why);
    case REC_DMA: /* the devices here are assigned: their accesses do not pass through the unit */
    case REC_STOP:
    case REC_START:
    case REC_MISS:
    case REC_ATS:
    case REC_PIN:
    case REC_UNPIN:
    case REC_EXPECT:
    case REC_EXPECTATIONS:
    case REC_KINDS: break;
    }
    return SKIP;
}

bool playable_unit(const struct trace_header *h, const char **why)
{
    const struct unit_config *u = &h->unit;

    *why = NULL;
    if (h->has_unit && u->aw_bits == 57)
        *why = "QEMU has no unit of 57 bits";
    else if (h->has_unit && u->scalable_mode)
        *why = "scalable mode is not modelled";
    else if (h->has_unit && (u->has_cap || u->has_ecap || u->has_version))
        *why = "cap=, ecap= and version= cannot be given to QEMU";
    return !*why;
}

bool playable_device(bdf_t b, const char **why)
{
    unsigned slot = b.v >> 3 & 31;

    *why = NULL;
    if (b.v >> 8)
        *why = "only devices on bus 0 are played yet";
    else if (slot == 0 || slot == 31)
        *why = "slots 00 and 1f are the chipset's own";
    return !*why;
}
