/* SPDX-License-Identifier: MIT */
#include "trace/foreign.h"

#include <string.h>

#include "trace/scan.h"

/* Public magic numbers of file formats people have lying beside their traces. */
static const struct {
    const char *magic;
    uint16_t bytes;
    uint16_t at; /* offset in the file */
    const char *name;
} MAGICS[] = {
    {"\x1f\x8b", 2, 0, "a gzip file (unpack it first)"},
    {"\xfd"
     "7zXZ\0",
     6, 0, "an xz file (unpack it first)"},
    {"BZh", 3, 0, "a bzip2 file (unpack it first)"},
    {"\x04\x22\x4d\x18", 4, 0, "an lz4 file (unpack it first)"},
    {"PK\3\4", 4, 0, "a zip archive"},
    {"PK\5\6", 4, 0, "an empty zip archive"},
    {"7z\xbc\xaf\x27\x1c", 6, 0, "a 7z archive"},
    {"ustar", 5, 257, "a tar archive"},
    {"\x7f"
     "ELF",
     4, 0, "an ELF program or library"},
    {"\xd4\xc3\xb2\xa1", 4, 0, "a pcap network capture"},
    {"\xa1\xb2\xc3\xd4", 4, 0, "a pcap network capture"},
    {"\x4d\x3c\xb2\xa1", 4, 0, "a pcap network capture"},
    {"\xa1\xb2\x3c\x4d", 4, 0, "a pcap network capture"},
    {"\x0a\x0d\x0d\x0a", 4, 0, "a pcapng network capture"},
    {"\x89PNG\r\n\x1a\n", 8, 0, "a PNG picture"},
    {"\xff\xd8\xff", 3, 0, "a JPEG picture"},
    {"GIF8", 4, 0, "a GIF picture"},
    {"%PDF-", 5, 0, "a PDF document"},
    {"PERFILE2", 8, 0, "a perf.data recording"},
    {"\x17\x08\x44tracing", 10, 0, "a trace.dat recording of trace-cmd"},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xb4\x29\xa4\x0a\xcb\x77\xb1\xf2", 16, 0,
     "a binary trace of QEMU's `simple` backend"},
    {"\xc1\x1f\xfc\xc1", 4, 0, "a stream of a CTF trace"},
    {"QFI\xfb", 4, 0, "a qcow2 disk image"},
    {"QEVM", 4, 0, "a saved state of QEMU"},
    {"SQLite format 3", 16, 0, "an SQLite database"},
    {"!<arch>\n", 8, 0, "a library or Debian package (ar archive)"},
    {"VTTB", 4, 0, "the unpacked blocks of a packed trace (give the .vtt.zst file itself)"},
    {"\xff\xfe", 2, 0, "UTF-16 text (UTF-8 expected)"},
    {"\xfe\xff", 2, 0, "UTF-16 text (UTF-8 expected)"},
    {"\xef\xbb\xbf", 3, 0, "text with a byte order mark (remove it)"},
    {"#!", 2, 0, "a script"},
    {"# tracer:", 9, 0, "a text trace of the kernel's ftrace"},
    {"/* CTF", 6, 0, "the metadata of a CTF trace"},
    {"diff --git", 10, 0, "a patch"},
    {"<!DOCTYPE", 9, 0, "an HTML or XML document"},
    {"<html", 5, 0, "an HTML document"},
    {"<?xml", 5, 0, "an XML document"},
    {"{\"seq\":", 7, 0, "an event stream written by replay"},
};

bool text_trace_likely(const uint8_t *bytes, size_t n)
{
    static const char word[] = "vtd-trace";
    const char *p = (const char *)bytes;
    const char *end = p + n;

    if (n == 0)
        return false;
    while (p < end) {
        if (*p == '#') {
            p = memchr(p, '\n', (size_t)(end - p));
            if (!p)
                return true;
        } else if (*p != ' ' && *p != '\t' && *p != '\r' && *p != '\n') {
            size_t left = (size_t)(end - p);
            size_t k = left < sizeof(word) - 1 ? left : sizeof(word) - 1;

            return memcmp(p, word, k) == 0 && (k == sizeof(word) - 1 || n >= FOREIGN_BYTES);
        }
        p++;
    }
    return n >= FOREIGN_BYTES;
}

/* Does `word` stand in the first line? */
static bool first_line_has(const uint8_t *p, size_t n, const char *word)
{
    const uint8_t *eol = memchr(p, '\n', n);
    size_t w = strlen(word);

    if (eol)
        n = (size_t)(eol - p);
    for (size_t i = 0; i + w <= n; i++)
        if (memcmp(p + i, word, w) == 0)
            return true;
    return false;
}

/* Bytes that are text up to the end, where a character may be cut in two. */
static bool is_text(const uint8_t *p, size_t n)
{
    const char *start = (const char *)p;

    for (size_t done = 0; done < n;) {
        const char *bad = text_bad_byte(start + done, n - done);

        if (!bad)
            return true;
        if (*bad != '\n' && *bad != '\r' && *bad != '\f' && *bad != 0x1b)
            return n >= FOREIGN_BYTES && (size_t)(start + n - bad) < 4 && (*bad & 0x80);
        done = (size_t)(bad - start) + 1;
    }
    return true;
}

const char *foreign_name(const uint8_t *p, size_t n)
{
    size_t i = 0;

    if (n == 0)
        return "an empty file";
    for (size_t k = 0; k < sizeof(MAGICS) / sizeof(MAGICS[0]); k++)
        if (MAGICS[k].at + (size_t)MAGICS[k].bytes <= n &&
            memcmp(p + MAGICS[k].at, MAGICS[k].magic, MAGICS[k].bytes) == 0)
            return MAGICS[k].name;
    if (!is_text(p, n))
        return "binary data of an unknown kind";
    if (first_line_has(p, n, "vtd_"))
        return "a log of QEMU's trace events";
    while (i < n && strchr(" \t\r\n", p[i]))
        i++;
    if (i == n)
        return "text without a record";
    if (p[i] == '{' || p[i] == '[')
        return "JSON";
    return "text of another kind";
}
