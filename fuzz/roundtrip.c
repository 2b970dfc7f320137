/* SPDX-License-Identifier: MIT */
#include "roundtrip.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/reader.h"

/* More of one input is not looked at: a few bytes of zstd can hold any number of lines. */
#define RECORDS_MAX 20000u

/* Bytes that grow; kept from one execution to the next. */
struct bytes {
    uint8_t *at;
    size_t used, room;
};

static int append(void *ctx, const void *bytes, size_t n)
{
    struct bytes *b = ctx;

    if (b->room - b->used < n) {
        size_t room = (b->used + n) * 2;
        uint8_t *grown = realloc(b->at, room);

        if (!grown)
            return -ENOMEM;
        b->at = grown;
        b->room = room;
    }
    memcpy(b->at + b->used, bytes, n);
    b->used += n;
    return 0;
}

/* What `r` gives, written in one or two forms. The last answer of the reader. */
static int copy(struct trace_reader *r, struct trace_writer *w[2], struct trace_damage *d,
                const char *whose)
{
    struct rec rec;
    struct err e = {""};
    int more = 0;

    for (unsigned n = 0; n < RECORDS_MAX && (more = trace_next(r, &rec, d)) == 1; n++)
        for (unsigned k = 0; k < 2 && w[k]; k++)
            if (trace_writer_add(w[k], &rec, &e))
                finding("%s: record %" PRIu64 " can be read but not written: %s", whose,
                        trace_records(r), e.text);
    if (more < 0 && !d->why[0])
        finding("%s: damage without a sentence", whose);
    for (unsigned k = 0; k < 2 && w[k]; k++)
        if (trace_writer_finish(w[k], &e))
            finding("%s: the copy cannot be ended: %s", whose, e.text);
    return more;
}

static struct trace_writer *writer(enum trace_form form, const struct trace_header *h,
                                   struct bytes *to)
{
    struct trace_writer *w = NULL;
    struct err e;

    to->used = 0;
    if (trace_writer_open(form, h, TRACE_LEVEL_MIN, (struct trace_sink){append, to}, &w, &e))
        finding("a header can be read but not written: %s", e.text);
    return w;
}

/* A copy, which is whole: its text must be `text`. */
static void again(const struct bytes *copied, const struct bytes *text, const char *whose)
{
    static struct bytes out;
    struct trace_damage d = {.why = ""};
    struct trace_reader *r;
    struct trace_writer *w[2] = {NULL, NULL};

    if (trace_open_memory(copied->at, copied->used, &r, &d))
        finding("%s: our own copy cannot be opened: %s", whose, d.why);
    w[0] = writer(TRACE_TEXT, trace_header(r), &out);
    if (copy(r, w, &d, whose) < 0)
        finding("%s: our own copy is damaged: %s", whose, d.why);
    trace_writer_free(w[0]);
    trace_close(r);
    if (out.used != text->used || memcmp(out.at, text->at, out.used) != 0)
        finding("%s: its text differs from what was read first", whose);
}

void fuzz_roundtrip(const uint8_t *data, size_t size)
{
    static struct bytes text, packed;
    struct trace_damage d = {.why = ""};
    struct trace_reader *r;
    struct trace_writer *w[2] = {NULL, NULL};
    enum trace_form form;
    bool pack;

    if (trace_open_memory(data, size, &r, &d)) {
        if (!d.why[0])
            finding("the file is refused without a sentence");
        return;
    }
    form = trace_form(r);
    /* Packing costs a hundred times as much as reading a few lines: not for every text. */
    pack = form != TRACE_TEXT || size % 16 == 0;
    w[0] = writer(TRACE_TEXT, trace_header(r), &text);
    if (pack)
        w[1] = writer(TRACE_PACKED, trace_header(r), &packed);
    copy(r, w, &d, "the input");
    trace_writer_free(w[0]);
    trace_writer_free(w[1]);
    trace_close(r);
    again(&text, &text, "canonical text");
    if (pack)
        again(&packed, &text, "packed form");
}

int fuzz_reread(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e)
{
    struct trace_damage d = {.why = ""};
    struct trace_reader *r;
    struct trace_writer *w[2] = {NULL, NULL};
    int fault = trace_open_memory(data, size, &r, &d);

    if (fault)
        return err_set(e, -fault, "%s", d.why);
    fault = trace_writer_open(TRACE_TEXT, trace_header(r), 0, sink, &w[0], e);
    if (!fault)
        copy(r, w, &d, "the input");
    trace_writer_free(w[0]);
    trace_close(r);
    return fault;
}
