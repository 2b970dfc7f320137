/* SPDX-License-Identifier: MIT */
/* What the tests of the trace forms share: read bytes to canonical text, pack text. */
#ifndef VTR_TESTS_TRACE_RIG_H
#define VTR_TESTS_TRACE_RIG_H

#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "trace/reader.h"
#include "trace/text_write.h"
#include "trace/writer.h"

/** Bytes that grow; `p` is always 0-terminated. Free `p`. */
struct buffer {
    char *p;
    size_t n;
    size_t cap;
};

static inline int buffer_put(void *ctx, const void *bytes, size_t n)
{
    struct buffer *b = ctx;

    if (b->n + n + 1 > b->cap) {
        b->cap = 2 * (b->n + n + 1);
        b->p = realloc(b->p, b->cap);
        ck_assert_ptr_nonnull(b->p);
    }
    memcpy(b->p + b->n, bytes, n);
    b->n += n;
    b->p[b->n] = 0;
    return 0;
}

static inline int buffer_put_text(void *ctx, const char *text, size_t n)
{
    return buffer_put(ctx, text, n);
}

/** How reading ended. */
struct reading {
    int open; /* what trace_open_memory() answered */
    int end;  /* the last trace_next(): 0 or -1; 0 when not opened */
    uint64_t records;
    enum trace_form form;
    struct trace_damage damage;
};

/** Header and events of an opened trace as canonical text to `out`; closes it. */
static inline void drain(struct trace_reader *r, struct reading *x, struct buffer *out)
{
    static char line[REC_TEXT_BYTES];
    struct rec rec;

    x->form = trace_form(r);
    header_text(trace_header(r), buffer_put_text, out);
    while ((x->end = trace_next(r, &rec, &x->damage)) > 0)
        buffer_put(out, line, rec_text(&rec, line));
    x->records = trace_records(r);
    if (x->end < 0) {
        struct trace_damage again = {.byte = 0};

        ck_assert_int_eq(trace_next(r, &rec, &again), -1); /* then and ever after */
        ck_assert_uint_eq(again.byte, x->damage.byte);
        ck_assert_str_eq(again.why, x->damage.why);
        ck_assert_uint_eq(x->damage.record, x->records);
    }
    trace_close(r);
}

static inline struct reading read_bytes(const void *bytes, size_t n, struct buffer *out)
{
    struct reading x = {.end = 0};
    struct trace_reader *r;

    x.open = trace_open_memory(bytes, n, &r, &x.damage);
    ck_assert_int_eq(x.open == 0, r != NULL);
    if (r)
        drain(r, &x, out);
    return x;
}

/** Read `text` and write it packed to `out`. */
static inline void pack_bytes(const void *text, size_t n, struct buffer *out)
{
    struct trace_sink sink = {buffer_put, out};
    struct trace_reader *r;
    struct trace_writer *w;
    struct trace_damage d;
    struct err err;
    struct rec rec;
    int rc;

    ck_assert_msg(trace_open_memory(text, n, &r, &d) == 0, "%s", d.why);
    ck_assert_int_eq(trace_writer_open(TRACE_PACKED, trace_header(r), 3, sink, &w, &err), 0);
    while ((rc = trace_next(r, &rec, &d)) > 0)
        ck_assert_int_eq(trace_writer_add(w, &rec, &err), 0);
    ck_assert_msg(rc == 0, "line %llu: %s", (unsigned long long)d.line, d.why);
    ck_assert_int_eq(trace_writer_finish(w, &err), 0);
    ck_assert_uint_eq(trace_writer_bytes(w), out->n);
    trace_writer_free(w);
    trace_close(r);
}

/** The same from a string. */
static inline struct buffer pack_string(const char *text)
{
    struct buffer out = {NULL, 0, 0};

    pack_bytes(text, strlen(text), &out);
    return out;
}

/** True when `text` is the beginning of `whole`, cut at the end of a line. */
static inline int is_prefix(const struct buffer *text, const struct buffer *whole)
{
    return text->n == 0 || (text->n <= whole->n && memcmp(text->p, whole->p, text->n) == 0 &&
                            text->p[text->n - 1] == '\n');
}

/** A file's bytes; fails the test when it cannot be read. Tests run at the top of the project. */
static inline struct buffer read_file(const char *path)
{
    struct buffer b = {NULL, 0, 0};
    FILE *f = fopen(path, "rb");
    char piece[4096];
    size_t n;

    ck_assert_msg(f != NULL, "%s cannot be opened", path);
    buffer_put(&b, "", 0);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buffer_put(&b, piece, n);
    fclose(f);
    return b;
}

#endif
