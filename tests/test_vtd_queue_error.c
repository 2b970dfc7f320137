/* SPDX-License-Identifier: MIT */
/* The queue itself: sizes, wrap-around, errors and recovery (vtd-facts 5.1 to 5.3). */
#include <string.h>

#include "rig.h"
#include "suite.h"

#define QIE  UINT32_C(0x04000000)
#define BASE UINT64_C(0x200000)

static uint64_t wait_lo(uint32_t data)
{
    return (uint64_t)data << 32 | 0x25;
}

/* A queue of 2^(qs+8) entries at `base`, on. */
static struct rig *queue_at(int profile, uint64_t base, unsigned qs)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile], .attach = ""});

    rig_w64(r, 0x90, base | qs);
    rig_w32(r, 0x18, QIE);
    ck_assert_uint_eq(rig_r32(r, 0x1c), QIE);
    return r;
}

static void put(struct rig *r, uint64_t index, uint64_t lo, uint64_t hi)
{
    rig_mem2(r, BASE + 16 * index, lo, hi);
}

static void put_waits(struct rig *r, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        put(r, i, wait_lo(i), 0x300000);
}

START_TEST(every_size)
{
    int profile = _i % RIG_PROFILES;
    unsigned qs = (unsigned)_i / RIG_PROFILES, size = 256u << qs;
    struct rig *r = queue_at(profile, BASE, qs);

    put_waits(r, 0, size);
    rig_w32(r, 0x88, 16 * (size - 1)); /* N-1 are usable */
    ck_assert_uint_eq(r->waits, size - 1);
    ck_assert_uint_eq(rig_r64(r, 0x80), 16 * (size - 1));
    rig_w32(r, 0x88, 16 * 2); /* round the corner */
    ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    ck_assert_uint_eq(r->waits, size + 2);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x20);
    ck_assert_uint_eq(r->status, 1);
    rig_free(r);
}
END_TEST

START_TEST(tail_beyond_the_queue)
{
    int profile = _i % RIG_PROFILES;
    unsigned qs = (unsigned)_i / RIG_PROFILES, size = 256u << qs;
    struct rig *r = queue_at(profile, BASE, qs);

    put_waits(r, 0, 4);
    rig_w32(r, 0x88, 16 * size);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(r->waits, 0);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0);
    ck_assert_uint_eq(rig_r64(r, 0xb0), profile == 2 ? 1 : 0);
    rig_w32(r, 0x34, 0x10);
    if (profile == 2) /* it looks again at once: still wrong */
        ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    rig_w32(r, 0x88, 0x40);
    if (profile == 2)
        rig_w32(r, 0x34, 0x10);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    ck_assert_uint_eq(r->waits, 4);
    rig_free(r);
}
END_TEST

START_TEST(queue_outside_ram)
{
    struct rig *r = queue_at(_i, 0xfee00000, 0);

    rig_w32(r, 0x88, 0x10);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0);
    ck_assert_uint_eq(rig_r64(r, 0xb0), _i == 2 ? 2 : 0);
    rig_free(r);
}
END_TEST

/* The second page of the queue is not RAM: what lies before it is done. */
START_TEST(queue_half_outside_ram)
{
    struct rig *r = queue_at(_i, 0xfedff000, 1);

    for (unsigned i = 0; i < 256; i++)
        rig_mem2(r, 0xfedff000 + 16 * i, wait_lo(i), 0x300000);
    rig_w32(r, 0x88, 16 * 300);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x1000);
    ck_assert_uint_eq(r->waits, 256);
    /* 5.2: a failed fetch forgets that the last descriptor was a wait: not to be switched off. */
    rig_w32(r, 0x88, 0x1000);
    rig_w32(r, 0x18, 0);
    ck_assert_uint_eq(rig_r32(r, 0x1c), QIE);
    rig_free(r);
}
END_TEST

/* Earlier ones are done, the bad one stays at the head, later ones wait. */
START_TEST(stops_at_the_bad_one)
{
    struct rig *r = queue_at(_i, BASE, 0);

    put_waits(r, 0, 6);
    put(r, 2, 0, 0);
    rig_w32(r, 0x88, 0x60);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x20);
    ck_assert_uint_eq(r->waits, 2);
    ck_assert_uint_eq(r->status, 1);
    rig_w32(r, 0x88, 0x50); /* stored, not acted upon */
    ck_assert_uint_eq(rig_r64(r, 0x88), 0x50);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x20);
    ck_assert_uint_eq(r->waits, 2);
    ck_assert_uint_eq(r->queue_errors, 1);
    rig_free(r);
}
END_TEST

/* 5.3, M50: mending the descriptor and clearing IQE resumes as architected; the emulation waits for
 * a tail. */
START_TEST(recovery)
{
    struct rig *r = queue_at(_i, BASE, 0);

    put_waits(r, 0, 6);
    put(r, 2, 0, 0);
    rig_w32(r, 0x88, 0x60);
    put(r, 2, wait_lo(2), 0x300000);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x20); /* mending alone does nothing */
    rig_w32(r, 0x34, 0x10);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    ck_assert_uint_eq(rig_r64(r, 0x80), _i == 2 ? 0x60 : 0x20);
    rig_w32(r, 0x88, 0x60); /* the same tail */
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x60);
    ck_assert_uint_eq(r->waits, 6);
    ck_assert_uint_eq(r->status, 5);
    rig_free(r);
}
END_TEST

/* Cleared but not mended: the same slot stops it again. */
START_TEST(not_mended)
{
    struct rig *r = queue_at(_i, BASE, 0);

    put_waits(r, 0, 3);
    put(r, 1, 0, 0);
    rig_w32(r, 0x88, 0x30);
    rig_w32(r, 0x34, 0x10);
    rig_w32(r, 0x88, 0x30);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x10);
    ck_assert_uint_eq(r->queue_errors, 2);
    ck_assert_uint_eq(r->waits, 1);
    rig_free(r);
}
END_TEST

/* IQE is a source of the fault event (4.5). */
START_TEST(error_interrupt)
{
    struct rig *r = queue_at(_i, BASE, 0);

    rig_w32(r, 0x3c, 0x77);
    rig_w32(r, 0x40, 0xfee02000);
    rig_w32(r, 0x38, 0);
    put(r, 0, 0, 0);
    rig_w32(r, 0x88, 0x10);
    ck_assert_uint_eq(r->fault_interrupts, 1);
    ck_assert_uint_eq(r->msi_address, 0xfee02000);
    ck_assert_uint_eq(r->msi_data, 0x77);
    rig_w32(r, 0x34, 0x11);
    rig_w32(r, 0x88, 0x10); /* the same again, and the ideal's own second try */
    ck_assert_uint_eq(r->fault_interrupts, 2);
    rig_free(r);
}
END_TEST

START_TEST(error_interrupt_masked)
{
    struct rig *r = queue_at(_i, BASE, 0);

    put(r, 0, 0, 0);
    rig_w32(r, 0x88, 0x10);
    ck_assert_uint_eq(rig_r32(r, 0x38), 0xC0000000);
    put(r, 0, wait_lo(1), 0x300000);
    rig_w32(r, 0x34, 0x10); /* nothing is left to tell: IP goes, no message */
    ck_assert_uint_eq(rig_r32(r, 0x38), 0x80000000);
    rig_w32(r, 0x38, 0);
    ck_assert_uint_eq(r->interrupts, 0);
    rig_free(r);
}
END_TEST

/* 1.3: the upper half of IQT starts nothing; a qword does. */
START_TEST(which_half_of_the_tail_rings)
{
    struct rig *r = queue_at(_i, BASE, 0);

    put_waits(r, 0, 4);
    rig_w32(r, 0x8c, 0xffffffff);
    ck_assert_uint_eq(r->waits, 0);
    rig_w64(r, 0x88, 0x20);
    ck_assert_uint_eq(r->waits, 2);
    rig_w32(r, 0x88, 0x4f); /* bits 3:0 are not part of it */
    ck_assert_uint_eq(r->waits, 4);
    ck_assert_uint_eq(rig_r64(r, 0x88), 0x40);
    rig_free(r);
}
END_TEST

/* 256-bit descriptors without scalable mode: ignored by the emulation (#10), an error as
 * architected. */
START_TEST(wide_descriptors)
{
    struct rig *r = queue_at(_i, BASE | 0x800, 0);

    put_waits(r, 0, 2);
    rig_w32(r, 0x88, 0x20);
    ck_assert_uint_eq(rig_r32(r, 0x34), _i == 2 ? 0x10 : 0);
    ck_assert_uint_eq(r->waits, _i == 2 ? 0 : 2);
    if (_i == 2)
        ck_assert_uint_eq(rig_r64(r, 0xb0), 5);
    rig_free(r);
}
END_TEST

/* FSTS lies in the upper half of the 64 bits at 0x30: `ideal` acts on what is cleared there. */
START_TEST(cleared_by_the_upper_half)
{
    struct rig *r = queue_at(_i, BASE, 0);
    bool ideal = !strcmp(rig_profiles[_i], "ideal");

    put(r, 0, 0xf, 0);
    rig_w32(r, 0x88, 0x10);
    ck_assert_uint_eq(rig_r32(r, 0x34) & 0x10, 0x10);
    put_waits(r, 0, 1);
    rig_w64(r, 0x30, UINT64_C(0x1000000000));
    ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    ck_assert_uint_eq(r->waits, ideal ? 1 : 0);
    ck_assert_uint_eq(rig_r64(r, 0x80), ideal ? 0x10 : 0);
    rig_free(r);
}
END_TEST

/* M42: a tail from before QIE is fetched when the queue goes on, and not before. */
START_TEST(tail_before_enable)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""});

    put_waits(r, 0, 3);
    rig_w64(r, 0x90, BASE);
    rig_w32(r, 0x88, 0x30);
    ck_assert_uint_eq(r->waits, 0);
    rig_w32(r, 0x18, QIE);
    ck_assert_uint_eq(r->waits, 3);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x30);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {every_size, RIG_PROFILES * 8},
        {tail_beyond_the_queue, RIG_PROFILES * 7}, /* with QS 7 the tail cannot say it */
        {queue_outside_ram, RIG_PROFILES},
        {queue_half_outside_ram, RIG_PROFILES},
        {stops_at_the_bad_one, RIG_PROFILES},
        {recovery, RIG_PROFILES},
        {not_mended, RIG_PROFILES},
        {error_interrupt, RIG_PROFILES},
        {error_interrupt_masked, RIG_PROFILES},
        {which_half_of_the_tail_rings, RIG_PROFILES},
        {wide_descriptors, RIG_PROFILES},
        {cleared_by_the_upper_half, RIG_PROFILES},
        {tail_before_enable, RIG_PROFILES},
    };

    return run_tests("invalidation queue", rows, COUNT(rows));
}
