/* SPDX-License-Identifier: MIT */
/* --save, --restore and --restore-at: the parts of a replay that have to do with saved state. */
#ifndef VTR_CLI_REPLAY_STATE_H
#define VTR_CLI_REPLAY_STATE_H

#include "cli/replay.h"

/** The engine of this replay: new, or restored from --restore; then the reader gives the record
 * after the saved one. 0 or a negative errno with a sentence. */
int replay_engine(struct replay *r, const struct replay_options *o, struct err *e);

/** Twins for --restore-at, once the checks are there. 0 or a negative errno with a sentence. */
int replay_twins(struct replay *r, const struct replay_options *o, struct err *e);

/** The engine has been started: states that are due before any record, and twins that begin. */
int replay_state_start(struct replay *r, const struct replay_options *o, struct err *e);

/** `rec` was obeyed with `answer`: twins follow, and states that are due are saved. */
int replay_state_step(struct replay *r, const struct replay_options *o, const struct rec *rec,
                      int answer, struct err *e);

/** The trace was read to its end and the engine finished with `answer`. */
int replay_state_finish(struct replay *r, int answer, struct err *e);

/** 0, or -EINVAL with a sentence: a record at which a state was to be saved was not reached, or
 * (when `to_the_end`) one at which a twin was to begin. */
int replay_state_missed(const struct replay *r, const struct replay_options *o, bool to_the_end,
                        struct err *e);

void replay_state_free(struct replay *r);

#endif
