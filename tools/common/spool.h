/* SPDX-License-Identifier: MIT */
/* A file without a name, in TMPDIR, where several write one after the other at its end. */
#ifndef VTR_TOOLS_SPOOL_H
#define VTR_TOOLS_SPOOL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/** Its descriptor, or -1 with errno. */
int spool_new(void);

/** Bytes written so far. */
off_t spool_length(int fd);

/** Bytes [at, end) to one of our own streams, which is flushed. False: not all of it. */
bool spool_copy(int fd, off_t at, off_t end, FILE *to);

#endif
