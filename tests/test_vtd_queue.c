/* SPDX-License-Identifier: MIT */
/* Descriptors of the invalidation queue: the vectors of vtd-facts 12.1 and every reserved bit
 * of 5.5. */
#include "rig.h"
#include "suite.h"

static struct rig *queue(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){
        .profile = rig_profiles[profile], .device_iotlb = true, .intremap = true});

    rig_bring_up(r);
    return r;
}

/* One descriptor in a new queue: true when it was taken, false when it stopped the queue. */
static bool taken(int profile, uint64_t lo, uint64_t hi)
{
    struct rig *r = queue(profile);
    uint64_t head;
    uint32_t fsts;

    rig_desc(r, lo, hi);
    ck_assert_int_eq(r->result, 0);
    head = rig_r64(r, 0x80);
    fsts = rig_r32(r, 0x34);
    ck_assert_msg((fsts == 0 && head == 0x10) || (fsts == 0x10 && head == 0),
                  "0x%llx 0x%llx: FSTS 0x%x, IQH 0x%llx", (unsigned long long)lo,
                  (unsigned long long)hi, fsts, (unsigned long long)head);
    ck_assert_uint_eq(r->queue_errors, fsts ? 1 : 0);
    if (profile == 2) /* IQERCD says why, or nothing */
        ck_assert_int_eq((rig_r64(r, 0xb0) & 0xf) != 0, fsts != 0);
    else
        ck_assert_uint_eq(rig_r64(r, 0xb0), 0);
    rig_free(r);
    return fsts == 0;
}

START_TEST(vectors_accepted)
{
    static const uint64_t rows[][2] = {
        {0x0000000000000011, 0},          {0x0000000000050021, 0},
        {0x0000001000000031, 0},          {0x0003001000050031, 0},
        {0x0000000000000012, 0},          {0x00000000000000D2, 0},
        {0x00000000000500E2, 0},          {0x00000000000500F2, 0x12340002},
        {0x00000000000500F2, 0x12340042}, {0x0000001000000003, 0x1000},
        {0x0000001000000003, 0x402FF001}, {0x0000000000000004, 0},
        {0x0000000700000014, 0},          {0x0000000200000025, 0x5000},
        {0x0000000000000015, 0},          {0x00000000000500F2, 18},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(taken(_i, rows[i][0], rows[i][1]), "row %zu was refused", i);
}
END_TEST

START_TEST(vectors_refused)
{
    static const uint64_t rows[][2] = {
        {0x0000000000000005, 0},  /* wait without any flag */
        {0, 0},                   /* type 0 */
        {0x00000000000500F2, 19}, /* AM 19 */
        {0x00000000000500F2, 63},
        {0x0000000000000001, 0}, /* context, G 00 */
        {0x00000000000500C2, 0}, /* IOTLB, G 00 */
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(!taken(_i, rows[i][0], rows[i][1]), "row %zu was taken", i);
}
END_TEST

/* Fence alone: refused before 10.2 (M44). */
START_TEST(fence_alone)
{
    ck_assert_int_eq(taken(_i, 0x45, 0), _i != 0);
}
END_TEST

struct layout {
    uint64_t lo, hi;           /* a descriptor that is taken */
    uint64_t res_lo, res_hi;   /* vtd-facts 5.5 */
    uint64_t skip_lo, skip_hi; /* type, granularity, flags, AM: not single bits to try */
};

/* Bits 11:9 are in skip where they belong to the type; where they do not they are reserved: refused
 * both ways. */
static const struct layout layouts[] = {
    {0x31, 0, 0xFFFC00000000F1C0, UINT64_MAX, 0x3f, 0},
    {0xF2, 0x1000, 0xFFFFFFFF0000F100, 0xF80, 0x3f, 0x3f},
    {0x3, 0x1000, 0xFFFF0000FFE0F1F0, 0xFFE, 0xf, 0},
    {0x14, 0, 0xFFFF000007FFF1E0, UINT64_MAX, 0xf, 0},
    {0x15, 0, 0xFFFFF180, 3, 0x7f, 0},
};

static uint64_t refused_lo(int profile, size_t which)
{
    uint64_t res = layouts[which].res_lo | 0xe00;

    if (which == 3 && profile == 0)
        return 0; /* 7.2 does not look at interrupt-entry-cache descriptors (M46) */
    if (which == 2 && profile == 2)
        res &= ~UINT64_C(0xFFF000000000F000); /* PFSID (#13) */
    return res;
}

START_TEST(reserved_bits)
{
    size_t which = (size_t)_i / RIG_PROFILES;
    int profile = _i % RIG_PROFILES;
    const struct layout *l = &layouts[which];
    uint64_t res_lo = refused_lo(profile, which);
    uint64_t res_hi = which == 3 && profile == 0 ? 0 : l->res_hi;

    ck_assert(taken(profile, l->lo, l->hi));
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t one = UINT64_C(1) << bit;

        if (!(l->skip_lo & one))
            ck_assert_msg(taken(profile, l->lo ^ one, l->hi) == !(res_lo & one),
                          "type %zu, low bit %u, %s", which + 1, bit, rig_profiles[profile]);
        if (!(l->skip_hi & one))
            ck_assert_msg(taken(profile, l->lo, l->hi ^ one) == !(res_hi & one),
                          "type %zu, high bit %u, %s", which + 1, bit, rig_profiles[profile]);
    }
}
END_TEST

/* The high word of domain and global IOTLB invalidations is looked at too. */
START_TEST(iotlb_high_word_of_every_granularity)
{
    for (unsigned bit = 7; bit <= 11; bit++) {
        ck_assert(!taken(_i, 0x12, UINT64_C(1) << bit));
        ck_assert(!taken(_i, 0x22, UINT64_C(1) << bit));
    }
    ck_assert(taken(_i, 0x12, 63)); /* AM means nothing there */
    ck_assert(taken(_i, 0x22, 63));
}
END_TEST

/* 5.3, 5.4: which of the 128 types a 128-bit queue takes. */
START_TEST(types)
{
    for (unsigned type = 0; type < 128; type++) {
        uint64_t lo = (type & 0xf) | (uint64_t)(type >> 4) << 9 | (type % 16 == 3 ? 0 : 0x10);
        bool want = type >= 1 && type <= 5;

        if (_i == 0) {
            unsigned low = type & 0xf; /* bits 11:9 are reserved, or not looked at (4, 6, 7) */

            want = (type >= 1 && type <= 5) || low == 4 || low == 6 || low == 7;
        }
        if (_i == 1 && type == 9)
            want = true;
        ck_assert_msg(taken(_i, lo, 0) == want, "type 0x%x of %s", type, rig_profiles[_i]);
    }
}
END_TEST

/* 10.2 takes page-group responses, with a PASID only. */
START_TEST(page_group_response)
{
    uint64_t res_lo = 0xFFF00000000001E0, res_hi = 0xFFFFFFFFFFFFF003;

    ck_assert(!taken(1, 0x9, 0));
    for (unsigned bit = 4; bit < 64; bit++) {
        uint64_t one = UINT64_C(1) << bit;

        if (bit > 4 && (bit < 9 || bit > 11))
            ck_assert_int_eq(taken(1, 0x19 | one, 0), !(res_lo & one));
        ck_assert_int_eq(taken(1, 0x19, one), !(res_hi & one));
    }
}
END_TEST

/* 12: device-TLB and interrupt-entry-cache descriptors need their capability as architected. */
START_TEST(types_need_capabilities)
{
    static const uint64_t lo[] = {0x3, 0x4};

    for (size_t i = 0; i < COUNT(lo); i++) {
        struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});

        rig_bring_up(r);
        rig_desc(r, lo[i], 0);
        ck_assert_uint_eq(rig_r32(r, 0x34), _i == 2 ? 0x10 : 0);
        if (_i == 2)
            ck_assert_uint_eq(rig_r64(r, 0xb0), 3);
        rig_free(r);
    }
}
END_TEST

/* IQERCD as architected (5.3, 5.6). */
START_TEST(error_codes)
{
    static const struct {
        uint64_t lo, hi, code;
    } rows[] = {{0, 0, 3}, {0x7, 0, 3}, {0x11, 1, 4}, {0x10005, 0, 4}, {0x112, 0, 4}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = queue(2);

        rig_desc(r, rows[i].lo, rows[i].hi);
        ck_assert_msg(rig_r64(r, 0xb0) == rows[i].code, "row %zu: %llu", i,
                      (unsigned long long)r->last_read);
        rig_free(r);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {vectors_accepted, RIG_PROFILES},
        {vectors_refused, RIG_PROFILES},
        {fence_alone, RIG_PROFILES},
        {reserved_bits, RIG_PROFILES * (int)COUNT(layouts)},
        {iotlb_high_word_of_every_granularity, RIG_PROFILES},
        {types, RIG_PROFILES},
        {page_group_response, 1},
        {types_need_capabilities, RIG_PROFILES},
        {error_codes, 1},
    };

    return run_tests("descriptors", rows, COUNT(rows));
}
