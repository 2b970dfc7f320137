/* SPDX-License-Identifier: MIT */
/* Private to against*.c: two runs under way. */
#ifndef VTR_CLI_AGAINST_INSIDE_H
#define VTR_CLI_AGAINST_INSIDE_H

#include "base/rangemap.h"
#include "cli/against.h"
#include "report/pairing.h"

/** What one consumer was told and took, on one side. */
struct against_held {
    char name[NAME_BYTES];
    struct rangemap map;
};

struct against;

struct against_side {
    struct against *all;
    enum pairing_side which;
    const char *profile;
    struct policy *policy;
    struct engine *engine;
    struct against_held *held;
    size_t helds, room;
    bool aborted;
    char why[320]; /* why it aborted or refused; "" when neither */
    bool refused;  /* the unit, or a record: -EINVAL, -ENOTSUP, -ENOMEM */
    bool failed;   /* out of memory in what is kept here */
};

struct against {
    const struct against_job *job;
    struct trace_reader *reader;
    struct pairing differ;
    struct against_side side[2];
    uint64_t records, at_ns; /* obeyed by both */
    struct trace_damage damage;
    bool damaged;
    bool interrupted; /* only so far was compared */
};

/** Ranges that only one side holds; both counts 0 when they hold the same. */
struct against_only {
    uint64_t held[2], only[2];
};
struct against_only against_compare_held(const struct against *a, const char *name);

/** Add the observer that keeps what one side tells. 0 or a negative errno. */
int against_listen(struct against_side *s);
void against_forget(struct against_side *s);

/** The two forms of the report. 0, -EIO or -ENOMEM. */
int against_text(FILE *out, const struct against *a);
int against_json(FILE *out, const struct against *a);

#endif
