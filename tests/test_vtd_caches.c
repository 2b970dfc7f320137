/* SPDX-License-Identifier: MIT */
/* IOTLB and context cache (vtd-facts 3.9 steps 2 and 3, 5.7, 5.8, chapter 10). */
#include "map.h"
#include "rig.h"
#include "suite.h"

#define A      UINT64_C(0x700000)
#define B      UINT64_C(0x800000)
#define SECOND bdf(0x0110) /* 01:02.0: the same low byte as RIG_DEV */

static struct rig *on(int profile, const char *quirk)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile], .quirk = quirk});

    rig_mem2(r, RIG_ROOT + 16, 0x190001, 0);
    rig_mem2(r, 0x190100, 0x180001, 0x601);
    rig_bring_up(r);
    return r;
}

static uint64_t target(struct rig *r, bdf_t b, uint64_t at)
{
    rig_dma(r, b, at, false);
    return r->dma.end == XLAT_OK ? r->dma.gpa.v : 0;
}

/* A hit outlives the table until an invalidation that names it. */
START_TEST(hit_until_invalidated)
{
    static const struct {
        uint64_t lo, hi;
        bool gone;
    } rows[] = {
        {0x500f2, 0x5000, true},                            /* page */
        {0x500f2, 0x5040, true},                            /* page, IH: ignored */
        {0x500f2, 0x4001, true},                            /* two pages, aligned */
        {0x500f2, 0x6000, false},                           /* the next page */
        {0x500f2, 0x4000, false}, {0x600f2, 0x5000, false}, /* another domain */
        {0x500e2, 0, true},                                 /* domain */
        {0x600e2, 0, false},      {0x000d2, 0, true},       /* global */
        {0x500f2, 0x6001, false},                           /* aligned block 0x6000-0x7fff */
        {0x500f2, 0x7002, true}, /* aligned block 0x4000-0x7fff: the address is masked (5.7) */
        {0x500f2, 0x12, true},   /* AM 18 at 0 */
        {0x00011, 0, false},     /* context global: the IOTLB keeps (O1) */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(_i, NULL);

        map(r, 0x5000, 1, A | 3);
        ck_assert_uint_eq(target(r, RIG_DEV, 0x5123), A + 0x123);
        ck_assert(!r->dma.from_iotlb);
        map(r, 0x5000, 1, B | 3);
        ck_assert_uint_eq(target(r, RIG_DEV, 0x5fff), A + 0xfff);
        ck_assert(r->dma.from_iotlb);
        rig_desc(r, rows[i].lo, rows[i].hi);
        ck_assert_msg(target(r, RIG_DEV, 0x5000) == (rows[i].gone ? B : A), "row %zu", i);
        ck_assert_int_eq(r->dma.from_iotlb, !rows[i].gone);
        rig_free(r);
    }
}
END_TEST

/* Large entries go with any page of theirs, and with a block that holds their start (5.7). The
 * oldest profile compares the lowest eight bits of page numbers alone. */
START_TEST(large_entries)
{
    static const struct {
        unsigned level;
        uint64_t at, hi;
        bool gone, gone_7_2;
    } rows[] = {
        {2, 0x400000, 0x400000, true, true},          {2, 0x400000, 0x5ff000, true, true},
        {2, 0x400000, 0x600000, false, true},         {2, 0x400000, 0x601000, false, false},
        {2, 0x400000, 0x3ff000, false, false},        {2, 0x400000, 0x400000 | 9, true, true},
        {2, 0x400000, 0x7ff000 | 10, true, true},     {2, 0x400000, 0x600000 | 9, false, true},
        {3, 0x40000000, 0x40000000, true, true},      {3, 0x40000000, 0x7ffff000, true, true},
        {3, 0x40000000, 0x5a5a5000 | 3, true, true},  {3, 0x40000000, 0x80000000 | 18, false, true},
        {3, 0x40000000, 0x40000000 | 18, true, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(_i, NULL);
        uint64_t size = rows[i].level == 2 ? 0x200000 : 0x40000000;

        map(r, rows[i].at, rows[i].level, 0x80000083);
        ck_assert_uint_eq(target(r, RIG_DEV, rows[i].at + size - 1), 0x80000000 + size - 1);
        map(r, rows[i].at, rows[i].level, 0);
        rig_desc(r, 0x500f2, rows[i].hi);
        ck_assert_msg((target(r, RIG_DEV, rows[i].at) == 0) ==
                          (_i == 0 ? rows[i].gone_7_2 : rows[i].gone),
                      "row %zu", i);
        rig_free(r);
    }
}
END_TEST

/* Before QEMU 9.1 the mask of a page-selective invalidation has eight bits (d7258f7a25): pages of
 * the domain go that agree in the bits that are left, wherever they are. */
START_TEST(mask_of_eight_bits)
{
    static const struct {
        uint64_t hi;
        bool gone_7_2;
    } rows[] = {
        {0x5000, true},       {0x105000, true},        {0x7ffff05000, true},
        {0x6000, false},      {0x104000, false},       {0x104000 | 1, true},
        {0x104000 | 2, true}, {0x40180000 | 7, false}, {0x40100000 | 7, true},
        {0x80000 | 8, true},  {0x40000000 | 18, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(_i, NULL);

        map(r, 0x205000, 1, A | 3);
        ck_assert_uint_eq(target(r, RIG_DEV, 0x205000), A);
        map(r, 0x205000, 1, B | 3);
        rig_desc(r, 0x600f2, rows[i].hi); /* another domain: nothing goes */
        ck_assert_uint_eq(target(r, RIG_DEV, 0x205000), A);
        rig_desc(r, 0x500f2, rows[i].hi);
        ck_assert_msg((target(r, RIG_DEV, 0x205000) == B) == (_i == 0 && rows[i].gone_7_2),
                      "row %zu", i);
        rig_free(r);
    }
}
END_TEST

/* The key holds the whole source id (M36), and the page. */
START_TEST(key)
{
    struct rig *r = on(_i, NULL);

    map(r, 0x5000, 1, A | 3);
    map(r, 0x6000, 1, A | 0x1003);
    rig_mem(r, 0x180000, 0x181003);
    rig_mem(r, 0x181000, 0x182003);
    rig_mem(r, 0x182000 + 8 * 5, B | 3);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
    ck_assert_uint_eq(target(r, SECOND, 0x5000), B);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x6000), A + 0x1000);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
    ck_assert(r->dma.from_iotlb);
    /* Domains are tags: device 2's entry goes with its own domain alone. */
    rig_mem(r, 0x182000 + 8 * 5, 0);
    map(r, 0x5000, 1, 0);
    rig_dsi(r, 6);
    ck_assert_uint_eq(target(r, SECOND, 0x5000), 0);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
    rig_free(r);
}
END_TEST

/* 1024 entries; the next insert drops them all first. */
START_TEST(capacity)
{
    struct rig *r = on(_i, NULL);

    for (uint64_t p = 0; p < 1025; p++)
        map(r, p << 12, 1, (A + (p << 12)) | 3);
    for (uint64_t p = 0; p < 1024; p++)
        ck_assert_uint_eq(target(r, RIG_DEV, p << 12), A + (p << 12));
    for (uint64_t p = 0; p < 1024; p++) {
        target(r, RIG_DEV, p << 12);
        ck_assert_msg(r->dma.from_iotlb, "page %llu went early", (unsigned long long)p);
    }
    target(r, RIG_DEV, UINT64_C(1024) << 12);
    ck_assert(!r->dma.from_iotlb);
    for (uint64_t p = 1; p < 1024; p++)
        map(r, p << 12, 1, 0);
    for (uint64_t p = 1; p < 1024; p += 341) /* all of the others have gone */
        ck_assert_uint_eq(target(r, RIG_DEV, p << 12), 0);
    target(r, RIG_DEV, UINT64_C(1024) << 12);
    ck_assert(r->dma.from_iotlb);
    rig_free(r);
}
END_TEST

/* TE, SRTP and reset empty it. */
START_TEST(emptied)
{
    struct rig *r = on(_i, NULL);

    map(r, 0x5000, 1, A | 3);
    target(r, RIG_DEV, 0x5000);
    map(r, 0x5000, 1, B | 3);
    rig_w32(r, 0x18, 0xC4000000);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), B);
    map(r, 0x5000, 1, A | 3);
    rig_w32(r, 0x18, 0x04000000);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), 0x5000);
    rig_w32(r, 0x18, 0x84000000);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
    map(r, 0x5000, 1, B | 3);
    rig_reset(r);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), 0x5000);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), B);
    rig_free(r);
}
END_TEST

/* Nothing that faulted is remembered (#21). */
START_TEST(no_negative_entries)
{
    struct rig *r = on(_i, NULL);

    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), 0);
    map(r, 0x5000, 1, A | 3);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
    rig_mem2(r, RIG_CTX + 0x108, 0, 0);
    ck_assert_uint_eq(target(r, bdf(0x11), 0x5000), 0);
    rig_context(r, bdf(0x11), 3, 5, RIG_TOP);
    ck_assert_uint_eq(target(r, bdf(0x11), 0x5000), A);
    rig_free(r);
}
END_TEST

/* The context entry is cached by the device's own accesses, until a context invalidation that names
 * it. */
START_TEST(context_cache)
{
    static const struct {
        uint64_t lo;
        bool gone, gone_ideal;
    } rows[] = {
        {0x11, true, true},     /* global */
        {0x50021, true, true},  /* its domain: made global by the emulation (#3) */
        {0x60021, true, false}, /* another domain */
        {UINT64_C(0x0000001000050031), true, true},   /* device */
        {UINT64_C(0x0000001100050031), false, false}, /* another function */
        {UINT64_C(0x0003001700050031), true, true},   /* FM 3 */
        {UINT64_C(0x0002001600050031), true, true},   /* FM 2: bits 2:1 */
        {UINT64_C(0x0002001100050031), false, false},
        {UINT64_C(0x0001001400050031), true, true}, /* FM 1: bit 2 */
        {UINT64_C(0x0001001200050031), false, false},
        {UINT64_C(0x0000001000060031), true,
         false},              /* another tag: the emulation looks at the SID alone (#4) */
        {0xd2, false, false}, /* IOTLB global */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(_i, NULL);
        bool gone = _i == 2 ? rows[i].gone_ideal : rows[i].gone;

        map(r, 0x5000, 1, A | 3);
        rig_mem(r, 0x180000, 0x181003);
        rig_mem(r, 0x181000, 0x182003);
        rig_mem(r, 0x182000 + 8 * 6, B | 3);
        ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
        rig_context(r, RIG_DEV, 3, 5, 0x180000); /* new tables, the same domain */
        ck_assert_uint_eq(target(r, RIG_DEV, 0x6000), 0);
        rig_desc(r, rows[i].lo, 0);
        ck_assert_msg((target(r, RIG_DEV, 0x6000) == B) == gone, "row %zu", i);
        rig_free(r);
    }
}
END_TEST

/* The two quirks of the cache do what they say. */
START_TEST(quirks)
{
    struct rig *r = on(_i, "iotlb-key-sid8");

    map(r, 0x5000, 1, A | 3);
    rig_mem(r, 0x180000, 0x181003);
    rig_mem(r, 0x181000, 0x182003);
    rig_mem(r, 0x182000 + 8 * 5, B | 3);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x5000), A);
    ck_assert_uint_eq(target(r, SECOND, 0x5000), A); /* the other device's translation */
    rig_free(r);
    r = on(_i, "iotlb-large-stays");
    map(r, 0x400000, 2, 0x80000083);
    target(r, RIG_DEV, 0x400000);
    map(r, 0x400000, 2, 0);
    rig_psi(r, 5, 0x400000, 9);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x400000), 0x80000000);
    rig_dsi(r, 5);
    ck_assert_uint_eq(target(r, RIG_DEV, 0x400000), 0);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {hit_until_invalidated, RIG_PROFILES},
        {large_entries, RIG_PROFILES},
        {mask_of_eight_bits, RIG_PROFILES},
        {key, RIG_PROFILES},
        {capacity, RIG_PROFILES},
        {emptied, RIG_PROFILES},
        {no_negative_entries, RIG_PROFILES},
        {context_cache, RIG_PROFILES},
        {quirks, RIG_PROFILES},
    };

    return run_tests("caches", rows, COUNT(rows));
}
