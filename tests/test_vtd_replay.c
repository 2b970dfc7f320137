/* SPDX-License-Identifier: MIT */
/*
 * Translation on and off, a new root, reset, pass-through: what a VFIO goes through (contract,
 * section 2; real-systems part I, rules table; part II, "Setup / teardown" and 06; museum 2.3).
 */
#include "pieces.h"
#include "rig.h"
#include "suite.h"

#define G UINT64_C(0x700000)

/* Two pages below the window, one above. */
#define MAPS_BELOW                                                                                 \
    "v MAP 0x1000+0x1000 0x700000 rw 0\n"                                                          \
    "v MAP 0x200000+0x200000 0x80000000 r 0\n"
#define MAPS_ABOVE "v MAP 0x102200000+0x1000 0x701000 rw 0\n"
#define MAPPED_GONE                                                                                \
    "v UNMAP 0x1000+0x1000 0\nv UNMAP 0x200000+0x200000 0\nv UNMAP 0x102200000+0x1000 0\n"

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* TE rising: RAM away; below registered and replayed, then above (2.4; 7.2's replay unmaps its
 * range first). */
static const char *const te_on[] = {
    IDENTITY_GONE_39 PIECES_BELOW MAPS_BELOW PIECES_ABOVE_39 MAPS_ABOVE,
    IDENTITY_GONE_39 MAPS_BELOW MAPS_ABOVE,
    IDENTITY_GONE_39 MAPS_BELOW MAPS_ABOVE,
};

/* TE falling: flush (the ideal: what was mapped), two region unmaps, RAM back. */
static const char *const te_off[] = {
    FLUSH_39 REGIONS_GONE IDENTITY_39,
    FLUSH_39 REGIONS_GONE IDENTITY_39,
    MAPPED_GONE REGIONS_GONE IDENTITY_39,
};

/* Root latched, queue on, translation off; the tables hold the three mappings. */
static struct rig *before_te(int profile)
{
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = rig_profiles[profile], .attach = "vfio"});

    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    EXPECT(IDENTITY_39); /* joined with the first record */
    rig_map(r, RIG_TOP, 3, 0x200000, 2, 0x80000081);
    rig_map(r, RIG_TOP, 3, 0x102200000, 1, (G + 0x1000) | 3);
    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w64(r, 0x90, RIG_QUEUE);
    rig_w32(r, 0x18, 0x04000000);
    EXPECT();
    return r;
}

static struct rig *translating(int profile)
{
    struct rig *r = before_te(profile);

    rig_w32(r, 0x18, 0x84000000);
    ck_assert_str_eq(rig_notes(r), te_on[profile]);
    return r;
}

START_TEST(on_and_off)
{
    struct rig *r = translating(_i);

    rig_iotlb_global(r); /* the record is what was replayed */
    EXPECT();
    rig_w32(r, 0x18, 0x04000000);
    ck_assert_str_eq(rig_notes(r), te_off[_i]);
    rig_iotlb_global(r); /* off: nobody follows the tables (RST-EMPTY) */
    rig_w32(r, 0x18, 0x44000000);
    EXPECT();
    rig_w32(r, 0x18, 0x84000000);
    ck_assert_str_eq(rig_notes(r), te_on[_i]);
    rig_free(r);
}
END_TEST

START_TEST(reset_is_te_off)
{
    struct rig *r = translating(_i);

    rig_reset(r);
    ck_assert_str_eq(rig_notes(r), te_off[_i]);
    ck_assert_uint_eq(rig_r32(r, 0x1c), 0);
    rig_reset(r);
    EXPECT();
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x1000, true).end, XLAT_OK);
    ck_assert_uint_eq(r->dma.gpa.v, 0x1000);
    rig_free(r);
}
END_TEST

/* 2.3, #44, L4: a new root under TE flushes in the emulation, and maps nothing until the next
 * invalidation. */
START_TEST(root_under_te)
{
    struct rig *r = translating(_i);

    rig_w32(r, 0x18, 0xC4000000);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : FLUSH_39);
    rig_psi(r, 5, 0x200000, 9);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : "v MAP 0x200000+0x200000 0x80000000 r 0\n");
    rig_iotlb_global(r);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : "v MAP 0x1000+0x1000 0x700000 rw 0\n" MAPS_ABOVE);
    rig_free(r);
}
END_TEST

/* Another root: another context entry, another domain. */
START_TEST(another_root)
{
    struct rig *r = translating(_i);

    rig_mem2(r, 0x190000, 0x191001, 0);
    rig_mem2(r, 0x191100, 0x180001, 0x601);
    rig_mem(r, 0x180000, 0x181003);
    rig_mem(r, 0x181000, 0x182003);
    rig_mem(r, 0x182008, G | 3); /* 0x1000 as before */
    rig_w64(r, 0x20, 0x190000);
    rig_w32(r, 0x18, 0xC4000000);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "v UNMAP 0x200000+0x200000 0\n"
                                             "v UNMAP 0x102200000+0x1000 0\n"
                                           : FLUSH_39);
    rig_dsi(r, 6);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : "v MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

/* The page above the window: taken away while translated, or back in the tables, untold. */
static void page_above(struct rig *r, bool there)
{
    rig_map(r, RIG_TOP, 3, 0x102200000, 1, there ? (G + 0x1000) | 3 : 0);
    if (there)
        return;
    rig_psi(r, 5, 0x102200000, 0);
    EXPECT("v UNMAP 0x102200000+0x1000 0\n");
}

/* To pass-through and back (part II, 06): seen at the context invalidation. */
START_TEST(pass_through)
{
    struct rig *r = translating(_i);

    if (_i < 2) /* see pass_through_collides */
        page_above(r, false);
    rig_mem2(r, RIG_CTX + 0x100, RIG_TOP | 1 | 2 << 2, 0x501);
    EXPECT(); /* looked at anew on an invalidation, not when memory changes */
    rig_cc_device(r, 5, RIG_DEV);
    ck_assert_str_eq(rig_notes(r),
                     _i == 2 ? MAPPED_GONE REGIONS_GONE IDENTITY_39 : REGIONS_GONE IDENTITY_39);
    rig_iotlb_global(r);
    rig_dsi(r, 5);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT();
    ck_assert_uint_eq(rig_dma(r, RIG_DEV, 0x12345678, true).gpa.v, 0x12345678);
    ck_assert_uint_eq(r->held_gpa, 0x12345678);
    rig_context(r, RIG_DEV, 3, 7, RIG_TOP);
    page_above(r, true);
    rig_cc_device(r, 5, RIG_DEV);
    ck_assert_str_eq(rig_notes(r), te_on[_i]);
    rig_free(r);
}
END_TEST

/* With a page above the window. Linux before ef270ec44637 removes nothing when QEMU unmaps all from there
 * to 2^64 in one call; RAM collides with what stayed, and that QEMU cannot live with (seen
 * on 7.2.22 over Linux 6.1.192: tests/traces/kernel/to-pass-through.trace). */
START_TEST(pass_through_collides)
{
    struct rig *r = translating(_i);

    rig_mem2(r, RIG_CTX + 0x100, RIG_TOP | 1 | 2 << 2, 0x501);
    rig_cc_device(r, 5, RIG_DEV);
    if (_i == 2) {
        EXPECT(MAPPED_GONE REGIONS_GONE IDENTITY_39);
        ck_assert_ptr_null(r->abort_why);
    } else {
        EXPECT(REGIONS_GONE "v region MAP 0x0+0xfee00000 0x0 rw 0\n"
                            "v region MAP 0xfef00000+0x7f01100000 0xfef00000 rw -17\n");
        ck_assert_ptr_nonnull(strstr(r->abort_why, "hw_error"));
    }
    rig_free(r);
}
END_TEST

/* By a global context invalidation: the emulation flushes first. */
START_TEST(pass_through_by_global)
{
    struct rig *r = translating(_i);

    rig_mem2(r, RIG_CTX + 0x100, RIG_TOP | 1 | 2 << 2, 0x501);
    rig_cc_global(r);
    ck_assert_str_eq(rig_notes(r), te_off[_i]);
    rig_free(r);
}
END_TEST

/* 3.9 step 9: in the emulation a device's own access that meets the entry switches it. */
START_TEST(pass_through_seen_by_dma)
{
    struct rig *r = translating(_i);

    if (_i < 2)
        page_above(r, false);
    rig_mem2(r, RIG_CTX + 0x100, RIG_TOP | 1 | 2 << 2, 0x501);
    ck_assert_uint_eq(rig_dma(r, RIG_DEV, 0x12345678, false).gpa.v, 0x12345678);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : REGIONS_GONE IDENTITY_39);
    rig_free(r);
}
END_TEST

/* TE rising with a pass-through, an absent or a malformed entry: the first stays as it is, the
 * others count as translated, with nothing mapped. */
START_TEST(te_on_without_tables)
{
    static const struct {
        uint64_t lo, hi;
        bool translated;
    } rows[] = {{RIG_TOP | 1 | 2 << 2, 0x501, false},
                {RIG_TOP, 0x501, true},
                {RIG_TOP | 0x11, 0x501, true},
                {RIG_TOP | 1 | 2 << 2, 0x507, true}}; /* no valid pass-through entry */

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = before_te(_i);

        rig_mem2(r, RIG_CTX + 0x100, rows[i].lo, rows[i].hi);
        rig_w32(r, 0x18, 0x84000000);
        if (!rows[i].translated)
            EXPECT();
        else if (_i == 0)
            EXPECT(IDENTITY_GONE_39 PIECES_BELOW PIECES_ABOVE_39);
        else
            EXPECT(IDENTITY_GONE_39);
        rig_free(r);
    }
}
END_TEST

/* L3, surprise 16: 10.2's replay forgets the record; what had not been announced is then known to
 * it. */
START_TEST(replay_and_unannounced_changes)
{
    struct attach_rec late = {.name = "q", .kind = CONSUMER_PROBE, .bdf = RIG_DEV};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0);
    rig_map(r, RIG_TOP, 3, 0x2000, 1, G | 3);
    rig_attach(r, &late); /* joins and is replayed between the store and its invalidation */
    if (_i == 0)
        EXPECT("q UNMAP 0x0+0x8000000000 0\nq MAP 0x2000+0x1000 0x700000 rw 0\n");
    else if (_i == 1)
        EXPECT("q MAP 0x2000+0x1000 0x700000 rw 0\n");
    else /* both hold the same: what was announced */
        EXPECT("q MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_dsi(r, 5);
    if (_i == 2)
        EXPECT("q UNMAP 0x1000+0x1000 0\np UNMAP 0x1000+0x1000 0\n"
               "q MAP 0x2000+0x1000 0x700000 rw 0\np MAP 0x2000+0x1000 0x700000 rw 0\n");
    else
        EXPECT(); /* p keeps 0x1000 and misses 0x2000 */
    rig_free(r);
}
END_TEST

/* 9.2.3: a hole met by a replay is nobody's removal: who held it hears of it at its own
 * invalidation. */
START_TEST(replay_of_another_range)
{
    struct attach_rec low = {.name = "p",
                             .kind = CONSUMER_PROBE,
                             .bdf = RIG_DEV,
                             .has_range = true,
                             .range = {{0}, {0xffff}}};
    struct attach_rec high = low;
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .with = &low});

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0);
    high.name[0] = 'q';
    high.range = iova_range(0x100000, 0x1fffff);
    rig_attach(r, &high);
    if (_i == 0) /* its replay begins with this, of its own range */
        EXPECT("q UNMAP 0x100000+0x100000 0\n");
    else
        EXPECT();
    rig_psi(r, 5, 0x1000, 0);
    if (_i == 1) /* L3: its replay forgot all */
        EXPECT();
    else
        EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* Devices in ascending BDF order, one after the other. */
START_TEST(order_of_devices)
{
    struct attach_rec w = {.name = "w", .kind = CONSUMER_PROBE, .bdf = bdf(0x0008)};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});

    rig_attach(r, &w); /* attached later, but 00:01.0 */
    rig_context(r, bdf(0x0008), 3, 5, RIG_TOP);
    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    if (_i == 0)
        EXPECT("w UNMAP 0x0+0x8000000000 0\nw MAP 0x1000+0x1000 0x700000 rw 0\n"
               "p UNMAP 0x0+0x8000000000 0\np MAP 0x1000+0x1000 0x700000 rw 0\n");
    else
        EXPECT("w MAP 0x1000+0x1000 0x700000 rw 0\np MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {on_and_off, RIG_PROFILES},
        {reset_is_te_off, RIG_PROFILES},
        {root_under_te, RIG_PROFILES},
        {another_root, RIG_PROFILES},
        {pass_through, RIG_PROFILES},
        {pass_through_collides, RIG_PROFILES},
        {pass_through_by_global, RIG_PROFILES},
        {pass_through_seen_by_dma, RIG_PROFILES},
        {te_on_without_tables, RIG_PROFILES},
        {replay_and_unannounced_changes, RIG_PROFILES},
        {replay_of_another_range, RIG_PROFILES},
        {order_of_devices, RIG_PROFILES},
    };

    return run_tests("translation on, off, reset", rows, COUNT(rows));
}
