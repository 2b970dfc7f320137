/* SPDX-License-Identifier: MIT */
/* The packed form: there and back, damaged at every byte, entered in the middle. */
#include <unistd.h>

#include "test_trace_every_kind.h"
#include "test_trace_rig.h"
#include "trace/bytes.h"
#include "trace/rec_check.h"

START_TEST(test_every_kind)
{
    struct buffer packed = pack_string(EVERY_KIND);
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(packed.p, packed.n, &out);

    ck_assert_msg(x.open == 0 && x.end == 0, "%s", x.damage.why);
    ck_assert_int_eq(x.form, TRACE_PACKED);
    ck_assert_str_eq(out.p, EVERY_KIND);
    free(packed.p);
    free(out.p);
}
END_TEST

START_TEST(test_empty)
{
    static const char text[] = "vtd-trace 1\n";
    struct buffer packed = pack_string(text);
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(packed.p, packed.n, &out);

    ck_assert_int_eq(x.open | x.end, 0);
    ck_assert_uint_eq(x.records, 0);
    ck_assert_str_eq(out.p, text);
    free(packed.p);
    free(out.p);
}
END_TEST

/* A small generator of its own: same numbers everywhere. */
static uint64_t random64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static struct rec random_rec(uint64_t *s, uint64_t *at, uint64_t *val)
{
    struct rec rec = {.kind = REC_AT};
    uint64_t a = random64(s), b = random64(s), page = (a >> 20 & 31) << 12;

    switch (a % 6) {
    case 0:
        rec.kind = a & 64 ? REC_W64 : REC_R32;
        rec.u.reg.off = (uint16_t)(a >> 8 & 0xff8);
        rec.u.reg.val = rec.kind == REC_R32 ? (uint32_t)b : b;
        break;
    case 1:
    case 2:
        rec.kind = REC_MEM;
        rec.u.mem.words = a & 128 ? 1 + (a >> 9 & 1) : 1 + (uint32_t)(a >> 9 & 0x1ff);
        rec.u.mem.gpa.v = page + ((b >> 50) % (513 - rec.u.mem.words)) * 8;
        for (uint32_t i = 0; i < rec.u.mem.words; i++)
            val[i] = random64(s) >> (a >> 32 & 63);
        rec.u.mem.val = val;
        break;
    case 3:
        rec.kind = REC_ZERO;
        rec.u.zero.gpa.v = b >> 8 & ~UINT64_C(7);
        rec.u.zero.bytes = ((a >> 8 & 0xffff) + 1) * 8;
        break;
    case 4:
        rec.kind = REC_DMA;
        rec.u.dma.bdf.v = (uint16_t)(a >> 40 & 0x3f);
        rec.u.dma.access = (enum dma_access)(a >> 8 & 1);
        rec.u.dma.iova.v = (a & 128 ? b & ~PAGE_4K_MASK : page) | (a >> 50 & 0xff0);
        rec.u.dma.bytes = 1 + (a >> 9 & 15);
        rec.u.dma.seen = (enum dma_seen)(a >> 14 & 3);
        rec.u.dma.gpa.v = rec.u.dma.seen == DMA_SEEN_GPA ? b >> 4 : 0;
        rec.u.dma.reason = rec.u.dma.seen == DMA_SEEN_FAULT ? 1 + (a >> 16 & 15) : 0;
        break;
    default: rec.u.at.ns = *at += b >> 44;
    }
    return rec;
}

/* Random records, many blocks, compared as text; nothing is foretold well. */
START_TEST(test_random)
{
    static char line[REC_TEXT_BYTES];
    static uint64_t val[MEM_WORDS_MAX];
    struct buffer text = {NULL, 0, 0}, packed = {NULL, 0, 0}, out = {NULL, 0, 0};
    struct trace_header h = {.has_unit = false};
    struct trace_writer *w;
    uint64_t seed = 1, at = 0;
    struct reading x;
    struct err err;

    ck_assert_int_eq(
        trace_writer_open(TRACE_PACKED, &h, 1, (struct trace_sink){buffer_put, &packed}, &w, &err),
        0);
    buffer_put(&text, "vtd-trace 1\n", 12);
    for (int i = 0; i < 20000; i++) {
        struct rec rec = random_rec(&seed, &at, val);

        ck_assert_msg(trace_writer_add(w, &rec, &err) == 0, "%s", err.text);
        buffer_put(&text, line, rec_text(&rec, line));
    }
    ck_assert_int_eq(trace_writer_finish(w, &err), 0);
    trace_writer_free(w);
    x = read_bytes(packed.p, packed.n, &out);
    ck_assert_msg(x.open == 0 && x.end == 0, "%s", x.damage.why);
    ck_assert_uint_eq(x.records, 20000);
    ck_assert(out.n == text.n && memcmp(out.p, text.p, text.n) == 0);
    free(text.p);
    free(packed.p);
    free(out.p);
}
END_TEST

/* A writer refuses what a reader would. */
START_TEST(test_writer_refuses)
{
    struct buffer out = {NULL, 0, 0};
    struct trace_header h = {.has_unit = false};
    struct rec rec = {.kind = REC_AT, .u.at.ns = 5};
    struct trace_writer *w;
    struct err err;

    ck_assert_int_eq(
        trace_writer_open(TRACE_PACKED, &h, 23, (struct trace_sink){buffer_put, &out}, &w, &err),
        -22);
    ck_assert_int_eq(
        trace_writer_open(TRACE_TEXT, &h, 1, (struct trace_sink){buffer_put, &out}, &w, &err), 0);
    ck_assert_int_eq(trace_writer_add(w, &rec, &err), 0);
    rec.u.at.ns = 4;
    ck_assert_int_eq(trace_writer_add(w, &rec, &err), -22);
    ck_assert_ptr_nonnull(strstr(err.text, "time falls"));
    ck_assert_str_eq(out.p, "vtd-trace 1\nat 5\n");
    trace_writer_free(w);
    free(out.p);
}
END_TEST

/* Cut off after every byte: a prefix of the records, then damage. */
START_TEST(test_truncated)
{
    struct buffer packed = pack_string(EVERY_KIND);
    struct buffer whole = {NULL, 0, 0};

    read_bytes(packed.p, packed.n, &whole);
    for (size_t n = 0; n < packed.n; n++) {
        char *copy = malloc(n + 1); /* its own size, so that a sanitizer sees a step too far */
        struct buffer out = {NULL, 0, 0};
        struct reading x;

        memcpy(copy, packed.p, n);
        x = read_bytes(copy, n, &out);
        ck_assert_msg(x.open < 0 || x.end < 0, "cut at %zu: no damage", n);
        ck_assert_msg(x.damage.byte <= n, "cut at %zu: byte %llu", n,
                      (unsigned long long)x.damage.byte);
        ck_assert(is_prefix(&out, &whole));
        free(copy);
        free(out.p);
    }
    free(packed.p);
    free(whole.p);
}
END_TEST

/*
 * In every byte two bits turned over, one after the other: a prefix of the records and damage, or
 * all of them: zstd has bits that mean nothing and spellings that mean the same, and the checksum
 * is of what they mean.
 */
START_TEST(test_bit_flips)
{
    struct buffer packed = pack_string(EVERY_KIND);
    struct buffer whole = {NULL, 0, 0};

    read_bytes(packed.p, packed.n, &whole);
    for (size_t i = 0; i < packed.n * 2; i++) {
        char bit = (char)(1 << (i / 2 + i % 2 * 4) % 8);
        struct buffer out = {NULL, 0, 0};
        struct reading x;

        packed.p[i / 2] ^= bit;
        x = read_bytes(packed.p, packed.n, &out);
        packed.p[i / 2] ^= bit;
        ck_assert_msg(is_prefix(&out, &whole), "byte %zu: other records", i / 2);
        if (x.open == 0 && x.end == 0)
            ck_assert_msg(out.n == whole.n, "byte %zu: not noticed", i / 2);
        free(out.p);
    }
    free(packed.p);
    free(whole.p);
}
END_TEST

/* 40,000 records: three blocks. */
static struct buffer three_blocks(void)
{
    struct buffer text = {NULL, 0, 0}, packed = {NULL, 0, 0};
    char line[64];

    buffer_put(&text, "vtd-trace 1\n", 12);
    for (int i = 1; i <= 40000; i++)
        buffer_put(&text, line, (size_t)snprintf(line, sizeof(line), "at %d\n", i * 10));
    pack_bytes(text.p, text.n, &packed);
    free(text.p);
    return packed;
}

/* Offset of the `n`th frame, from the seek table. */
static size_t frame_offset(const struct buffer *packed, unsigned n)
{
    const uint8_t *p = (const uint8_t *)packed->p + packed->n - 9;
    uint32_t frames = get_u32(p);
    size_t at = 0;

    ck_assert_uint_eq(get_u32(p + 5), 0x8f92eab1);
    for (unsigned i = 0; i < n; i++)
        at += get_u32(p - 12 * (frames - i));
    return at;
}

/* What stands before a damaged frame is given, and the frame is named. */
START_TEST(test_damaged_frame)
{
    struct buffer packed = three_blocks();
    struct buffer out = {NULL, 0, 0};
    size_t at = frame_offset(&packed, 2);
    struct reading x;

    packed.p[at + 20] ^= 0x10;
    x = read_bytes(packed.p, packed.n, &out);
    ck_assert_int_eq(x.open, 0);
    ck_assert_int_eq(x.end, -1);
    ck_assert_uint_eq(x.records, 16384);
    ck_assert_uint_eq(x.damage.byte, at);
    ck_assert_uint_eq(x.damage.line, 0);
    ck_assert_ptr_nonnull(strstr(x.damage.why, "zstd frame"));
    free(packed.p);
    free(out.p);
}
END_TEST

/* The seek table: missing, damaged, with something behind it. All records are given before. */
START_TEST(test_seek_table)
{
    static const char *const why[] = {"ends without its seek table", "damaged seek table",
                                      "bytes after the seek table", "entries are not"};
    struct buffer packed = three_blocks();
    struct buffer out = {NULL, 0, 0};
    size_t table = frame_offset(&packed, 4);
    struct reading x;

    if (_i == 0)
        packed.n = table;
    if (_i == 1)
        packed.p[packed.n - 1] ^= 1;
    if (_i == 2)
        buffer_put(&packed, "x", 1);
    if (_i == 3)
        packed.p[table + 8 + 12 + 4] ^= 1;
    x = read_bytes(packed.p, packed.n, &out);
    ck_assert_int_eq(x.end, -1);
    ck_assert_uint_eq(x.records, 40000);
    ck_assert_uint_eq(x.damage.byte, table);
    ck_assert_msg(strstr(x.damage.why, why[_i]) != NULL, "%s", x.damage.why);
    free(packed.p);
    free(out.p);
}
END_TEST

static uint64_t at_after_skip(struct trace_reader *r, uint64_t record)
{
    struct trace_damage d;
    struct rec rec;

    ck_assert_int_eq(trace_skip_to(r, record, &d), 0);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_uint_eq(trace_records(r), record);
    ck_assert_int_eq(rec.kind, REC_AT);
    return rec.u.at.ns;
}

/* Entered in the middle, from memory and from a file; the end is still checked. */
START_TEST(test_skip)
{
    static const uint64_t targets[] = {1, 2, 16384, 16385, 32768, 32769, 39999, 40000};
    struct buffer packed = three_blocks();
    char path[] = "/tmp/test_trace_packed.XXXXXX";
    struct trace_damage d;
    struct trace_reader *r;
    struct rec rec;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, packed.p, packed.n), (ssize_t)packed.n);
    close(fd);
    for (size_t i = 0; i < COUNT(targets); i++) {
        ck_assert_int_eq(trace_open_memory(packed.p, packed.n, &r, &d), 0);
        ck_assert_uint_eq(at_after_skip(r, targets[i]), targets[i] * 10);
        trace_close(r);
        ck_assert_int_eq(trace_open(path, &r, &d), 0);
        for (size_t k = i; k < COUNT(targets); k++) /* and onward from there */
            ck_assert_uint_eq(at_after_skip(r, targets[k]), targets[k] * 10);
        ck_assert_int_eq(trace_next(r, &rec, &d), 0);
        trace_close(r);
    }
    ck_assert_int_eq(trace_open(path, &r, &d), 0);
    ck_assert_int_eq(trace_skip_to(r, 50000, &d), 0); /* beyond the end */
    ck_assert_int_eq(trace_next(r, &rec, &d), 0);
    ck_assert_uint_eq(trace_records(r), 40000);
    trace_close(r);
    unlink(path);
    free(packed.p);
}
END_TEST

/* A frame that is damaged does not hinder entering behind it; without a table all is read. */
START_TEST(test_skip_damaged)
{
    struct buffer packed = three_blocks();
    struct trace_damage d;
    struct trace_reader *r;

    packed.p[frame_offset(&packed, 1) + 20] ^= 0x10;
    ck_assert_int_eq(trace_open_memory(packed.p, packed.n, &r, &d), 0);
    ck_assert_uint_eq(at_after_skip(r, 39000), 390000);
    trace_close(r);
    ck_assert_int_eq(trace_open_memory(packed.p, packed.n - 1, &r, &d), 0);
    ck_assert_int_eq(trace_skip_to(r, 39000, &d), -1);
    ck_assert_uint_eq(d.record, 0);
    trace_close(r);
    free(packed.p);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {test_every_kind, 1},     {test_empty, 1},      {test_random, 1},
        {test_writer_refuses, 1}, {test_truncated, 1},  {test_bit_flips, 1},
        {test_damaged_frame, 1},  {test_seek_table, 4}, {test_skip, 1},
        {test_skip_damaged, 1},
    };

    return run_tests("trace: packed", rows, COUNT(rows));
}
