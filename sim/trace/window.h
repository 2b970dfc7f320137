/* SPDX-License-Identifier: MIT */
/*
 * A bounded window over a stream of bytes: a file, standard input, memory, or what another
 * window gives when decompressed. The reader of a trace sees nothing else of its file.
 */
#ifndef VTR_TRACE_WINDOW_H
#define VTR_TRACE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_BYTES (256u * 1024) /* the most a window over a stream holds */

/**
 * Fetch up to `cap` (> 0) bytes to `dst`: their number, 0 at the end of the stream, or a negative
 * errno.
 */
typedef int64_t (*window_pull)(void *ctx, uint8_t *dst, size_t cap);

struct window {
    const uint8_t *data; /* bytes held */
    size_t pos;          /* next byte not taken; pos <= len */
    size_t len;          /* bytes held */
    uint64_t base;       /* offset in the stream of data[0] */
    bool ended;          /* the stream gives nothing more */
    int error;           /* why it ended: 0 or a positive errno */
    uint8_t *buf;        /* NULL over memory */
    window_pull pull;
    void *ctx;
};

/** A window over memory, which must stay. Nothing to close. */
void window_memory(struct window *w, const void *bytes, size_t length);

/** A window over what `pull` gives. 0 or -ENOMEM. */
int window_stream(struct window *w, window_pull pull, void *ctx);

/** Give back the buffer. */
void window_close(struct window *w);

/**
 * Have at least `want` (at most WINDOW_BYTES) bytes from `pos` on; false when the stream ends
 * before: then all that is left is held, and `error` says whether reading failed. `data` may
 * move.
 */
bool window_fill(struct window *w, size_t want);

/** Forget what is held and go on at `offset`, to which the stream was moved by the caller. */
void window_restart(struct window *w, uint64_t offset);

static inline const uint8_t *window_at(const struct window *w)
{
    return w->data + w->pos;
}

static inline size_t window_left(const struct window *w)
{
    return w->len - w->pos;
}

/** Offset in the stream of the next byte. */
static inline uint64_t window_offset(const struct window *w)
{
    return w->base + w->pos;
}

#endif
