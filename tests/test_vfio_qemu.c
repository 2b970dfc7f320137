/* SPDX-License-Identifier: MIT */
/* What QEMU's VFIO does when it leaves, when the kernel refuses, and who is plugged where another
 * one was: seen on 7.2.22 (docs/agreement.md, "hot-plug and refusals"). The ideal does none of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "suite.h"

#define G           UINT64_C(0x700000)
#define DEFAULT     "vfio@00:02.0"
#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* _i 0: qemu-7.2, 1: ideal. One block of RAM. */
static struct rig *on(int i)
{
    static const struct ram_entry ram[] = {{{0}, 0x2000000, false}};
    struct rig *r = rig_new(&(struct rig_setup){
        .profile = i ? "ideal" : "qemu-7.2", .attach = "", .ram = ram, .rams = 1});

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    return r;
}

static void refuse(struct rig *r, enum fail_op op, int error, uint64_t count)
{
    struct rec rec = {.kind = REC_FAIL};

    snprintf(rec.u.fail.name, sizeof(rec.u.fail.name), "%s", DEFAULT);
    rec.u.fail.op = op;
    rec.u.fail.error = error;
    rec.u.fail.count = count;
    ck_assert_int_eq(rig_step(r, &rec), 0);
}

static void gone(struct rig *r)
{
    struct rec rec = {.kind = REC_GONE};

    rec.u.gone.bdf = RIG_DEV;
    ck_assert_int_eq(rig_step(r, &rec), 0);
}

/* Both parts around the window, or RAM. */
START_TEST(leaving_unmaps)
{
    struct rig *r = on(_i);

    rig_detach(r, DEFAULT);
    if (_i)
        EXPECT("");
    else
        EXPECT(DEFAULT " region UNMAP 0x0+0xfee00000 0\n" DEFAULT
                       " region UNMAP 0xfef00000+0xffffffff01100000 0\n");
    rig_free(r);
    r = on(_i);
    rig_w32(r, REG_GCMD, 0x4000000);
    rig_notes(r);
    gone(r);
    if (_i)
        EXPECT("");
    else
        EXPECT(DEFAULT " region UNMAP 0x0+0x2000000 0\n");
    rig_free(r);
}
END_TEST

START_TEST(busy_is_tried_twice)
{
    struct rig *r = on(_i);

    rig_map(r, RIG_TOP, 3, 0x2000, 1, G | 3);
    refuse(r, FAIL_MAP, EBUSY, 1);
    rig_psi(r, 5, 0x2000, 0);
    if (_i)
        EXPECT(DEFAULT " MAP 0x2000+0x1000 0x700000 rw -16\n");
    else
        EXPECT(DEFAULT " MAP 0x2000+0x1000 0x700000 rw -16\n" DEFAULT
                       " region UNMAP 0x2000+0x1000 0\n" DEFAULT
                       " MAP 0x2000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

/* The UNMAP in between is refused, too: no second try. */
START_TEST(busy_twice)
{
    struct rig *r = on(0);

    rig_map(r, RIG_TOP, 3, 0x2000, 1, G | 3);
    refuse(r, FAIL_MAP, EBUSY, 1);
    refuse(r, FAIL_UNMAP, EIO, 1);
    rig_psi(r, 5, 0x2000, 0);
    EXPECT(DEFAULT " MAP 0x2000+0x1000 0x700000 rw -16\n" DEFAULT
                   " region UNMAP 0x2000+0x1000 -5\n");
    rig_free(r);
}
END_TEST

START_TEST(the_last_page_is_spared)
{
    struct rig *r = on(_i);

    refuse(r, FAIL_UNMAP, EINVAL, 21); /* 19 pieces, below, above */
    rig_w32(r, REG_GCMD, 0x4000000);
    if (_i)
        ck_assert_ptr_null(strstr(rig_notes(r), "0xffffffff01100000 -22\n" DEFAULT
                                                " region UNMAP 0xfef00000+0xffffffff01"));
    else
        ck_assert_ptr_nonnull(strstr(rig_notes(r),
                                     " region UNMAP 0xfef00000+0xffffffff01100000 -22\n" DEFAULT
                                     " region UNMAP 0xfef00000+0xffffffff010ff000 0\n"));
    rig_free(r);
}
END_TEST

START_TEST(ram_that_cannot_be_mapped)
{
    struct rig *r = on(_i);

    refuse(r, FAIL_MAP, ENOMEM, 1);
    rig_w32(r, REG_GCMD, 0x4000000);
    if (_i)
        ck_assert_ptr_null(r->abort_why);
    else
        ck_assert_str_eq(r->abort_why, "VFIO cannot map RAM while the guest runs: hw_error");
    rig_free(r);
}
END_TEST

/* The device's entry becomes a pass-through one while nobody is there; nothing is invalidated. */
START_TEST(the_place_is_found_as_it_was)
{
    struct rig *r = on(_i);

    gone(r);
    rig_mem2(r, RIG_CTX + 0x100, RIG_TOP | 9, 5 << 8 | 1);
    rig_notes(r);
    rig_device(r, RIG_DEV);
    if (_i)
        EXPECT(DEFAULT " region MAP 0x0+0x2000000 0x0 rw 0\n");
    else
        ck_assert_ptr_nonnull(strstr(rig_notes(r), DEFAULT " UNMAP 0x0+0x80000000 0\n"));
    rig_cc_device(r, 5, RIG_DEV);
    if (_i)
        EXPECT("");
    else
        ck_assert_ptr_nonnull(strstr(rig_notes(r), DEFAULT " region MAP 0x0+0x2000000 0x0 rw 0\n"));
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {leaving_unmaps, 2},
        {busy_is_tried_twice, 2},
        {busy_twice, 1},
        {the_last_page_is_spared, 2},
        {ram_that_cannot_be_mapped, 2},
        {the_place_is_found_as_it_was, 2},
    };

    return run_tests("vfio_qemu", rows, COUNT(rows));
}
