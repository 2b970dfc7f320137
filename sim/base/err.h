/* SPDX-License-Identifier: MIT */
/*
 * Errors are values: a sentence that says what was wrong, where, and what was
 * expected. A function that can fail takes `struct err *` (never NULL) and
 * returns a negative errno.
 */
#ifndef VTR_BASE_ERR_H
#define VTR_BASE_ERR_H

#include <stdarg.h>

struct err {
    char text[320];
};

/** Fill in the sentence, printf-like, truncated when too long. Returns -code (code: an errno). */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
