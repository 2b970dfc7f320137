/* SPDX-License-Identifier: MIT */
/* trace diff: two event streams compared, consumer by consumer, record by record. */
#ifndef VTR_CLI_DIFF_H
#define VTR_CLI_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/progress.h"
#include "report/pairing.h"

struct diff_options {
    size_t context; /* equal events shown around a difference, of the same record and consumer */
    bool all;       /* show every difference */
    struct pairing_form form;
    struct progress progress; /* called with events, and bytes of both streams */
};

/**
 * Compare `a` and `b` (names: as the user called them; streams stay the caller's) and write to
 * `out` what differs. Returns 0 when equal, 1 when different, or 2 with a sentence in `e`: a stream
 * that is none or cannot be read; what was compared until then is written.
 */
int diff_streams(FILE *out, const char *const names[2], FILE *const in[2],
                 const struct diff_options *o, struct err *e);

#endif
