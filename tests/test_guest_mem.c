/* SPDX-License-Identifier: MIT */
/* Guest memory: what exists, what reads as zero, what clearing touches. */
#include <errno.h>

#include "guest_mem.h"
#include "mem_log.h"
#include "rig.h"
#include "suite.h"

static struct err e;

static int add(struct guest_mem *m, uint64_t at, uint64_t bytes, bool rom)
{
    return guest_mem_add(m, (struct ram_block){gpa(at), bytes, rom}, &e);
}

START_TEST(blocks)
{
    static const uint64_t bad[][2] = {
        {0x1000, 0},
        {0x1800, 0x1000},
        {0x1000, 0x800},
        {UINT64_C(1) << 46, 0x1000},
        {(UINT64_C(1) << 46) - 0x1000, 0x2000},
        {UINT64_MAX - 0xfff, 0x1000},
        {0x11000, 0x1000},
        {0xf000, 0x2000},
        {0x13000, 0x1000},
        {0x0, 0x100000},
        {0x1000, UINT64_MAX & ~UINT64_C(0xfff)},
    };
    struct guest_mem *m = guest_mem_new();
    const struct ram_block *b;
    size_t count;

    ck_assert_int_eq(add(m, 0x10000, 0x4000, false), 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        e.text[0] = 0;
        ck_assert_msg(add(m, bad[i][0], bad[i][1], false) == -EINVAL, "row %zu", i);
        ck_assert_msg(e.text[0], "row %zu: no sentence", i);
    }
    ck_assert_int_eq(add(m, 0x8000, 0x8000, true), 0);
    ck_assert_int_eq(add(m, 0x14000, 0x1000, false), 0);
    ck_assert_int_eq(add(m, (UINT64_C(1) << 46) - 0x1000, 0x1000, false), 0);
    b = guest_mem_blocks(m, &count);
    ck_assert_uint_eq(count, 4);
    for (size_t i = 1; i < count; i++)
        ck_assert_uint_lt(b[i - 1].gpa.v, b[i].gpa.v);
    ck_assert_uint_eq(guest_mem_block_at(m, gpa(0xffff))->gpa.v, 0x8000);
    ck_assert(guest_mem_block_at(m, gpa(0x8000))->rom);
    ck_assert_uint_eq(guest_mem_block_at(m, gpa(0x13fff))->gpa.v, 0x10000);
    ck_assert_uint_eq(guest_mem_block_at(m, gpa(0x14000))->gpa.v, 0x14000);
    ck_assert_ptr_null(guest_mem_block_at(m, gpa(0x7fff)));
    ck_assert_ptr_null(guest_mem_block_at(m, gpa(0x15000)));
    ck_assert_ptr_null(guest_mem_block_at(m, gpa(UINT64_MAX)));
    guest_mem_free(m);
    guest_mem_free(NULL);
}
END_TEST

START_TEST(words)
{
    struct guest_mem *m = guest_mem_new();
    uint64_t v = 7, top = (UINT64_C(1) << 46) - 8;

    add(m, 0x10000, 0x2000, false);
    add(m, 0x20000, 0x1000, true);
    add(m, (UINT64_C(1) << 46) - 0x1000, 0x1000, false);
    ck_assert(guest_mem_read(m, gpa(0x11ff8), &v));
    ck_assert_uint_eq(v, 0);
    v = 7;
    ck_assert(!guest_mem_read(m, gpa(0x12000), &v));
    ck_assert(!guest_mem_read(m, gpa(0xfff8), &v));
    ck_assert(!guest_mem_read(m, gpa(UINT64_MAX - 7), &v));
    ck_assert_uint_eq(v, 7);
    ck_assert_int_eq(guest_mem_store(m, gpa(0x11ff8), 0x0123456789abcdef), 0);
    ck_assert_int_eq(guest_mem_store(m, gpa(0x12000), 1), -EFAULT);
    ck_assert_int_eq(guest_mem_store(m, gpa(UINT64_C(1) << 46), 1), -EFAULT);
    ck_assert_int_eq(guest_mem_store(m, gpa(0x20000), 5), 0); /* a trace says what ROM holds */
    ck_assert_int_eq(guest_mem_store(m, gpa(top), 9), 0);
    ck_assert(guest_mem_read(m, gpa(0x11ff8), &v));
    ck_assert_uint_eq(v, 0x0123456789abcdef);
    ck_assert(guest_mem_read(m, gpa(top), &v));
    ck_assert_uint_eq(v, 9);
    ck_assert(guest_mem_read(m, gpa(0x20000), &v));
    ck_assert_uint_eq(v, 5);
    ck_assert(guest_mem_read(m, gpa(0x11ff0), &v));
    ck_assert_uint_eq(v, 0);
    guest_mem_free(m);
}
END_TEST

START_TEST(pages)
{
    struct guest_mem *m = guest_mem_new();
    const uint64_t *w;

    add(m, 0x10000, 0x2000, false);
    w = guest_mem_page(m, gpa(0x10ff0));
    ck_assert_ptr_nonnull(w);
    for (unsigned i = 0; i < 512; i++)
        ck_assert_uint_eq(w[i], 0);
    ck_assert_ptr_null(guest_mem_page(m, gpa(0x12000)));
    ck_assert_uint_eq(guest_mem_bytes_held(m), 0);
    guest_mem_store(m, gpa(0x10008), 0); /* zero over nothing costs nothing */
    ck_assert_uint_eq(guest_mem_bytes_held(m), 0);
    guest_mem_store(m, gpa(0x10008), 3);
    ck_assert_uint_eq(guest_mem_bytes_held(m), 0x1000);
    w = guest_mem_page(m, gpa(0x10000));
    ck_assert_uint_eq(w[1], 3);
    guest_mem_store(m, gpa(0x10ff8), 4);
    ck_assert_uint_eq(w[511], 4); /* the pointer stays good */
    ck_assert_uint_eq(guest_mem_page(m, gpa(0x11000))[1], 0);
    guest_mem_free(m);
}
END_TEST

/* As a device writes: 32 bits, either half; ROM and nothing refuse. */
START_TEST(device_writes)
{
    struct guest_mem *m = guest_mem_new();
    uint64_t v;

    add(m, 0x10000, 0x1000, false);
    add(m, 0x20000, 0x1000, true);
    guest_mem_store(m, gpa(0x10000), 0x1111111122222222);
    ck_assert_int_eq(guest_mem_write32(m, gpa(0x10000), 0xaaaaaaaa), 0);
    guest_mem_read(m, gpa(0x10000), &v);
    ck_assert_uint_eq(v, 0x11111111aaaaaaaa);
    ck_assert_int_eq(guest_mem_write32(m, gpa(0x10004), 0xbbbbbbbb), 0);
    guest_mem_read(m, gpa(0x10000), &v);
    ck_assert_uint_eq(v, 0xbbbbbbbbaaaaaaaa);
    ck_assert_int_eq(guest_mem_write32(m, gpa(0x10ffc), 1), 0);
    ck_assert_int_eq(guest_mem_write32(m, gpa(0x20000), 1), -EFAULT);
    ck_assert_int_eq(guest_mem_write32(m, gpa(0x11000), 1), -EFAULT);
    ck_assert_int_eq(guest_mem_write32(m, gpa(UINT64_MAX - 3), 1), -EFAULT);
    guest_mem_free(m);
}
END_TEST

START_TEST(zero)
{
    struct guest_mem *m = guest_mem_new();
    uint64_t v;

    add(m, 0, UINT64_C(1) << 45, false);
    add(m, UINT64_C(1) << 45, 0x10000, true); /* adjacent: one range across both is fine */
    for (uint64_t at = 0x1000; at < 0x5000; at += 8)
        guest_mem_store(m, gpa(at), at);
    guest_mem_store(m, gpa((UINT64_C(1) << 45) - 8), 1);
    guest_mem_store(m, gpa(UINT64_C(1) << 45), 2);
    guest_mem_store(m, gpa((UINT64_C(1) << 45) + 0x8000), 3);
    ck_assert_int_eq(guest_mem_zero(m, gpa(0x1ff8), 0x1010), 0);
    for (uint64_t at = 0x1000; at < 0x5000; at += 8) {
        guest_mem_read(m, gpa(at), &v);
        ck_assert_uint_eq(v, at >= 0x1ff8 && at < 0x3008 ? 0 : at);
    }
    ck_assert_int_eq(guest_mem_zero(m, gpa((UINT64_C(1) << 45) + 0x8000), 0x9000), -EFAULT);
    guest_mem_read(m, gpa((UINT64_C(1) << 45) + 0x8000), &v);
    ck_assert_uint_eq(v, 3); /* nothing changed */
    ck_assert_int_eq(guest_mem_zero(m, gpa(0x4000), (UINT64_C(1) << 45) - 0x4000 + 8),
                     0); /* cheap */
    guest_mem_read(m, gpa((UINT64_C(1) << 45) - 8), &v);
    ck_assert_uint_eq(v, 0);
    guest_mem_read(m, gpa(UINT64_C(1) << 45), &v);
    ck_assert_uint_eq(v, 0);
    guest_mem_read(m, gpa(0x3ff8), &v);
    ck_assert_uint_eq(v, 0x3ff8);
    ck_assert_int_eq(guest_mem_zero(m, gpa(UINT64_MAX - 7), 8), -EFAULT);
    ck_assert_int_eq(guest_mem_zero(m, gpa(0), 0), 0);
    guest_mem_free(m);
}
END_TEST

/* Sparse stores all over 2^46 against a small table. */
START_TEST(random_stores)
{
    struct guest_mem *m = guest_mem_new();
    uint64_t at[512], val[512], seed = 31337, v;

    add(m, 0, UINT64_C(1) << 46, false);
    for (unsigned i = 0; i < 512; i++) {
        at[i] = (rig_random(&seed) & ((UINT64_C(1) << 46) - 8)) >> (i % 30) & ~UINT64_C(7);
        val[i] = rig_random(&seed);
        ck_assert_int_eq(guest_mem_store(m, gpa(at[i]), val[i]), 0);
    }
    for (unsigned i = 0; i < 512; i++) {
        unsigned latest = i;

        for (unsigned k = i; k < 512; k++)
            if (at[k] == at[i])
                latest = k;
        ck_assert(guest_mem_read(m, gpa(at[i]), &v));
        ck_assert_uint_eq(v, val[latest]);
    }
    ck_assert_uint_le(guest_mem_bytes_held(m), 512 * UINT64_C(0x1000));
    guest_mem_free(m);
}
END_TEST

/* What answers with zeros is no RAM: it is read, and cannot be written. */
START_TEST(zeros_that_are_no_ram)
{
    struct guest_mem *m = guest_mem_new();
    uint64_t val = 1;

    ck_assert(!guest_mem_read(m, gpa(0xfee00000), &val));
    guest_mem_zeros(m, gpa(0xfee00000), 0x100000);
    ck_assert(guest_mem_read(m, gpa(0xfee00000), &val) && val == 0);
    ck_assert_ptr_nonnull(guest_mem_page(m, gpa(0xfeeff000)));
    ck_assert_ptr_null(guest_mem_page(m, gpa(0xfef00000)));
    ck_assert_ptr_null(guest_mem_page(m, gpa(0xfedff000)));
    ck_assert_int_eq(guest_mem_store(m, gpa(0xfee00000), 1), -EFAULT);
    guest_mem_free(m);
}
END_TEST

/* After a reset there is nothing of before, and what is written again is all that is there. */
START_TEST(reset)
{
    struct guest_mem *m = guest_mem_new();
    uint64_t position = 0, v;
    size_t count;
    gpa_t at;

    for (unsigned round = 0; round < 3; round++) {
        ck_assert_int_eq(guest_mem_store(m, gpa(0x1000), 1), -EFAULT);
        ck_assert_ptr_null(guest_mem_log(m));
        ck_assert_int_eq(add(m, 0, UINT64_C(1) << 40, false), 0);
        ck_assert(guest_mem_follow(m));
        position = 0;
        ck_assert_ptr_nonnull(mem_log_since(guest_mem_log(m), &position, &count));
        ck_assert_uint_eq(count, 0);
        at = gpa(0);
        ck_assert_ptr_null(guest_mem_written(m, &at));
        for (unsigned i = 0; i < 8; i++)
            ck_assert_int_eq(guest_mem_store(m, gpa((i + round) * UINT64_C(0x40001008)), 7), 0);
        ck_assert(guest_mem_read(m, gpa(round * UINT64_C(0x40001008) + 8), &v));
        ck_assert_uint_eq(v, 0);
        ck_assert_uint_eq(guest_mem_bytes_held(m), 8 * 4096);
        position = 0;
        ck_assert_ptr_nonnull(mem_log_since(guest_mem_log(m), &position, &count));
        ck_assert_uint_eq(count, 8);
        guest_mem_zeros(m, gpa(UINT64_C(0xfee000000000)), 0x1000);
        ck_assert(guest_mem_read(m, gpa(UINT64_C(0xfee000000000)), &v));
        guest_mem_reset(m);
        ck_assert(!guest_mem_read(m, gpa(UINT64_C(0xfee000000000)), &v));
        ck_assert_uint_eq(guest_mem_bytes_held(m), 0);
    }
    guest_mem_free(m);
}
END_TEST

/* What is near is never a page of zeros that stands for one not yet written, and tells what is
 * stored there afterwards; other pages are found beside it. */
START_TEST(near)
{
    struct guest_mem *m = guest_mem_new();
    struct guest_mem_near here = {0};
    const uint64_t *pair;

    ck_assert_int_eq(add(m, 0, 0x4000, false), 0);
    pair = guest_mem_pair_near(m, gpa(0x1010), &here);
    ck_assert_ptr_nonnull(pair);
    ck_assert_uint_eq(pair[0] | pair[1], 0);
    ck_assert_int_eq(guest_mem_store(m, gpa(0x1018), 5), 0);
    ck_assert_uint_eq(guest_mem_pair_near(m, gpa(0x1010), &here)[1], 5);
    ck_assert_int_eq(guest_mem_store(m, gpa(0x1010), 6), 0);
    ck_assert_uint_eq(guest_mem_pair_near(m, gpa(0x1010), &here)[0], 6);
    ck_assert_int_eq(guest_mem_store(m, gpa(0x2010), 7), 0);
    ck_assert_uint_eq(guest_mem_pair_near(m, gpa(0x2010), &here)[0], 7);
    ck_assert_uint_eq(guest_mem_pair_near(m, gpa(0x3010), &here)[0], 0);
    ck_assert_uint_eq(guest_mem_pair_near(m, gpa(0x1010), &here)[0], 6);
    ck_assert_ptr_null(guest_mem_pair_near(m, gpa(0x4000), &here));
    ck_assert_ptr_null(guest_mem_pair_near(m, gpa(UINT64_C(1) << 60), &here));
    guest_mem_free(m);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {blocks, 1}, {words, 1},         {pages, 1}, {device_writes, 1},
        {zero, 1},   {random_stores, 1}, {reset, 1}, {zeros_that_are_no_ram, 1},
        {near, 1}};

    return run_tests("guest memory", rows, COUNT(rows));
}
