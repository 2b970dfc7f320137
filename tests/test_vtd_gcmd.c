/* SPDX-License-Identifier: MIT */
/* Global commands: vtd-facts chapter 2 and the bring-up of 12.2. */
#include "rig.h"
#include "suite.h"

#define TE    0x80000000u
#define SRTP  0x40000000u
#define QIE   0x04000000u
#define IRE   0x02000000u
#define SIRTP 0x01000000u

#define WAIT_LO    UINT64_C(0x0000000200000025)
#define OTHER_ROOT UINT64_C(0x110000)

static struct rig *bare(int profile)
{
    return rig_new(&(struct rig_setup){.profile = rig_profiles[profile], .attach = ""});
}

static uint32_t gcmd(struct rig *r, uint32_t val)
{
    rig_w32(r, 0x18, val);
    return rig_r32(r, 0x1c);
}

START_TEST(bring_up)
{
    struct rig *r = bare(_i);

    rig_w64(r, 0x20, 0x100000);
    ck_assert_uint_eq(rig_r32(r, 0x1c), 0);
    ck_assert_uint_eq(gcmd(r, SRTP), 0x40000000);
    rig_w64(r, 0x88, 0);
    ck_assert_uint_eq(rig_r32(r, 0x1c), 0x40000000);
    rig_w64(r, 0x90, 0x200000);
    ck_assert_uint_eq(rig_r32(r, 0x1c), 0x40000000);
    ck_assert_uint_eq(gcmd(r, QIE), 0x44000000);
    rig_mem2(r, 0x200000, 0x11, 0);
    rig_mem2(r, 0x200010, 0x12, 0);
    rig_mem2(r, 0x200020, WAIT_LO, 0x5000);
    rig_w32(r, 0x88, 0x30);
    ck_assert_uint_eq(rig_r32(r, 0x1c), 0x44000000);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x30);
    ck_assert_uint_eq(r->status, 2);
    ck_assert_uint_eq(gcmd(r, 0x84000000), 0xC4000000);
    /* Wrong: forgets the level of QIE, and so asks it off. The queue is idle after a wait. */
    ck_assert_uint_eq(gcmd(r, 0x80000000), 0xC0000000);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0);
    rig_free(r);
}
END_TEST

START_TEST(forgotten_queue_level_is_refused)
{
    struct rig *r = bare(_i);

    rig_w64(r, 0x90, 0x200000);
    gcmd(r, SRTP);
    gcmd(r, QIE);
    rig_mem2(r, 0x200000, WAIT_LO, 0x5000);
    rig_mem2(r, 0x200010, 0x12, 0);
    rig_w32(r, 0x88, 0x20);
    ck_assert_uint_eq(gcmd(r, 0x84000000), 0xC4000000);
    ck_assert_uint_eq(gcmd(r, 0x80000000), 0xC4000000); /* the last one was no wait */
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x20);
    rig_free(r);
}
END_TEST

/* Two roots, one page in each: what is notified says which root an action saw. */
static struct rig *two_roots(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile]});

    rig_mem2(r, 0, 0x1001, 0); /* root at 0: what the unit has before any SRTP */
    rig_mem2(r, 0x1100, 0x2001, 0x501);
    rig_map(r, 0x2000, 3, 0x1000, 1, 0x700003);
    rig_mem2(r, OTHER_ROOT, 0x111001, 0);
    rig_mem2(r, 0x111100, 0x112001, 0x501);
    rig_mem(r, 0x112000, 0x113003);
    rig_mem(r, 0x113000, 0x114003);
    rig_mem(r, 0x114000 + 8 * 2, 0x800003); /* 0x2000 */
    rig_w64(r, 0x20, OTHER_ROOT);
    rig_notes(r);
    return r;
}

#define GONE_ALL   "p UNMAP 0x0+0x8000000000 0\n"
#define MAPPED_OLD "p MAP 0x1000+0x1000 0x700000 rw 0\n"

/* 2.2: TE acts before SRTP. It maps what the old root says; SRTP then takes it away (the emulation
 * does not map anew, the ideal follows the new root). */
START_TEST(te_before_srtp)
{
    static const char *const want[] = {
        (GONE_ALL MAPPED_OLD GONE_ALL),
        (MAPPED_OLD GONE_ALL),
        (MAPPED_OLD "p UNMAP 0x1000+0x1000 0\np MAP 0x2000+0x1000 0x800000 rw 0\n"),
    };
    struct rig *r = two_roots(_i);

    ck_assert_uint_eq(gcmd(r, TE | SRTP), 0xC0000000);
    ck_assert_str_eq(rig_notes(r), want[_i]);
    rig_free(r);
}
END_TEST

/* 2.2: SRTP acts before QIE. The queue, once on, works with the new root. */
START_TEST(srtp_before_qie)
{
    struct rig *r = two_roots(_i);

    ck_assert_uint_eq(gcmd(r, TE), TE);
    rig_notes(r);
    rig_mem2(r, 0x200000, 0x12, 0);
    rig_w64(r, 0x90, 0x200000);
    rig_w32(r, 0x88, 0x10);
    ck_assert_uint_eq(gcmd(r, TE | SRTP | QIE), TE | SRTP | QIE);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x10); /* a tail from before: fetched at once (2.5) */
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "p UNMAP 0x1000+0x1000 0\n"
                                             "p MAP 0x2000+0x1000 0x800000 rw 0\n"
                                           : "p UNMAP 0x0+0x8000000000 0\n"
                                             "p MAP 0x2000+0x1000 0x800000 rw 0\n");
    rig_free(r);
}
END_TEST

/* 2.2: one-shot bits act whatever the status: a guest that carries RTPS along flushes again (G7,
 * #44). */
START_TEST(one_shot_again)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0x700003);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    ck_assert_uint_eq(gcmd(r, 0xC4000000), 0xC4000000);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : "p UNMAP 0x0+0x8000000000 0\n");
    rig_iotlb_global(r);
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "" : "p MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

START_TEST(no_change_no_effect)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0x700003);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    ck_assert_uint_eq(gcmd(r, 0x84000000), 0xC4000000); /* TE and QIE as they are */
    ck_assert_str_eq(rig_notes(r), "");
    rig_free(r);
}
END_TEST

/* WBF, CFI, SFL, EAFL change nothing; bits 22:0 are not stored. */
START_TEST(ignored_commands)
{
    static const uint32_t bits[] = {1u << 29, 1u << 28, 1u << 27, 1u << 23, 0x7fffff};
    struct rig *r = bare(_i);

    for (size_t i = 0; i < COUNT(bits); i++)
        ck_assert_uint_eq(gcmd(r, bits[i]), 0);
    ck_assert_uint_eq(rig_r32(r, 0x18), 0);
    rig_free(r);
}
END_TEST

START_TEST(interrupt_remapping_commands)
{
    struct rig *without = bare(_i);
    struct rig *with =
        rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = "", .intremap = true});

    ck_assert_uint_eq(gcmd(without, IRE), 0);
    ck_assert_uint_eq(gcmd(with, SIRTP), SIRTP);
    ck_assert_uint_eq(gcmd(with, IRE), SIRTP | IRE); /* IRTPS stays */
    ck_assert_uint_eq(gcmd(with, SIRTP | IRE), SIRTP | IRE);
    ck_assert_uint_eq(gcmd(with, 0), SIRTP); /* IRE is a level */
    rig_reset(with);
    ck_assert_uint_eq(rig_r32(with, 0x1c), 0);
    rig_free(without);
    rig_free(with);
}
END_TEST

/* 2.3: the address is latched masked with 2^aw - 1 and page-aligned; RTADDR alone does nothing. */
START_TEST(root_is_latched)
{
    struct rig *r = bare(_i);

    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0x700003);
    rig_w64(r, 0x20, RIG_ROOT | UINT64_C(0xffffff8000000000));
    ck_assert_uint_eq(gcmd(r, SRTP), SRTP);
    rig_w64(r, 0x20, 0x900000); /* not latched */
    ck_assert_uint_eq(gcmd(r, TE), TE | SRTP);
    ck_assert_uint_eq(rig_dma(r, RIG_DEV, 0x1234, false).gpa.v, 0x700234);
    rig_free(r);
}
END_TEST

/* 2.4: falling edge: identity; the record of a fault and FSTS are kept. */
START_TEST(te_falling_keeps_fault_record)
{
    struct rig *r = bare(_i);

    rig_bring_up(r);
    rig_dma(r, RIG_DEV, 0x5000, true);
    ck_assert_uint_eq(rig_r32(r, 0x34), 2);
    ck_assert_uint_eq(gcmd(r, QIE), 0x44000000);
    ck_assert_uint_eq(rig_r32(r, 0x34), 2);
    ck_assert_uint_eq(rig_r64(r, 0x228) >> 63, 1);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x5678, true).end, XLAT_OK);
    ck_assert_uint_eq(r->dma.gpa.v, 0x5678);
    rig_free(r);
}
END_TEST

static void run_waits(struct rig *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rig_mem2(r, 0x200000 + 16 * i, WAIT_LO, 0x5000);
    rig_w32(r, 0x88, 16 * count);
}

/* 2.5: what disabling demands, and what it leaves. */
START_TEST(queue_off)
{
    struct rig *r = bare(_i);

    rig_w64(r, 0x90, 0x200001);
    ck_assert_uint_eq(gcmd(r, QIE), QIE);
    ck_assert_uint_eq(gcmd(r, 0), QIE); /* never ran a wait */
    run_waits(r, 3);
    ck_assert_uint_eq(r->waits, 3);
    ck_assert_uint_eq(gcmd(r, 0), 0);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0);    /* IQH */
    ck_assert_uint_eq(rig_r64(r, 0x88), 0x30); /* IQT stays */
    ck_assert_uint_eq(rig_r64(r, 0x90), 0x200001);
    /* Not fetched while off, fetched at once when on again: the latched tail was kept too. */
    rig_w32(r, 0x88, 0x20);
    ck_assert_uint_eq(r->waits, 3);
    ck_assert_uint_eq(gcmd(r, QIE), QIE);
    ck_assert_uint_eq(r->waits, 5);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x20);
    rig_free(r);
}
END_TEST

START_TEST(queue_off_needs_quiet)
{
    struct rig *r = bare(_i);

    rig_w64(r, 0x90, 0x200000);
    gcmd(r, QIE);
    rig_mem2(r, 0x200000, WAIT_LO, 0x5000);
    rig_mem2(r, 0x200010, 0, 0); /* bad: head stays before it */
    rig_w32(r, 0x88, 0x20);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x10);
    ck_assert_uint_eq(gcmd(r, 0), QIE);
    rig_free(r);
}
END_TEST

/* 1.1, #9, M47: IQA's base reads as QIE latched it; as architected it reads as written. */
START_TEST(iqa_reads_back)
{
    struct rig *r = bare(_i);

    rig_w64(r, 0x90, 0x200002);
    ck_assert_uint_eq(rig_r64(r, 0x90), _i == 2 ? 0x200002 : 2);
    gcmd(r, QIE);
    ck_assert_uint_eq(rig_r64(r, 0x90), 0x200002);
    rig_w64(r, 0x90, 0x1300003);
    ck_assert_uint_eq(rig_r64(r, 0x90), _i == 2 ? 0x1300003 : 0x200003);
    rig_w32(r, 0x94, 5);
    ck_assert_uint_eq(rig_r32(r, 0x94), _i == 2 ? 5 : 0);
    run_waits(r, 1); /* the latched base is the one used */
    ck_assert_uint_eq(r->waits, 1);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {bring_up, RIG_PROFILES},         {forgotten_queue_level_is_refused, RIG_PROFILES},
        {te_before_srtp, RIG_PROFILES},   {srtp_before_qie, RIG_PROFILES},
        {one_shot_again, RIG_PROFILES},   {no_change_no_effect, RIG_PROFILES},
        {ignored_commands, RIG_PROFILES}, {interrupt_remapping_commands, RIG_PROFILES},
        {root_is_latched, RIG_PROFILES},  {te_falling_keeps_fault_record, RIG_PROFILES},
        {queue_off, RIG_PROFILES},        {queue_off_needs_quiet, RIG_PROFILES},
        {iqa_reads_back, RIG_PROFILES},
    };

    return run_tests("global commands", rows, COUNT(rows));
}
