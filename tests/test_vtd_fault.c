/* SPDX-License-Identifier: MIT */
/* Every fault reason of legacy mode by a device's access, and what the record says
 * (vtd-facts 3.9, 4.1, 4.3, 12.4). */
#include <string.h>

#include "rig.h"
#include "suite.h"

#define AT     UINT64_C(0x40201000)
#define L3     UINT64_C(0x103000)
#define L2     UINT64_C(0x104000)
#define NO_RAM UINT64_C(0xfee00000)

/* The tables of 12.3, moved up by a page: 0x40201000 -> 0x12345000 read and write. */
static void tables(struct rig *r)
{
    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_mem(r, RIG_TOP + 8, L3 | 3);
    rig_mem(r, L3 + 8, L2 | 3);
    rig_mem(r, L2 + 8, 0x12345003);
}

static struct rig *on(const struct rig_setup *s, void (*spoil)(struct rig *r, bool fpd), bool fpd)
{
    struct rig *r = rig_new(s);

    tables(r);
    if (fpd)
        rig_mem2(r, RIG_CTX + 0x100, RIG_TOP | 3, 0x501);
    spoil(r, fpd);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    return r;
}

static void context(struct rig *r, bool fpd, uint64_t lo, uint64_t hi)
{
    rig_mem2(r, RIG_CTX + 0x100, lo | (fpd ? 2 : 0), hi);
}

static void root_read(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem2(r, RIG_ROOT, NO_RAM | 1, 0); /* context table not RAM */
}

static void root_absent(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem2(r, RIG_ROOT, RIG_CTX, 0);
}

static void context_absent(struct rig *r, bool fpd)
{
    context(r, fpd, RIG_TOP, 0x501);
}

static void context_width(struct rig *r, bool fpd)
{
    context(r, fpd, RIG_TOP | 1, 0x502); /* 4 levels of a 39-bit unit */
}

static void context_type(struct rig *r, bool fpd)
{
    context(r, fpd, RIG_TOP | 1 | 3 << 2, 0x501);
}

static void top_not_ram(struct rig *r, bool fpd)
{
    context(r, fpd, NO_RAM | 1, 0x501);
}

static void table_not_ram(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem(r, L3 + 8, NO_RAM | 3);
}

static void root_reserved(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem2(r, RIG_ROOT, RIG_CTX | 1, 1);
}

static void context_reserved(struct rig *r, bool fpd)
{
    context(r, fpd, RIG_TOP | 1 | 0x10, 0x501);
}

static void entry_reserved_bit(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem(r, L2 + 8, 0x12345803);
}

static void to_window(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem(r, L2 + 8, 0xfee00003);
}

static void nothing(struct rig *r, bool fpd)
{
    (void)r;
    (void)fpd;
}

static void read_only(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem(r, L2 + 8, 0x12345001);
}

static void absent(struct rig *r, bool fpd)
{
    (void)fpd;
    rig_mem(r, L2 + 8, 0);
}

enum { NEVER, ALWAYS, QUALIFIED, QUALIFIED_AS_ARCHITECTED };

static const struct {
    const char *what;
    unsigned reason;
    void (*spoil)(struct rig *r, bool fpd);
    uint64_t at;
    bool write;
    int fpd;   /* what FPD does to it */
    bool walk; /* found by the page walk: PV is all ones in the emulation (#18) */
} rows[] = {
    {"root absent", 0x1, root_absent, AT, false, NEVER, false},
    {"context absent", 0x2, context_absent, AT, false, QUALIFIED, false},
    {"width not offered", 0x3, context_width, AT, true, QUALIFIED, false},
    {"type reserved", 0x3, context_type, AT, false, QUALIFIED, false},
    {"top table not RAM", 0x3, top_not_ram, AT, false, QUALIFIED, true},
    {"beyond the width", 0x4, nothing, UINT64_C(0x8000000000), false, QUALIFIED, true},
    {"write to read-only", 0x5, read_only, AT, true, QUALIFIED, true},
    {"write to nothing", 0x5, absent, AT, true, QUALIFIED, true},
    {"read of nothing", 0x6, absent, AT, false, QUALIFIED, true},
    {"table not RAM", 0x7, table_not_ram, AT, true, QUALIFIED, true},
    {"context table not RAM", 0x9, root_read, AT, false, NEVER, false},
    {"root reserved", 0xa, root_reserved, AT, false, NEVER, false},
    {"context reserved", 0xb, context_reserved, AT, true, QUALIFIED_AS_ARCHITECTED, false},
    {"entry reserved", 0xc, entry_reserved_bit, AT, false, QUALIFIED, true},
    {"into the interrupt range", 0xe, to_window, AT, true, QUALIFIED, true},
};

static void check_record(struct rig *r, size_t i, bool is_ideal)
{
    uint64_t hi = UINT64_C(1) << 63 | (uint64_t)!rows[i].write << 62 |
                  (uint64_t)rows[i].reason << 32 | RIG_DEV.v;

    if (rows[i].walk && !is_ideal)
        hi |= UINT64_C(0xffff) << 40;
    ck_assert_int_eq(r->dma.end, XLAT_FAULT);
    ck_assert_msg(r->dma.reason == rows[i].reason, "%s: reason 0x%x", rows[i].what, r->dma.reason);
    ck_assert_uint_eq(rig_r64(r, 0x220), rows[i].at & ~UINT64_C(0xfff));
    ck_assert_msg(rig_r64(r, 0x228) == hi, "%s: 0x%llx, expected 0x%llx", rows[i].what,
                  (unsigned long long)r->last_read, (unsigned long long)hi);
    ck_assert_uint_eq(rig_r32(r, 0x34), 2);
}

START_TEST(reasons)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""},
                           rows[i].spoil, false);

        rig_dma(r, RIG_DEV, rows[i].at + 0x234, rows[i].write);
        check_record(r, i, _i == 2);
        rig_free(r);
    }
}
END_TEST

/* FPD in the context entry suppresses qualified faults: refused, nothing recorded. */
START_TEST(fault_processing_disabled)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r =
            on(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""}, rows[i].spoil, true);
        bool suppressed =
            rows[i].fpd == QUALIFIED || (rows[i].fpd == QUALIFIED_AS_ARCHITECTED && _i == 2);

        rig_dma(r, RIG_DEV, rows[i].at + 0x234, rows[i].write);
        if (suppressed) {
            ck_assert_msg(r->dma.end == XLAT_COLLAPSED, "%s was recorded", rows[i].what);
            ck_assert_uint_eq(rig_r64(r, 0x228), 0);
            ck_assert_uint_eq(rig_r32(r, 0x34), 0);
        } else {
            check_record(r, i, _i == 2);
        }
        rig_free(r);
    }
}
END_TEST

START_TEST(root_table_not_ram)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""});

    rig_w64(r, 0x20, NO_RAM);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    rig_dma(r, RIG_DEV, AT, false);
    ck_assert_uint_eq(r->dma.reason, 8);
    ck_assert_uint_eq(rig_r64(r, 0x228), 0xC000000800000010);
    rig_free(r);
}
END_TEST

/* 30h, as architected: a reserved table mode blocks everything, that of scalable mode too on a unit
 * without it; the emulation does not look. */
START_TEST(root_table_programming)
{
    for (uint64_t mode = 1; mode < 4; mode++) {
        struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""});

        tables(r);
        rig_w64(r, 0x20, RIG_ROOT | mode << 10);
        rig_w32(r, 0x18, 0x40000000);
        rig_w32(r, 0x18, 0x80000000);
        rig_dma(r, RIG_DEV, AT, false);
        if (_i == 2) {
            ck_assert_int_eq(r->dma.end, XLAT_FAULT);
            ck_assert_uint_eq(r->dma.reason, 0x30);
        } else {
            ck_assert_int_eq(r->dma.end, XLAT_OK);
            ck_assert_uint_eq(r->dma.gpa.v, 0x12345000);
        }
        rig_free(r);
    }
}
END_TEST

/* The vectors of 12.4, and of the two other fields that may carry FPD: the type of the request. */
START_TEST(vectors)
{
    struct rig *r =
        on(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""}, absent, false);

    rig_dma(r, RIG_DEV, 0x40201234, true);
    ck_assert_uint_eq(rig_r64(r, 0x220), 0x40201000);
    ck_assert_uint_eq(rig_r64(r, 0x228), _i == 2 ? 0x8000000500000010 : 0x80FFFF0500000010);
    ck_assert_uint_eq(rig_r32(r, 0x34), 2);
    ck_assert_uint_eq(rig_r32(r, 0x38), 0xC0000000);
    rig_w32(r, 0x22c, 0x80000000);
    rig_dma(r, RIG_DEV, 0x40201234, false);
    ck_assert_uint_eq(rig_r64(r, 0x228), _i == 2 ? 0xC000000600000010 : 0xC0FFFF0600000010);
    rig_w32(r, 0x22c, 0x80000000);
    context_absent(r, false);
    rig_w64(r, 0x28, 0xA000000000000000);
    rig_dma(r, RIG_DEV, 0x40201234, false);
    ck_assert_uint_eq(rig_r64(r, 0x220), 0x40201000);
    ck_assert_uint_eq(rig_r64(r, 0x228), 0xC000000200000010);
    rig_free(r);
}
END_TEST

/* 3.9: the interrupt window is never translated, mapped or not, and no fault comes of it. */
START_TEST(interrupt_window_as_input)
{
    static const uint64_t ats[] = {0xfee00000, 0xfee12344, 0xfeefffff};
    struct rig *r =
        on(&(struct rig_setup){.profile = rig_profiles[_i], .attach = ""}, absent, false);

    for (size_t i = 0; i < COUNT(ats); i++) {
        ck_assert_int_eq(rig_dma(r, RIG_DEV, ats[i], i & 1).end, XLAT_WINDOW);
        ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    }
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0xfedfffff, false).end, XLAT_FAULT);
    rig_w32(r, 0x22c, 0x80000000);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0xfef00000, false).end, XLAT_FAULT);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row all[] = {
        {reasons, RIG_PROFILES},
        {fault_processing_disabled, RIG_PROFILES},
        {root_table_not_ram, RIG_PROFILES},
        {root_table_programming, RIG_PROFILES},
        {vectors, RIG_PROFILES},
        {interrupt_window_as_input, RIG_PROFILES},
    };

    return run_tests("fault reasons", all, COUNT(all));
}
