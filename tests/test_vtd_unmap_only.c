/* SPDX-License-Identifier: MIT */
/* Consumers that hear removals alone, or device-TLB invalidations alone (museum 2.3; real-systems
 * part II, 5). */
#include <stdio.h>

#include "rig.h"
#include "suite.h"

#define G UINT64_C(0x700000)

static struct rig *on(int profile, uint32_t flags, uint64_t first, uint64_t last, bool dt)
{
    struct attach_rec a = {.name = "p",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = flags,
                           .has_range = true,
                           .range = {{first}, {last}}};
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[profile], .with = &a, .device_iotlb = dt});

    rig_bring_up(r);
    return r;
}

static struct rig *unmap_only(int profile)
{
    return on(profile, NOTIFY_UNMAP, 0, UINT64_MAX, false);
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)
#define WHOLE       "p UNMAP 0x0+0x0 0\n" /* [0, 2^64 - 1] */
#define PIECES      "p UNMAP 0x0+0x8000000000 0\n"

/* A page-selective invalidation is told as it is, whatever the tables say; as given, or aligned
 * (ideal). */
START_TEST(page_selective)
{
    struct rig *r = unmap_only(_i);

    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_psi(r, 5, 0x203000, 2);
    if (_i == 2)
        EXPECT("p UNMAP 0x200000+0x4000 0\n");
    else
        EXPECT("p UNMAP 0x203000+0x4000 0\n");
    rig_psi(r, 6, 0x1000, 0);
    EXPECT();
    rig_psi(r, 5, 0, 18);
    EXPECT("p UNMAP 0x0+0x40000000 0\n");
    rig_psi(r, 5, 0x8000000000, 0); /* beyond the width: the raw value (5.7) */
    EXPECT("p UNMAP 0x8000000000+0x1000 0\n");
    rig_psi(r, 5, UINT64_MAX & ~UINT64_C(0xfff), 0);
    EXPECT("p UNMAP 0xfffffffffffff000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* Domain, global, context device: nothing but removals of the record in 7.2 (M17); one UNMAP of all
 * later. */
START_TEST(domain_and_global)
{
    struct rig *r = unmap_only(_i);
    const char *want = _i == 0 ? "" : WHOLE;

    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_dsi(r, 5);
    ck_assert_str_eq(rig_notes(r), want);
    rig_iotlb_global(r);
    ck_assert_str_eq(rig_notes(r), want);
    rig_cc_device(r, 5, RIG_DEV);
    ck_assert_str_eq(rig_notes(r), want);
    rig_dsi(r, 6);
    EXPECT();
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0); /* 7.2 walked, and knows the page */
    rig_dsi(r, 5);
    ck_assert_str_eq(rig_notes(r), _i == 0 ? "p UNMAP 0x1000+0x1000 0\n" : WHOLE);
    rig_dsi(r, 5);
    ck_assert_str_eq(rig_notes(r), want);
    rig_free(r);
}
END_TEST

START_TEST(context_global)
{
    struct rig *r = unmap_only(_i);

    rig_cc_global(r);
    ck_assert_str_eq(rig_notes(r), _i == 0 ? PIECES : _i == 1 ? PIECES WHOLE : WHOLE);
    rig_mem2(r, RIG_CTX + 0x100, 0, 0);
    rig_cc_device(r, 5, RIG_DEV);
    ck_assert_str_eq(rig_notes(r), _i == 0 ? PIECES : WHOLE);
    rig_free(r);
}
END_TEST

START_TEST(translation_off)
{
    struct rig *r = unmap_only(_i);

    rig_w32(r, 0x18, 0x04000000);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? WHOLE : PIECES);
    rig_psi(r, 5, 0x1000, 0); /* nobody is registered any more */
    EXPECT();
    rig_w32(r, 0x18, 0x84000000); /* L19: registered again, told nothing */
    EXPECT();
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* Its range: cut at the border; 7.2 ends in an assertion (museum 1.3). */
START_TEST(border)
{
    struct rig *r = on(_i, NOTIFY_UNMAP, 0x2000, 0x4fff, false);

    rig_psi(r, 5, 0x3000, 0);
    EXPECT("p UNMAP 0x3000+0x1000 0\n");
    rig_psi(r, 5, 0x5000, 0);
    EXPECT();
    rig_psi(r, 5, 0x0, 2);
    if (_i == 0) {
        ck_assert_int_eq(r->result, 1);
        EXPECT();
    } else {
        EXPECT("p UNMAP 0x2000+0x2000 0\n");
        rig_dsi(r, 5);
        EXPECT("p UNMAP 0x2000+0x3000 0\n");
        rig_cc_global(r);
        ck_assert_str_eq(rig_notes(r), _i == 2
                                           ? "p UNMAP 0x2000+0x3000 0\n"
                                           : "p UNMAP 0x2000+0x2000 0\np UNMAP 0x4000+0x1000 0\n"
                                             "p UNMAP 0x2000+0x3000 0\n");
    }
    rig_free(r);
}
END_TEST

static void devtlb(struct rig *r, uint64_t hi)
{
    rig_desc(r, UINT64_C(0x0000001000000003), hi);
}

/* Sizes: one page; 8 KiB << ones; all ones is everything (5.5). */
START_TEST(device_tlb_sizes)
{
    struct rig *r = on(_i, NOTIFY_DEVTLB, 0, UINT64_MAX, true);
    char want[80];

    devtlb(r, 0x1000);
    EXPECT("p DEVTLB 0x1000+0x1000 0\n");
    devtlb(r, 0x402FF001);
    EXPECT("p DEVTLB 0x40200000+0x200000 0\n");
    for (unsigned ones = 0; ones < 51; ones++) {
        uint64_t size = UINT64_C(8192) << ones, base = ones < 20 ? UINT64_C(1) << 40 : 0;

        devtlb(r, base | (((UINT64_C(1) << ones) - 1) << 12) | 1);
        snprintf(want, sizeof(want), "p DEVTLB 0x%llx+0x%llx 0\n", (unsigned long long)base,
                 (unsigned long long)size);
        ck_assert_str_eq(rig_notes(r), want);
    }
    devtlb(r, UINT64_C(0xfffffffffffff001));
    EXPECT("p DEVTLB 0x0+0x0 0\n");
    devtlb(r, UINT64_C(0x7ffffffffffff001)); /* 2^64 bytes too */
    EXPECT("p DEVTLB 0x0+0x0 0\n");
    devtlb(r, UINT64_C(0xfffffffffffff000)); /* one page, the last one */
    EXPECT("p DEVTLB 0xfffffffffffff000+0x1000 0\n");
    rig_desc(r, UINT64_C(0x0000001100000003), 0x1000); /* no such device: taken, no effect */
    EXPECT();
    ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    rig_free(r);
}
END_TEST

/* It hears nothing else, and the others hear nothing of it; crops at its border in every profile.
 */
START_TEST(device_tlb_alone)
{
    struct rig *r = on(_i, NOTIFY_DEVTLB, 0x10000, 0x1ffff, true);

    rig_map(r, RIG_TOP, 3, 0x11000, 1, G | 3);
    rig_psi(r, 5, 0x11000, 0);
    rig_dsi(r, 5);
    rig_iotlb_global(r);
    rig_cc_global(r);
    EXPECT();
    devtlb(r, UINT64_C(0xfffffffffffff001));
    EXPECT("p DEVTLB 0x10000+0x10000 0\n");
    ck_assert_int_eq(r->result, 0);
    rig_free(r);
    r = on(_i, NOTIFY_MAP | NOTIFY_UNMAP, 0, UINT64_MAX, true);
    devtlb(r, UINT64_C(0xfffffffffffff001));
    devtlb(r, 0x1000);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Part II, 20: "all" with a VFIO beside it ends 7.2: the assertion comes before the look at kinds.
 */
START_TEST(device_tlb_all_and_vfio)
{
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio", .device_iotlb = true});

    rig_bring_up(r);
    devtlb(r, 0x1000);
    ck_assert_int_eq(r->result, 0);
    devtlb(r, UINT64_C(0xfffffffffffff001));
    ck_assert_int_eq(r->result, _i == 0 ? 1 : 0);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Beside a MAP consumer of the same device it hears the removals of that one's stream (museum 2.3);
 * in the ideal, where what it caches by itself matters, all that it would hear alone. */
START_TEST(beside_a_mapper)
{
    struct attach_rec u = {.name = "u",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = NOTIFY_UNMAP};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});
    bool ideal = _i == 2;

    rig_attach(r, &u);
    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    ck_assert_str_eq(rig_notes(r),
                     ideal ? "p MAP 0x1000+0x1000 0x700000 rw 0\nu UNMAP 0x1000+0x1000 0\n"
                           : "p MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_dsi(r, 5);
    ck_assert_str_eq(rig_notes(r), ideal ? "u UNMAP 0x0+0x0 0\n" : "");
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 1);
    rig_dsi(r, 5);
    ck_assert_str_eq(rig_notes(r), ideal ? "p UNMAP 0x1000+0x1000 0\n"
                                           "p MAP 0x1000+0x1000 0x700000 r 0\n"
                                           "u UNMAP 0x0+0x0 0\n"
                                         : "u UNMAP 0x1000+0x1000 0\np UNMAP 0x1000+0x1000 0\n"
                                           "p MAP 0x1000+0x1000 0x700000 r 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {page_selective, RIG_PROFILES},   {domain_and_global, RIG_PROFILES},
        {context_global, RIG_PROFILES},   {translation_off, RIG_PROFILES},
        {border, RIG_PROFILES},           {device_tlb_sizes, RIG_PROFILES},
        {device_tlb_alone, RIG_PROFILES}, {device_tlb_all_and_vfio, RIG_PROFILES},
        {beside_a_mapper, RIG_PROFILES},
    };

    return run_tests("UNMAP-only and device-TLB", rows, COUNT(rows));
}
