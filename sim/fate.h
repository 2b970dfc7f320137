/* SPDX-License-Identifier: MIT */
/*
 * What a run can come to inside the simulation, beside going on: the modelled system would have
 * ended here, or memory ran out, or the guest asked for what is not built. Set once, looked at by
 * every loop that calls out; the engine reports it.
 */
#ifndef VTR_FATE_H
#define VTR_FATE_H

#include <stdbool.h>
#include <stddef.h>

struct fate {
    const char *abort_why; /* the modelled system would abort: an assertion of it, in our words */
    const char *unsupported_why; /* the guest asks for what is not built */
    bool no_memory;
    bool ended; /* any of these: it is asked often, so in one look */
};

static inline bool fate_ended(const struct fate *f)
{
    return f->ended;
}

/** The first cause stays. `why` must be a constant. */
static inline void fate_abort(struct fate *f, const char *why)
{
    if (!fate_ended(f))
        f->abort_why = why;
    f->ended = true;
}

static inline void fate_unsupported(struct fate *f, const char *why)
{
    if (!fate_ended(f))
        f->unsupported_why = why;
    f->ended = true;
}

/** Out of memory, whatever came before. */
static inline void fate_no_memory(struct fate *f)
{
    f->no_memory = true;
    f->ended = true;
}

#endif
