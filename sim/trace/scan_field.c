/* SPDX-License-Identifier: MIT */
/* Fields with a shape of their own: devices, names, keys, words out of a list. */
#include <stdio.h>
#include <string.h>

#include "trace/record.h"
#include "trace/scan.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool scan_bdf(struct scan *s, struct field f, bdf_t *v)
{
    int b1, b0, d1, d0, fn;

    if (f.n == 7 && f.p[2] == ':' && f.p[5] == '.') {
        b1 = hex_digit(f.p[0]);
        b0 = hex_digit(f.p[1]);
        d1 = hex_digit(f.p[3]);
        d0 = hex_digit(f.p[4]);
        fn = hex_digit(f.p[6]);
        if (b1 >= 0 && b0 >= 0 && d1 >= 0 && d1 < 2 && d0 >= 0 && fn >= 0 && fn < 8) {
            v->v = (uint16_t)((b1 << 4 | b0) << 8 | (d1 << 4 | d0) << 3 | fn);
            return true;
        }
    }
    return scan_fail(s, f.p,
                     "`%s` is no device: BB:DD.F in hexadecimal expected, "
                     "device at most 1f, function at most 7",
                     field_quoted(f).text);
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '@' || c == '-';
}

bool name_valid(const char *name, size_t max)
{
    size_t n = 0;

    while (n < max && name[n] != 0)
        if (!name_char(name[n++]))
            return false;
    return n > 0 && n < max;
}

bool scan_name(struct scan *s, struct field f, const char *what, char *out)
{
    bool good = f.n > 0 && f.n < NAME_BYTES;

    for (size_t i = 0; good && i < f.n; i++)
        good = name_char(f.p[i]);
    if (!good)
        return scan_fail(s, f.p,
                         "`%s` is no name: %s expected, 1 to 64 of the characters "
                         "A-Z a-z 0-9 . _ : @ -",
                         field_quoted(f).text, what);
    memcpy(out, f.p, f.n);
    out[f.n] = 0;
    return true;
}

bool scan_on_off(struct scan *s, struct field f, const char *what, bool *v)
{
    *v = field_is(f, "on");
    if (*v || field_is(f, "off"))
        return true;
    return scan_fail(s, f.p, "%s is `%s`, on or off expected", what, field_quoted(f).text);
}

bool scan_key(struct scan *s, struct field f, struct field *key, struct field *value)
{
    const char *eq = memchr(f.p, '=', f.n);

    if (!eq || eq == f.p)
        return scan_fail(s, f.p, "`%s` is no KEY=VALUE", field_quoted(f).text);
    *key = (struct field){f.p, (size_t)(eq - f.p)};
    *value = (struct field){eq + 1, f.n - key->n - 1};
    return true;
}

int scan_word(struct scan *s, struct field f, const char *what, const char *const words[])
{
    char list[160];
    size_t n = 0;

    for (int i = 0; words[i]; i++)
        if (field_is(f, words[i]))
            return i;
    list[0] = 0;
    for (int i = 0; words[i] && n < sizeof(list) - 1; i++) {
        int k = snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", words[i]);

        n += k > 0 ? (size_t)k : 0;
    }
    scan_fail(s, f.p, "`%s` is no %s: one of %s expected", field_quoted(f).text, what, list);
    return -1;
}
