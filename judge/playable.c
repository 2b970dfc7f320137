/* SPDX-License-Identifier: MIT */
#include "playable.h"

static enum playing unplayable(const char *sentence, const char **why)
{
    *why = sentence;
    return UNPLAYABLE;
}

static enum playing attach(const struct attach_rec *a, const char **why)
{
    bool vhost =
        a->kind == CONSUMER_VHOST && (a->backend == BACKEND_KERNEL || a->backend == BACKEND_USER);

    if (a->kind != CONSUMER_VFIO && !vhost)
        return SKIP;
    if (vhost) /* its limit would be the kernel's own business, its range means nothing */
        return a->has_flags || a->has_leave
                   ? unplayable("flags= and leave= cannot be given to QEMU's vhost", why)
                   : PLAY;
    if (a->has_flags || a->has_range)
        return unplayable("flags= and range= cannot be given to QEMU's VFIO", why);
    if (a->has_leave)
        return unplayable("leave=: QEMU's VFIO does not leave inside a callback", why);
    return PLAY;
}

enum playing playable(const struct rec *r, const char **why)
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
    case REC_ATTACH: return attach(r->u.attach, why);
    case REC_DEVICE:
    case REC_GONE:
    case REC_DETACH:
    case REC_FAIL: return PLAY;
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
    if (b.v >> 8 == 0 && (slot == 0 || (slot == 31 && (b.v & 7) != 1 && (b.v & 7) < 4)))
        *why = "00:00, 00:1f.0, 00:1f.2 and 00:1f.3 are the chipset's own";
    return !*why;
}
