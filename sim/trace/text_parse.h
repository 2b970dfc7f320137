/* SPDX-License-Identifier: MIT */
/*
 * One line of the text form to one record (docs/trace-format.md, chapters 1 to 3). The packed
 * form uses it too, for its header and its rare records.
 */
#ifndef VTR_TRACE_TEXT_PARSE_H
#define VTR_TRACE_TEXT_PARSE_H

#include "trace/rec_check.h"
#include "trace/record.h"
#include "trace/scan.h"

#define TEXT_LINE_MAX 65536u /* bytes of a line without its line end */

/** Where the variable parts of the record last given are kept. */
struct rec_store {
    uint64_t val[MEM_WORDS_MAX];
    struct attach_rec attach;
    char mark[MARK_TEXT_MAX + 1]; /* last */
};

/** What a line holds, by its first word. */
enum line_kind {
    LINE_EMPTY,   /* nothing but blanks and a comment */
    LINE_VERSION, /* vtd-trace */
    LINE_HEADER,  /* meta, unit, ram, rom: only before the first event */
    LINE_EITHER,  /* device, expectations: header before the first event, event after it */
    LINE_EVENT,
    LINE_UNKNOWN
};

/** Read the first word of a line. `kind` is set for LINE_EVENT and LINE_EITHER. */
enum line_kind line_kind(struct scan *s, struct field *word, enum rec_kind *kind);

/** The rest of a `vtd-trace` line: its version must be 1. */
bool parse_version(struct scan *s);

/**
 * The rest of a header line whose first word is `word`, into `h`.
 * False with the complaint in the scan.
 */
bool parse_header(struct scan *s, struct field word, struct trace_header *h);

/**
 * The rest of an event line of `kind`, whose first word is `word`, into `rec`; it points into
 * `store` and is valid until that is used again. The record is checked by rec_check() with
 * `at_ns`. False with the complaint in the scan.
 */
bool parse_event(struct scan *s, struct field word, enum rec_kind kind, struct rec *rec,
                 struct rec_store *store, uint64_t *at_ns);

/* Shared by header and events. */
bool parse_device(struct scan *s, struct device_rec *dev);
bool parse_expectations(struct scan *s, struct expectations_rec *e);

/** KIND BDF [KEY=VALUE...] and the NAME before it, into `a`. */
bool parse_attach(struct scan *s, struct attach_rec *a);

#endif
