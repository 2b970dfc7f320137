/* SPDX-License-Identifier: MIT */
#include "trace/scan.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trace/record.h"

bool scan_fail(struct scan *s, const char *at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(s->err->text, sizeof(s->err->text), fmt, ap);
    va_end(ap);
    s->bad = at;
    return false;
}

struct quoted field_quoted(struct field f)
{
    struct quoted q;
    size_t n = f.n < 40 ? f.n : 40;
    size_t i;

    for (i = 0; i < n; i++)
        q.text[i] = f.p[i] >= 0x20 && f.p[i] < 0x7f ? f.p[i] : '?';
    if (n < f.n) {
        memcpy(q.text + i, "...", 3);
        i += 3;
    }
    q.text[i] = 0;
    return q;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool scan_field(struct scan *s, struct field *f)
{
    const char *p = s->p;

    while (p < s->end && is_blank(*p))
        p++;
    s->p = p;
    if (p == s->end || *p == '#')
        return false;
    f->p = p;
    while (p < s->end && !is_blank(*p))
        p++;
    f->n = (size_t)(p - f->p);
    s->p = p;
    return true;
}

bool scan_need(struct scan *s, struct field *f, const char *what)
{
    if (scan_field(s, f))
        return true;
    return scan_fail(s, s->p, "%s expected, the line ends", what);
}

const char *text_bad_byte(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;

    for (size_t i = 0; i < n;) {
        size_t length = utf8_length(p + i, n - i);

        if (length == 0 || (p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f)
            return text + i;
        i += length;
    }
    return NULL;
}

static bool check_text(struct scan *s, const char *p, const char *end)
{
    const char *bad = text_bad_byte(p, (size_t)(end - p));

    if (!bad)
        return true;
    return scan_fail(s, bad, "byte 0x%02x is not text: UTF-8 without control characters expected",
                     (unsigned)(unsigned char)*bad);
}

bool scan_done(struct scan *s)
{
    struct field f;

    if (scan_field(s, &f))
        return scan_fail(s, f.p, "`%s` is one field too many, end of line expected",
                         field_quoted(f).text);
    return s->p == s->end || check_text(s, s->p, s->end);
}

bool scan_rest(struct scan *s, struct field *f)
{
    const char *p = s->p;
    const char *end = s->end;

    while (p < end && is_blank(*p))
        p++;
    while (end > p && is_blank(end[-1]))
        end--;
    s->p = s->end;
    *f = (struct field){p, (size_t)(end - p)};
    return check_text(s, p, end);
}

bool field_is(struct field f, const char *word)
{
    return strlen(word) == f.n && memcmp(f.p, word, f.n) == 0;
}

enum number { NUMBER_OK, NUMBER_NONE, NUMBER_BIG };

static enum number read_number(struct field f, uint64_t *v)
{
    uint64_t x = 0;
    size_t i = 0;
    bool big = false;

    if (f.n > 2 && f.p[0] == '0' && f.p[1] == 'x') {
        for (i = 2; i < f.n; i++) {
            int d = hex_digit(f.p[i]);

            if (d > 15)
                return NUMBER_NONE;
            big |= x >> 60 != 0;
            x = x << 4 | (unsigned)d;
        }
    } else {
        if (f.n == 0)
            return NUMBER_NONE;
        for (; i < f.n; i++) {
            int d = hex_digit(f.p[i]);

            if (d > 9)
                return NUMBER_NONE;
            big |= x > (UINT64_MAX - (unsigned)d) / 10;
            x = x * 10 + (unsigned)d;
        }
    }
    *v = x;
    return big ? NUMBER_BIG : NUMBER_OK;
}

bool scan_number(struct scan *s, struct field f, const char *what, uint64_t max, uint64_t *v)
{
    switch (read_number(f, v)) {
    case NUMBER_NONE:
        return scan_fail(s, f.p, "`%s` is no number: %s expected, decimal or 0x...",
                         field_quoted(f).text, what);
    case NUMBER_BIG:
        return scan_fail(s, f.p, "`%s` has more than 64 bits: %s expected", field_quoted(f).text,
                         what);
    case NUMBER_OK: break;
    }
    if (*v > max)
        return scan_fail(s, f.p, "`%s` is too large: %s expected, at most 0x%llx",
                         field_quoted(f).text, what, (unsigned long long)max);
    return true;
}

bool scan_u64(struct scan *s, const char *what, uint64_t max, uint64_t *v)
{
    struct field f;

    return scan_need(s, &f, what) && scan_number(s, f, what, max, v);
}

bool scan_size64(struct scan *s, const char *what, uint64_t *v)
{
    struct field f;

    if (!scan_need(s, &f, what))
        return false;
    if (field_is(f, "0x10000000000000000") || field_is(f, "18446744073709551616")) {
        *v = 0;
        return true;
    }
    if (!scan_number(s, f, what, UINT64_MAX, v))
        return false;
    return *v != 0 || scan_fail(s, f.p, "%s is 0, at least 1 byte expected", what);
}
