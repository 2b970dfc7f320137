/* SPDX-License-Identifier: MIT */
#include "trace/writer.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "trace/packed_write.h"
#include "trace/rec_check.h"
#include "trace/text_write.h"

struct trace_writer {
    struct trace_sink sink;
    uint64_t bytes;
    uint64_t at_ns;
    struct packed_writer *packed; /* NULL: text */
    char line[REC_TEXT_BYTES];    /* last: it begins as it is */
};

static int count_and_put(void *ctx, const void *bytes, size_t n)
{
    struct trace_writer *w = ctx;

    w->bytes += n;
    return w->sink.write(w->sink.ctx, bytes, n);
}

static int put_text(void *ctx, const char *text, size_t n)
{
    return count_and_put(ctx, text, n);
}

static int text_failed(int rc, struct err *err)
{
    return rc ? err_set(err, -rc, "the trace cannot be written") : 0;
}

int trace_writer_open(enum trace_form form, const struct trace_header *h, int level,
                      struct trace_sink sink, struct trace_writer **out, struct err *err)
{
    struct trace_writer *w = malloc(sizeof(*w));
    int rc;

    *out = NULL;
    if (!w)
        return err_set(err, ENOMEM, "out of memory");
    memset(w, 0, offsetof(struct trace_writer, line));
    w->sink = sink;
    if (form == TRACE_TEXT)
        rc = h ? text_failed(header_text(h, put_text, w), err) : 0;
    else if (form == TRACE_PACKED)
        rc = packed_writer_open(h, level, (struct trace_sink){count_and_put, w}, &w->packed, err);
    else
        rc = err_set(err, EINVAL, "a trace is written as text or packed");
    if (rc)
        trace_writer_free(w);
    else
        *out = w;
    return rc;
}

int trace_writer_add(struct trace_writer *w, const struct rec *rec, struct err *err)
{
    int rc = rec_check(rec, &w->at_ns, err);

    if (rc)
        return rc;
    if (w->packed)
        return packed_writer_add(w->packed, rec, err);
    return text_failed(count_and_put(w, w->line, rec_text(rec, w->line)), err);
}

int trace_writer_finish(struct trace_writer *w, struct err *err)
{
    return w->packed ? packed_writer_finish(w->packed, err) : 0;
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
    return w->bytes;
}

void trace_writer_free(struct trace_writer *w)
{
    if (!w)
        return;
    packed_writer_free(w->packed);
    free(w);
}
