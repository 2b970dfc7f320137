/* SPDX-License-Identifier: MIT */
/*
 * What a campaign found, as values: sums, findings, canaries. Two results of disjoint runs make
 * one, the same as if one campaign had made all of them; as JSON they travel (docs/campaign.md).
 */
#ifndef VTR_CAMPAIGN_RESULT_H
#define VTR_CAMPAIGN_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/shards.h"
#include "campaign/compare.h"

#define CAMPAIGN_WORD 64u

/** A way to fail, with the first run that showed it. */
struct campaign_finding {
    char comparison[CAMPAIGN_WORD], profile[CAMPAIGN_WORD], key[CAMPAIGN_WORD];
    char text[660];
    char command[256]; /* {} stands for the file */
    uint64_t count;    /* runs that showed it */
    uint64_t seed, run;
    uint64_t records; /* of the trace, shrunk */
    char *trace;      /* as text */
};

/** A quirk switched on on purpose. */
struct campaign_canary {
    char quirk[CAMPAIGN_WORD];
    uint64_t tries;  /* runs with it */
    uint64_t caught; /* of them, those that showed it */
    /* caught: the first one */
    uint64_t after; /* the how manieth with it that was, of its seed */
    uint64_t seed, run, records;
    char key[CAMPAIGN_WORD];
    char command[256];
    char *trace;
};

/** Which runs were made: of those with numbers below `runs`, the shards. */
struct campaign_part {
    uint64_t seed, runs, events;
    bool canary;
    struct shards shards;
};

struct campaign_result {
    struct campaign_part *part;
    size_t parts;
    uint64_t runs, records, executions;
    uint64_t asked[COMPARISONS], said[COMPARISONS]; /* said: of those asked, where it could tell */
    struct campaign_finding *finding;
    size_t findings;
    struct campaign_canary *canary;
    size_t canaries;
};

/** A zeroed struct is empty. */
void campaign_result_free(struct campaign_result *r);

/** The finding of that kind, made with count 0 when there is none; likewise the canary. NULL: out
 * of memory. */
struct campaign_finding *campaign_finding(struct campaign_result *r, const char *comparison,
                                          const char *profile, const char *key);
struct campaign_canary *campaign_canary(struct campaign_result *r, const char *quirk);

/** Add a part; shards of the same campaign come together. 0; -EEXIST with a sentence: these runs
 * are there; -ENOMEM. */
int campaign_part_add(struct campaign_result *r, const struct campaign_part *p, struct err *e);

/** All shards of all its parts are there, and none was interrupted. */
bool campaign_whole(const struct campaign_result *r);
/** Some shard was interrupted. */
bool campaign_cut(const struct campaign_result *r);

/** `from` into `to`; both stay the caller's. 0; -EEXIST: they share runs; -ENOMEM. With a sentence;
 * `to` is then worthless. */
int campaign_merge(struct campaign_result *to, const struct campaign_result *from, struct err *e);

/** Findings, and of a whole campaign canaries that were not caught: what makes it fail. */
bool campaign_failed(const struct campaign_result *r);

/** JSON: one object, the same bytes for the same values. 0, -ENOMEM or -EIO. */
int campaign_write(FILE *out, const struct campaign_result *r);
/** Back, into an empty result. 0; -EINVAL with a sentence; -ENOMEM. */
int campaign_read(const char *text, struct campaign_result *r, struct err *e);

/** For a person. 0 or -EIO. */
int campaign_print(FILE *out, const struct campaign_result *r);

#endif
