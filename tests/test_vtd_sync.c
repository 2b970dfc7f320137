/* SPDX-License-Identifier: MIT */
/*
 * What an invalidation tells a consumer with MAP and UNMAP: vtd-facts 12.5 and 12.6, and the rules
 * and surprises of real-systems part I. What differs between systems is in test_vtd_sync_72.c and
 * test_vtd_sync_ideal.c.
 */
#include <stdio.h>
#include <string.h>

#include "map.h"
#include "rig.h"
#include "suite.h"

#define BEYOND bdf(0x0018)
#define G      UINT64_C(0x700000)

static struct rig *on(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile]});

    rig_bring_up(r);
    return r;
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* 12.6, row by row. */
START_TEST(sequences)
{
    struct rig *r = on(_i);

    map(r, 0x40001000, 1, G | 3);
    EXPECT(); /* a store alone tells nothing */
    rig_psi(r, 5, 0x40001000, 0);
    EXPECT("p MAP 0x40001000+0x1000 0x700000 rw 0\n");
    rig_psi(r, 5, 0x40001000, 0);
    EXPECT();
    map(r, 0x40002000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x40002000, 0);
    EXPECT("p MAP 0x40002000+0x1000 0x701000 rw 0\n");
    map(r, 0x40001000, 1, 0);
    rig_psi(r, 5, 0x40001000, 0);
    EXPECT("p UNMAP 0x40001000+0x1000 0\n");
    rig_psi(r, 5, 0x40001000, 0);
    EXPECT();
    rig_psi(r, 5, 0x40007000, 0); /* never mapped */
    EXPECT();
    map(r, 0x40002000, 1, (G + 0x2000) | 3); /* another target, in place */
    rig_psi(r, 5, 0x40002000, 0);
    EXPECT("p UNMAP 0x40002000+0x1000 0\np MAP 0x40002000+0x1000 0x702000 rw 0\n");
    map(r, 0x40002000, 1, (G + 0x2000) | 1); /* rights alone */
    rig_psi(r, 5, 0x40002000, 0);
    EXPECT("p UNMAP 0x40002000+0x1000 0\np MAP 0x40002000+0x1000 0x702000 r 0\n");
    map(r, 0x40002000, 1, (G + 0x2000) | 2);
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x40002000+0x1000 0\np MAP 0x40002000+0x1000 0x702000 w 0\n");
    rig_free(r);
}
END_TEST

/* Clear the L2 entry above 3 mapped pages: one UNMAP, of the slot in the emulation. */
START_TEST(table_cleared)
{
    struct rig *r = on(_i);

    for (uint64_t p = 1; p <= 3; p++)
        map(r, 0x400000 + (p << 12), 1, (G + (p << 12)) | 3);
    rig_psi(r, 5, 0x400000, 9);
    EXPECT("p MAP 0x401000+0x1000 0x701000 rw 0\np MAP 0x402000+0x1000 0x702000 rw 0\n"
           "p MAP 0x403000+0x1000 0x703000 rw 0\n");
    map(r, 0x400000, 2, 0);
    rig_psi(r, 5, 0x402000, 0);
    if (_i == 2) /* what was mapped of it, merged, in aligned pieces */
        EXPECT("p UNMAP 0x401000+0x1000 0\np UNMAP 0x402000+0x2000 0\n");
    else
        EXPECT("p UNMAP 0x400000+0x200000 0\n");
    rig_psi(r, 5, 0x400000, 9);
    EXPECT();
    rig_free(r);
}
END_TEST

START_TEST(many_pages)
{
    struct rig *r = on(_i);
    char line[96];
    const char *at;

    for (uint64_t p = 0; p < 512; p++)
        map(r, 0x400000 + (p << 12), 1, (G + (p << 12)) | 3);
    rig_psi(r, 5, 0x400000, 9);
    at = rig_notes(r);
    for (unsigned p = 0; p < 512; p++) {
        snprintf(line, sizeof(line), "p MAP 0x%x+0x1000 0x%x rw 0\n", 0x400000 + (p << 12),
                 0x700000 + (p << 12));
        ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "expected %s", line);
        at += strlen(line);
    }
    ck_assert_str_eq(at, "");
    rig_free(r);
}
END_TEST

START_TEST(large_pages)
{
    struct rig *r = on(_i);

    map(r, 0x400000, 2, 0x80000083);
    rig_psi(r, 5, 0x400000, 9);
    EXPECT("p MAP 0x400000+0x200000 0x80000000 rw 0\n");
    map(r, 0x40000000, 3, 0x100000083);
    rig_psi(r, 5, 0x7ffff000, 0); /* one page of it is enough */
    EXPECT("p MAP 0x40000000+0x40000000 0x100000000 rw 0\n");
    map(r, 0x40000000, 3, 0x140000081);
    rig_iotlb_global(r);
    EXPECT("p UNMAP 0x40000000+0x40000000 0\np MAP 0x40000000+0x40000000 0x140000000 r 0\n");
    map(r, 0x40000000, 3, 0);
    map(r, 0x400000, 2, 0);
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x400000+0x200000 0\np UNMAP 0x40000000+0x40000000 0\n");
    rig_free(r);
}
END_TEST

/* 12.5: the block as architected, the range as emulated (5.7; surprise 6). Two of three pages are
 * announced. */
START_TEST(psi_range)
{
    static const struct {
        uint64_t addr;
        unsigned am;
        uint64_t first, last, first_ideal, last_ideal; /* pages of the range */
    } rows[] = {
        {0x40200000, 2, 0x40200, 0x40203, 0x40200, 0x40203},
        {0x40203000, 2, 0x40203, 0x40206, 0x40200, 0x40203},
        {0x40201000, 0, 0x40201, 0x40201, 0x40201, 0x40201},
        {0x40205000, 1, 0x40205, 0x40206, 0x40204, 0x40205},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(_i);
        uint64_t first = _i == 2 ? rows[i].first_ideal : rows[i].first;
        uint64_t last = _i == 2 ? rows[i].last_ideal : rows[i].last;
        char want[1024] = "";

        for (uint64_t p = 0x40200; p < 0x40210; p++) {
            map(r, p << 12, 1, (G + ((p & 15) << 12)) | 3);
            if (p >= first && p <= last)
                snprintf(want + strlen(want), sizeof(want) - strlen(want),
                         "p MAP 0x%llx+0x1000 0x%llx rw 0\n", (unsigned long long)p << 12,
                         (unsigned long long)(G + ((p & 15) << 12)));
        }
        rig_psi(r, 5, rows[i].addr, rows[i].am);
        ck_assert_str_eq(rig_notes(r), want);
        rig_free(r);
    }
}
END_TEST

/* 12.5, third row: an unaligned block over a large leaf looks at two slots in the emulation. */
START_TEST(psi_range_over_large_leaf)
{
    struct rig *r = on(_i);

    map(r, 0x40200000, 2, 0x80000083);
    map(r, 0x40400000, 2, 0x90000083);
    rig_psi(r, 5, 0x40201000, 9);
    if (_i == 2)
        EXPECT("p MAP 0x40200000+0x200000 0x80000000 rw 0\n");
    else
        EXPECT("p MAP 0x40200000+0x200000 0x80000000 rw 0\n"
               "p MAP 0x40400000+0x200000 0x90000000 rw 0\n");
    rig_free(r);
    r = on(_i);
    map(r, 0x40200000, 2, 0x80000083);
    map(r, 0x40400000, 1, G | 3); /* a table: its first page alone */
    map(r, 0x40401000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x40201000, 9);
    if (_i == 2)
        EXPECT("p MAP 0x40200000+0x200000 0x80000000 rw 0\n");
    else
        EXPECT(
            "p MAP 0x40200000+0x200000 0x80000000 rw 0\np MAP 0x40400000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

/* Rights are what is left after ANDing with all parents; a parent's change is a change. */
START_TEST(parents)
{
    struct rig *r = on(_i);

    map(r, 0x1000, 1, G | 3);
    rig_mem(r, RIG_TOP, (0x400000 + (3u << 22)) | 1); /* the L3 entry: R alone */
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x700000 r 0\n");
    rig_mem(r, RIG_TOP, (0x400000 + (3u << 22)) | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\np MAP 0x1000+0x1000 0x700000 rw 0\n");
    map(r, 0x1000, 1, G | 2);
    rig_mem(r, RIG_TOP, (0x400000 + (3u << 22)) | 1); /* R and W: nothing is left */
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* A store that a later invalidation happens to cover is told then, once. */
START_TEST(changed_twice_told_once)
{
    struct rig *r = on(_i);

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    map(r, 0x1000, 1, (G + 0x5000) | 3);
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x9000, 0);
    EXPECT();
    rig_psi(r, 5, 0, 10);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* 5.7, 9.2.3: nothing for a start beyond the input limit; a range that reaches beyond it ends
 * there. */
START_TEST(beyond_the_width)
{
    struct rig *r = on(_i);

    map(r, 0x7ffffff000, 1, G | 3);
    rig_psi(r, 5, 0x8000000000, 0);
    rig_psi(r, 5, UINT64_MAX & ~UINT64_C(0xfff), 18);
    EXPECT();
    rig_psi(r, 5, 0x7ffffff000, 1);
    EXPECT("p MAP 0x7ffffff000+0x1000 0x700000 rw 0\n");
    map(r, 0x7ffffff000, 1, 0);
    rig_psi(r, 5, 0x7ffffff000, 18);
    EXPECT("p UNMAP 0x7ffffff000+0x1000 0\n");
    ck_assert_int_eq(r->result, 0);
    rig_free(r);
}
END_TEST

/* Another domain's invalidation does nothing; another device's context neither. */
START_TEST(other_domains)
{
    struct rig *r = on(_i);

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 6, 0x1000, 0);
    rig_dsi(r, 4);
    rig_cc_device(r, 5, BEYOND);
    EXPECT();
    rig_dsi(r, 5);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_cc_device(r, 5, RIG_DEV); /* nothing changed */
    rig_iotlb_global(r);
    EXPECT();
    rig_free(r);
}
END_TEST

/* The record is by input address: pages in the interrupt window are walked; a probe's range holds
 * it too. */
START_TEST(range_of_the_notifier)
{
    struct attach_rec a = {.name = "p",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_range = true,
                           .range = {{0x40000000}, {0x40001fff}}};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .with = &a});

    rig_bring_up(r);
    map(r, 0x3ffff000, 1, G | 3);
    map(r, 0x40001000, 1, G | 3);
    map(r, 0x40002000, 1, G | 3);
    rig_dsi(r, 5);
    EXPECT("p MAP 0x40001000+0x1000 0x700000 rw 0\n");
    map(r, 0x40001000, 1, 0);
    map(r, 0x40002000, 1, 0);
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x40001000+0x1000 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {sequences, RIG_PROFILES},
        {table_cleared, RIG_PROFILES},
        {many_pages, RIG_PROFILES},
        {large_pages, RIG_PROFILES},
        {psi_range, RIG_PROFILES},
        {psi_range_over_large_leaf, RIG_PROFILES},
        {parents, RIG_PROFILES},
        {changed_twice_told_once, RIG_PROFILES},
        {beyond_the_width, RIG_PROFILES},
        {other_domains, RIG_PROFILES},
        {range_of_the_notifier, RIG_PROFILES},
    };

    return run_tests("synchronisation", rows, COUNT(rows));
}
