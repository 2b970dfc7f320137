/* SPDX-License-Identifier: MIT */
/* The records of a trace that are about its vhosts, played. */
#ifndef VTR_JUDGE_VHOST_PLAY_H
#define VTR_JUDGE_VHOST_PLAY_H

#include "../edu.h"
#include "../run.h"

/** Which of the vhosts has this device, or this name; -1: none. */
int run_vhost_of(const struct run *r, bdf_t b);
int run_vhost_named(const struct run *r, const char *name);

/** An `attach` before the guest's first record, or --vhost (NULL: no name said). False: see
 * run_cannot. */
bool run_vhost_add(struct run *r, bdf_t b, const char *name);

/** Before each reading of the trace: all of them run. */
void run_vhosts_rewind(struct run *r);

/**
 * A record about a vhost or an access of its device: 1 it is played, 0 it is not (nothing would
 * come of it, or it is about somebody else), -1: see run_cannot.
 */
int run_vhost_plays(struct run *r, const struct rec *rec);

/** Whether a record leaves it at the vhosts that are there from the start. False: `why` says why
 * not. */
bool run_vhost_stays(const struct run *r, const struct rec *rec, bool begun, const char **why);

/** The model's consumers, appended to `to` at `count`; the new count. */
size_t run_vhosts_attach(const struct run *r, struct attach_rec *to, size_t count);

/** A record for which run_vhost_plays() was 1. */
enum answer run_vhost_obey(struct run *r, const struct rec *rec, struct edu_result *out,
                           struct err *e);

/** The model obeys `rec`, as model_step(). A start asks for the used rings as the machine's does.
 */
int run_vhost_model(struct run *r, const struct rec *rec, struct err *e);

/** After a reset of the machine: as it was before, but for what a reset ends. */
enum answer run_vhosts_again(struct run *r, struct err *e);

/** After the first reading: whether no other consumer has the device of one. False: see run_cannot.
 */
bool run_vhosts_alone(struct run *r);

/** Whether the machine can have all of them together, with the assigned devices where they were
 * placed. False: see run_cannot. */
bool run_vhosts_placed(struct run *r);

/** Without assigned devices: memory as the vhosts were told of it, where the trace's is another. */
void run_vhosts_layout(struct run *r);

/** ATS where the header says so: before the first record. False: see run_cannot. */
bool run_vhosts_ats(struct run *r);

#endif
