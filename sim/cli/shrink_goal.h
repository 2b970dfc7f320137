/* SPDX-License-Identifier: MIT */
/*
 * Why a trace fails, and whether a smaller one fails in the same way: an invariant broken, the
 * modelled system at its end for the same reason, another difference between two profiles, or
 * what a command of the user's says. What sim/shrink/ asks.
 */
#ifndef VTR_CLI_SHRINK_GOAL_H
#define VTR_CLI_SHRINK_GOAL_H

#include "cli/replay.h"
#include "report/pairing.h"
#include "shrink/shrink.h"

/** How two profiles differ first: the kind of event on each side, "" for none. */
struct shrink_difference {
    bool any;
    uint64_t record;
    char kind[2][32];
};

struct shrink_goal {
    const struct replay_options *options;
    const char *named;   /* --invariant; NULL: the first that is broken */
    const char *command; /* --command; NULL: a replay is asked */
    char *path;          /* for the command: the file that it is given */
    /* Chosen: */
    size_t row;          /* of invariants() */
    bool by_quirk;       /* it is not broken without the quirks, nor may it be then */
    bool clean_without;  /* nothing is */
    bool lasting;        /* there are quirks, and it is broken without them, too */
    char abort_why[160]; /* LIVE-ABORT: why */
    struct shrink_difference difference; /* --against */
};

/** How a trace in memory fails. 0; -ENODATA with a sentence: it does not; -EINVAL: it cannot be
 * replayed; -ENOMEM. */
int shrink_goal_choose(struct shrink_goal *g, const struct shrink_case *c, struct err *e);

/** The predicate for shrink_run; `arg` is a chosen goal. */
int shrink_goal_fails(void *arg, const struct shrink_case *c, size_t *needed);

/** The invariant's id; or words for what else it is. */
const char *shrink_goal_name(const struct shrink_goal *g);

/** The number of the finding that is the goal, for --explain; 0: it has none. */
uint64_t shrink_goal_finding(const struct shrink_goal *g, const struct shrink_case *c);

/**
 * What `--restore-at` says, for this case: the records that were numbered so in the trace as it was
 * read, or those before them. `to` has room for all. */
void shrink_goal_restore_at(const struct shrink_goal *g, const struct shrink_case *c, uint64_t *to);

/* Private to shrink_*.c. */
int shrink_against(const struct shrink_goal *g, const struct shrink_case *c,
                   struct shrink_difference *d);
int shrink_command(const struct shrink_goal *g, const struct shrink_case *c, int *status);

/** The case as text, behind the line `comment` ("": none). 0 or a negative errno. */
int shrink_write(FILE *out, const char *comment, const struct shrink_case *c, struct err *e);

#endif
