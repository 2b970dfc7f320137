/* SPDX-License-Identifier: MIT */
/* Where the bytes of a trace come from: a path, standard input, or memory. */
#ifndef VTR_TRACE_SOURCE_H
#define VTR_TRACE_SOURCE_H

#include "base/err.h"
#include "trace/window.h"

struct source {
    struct window window;
    int fd;         /* -1: memory */
    bool close_fd;  /* false: standard input */
    bool seekable;  /* a regular file, or memory */
    uint64_t bytes; /* size; 0: unknown */
};

/** Open `path`, "-" being standard input. 0, or a negative errno with a sentence. `s` must not
 * move. */
int source_open(struct source *s, const char *path, struct err *err);

/** The same over memory, which must stay. */
void source_memory(struct source *s, const void *bytes, size_t length);

/** Go on at byte `offset` of a seekable source. 0 or a negative errno. */
int source_seek(struct source *s, uint64_t offset);

void source_close(struct source *s);

#endif
