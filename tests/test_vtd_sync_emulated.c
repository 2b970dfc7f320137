/* SPDX-License-Identifier: MIT */
/*
 * What both runnable QEMUs do and the architecture would not: flushes in pieces, frozen mappings,
 * lost parts of a split page (real-systems part I, surprises 4 to 11; part II; vtd-facts chapter 8,
 * H1 to H7). Profiles 0 and 1.
 */
#include "map.h"
#include "pieces.h"
#include "rig.h"
#include "suite.h"

#define G      UINT64_C(0x700000)
#define MAPPED "v MAP 0x1000+0x1000 0x700000 rw 0\n"

static struct rig *with_vfio(int profile, unsigned aw)
{
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[profile], .aw_bits = aw, .attach = "vfio"});

    rig_bring_up(r);
    return r;
}

/* 0x1000 mapped and told. */
static struct rig *with_page(int profile)
{
    struct rig *r = with_vfio(profile, 39);

    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    ck_assert_str_eq(rig_notes(r), MAPPED);
    return r;
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* Context global and domain: everything away, everything back (L10). Sent even when nothing was
 * mapped. */
START_TEST(context_global)
{
    struct rig *r = with_page(_i);

    rig_cc_global(r);
    EXPECT(FLUSH_39 MAPPED);
    rig_desc(r, 0x90021, 0); /* any domain */
    EXPECT(FLUSH_39 MAPPED);
    map(r, 0x1000, 1, 0);
    rig_cc_global(r);
    EXPECT(FLUSH_39);
    rig_cc_global(r);
    EXPECT(FLUSH_39);
    rig_free(r);
}
END_TEST

START_TEST(context_global_48)
{
    struct rig *r = with_vfio(_i, 48);

    rig_context(r, RIG_DEV, 4, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 4, 0x800000000000, 1, G | 3);
    rig_cc_global(r);
    EXPECT(FLUSH_48 "v MAP 0x800000000000+0x1000 0x700000 rw 0\n");
    rig_mem(r, RIG_TOP + 8 * 256, 0);
    rig_psi(r, 5, 0x800000000000, 0);
    EXPECT("v UNMAP 0x800000000000+0x8000000000 0\n"); /* a slot of the top table */
    rig_free(r);
}
END_TEST

/* A context entry that is gone: flush, on context device and IOTLB global; nothing on DSI and PSI
 * (H4). */
START_TEST(context_not_present)
{
    struct rig *r = with_page(_i);

    rig_mem2(r, RIG_CTX + 0x100, 0, 0);
    rig_dsi(r, 5);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT();
    rig_cc_device(r, 0, RIG_DEV);
    EXPECT(FLUSH_39);
    rig_iotlb_global(r);
    EXPECT(FLUSH_39);
    rig_context(r, RIG_DEV, 3, 7, RIG_TOP);
    rig_cc_device(r, 0, RIG_DEV);
    EXPECT(MAPPED);
    rig_free(r);
}
END_TEST

/* Surprise 4, L9: every other context error leaves what was mapped. */
START_TEST(context_errors_freeze)
{
    static const struct {
        uint64_t root_lo, root_hi, lo, hi;
    } rows[] = {
        {0, 0, RIG_TOP | 1, 0x501},                    /* root absent */
        {RIG_CTX | 1, 1, RIG_TOP | 1, 0x501},          /* root reserved */
        {0xfee00001, 0, RIG_TOP | 1, 0x501},           /* context table not RAM */
        {RIG_CTX | 1, 0, RIG_TOP | 0x11, 0x501},       /* context reserved */
        {RIG_CTX | 1, 0, RIG_TOP | 1, 0x502},          /* width */
        {RIG_CTX | 1, 0, RIG_TOP | 1 | 3 << 2, 0x501}, /* type */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = with_page(_i);

        rig_mem2(r, RIG_ROOT, rows[i].root_lo, rows[i].root_hi);
        rig_mem2(r, RIG_CTX + 0x100, rows[i].lo, rows[i].hi);
        rig_cc_device(r, 5, RIG_DEV);
        rig_iotlb_global(r);
        rig_dsi(r, 5);
        rig_psi(r, 5, 0x1000, 0);
        EXPECT();
        rig_free(r);
    }
}
END_TEST

/* Surprise 11, H3: a malformed entry, or a table that cannot be read: nothing is told, what was
 * mapped stays. */
START_TEST(malformed_freezes)
{
    static const struct {
        uint64_t at, entry;
    } rows[] = {
        {0x14000000 + 8, G | 0x803}, /* leaf with a reserved bit */
        {0x14000000 + 8, G | UINT64_C(3) | UINT64_C(1) << 62},
        {0x14000000 + 8, 0x800}, /* absent, reserved bit set */
        {0x14000000 + 8, UINT64_MAX},
        {RIG_TOP, 0xfee00003}, /* table not RAM */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = with_vfio(_i, 39);

        rig_mem(r, RIG_TOP, 0x12000003);
        rig_mem(r, 0x12000000, 0x14000003);
        rig_mem(r, 0x14000008, G | 3);
        rig_psi(r, 5, 0x1000, 0);
        EXPECT(MAPPED);
        rig_mem(r, rows[i].at, rows[i].entry);
        rig_psi(r, 5, 0x1000, 0);
        rig_dsi(r, 5);
        rig_iotlb_global(r);
        EXPECT();
        rig_mem(r, RIG_TOP, 0x12000003);
        rig_mem(r, 0x14000008, 0);
        rig_psi(r, 5, 0x1000, 0);
        EXPECT("v UNMAP 0x1000+0x1000 0\n");
        rig_free(r);
    }
}
END_TEST

/* Surprise 7, H1: a 2 MiB leaf becomes a table of pages: type1 refuses each step, the unit believes
 * the opposite. */
START_TEST(split)
{
    struct rig *r = with_vfio(_i, 39);

    map(r, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x200000, 9);
    EXPECT("v MAP 0x200000+0x200000 0x80000000 rw 0\n");
    map(r, 0x200000, 1, 0x90000003);
    map(r, 0x201000, 1, 0x90001003);
    map(r, 0x3ff000, 1, 0x90002003);
    rig_psi(r, 5, 0x200000, 9);
    EXPECT("v UNMAP 0x200000+0x1000 -22\n"
           "v MAP 0x200000+0x1000 0x90000000 rw -17\n"
           "v MAP 0x201000+0x1000 0x90001000 rw -17\n"
           "v MAP 0x3ff000+0x1000 0x90002000 rw -17\n");
    rig_dsi(r, 5);
    EXPECT(); /* it believes in them */
    map(r, 0x300000, 1, 0x90003003);
    rig_dsi(r, 5);
    EXPECT("v MAP 0x300000+0x1000 0x90003000 rw -17\n");
    map(r, 0x200000, 2, 0); /* heals: the range goes as a whole */
    rig_psi(r, 5, 0x200000, 0);
    EXPECT("v UNMAP 0x200000+0x200000 0\n");
    rig_free(r);
}
END_TEST

/* The same with an empty table: 4 KiB are taken away, the rest is forgotten. */
START_TEST(split_into_nothing)
{
    struct rig *r = with_vfio(_i, 39);

    map(r, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x200000, 9);
    rig_notes(r);
    map(r, 0x205000, 1, 0);
    rig_psi(r, 5, 0x205000, 0);
    EXPECT("v UNMAP 0x205000+0x1000 -22\n");
    rig_psi(r, 5, 0x200000, 9);
    rig_dsi(r, 5);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Surprise 8, H2: pages become a large leaf: one UNMAP of all, one MAP, on the PSI of a single
 * page. */
START_TEST(join)
{
    struct rig *r = with_vfio(_i, 39);

    for (uint64_t p = 0; p < 4; p++)
        map(r, 0x200000 + (p << 12), 1, (G + (p << 12)) | 3);
    rig_psi(r, 5, 0x200000, 2);
    rig_notes(r);
    map(r, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x203000, 0);
    EXPECT("v UNMAP 0x200000+0x200000 0\nv MAP 0x200000+0x200000 0x80000000 rw 0\n");
    rig_free(r);
}
END_TEST

/* H5: an absent table entry unmaps its whole slot, the restored one is seen page by page (part II,
 * 08). */
START_TEST(table_away_and_back)
{
    struct rig *r = with_vfio(_i, 39);

    map(r, 0x200000, 1, G | 3);
    map(r, 0x201000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x200000, 9);
    rig_notes(r);
    map(r, 0x200000, 2, 0);
    rig_psi(r, 5, 0x200000, 0);
    EXPECT("v UNMAP 0x200000+0x200000 0\n");
    map(r, 0x200000, 1, G | 3); /* the table again: both pages are in it */
    rig_psi(r, 5, 0x200000, 0);
    EXPECT("v MAP 0x200000+0x1000 0x700000 rw 0\n");
    rig_dsi(r, 5);
    EXPECT("v MAP 0x201000+0x1000 0x701000 rw 0\n");
    rig_free(r);
}
END_TEST

/* The context entry is read from memory by every synchronisation (part II, 14 and 06). */
START_TEST(context_replaced)
{
    struct rig *r = with_page(_i);

    map(r, 0x2000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x2000, 0);
    rig_notes(r);
    rig_mem(r, 0x180000, 0x181003);
    rig_mem(r, 0x181000, 0x182003);
    rig_mem(r, 0x182000 + 8 * 2, (G + 0x1000) | 3); /* as in the old tables */
    rig_mem(r, 0x182000 + 8 * 3, (G + 0x2000) | 3);
    rig_context(r, RIG_DEV, 3, 6, 0x180000);
    rig_dsi(r, 5); /* the old domain: not this device any more */
    EXPECT();
    rig_psi(r, 6, 0x1000, 0); /* the new one, without a context invalidation */
    EXPECT("v UNMAP 0x1000+0x1000 0\n");
    rig_cc_device(r, 5, RIG_DEV);
    EXPECT("v MAP 0x3000+0x1000 0x702000 rw 0\n");
    rig_dsi(r, 6);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Surprise 5: from 48 to 39 bits: what was mapped above 2^39 stays. */
START_TEST(narrower_tables)
{
    struct rig *r = with_vfio(_i, 48);

    rig_context(r, RIG_DEV, 4, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 4, 0x8000001000, 1, G | 3);
    rig_dsi(r, 5);
    EXPECT("v MAP 0x8000001000+0x1000 0x700000 rw 0\n");
    rig_context(r, RIG_DEV, 3, 5, 0x180000);
    rig_cc_device(r, 5, RIG_DEV);
    rig_iotlb_global(r);
    EXPECT();
    rig_free(r);
}
END_TEST

/* A notifier beyond the width is not flushed; one that reaches beyond it is as far as the width
 * goes (M06). */
START_TEST(flush_ends_at_the_width)
{
    struct attach_rec beyond = {.name = "b",
                                .kind = CONSUMER_PROBE,
                                .bdf = RIG_DEV,
                                .has_range = true,
                                .range = {{UINT64_C(1) << 39}, {UINT64_MAX}}};
    struct attach_rec reaches = {.name = "r",
                                 .kind = CONSUMER_PROBE,
                                 .bdf = RIG_DEV,
                                 .has_range = true,
                                 .range = {{0x7fffffd000}, {UINT64_C(1) << 40}}};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .with = &beyond});

    rig_attach(r, &reaches);
    rig_bring_up(r);
    rig_cc_global(r);
    EXPECT("r UNMAP 0x7fffffd000+0x1000 0\nr UNMAP 0x7fffffe000+0x2000 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {context_global, 2},      {context_global_48, 2},
        {context_not_present, 2}, {context_errors_freeze, 2},
        {malformed_freezes, 2},   {split, 2},
        {split_into_nothing, 2},  {join, 2},
        {table_away_and_back, 2}, {context_replaced, 2},
        {narrower_tables, 2},     {flush_ends_at_the_width, 2},
    };

    return run_tests("synchronisation as emulated", rows, COUNT(rows));
}
