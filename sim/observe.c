/* SPDX-License-Identifier: MIT */
#include "observe.h"

#include <errno.h>

int funnel_add(struct funnel *f, struct observer o)
{
    if (f->count == OBSERVERS_MAX)
        return -ENOSPC;
    f->observers[f->count++] = o;
    return 0;
}

void funnel_show(struct funnel *f, struct obs *o)
{
    o->record = f->record;
    o->at_ns = f->at_ns;
    for (const struct observer *to = f->observers, *end = to + f->count; to < end; to++)
        if (!(to->skips >> o->kind & 1))
            to->see(to->ctx, o);
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
