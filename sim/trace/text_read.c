/* SPDX-License-Identifier: MIT */
#include "trace/text_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace/unzstd.h"

static int damage_at(const struct text_reader *t, uint64_t offset, uint64_t line, const char *why,
                     struct trace_damage *d)
{
    d->byte = t->z ? t->z->frame_byte : offset;
    d->line = line;
    snprintf(d->why, sizeof(d->why), "%.*s", (int)sizeof(d->why) - 1, why);
    return -1;
}

/* A complaint about the line last taken. */
static int damage_in(const struct text_reader *t, const struct scan *s, struct trace_damage *d)
{
    return damage_at(t, t->line_byte + (uint64_t)(s->bad - s->line), t->line, s->err->text, d);
}

/* The window ended without a line end. */
static int no_line_end(const struct text_reader *t, struct trace_damage *d)
{
    const struct window *w = t->window;
    char why[200];

    if (w->error == EBADMSG && t->z)
        return damage_at(t, 0, t->line + 1, t->z->err.text, d);
    if (w->error) {
        snprintf(why, sizeof(why), "cannot be read further: error %d", w->error);
        return damage_at(t, window_offset(w) + window_left(w), t->line + 1, why, d);
    }
    if (window_left(w) == 0)
        return 0;
    return damage_at(t, window_offset(w), t->line + 1,
                     "the last line has no line end: cut off, a newline after each record expected",
                     d);
}

/* The next line, its end taken off, to `s`: 1, 0 at the end, -1 at a damage. */
static int next_line(struct text_reader *t, struct scan *s, struct err *err, struct trace_damage *d)
{
    struct window *w = t->window;
    size_t searched = 0;
    const char *p;
    const char *eol;
    size_t n;

    for (;;) {
        p = (const char *)window_at(w);
        n = window_left(w);
        eol = n > searched ? memchr(p + searched, '\n', n - searched) : NULL;
        if (eol)
            break;
        searched = n;
        if (n > TEXT_LINE_MAX + 1)
            break;
        if (!window_fill(w, n + 1))
            return no_line_end(t, d);
    }
    n = eol ? (size_t)(eol - p) : n;
    t->line_byte = window_offset(w);
    t->line++;
    if (n > 0 && p[n - 1] == '\r' && eol)
        n--;
    if (n > TEXT_LINE_MAX)
        return damage_at(t, t->line_byte, t->line, "a line of more than 65536 bytes", d);
    w->pos += (size_t)(eol - p) + 1;
    *s = scan_line(p, n, err);
    return 1;
}

/* Give the line last taken back, to be read again. */
static void unread_line(struct text_reader *t)
{
    t->window->pos -= (size_t)(window_offset(t->window) - t->line_byte);
    t->line--;
}

static int unknown_record(struct text_reader *t, struct scan *s, struct field word,
                          struct trace_damage *d)
{
    scan_fail(s, word.p, "`%s` is no record", field_quoted(word).text);
    return damage_in(t, s, d);
}

static int read_version(struct text_reader *t, struct trace_damage *d)
{
    enum rec_kind kind;
    struct field word;
    struct scan s;
    struct err err;

    for (;;) {
        int rc = next_line(t, &s, &err, d);

        if (rc == 0)
            return damage_at(t, window_offset(t->window), t->line + 1,
                             "no record: `vtd-trace 1` expected as the first", d);
        if (rc < 0)
            return rc;
        switch (line_kind(&s, &word, &kind)) {
        case LINE_EMPTY:
            if (!scan_done(&s))
                return damage_in(t, &s, d);
            break;
        case LINE_VERSION: return parse_version(&s) ? 0 : damage_in(t, &s, d);
        default:
            scan_fail(&s, word.p, "`%s`: the first record must be `vtd-trace 1`",
                      field_quoted(word).text);
            return damage_in(t, &s, d);
        }
    }
}

int text_read_header(struct text_reader *t, struct trace_header *h, struct trace_damage *d)
{
    enum rec_kind kind;
    struct field word;
    struct scan s;
    struct err err;
    int rc = read_version(t, d);

    if (rc)
        return rc;
    for (;;) {
        rc = next_line(t, &s, &err, d);
        if (rc <= 0)
            return rc;
        switch (line_kind(&s, &word, &kind)) {
        case LINE_EMPTY:
            if (!scan_done(&s))
                return damage_in(t, &s, d);
            break;
        case LINE_HEADER:
        case LINE_EITHER:
            if (!parse_header(&s, word, h))
                return damage_in(t, &s, d);
            break;
        case LINE_VERSION:
            scan_fail(&s, word.p, "a second `vtd-trace`, one expected");
            return damage_in(t, &s, d);
        case LINE_EVENT: unread_line(t); return 0;
        case LINE_UNKNOWN: return unknown_record(t, &s, word, d);
        }
    }
}

int text_next(struct text_reader *t, struct rec *rec, struct trace_damage *d)
{
    enum rec_kind kind;
    struct field word;
    struct scan s;
    struct err err;

    for (;;) {
        int rc = next_line(t, &s, &err, d);

        if (rc <= 0)
            return rc;
        switch (line_kind(&s, &word, &kind)) {
        case LINE_EMPTY:
            if (!scan_done(&s))
                return damage_in(t, &s, d);
            break;
        case LINE_EVENT:
        case LINE_EITHER:
            if (!parse_event(&s, word, kind, rec, t->store, &t->at_ns))
                return damage_in(t, &s, d);
            return 1;
        case LINE_VERSION:
        case LINE_HEADER:
            scan_fail(&s, word.p, "`%s` belongs into the header, before the first event",
                      field_quoted(word).text);
            return damage_in(t, &s, d);
        case LINE_UNKNOWN: return unknown_record(t, &s, word, d);
        }
    }
}
