/* SPDX-License-Identifier: MIT */
/*
 * The profiles v3, v6 and v7: what their VT-d side tells, and whom their notifier core calls, by
 * the diffs of seeds 000, 001, 003 and 004 and the museum's entries on their time, worked out by
 * hand.
 */
#include "seeds_rig.h"

/*
 * Seed 004, vtd_address_space_unmap: the end clipped to 2^39, size = end - start with an inclusive
 * end, rounded up by 64 - clz64(size) when it is no power of two, the start rounded down to it.
 * Seeds 000, 001: no ranges, all of [0, 2^39).
 */
START_TEST(unmap_whole_is_rounded)
{
    static const struct {
        uint64_t first, last;
        const char *notes;
    } rows[] = {
        {0, UINT64_MAX, ALL_39},
        {0, 0xfedfffff, "p UNMAP 0x0+0x100000000 0\n"},
        {0xfef00000, UINT64_MAX, ALL_39},
        {0x1000, 0x1fff, "p UNMAP 0x1000+0x1000 0\n"},
        {0x1000, 0x2fff, "p UNMAP 0x0+0x2000 0\n"}, /* 0x2000 is not reached */
        {0x3000, 0x4fff, "p UNMAP 0x2000+0x2000 0\n"},
        {0x200000, 0x3fffff, "p UNMAP 0x200000+0x200000 0\n"},
        {0x1000, 0x1000, "p UNMAP 0x1000+0x1 0\n"}, /* size 0 */
        {0x1000, 0x2000, "p UNMAP 0x1000+0x1000 0\n"},
        {0, 0x300000, "p UNMAP 0x0+0x400000 0\n"},
        {0x8000000000, UINT64_MAX, "p UNMAP 0x8000000000+0x1 0\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = empty(_i);
        struct attach_rec a = probe("p", NOTIFY_MAP | NOTIFY_UNMAP, rows[i].first, rows[i].last);

        rig_attach(r, &a);
        ck_assert_str_eq(rig_notes(r), _i == V7 ? rows[i].notes : ALL_39);
        ck_assert_ptr_null(r->abort_why);
        rig_free(r);
    }
}
END_TEST

/* Its assertion start <= end, with the end clipped. */
START_TEST(beyond_the_width_aborts)
{
    struct rig *r = empty(_i);
    struct attach_rec a = probe("p", NOTIFY_MAP | NOTIFY_UNMAP, 0x8000001000, UINT64_MAX);

    rig_attach(r, &a);
    ck_assert_int_eq(r->abort_why != NULL, _i == V7);
    ck_assert_str_eq(rig_notes(r), _i == V7 ? "" : ALL_39);
    rig_free(r);
}
END_TEST

/* Seed 004: everything replayed on domain, global and context invalidation, changed or not (M02,
 * M03). */
START_TEST(invalidations_replay)
{
    struct rig *r = mapped(_i);

    rig_dsi(r, 5);
    EXPECT(ALL_39 PAGE LARGE);
    rig_iotlb_global(r);
    EXPECT(ALL_39 PAGE LARGE);
    rig_cc_global(r);
    EXPECT(ALL_39 PAGE LARGE);
    rig_cc_device(r, 5, RIG_DEV);
    EXPECT(ALL_39 PAGE LARGE);
    rig_desc(r, 0x21 | 9 << 16, 0); /* domain-selective: done as global (vtd-facts #3) */
    EXPECT(ALL_39 PAGE LARGE);
    rig_dsi(r, 6);
    EXPECT();
    rig_cc_device(r, 5, bdf(0x0018));
    EXPECT();
    rig_free(r);
}
END_TEST

/* No usable context entry: a domain is nobody's, the rest unmaps and has nothing to walk. */
START_TEST(context_entry_absent)
{
    struct rig *r = mapped(_i);

    rig_mem2(r, RIG_CTX + 0x100, 0, 0);
    rig_dsi(r, 5);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT();
    rig_iotlb_global(r);
    EXPECT(ALL_39);
    rig_cc_device(r, 5, RIG_DEV);
    EXPECT(ALL_39);
    rig_free(r);
}
END_TEST

/* vtd_iotlb_page_invalidate_notify: present leaves are told, changed or not; absent ones too. */
START_TEST(page_selective)
{
    struct rig *r = mapped(_i);

    rig_psi(r, 5, 0x1000, 0);
    EXPECT(PAGE); /* M03 */
    map(r, 0x1000, 1, (G + 0x1000) | 1);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x701000 r 0\n"); /* in place: a bare MAP */
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_psi(r, 5, 0x1000, 1);
    EXPECT("p UNMAP 0x1000+0x1000 0\np UNMAP 0x2000+0x1000 0\n"); /* never was mapped */
    rig_psi(r, 5, 0x201000, 0);
    EXPECT(LARGE); /* the slot whole */
    rig_psi(r, 6, 0x1000, 0);
    rig_psi(r, 5, 0x8000000000, 0);
    EXPECT();
    rig_free(r);
}
END_TEST

/* [addr, addr + 2^am pages), the address as it is (L5). */
START_TEST(page_selective_unaligned)
{
    struct rig *r = mapped(_i);

    map(r, 0x17f000, 1, G | 3);
    rig_psi(r, 5, 0x17f000, 1);
    EXPECT("p MAP 0x17f000+0x1000 0x700000 rw 0\np UNMAP 0x180000+0x1000 0\n");
    rig_psi(r, 5, 0x1ff000, 1); /* over the end of a table: the next slot is the large page */
    EXPECT("p UNMAP 0x1ff000+0x1000 0\n" LARGE);
    rig_free(r);
}
END_TEST

/* What the walk of that time passes over: an absent entry that has a table's form (M01), reserved
 * bits, a table out of memory. An absent entry with the size bit is a leaf's. */
START_TEST(holes)
{
    struct rig *r = mapped(_i);

    map(r, 0x200000, 2, 0);
    rig_psi(r, 5, 0x200000, 9);
    rig_psi(r, 5, 0x40000000, 0);
    EXPECT();
    map(r, 0x200000, 2, 0x80);
    rig_psi(r, 5, 0x200000, 9);
    EXPECT("p UNMAP 0x200000+0x200000 0\n");
    map(r, 0x1000, 1, G | 0x803); /* SNP: reserved */
    rig_psi(r, 5, 0x1000, 0);
    map(r, 0x1000, 1, G | 0x800); /* reserved bits count in an absent entry, too */
    rig_psi(r, 5, 0x1000, 0);
    map(r, 0x200000, 2, 0xfee00003);
    rig_psi(r, 5, 0x200000, 9);
    EXPECT();
    rig_free(r);
}
END_TEST

/* An UNMAP-only listener: the walk's holes one by one (M04), a whole-range UNMAP for a replay. */
START_TEST(unmap_only)
{
    struct rig *r = empty(_i);
    struct attach_rec a = probe("u", NOTIFY_UNMAP, 0, UINT64_MAX);

    rig_attach(r, &a);
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT();
    rig_psi(r, 5, 0x2000, 1);
    EXPECT("u UNMAP 0x2000+0x1000 0\nu UNMAP 0x3000+0x1000 0\n");
    rig_dsi(r, 5);
    EXPECT("u UNMAP 0x0+0x8000000000 0\n");
    rig_free(r);
}
END_TEST

/* Museum 1.3: uncut when it overlaps. Ranges are not looked at before. What ends right before a
 * range counts as overlapping: bd2bfa4c52 compares the start with one past the entry. */
START_TEST(ranges)
{
    struct rig *r = empty(_i);
    struct attach_rec a = probe("p", NOTIFY_MAP | NOTIFY_UNMAP, 0x202000, 0x202fff);

    rig_attach(r, &a);
    (void)rig_notes(r);
    for (uint64_t at = 0x200000; at < 0x205000; at += 0x1000)
        map(r, at, 1, G | 3);
    rig_psi(r, 5, 0x200000, 2);
    if (_i == V7)
        EXPECT("p MAP 0x201000+0x1000 0x700000 rw 0\np MAP 0x202000+0x1000 0x700000 rw 0\n");
    else
        EXPECT("p MAP 0x200000+0x1000 0x700000 rw 0\np MAP 0x201000+0x1000 0x700000 rw 0\n"
               "p MAP 0x202000+0x1000 0x700000 rw 0\np MAP 0x203000+0x1000 0x700000 rw 0\n");
    map(r, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x200000, 0);
    EXPECT("p MAP 0x200000+0x200000 0x80000000 rw 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {unmap_whole_is_rounded, 3},
        {beyond_the_width_aborts, 3},
        {invalidations_replay, 3},
        {context_entry_absent, 3},
        {page_selective, 3},
        {page_selective_unaligned, 3},
        {holes, 3},
        {unmap_only, 3},
        {ranges, 3},
    };

    return run_tests("what the seeds tell", rows, COUNT(rows));
}
