/* SPDX-License-Identifier: MIT */
#include "trace/packed_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/block_encode.h"
#include "trace/seek_table.h"
#include "trace/text_write.h"

/* A block is closed at whichever comes first; a reader accepts more (trace/block.h). */
#define RECORDS_PER_BLOCK 16384u
#define BODY_PER_BLOCK    (1024u * 1024)

struct packed_writer {
    struct trace_sink sink;
    ZSTD_CCtx *cctx;
    struct block_encoder *encoder;
    uint8_t *block; /* head and body, before compression */
    size_t block_bytes;
    size_t block_capacity;
    uint8_t *frame;
    size_t frame_capacity;
    uint8_t *table; /* entries of the seek table so far */
    uint32_t frames;
    uint64_t records;     /* in closed blocks */
    uint64_t at_ns;       /* virtual time now */
    uint64_t at_ns_block; /* where the open block began */
};

static int no_memory(struct err *err)
{
    return err_set(err, ENOMEM, "out of memory for a packed trace");
}

static int sink_put(struct packed_writer *w, const void *bytes, size_t n, struct err *err)
{
    int rc = w->sink.write(w->sink.ctx, bytes, n);

    return rc ? err_set(err, -rc, "the trace cannot be written") : 0;
}

static bool reserve(uint8_t **p, size_t *capacity, size_t n)
{
    uint8_t *q;

    if (*capacity >= n)
        return true;
    q = realloc(*p, 2 * n);
    if (!q)
        return false;
    *p = q;
    *capacity = 2 * n;
    return true;
}

/* Table entries grow when their number is a power of two. */
static int note_frame(struct packed_writer *w, const struct seek_entry *e, struct err *err)
{
    if (w->frames == SEEK_FRAMES_MAX)
        return err_set(err, EFBIG, "more than %u frames in a packed trace", SEEK_FRAMES_MAX);
    if ((w->frames & (w->frames - 1)) == 0) {
        size_t n = w->frames ? 2 * (size_t)w->frames : 1;
        uint8_t *table = realloc(w->table, n * SEEK_ENTRY_BYTES);

        if (!table)
            return no_memory(err);
        w->table = table;
    }
    seek_entry_put(w->table + (size_t)w->frames * SEEK_ENTRY_BYTES, e);
    w->frames++;
    return 0;
}

/* Compress the block that stands in w->block and write its frame. */
static int put_frame(struct packed_writer *w, struct err *err)
{
    struct seek_entry e;
    size_t n;
    int rc;

    if (!reserve(&w->frame, &w->frame_capacity, ZSTD_compressBound(w->block_bytes)))
        return no_memory(err);
    n = ZSTD_compress2(w->cctx, w->frame, w->frame_capacity, w->block, w->block_bytes);
    if (ZSTD_isError(n))
        return err_set(err, EIO, "zstd cannot compress: %s", ZSTD_getErrorName(n));
    e = (struct seek_entry){(uint32_t)n, (uint32_t)w->block_bytes, get_u32(w->frame + n - 4)};
    rc = note_frame(w, &e, err);
    return rc ? rc : sink_put(w, w->frame, n, err);
}

/* Append text to the header block. */
static int gather(void *ctx, const char *text, size_t n)
{
    struct packed_writer *w = ctx;

    if (!reserve(&w->block, &w->block_capacity, w->block_bytes + n))
        return -ENOMEM;
    memcpy(w->block + w->block_bytes, text, n);
    w->block_bytes += n;
    return 0;
}

static int put_header(struct packed_writer *w, const struct trace_header *h, struct err *err)
{
    struct block_head head = {.type = BLOCK_TYPE_HEADER};

    w->block_bytes = BLOCK_HEADER_BYTES;
    if (!reserve(&w->block, &w->block_capacity, BLOCK_HEADER_BYTES) || header_text(h, gather, w))
        return no_memory(err);
    if (w->block_bytes > BLOCK_BODY_MAX)
        return err_set(err, EINVAL, "a header of 0x%zx bytes, at most 0x%x expected",
                       w->block_bytes, BLOCK_BODY_MAX);
    head.body = (uint32_t)(w->block_bytes - BLOCK_HEADER_BYTES);
    block_head_put(w->block, &head);
    return put_frame(w, err);
}

static int close_block(struct packed_writer *w, struct err *err)
{
    struct block_head head = {
        .type = BLOCK_TYPE_RECORDS,
        .body = (uint32_t)block_body_bytes(w->encoder),
        .count = block_count(w->encoder),
        .first = w->records + 1,
        .at_ns = w->at_ns_block,
    };

    if (head.count == 0)
        return 0;
    w->block_bytes = BLOCK_HEADER_BYTES + (size_t)head.body;
    if (!reserve(&w->block, &w->block_capacity, w->block_bytes))
        return no_memory(err);
    block_head_put(w->block, &head);
    block_body_put(w->encoder, w->block + BLOCK_HEADER_BYTES);
    w->records += head.count;
    w->at_ns_block = w->at_ns;
    block_begin(w->encoder, w->at_ns);
    return put_frame(w, err);
}

static int set_up(struct packed_writer *w, int level, struct err *err)
{
    w->cctx = ZSTD_createCCtx();
    w->encoder = block_encoder_new();
    if (!w->cctx || !w->encoder)
        return no_memory(err);
    if (level < TRACE_LEVEL_MIN || level > TRACE_LEVEL_MAX)
        return err_set(err, EINVAL, "level %d, %d to %d expected", level, TRACE_LEVEL_MIN,
                       TRACE_LEVEL_MAX);
    ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_checksumFlag, 1);
    block_begin(w->encoder, 0);
    return 0;
}

int packed_writer_open(const struct trace_header *h, int level, struct trace_sink sink,
                       struct packed_writer **out, struct err *err)
{
    struct packed_writer *w = calloc(1, sizeof(*w));
    int rc;

    *out = NULL;
    if (!w)
        return no_memory(err);
    w->sink = sink;
    rc = set_up(w, level, err);
    rc = rc ? rc : put_header(w, h, err);
    if (rc)
        packed_writer_free(w);
    else
        *out = w;
    return rc;
}

int packed_writer_add(struct packed_writer *w, const struct rec *rec, struct err *err)
{
    if (block_add(w->encoder, rec))
        return no_memory(err);
    if (rec->kind == REC_AT)
        w->at_ns = rec->u.at.ns;
    if (block_count(w->encoder) < RECORDS_PER_BLOCK &&
        block_body_bytes(w->encoder) < BODY_PER_BLOCK && block_names(w->encoder) < BLOCK_NAMES)
        return 0;
    return close_block(w, err);
}

int packed_writer_finish(struct packed_writer *w, struct err *err)
{
    uint8_t head[SEEK_HEAD_BYTES];
    uint8_t footer[SEEK_FOOTER_BYTES];
    size_t entries;
    int rc = close_block(w, err);

    if (rc)
        return rc;
    entries = (size_t)w->frames * SEEK_ENTRY_BYTES;
    put_u32(head, SEEK_FRAME_MAGIC);
    put_u32(head + 4, (uint32_t)(entries + SEEK_FOOTER_BYTES));
    put_u32(footer, w->frames);
    footer[4] = SEEK_DESCRIPTOR;
    put_u32(footer + 5, SEEK_FOOTER_MAGIC);
    rc = sink_put(w, head, sizeof(head), err);
    rc = rc ? rc : sink_put(w, w->table, entries, err);
    return rc ? rc : sink_put(w, footer, sizeof(footer), err);
}

void packed_writer_free(struct packed_writer *w)
{
    if (!w)
        return;
    block_encoder_free(w->encoder);
    ZSTD_freeCCtx(w->cctx);
    free(w->block);
    free(w->frame);
    free(w->table);
    free(w);
}
