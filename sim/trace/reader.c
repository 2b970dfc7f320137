/* SPDX-License-Identifier: MIT */
#include "trace/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "trace/foreign.h"
#include "trace/header.h"
#include "trace/packed_read.h"
#include "trace/source.h"
#include "trace/text_read.h"
#include "trace/unzstd.h"

struct trace_reader {
    struct source source;
    enum trace_form form;
    struct unzstd unzstd;             /* TRACE_TEXT_ZSTD */
    struct window text_window;        /* TRACE_TEXT_ZSTD: over its text */
    struct text_reader text;          /* TRACE_TEXT, TRACE_TEXT_ZSTD */
    struct packed_reader *packed;     /* TRACE_PACKED */
    const struct trace_header *given; /* trace_open_records; NULL: `header` */
    const struct rec *const *recs;    /* likewise */
    size_t count;
    uint64_t at_ns; /* of the last `at` of `recs` */
    struct trace_header header;
    uint64_t records; /* events given */
    int ended;        /* 1: at the end, -1: at `damage` */
    struct trace_damage damage;
    struct rec_store store; /* last: its `mark` begins as it is */
};

#define EXPECTED                                                                                   \
    "expected a trace: text that begins with `vtd-trace 1`, zstd of it, or a packed .vtt.zst"

static int refuse(struct trace_damage *d, int code, const char *fmt, const char *what)
{
    struct err err;

    err_set(&err, code, fmt, what);
    *d = (struct trace_damage){.byte = 0};
    memcpy(d->why, err.text, sizeof(d->why) - 1);
    return -code;
}

static int open_text(struct trace_reader *r, struct window *w, struct trace_damage *d)
{
    r->text = (struct text_reader){.window = w, .store = &r->store};
    if (r->form == TRACE_TEXT_ZSTD)
        r->text.z = &r->unzstd;
    return text_read_header(&r->text, &r->header, d) ? -EBADMSG : 0;
}

static int open_text_zstd(struct trace_reader *r, struct trace_damage *d)
{
    r->form = TRACE_TEXT_ZSTD;
    if (unzstd_open(&r->unzstd, &r->source.window) ||
        window_stream(&r->text_window, unzstd_pull, &r->unzstd))
        return refuse(d, ENOMEM, "%s", "out of memory");
    return open_text(r, &r->text_window, d);
}

/* A file that begins like zstd: what does it hold? */
static int open_zstd(struct trace_reader *r, struct trace_damage *d)
{
    uint8_t first[FOREIGN_BYTES];
    size_t n = zstd_peek(&r->source.window, first, sizeof(first));

    if (n >= 4 && memcmp(first, "VTTB", 4) == 0) {
        r->form = TRACE_PACKED;
        return packed_open(&r->source, &r->header, &r->store, &r->packed, d);
    }
    if (n == 0 || text_trace_likely(first, n))
        return open_text_zstd(r, d);
    return refuse(d, EINVAL, "this is a zstd file that holds %s; " EXPECTED,
                  foreign_name(first, n));
}

static int open_any(struct trace_reader *r, struct trace_damage *d)
{
    struct window *w = &r->source.window;
    const char *name;

    window_fill(w, FOREIGN_BYTES);
    if (w->error)
        return refuse(d, w->error, "%s", "cannot be read");
    if (zstd_magic(window_at(w), window_left(w)))
        return open_zstd(r, d);
    if (text_trace_likely(window_at(w), window_left(w)))
        return open_text(r, w, d);
    name = foreign_name(window_at(w), window_left(w));
    return refuse(d, EINVAL, "this is %s; " EXPECTED, name);
}

static int open_source(struct trace_reader *r, struct trace_reader **out, struct trace_damage *d)
{
    int rc = open_any(r, d);

    d->record = 0;
    *out = rc ? NULL : r;
    if (rc)
        trace_close(r);
    return rc;
}

static struct trace_reader *reader_new(struct trace_damage *d)
{
    struct trace_reader *r = malloc(sizeof(*r));

    if (r) {
        memset(r, 0, offsetof(struct trace_reader, store.mark));
        r->header = header_empty();
    } else {
        refuse(d, ENOMEM, "%s", "out of memory");
    }
    *d = r ? (struct trace_damage){.byte = 0} : *d;
    return r;
}

int trace_open(const char *path, struct trace_reader **out, struct trace_damage *d)
{
    struct trace_reader *r = reader_new(d);
    struct err err;
    int rc;

    *out = NULL;
    if (!r)
        return -ENOMEM;
    rc = source_open(&r->source, path, &err);
    if (rc) {
        free(r);
        return refuse(d, -rc, "%s", err.text);
    }
    return open_source(r, out, d);
}

int trace_open_memory(const void *bytes, size_t length, struct trace_reader **out,
                      struct trace_damage *d)
{
    struct trace_reader *r = reader_new(d);

    *out = NULL;
    if (!r)
        return -ENOMEM;
    source_memory(&r->source, bytes, length);
    return open_source(r, out, d);
}

int trace_open_records(const struct trace_header *h, const struct rec *const *recs, size_t count,
                       struct trace_reader **out, struct trace_damage *d)
{
    struct trace_reader *r = reader_new(d);

    *out = r;
    if (!r)
        return -ENOMEM;
    source_memory(&r->source, NULL, 0);
    r->given = h;
    r->recs = recs;
    r->count = count;
    return 0;
}

const struct trace_header *trace_header(const struct trace_reader *r)
{
    return r->given ? r->given : &r->header;
}

/* The next of the records in memory. */
static int next_given(struct trace_reader *r, struct rec *rec)
{
    struct err err;

    if (r->records == r->count)
        return 0;
    if (rec_check(r->recs[r->records], &r->at_ns, &err)) {
        snprintf(r->damage.why, sizeof(r->damage.why), "%.250s", err.text);
        return -1;
    }
    *rec = *r->recs[r->records];
    return 1;
}

int trace_next(struct trace_reader *r, struct rec *rec, struct trace_damage *d)
{
    int rc = r->ended;

    if (rc == 0) {
        if (r->given)
            rc = next_given(r, rec);
        else
            rc = r->packed ? packed_next(r->packed, rec, &r->damage)
                           : text_next(&r->text, rec, &r->damage);
        if (rc > 0) {
            r->records++;
            return 1;
        }
        r->ended = rc < 0 ? -1 : 1;
        r->damage.record = r->records;
    }
    if (r->ended > 0)
        return 0;
    *d = r->damage;
    return -1;
}

int trace_skip_to(struct trace_reader *r, uint64_t record, struct trace_damage *d)
{
    struct rec rec;

    if (r->packed && r->ended == 0 && packed_seek(r->packed, record, &r->records, &r->damage)) {
        r->ended = -1;
        r->damage.record = r->records;
    }
    while (r->records + 1 < record) {
        int rc = trace_next(r, &rec, d);

        if (rc <= 0)
            return rc;
    }
    return 0;
}

uint64_t trace_records(const struct trace_reader *r)
{
    return r->records;
}

enum trace_form trace_form(const struct trace_reader *r)
{
    return r->form;
}

uint64_t trace_bytes_read(const struct trace_reader *r, uint64_t *size)
{
    *size = r->source.bytes;
    return r->packed ? packed_bytes_read(r->packed) : window_offset(&r->source.window);
}

void trace_close(struct trace_reader *r)
{
    if (!r)
        return;
    packed_close(r->packed);
    if (r->form == TRACE_TEXT_ZSTD) {
        window_close(&r->text_window);
        unzstd_close(&r->unzstd);
    }
    source_close(&r->source);
    header_free(&r->header);
    free(r);
}
