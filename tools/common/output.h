/* SPDX-License-Identifier: MIT */
/* What a tool writes: standard output, or a file that appears when it is whole and that an
 * interrupt leaves nothing of. */
#ifndef VTR_TOOLS_OUTPUT_H
#define VTR_TOOLS_OUTPUT_H

#include "cli/part_file.h"

/** Open `name` (NULL, "-": standard output); write to p->f. 0, or a negative errno with a sentence
 * that does not name it. */
int output_open(struct part_file *p, const char *name, struct err *e);

/** Close it: whole. 0, or a negative errno with a sentence. */
int output_close(struct part_file *p, struct err *e);

/** Close it, it is worthless: a file is left as it was. */
void output_drop(struct part_file *p);

#endif
