/* SPDX-License-Identifier: MIT */
/* The text form: every record to memory and back, as it was or in canonical form. */
#include "test_trace_rig.h"
#include "trace/rec_check.h"
#include "trace/text_parse.h"

/* What is read, and its canonical form (NULL: the same). Header lines stand in the header. */
struct form {
    const char *in;
    const char *out;
};

static const struct form EVENTS[] = {
    {"w32 0x18 0x80000000", NULL},
    {"w64 0x88 0x10", NULL},
    {"r32 0x1c 0xc0000000", NULL},
    {"r64 0x8 0xd2008c22260286", NULL},
    {"w32 24 4096", "w32 0x18 0x1000"},
    {"mem 0x1000 0x0", NULL},
    {"mem 0xff0 0xffffffffffffffff 0x1", NULL},
    {"mem 0x1ff8 0x3", NULL},
    {"mem 0x2000 1 2 3 4 5", "mem 0x2000 0x1 0x2 0x3 0x4 0x5"},
    {"mem 0xfffffffffffffff8 0xABCDEF", "mem 0xfffffffffffffff8 0xabcdef"},
    {"zero 0x1000 0x1000", NULL},
    {"zero 0x1000 8", "zero 0x1000 0x8"},
    {"zero 0xfffffffffffffff8 8", "zero 0xfffffffffffffff8 0x8"},
    {"zero 0 0xfffffffffffffff8", "zero 0x0 0xfffffffffffffff8"},
    {"dma 00:03.0 r 0xfffff000 0x1000", NULL},
    {"dma 00:03.0 w 0xfffff004 0x4 = 0x12345004", NULL},
    {"dma 00:03.0 w 0xfffff004 0x4 = 0x12345678", NULL},
    {"dma ff:1f.7 ? 0xffffffffffffffff 1 ! 5", "dma ff:1f.7 ? 0xffffffffffffffff 0x1 ! 0x5"},
    {"dma 00:03.0 r 0x0 0x1 ! 0xff", NULL},
    {"dma 00:03.0 r 0x0 0x1 ! none", NULL},
    {"device 00:05.0", NULL},
    {"device 00:05.0 alias=00:1E.0 ats=on", "device 00:05.0 ats=on alias=00:1e.0"},
    {"device 00:05.0 ats=off", "device 00:05.0"},
    {"gone 00:05.0", NULL},
    {"attach v vfio 00:03.0", NULL},
    {"attach v0 vfio 00:03.0 flags=map,unmap range=0x0-0xffffffffffffffff container=c limit=0 "
     "aperture=48 type1=v2 leave=3",
     NULL},
    {"attach v1 vhost 00:03.0 leave=1 backend=vdpa flags=devtlb,unmap",
     "attach v1 vhost 00:03.0 flags=unmap,devtlb backend=vdpa leave=1"},
    {"attach m mdev 00:03.0 type1=v1 unpin=never limit=10",
     "attach m mdev 00:03.0 limit=10 type1=v1 unpin=never"},
    {"attach probe@00:03.0 probe 00:03.0 range=0-4095",
     "attach probe@00:03.0 probe 00:03.0 range=0x0-0xfff"},
    {"attach k vhost 00:03.0 backend=kernel", NULL},
    {"attach i vhost 00:03.0 backend=iommufd", NULL},
    {"attach u vhost 00:03.0 backend=user", NULL},
    {"attach p mdev 00:03.0 unpin=prompt", NULL},
    {"attach p mdev 00:03.0 leave=2 dma-unmap=off", "attach p mdev 00:03.0 dma-unmap=off leave=2"},
    {"attach p mdev 00:03.0 unpin=late dma-unmap=on", NULL},
    {"attach l mdev 00:03.0 unpin=late", NULL},
    {"attach o mdev 00:03.0 unpin=other", NULL},
    {"detach v0", NULL},
    {"stop v1", NULL},
    {"start v1", NULL},
    {"miss v1 0x1234 r", NULL},
    {"miss v1 0x1234 w", NULL},
    {"ats 00:03.0 on", NULL},
    {"ats 00:03.0 off", NULL},
    {"pin m 0x1000 0x10", "pin m 0x1000 16"},
    {"unpin m 0xfffffffffffff000 1", NULL},
    {"pin m 0 0x10000000000000", "pin m 0x0 4503599627370496"},
    {"fail v0 map 12", NULL},
    {"fail v0 unmap 0x16 1", "fail v0 unmap 22"},
    {"fail v0 alloc 12 18446744073709551615", NULL},
    {"expect v0 map 0x1000 0x1000 0x200000 rw", NULL},
    {"expect v0 map 0x1000 0x1000 0x200000 r result=0", NULL},
    {"expect v0 map 0x1001 3 0x200007 w result=-17",
     "expect v0 map 0x1001 0x3 0x200007 w result=-17"},
    {"expect v0 unmap 0x0 0x10000000000000000", NULL},
    {"expect v0 unmap 0 18446744073709551616 result=-22",
     "expect v0 unmap 0x0 0x10000000000000000 result=-22"},
    {"expect v0 devtlb 0x1000 0x1000", NULL},
    {"expect v0 abort", NULL},
    {"expectations v0 notifier", NULL},
    {"expectations v0 ioctl", NULL},
    {"reset", "reset system"},
    {"reset system", NULL},
    {"reset unit", NULL},
    {"mark", NULL},
    {"mark the second # is text, too", NULL},
    {"mark  \t# so is this \t", "mark # so is this"},
    {"mark gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7\twith a tab", NULL},
    {"at 0", NULL},
    {"at 0x10", "at 16"},
    {"at 18446744073709551615", NULL},
};

static const struct form HEADERS[] = {
    {"meta guest", NULL},
    {"meta kernel   6.1.0 # not a comment", "meta kernel 6.1.0 # not a comment"},
    {"unit aw-bits=48",
     "unit aw-bits=48 caching-mode=on pt=on device-iotlb=off snoop-control=off intremap=off "
     "eim=off dma-drain=on stale-tm=off scalable-mode=off"},
    {"unit version=0x10 ecap=0xF42 cap=1 scalable-mode=on stale-tm=on dma-drain=off eim=on "
     "intremap=on snoop-control=on device-iotlb=on pt=off caching-mode=off aw-bits=57 model=ideal",
     "unit model=ideal aw-bits=57 caching-mode=off pt=off device-iotlb=on snoop-control=on "
     "intremap=on eim=on dma-drain=off stale-tm=on scalable-mode=on cap=0x1 ecap=0xf42 "
     "version=0x10"},
    {"ram 0 0x1000", "ram 0x0 0x1000"},
    {"rom 0xfffffffffffff000 0x1000", NULL},
    {"device 00:03.0 ats=on", NULL},
    {"expectations v0 ioctl", NULL},
};

static void check_form(const char *in, const char *want)
{
    struct buffer once = {NULL, 0, 0}, twice = {NULL, 0, 0};
    struct reading x = read_bytes(in, strlen(in), &once);

    ck_assert_msg(x.open == 0 && x.end == 0, "%s: %s", in, x.damage.why);
    ck_assert_str_eq(once.p, want);
    x = read_bytes(once.p, once.n, &twice); /* canonical of canonical */
    ck_assert_int_eq(x.open | x.end, 0);
    ck_assert_str_eq(twice.p, want);
    free(once.p);
    free(twice.p);
}

START_TEST(test_event)
{
    const struct form *f = &EVENTS[_i];
    char in[512], want[512];

    snprintf(in, sizeof(in), "vtd-trace 1\nmark x\n%s\n", f->in);
    snprintf(want, sizeof(want), "vtd-trace 1\nmark x\n%s\n", f->out ? f->out : f->in);
    check_form(in, want);
}
END_TEST

START_TEST(test_header)
{
    const struct form *f = &HEADERS[_i];
    char in[512], want[512];

    snprintf(in, sizeof(in), "vtd-trace 1\n%s\nat 0\n", f->in);
    snprintf(want, sizeof(want), "vtd-trace 1\n%s\nat 0\n", f->out ? f->out : f->in);
    check_form(in, want);
}
END_TEST

/* Blanks, comments, empty lines and CRLF are no part of a record. */
START_TEST(test_layout)
{
    check_form("# first a comment\n\n \t\n  vtd-trace\t1 # the version\r\n"
               "meta a b\r\n\tw32   0x0\t0 # zero\r\nmark x \r\n#\n",
               "vtd-trace 1\nmeta a b\nw32 0x0 0x0\nmark x\n");
    check_form("vtd-trace 0x1\n", "vtd-trace 1\n");
}
END_TEST

/* Header records are gathered by kind; within a kind the order stays. */
START_TEST(test_header_order)
{
    check_form("vtd-trace 1\ndevice 00:04.0\nrom 0x2000 0x1000\nmeta b 2\nunit aw-bits=39\n"
               "ram 0x0 0x1000\nmeta a 1\nexpectations y ioctl\ndevice 00:03.0\n",
               "vtd-trace 1\nmeta b 2\nmeta a 1\n"
               "unit aw-bits=39 caching-mode=on pt=on device-iotlb=off snoop-control=off "
               "intremap=off eim=off dma-drain=on stale-tm=off scalable-mode=off\n"
               "rom 0x2000 0x1000\nram 0x0 0x1000\ndevice 00:04.0\ndevice 00:03.0\n"
               "expectations y ioctl\n");
}
END_TEST

/* After the first event, `device` and `expectations` are events. */
START_TEST(test_device_as_event)
{
    static const char text[] = "vtd-trace 1\ndevice 00:03.0\nat 0\ndevice 00:03.0\n"
                               "expectations v notifier\nexpectations v ioctl\n";
    struct trace_reader *r;
    struct trace_damage d;
    struct rec rec;

    ck_assert_int_eq(trace_open_memory(text, sizeof(text) - 1, &r, &d), 0);
    ck_assert_uint_eq(trace_header(r)->devices_count, 1);
    ck_assert_uint_eq(trace_header(r)->expectations_count, 0);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_int_eq(rec.kind, REC_DEVICE);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_int_eq(rec.kind, REC_EXPECTATIONS);
    ck_assert_uint_eq(trace_records(r), 3);
    trace_close(r);
}
END_TEST

/* The longest line: a mark of 65531 bytes, and 512 words in one `mem`. */
START_TEST(test_longest)
{
    struct buffer in = {NULL, 0, 0};

    buffer_put(&in, "vtd-trace 1\nmark ", 17);
    for (unsigned i = 0; i < MARK_TEXT_MAX; i++)
        buffer_put(&in, "x", 1);
    buffer_put(&in, "\nmem 0x1000", 11);
    for (unsigned i = 0; i < MEM_WORDS_MAX; i++)
        buffer_put(&in, " 0xffffffffffffffff", 19);
    buffer_put(&in, "\n", 1);
    check_form(in.p, in.p);
    free(in.p);
}
END_TEST

/* What a record holds in memory, once. */
START_TEST(test_values)
{
    static const char text[] = "vtd-trace 1\ndma 01:02.3 w 0x1008 0x10 = 0x5008\n"
                               "attach a probe 00:03.0 flags=map,devtlb range=1-2 aperture=40\n";
    struct trace_reader *r;
    struct trace_damage d;
    struct rec rec;

    ck_assert_int_eq(trace_open_memory(text, sizeof(text) - 1, &r, &d), 0);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_uint_eq(rec.u.dma.bdf.v, 0x0113);
    ck_assert_int_eq(rec.u.dma.access, DMA_W);
    ck_assert_uint_eq(rec.u.dma.iova.v, 0x1008);
    ck_assert_uint_eq(rec.u.dma.bytes, 0x10);
    ck_assert_int_eq(rec.u.dma.seen, DMA_SEEN_GPA);
    ck_assert_uint_eq(rec.u.dma.gpa.v, 0x5008);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_uint_eq(rec.u.attach->flags, NOTIFY_MAP | NOTIFY_DEVTLB);
    ck_assert_uint_eq(rec.u.attach->range.first.v, 1);
    ck_assert_uint_eq(rec.u.attach->range.last.v, 2);
    ck_assert_uint_eq(rec.u.attach->aperture_bits, 40);
    ck_assert(!rec.u.attach->has_limit);
    ck_assert_int_eq(trace_next(r, &rec, &d), 0);
    trace_close(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {test_event, COUNT(EVENTS)},
        {test_header, COUNT(HEADERS)},
        {test_layout, 1},
        {test_header_order, 1},
        {test_device_as_event, 1},
        {test_longest, 1},
        {test_values, 1},
    };

    return run_tests("trace: text", rows, COUNT(rows));
}
