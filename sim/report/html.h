/* SPDX-License-Identifier: MIT */
/*
 * The report of one replay as one page that opens from a file: no script, no network, no other
 * file. Formatting only; who fills it in is cli/page.c. What comes from a trace, a command line or
 * an error is text there, never markup. The same replay gives the same bytes.
 */
#ifndef VTR_REPORT_HTML_H
#define VTR_REPORT_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/html_watch.h"
#include "report/report.h"
#include "report/view.h"

/** The story behind finding `n`, as --explain tells it. */
struct html_story {
    uint64_t n;
    const char *text;
};

struct html_page {
    const struct report *report;
    const struct view *view;        /* thins the findings, nothing else */
    const struct html_watch *watch; /* of the same run */
    const struct html_story *stories;
    size_t stories_count;
    const char *no_stories; /* why there are no (more) stories: a sentence; NULL: there are */
    const char *command;    /* what replays this again, as a shell would take it */
    const char *explain;    /* the same with --explain, to be followed by a number */
    const char *version;
};

/** Write the page. Returns 0, or -EIO when a write failed. */
int html_page(FILE *out, const struct html_page *p);

/** One row of the list of pages. */
struct html_index_row {
    const char *href;    /* the page's file name, beside the list */
    const char *trace;   /* as the user named it */
    const char *verdict; /* "clean" ... */
    const char *words;   /* the verdict in words */
};

/** Write the list of several pages. Likewise. */
int html_index(FILE *out, const struct html_index_row *rows, size_t count, const char *version);

/** The verdict in words ("2 violations; 1 finding about the guest"). Fills and returns `out`. */
char *html_verdict_words(char *out, size_t room, const struct report *r);

#endif
