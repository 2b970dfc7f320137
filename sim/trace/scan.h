/* SPDX-License-Identifier: MIT */
/*
 * Fields of one line of the text form (docs/trace-format.md, chapter 1): cutting a line at
 * blanks, and reading a number, a name, a device. Nothing here allocates or keeps state
 * between lines.
 */
#ifndef VTR_TRACE_SCAN_H
#define VTR_TRACE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/** Bytes of one line, without its line end. Not 0-terminated. */
struct field {
    const char *p;
    size_t n;
};

/** A line being read from left to right. */
struct scan {
    const char *line; /* its first byte */
    const char *p;    /* not read yet */
    const char *end;  /* one past its last byte, line end excluded */
    const char *bad;  /* where a complaint points; set by scan_fail() */
    struct err *err;
};

/** Start on the `n` bytes at `line`; complaints go to `err`. */
static inline struct scan scan_line(const char *line, size_t n, struct err *err)
{
    return (struct scan){line, line, line + n, line, err};
}

/** Note what is wrong at `at` (a place in the line). Always returns false. */
bool scan_fail(struct scan *s, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** `f` in a form fit for a message: at most 40 bytes, no control or non-ASCII bytes. */
struct quoted {
    char text[64];
};
struct quoted field_quoted(struct field f);

/** The next field; false when only blanks or a comment are left (no complaint). */
bool scan_field(struct scan *s, struct field *f);

/** The next field, which must be there; `what` names it in the complaint. */
bool scan_need(struct scan *s, struct field *f, const char *what);

/** Nothing but blanks or a comment may be left; the comment must be valid text. */
bool scan_done(struct scan *s);

/**
 * The rest of the line without leading and trailing blanks: the text of `meta` and `mark`.
 * Fails when it is not UTF-8 or holds a control character other than a tab.
 */
bool scan_rest(struct scan *s, struct field *f);

/** True when `f` is exactly `word`. */
bool field_is(struct field f, const char *word);

/**
 * Read `f` as a number, decimal or 0x, of at most 64 bits and not above `max`.
 * `what` names the value in the complaint.
 */
bool scan_number(struct scan *s, struct field f, const char *what, uint64_t max, uint64_t *v);

/** The next field as such a number. */
bool scan_u64(struct scan *s, const char *what, uint64_t max, uint64_t *v);

/** A size from 1 to 2^64, the latter returned as 0. */
bool scan_size64(struct scan *s, const char *what, uint64_t *v);

/** Read `f` as BB:DD.F. */
bool scan_bdf(struct scan *s, struct field f, bdf_t *v);

/** Copy `f` as a NAME ([A-Za-z0-9._:@-]{1,64}) to `out`, which has NAME_BYTES. */
bool scan_name(struct scan *s, struct field f, const char *what, char *out);

/** Read `f` as `on` or `off`. */
bool scan_on_off(struct scan *s, struct field f, const char *what, bool *v);

/** Split KEY=VALUE; fails when there is no `=` or no key. */
bool scan_key(struct scan *s, struct field f, struct field *key, struct field *value);

/**
 * Look `f` up in `words` (NULL-terminated): its index, or -1 with a complaint that lists them.
 */
int scan_word(struct scan *s, struct field f, const char *what, const char *const words[]);

/** True when the 0-terminated `name` is a NAME; `max` bytes are looked at, at most. */
bool name_valid(const char *name, size_t max);

/** First byte of `p` that is not UTF-8 text (a control character other than a tab), or NULL. */
const char *text_bad_byte(const char *p, size_t n);

#endif
