/* SPDX-License-Identifier: MIT */
/*
 * The profile `ideal` (contract, section 5): only what changed is told, removals merged into the
 * largest legal entries, additions in the guest's page size, nothing that is still true taken away,
 * and malformed is absent.
 */
#include "map.h"
#include "rig.h"
#include "suite.h"

#define G UINT64_C(0x700000)

static struct rig *on_with(const char *attach, unsigned aw)
{
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = "ideal", .attach = attach, .aw_bits = aw});

    rig_bring_up(r);
    return r;
}

static struct rig *on(void)
{
    return on_with("probe", 39);
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* Adjacent removals: one run, cut into naturally aligned pieces; targets need not be adjacent. */
START_TEST(removals_are_merged)
{
    struct rig *r = on();

    map_pages(r, 0x40000000, 0x40008000, G | 3);
    map(r, 0x40003000, 1, 0x12345001);
    rig_psi(r, 5, 0x40000000, 3);
    ck_assert_uint_eq(r->note_maps, 8);
    rig_notes(r);
    map_pages(r, 0x40000000, 0x40008000, 0);
    rig_psi(r, 5, 0x40000000, 3);
    EXPECT("p UNMAP 0x40000000+0x8000 0\n");
    map_pages(r, 0x40001000, 0x40007000, G | 3);
    rig_dsi(r, 5);
    rig_notes(r);
    map(r, 0x40000000, 2, 0); /* through the cleared entry above */
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x40001000+0x1000 0\np UNMAP 0x40002000+0x2000 0\n"
           "p UNMAP 0x40004000+0x2000 0\np UNMAP 0x40006000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* What stays is not touched: the pieces stop at it. */
START_TEST(survivors_are_left)
{
    struct rig *r = on();

    map_pages(r, 0x40000000, 0x40008000, G | 3);
    rig_dsi(r, 5);
    rig_notes(r);
    map(r, 0x40000000, 1, 0);
    map(r, 0x40001000, 1, 0);
    map(r, 0x40004000, 1, 0);
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x40000000+0x2000 0\np UNMAP 0x40004000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* A change in place: every removal first, then the additions, in the guest's page size. */
START_TEST(changes_in_place)
{
    struct rig *r = on();

    map_pages(r, 0x40000000, 0x40004000, G | 3);
    rig_dsi(r, 5);
    rig_notes(r);
    map_pages(r, 0x40000000, 0x40002000, 0x900003);
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x40000000+0x2000 0\n"
           "p MAP 0x40000000+0x1000 0x900000 rw 0\np MAP 0x40001000+0x1000 0x901000 rw 0\n");
    rig_free(r);
}
END_TEST

/* A large page becomes a table: it goes whole, also where the invalidation names one page only. */
START_TEST(split)
{
    struct rig *r = on_with("vfio", 39);

    map(r, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x200000, 9);
    rig_notes(r);
    map(r, 0x200000, 1, 0x90000003);
    map(r, 0x3ff000, 1, 0x90002003);
    rig_psi(r, 5, 0x205000, 0);
    EXPECT("v UNMAP 0x200000+0x200000 0\n"
           "v MAP 0x200000+0x1000 0x90000000 rw 0\nv MAP 0x3ff000+0x1000 0x90002000 rw 0\n");
    rig_psi(r, 5, 0x200000, 9);
    EXPECT();
    map(r, 0x40000000, 3, 0x100000083);
    rig_dsi(r, 5);
    EXPECT("v MAP 0x40000000+0x40000000 0x100000000 rw 0\n");
    map(r, 0x40200000, 2, 0x80000083);
    rig_psi(r, 5, 0x40200000, 9);
    EXPECT("v UNMAP 0x40000000+0x40000000 0\nv MAP 0x40200000+0x200000 0x80000000 rw 0\n");
    rig_free(r);
}
END_TEST

START_TEST(join)
{
    struct rig *r = on_with("vfio", 39);

    map_pages(r, 0x200000, 0x204000, G | 3);
    map_pages(r, 0x3fc000, 0x400000, G | 3);
    rig_psi(r, 5, 0x200000, 9);
    rig_notes(r);
    map(r, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x203000, 0);
    EXPECT("v UNMAP 0x200000+0x4000 0\nv UNMAP 0x3fc000+0x4000 0\n"
           "v MAP 0x200000+0x200000 0x80000000 rw 0\n");
    rig_free(r);
}
END_TEST

/* 5.7: the block is the aligned one. */
START_TEST(aligned_block)
{
    struct rig *r = on();

    map_pages(r, 0x17e000, 0x182000, G | 3);
    rig_psi(r, 5, 0x17f000, 1); /* M80: names 0x17e and 0x17f, not 0x180 */
    EXPECT("p MAP 0x17e000+0x1000 0x700000 rw 0\np MAP 0x17f000+0x1000 0x701000 rw 0\n");
    rig_psi(r, 5, 0x181000, 1);
    EXPECT("p MAP 0x180000+0x1000 0x702000 rw 0\np MAP 0x181000+0x1000 0x703000 rw 0\n");
    rig_free(r);
}
END_TEST

/* No flush: a context invalidation that changes nothing tells nothing; so does SRTP (I8, L4, L10).
 */
START_TEST(nothing_transient)
{
    struct rig *r = on_with("vfio", 39);

    map(r, 0x1000, 1, G | 3);
    map(r, 0x200000, 2, 0x80000083);
    rig_dsi(r, 5);
    rig_notes(r);
    rig_cc_global(r);
    rig_desc(r, 0x50021, 0);
    rig_cc_device(r, 5, RIG_DEV);
    rig_iotlb_global(r);
    rig_w32(r, 0x18, 0xC4000000);
    EXPECT();
    map(r, 0x1000, 1, 0);
    rig_cc_global(r);
    EXPECT("v UNMAP 0x1000+0x1000 0\n");
    map(r, 0x200000, 2, 0);
    rig_w32(r, 0x18, 0xC4000000); /* SRTP follows the tables */
    EXPECT("v UNMAP 0x200000+0x200000 0\n");
    rig_free(r);
}
END_TEST

/* Reserved bits, a table that cannot be read: the mapping is gone (#39). An absent entry's reserved
 * bits do not count. */
START_TEST(malformed_is_absent)
{
    static const struct {
        uint64_t at, entry;
    } rows[] = {
        {0x14000008, G | 0x803}, {0x14000008, UINT64_MAX}, {0x14000008, 0x800},
        {RIG_TOP, 0xfee00003},   {0x12000000, 0x14000803},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on();

        rig_mem(r, RIG_TOP, 0x12000003);
        rig_mem(r, 0x12000000, 0x14000003);
        rig_mem(r, 0x14000008, G | 3);
        rig_psi(r, 5, 0x1000, 0);
        rig_notes(r);
        rig_mem(r, rows[i].at, rows[i].entry);
        rig_psi(r, 5, 0x1000, 0);
        EXPECT("p UNMAP 0x1000+0x1000 0\n");
        rig_free(r);
    }
}
END_TEST

/* Every context error takes the mappings away, on the invalidations that look at the context. */
START_TEST(context_errors_unmap)
{
    static const struct {
        uint64_t root_lo, root_hi, lo, hi;
    } rows[] = {
        {0, 0, RIG_TOP | 1, 0x501},           {RIG_CTX | 1, 1, RIG_TOP | 1, 0x501},
        {0xfee00001, 0, RIG_TOP | 1, 0x501},  {RIG_CTX | 1, 0, RIG_TOP | 0x11, 0x501},
        {RIG_CTX | 1, 0, RIG_TOP | 1, 0x502}, {RIG_CTX | 1, 0, RIG_TOP | 1 | 3 << 2, 0x501},
        {RIG_CTX | 1, 0, RIG_TOP, 0x501},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on();

        map(r, 0x1000, 1, G | 3);
        map(r, 0x2000, 1, G | 3);
        rig_dsi(r, 5);
        rig_notes(r);
        rig_mem2(r, RIG_ROOT, rows[i].root_lo, rows[i].root_hi);
        rig_mem2(r, RIG_CTX + 0x100, rows[i].lo, rows[i].hi);
        rig_cc_device(r, 5, RIG_DEV);
        EXPECT("p UNMAP 0x1000+0x1000 0\np UNMAP 0x2000+0x1000 0\n");
        rig_cc_device(r, 5, RIG_DEV);
        EXPECT();
        rig_free(r);
    }
}
END_TEST

/* H4: the domain invalidation that follows the removal of a context entry reaches what was told of
 * that domain. */
START_TEST(old_domain_is_remembered)
{
    struct rig *r = on();

    map(r, 0x1000, 1, G | 3);
    rig_dsi(r, 5);
    rig_notes(r);
    rig_mem2(r, RIG_CTX + 0x100, 0, 0);
    rig_dsi(r, 4);
    EXPECT();
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* Surprise 5: narrower tables end what was mapped above them. */
START_TEST(narrower_tables)
{
    struct rig *r = on_with("vfio", 48);

    rig_context(r, RIG_DEV, 4, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 4, 0x8000001000, 1, G | 3);
    rig_map(r, RIG_TOP, 4, 0x1000, 1, G | 3);
    rig_dsi(r, 5);
    rig_notes(r);
    rig_context(r, RIG_DEV, 3, 5, 0x180000);
    rig_cc_device(r, 5, RIG_DEV);
    EXPECT("v UNMAP 0x1000+0x1000 0\nv UNMAP 0x8000001000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* 57 bits, five levels: the same all the way up. */
START_TEST(five_levels)
{
    uint64_t high = (UINT64_C(1) << 57) - 0x2000;
    struct rig *r = on_with("probe", 57);

    rig_context(r, RIG_DEV, 5, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 5, high, 1, G | 3);
    rig_dsi(r, 5);
    EXPECT("p MAP 0x1ffffffffffe000+0x1000 0x700000 rw 0\n");
    rig_mem(r, RIG_TOP + 8 * 511, 0);
    rig_psi(r, 5, high, 0);
    EXPECT("p UNMAP 0x1ffffffffffe000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* Bits 60:52 of an entry are ignored whatever the width: they are no part of the target (3.6). */
START_TEST(ignored_bits_are_no_address)
{
    struct rig *r = on_with("probe", 57);

    rig_context(r, RIG_DEV, 5, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 5, 0x1000, 1, G | 3 | UINT64_C(0x1f0) << 52);
    rig_dsi(r, 5);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_map(r, RIG_TOP, 5, 0x1000, 1, G | 3 | UINT64_C(0x00f) << 52); /* nothing that counts */
    rig_dsi(r, 5);
    EXPECT();
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {removals_are_merged, 1},
        {survivors_are_left, 1},
        {changes_in_place, 1},
        {split, 1},
        {join, 1},
        {aligned_block, 1},
        {nothing_transient, 1},
        {malformed_is_absent, 1},
        {context_errors_unmap, 1},
        {old_domain_is_remembered, 1},
        {narrower_tables, 1},
        {five_levels, 1},
        {ignored_bits_are_no_address, 1},
    };

    return run_tests("synchronisation, ideal", rows, COUNT(rows));
}
