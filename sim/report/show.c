/* SPDX-License-Identifier: MIT */
#include "report/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct shown show_hex(uint64_t v)
{
    struct shown s;

    snprintf(s.text, sizeof(s.text), "0x%" PRIx64, v);
    return s;
}

struct shown show_size(struct iova_range r)
{
    uint64_t bytes = r.last.v - r.first.v + 1;

    return bytes ? show_hex(bytes) : (struct shown){"0x10000000000000000"};
}

struct shown show_count(uint64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%" PRIu64, v);
    struct shown s;
    size_t at = 0;

    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            s.text[at++] = ',';
        s.text[at++] = digits[i];
    }
    s.text[at] = 0;
    return s;
}

struct shown show_bdf(bdf_t b)
{
    struct shown s;

    snprintf(s.text, sizeof(s.text), "%02x:%02x.%x", b.v >> 8, b.v >> 3 & 0x1f, b.v & 7);
    return s;
}

struct shown show_time(uint64_t ns)
{
    struct shown s;

    if (ns >= UINT64_C(1000000000))
        snprintf(s.text, sizeof(s.text), "%" PRIu64 ".%03" PRIu64 " s", ns / 1000000000,
                 ns / 1000000 % 1000);
    else if (ns >= 1000000)
        snprintf(s.text, sizeof(s.text), "%" PRIu64 ".%03" PRIu64 " ms", ns / 1000000,
                 ns / 1000 % 1000);
    else
        snprintf(s.text, sizeof(s.text), "%" PRIu64 " ns", ns);
    return s;
}

const char *perm_name(enum perm p)
{
    static const char *const names[] = {"", "r", "w", "rw"};

    return names[p & PERM_RW];
}

const char *note_type_name(enum note_type t)
{
    static const char *const names[] = {
        [NOTE_MAP] = "MAP",
        [NOTE_UNMAP] = "UNMAP",
        [NOTE_DEVTLB] = "DEVIOTLB_UNMAP",
        [NOTE_READ_MAP] = "READ_MAP",
        [NOTE_WRITE_MAP] = "WRITE_MAP",
        [NOTE_READ_UNMAP] = "READ_UNMAP",
        [NOTE_WRITE_UNMAP] = "WRITE_UNMAP",
        [NOTE_SYNC] = "SYNC",
    };

    return names[t];
}

const char *consumer_kind_name(enum consumer_kind k)
{
    static const char *const names[] = {"vfio", "vhost", "mdev", "probe"};

    return (unsigned)k < 4 ? names[k] : "?";
}

struct shown show_errno(int result)
{
    const char *name = result < 0 && result >= -4095 ? errno_name(-result) : NULL;
    struct shown s;

    if (name)
        snprintf(s.text, sizeof(s.text), "-%s", name);
    else
        snprintf(s.text, sizeof(s.text), "%d", result);
    return s;
}

char *show_clean(char *out, size_t room, const char *s)
{
    size_t at = 0;

    while (*s) {
        size_t n = utf8_length((const unsigned char *)s, 4);
        const char *from = n ? s : "\xef\xbf\xbd";
        size_t length = n ? n : 3;

        if (n == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f))
            from = " ";
        if (at + length >= room)
            break;
        memcpy(out + at, from, length);
        at += length;
        s += n ? n : 1;
    }
    out[at] = 0;
    return out;
}
