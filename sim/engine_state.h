/* SPDX-License-Identifier: MIT */
/* The parts of engine_save and engine_restore, shared by engine_state*.c and by nobody else. */
#ifndef VTR_ENGINE_STATE_H
#define VTR_ENGINE_STATE_H

#include "engine_inside.h"

/** Profile, quirks, the header as far as it is obeyed, and options. */
void engine_made_of_save(const struct engine *e, struct state_out *o);
/** 0, also when `i` is in trouble; -EINVAL with a sentence: it was made of something else. */
int engine_made_of_other(const struct engine *e, struct state_in *i, struct err *err);

/** Containers, consumers and links. -EINVAL: a notifier is linked that belongs to nobody. */
int engine_people_save(const struct engine *e, struct state_out *o);
/** Back, once the unit's devices are there. 0, also when `i` is in trouble; or what consumer_new
 * refuses. */
int engine_people_load(struct engine *e, struct state_in *i, struct err *err);

#endif
