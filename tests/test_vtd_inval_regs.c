/* SPDX-License-Identifier: MIT */
/* Register-based invalidation: vtd-facts chapter 6 and 1.3. */
#include "rig.h"
#include "suite.h"

#define TE UINT32_C(0x80000000)

/* Translation on, queue off; 0x1000 mapped in the tables and not yet announced. */
static struct rig *by_registers(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile]});

    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, TE);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0x700003);
    rig_notes(r);
    return r;
}

#define ADDED   "p MAP 0x1000+0x1000 0x700000 rw 0\n"
#define FLUSHED "p UNMAP 0x0+0x8000000000 0\n"

/* What reads back and what is told, by profile where it differs. */
static const struct {
    uint64_t ccmd, reads, reads_ideal;
    const char *told, *told_ideal;
} context_rows[] = {
    {0xA000000000000000, 0x2800000000000000, 0x2800000000000000, FLUSHED ADDED, ADDED},
    {0xC000000000000005, 0x4800000000000005, 0x5000000000000005, FLUSHED ADDED, ADDED},
    {0xE000000000100005, 0x7800000000000005, 0x7800000000000005, ADDED, ADDED},
    {0xE000000300170000, 0x7800000000000000, 0x7800000000000000, ADDED,
     ADDED}, /* FM 3: function ignored */
    {0xE000000000180005, 0x7800000000000005, 0x7800000000000005, "", ""}, /* another device */
    {0x8000000000000000, 0x0000000000000000, 0x0000000000000000, "", ""}, /* reserved */
};

START_TEST(context_commands)
{
    for (size_t i = 0; i < COUNT(context_rows); i++) {
        uint64_t want = _i == 2 ? context_rows[i].reads_ideal : context_rows[i].reads;

        for (int halves = 0; halves < 2; halves++) {
            struct rig *r = by_registers(_i);

            if (halves) {
                rig_w32(r, 0x28, (uint32_t)context_rows[i].ccmd);
                ck_assert_str_eq(rig_notes(r), "");
                rig_w32(r, 0x2c, (uint32_t)(context_rows[i].ccmd >> 32));
            } else {
                rig_w64(r, 0x28, context_rows[i].ccmd);
            }
            ck_assert_msg(rig_r64(r, 0x28) == want, "row %zu reads 0x%llx", i,
                          (unsigned long long)r->last_read);
            ck_assert_str_eq(rig_notes(r),
                             _i == 2 ? context_rows[i].told_ideal : context_rows[i].told);
            rig_free(r);
        }
    }
}
END_TEST

static const struct {
    uint64_t iva, iotlb, reads;
    const char *told;
} iotlb_rows[] = {
    {0, 0x9000000000000000, 0x1200000000000000, ADDED},
    {0, 0xA000000500000000, 0x2400000500000000, ADDED},
    {0x1000, 0xB000000500000000, 0x3600000500000000, ADDED},
    {0x1040, 0xB003000500000000, 0x3603000500000000, ADDED}, /* IH, DR, DW */
    {0x12, 0xB000000500000000, 0x3600000500000000, ADDED},   /* AM 18 */
    {0x13, 0xB000000500000000, 0x3000000500000000, ""},      /* AM 19: refused */
    {0x3f, 0xB000000500000000, 0x3000000500000000, ""},
    {0, 0xA000000600000000, 0x2400000600000000, ""},      /* another domain */
    {0x2000, 0xB000000500000000, 0x3600000500000000, ""}, /* another page */
    {0, 0x8000000500000000, 0x0000000500000000, ""},      /* reserved */
};

START_TEST(iotlb_commands)
{
    for (size_t i = 0; i < COUNT(iotlb_rows); i++) {
        for (int halves = 0; halves < 2; halves++) {
            struct rig *r = by_registers(_i);

            rig_w64(r, 0xf0, iotlb_rows[i].iva);
            ck_assert_uint_eq(rig_r64(r, 0xf0), 0);
            if (halves) {
                rig_w32(r, 0xf8, (uint32_t)iotlb_rows[i].iotlb);
                ck_assert_str_eq(rig_notes(r), "");
                rig_w32(r, 0xfc, (uint32_t)(iotlb_rows[i].iotlb >> 32));
            } else {
                rig_w64(r, 0xf8, iotlb_rows[i].iotlb);
            }
            ck_assert_msg(rig_r64(r, 0xf8) == iotlb_rows[i].reads, "row %zu reads 0x%llx", i,
                          (unsigned long long)r->last_read);
            ck_assert_str_eq(rig_notes(r), iotlb_rows[i].told);
            rig_free(r);
        }
    }
}
END_TEST

/* Without the busy bit nothing happens. */
START_TEST(not_started)
{
    struct rig *r = by_registers(_i);

    rig_w64(r, 0x28, 0x2000000000000000);
    rig_w64(r, 0xf8, 0x1000000000000000);
    ck_assert_str_eq(rig_notes(r), "");
    ck_assert_uint_eq(rig_r64(r, 0x28), 0x2000000000000000);
    ck_assert_uint_eq(rig_r64(r, 0xf8), 0x1000000000000000);
    rig_free(r);
}
END_TEST

/* 2.5, #5: with the queue on, the emulation never answers; as architected: 00, nothing done. */
START_TEST(under_the_queue)
{
    struct rig *r = by_registers(_i);

    rig_w64(r, 0x90, RIG_QUEUE);
    rig_w32(r, 0x18, TE | 0x04000000);
    rig_w64(r, 0x28, 0xA000000000000000);
    rig_w64(r, 0xf8, 0xA000000500000000);
    ck_assert_uint_eq(rig_r64(r, 0x28), _i == 2 ? 0x2000000000000000 : 0xA000000000000000);
    ck_assert_uint_eq(rig_r64(r, 0xf8), _i == 2 ? 0x2000000500000000 : 0xA000000500000000);
    ck_assert_str_eq(rig_notes(r), "");
    rig_free(r);
}
END_TEST

/* Chapter 6, #6: a table mode other than legacy: 00 as architected. Here abort mode (11). */
START_TEST(under_another_table_mode)
{
    struct rig *r = by_registers(_i);

    rig_w64(r, 0x20, RIG_ROOT | 0xc00);
    rig_w32(r, 0x18, TE | 0x40000000);
    rig_notes(r);
    rig_w64(r, 0x28, 0xA000000000000000);
    rig_w64(r, 0xf8, 0x9000000000000000);
    ck_assert_uint_eq(rig_r64(r, 0x28), _i == 2 ? 0x2000000000000000 : 0x2800000000000000);
    ck_assert_uint_eq(rig_r64(r, 0xf8), _i == 2 ? 0x1000000000000000 : 0x1200000000000000);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : FLUSHED ADDED);
    rig_free(r);
}
END_TEST

/* A command over a pending one: the queue off again after a refused one answers the next. */
START_TEST(registers_after_the_queue)
{
    struct rig *r = by_registers(_i);

    rig_w64(r, 0x90, RIG_QUEUE);
    rig_w32(r, 0x18, TE | 0x04000000);
    rig_wait(r);
    rig_w32(r, 0x18, TE);
    ck_assert_uint_eq(rig_r32(r, 0x1c), 0xC0000000);
    rig_w64(r, 0xf8, 0x9000000000000000);
    ck_assert_uint_eq(rig_r64(r, 0xf8), 0x1200000000000000);
    ck_assert_str_eq(rig_notes(r), ADDED);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {context_commands, RIG_PROFILES},
        {iotlb_commands, RIG_PROFILES},
        {not_started, RIG_PROFILES},
        {under_the_queue, RIG_PROFILES},
        {under_another_table_mode, RIG_PROFILES},
        {registers_after_the_queue, RIG_PROFILES},
    };

    return run_tests("register-based invalidation", rows, COUNT(rows));
}
