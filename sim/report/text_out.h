/* SPDX-License-Identifier: MIT */
/*
 * Private to the text report: where it goes and the few shapes it is made of.
 */
#ifndef VTR_REPORT_TEXT_OUT_H
#define VTR_REPORT_TEXT_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

#define TEXT_WIDTH 96

struct text {
    FILE *out;
    bool colour;
    const struct report *r;
    const struct view *view;
};

enum text_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_WARN, STYLE_TITLE };

/* Switch the terminal to a style and back (STYLE_PLAIN); nothing without colours. */
void text_style(const struct text *t, enum text_style s);

/* A blank line and a title. */
void text_title(const struct text *t, const char *title);

/* "s" unless v is 1. */
const char *plural(uint64_t v);

/*
 * `s` cleaned for a terminal, its words wrapped at TEXT_WIDTH. The first word comes at column `at`
 * (0: on a new line), further lines are indented.
 */
void text_wrapped(const struct text *t, unsigned at, unsigned indent, const char *s);

/* The invariants broken, and each finding in a paragraph (text_findings.c). */
void text_findings(const struct text *t);

#endif
