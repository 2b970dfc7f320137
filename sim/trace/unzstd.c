/* SPDX-License-Identifier: MIT */
#include "trace/unzstd.h"

#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "trace/bytes.h"

int unzstd_open(struct unzstd *z, struct window *in)
{
    *z = (struct unzstd){.in = in, .dctx = ZSTD_createDCtx()};
    if (!z->dctx)
        return -ENOMEM;
    ZSTD_DCtx_setParameter(z->dctx, ZSTD_d_windowLogMax, UNZSTD_WINDOW_LOG_MAX);
    return 0;
}

void unzstd_close(struct unzstd *z)
{
    ZSTD_freeDCtx(z->dctx);
    z->dctx = NULL;
}

bool zstd_magic(const uint8_t *p, size_t n)
{
    uint32_t magic;

    if (n < 4)
        return false;
    magic = get_u32(p);
    return magic == ZSTD_MAGICNUMBER || (magic & 0xfffffff0u) == ZSTD_MAGIC_SKIPPABLE_START;
}

int zstd_complaint(size_t code, struct err *err)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation: return err_set(err, ENOMEM, "out of memory for zstd");
    case ZSTD_error_frameParameter_windowTooLarge:
        return err_set(err, EBADMSG,
                       "a zstd frame that needs a larger window than is given to any trace");
    case ZSTD_error_dictionary_wrong:
        return err_set(err, EBADMSG, "a zstd frame that needs a dictionary");
    default:
        return err_set(err, EBADMSG, "damaged zstd frame: its bytes or its checksum are wrong");
    }
}

static int64_t damaged(struct unzstd *z, const char *why)
{
    return err_set(&z->err, EBADMSG, "%s", why);
}

/* Start a frame when none is open: 1 when there is one, 0 at the end, or the damage. */
static int64_t open_frame(struct unzstd *z)
{
    if (z->in_frame)
        return 1;
    if (!window_fill(z->in, 4)) {
        if (window_left(z->in) == 0 && !z->in->error)
            return 0;
        z->frame_byte = window_offset(z->in);
        return z->in->error ? -z->in->error
                            : damaged(z, "bytes after the last zstd frame that begin none");
    }
    z->frame_byte = window_offset(z->in);
    if (!zstd_magic(window_at(z->in), 4))
        return damaged(z, "bytes after the last zstd frame that begin none");
    z->in_frame = true;
    return 1;
}

int64_t unzstd_pull(void *ctx, uint8_t *dst, size_t cap)
{
    struct unzstd *z = ctx;
    ZSTD_outBuffer out = {dst, cap, 0};

    while (out.pos == 0) {
        ZSTD_inBuffer in;
        int64_t rc = open_frame(z);
        size_t left;

        if (rc <= 0)
            return rc;
        if (!window_fill(z->in, 1))
            return z->in->error ? -z->in->error
                                : damaged(z, "the file ends inside a zstd frame: cut off");
        in = (ZSTD_inBuffer){window_at(z->in), window_left(z->in), 0};
        left = ZSTD_decompressStream(z->dctx, &out, &in);
        z->in->pos += in.pos;
        if (ZSTD_isError(left))
            return zstd_complaint(left, &z->err);
        if (left == 0)
            z->in_frame = false;
        else if (in.pos == 0 && out.pos == 0)
            return damaged(z, "damaged zstd frame: it does not go on");
    }
    return (int64_t)out.pos;
}

size_t zstd_peek(struct window *in, uint8_t *dst, size_t cap)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();
    ZSTD_outBuffer out = {dst, cap, 0};
    size_t used = 0;

    if (!d)
        return 0;
    ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, UNZSTD_WINDOW_LOG_MAX);
    while (out.pos < cap && used < WINDOW_BYTES && window_fill(in, used + 1)) {
        ZSTD_inBuffer some = {window_at(in) + used, window_left(in) - used, 0};
        size_t left = ZSTD_decompressStream(d, &out, &some);

        used += some.pos;
        if (ZSTD_isError(left) || (some.pos == 0 && out.pos == 0))
            break;
    }
    ZSTD_freeDCtx(d);
    return out.pos;
}
