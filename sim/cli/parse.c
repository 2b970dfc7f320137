/* SPDX-License-Identifier: MIT */
#include "cli/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/shards.h"
#include "base/text.h"
#include "report/show.h"

/* A number of exactly `n` characters; false when it is none, or wider than 64 bits. */
static bool number(const char *s, size_t n, uint64_t *out)
{
    unsigned base = n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
    uint64_t v = 0;

    for (size_t i = base == 16 ? 2 : 0; i < n; i++) {
        unsigned d = (unsigned)hex_digit(s[i]);

        if (d >= base || v > (UINT64_MAX - d) / base)
            return false;
        v = v * base + d;
    }
    *out = v;
    return n != 0;
}

int arg_number(const char *option, const char *s, uint64_t *out, struct err *e)
{
    if (number(s, strlen(s), out))
        return 0;
    return err_set(e, EINVAL,
                   "%s: '%.40s' is no number; expected decimal or 0x..., at most 64 bits", option,
                   s);
}

int arg_shard(const char *s, uint64_t *shard, uint64_t *of, struct err *e)
{
    const char *slash = strchr(s, '/');

    if (slash && number(s, (size_t)(slash - s), shard) &&
        number(slash + 1, strlen(slash + 1), of) && *shard && *shard <= *of && *of <= SHARDS_MAX)
        return 0;
    return err_set(e, EINVAL,
                   "--shard: '%.40s' is no shard; expected I/N, I from 1 to N, N at most %u", s,
                   SHARDS_MAX);
}

/* Hexadecimal digits up to `stop`, at most `most` of them, value at most `last`. */
static const char *hex_field(const char *s, char stop, unsigned most, unsigned last, unsigned *out)
{
    unsigned n = 0;

    for (*out = 0; hex_digit(*s) < 16 && n < most; s++, n++)
        *out = *out * 16 + (unsigned)hex_digit(*s);
    return n && *out <= last && *s == stop ? s + (stop != 0) : NULL;
}

int arg_bdf(const char *option, const char *s, bdf_t *out, struct err *e)
{
    unsigned bus, device, function;
    const char *p = hex_field(s, ':', 2, 0xff, &bus);

    p = p ? hex_field(p, '.', 2, 0x1f, &device) : NULL;
    p = p ? hex_field(p, 0, 1, 7, &function) : NULL;
    if (!p)
        return err_set(e, EINVAL,
                       "%s: '%.40s' is no device; expected BB:DD.F in hexadecimal, as 00:03.0",
                       option, s);
    *out = bdf((uint16_t)(bus << 8 | device << 3 | function));
    return 0;
}

int arg_iova_range(const char *option, const char *s, struct iova_range *out, struct err *e)
{
    const char *dash = strchr(s, '-');
    uint64_t first, last;

    if (!dash || !number(s, (size_t)(dash - s), &first) ||
        !number(dash + 1, strlen(dash + 1), &last))
        return err_set(e, EINVAL,
                       "%s: '%.60s' is no range; expected START-LAST, both inclusive, as "
                       "0x1000-0x1fff",
                       option, s);
    if (first > last)
        return err_set(e, EINVAL, "%s: '%.60s' ends before it starts", option, s);
    *out = iova_range(first, last);
    return 0;
}

int arg_attach(const char *option, const char *s, struct attach_rec *out, struct err *e)
{
    const char *at = strchr(s, '@');
    size_t n = at ? (size_t)(at - s) : strlen(s);
    int rc;

    memset(out, 0, sizeof(*out));
    if (n == 4 && !strncmp(s, "vfio", n))
        out->kind = CONSUMER_VFIO;
    else if (n == 4 && !strncmp(s, "mdev", n))
        out->kind = CONSUMER_MDEV;
    else if (n == 5 && !strncmp(s, "vhost", n))
        out->kind = CONSUMER_VHOST;
    else if (n == 5 && !strncmp(s, "probe", n))
        out->kind = CONSUMER_PROBE;
    else
        return err_set(e, EINVAL,
                       "%s: '%.40s' names no kind of consumer; expected vfio@BDF, mdev@BDF, "
                       "vhost@BDF or "
                       "probe@BDF",
                       option, s);
    if (!at)
        return err_set(e, EINVAL, "%s: '%.40s' names no device; expected KIND@BDF, as vfio@00:03.0",
                       option, s);
    rc = arg_bdf(option, at + 1, &out->bdf, e);
    if (rc == 0)
        snprintf(out->name, sizeof(out->name), "%s@%s", consumer_kind_name(out->kind),
                 show_bdf(out->bdf).text);
    return rc;
}

static bool error_code(const char *s, int *out)
{
    uint64_t v;

    *out = errno_of(s);
    if (*out)
        return true;
    if (!number(s, strlen(s), &v) || v == 0 || v > 4095)
        return false;
    *out = (int)v;
    return true;
}

int arg_fail(const char *option, const char *s, struct engine_fail *out, struct err *e)
{
    static const char *const ops[] = {
        [FAIL_MAP] = "map", [FAIL_UNMAP] = "unmap", [FAIL_ALLOC] = "alloc"};
    const char *first = strchr(s, ':'), *second = first ? strchr(first + 1, ':') : NULL;

    *out = (struct engine_fail){.op = FAIL_MAP};
    if (second && number(first + 1, (size_t)(second - first - 1), &out->nth) && out->nth &&
        error_code(second + 1, &out->error)) {
        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
            if (strlen(ops[i]) == (size_t)(first - s) && !strncmp(ops[i], s, strlen(ops[i]))) {
                out->op = (enum fail_op)i;
                return 0;
            }
        }
    }
    return err_set(
        e, EINVAL,
        "%s: '%.40s' names no call; expected OP:N:ERRNO with map, unmap or alloc, N from "
        "1 and an errno by name or number, as map:3:ENOSPC",
        option, s);
}

int arg_word(const char *option, const char *s, const char *const *words, int *out, struct err *e)
{
    char list[160] = "";
    size_t at = 0;

    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], s)) {
            *out = i;
            return 0;
        }
        at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s",
                               i == 0         ? ""
                               : words[i + 1] ? ", "
                                              : " or ",
                               words[i]);
    }
    return err_set(e, EINVAL, "%s: '%.40s' is not known; expected %s", option, s, list);
}
