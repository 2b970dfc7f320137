/* SPDX-License-Identifier: MIT */
/* Which records of a trace a real machine can be given. */
#ifndef VTR_JUDGE_PLAYABLE_H
#define VTR_JUDGE_PLAYABLE_H

#include <stdbool.h>

#include "trace/record.h"

enum playing {
    PLAY,      /* to both */
    SKIP,      /* to neither: it is about something that the machine does not have */
    UNPLAYABLE /* without it the rest means nothing: *why says what it is */
};

/** By itself; who is meant by a NAME is not looked at. */
enum playing playable(const struct rec *r, const char **why);

/** A unit that this machine can have; else *why. */
bool playable_unit(const struct trace_header *h, const char **why);

/** A requester id at which a device can be put into the machine; else *why. */
bool playable_device(bdf_t b, const char **why);

#endif
