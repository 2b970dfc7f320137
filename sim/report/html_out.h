/* SPDX-License-Identifier: MIT */
/*
 * The few shapes that the page is made of. Private to html*.c.
 */
#ifndef VTR_REPORT_HTML_OUT_H
#define VTR_REPORT_HTML_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/html.h"

/* Text from outside: what would be markup is escaped, what is no UTF-8 is U+FFFD, control
 * characters and those that turn the direction of writing are blanks. html_text_cut: at most `most`
 * characters, then an ellipsis. */
void html_text(FILE *out, const char *s);
void html_text_cut(FILE *out, const char *s, size_t most);

/* The same with line ends kept, for <pre>. Lines that begin in the first column are titles. */
void html_pre(FILE *out, const char *s);

/* Text as part of an address inside an attribute: all but letters, digits and a few signs as %XX.
 */
void html_href(FILE *out, const char *s);

/* The page up to <main>, and from </main> on. `title` is text from outside. */
void html_head(FILE *out, const char *title, const char *verdict, const char *words);
void html_foot(FILE *out, const char *version);

/* "VIOLATED" in its colours. */
void html_badge(FILE *out, const char *verdict);

/* A row of two cells, a name and a number or text; _if: not when it is 0. */
void html_row(FILE *out, const char *name, const char *text);
void html_number(FILE *out, const char *name, uint64_t v, const char *note);
void html_number_if(FILE *out, const char *name, uint64_t v, const char *note);

/* A record and its time, "44,178 (12.345 s)". */
void html_record(FILE *out, const struct html_page *p, uint64_t record, uint64_t at_ns);

extern const char html_style[]; /* html_style.c */

/* html_frame.c: what stands around a graph that runs over records or time. */
struct html_frame {
    FILE *out;
    const struct html_page *p;
    enum html_axis axis;
    unsigned bins; /* used */
};
void html_plot_begin(const struct html_frame *f, const char *class, const char *said,
                     unsigned high);
void html_plot_end(const struct html_frame *f);
/* 1000 * log2(1 + v), by whole numbers alone: the same everywhere. */
uint64_t html_log2_milli(uint64_t v);
/* Ticks of the axis below, and what it is. */
void html_plot_axis(const struct html_frame *f);
/* A sign above a bin; `title` is ours. */
void html_plot_sign(const struct html_frame *f, unsigned bin, const char *class, const char *sign,
                    const char *title);
/* A label left of the plot, `per_mille` of its height from below. */
void html_plot_label(const struct html_frame *f, unsigned per_mille, const char *text);

/* Sections of the page. */
void html_graphs(FILE *out, const struct html_page *p);     /* html_graphs.c */
void html_held(const struct html_frame *f);                 /* html_graphs.c */
void html_activity(const struct html_frame *f);             /* html_activity.c */
void html_map(const struct html_frame *f);                  /* html_map.c */
void html_lanes(const struct html_frame *f);                /* html_lanes.c */
void html_happened(FILE *out, const struct html_page *p);   /* html_lanes.c */
void html_findings(FILE *out, const struct html_page *p);   /* html_findings.c */
void html_broken(FILE *out, const struct html_page *p);     /* html_findings.c */
void html_invariants(FILE *out, const struct html_page *p); /* html_invariants.c */
void html_counts(FILE *out, const struct html_page *p);     /* html_counts.c */
void html_model(FILE *out, const struct html_page *p);      /* html_model.c */
void html_provenance(FILE *out, const struct html_page *p); /* html_model.c */

#endif
