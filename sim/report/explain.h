/* SPDX-License-Identifier: MIT */
/*
 * The story behind one finding, told to a person: what was expected, what happened in which
 * record, the tables as they are now, what each side holds, and the command that shows just that.
 * Formatting only; who collects it is cli/explain.c.
 */
#ifndef VTR_REPORT_EXPLAIN_H
#define VTR_REPORT_EXPLAIN_H

#include <stdio.h>

#include "report/report.h"
#include "report/story.h"
#include "report/text_out.h"

struct explain {
    const struct report *report;   /* of the run that found it; checks and counts are used */
    const struct finding *finding; /* owned by the report's checks */
    const struct story *story;     /* of a run that ended with the finding's record */
    const char *record_text;       /* the finding's record as text, "" when there is none */
    const char *cause_text;        /* the causing record likewise */
    const char *replay, *trace;    /* the programs, as the user would call them */
    const char *options;           /* of replay that shape the run, "" or with a blank in front */
};

/** Tell it. Returns 0, or -EIO when a write failed. */
int explain_text(FILE *out, const struct explain *x, bool colour);

/** `s` as one word of a shell, quoted when needed. Fills and returns `out`. */
char *explain_word(char *out, size_t room, const char *s);

/* Private to explain*.c. */
void explain_short(const struct text *t, const struct explain *x); /* explain_short.c */

#endif
