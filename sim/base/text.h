/* SPDX-License-Identifier: MIT */
/* Characters: digits, UTF-8; and the names of errors. */
#ifndef VTR_BASE_TEXT_H
#define VTR_BASE_TEXT_H

#include <stddef.h>

/** Value of a hexadecimal digit, in either case; 16 when it is none. */
int hex_digit(char c);

/** Length of the UTF-8 sequence that starts at `p` and is over within `n` bytes (at least 1), 0
 * when there is none (RFC 3629). Reads nothing beyond a zero byte. */
size_t utf8_length(const unsigned char *p, size_t n);

/** "EEXIST" for a positive errno that a consumer's side answers with; NULL for any other. */
const char *errno_name(int code);

/** The errno of that name, or 0. */
int errno_of(const char *name);

#endif
