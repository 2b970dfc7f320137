/* SPDX-License-Identifier: MIT */
#include "trace/memory_sink.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int put(void *ctx, const void *bytes, size_t n)
{
    struct trace_bytes *b = ctx;

    if (n > SIZE_MAX / 2 - b->used)
        return -ENOMEM;
    if (b->used + n > b->room) {
        size_t room = 2 * (b->used + n);
        char *more = realloc(b->at, room);

        if (!more)
            return -ENOMEM;
        b->at = more;
        b->room = room;
    }
    if (n)
        memcpy(b->at + b->used, bytes, n);
    b->used += n;
    return 0;
}

struct trace_sink trace_memory_sink(struct trace_bytes *b)
{
    return (struct trace_sink){put, b};
}

void trace_bytes_free(struct trace_bytes *b)
{
    free(b->at);
    *b = (struct trace_bytes){NULL, 0, 0};
}
