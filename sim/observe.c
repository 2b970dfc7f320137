/* SPDX-License-Identifier: MIT */
#include "observe.h"

#include <errno.h>

int funnel_add(struct funnel *f, struct observer o)
{
    if (f->count == OBSERVERS_MAX)
        return -ENOSPC;
    for (unsigned kind = 0; kind < OBS_KINDS; kind++)
        if (!(o.skips >> kind & 1))
            f->wanted[kind] |= (uint8_t)(1u << f->count);
    f->observers[f->count++] = o;
    return 0;
}

void funnel_show(struct funnel *f, struct obs *o)
{
    o->record = f->record;
    o->at_ns = f->at_ns;
    for (unsigned left = f->wanted[o->kind]; left; left &= left - 1) {
        const struct observer *to = &f->observers[__builtin_ctz(left)];

        to->see(to->ctx, o);
    }
}

void funnel_note(struct funnel *f, struct note *n)
{
    struct obs o;

    o.kind = OBS_NOTE;
    o.u.note = n;
    n->delivery = f->delivery;
    n->seq = ++f->notes;
    n->record = f->record;
    funnel_show(f, &o);
}
