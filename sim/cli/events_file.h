/* SPDX-License-Identifier: MIT */
/* Where --events goes: standard output, a file, or with several traces a file each in a directory.
 */
#ifndef VTR_CLI_EVENTS_FILE_H
#define VTR_CLI_EVENTS_FILE_H

#include "cli/options.h"
#include "cli/part_file.h"

/** The event stream of trace `index`: out->f is NULL when none is asked for. 0, or a negative errno
 * with a sentence that names the file. */
int events_file_open(const struct replay_options *o, size_t index, struct part_file *out,
                     struct err *e);

/** The same closed; `failed`: not all could be written. 0, or a negative errno with a sentence. */
int events_file_close(const struct replay_options *o, struct part_file *p, bool failed,
                      struct err *e);

/** Remove what `process` left of it without having closed it. */
void events_file_forget(const struct replay_options *o, size_t index, pid_t process);

#endif
