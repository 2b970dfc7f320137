/* SPDX-License-Identifier: MIT */
/*
 * A file that appears under its name only when it is whole. Until then it is NAME.PID.part beside
 * it. What is no regular file (a pipe, a device, a link), or lies where nothing can be made beside
 * it, is written in place.
 */
#ifndef VTR_CLI_PART_FILE_H
#define VTR_CLI_PART_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

#define PART_PATH_BYTES 4096

struct part_file {
    FILE *f;                    /* write here; NULL: not open */
    char path[PART_PATH_BYTES]; /* the name it is to have */
    char part[PART_PATH_BYTES]; /* the name it has now; "": `path` is written in place */
};

/** The name a process gives to what will be `path`; false: too long. */
bool part_name(char part[PART_PATH_BYTES], const char *path, pid_t process);

/** Open `path` for writing. 0, or a negative errno with a sentence that does not name the file. */
int part_open(struct part_file *p, const char *path, struct err *e);

/** Close it and give it its name. 0, or a negative errno with a sentence: then what stood under the
 * name still stands there. */
int part_finish(struct part_file *p, struct err *e);

/** Close it and remove it: what stood under the name still stands there. Nothing when not open. */
void part_drop(struct part_file *p);

#endif
