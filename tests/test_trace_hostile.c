/* SPDX-License-Identifier: MIT */
/*
 * Packed traces that someone made on purpose: frames and checksums are right, what stands in the
 * blocks is not. Nothing may crash, hang or take memory by what a file claims.
 */
#include <zstd.h>

#include "test_trace_every_kind.h"
#include "test_trace_rig.h"
#include "trace/block.h"

/* A frame with checksum around `block`, appended to `out`. */
static void put_frame(struct buffer *out, const void *block, size_t n)
{
    size_t bound = ZSTD_compressBound(n), got;
    ZSTD_CCtx *c = ZSTD_createCCtx();
    char *frame = malloc(bound);

    ck_assert(c && frame);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
    got = ZSTD_compress2(c, frame, bound, block, n);
    ck_assert(!ZSTD_isError(got));
    buffer_put(out, frame, got);
    free(frame);
    ZSTD_freeCCtx(c);
}

/* A block of `type` with its head, appended as a frame. */
static void put_block(struct buffer *out, struct block_head h, const void *body, size_t n)
{
    struct buffer block = {NULL, 0, 0};
    uint8_t head[BLOCK_HEADER_BYTES];

    h.body = h.body ? h.body : (uint32_t)n;
    block_head_put(head, &h);
    buffer_put(&block, head, sizeof(head));
    buffer_put(&block, body, n);
    put_frame(out, block.p, block.n);
    free(block.p);
}

static struct buffer with_header(void)
{
    struct buffer out = {NULL, 0, 0};

    put_block(&out, (struct block_head){.type = BLOCK_TYPE_HEADER}, "vtd-trace 1\n", 12);
    return out;
}

static void expect_why(struct buffer file, uint64_t records, const char *why)
{
    struct buffer out = {NULL, 0, 0};
    struct reading x = read_bytes(file.p, file.n, &out);

    ck_assert_msg(x.open < 0 || x.end < 0, "read as good: %s expected", why);
    ck_assert_msg(strstr(x.damage.why, why) != NULL, "says `%s`, not `%s`", x.damage.why, why);
    ck_assert_uint_eq(x.records, records);
    free(file.p);
    free(out.p);
}

/* The first frame must hold the header, whole and alone. */
START_TEST(test_header_block)
{
    struct buffer b = {NULL, 0, 0};

    put_block(&b, (struct block_head){.type = BLOCK_TYPE_HEADER}, "vtd-trace 1\nmeta a", 18);
    expect_why(b, 0, "in line 2 of the header: the last line has no line end");
    b = (struct buffer){NULL, 0, 0};
    put_block(&b, (struct block_head){.type = BLOCK_TYPE_HEADER}, "vtd-trace 1\nat 0\n", 17);
    expect_why(b, 0, "in line 2 of the header: an event");
    b = (struct buffer){NULL, 0, 0};
    put_block(&b, (struct block_head){.type = BLOCK_TYPE_HEADER}, "", 0);
    expect_why(b, 0, "in line 1 of the header: no record");
    b = (struct buffer){NULL, 0, 0};
    put_block(&b, (struct block_head){.type = BLOCK_TYPE_RECORDS, .count = 1, .first = 1}, "x", 1);
    expect_why(b, 0, "the first frame holds records");
    b = with_header();
    put_block(&b, (struct block_head){.type = BLOCK_TYPE_HEADER}, "vtd-trace 1\n", 12);
    expect_why(b, 0, "a second header");
}
END_TEST

/* What the head of a block claims. */
START_TEST(test_block_head)
{
    static const struct {
        struct block_head head;
        const char *why;
    } cases[] = {
        {{.type = 2, .count = 1, .first = 1}, "a block of unknown type 2"},
        {{.type = 1, .count = 0, .first = 1}, "claims 0 records, 1 to 65536"},
        {{.type = 1, .count = 65537, .first = 1}, "claims 65537 records"},
        {{.type = 1, .count = UINT32_MAX, .first = 1}, "claims 4294967295 records"},
        {{.type = 1, .count = 65536, .first = 1}, "claims 65536 records, its column kind holds 0"},
        {{.type = 1, .count = 1, .first = 2}, "begins at record 2, 1 expected"},
        {{.type = 1, .count = 1, .first = 0}, "begins at record 0, 1 expected"},
        {{.type = 1, .count = 1, .first = 1, .at_ns = 1}, "begins at 1 ns"},
        {{.type = 1, .count = 1, .first = 1, .body = UINT32_MAX}, "claims 0xffffffff bytes"},
        {{.type = 1, .count = 1, .first = 1, .body = 1}, "claims 0x1 bytes"},
    };
    static const uint8_t body[BLOCK_DIRECTORY_BYTES];
    struct buffer b = with_header();

    put_block(&b, cases[_i].head, body, sizeof(body));
    expect_why(b, 0, cases[_i].why);
}
END_TEST
#define HEAD_CASES 10

/* A layout to come is named, not guessed at. */
START_TEST(test_layout)
{
    struct block_head h = {.type = BLOCK_TYPE_HEADER, .body = 12};
    uint8_t block[BLOCK_HEADER_BYTES + 12];
    struct buffer b = {NULL, 0, 0};

    block_head_put(block, &h);
    memcpy(block + BLOCK_HEADER_BYTES, "vtd-trace 1\n", 12);
    block[4] = 2;
    put_frame(&b, block, sizeof(block));
    expect_why(b, 0, "layout 2 of the packed form, this program reads layout 1");
}
END_TEST

/* A block of records out of (column, bytes) pairs. */
struct column_case {
    uint32_t count;
    struct {
        enum column column;
        const char *bytes;
        size_t n;
    } col[6];
    uint64_t records; /* given before the damage */
    const char *why;
};
#define C(column, text)                                                                            \
    {                                                                                              \
        column, text, sizeof(text) - 1                                                             \
    }
#define OVERLONG "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"

static const struct column_case COLUMN_CASES[] = {
    {1, {C(COL_KIND, "\x0c")}, 0, "column kind holds a value out of its range"},
    {2, {C(COL_KIND, "\x09\x09"), C(COL_AT, "\5")}, 1, "column at ends before its last record"},
    {1, {C(COL_KIND, "\x09"), C(COL_AT, "\5\5")}, 1, "column at holds more than its records"},
    {1, {C(COL_KIND, "\x09"), C(COL_AT, "\x80")}, 0, "column at ends before"},
    {1, {C(COL_KIND, "\x09"), C(COL_AT, OVERLONG)}, 0, "column at holds a value out of its range"},
    {2,
     {C(COL_KIND, "\x09\x09"), C(COL_AT, "\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")},
     1,
     "column at holds a value out of its range"},
    {1, {C(COL_KIND, "\0"), C(COL_REG_OFF, "\0\x10"), C(COL_REG_VAL, "\0")}, 0, "column reg-off"},
    {1, {C(COL_KIND, "\0"), C(COL_REG_OFF, "\2\0"), C(COL_REG_VAL, "\0")}, 0, "is misaligned"},
    {1,
     {C(COL_KIND, "\0"), C(COL_REG_OFF, "\0\0"), C(COL_REG_VAL, "\1")},
     0,
     "has more than 32 bits"},
    {1, {C(COL_KIND, "\4"), C(COL_MEM_SLOT, "\0")}, 0, "column mem-slot"},
    {1, {C(COL_KIND, "\4"), C(COL_MEM_SLOT, "\xff"), C(COL_MEM_PAGE, "\1")}, 0, "column mem-page"},
    {1,
     {C(COL_KIND, "\5"), C(COL_MEM_SLOT, "\xff"), C(COL_MEM_PAGE, "\0"), C(COL_MEM_WORD, "\1"),
      C(COL_MEM_PAIR, "\0\0")},
     0,
     "column mem-word"},
    {1,
     {C(COL_KIND, "\6"), C(COL_MEM_SLOT, "\xff"), C(COL_MEM_PAGE, "\0"), C(COL_MEM_WORD, "\0"),
      C(COL_MEM_WORDS, "\xfe\3")},
     0,
     "column mem-words"},
    {1,
     {C(COL_KIND, "\4"), C(COL_MEM_SLOT, "\xff"), C(COL_MEM_PAGE, "\0"), C(COL_MEM_WORD, "\0"),
      C(COL_MEM_LOW, "\x82\x20")},
     0,
     "column mem-low"},
    {1,
     {C(COL_KIND, "\4"), C(COL_MEM_SLOT, "\xff"), C(COL_MEM_PAGE, "\0"), C(COL_MEM_WORD, "\0"),
      C(COL_MEM_LOW, "\1"), C(COL_MEM_HIGH, "\1")},
     0,
     "column mem-high"},
    {1, {C(COL_KIND, "\7"), C(COL_ZERO_GPA, "\2"), C(COL_ZERO_WORDS, "\0")}, 0, "is misaligned"},
    {1,
     {C(COL_KIND, "\7"), C(COL_ZERO_GPA, "\0"),
      C(COL_ZERO_WORDS, "\xff\xff\xff\xff\xff\xff\xff\xff\x1f")},
     0,
     "column zero-words"},
    {1, {C(COL_KIND, "\x08"), C(COL_DMA_BDF, "\x18")}, 0, "column dma-bdf ends"},
    {1,
     {C(COL_KIND, "\x08"), C(COL_DMA_BDF, "\x18\0"), C(COL_DMA_SORT, "\3"), C(COL_DMA_LEN, "\0"),
      C(COL_DMA_SLOT, "\xff"), C(COL_DMA_PAGE, "\0")},
     0,
     "column dma-off ends"},
    {1,
     {C(COL_KIND, "\x08"), C(COL_DMA_BDF, "\x18\0"), C(COL_DMA_SORT, "\0"),
      C(COL_DMA_LEN, "\xff\x20")},
     0,
     "column dma-len"},
    {1,
     {C(COL_KIND, "\x08"), C(COL_DMA_BDF, "\x18\0"), C(COL_DMA_SORT, "\0"), C(COL_DMA_LEN, "\0"),
      C(COL_DMA_SLOT, "\0")},
     0,
     "column dma-slot"},
    {1,
     {C(COL_KIND, "\x0a"), C(COL_EXPECT_SORT, "\0"), C(COL_EXPECT_NAME, "\1")},
     0,
     "column expect-name"},
    {1,
     {C(COL_KIND, "\x0a"), C(COL_EXPECT_SORT, "\3"), C(COL_EXPECT_NAME, "\0"), C(COL_NAMES, "v")},
     0,
     "column names ends"},
    {1,
     {C(COL_KIND, "\x0a"), C(COL_EXPECT_SORT, "\3"), C(COL_EXPECT_NAME, "\0"),
      C(COL_NAMES, "a b\n")},
     0,
     "no name"},
    {1,
     {C(COL_KIND, "\x0a"), C(COL_EXPECT_SORT, "\5"), C(COL_EXPECT_NAME, "\0"), C(COL_NAMES, "v\n")},
     0,
     "column expect-sort"},
    {1,
     {C(COL_KIND, "\x0a"), C(COL_EXPECT_SORT, "\x20"), C(COL_EXPECT_NAME, "\0"),
      C(COL_NAMES, "v\n")},
     0,
     "column expect-sort"},
    {1, {C(COL_KIND, "\x0b"), C(COL_TEXT, "mark x")}, 0, "column text ends"},
    {1, {C(COL_KIND, "\x0b"), C(COL_TEXT, "# x\n")}, 0, "a line that is no event"},
    {1, {C(COL_KIND, "\x0b"), C(COL_TEXT, "ram 0 0x1000\n")}, 0, "a line that is no event"},
    {1, {C(COL_KIND, "\x0b"), C(COL_TEXT, "pin v 1 1\n")}, 0, "is misaligned"},
    {1, {C(COL_KIND, "\x0b"), C(COL_TEXT, "mark x\nmark y\n")}, 1, "column text holds more"},
};

START_TEST(test_columns)
{
    const struct column_case *c = &COLUMN_CASES[_i];
    struct buffer body = {NULL, 0, 0}, file = with_header();
    uint8_t directory[BLOCK_DIRECTORY_BYTES] = {0};

    for (size_t i = 0; i < COUNT(c->col); i++)
        put_u32(directory + 4 * c->col[i].column,
                (uint32_t)c->col[i].n + get_u32(directory + 4 * c->col[i].column));
    buffer_put(&body, directory, sizeof(directory));
    for (int column = 0; column < COLUMNS; column++)
        for (size_t i = 0; i < COUNT(c->col); i++)
            if (c->col[i].n && (int)c->col[i].column == column)
                buffer_put(&body, c->col[i].bytes, c->col[i].n);
    put_block(&file, (struct block_head){.type = 1, .count = c->count, .first = 1}, body.p, body.n);
    expect_why(file, c->records, c->why);
    free(body.p);
}
END_TEST

/* The directory: columns that pass the block's end, or leave bytes over. */
START_TEST(test_directory)
{
    uint8_t directory[BLOCK_DIRECTORY_BYTES + 1] = {0};
    struct buffer b = with_header();

    put_block(&b, (struct block_head){.type = 1, .count = 1, .first = 1}, directory, 4);
    expect_why(b, 0, "ends inside its directory");
    b = with_header();
    put_block(&b, (struct block_head){.type = 1, .count = 1, .first = 1}, directory,
              sizeof(directory));
    expect_why(b, 0, "0x1 bytes in the block that belong to no column");
    put_u32(directory + 8, UINT32_MAX);
    b = with_header();
    put_block(&b, (struct block_head){.type = 1, .count = 1, .first = 1}, directory,
              sizeof(directory));
    expect_why(b, 0, "column reg-val passes the end of its block");
}
END_TEST

/* Frames that claim more than a block may hold, or do not say. */
START_TEST(test_frames)
{
    static const char huge[] = "\x28\xb5\x2f\xfd\xe4\0\0\0\0\0\0\0\x40"; /* 2^62 bytes */
    static const char unsaid[] = "\x28\xb5\x2f\xfd\x04\x00\x01\0\0";
    static const char bare[] = "\x28\xb5\x2f\xfd\x20\x01\x09\0\0x";
    static const char dictionary[] = "\x28\xb5\x2f\xfd\x25\x07\x01\x09\0\0x\0\0\0\0";
    static const char skippable[] = "\x50\x2a\x4d\x18\x01\0\0\0x";
    struct buffer b = with_header();
    char *big = calloc(1, BLOCK_BODY_MAX + BLOCK_HEADER_BYTES + 1);

    buffer_put(&b, huge, sizeof(huge) - 1);
    expect_why(b, 0, "a zstd frame of 0x4000000000000000 bytes, at most");
    b = with_header();
    put_frame(&b, big, BLOCK_BODY_MAX + BLOCK_HEADER_BYTES + 1);
    expect_why(b, 0, "at most 0x400020 expected");
    b = with_header();
    put_frame(&b, big, BLOCK_BODY_MAX + BLOCK_HEADER_BYTES);
    expect_why(b, 0, "the frame holds no block");
    b = with_header();
    buffer_put(&b, unsaid, sizeof(unsaid) - 1);
    expect_why(b, 0, "does not say how much it holds");
    b = with_header();
    buffer_put(&b, bare, sizeof(bare) - 1);
    expect_why(b, 0, "without a checksum");
    b = with_header();
    buffer_put(&b, dictionary, sizeof(dictionary) - 1);
    expect_why(b, 0, "needs a dictionary");
    b = with_header();
    buffer_put(&b, skippable, sizeof(skippable) - 1);
    expect_why(b, 0, "no zstd frame where a block or the seek table was expected");
    b = with_header();
    put_frame(&b, big, 0);
    expect_why(b, 0, "the frame holds no block");
    free(big);
}
END_TEST

/*
 * Every byte of the block of EVERY_KIND set to several values, under a right checksum: the decoder
 * itself is hit. What it gives must obey the rules: it is read again as text.
 */
START_TEST(test_mutated_block)
{
    static const uint8_t values[] = {0x00, 0x80, 0xff};
    struct buffer packed = pack_string(EVERY_KIND);
    const uint8_t *table = (const uint8_t *)packed.p + packed.n - 9 - 2 * 12;
    size_t first = get_u32(table), bytes = get_u32(table + 16);
    uint8_t *block = malloc(bytes);

    ck_assert_uint_eq(ZSTD_decompress(block, bytes, packed.p + first, get_u32(table + 12)), bytes);
    for (size_t i = BLOCK_HEADER_BYTES; i < bytes; i++) {
        uint8_t was = block[i];

        for (size_t k = 0; k < COUNT(values); k++) {
            struct buffer file = {NULL, 0, 0}, out = {NULL, 0, 0}, again = {NULL, 0, 0};
            struct reading x;

            block[i] = values[k];
            buffer_put(&file, packed.p, first);
            put_frame(&file, block, bytes);
            x = read_bytes(file.p, file.n, &out);
            ck_assert_int_eq(x.open, 0);
            ck_assert_int_eq(x.end, -1); /* there is no seek table */
            x = read_bytes(out.p, out.n, &again);
            ck_assert_msg(x.open == 0 && x.end == 0, "byte %zu: %s", i, x.damage.why);
            ck_assert_str_eq(again.p, out.p);
            free(file.p);
            free(out.p);
            free(again.p);
        }
        block[i] = was;
    }
    free(block);
    free(packed.p);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {test_header_block, 1},  {test_block_head, HEAD_CASES},
        {test_layout, 1},        {test_columns, COUNT(COLUMN_CASES)},
        {test_directory, 1},     {test_frames, 1},
        {test_mutated_block, 1},
    };

    return run_tests("trace: hostile packed", rows, COUNT(rows));
}
