/* SPDX-License-Identifier: MIT */
/*
 * Mappings that meet a border: the interrupt window between a VFIO's two notifiers, RAM blocks, the
 * container's limits; and two devices in one domain (real-systems part I, surprises 9 and 10; part
 * II, 07, 09, 16, 18).
 */
#include <string.h>

#include "map.h"
#include "pieces.h"
#include "rig.h"
#include "suite.h"

#define G      UINT64_C(0x700000)
#define SECOND bdf(0x0018)

static struct rig *with_vfio(int profile, const struct ram_entry *ram, size_t rams)
{
    struct rig *r = rig_new(&(struct rig_setup){
        .profile = rig_profiles[profile], .attach = "vfio", .ram = ram, .rams = rams});

    rig_bring_up(r);
    return r;
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* A 2 MiB leaf at 0xfee00000: 7.2 ends in an assertion, 10.2 maps the upper half to the wrong
 * memory, the ideal keeps IOVA and target in step (#41, L2, M26). */
START_TEST(large_leaf_over_the_window)
{
    struct rig *r = with_vfio(_i, NULL, 0);

    map(r, 0xfee00000, 2, 0x4000083);
    rig_psi(r, 5, 0xfee00000, 9);
    if (_i == 0) {
        ck_assert_int_eq(r->result, 1);
        ck_assert_ptr_nonnull(r->abort_why);
        EXPECT();
    } else if (_i == 1) {
        EXPECT("v MAP 0xfef00000+0x100000 0x4000000 rw 0\n");
        map(r, 0xfee00000, 2, 0);
        rig_psi(r, 5, 0xfee00000, 0);
        EXPECT("v UNMAP 0xfef00000+0x100000 0\n");
    } else {
        EXPECT("v MAP 0xfef00000+0x100000 0x4100000 rw 0\n");
        map(r, 0xfee00000, 2, 0);
        rig_psi(r, 5, 0xfee00000, 9);
        EXPECT("v UNMAP 0xfef00000+0x100000 0\n");
    }
    rig_free(r);
}
END_TEST

/* A 1 GiB leaf at 0xC0000000: what is cropped is no power of two, VFIO refuses it. The above one is
 * called first. */
START_TEST(huge_leaf_over_the_window)
{
    struct rig *r = with_vfio(_i, NULL, 0);

    map(r, 0xc0000000, 3, 0x100000083);
    rig_psi(r, 5, 0xc0000000, 18);
    if (_i == 0) {
        ck_assert_int_eq(r->result, 1);
    } else if (_i == 1) {
        EXPECT("v MAP 0xfef00000+0x1100000 0x100000000 rw granularity\n"
               "v MAP 0xc0000000+0x3ee00000 0x100000000 rw granularity\n");
    } else {
        EXPECT("v MAP 0xfef00000+0x100000 0x13ef00000 rw 0\n"
               "v MAP 0xff000000+0x1000000 0x13f000000 rw 0\n"
               "v MAP 0xc0000000+0x20000000 0x100000000 rw 0\n"
               "v MAP 0xe0000000+0x10000000 0x120000000 rw 0\n"
               "v MAP 0xf0000000+0x8000000 0x130000000 rw 0\n"
               "v MAP 0xf8000000+0x4000000 0x138000000 rw 0\n"
               "v MAP 0xfc000000+0x2000000 0x13c000000 rw 0\n"
               "v MAP 0xfe000000+0x800000 0x13e000000 rw 0\n"
               "v MAP 0xfe800000+0x400000 0x13e800000 rw 0\n"
               "v MAP 0xfec00000+0x200000 0x13ec00000 rw 0\n");
    }
    rig_free(r);
}
END_TEST

/* Clearing an entry across the window: the UNMAP of its slot reaches both (M26: guest-made abort
 * before 10.2). */
START_TEST(slot_over_the_window_cleared)
{
    struct rig *r = with_vfio(_i, NULL, 0);

    map(r, 0xfedff000, 1, G | 3);
    map(r, 0xfee01000, 1, G | 3); /* in the window: walked, told to nobody */
    map(r, 0xfef00000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0xfec00000, 10);
    EXPECT("v MAP 0xfedff000+0x1000 0x700000 rw 0\nv MAP 0xfef00000+0x1000 0x701000 rw 0\n");
    map(r, 0xc0000000, 3, 0);
    rig_psi(r, 5, 0xc0000000, 0);
    if (_i == 0)
        ck_assert_int_eq(r->result, 1);
    else if (_i == 1)
        EXPECT("v UNMAP 0xfef00000+0x1100000 0\nv UNMAP 0xc0000000+0x3ee00000 0\n");
    else
        EXPECT("v UNMAP 0xfedff000+0x1000 0\nv UNMAP 0xfef00000+0x1000 0\n");
    rig_free(r);
}
END_TEST

static const struct ram_entry blocks[] = {{{0}, 0x1000000, false},
                                          {{0x1000000}, 0x100000, true}, /* ROM in the middle */
                                          {{0x1100000}, 0x6f00000, false}};

/* VFIO's own conditions: RAM, in one block; ROM is read-only; reading is always granted (part
 * I; 9.3). */
START_TEST(targets)
{
    static const struct {
        unsigned level;
        uint64_t entry;
        const char *told;
    } rows[] = {
        {1, 0x20000003, "v MAP 0x40000000+0x1000 0x20000000 rw not-ram\n"},
        {1, 0xfee00003, "v MAP 0x40000000+0x1000 0xfee00000 rw not-ram\n"},
        {1, 0x1000003, "v MAP 0x40000000+0x1000 0x1000000 rw 0\n"},
        {1, 0x00fff003, "v MAP 0x40000000+0x1000 0xfff000 rw 0\n"},
        {2, 0x1000083, "v MAP 0x40000000+0x200000 0x1000000 rw granularity\n"},
        {2, 0x1200083, "v MAP 0x40000000+0x200000 0x1200000 rw 0\n"},
        {3, 0x0000083, "v MAP 0x40000000+0x40000000 0x0 rw granularity\n"},
        {1, 0x700002, "v MAP 0x40000000+0x1000 0x700000 w 0\n"},
    };
    static const enum perm held[] = {0, 0, PERM_R, PERM_RW, 0, PERM_RW, 0, PERM_RW};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = with_vfio(_i, blocks, COUNT(blocks));

        map(r, 0x40000000, rows[i].level, rows[i].entry);
        rig_psi(r, 5, 0x40000000, 0);
        ck_assert_str_eq(rig_notes(r), rows[i].told);
        rig_dma(r, RIG_DEV, 0x40000000, false);
        ck_assert_msg(r->held_perm == held[i], "row %zu: holds %d", i, r->held_perm);
        map(r, 0x40000000, rows[i].level, 0); /* it counts as mapped: a removal is told */
        rig_psi(r, 5, 0x40000000, rows[i].level == 1 ? 0 : rows[i].level == 2 ? 9 : 18);
        ck_assert_uint_eq(strncmp(rig_notes(r), "v UNMAP 0x40000000+0x", 21), 0);
        rig_free(r);
    }
}
END_TEST

/* A full container: refused, and in the emulation never tried again (part II, dma_entry_limit). */
START_TEST(limit)
{
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio", .dma_limit = 10});

    rig_bring_up(r);
    for (uint64_t p = 0; p < 12; p++)
        map(r, 0x40000000 + (p << 12), 1, (G + (p << 12)) | 3);
    rig_psi(r, 5, 0x40000000, 4);
    EXPECT("v MAP 0x40000000+0x1000 0x700000 rw 0\nv MAP 0x40001000+0x1000 0x701000 rw 0\n"
           "v MAP 0x40002000+0x1000 0x702000 rw 0\nv MAP 0x40003000+0x1000 0x703000 rw 0\n"
           "v MAP 0x40004000+0x1000 0x704000 rw 0\nv MAP 0x40005000+0x1000 0x705000 rw 0\n"
           "v MAP 0x40006000+0x1000 0x706000 rw 0\nv MAP 0x40007000+0x1000 0x707000 rw 0\n"
           "v MAP 0x40008000+0x1000 0x708000 rw 0\nv MAP 0x40009000+0x1000 0x709000 rw 0\n"
           "v MAP 0x4000a000+0x1000 0x70a000 rw -28\nv MAP 0x4000b000+0x1000 0x70b000 rw -28\n");
    map(r, 0x40000000, 1, 0);
    rig_psi(r, 5, 0x40000000, 0);
    EXPECT("v UNMAP 0x40000000+0x1000 0\n");
    rig_psi(r, 5, 0x40000000, 4);
    if (_i < 2)
        EXPECT();
    rig_free(r);
}
END_TEST

/* Two devices in one domain: each its own container and record, device by device, ascending (part
 * II, 07). */
START_TEST(two_devices)
{
    struct attach_rec second = {.name = "w", .kind = CONSUMER_VFIO, .bdf = SECOND};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio"});

    rig_attach(r, &second);
    rig_context(r, SECOND, 3, 5, RIG_TOP);
    rig_bring_up(r);
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\nw MAP 0x1000+0x1000 0x700000 rw 0\n");
    map(r, 0x1000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v UNMAP 0x1000+0x1000 0\nv MAP 0x1000+0x1000 0x701000 rw 0\n"
           "w UNMAP 0x1000+0x1000 0\nw MAP 0x1000+0x1000 0x701000 rw 0\n");
    rig_context(r, SECOND, 3, 6, 0x180000); /* an empty domain of its own */
    rig_cc_device(r, 5, SECOND);
    if (_i == 2)
        EXPECT("w UNMAP 0x1000+0x1000 0\n");
    else
        EXPECT("w UNMAP 0x0+0x40000000 0\n"); /* the slot of the top table */
    map(r, 0x2000, 1, G | 3);
    rig_psi(r, 5, 0x2000, 0);
    EXPECT("v MAP 0x2000+0x1000 0x700000 rw 0\n");
    rig_psi(r, 6, 0x2000, 0);
    EXPECT();
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {large_leaf_over_the_window, RIG_PROFILES},
        {huge_leaf_over_the_window, RIG_PROFILES},
        {slot_over_the_window_cleared, RIG_PROFILES},
        {targets, RIG_PROFILES},
        {limit, RIG_PROFILES},
        {two_devices, RIG_PROFILES},
    };

    return run_tests("borders and targets", rows, COUNT(rows));
}
