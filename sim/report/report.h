/* SPDX-License-Identifier: MIT */
/*
 * The report of one replay: everything the text and the JSON form say, and how they are
 * written. Formatting only; who fills it in is cli/replay.c.
 */
#ifndef VTR_REPORT_REPORT_H
#define VTR_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "checks/checks.h"
#include "engine.h"
#include "report/counts.h"
#include "report/view.h"
#include "trace/record.h"

enum verdict {
    VERDICT_CLEAN,    /* all that was asked holds */
    VERDICT_VIOLATED, /* an invariant of severity violation was broken */
    VERDICT_DIFFERS,  /* only judged differences from what was observed */
    VERDICT_DAMAGED,  /* unreadable, damaged, or asks for what is not offered */
    VERDICT_ABORTED   /* the modelled system would have ended */
};

/** Why a replay did not reach the end of its trace. */
struct stop {
    bool has_byte;
    uint64_t byte;   /* offset in the file as stored */
    uint64_t line;   /* text forms, from 1; 0: not known */
    uint64_t record; /* the last record read */
    char why[640];
};

struct report {
    const char *trace;         /* as the user named it */
    const char *profile;       /* NULL: not chosen, the header could not be read */
    const char *kinds;         /* the profile's own names for MAP and UNMAP; NULL: these */
    const char *sync;          /* "walk" ... */
    const char *check;         /* "fast", "full", "off" */
    const char *const *quirks; /* switched on */
    size_t quirks_count;
    const struct trace_header *header; /* NULL: could not be read */
    enum verdict verdict;
    bool refused;     /* VERDICT_DAMAGED, because the unit is not offered or not built */
    uint64_t records; /* event records obeyed */
    bool restored;    /* from a state saved after record `restored_after`; counts begin there */
    uint64_t restored_after;
    bool stopped;
    struct stop stop;
    bool interrupted; /* somebody asked for the end: verdict and counts are of what was done */
    bool judged; /* observed values were judged (contract, section 4) */
    struct check_compared compared, differs;
    const struct checks *checks; /* NULL: nothing was replayed */
    const struct counts *counts; /* never NULL */
    struct engine_ops ops;
    uint64_t digest;
};

/** "clean", "violated", "differs", "damaged", "aborted" */
const char *verdict_name(enum verdict v);

/** Verdict of a replay that was neither damaged nor aborted, from the checks and the comparison. */
enum verdict report_judge(const struct report *r);

/** Exit code of this replay (contract, section 1). */
int report_exit_code(const struct report *r, bool strict_guest);

/** What `unit model=` says, "" when the trace does not say. */
const char *report_model(const struct report *r);

/**
 * Write the report a person reads. `colour`: use terminal colours. Returns 0, or -EIO when a write
 * failed.
 */
int report_text(FILE *out, const struct report *r, const struct view *v, bool colour);

/**
 * Write one JSON object on one line (contract, section 3). A view does not thin it. Returns 0,
 * -ENOMEM, or -EIO when a write failed.
 */
int report_json(FILE *out, const struct report *r);

/** The line of a trace of which there is no report, so that there is one for each: verdict null. */
int report_json_nothing(FILE *out, const char *trace, const char *why);

/** The lines of --list-invariants and --list-quirks. Return 0 or -EIO. */
int report_invariants(FILE *out);
/** A line each of id, severity, statement and source, separated by tabs. Likewise. */
int report_invariants_table(FILE *out);
int report_quirks(FILE *out);
/** The lines of --list-fields: a field, its meaning and its source. Likewise. */
int report_fields(FILE *out);

#endif
