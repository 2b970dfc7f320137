/* SPDX-License-Identifier: MIT */
/* The inside of the command line of replay, shared by options*.c and by nobody else. All functions
 * return 0 or a negative errno with a sentence. */
#ifndef VTR_CLI_OPTIONS_INSIDE_H
#define VTR_CLI_OPTIONS_INSIDE_H

#include "cli/options.h"

/* options_value.c: take the value `s` of an option. */

/** Is `name`, given to `option`, a profile that is built? */
int option_profile(const char *option, const char *name, struct err *e);
int option_quirk(struct replay_options *o, const char *name, struct err *e);
/** FIELD=VALUE; goes among the quirks, in the order given. */
int option_set(struct replay_options *o, const char *s, struct err *e);
int option_attach(struct replay_options *o, const char *s, struct err *e);
int option_sync(struct replay_options *o, const char *s, struct err *e);
/** N:FILE */
int option_save(struct replay_options *o, const char *s, struct err *e);
/** A number from 1. */
int option_explain(struct replay_options *o, const char *s, struct err *e);

/** options_check.c: do traces and options go together? --restore turns the checks off. */
int options_agree(struct replay_options *o, struct err *e);

#endif
