/* SPDX-License-Identifier: MIT */
/* Translation through the tables: the vectors of vtd-facts 12.3, all depths and sizes, limits (3.3
 * to 3.9). */
#include "rig.h"
#include "suite.h"

#define AT UINT64_C(0x40201234)

static struct rig *on(const struct rig_setup *s)
{
    struct rig *r = rig_new(s);

    ck_assert_int_eq(r->result, 0);
    rig_w64(r, 0x20, 0x100000);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    return r;
}

/* The tables of 12.3, word by word. */
static struct rig *vector(int profile, unsigned aw)
{
    struct rig *r =
        on(&(struct rig_setup){.profile = rig_profiles[profile], .aw_bits = aw, .attach = ""});

    rig_mem2(r, 0x100000, 0x101001, 0);
    rig_mem2(r, 0x101100, 0x102001, 0x501);
    rig_mem(r, 0x102008, 0x103003);
    rig_mem(r, 0x103008, 0x104003);
    rig_mem(r, 0x104008, 0x12345003);
    return r;
}

START_TEST(vectors)
{
    static const struct {
        uint64_t entry_at, entry, at;
        bool write;
        uint64_t gpa, mask;
        unsigned reason;
    } rows[] = {
        {0x104008, 0x12345003, AT, false, 0x12345234, 0xfff, 0},
        {0x103008, 0x00400083, AT, true, 0x00401234, 0x1fffff, 0},
        {0x102008, 0x40000083, AT, false, 0x40201234, 0x3fffffff, 0},
        {0x103008, 0x00401083, AT, false, 0, 0, 0xc},
        {0x104008, 0x12345001, AT, true, 0, 0, 5},
        {0x104008, 0x12345001, AT, false, 0x12345234, 0xfff, 0},
        {0x104008, 0x12345002, AT, true, 0x12345234, 0xfff, 0},
        {0x104008, 0x12345002, AT, false, 0, 0, 6},
        {0x104008, 0, AT, false, 0, 0, 6},
        {0x104008, 0, AT, true, 0, 0, 5},
        {0x104008, 0x12345003, 0x8000000000, false, 0, 0, 4},
        {0x104008, 0x12345003, UINT64_MAX, true, 0, 0, 4},
        {0x102ff8, 0x40000083, 0x7fffffffff, true, 0x7fffffff, 0x3fffffff, 0}, /* the last byte */
        {0x103008, 0x104001, AT, true, 0, 0, 5}, /* a parent without W */
        {0x103008, 0x104002, AT, false, 0, 0, 6},
        {0x103008, 0x104001, AT, false, 0x12345234, 0xfff, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = vector(_i, 39);

        rig_mem(r, rows[i].entry_at, rows[i].entry);
        rig_dma(r, RIG_DEV, rows[i].at, rows[i].write);
        if (rows[i].reason) {
            ck_assert_msg(r->dma.end == XLAT_FAULT && r->dma.reason == rows[i].reason,
                          "row %zu: end %d reason 0x%x", i, r->dma.end, r->dma.reason);
        } else {
            ck_assert_msg(r->dma.end == XLAT_OK, "row %zu: reason 0x%x", i, r->dma.reason);
            ck_assert_uint_eq(r->dma.gpa.v, rows[i].gpa);
            ck_assert_uint_eq(r->dma.mask, rows[i].mask);
        }
        rig_free(r);
    }
}
END_TEST

static const struct {
    unsigned aw, levels, profile;
} depths[] = {{39, 3, 0}, {39, 3, 1}, {39, 3, 2}, {48, 3, 0}, {48, 4, 0}, {48, 4, 1},
              {48, 3, 2}, {48, 4, 2}, {57, 3, 2}, {57, 4, 2}, {57, 5, 2}};

/* Every depth with every leaf size, low and high in the input range; one byte beyond it is fault 4.
 */
START_TEST(depths_and_sizes)
{
    unsigned levels = depths[_i].levels, agaw = 12 + 9 * levels;

    for (unsigned leaf = 1; leaf <= 3; leaf++) {
        uint64_t size = UINT64_C(1) << (12 + 9 * (leaf - 1));
        uint64_t ats[] = {size, (UINT64_C(1) << agaw) - size,
                          (UINT64_C(1) << (agaw - 1)) + 3 * size};
        struct rig *r = on(&(struct rig_setup){
            .profile = rig_profiles[depths[_i].profile], .aw_bits = depths[_i].aw, .attach = ""});
        uint64_t target = UINT64_C(0x80000000), offset = 0x9a8 % size;

        rig_context(r, RIG_DEV, levels, 5, RIG_TOP);
        for (size_t i = 0; i < COUNT(ats); i++) {
            rig_map(r, RIG_TOP, levels, ats[i], leaf, target | (leaf > 1 ? 0x83 : 3));
            rig_dma(r, RIG_DEV, ats[i] + offset, true);
            ck_assert_msg(r->dma.end == XLAT_OK, "0x%llx: reason 0x%x", (unsigned long long)ats[i],
                          r->dma.reason);
            ck_assert_uint_eq(r->dma.gpa.v, target + offset);
            ck_assert_uint_eq(r->dma.mask, size - 1);
            rig_dma(r, RIG_DEV, ats[i] + size - 1, false);
            ck_assert_uint_eq(r->dma.gpa.v, target + size - 1);
        }
        rig_dma(r, RIG_DEV, UINT64_C(1) << agaw, false);
        ck_assert_int_eq(r->dma.end, XLAT_FAULT);
        ck_assert_uint_eq(r->dma.reason, 4);
        rig_free(r);
    }
}
END_TEST

/* AW codes: 1..3 as far as SAGAW has them, all others are fault 3, for pass-through too. */
START_TEST(widths_offered)
{
    static const unsigned widths[] = {39, 48, 57};

    for (size_t w = 0; w < (_i == 2 ? 3 : 2); w++) {
        for (unsigned aw = 0; aw < 8; aw++) {
            for (unsigned tt = 0; tt < 4; tt++) {
                struct rig *r = on(&(struct rig_setup){
                    .profile = rig_profiles[_i], .aw_bits = widths[w], .attach = ""});
                bool width_ok = aw >= 1 && aw <= w + 1;
                bool ok = width_ok && (tt == 0 || (tt == 2 && (_i != 2 || aw == w + 1)));

                rig_mem2(r, 0x100000, 0x101001, 0);
                rig_mem2(r, 0x101100, 0x102001 | tt << 2, 0x500 | aw);
                rig_map(r, 0x102000, aw >= 1 && aw <= 3 ? aw + 2 : 3, 0x5000, 1, 0x700003);
                rig_dma(r, RIG_DEV, 0x5678, false);
                if (ok) {
                    ck_assert_int_eq(r->dma.end, XLAT_OK);
                    ck_assert_uint_eq(r->dma.gpa.v, tt == 2 ? 0x5678 : 0x700678);
                } else {
                    ck_assert_msg(r->dma.end == XLAT_FAULT && r->dma.reason == 3,
                                  "aw %u code %u tt %u: reason 0x%x", widths[w], aw, tt,
                                  r->dma.reason);
                }
                rig_free(r);
            }
        }
    }
}
END_TEST

/* TT: 01 needs a device IOTLB, 10 needs pass-through. */
START_TEST(types_need_capabilities)
{
    for (int have = 0; have < 2; have++) {
        for (uint64_t tt = 1; tt < 3; tt++) {
            struct rig *r = on(&(struct rig_setup){
                .profile = rig_profiles[_i], .device_iotlb = have, .no_pt = !have, .attach = ""});
            rig_mem2(r, 0x100000, 0x101001, 0);
            rig_mem2(r, 0x101100, 0x102001 | tt << 2, 0x501);
            rig_map(r, 0x102000, 3, 0x5000, 1, 0x700003);
            rig_dma(r, RIG_DEV, 0x5000, false);
            ck_assert_int_eq(r->dma.end, have ? XLAT_OK : XLAT_FAULT);
            if (have)
                ck_assert_uint_eq(r->dma.gpa.v, tt == 1 ? 0x700000 : 0x5000);
            else
                ck_assert_uint_eq(r->dma.reason, 3);
            rig_free(r);
        }
    }
}
END_TEST

/* Root and context entries: each reserved bit, and no other (3.1, 3.3, 3.9 steps 6 and 7). */
START_TEST(root_and_context_reserved)
{
    static const unsigned widths[] = {39, 48, 57};
    unsigned aw = widths[_i / RIG_PROFILES], profile = (unsigned)_i % RIG_PROFILES;
    unsigned haw = aw < 52 ? aw : 52; /* no address bit of an entry lies above 51 */

    if (aw == 57 && profile != 2)
        return; /* not offered */
    for (unsigned bit = 0; bit < 128; bit++) {
        uint64_t lo = bit < 64 ? UINT64_C(1) << bit : 0,
                 hi = bit < 64 ? 0 : UINT64_C(1) << (bit - 64);
        bool root_res = (bit >= 1 && bit < 12) || bit >= haw;
        bool ctx_res = (bit >= 4 && bit < 12) || (bit >= haw && bit < 64) || bit == 71 || bit >= 88;
        struct rig *r = vector((int)profile, aw);

        if (bit != 0 && (bit < 12 || bit >= haw)) {
            rig_mem2(r, 0x100000, 0x101001 ^ lo, hi);
            rig_dma(r, RIG_DEV, AT, false);
            ck_assert_msg((r->dma.end == XLAT_FAULT && r->dma.reason == 0xa) == root_res,
                          "aw %u: root bit %u: reason 0x%x", aw, bit, r->dma.reason);
        }
        rig_free(r);
        if (bit == 0 || bit == 2 || bit == 3 || (bit >= 12 && bit < haw) || (bit >= 64 && bit < 67))
            continue; /* P, TT, the pointer, AW */
        r = vector((int)profile, aw);
        rig_mem2(r, 0x101100, 0x102001 ^ lo, 0x501 ^ hi);
        rig_dma(r, RIG_DEV, AT, false);
        if (ctx_res)
            ck_assert_msg(r->dma.end == XLAT_FAULT && r->dma.reason == 0xb,
                          "aw %u: context bit %u: reason 0x%x", aw, bit, r->dma.reason);
        else /* FPD, ignored bits, the domain */
            ck_assert_msg(r->dma.end == XLAT_OK, "aw %u: context bit %u", aw, bit);
        rig_free(r);
    }
}
END_TEST

/* 3.9 step 12 before 13: an entry without the right asked for is 5 or 6 although reserved bits are
 * set. */
START_TEST(rights_before_reserved)
{
    struct rig *r = vector(_i, 39);

    rig_mem(r, 0x104008, 0x12345800);
    rig_dma(r, RIG_DEV, AT, true);
    ck_assert_uint_eq(r->dma.reason, 5);
    rig_dma(r, RIG_DEV, AT, false);
    ck_assert_uint_eq(r->dma.reason, 6);
    rig_free(r);
}
END_TEST

/* #23: an entry of all ones counts as unreadable in the emulation; as architected its reserved bits
 * count. */
START_TEST(all_ones)
{
    static const uint64_t where[] = {0x102008, 0x103008, 0x104008};

    for (size_t i = 0; i < COUNT(where); i++) {
        struct rig *r = vector(_i, 39);

        rig_mem(r, where[i], UINT64_MAX);
        rig_dma(r, RIG_DEV, AT, false);
        ck_assert_uint_eq(r->dma.reason, _i == 2 ? 0xc : i == 0 ? 3 : 7);
        rig_free(r);
    }
}
END_TEST

/* 3.9 step 15: a leaf whose extent overlaps the interrupt range is refused whole by the emulation.
 */
START_TEST(output_in_the_window)
{
    struct rig *r = vector(_i, 39);

    rig_mem(r, 0x102008, 0xC0000083); /* 1 GiB: 0x40000000 -> 0xC0000000 */
    rig_dma(r, RIG_DEV, 0x40000000, false);
    ck_assert_int_eq(r->dma.end, _i == 2 ? XLAT_OK : XLAT_FAULT);
    if (_i != 2)
        ck_assert_uint_eq(r->dma.reason, 0xe);
    rig_w32(r, 0x22c, 0x80000000);
    rig_dma(r, RIG_DEV, 0x7ee00000, false);
    ck_assert_int_eq(r->dma.end, XLAT_FAULT);
    ck_assert_uint_eq(r->dma.reason, 0xe);
    rig_w32(r, 0x22c, 0x80000000);
    rig_dma(r, RIG_DEV, 0x7ef00000, false);
    ck_assert_int_eq(r->dma.end, _i == 2 ? XLAT_OK : XLAT_FAULT);
    rig_free(r);
}
END_TEST

/* A target that is no RAM is nothing to the unit: it translates all the same. */
START_TEST(target_need_not_be_ram)
{
    static const struct ram_entry ram[] = {{{0}, 0x10000000, false}};
    struct rig *r =
        on(&(struct rig_setup){.profile = rig_profiles[_i], .ram = ram, .rams = 1, .attach = ""});

    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 3, 0x5000, 1, 0x50000003);
    ck_assert_uint_eq(rig_dma(r, RIG_DEV, 0x5004, true).gpa.v, 0x50000004);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {vectors, RIG_PROFILES},
        {depths_and_sizes, (int)COUNT(depths)},
        {widths_offered, RIG_PROFILES},
        {types_need_capabilities, RIG_PROFILES},
        {root_and_context_reserved, RIG_PROFILES * 3},
        {rights_before_reserved, RIG_PROFILES},
        {all_ones, RIG_PROFILES},
        {output_in_the_window, RIG_PROFILES},
        {target_need_not_be_ram, RIG_PROFILES},
    };

    return run_tests("page walk", rows, COUNT(rows));
}
