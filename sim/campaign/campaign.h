/* SPDX-License-Identifier: MIT */
/*
 * A campaign: runs with a random trace each, every one decided by the seed and its number alone, so
 * that shards of it can run anywhere and come to the same together (docs/campaign.md).
 */
#ifndef VTR_CAMPAIGN_CAMPAIGN_H
#define VTR_CAMPAIGN_CAMPAIGN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "campaign/draft.h"
#include "campaign/result.h"

struct campaign_options {
    uint64_t seed, runs, events;
    uint64_t shard, of; /* the runs whose number leaves shard - 1 when divided by of */
    bool canary;        /* three of four runs have a quirk on, each must be caught */
    const char *quirk;  /* NULL: any; else this one is the only canary */
    bool hunt;          /* `quirk` is on in every run, and its first catch ends the campaign */
    const char *without; /* NULL: none; else this invariant is not judged */
    uint64_t shrink_runs; /* replays of one shrinking at most; 0: no limit */
    /* Called after each run; may be NULL. `found`: a new finding or canary, in words. */
    void (*progress)(void *ctx, uint64_t run, const struct campaign_result *r, const char *found);
    void *ctx;
    /* Not 0: end after the run under way, whose shrinking ends at once; a signal may set it. NULL:
     * nobody asks. */
    const volatile sig_atomic_t *stop;
};

/** The end was asked for. */
static inline bool campaign_stopped(const struct campaign_options *o)
{
    return o->stop && *o->stop;
}

/** Make the runs. `r` is empty and stays the caller's; where the end was asked for it says which
 * runs were made. 0, or a negative errno with a sentence. */
int campaign_run(const struct campaign_options *o, struct campaign_result *r, struct err *e);

/** The trace of one run, as it is before anything is shrunk. As draw_trace(). */
int campaign_trace(const struct campaign_options *o, uint64_t run, struct draft *d, struct err *e);

/* finding.c, private to the room. */

/** Shrink the case until nothing smaller fails with `j->key`; its text, with a comment that says
 * how to see it, is the caller's to free. `command` (256 bytes) receives that too. */
int campaign_shrink(const struct compare_job *job, const struct judgement *j,
                    const struct shrink_case *c, const struct campaign_options *o, char **text,
                    char *command, uint64_t *records, struct err *e);

#endif
