/* SPDX-License-Identifier: MIT */
/* Where the pages of --report-html go. Private to page*.c. */
#ifndef VTR_CLI_PAGE_PATH_H
#define VTR_CLI_PAGE_PATH_H

#include <stdio.h>

#include "cli/options.h"

/** Open the page of trace `index`; the directory is made where there are several. 0, or a negative
 * errno with a sentence. */
int page_open(const struct replay_options *o, size_t index, FILE **out, struct err *e);

/** Close it; `rc`: what writing it returned. Likewise. */
int page_close(const struct replay_options *o, size_t index, FILE *f, int rc, struct err *e);

#endif
