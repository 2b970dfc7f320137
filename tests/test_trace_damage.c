/* SPDX-License-Identifier: MIT */
/*
 * Every rule about damage in the text form: byte, line, record and sentence. In each case `^`
 * marks the byte that is complained about; it is taken out before reading.
 */
#include "test_trace_rig.h"

struct damage_case {
    const char *text;
    uint64_t line;
    uint64_t record;
    const char *why; /* part of the sentence */
    bool opens;      /* false: the damage is in the header */
};

#define V "vtd-trace 1\n"

static const struct damage_case CASES[] = {
    /* the first record */
    {"vtd-trace ^2\n", 1, 0, "version 2 of the text form, this program reads version 1", false},
    {"vtd-trace^\n", 1, 0, "the version of the format expected", false},
    {"vtd-trace ^one\n", 1, 0, "`one` is no number", false},
    {"vtd-trace 1 ^2\n", 1, 0, "`2` is one field too many", false},
    {"# c\n^vtd-tracer 1\n", 2, 0, "the first record must be `vtd-trace 1`", false},
    {V "^vtd-trace 1\n", 2, 0, "a second `vtd-trace`", false},
    {V "at 1\n^vtd-trace 1\n", 3, 1, "belongs into the header", true},
    /* lines */
    {V "at 1\n^at 2", 3, 1, "the last line has no line end", true},
    {V "^at 2", 2, 0, "the last line has no line end", false},
    {V "at 1\nmark a^\x80z\n", 3, 1, "byte 0x80 is not text", true},
    {V "at 1\nmark a^\x01z\n", 3, 1, "byte 0x01 is not text", true},
    {V "at 1\nmark a^\rz\n", 3, 1, "byte 0x0d is not text", true},
    {V "at 1 # ^\xc0\xaf\n", 2, 0, "byte 0xc0 is not text", true},
    {V "at 1\n# ^\xed\xa0\x80\n", 3, 1, "byte 0xed is not text", true},
    {V "at 1\n# \xf4\x8f\xbf\xbf ^\xf4\x90\x80\x80\n", 3, 1, "byte 0xf4 is not text", true},
    {V "meta a ^\x7f\n", 2, 0, "byte 0x7f is not text", false},
    /* numbers */
    {V "at ^0x10000000000000000\n", 2, 0, "has more than 64 bits", true},
    {V "at ^18446744073709551616\n", 2, 0, "has more than 64 bits", true},
    {V "at ^-1\n", 2, 0, "`-1` is no number", true},
    {V "at ^0x\n", 2, 0, "`0x` is no number", true},
    {V "at ^0X10\n", 2, 0, "`0X10` is no number", true},
    {V "at ^1f\n", 2, 0, "`1f` is no number", true},
    {V "at ^1,000\n", 2, 0, "`1,000` is no number", true},
    {V "at ^1#2\n", 2, 0, "`1#2` is no number", true},
    /* records and fields */
    {V "at 1\n^foo 1\n", 3, 1, "`foo` is no record", true},
    {V "^foo 1\n", 2, 0, "`foo` is no record", false},
    {V "at 1\n^W32 0 0\n", 3, 1, "`W32` is no record", true},
    {V "at 1 ^2\n", 2, 0, "one field too many", true},
    {V "at^\n", 2, 0, "NS expected, the line ends", true},
    {V "w32 0^\n", 2, 0, "VAL expected, the line ends", true},
    /* header rules */
    {V "at 1\n^meta a b\n", 3, 1, "`meta` belongs into the header, before the first event", true},
    {V "at 1\n^unit aw-bits=39\n", 3, 1, "`unit` belongs into the header", true},
    {V "at 1\n^ram 0 0x1000\n", 3, 1, "`ram` belongs into the header", true},
    {V "at 1\n^rom 0 0x1000\n", 3, 1, "`rom` belongs into the header", true},
    {V "meta^\n", 2, 0, "KEY expected", false},
    {V "meta ^a/b c\n", 2, 0, "`a/b` is no name", false},
    {V "unit aw-bits=39\n^unit pt=on\n", 3, 0, "a second `unit`", false},
    {V "unit^\n", 2, 0, "KEY=VALUE expected", false},
    {V "unit ^pt\n", 2, 0, "`pt` is no KEY=VALUE", false},
    {V "unit ^=on\n", 2, 0, "`=on` is no KEY=VALUE", false},
    {V "unit ^colour=on\n", 2, 0, "`colour` is no key of `unit`", false},
    {V "unit pt=^yes\n", 2, 0, "pt is `yes`, on or off expected", false},
    {V "unit aw-bits=^40\n", 2, 0, "aw-bits=40, 39, 48 or 57 expected", false},
    {V "unit aw-bits=39 pt=on ^aw-bits=39\n", 2, 0, "`aw-bits=` stands twice", false},
    {V "unit pt=on ^pt=off\n", 2, 0, "`pt=` stands twice", false},
    {V "unit scalable-mode=on stale-tm=on ^scalable-mode=on\n", 2, 0, "stands twice", false},
    {V "unit model=^a/b\n", 2, 0, "`a/b` is no name", false},
    {V "unit version=^0x100000000\n", 2, 0, "is too large", false},
    {V "^ram 0x1000 0x800\n", 2, 0, "both multiples of 0x1000 expected", false},
    {V "^ram 0x1800 0x1000\n", 2, 0, "both multiples of 0x1000 expected", false},
    {V "^ram 0x1000 0\n", 2, 0, "ram of no bytes", false},
    {V "^rom 0xfffffffffffff000 0x2000\n", 2, 0, "passes the end of 64 bits", false},
    {V "ram 0 0x3000\n^rom 0x2000 0x1000\n", 3, 0, "overlaps ram 0x0 0x3000", false},
    {V "ram 0x2000 0x1000\n^ram 0 0x4000\n", 3, 0, "overlaps ram 0x2000 0x1000", false},
    {V "device 00:03.0\n^device 00:03.0 ats=on\n", 3, 0, "named twice in the header", false},
    {V "expectations v ioctl\n^expectations v notifier\n", 3, 0, "announced twice", false},
    {V "expectations v ^both\n", 2, 0, "one of notifier, ioctl expected", false},
    /* devices */
    {V "device ^0000:00:03.0\n", 2, 0, "is no device: BB:DD.F", false},
    {V "at 0\ngone ^00:20.0\n", 3, 1, "is no device: BB:DD.F", true},
    {V "at 0\ngone ^00:1f.8\n", 3, 1, "is no device: BB:DD.F", true},
    {V "at 0\ngone ^0g:1f.0\n", 3, 1, "is no device: BB:DD.F", true},
    {V "at 0\ndevice 00:03.0 ^bus=1\n", 3, 1, "`bus` is no key of `device`", true},
    {V "at 0\ndevice 00:03.0 ats=on ^ats=on\n", 3, 1, "`ats=` stands twice", true},
    {V "at 0\ndevice 00:03.0 ats=^maybe\n", 3, 1, "on or off expected", true},
    {V "at 0\ndevice 00:03.0 alias=^3\n", 3, 1, "is no device: BB:DD.F", true},
    /* registers */
    {V "^w32 0x2 0\n", 2, 0, "register offset 0x2 is misaligned, a multiple of 4", true},
    {V "^w64 0x1c 0\n", 2, 0, "register offset 0x1c is misaligned, a multiple of 8", true},
    {V "w32 ^0x1000 0\n", 2, 0, "inside 0x0 to 0xfff expected", true},
    {V "^r32 0x1c 0x100000000\n", 2, 0, "value 0x100000000 has more than 32 bits", true},
    /* memory */
    {V "^mem 0x1004 0\n", 2, 0, "mem at 0x1004 is misaligned, a multiple of 8", true},
    {V "mem 0x1000^\n", 2, 0, "VAL64 expected", true},
    {V "^mem 0x1ff8 1 2\n", 2, 0, "mem of 2 words at 0x1ff8 crosses a 4 KiB page", true},
    {V "^zero 0x1004 8\n", 2, 0, "zero at 0x1004 is misaligned", true},
    {V "^zero 0x1000 12\n", 2, 0, "zero of 0xc bytes, a multiple of 8", true},
    {V "^zero 0x1000 0\n", 2, 0, "zero of 0x0 bytes", true},
    {V "^zero 0xfffffffffffffff8 16\n", 2, 0, "passes the end of 64 bits", true},
    /* dma */
    {V "^dma 00:03.0 r 0xff8 9\n", 2, 0, "dma of 0x9 bytes at 0xff8 crosses a 4 KiB page", true},
    {V "dma 00:03.0 r 0 ^0x1001\n", 2, 0, "inside a 4 KiB page", true},
    {V "^dma 00:03.0 r 0 0\n", 2, 0, "dma of no bytes", true},
    {V "dma 00:03.0 ^x 0 1\n", 2, 0, "`x` is no direction: one of r, w, ?", true},
    {V "dma 00:03.0 r 0 1 ^5\n", 2, 0, "`= GPA`, `! REASON` or `! none` expected", true},
    {V "dma 00:03.0 r 0 1 =^\n", 2, 0, "GPA expected", true},
    {V "dma 00:03.0 r 0 1 !^\n", 2, 0, "REASON or none expected", true},
    {V "^dma 00:03.0 r 0 1 ! 0\n", 2, 0, "fault reason 0, 0x1 to 0xff", true},
    {V "dma 00:03.0 r 0 1 ! ^0x100\n", 2, 0, "is too large", true},
    {V "dma 00:03.0 r 0 1 = 0 ^= 0\n", 2, 0, "one field too many", true},
    /* consumers */
    {V "attach ^a*b vfio 00:03.0\n", 2, 0, "`a*b` is no name", true},
    {V "attach a ^tap 00:03.0\n", 2, 0, "one of vfio, vhost, mdev, probe expected", true},
    {V "attach a vfio^\n", 2, 0, "a device BB:DD.F expected", true},
    {V "attach a vfio 00:03.0 ^speed=1\n", 2, 0, "`speed` is no key of `attach`", true},
    {V "attach a vfio 00:03.0 ^limit\n", 2, 0, "`limit` is no KEY=VALUE", true},
    {V "attach a vfio 00:03.0 limit=1 ^limit=1\n", 2, 0, "`limit=` stands twice", true},
    {V "attach a probe 00:03.0 flags=^\n", 2, 0,
     "one of unmap, map, devtlb, read-map, write-map, read-unmap, write-unmap, sync expected",
     true},
    {V "attach a probe 00:03.0 flags=map,^map\n", 2, 0, "flag `map` stands twice", true},
    {V "attach a probe 00:03.0 flags=map,^all\n", 2, 0, "`all` is no flag", true},
    {V "attach a probe 00:03.0 range=^1\n", 2, 0, "START-LAST expected", true},
    {V "^attach a probe 00:03.0 range=2-1\n", 2, 0, "range=0x2-0x1 is inverted", true},
    {V "attach a probe 00:03.0 range=1-^\n", 2, 0, "LAST expected", true},
    {V "^attach a vfio 00:03.0 aperture=65\n", 2, 0, "aperture=65, 12 to 64 expected", true},
    {V "^attach a vfio 00:03.0 aperture=11\n", 2, 0, "aperture=11, 12 to 64 expected", true},
    {V "attach a vfio 00:03.0 type1=^v3\n", 2, 0, "one of v1, v2 expected", true},
    {V "^attach a vfio 00:03.0 backend=kernel\n", 2, 0, "backend= belongs to a vhost", true},
    {V "^attach a vfio 00:03.0 unpin=late\n", 2, 0, "unpin= belongs to an mdev", true},
    {V "^attach a vfio 00:03.0 dma-unmap=off\n", 2, 0, "dma-unmap= belongs to an mdev", true},
    {V "attach a mdev 00:03.0 dma-unmap=^no\n", 2, 0, "on or off expected", true},
    {V "attach a vhost 00:03.0 backend=^x\n", 2, 0, "one of kernel, vdpa, iommufd, user", true},
    {V "attach a mdev 00:03.0 unpin=^x\n", 2, 0, "one of prompt, late, never, other", true},
    {V "^attach a vfio 00:03.0 leave=0\n", 2, 0, "leave=0, callbacks count from 1", true},
    {V "attach a vfio 00:03.0 container=^/\n", 2, 0, "`/` is no name", true},
    {V "detach^\n", 2, 0, "NAME expected", true},
    {V "miss v 0 ^?\n", 2, 0, "r or w expected", true},
    {V "ats 00:03.0 ^1\n", 2, 0, "on or off expected", true},
    {V "^pin v 0x800 1\n", 2, 0, "IOVA 0x800 is misaligned, a multiple of 0x1000", true},
    {V "^pin v 0 0\n", 2, 0, "0 pages, at least 1", true},
    {V "^unpin v 0x1000 0x10000000000000\n", 2, 0, "pass the end of 64 bits", true},
    {V "fail v ^open 1\n", 2, 0, "one of map, unmap, alloc expected", true},
    {V "^fail v map 0\n", 2, 0, "errno 0, 1 to 4095", true},
    {V "^fail v map 4096\n", 2, 0, "errno 4096, 1 to 4095", true},
    {V "fail v map ^ENOMEM\n", 2, 0, "`ENOMEM` is no number", true},
    {V "^fail v map 12 0\n", 2, 0, "a count of 0, at least 1", true},
    /* expectations */
    {V "expect v ^remap 0 1\n", 2, 0, "one of map, unmap, devtlb, abort expected", true},
    {V "expect v map 0 ^0 0 r\n", 2, 0, "SIZE is 0", true},
    {V "expect v map 0 ^0x10000000000000001 0 r\n", 2, 0, "more than 64 bits", true},
    {V "expect v map 0 1 0^\n", 2, 0, "r, w or rw expected", true},
    {V "expect v map 0 1 0 ^rwx\n", 2, 0, "one of r, w, rw expected", true},
    {V "^expect v map 0 1 0 r result=1\n", 2, 0, "result=1, 0 or -1 to -4095", true},
    {V "^expect v unmap 0 1 result=-4096\n", 2, 0, "result=-4096, 0 or -1 to -4095", true},
    {V "expect v unmap 0 1 ^why=x\n", 2, 0, "`why` is no key of `expect`", true},
    {V "expect v devtlb 0 1 ^result=0\n", 2, 0, "one field too many", true},
    {V "expect v abort ^0\n", 2, 0, "one field too many", true},
    /* the rest */
    {V "reset ^bus\n", 2, 0, "system or unit expected", true},
    {V "at 5\nat 5\n^at 4\n", 4, 2, "time falls: at 4 ns after at 5 ns", true},
};

START_TEST(test_case)
{
    const struct damage_case *c = &CASES[_i];
    const char *mark = strchr(c->text, '^');
    struct buffer text = {NULL, 0, 0}, out = {NULL, 0, 0};
    struct reading x;

    ck_assert_ptr_nonnull(mark);
    buffer_put(&text, c->text, (size_t)(mark - c->text));
    buffer_put(&text, mark + 1, strlen(mark + 1));
    x = read_bytes(text.p, text.n, &out);
    ck_assert_msg(c->opens ? x.open == 0 && x.end == -1 : x.open < 0, "%s: read as good", c->text);
    ck_assert_msg(strstr(x.damage.why, c->why) != NULL, "%s: says `%s`", c->text, x.damage.why);
    ck_assert_msg(x.damage.byte == (uint64_t)(mark - c->text), "%s: byte %llu", c->text,
                  (unsigned long long)x.damage.byte);
    ck_assert_msg(x.damage.line == c->line, "%s: line %llu", c->text,
                  (unsigned long long)x.damage.line);
    ck_assert_msg(x.damage.record == c->record, "%s: record %llu", c->text,
                  (unsigned long long)x.damage.record);
    free(text.p);
    free(out.p);
}
END_TEST

/* `n` times `piece` after `head`, then `tail`. */
static struct buffer repeated(const char *head, const char *piece, size_t n, const char *tail)
{
    struct buffer b = {NULL, 0, 0};

    buffer_put(&b, head, strlen(head));
    for (size_t i = 0; i < n; i++)
        buffer_put(&b, piece, strlen(piece));
    buffer_put(&b, tail, strlen(tail));
    return b;
}

static void expect_damage(struct buffer text, uint64_t byte, uint64_t line, const char *why)
{
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(text.p, text.n, &out);

    ck_assert(x.open < 0 || x.end < 0);
    ck_assert_msg(strstr(x.damage.why, why) != NULL, "says `%s`", x.damage.why);
    ck_assert_uint_eq(x.damage.byte, byte);
    ck_assert_uint_eq(x.damage.line, line);
    free(text.p);
    free(out.p);
}

/* A line holds 65536 bytes, its end not counted; a `mem` 512 words; a name 64 characters. */
START_TEST(test_limits)
{
    struct buffer good = repeated(V "at 1\n#", "x", 65535, "\n");
    struct buffer crlf = repeated(V "at 1\n#", "x", 65535, "\r\n");
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(good.p, good.n, &out);

    ck_assert_int_eq(x.open | x.end, 0);
    x = read_bytes(crlf.p, crlf.n, &out);
    ck_assert_int_eq(x.open | x.end, 0);
    free(good.p);
    free(crlf.p);
    free(out.p);
    expect_damage(repeated(V "at 1\n#", "x", 65536, "\n"), 17, 3, "more than 65536 bytes");
    expect_damage(repeated(V "at 1\n#", "x", 300000, ""), 17, 3, "more than 65536 bytes");
    expect_damage(repeated(V "at 1\n#", "x", 300000, "\n"), 17, 3, "more than 65536 bytes");
    expect_damage(repeated(V "mem 0", " 0", 513, "\n"), 12 + 5 + 2 * 512 + 1, 2,
                  "mem of more than 512 words");
    expect_damage(repeated(V "detach ", "x", 65, "\n"), 19, 2, "is no name");
}
END_TEST

/* The header is bounded. */
START_TEST(test_header_limits)
{
    struct buffer b = repeated(V, "meta a b\n", 1025, "");

    expect_damage(b, 12 + 1024 * 9, 1026, "more than 1024 `meta` records");
    b = repeated(V "meta a ", "x", 65000, "\n");
    for (int i = 0; i < 16; i++) {
        struct buffer line = repeated("meta a ", "x", 65000, "\n");

        buffer_put(&b, line.p, line.n);
        free(line.p);
    }
    expect_damage(b, 12 + 16 * 65008, 18, "more than 1048576 bytes together");
    b = repeated(V, "", 0, "");
    for (int i = 0; i < 4097; i++) {
        char line[64];

        buffer_put(&b, line, (size_t)snprintf(line, sizeof(line), "ram 0x%07x 0x1000\n", i << 12));
    }
    expect_damage(b, 12 + 4096 * 21, 4098, "more than 4096 `ram` and `rom` records");
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {test_case, COUNT(CASES)}, {test_limits, 1}, {test_header_limits, 1}};

    return run_tests("trace: damage in text", rows, COUNT(rows));
}
