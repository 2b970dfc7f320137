/* SPDX-License-Identifier: MIT */
/*
 * What a campaign asks of a trace (docs/campaign.md). Each comparison has a name, replays the trace
 * two times or more where it compares runs, and says the first thing that is wrong.
 */
#ifndef VTR_CAMPAIGN_COMPARE_H
#define VTR_CAMPAIGN_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "shrink/shrink.h"

enum comparison {
    CMP_IDEAL,    /* under ideal no invariant of severity violation breaks; restored at a record */
    CMP_STRATEGY, /* walk, translate and, where it is offered, dirty: the same digest */
    CMP_PROFILE,  /* a profile: no damage, its twin does the same, what all systems promise holds */
    CMP_AGAIN,    /* a second run: the same digest */
    CMP_SWAP,     /* equal traces (variants.h): the same end state under ideal */
    CMP_SPLIT,
    CMP_JOIN,
    CMP_TAIL,
    CMP_BLOCK,
    CMP_QUEUE,
    COMPARISONS
};

/** "ideal", "strategy", ... and back: COMPARISONS when there is none of that name. */
const char *comparison_name(enum comparison c);
enum comparison comparison_find(const char *name);
/** One line. */
const char *comparison_what(enum comparison c);
/** Whether a profile belongs to it; else it is ideal's. */
bool comparison_has_profile(enum comparison c);

struct compare_job {
    enum comparison what;
    const char *profile; /* CMP_STRATEGY, CMP_PROFILE, CMP_AGAIN */
    const char *quirk;   /* NULL: none */
    const char *without; /* NULL: none; else this invariant is not judged */
    bool full;           /* --check full */
    bool restore;        /* a twin is restored at record `at` of the trace as first read */
    uint64_t at;
};

struct judgement {
    bool wrong;
    char key[40];         /* the invariant, or a word: findings with the same are one */
    char text[660];       /* one sentence */
    uint64_t record;      /* where it showed, or how many there are */
    uint64_t restored_at; /* the record at which its twin was restored; 0: none */
    uint64_t executions;  /* replays made, added up */
    bool useless;         /* it cannot be compared: the unit is not offered, or it says nothing */
};

/**
 * Ask. `j->executions` is added to. 0, or -ENOMEM. A canary's (with a quirk) is wrong when an
 * invariant is broken in a record in which it is not broken without it (of the same consumer).
 */
int compare(const struct compare_job *job, const struct shrink_case *c, struct judgement *j);

#endif
