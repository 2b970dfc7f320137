/* SPDX-License-Identifier: MIT */
#include "trace/frame_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/unzstd.h"

#define FRAME_HEADER_MAX 18u /* RFC 8878, 3.1.1.1 */
#define WINDOW_LOG_MAX   23  /* 8 MiB: no block needs more */
#define CHECKSUM_FLAG    4u  /* in the frame header descriptor */

int frame_reader_open(struct frame_reader *f)
{
    *f = (struct frame_reader){.dctx = ZSTD_createDCtx()};
    if (!f->dctx)
        return -ENOMEM;
    ZSTD_DCtx_setParameter(f->dctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return 0;
}

void frame_reader_close(struct frame_reader *f)
{
    ZSTD_freeDCtx(f->dctx);
    free(f->block);
    *f = (struct frame_reader){.dctx = NULL};
}

/* The size the frame header claims, checked against what a block may have. */
static int claimed_size(struct window *w, uint64_t *bytes, struct err *err)
{
    unsigned long long size;

    window_fill(w, FRAME_HEADER_MAX);
    if (window_left(w) < 5 || get_u32(window_at(w)) != ZSTD_MAGICNUMBER)
        return err_set(err, EBADMSG, "%s",
                       window_left(w) < 5
                           ? "the file ends inside a zstd frame: cut off"
                           : "no zstd frame where a block or the seek table was expected");
    if (!(window_at(w)[4] & CHECKSUM_FLAG))
        return err_set(err, EBADMSG, "a zstd frame without a checksum");
    size = ZSTD_getFrameContentSize(window_at(w), window_left(w));
    if (size == ZSTD_CONTENTSIZE_ERROR)
        return err_set(err, EBADMSG, "the header of a zstd frame is damaged or cut off");
    if (size == ZSTD_CONTENTSIZE_UNKNOWN)
        return err_set(err, EBADMSG, "a zstd frame that does not say how much it holds");
    if (size > BLOCK_BODY_MAX + BLOCK_HEADER_BYTES)
        return err_set(err, EBADMSG, "a zstd frame of 0x%llx bytes, at most 0x%x expected", size,
                       BLOCK_BODY_MAX + BLOCK_HEADER_BYTES);
    *bytes = size;
    return 0;
}

static int make_room(struct frame_reader *f, uint64_t bytes, struct err *err)
{
    uint8_t *block;

    if (f->capacity >= bytes && f->block)
        return 0;
    block = realloc(f->block, bytes ? bytes : 1);
    if (!block)
        return err_set(err, ENOMEM, "out of memory for a block of 0x%llx bytes",
                       (unsigned long long)bytes);
    f->block = block;
    f->capacity = bytes;
    return 0;
}

/* The last four bytes of a frame are its checksum: follow them through the pieces read. */
static void remember_tail(uint8_t tail[4], const uint8_t *p, size_t n)
{
    size_t k = n < 4 ? n : 4;

    memmove(tail, tail + k, 4 - k);
    memcpy(tail + 4 - k, p + n - k, k);
}

static int unpack(struct frame_reader *f, struct window *w, struct err *err)
{
    ZSTD_outBuffer out = {f->block, f->bytes, 0};
    uint64_t start = window_offset(w);
    uint8_t tail[4] = {0};
    size_t left = 1;

    ZSTD_DCtx_reset(f->dctx, ZSTD_reset_session_only);
    while (left != 0) {
        ZSTD_inBuffer in;
        size_t before = out.pos;

        if (!window_fill(w, 1))
            return w->error ? err_set(err, w->error, "the file cannot be read further")
                            : err_set(err, EBADMSG, "the file ends inside a zstd frame: cut off");
        in = (ZSTD_inBuffer){window_at(w), window_left(w), 0};
        left = ZSTD_decompressStream(f->dctx, &out, &in);
        if (ZSTD_isError(left))
            return zstd_complaint(left, err);
        remember_tail(tail, window_at(w), in.pos);
        w->pos += in.pos;
        if (left != 0 && in.pos == 0 && out.pos == before)
            return err_set(err, EBADMSG, "damaged zstd frame: it holds more than it says");
    }
    if (out.pos != f->bytes || window_offset(w) - start > UINT32_MAX)
        return err_set(err, EBADMSG, "damaged zstd frame: it holds less than it says");
    f->entry = (struct seek_entry){(uint32_t)(window_offset(w) - start), (uint32_t)f->bytes,
                                   get_u32(tail)};
    return 0;
}

int frame_read(struct frame_reader *f, struct window *w, struct block_head *head, struct err *err)
{
    int rc = claimed_size(w, &f->bytes, err);

    rc = rc ? rc : make_room(f, f->bytes, err);
    rc = rc ? rc : unpack(f, w, err);
    return rc ? rc : block_head_get(f->block, f->bytes, head, err);
}
