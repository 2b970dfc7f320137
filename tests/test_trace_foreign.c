/* SPDX-License-Identifier: MIT */
/* Told by content: what is no trace is named, in plain and in zstd; text under zstd is read. */
#include <errno.h>
#include <zstd.h>

#include "test_trace_rig.h"

struct foreign_case {
    const char *bytes;
    size_t n;
    const char *why;
};
#define F(bytes, why)                                                                              \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, why                                                              \
    }

static const struct foreign_case CASES[] = {
    F("", "this is an empty file"),
    F("\x1f\x8b\x08\0", "this is a gzip file"),
    F("\xfd"
      "7zXZ\0\0",
      "this is an xz file"),
    F("BZh91AY", "this is a bzip2 file"),
    F("PK\3\4\24", "this is a zip archive"),
    F("\x7f"
      "ELF\2\1\1",
      "this is an ELF program"),
    F("\xd4\xc3\xb2\xa1\2\0\4\0", "this is a pcap network capture"),
    F("\x0a\x0d\x0d\x0a\x1c\0", "this is a pcapng network capture"),
    F("\x89PNG\r\n\x1a\n\0", "this is a PNG picture"),
    F("PERFILE2h\0", "this is a perf.data recording"),
    F("\x17\x08\x44tracing6", "this is a trace.dat recording"),
    F("QFI\xfb\0\0\0\3", "this is a qcow2 disk image"),
    F("VTTB\1\0\0\0", "this is the unpacked blocks of a packed trace"),
    F("\xef\xbb\xbfvtd-trace 1\n", "this is text with a byte order mark"),
    F("\xff\xfev\0t\0", "this is UTF-16 text"),
    F("{\"seq\":1,\"record\":57}\n", "this is an event stream written by replay"),
    F("  {\"a\": 1}\n", "this is JSON"),
    F("[1, 2]\n", "this is JSON"),
    F("<?xml version=\"1.0\"?>\n", "this is an XML document"),
    F("#!/bin/sh\necho\n", "this is a script"),
    F("# tracer: function\n#\n  <idle>-0 [000]\n", "this is a text trace of the kernel's ftrace"),
    F("vtd_reg_write addr 0x88 size 0x4 value 0x20\n", "this is a log of QEMU's trace events"),
    F("1234@0.5:vtd_inv_desc_wait_sw wait\n", "this is a log of QEMU's trace events"),
    F("hello, world\n", "this is text of another kind"),
    F("vtd-trac", "this is text of another kind"),
    F("\n\n", "this is text without a record"),
    F("\0\1\2\3\4\5\6\7", "this is binary data of an unknown kind"),
    F("hello\x80world", "this is binary data of an unknown kind"),
    F("\x28\xb5\x2f\xfd", "cut off"),
    F("\x28\xb5\x2f\xfd\x28\x01\x09\0\0x", "damaged zstd frame"),
};

START_TEST(test_foreign)
{
    const struct foreign_case *c = &CASES[_i];
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(c->bytes, c->n, &out);

    ck_assert_int_lt(x.open, 0);
    ck_assert_msg(strstr(x.damage.why, c->why) != NULL, "says `%s`, not `%s`", x.damage.why,
                  c->why);
    ck_assert_uint_eq(x.damage.byte, 0);
    ck_assert_uint_eq(x.damage.record, 0);
    if (strncmp(c->why, "this is", 7) == 0)
        ck_assert_ptr_nonnull(strstr(x.damage.why, "expected a trace: text that begins with"));
}
END_TEST

static struct buffer compressed(const char *bytes, size_t n)
{
    struct buffer b = {NULL, 0, 0};
    size_t bound = ZSTD_compressBound(n);
    char *frame = malloc(bound);
    size_t got;

    ck_assert_ptr_nonnull(frame);
    got = ZSTD_compress(frame, bound, bytes, n, 1);
    ck_assert(!ZSTD_isError(got));
    buffer_put(&b, frame, got);
    free(frame);
    return b;
}

START_TEST(test_foreign_in_zstd)
{
    struct buffer b = compressed("\x7f"
                                 "ELF\2\1\1",
                                 7),
                  out = {NULL, 0, 0};
    struct reading x = read_bytes(b.p, b.n, &out);

    ck_assert_int_lt(x.open, 0);
    ck_assert_ptr_nonnull(strstr(x.damage.why, "this is a zstd file that holds an ELF program"));
    free(b.p);
}
END_TEST

/* A trace as text, long enough for many windows, in two zstd frames. */
START_TEST(test_zstd_text)
{
    struct buffer text = {NULL, 0, 0}, b, second, out = {NULL, 0, 0};
    struct reading x;
    char line[64];
    size_t half;

    buffer_put(&text, "vtd-trace 1\n", 12);
    for (int i = 0; i < 50000; i++)
        buffer_put(&text, line, (size_t)snprintf(line, sizeof(line), "at %d\n", i));
    half = text.n / 2;
    b = compressed(text.p, half);
    second = compressed(text.p + half, text.n - half);
    buffer_put(&b, second.p, second.n);
    x = read_bytes(b.p, b.n, &out);
    ck_assert_msg(x.open == 0 && x.end == 0, "%s", x.damage.why);
    ck_assert_int_eq(x.form, TRACE_TEXT_ZSTD);
    ck_assert_uint_eq(x.records, 50000);
    ck_assert_str_eq(out.p, text.p);
    for (size_t n = 1; n < b.n; n += 997) { /* cut off: a prefix, then the frame and the line */
        struct buffer part = {NULL, 0, 0};

        if (n == b.n - second.n) /* cut between two frames: nothing shows in zstd */
            continue;
        x = read_bytes(b.p, n, &part);
        ck_assert(x.open < 0 || x.end < 0);
        ck_assert(is_prefix(&part, &text));
        ck_assert_uint_eq(x.damage.byte, n > b.n - second.n ? b.n - second.n : 0);
        free(part.p);
    }
    free(text.p);
    free(b.p);
    free(second.p);
    free(out.p);
}
END_TEST

/* Behind the last frame nothing may follow. */
START_TEST(test_zstd_garbage)
{
    static const char text[] = "vtd-trace 1\nat 1\n";
    struct buffer b = compressed(text, sizeof(text) - 1), out = {NULL, 0, 0};
    size_t frame = b.n;
    struct reading x;

    buffer_put(&b, "garbage", 7);
    x = read_bytes(b.p, b.n, &out);
    ck_assert_int_eq(x.open, 0);
    ck_assert_int_eq(x.end, -1);
    ck_assert_uint_eq(x.records, 1);
    ck_assert_uint_eq(x.damage.byte, frame);
    ck_assert_ptr_nonnull(strstr(x.damage.why, "bytes after the last zstd frame"));
    free(b.p);
    free(out.p);
}
END_TEST

/* A zstd window of more than 128 MiB is refused before any memory is taken for it. */
START_TEST(test_zstd_window)
{
    static const char wide[] = "\x28\xb5\x2f\xfd\0\xf8\1\0\0";
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(wide, sizeof(wide) - 1, &out);

    ck_assert_int_lt(x.open, 0);
    ck_assert_ptr_nonnull(strstr(x.damage.why, "needs a larger window"));
}
END_TEST

START_TEST(test_paths)
{
    struct trace_reader *r;
    struct trace_damage d;

    ck_assert_int_eq(trace_open("/", &r, &d), -EISDIR);
    ck_assert_str_eq(d.why, "this is a directory, a trace file expected");
    ck_assert_int_eq(trace_open("/nonexistent/trace", &r, &d), -ENOENT);
    ck_assert_ptr_nonnull(strstr(d.why, "cannot open"));
    ck_assert_ptr_null(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {test_foreign, COUNT(CASES)}, {test_foreign_in_zstd, 1}, {test_zstd_text, 1},
        {test_zstd_garbage, 1},       {test_zstd_window, 1},     {test_paths, 1},
    };

    return run_tests("trace: told by content", rows, COUNT(rows));
}
