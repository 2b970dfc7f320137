/* SPDX-License-Identifier: MIT */
/* A window over the content of zstd frames, for zstd of text. */
#ifndef VTR_TRACE_UNZSTD_H
#define VTR_TRACE_UNZSTD_H

#include "base/err.h"
#include "trace/window.h"

/* What plain `zstd -d` accepts; the decoder's memory is bounded by it. */
#define UNZSTD_WINDOW_LOG_MAX 27

struct unzstd {
    struct window *in;
    void *dctx;
    bool in_frame;
    uint64_t frame_byte; /* offset in `in` where the frame being read begins */
    struct err err;      /* why the window over it ended with EBADMSG */
};

/** Read frames from `in`. 0 or -ENOMEM. */
int unzstd_open(struct unzstd *z, struct window *in);
void unzstd_close(struct unzstd *z);

/** For window_stream(). Damage is -EBADMSG with the sentence in `err`. */
int64_t unzstd_pull(void *ctx, uint8_t *dst, size_t cap);

/**
 * The complaint about what libzstd answered to damaged bytes, in words of our own: its own differ
 * from version to version. -ENOMEM or -EBADMSG.
 */
int zstd_complaint(size_t code, struct err *err);

/** True when the bytes begin a zstd frame or a skippable one. */
bool zstd_magic(const uint8_t *p, size_t n);

/**
 * The first bytes of the content of `in`, which is not moved on: their number, at most `cap`.
 * 0 when there are none or they cannot be had.
 */
size_t zstd_peek(struct window *in, uint8_t *dst, size_t cap);

#endif
