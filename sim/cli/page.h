/* SPDX-License-Identifier: MIT */
/*
 * --report-html: the pages of a run. With one trace the option names the file (or -, standard
 * output); with several a directory that gets a page for each and index.html.
 */
#ifndef VTR_CLI_PAGE_H
#define VTR_CLI_PAGE_H

#include "cli/replay.h"

struct page;

/**
 * Make ready for the page of trace `index`: `job` gets the listener that the graphs need, so this
 * comes before replay_run. `program`: as it was called. Returns 0 and *out (NULL when no page is
 * asked for), or a negative errno with a sentence.
 */
int page_begin(struct page **out, const struct replay_options *o, size_t index, const char *program,
               struct replay_job *job, struct err *e);

/**
 * Write the page of that replay and forget it; `p` may be NULL. Stories are told by replaying parts
 * of the trace again. Returns 0, or a negative errno with a sentence.
 */
int page_end(struct page *p, const struct report *r, struct err *e);

/** When all pages are written: the list of them, where there are several traces. Likewise. */
int page_index(const struct replay_options *o, struct err *e);

/* Private to page*.c. */

#define PAGE_COMMAND_BYTES 8192u

/** What replays trace `trace` of a run again, as a shell takes it; `more` stands before the trace.
 */
void page_command(char out[PAGE_COMMAND_BYTES], const struct replay_options *o, const char *program,
                  const char *profile, const char *more, const char *trace);

#endif
