/* SPDX-License-Identifier: MIT */
/*
 * Replay one trace from its file to its report. Reads the trace and writes the event stream;
 * everything else is handed back as values. No clock: whoever wants progress is called
 * (records obeyed, bytes read, size of the file).
 */
#ifndef VTR_CLI_REPLAY_H
#define VTR_CLI_REPLAY_H

#include <stdint.h>
#include <stdio.h>

#include "base/progress.h"
#include "cli/options.h"
#include "report/digest.h"
#include "report/events.h"
#include "report/report.h"
#include "trace/reader.h"
#include "twin.h"

struct replay;

/** Who watches a replay beside the reports; any may be NULL. */
struct replay_hooks {
    int (*listen)(void *ctx, struct engine *e);        /* add observers; 0 or a negative errno */
    bool (*enough)(void *ctx, const struct replay *r); /* after each record: stop here? */
    void *ctx;
};

struct replay_job {
    const struct replay_options *options;
    const char *trace;        /* path, or "-" */
    struct trace_reader *reader; /* NULL: `trace` is opened; else it becomes the replay's own */
    FILE *events;             /* NULL: no event stream; stays the caller's */
    struct progress progress; /* show == NULL: none */
    size_t findings_kept;     /* at least that many of each invariant */
    struct replay_hooks hooks;
};

/** One replay and all it owns; `report` points into it. */
struct replay {
    struct report report;
    struct trace_reader *reader;
    struct policy *policy;
    struct engine_options engine_options;
    struct engine *engine;
    struct twins *twins; /* --restore-at; NULL: none */
    bool *saved;         /* of each --save; NULL: none is asked for */
    uint64_t header_sum;
    struct checks *checks;
    struct counts counts;
    struct digest digest;
    struct events events;
    bool events_failed; /* a write to the event stream failed */
};

/**
 * Replay. Whatever happens `r->report` is filled in and may be printed; errors of the trace are its
 * verdict and `stop`. The caller ends with replay_free.
 */
void replay_run(struct replay *r, const struct replay_job *job);
void replay_free(struct replay *r);

#endif
