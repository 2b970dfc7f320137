/* SPDX-License-Identifier: MIT */
/*
 * A vhost-user backend without rings: it agrees to IOTLB messages, acknowledges each, and keeps
 * what they said. It never waits for QEMU but in backend_serve(), for the rest of a message whose
 * beginning is there.
 */
#ifndef VTR_JUDGE_VHOST_BACKEND_H
#define VTR_JUDGE_VHOST_BACKEND_H

#include <stdbool.h>

#include "../call.h"
#include "base/err.h"
#include "protocol.h"
#include "table.h"

struct backend {
    bdf_t bdf;
    int listener, front, requests; /* descriptors; -1: none */
    char path[108];
    bool quiet; /* what comes now is part of a set-up: obeyed, not kept */
    struct vu_memory memory;
    struct device_table table;
    struct call_list heard; /* since backend_take() */
    bool answered;          /* the request under way */
    uint64_t answer;
};

/** Listen at `path`. 0 or a negative errno with a sentence. */
int backend_open(struct backend *b, bdf_t device, const char *path, struct err *e);
void backend_close(struct backend *b);

/** What is to be watched for input: at most 2 descriptors to `to`; their number. */
unsigned backend_watched(const struct backend *b, int to[2]);

/** Input is there: take one message, or the connection. A closed connection is no error. 0, or a
 * negative errno with a sentence. */
int backend_serve(struct backend *b, int fd, struct err *e);

/** Ask for a translation; b->answered says when b->answer (0: an UPDATE came) is there. */
int backend_miss(struct backend *b, iova_t at, bool write, struct err *e);

/** Append what was heard to `to`: 0 or -ENOMEM. The list is empty afterwards. */
int backend_take(struct backend *b, struct call_list *to);

/** Where the backend's own table leads; false: a miss. */
bool backend_finds(const struct backend *b, iova_t at, gpa_t *out);

#endif
