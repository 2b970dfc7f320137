/* SPDX-License-Identifier: MIT */
#include "trace/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t NO_BYTES[1];

void window_memory(struct window *w, const void *bytes, size_t length)
{
    *w = (struct window){.data = length ? bytes : NO_BYTES, .len = length, .ended = true};
}

int window_stream(struct window *w, window_pull pull, void *ctx)
{
    *w = (struct window){.pull = pull, .ctx = ctx, .buf = malloc(WINDOW_BYTES)};
    w->data = w->buf;
    return w->buf ? 0 : -ENOMEM;
}

void window_close(struct window *w)
{
    free(w->buf);
    window_memory(w, NULL, 0);
}

void window_restart(struct window *w, uint64_t offset)
{
    w->pos = w->len = 0;
    w->base = offset;
    w->ended = false;
    w->error = 0;
}

bool window_fill(struct window *w, size_t want)
{
    if (window_left(w) >= want)
        return true;
    if (w->ended)
        return false;
    if (w->pos > 0) {
        memmove(w->buf, w->buf + w->pos, window_left(w));
        w->base += w->pos;
        w->len -= w->pos;
        w->pos = 0;
    }
    while (w->len < want && w->len < WINDOW_BYTES) {
        int64_t got = w->pull(w->ctx, w->buf + w->len, WINDOW_BYTES - w->len);

        if (got <= 0) {
            w->ended = true;
            w->error = (int)-got;
            break;
        }
        w->len += (size_t)got;
    }
    return w->len >= want;
}
