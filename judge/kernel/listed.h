/* SPDX-License-Identifier: MIT */
/*
 * A list of calls to the kernel's VFIO, one a line: drawn or written on the host, made in the guest
 * by caller.c, compared with our type1 by compare.c.
 *
 *   container C LIMIT               open container C (0-3), which may hold LIMIT mappings
 *   join C BDF / leave C BDF        the device's group joins or leaves it
 *   type C N                        choose the IOMMU driver (3: type1v2)
 *   close C                         its groups leave, it is closed
 *   map C FLAGS IOVA SIZE ADDRESS   ADDRESS: where the memory is, as below
 *   unmap C FLAGS IOVA SIZE
 *   dirty C FLAGS                   dirty page tracking: 1 start, 2 stop
 *   bitmap C IOVA SIZE              unmap and ask for the dirty bitmap
 *   lock BYTES / lock any           pin at most that much memory, as an unprivileged process may
 *
 * Behind a `=` the expected result, and (unmap) the bytes that went. `#`: the rest is a remark.
 * Numbers are decimal or 0x hexadecimal. An ADDRESS is w+N, r+N, n+N (memory that can be written,
 * that can be read only, no memory at all; N below PLACE_BYTES) or a number.
 */
#ifndef VTR_JUDGE_LISTED_H
#define VTR_JUDGE_LISTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTAINERS_MAX 4
#define PLACE_BYTES    (UINT64_C(16) << 20)
#define LOCK_ANY       UINT64_MAX
#define LINE_MAX_BYTES 256

enum listed_op {
    OP_CONTAINER,
    OP_JOIN,
    OP_LEAVE,
    OP_TYPE,
    OP_CLOSE,
    OP_MAP,
    OP_UNMAP,
    OP_DIRTY,
    OP_BITMAP,
    OP_LOCK
};

enum place { PLACE_WRITABLE, PLACE_READ_ONLY, PLACE_NONE, PLACE_NUMBER };

struct listed {
    enum listed_op op;
    unsigned container;
    char bdf[8];       /* join, leave: 00:04.0 */
    uint64_t number;   /* container: limit; type; lock: bytes or LOCK_ANY */
    uint32_t flags;    /* as the kernel has them */
    uint64_t iova;     /* map, unmap, bitmap */
    uint64_t size;     /* bytes */
    enum place place;  /* map */
    uint64_t address;  /* offset in its place, or the number */
    bool expects;      /* a result is said */
    int result;        /* 0 or a negative errno */
    bool expects_size; /* bytes are said */
    uint64_t bytes;
};

/** Read one line: 1 and *out; 0: blank or a remark; -1: bad, and *why says what was expected. */
int listed_read(const char *line, struct listed *out, const char **why);

/** The line without its expectation and without a newline. */
void listed_text(char *to, size_t room, const struct listed *l);

#endif
