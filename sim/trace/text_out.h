/* SPDX-License-Identifier: MIT */
/* Appending to a line that is known to be long enough. Inside text_write*.c only. */
#ifndef VTR_TRACE_TEXT_OUT_H
#define VTR_TRACE_TEXT_OUT_H

#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "trace/record.h"

static inline char *out_str(char *p, const char *s)
{
    size_t n = strlen(s);

    memcpy(p, s, n);
    return p + n;
}

static inline char *out_hex(char *p, uint64_t v)
{
    int shift = 60;

    *p++ = '0';
    *p++ = 'x';
    while (shift > 0 && v >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[v >> shift & 15];
    return p;
}

static inline char *out_dec(char *p, uint64_t v)
{
    char digits[20];
    int n = 0;

    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

static inline char *out_bdf(char *p, bdf_t b)
{
    static const char hex[] = "0123456789abcdef";

    *p++ = hex[b.v >> 12];
    *p++ = hex[b.v >> 8 & 15];
    *p++ = ':';
    *p++ = hex[b.v >> 7 & 1];
    *p++ = hex[b.v >> 3 & 15];
    *p++ = '.';
    *p++ = hex[b.v & 7];
    return p;
}

/** " 0x..." */
static inline char *out_sp_hex(char *p, uint64_t v)
{
    *p++ = ' ';
    return out_hex(p, v);
}

char *out_device(char *p, const struct device_rec *dev);
char *out_expectations(char *p, const struct expectations_rec *e);
char *out_attach(char *p, const struct attach_rec *a);
char *out_expect(char *p, const struct expect_rec *e);

#endif
