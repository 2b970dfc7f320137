/* SPDX-License-Identifier: MIT */
/* Recording, overflow, the fault event and how software clears it (vtd-facts 4.4, 4.5, 12.4). */
#include "rig.h"
#include "suite.h"

#define OTHER bdf(0x0018)

#define FSTS   0x34
#define FECTL  0x38
#define FRCD_H 0x22c

/* Translation on with empty tables for two devices. */
static struct rig *on(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile], .attach = ""});

    rig_context(r, OTHER, 3, 6, RIG_TOP);
    rig_bring_up(r);
    rig_w32(r, 0x3c, 0xabcd);
    rig_w32(r, 0x40, 0xfee0300c);
    return r;
}

static enum xlat_end fault(struct rig *r, bdf_t b, uint64_t at)
{
    return rig_dma(r, b, at, false).end;
}

START_TEST(same_requester_collapses)
{
    struct rig *r = on(_i);

    ck_assert_int_eq(fault(r, RIG_DEV, 0x1000), XLAT_FAULT);
    ck_assert_int_eq(fault(r, RIG_DEV, 0x9000), XLAT_COLLAPSED);
    ck_assert_uint_eq(rig_r32(r, FSTS), 2);
    ck_assert_uint_eq(rig_r64(r, 0x220), 0x1000); /* the first one stays */
    rig_free(r);
}
END_TEST

START_TEST(other_requester_overflows)
{
    struct rig *r = on(_i);

    fault(r, RIG_DEV, 0x1000);
    ck_assert_int_eq(fault(r, OTHER, 0x2000), XLAT_COLLAPSED);
    ck_assert_uint_eq(rig_r32(r, FSTS), 3);
    ck_assert_uint_eq(rig_r64(r, 0x220), 0x1000);
    ck_assert_uint_eq(rig_r64(r, 0x228) & 0xffff, 0x10);
    rig_w32(r, FRCD_H, 0x80000000);
    ck_assert_uint_eq(rig_r32(r, FSTS), 1);
    /* While PFO is set everything is dropped, although the record is free. */
    ck_assert_int_eq(fault(r, RIG_DEV, 0x3000), XLAT_COLLAPSED);
    ck_assert_uint_eq(rig_r64(r, 0x228) >> 63, 0);
    ck_assert_uint_eq(rig_r32(r, FSTS), 1);
    rig_w32(r, FSTS, 1);
    ck_assert_uint_eq(rig_r32(r, FSTS), 0);
    ck_assert_int_eq(fault(r, OTHER, 0x4000), XLAT_FAULT);
    ck_assert_uint_eq(rig_r64(r, 0x220), 0x4000);
    ck_assert_uint_eq(rig_r32(r, FSTS), 2);
    rig_free(r);
}
END_TEST

/* Writing 1 to PPF does nothing; F is cleared by writing 1, in the highest dword or as a qword, and
 * by no other. */
START_TEST(who_clears_what)
{
    struct rig *r = on(_i);

    fault(r, RIG_DEV, 0x1000);
    rig_w32(r, FSTS, 0xffffffff);
    ck_assert_uint_eq(rig_r32(r, FSTS), 2);
    rig_w32(r, 0x220, 0xffffffff);
    rig_w32(r, 0x224, 0xffffffff);
    rig_w32(r, 0x228, 0xffffffff);
    rig_w32(r, FRCD_H, 0x7fffffff);
    ck_assert_uint_eq(rig_r64(r, 0x228) >> 63, 1);
    ck_assert_uint_eq(rig_r64(r, 0x220), 0x1000);
    ck_assert_uint_eq(rig_r32(r, FSTS), 2);
    rig_w64(r, 0x228, UINT64_C(1) << 63);
    ck_assert_uint_eq(rig_r64(r, 0x228) >> 63, 0);
    ck_assert_uint_eq(rig_r64(r, 0x228) & 0xffff, 0x10); /* the rest of the record stays */
    ck_assert_uint_eq(rig_r32(r, FSTS), 0);
    rig_free(r);
}
END_TEST

/* Masked: IP waits; lifting the mask sends the message. */
START_TEST(event_masked)
{
    struct rig *r = on(_i);

    ck_assert_uint_eq(rig_r32(r, FECTL), 0x80000000);
    fault(r, RIG_DEV, 0x1000);
    ck_assert_uint_eq(rig_r32(r, FECTL), 0xC0000000);
    ck_assert_uint_eq(r->interrupts, 0);
    rig_w32(r, FECTL, 0x80000000); /* still masked */
    ck_assert_uint_eq(r->interrupts, 0);
    ck_assert_uint_eq(rig_r32(r, FECTL), 0xC0000000); /* IP is read-only */
    rig_w32(r, FECTL, 0);
    ck_assert_uint_eq(r->fault_interrupts, 1);
    ck_assert_uint_eq(r->msi_address, 0xfee0300c);
    ck_assert_uint_eq(r->msi_data, 0xabcd);
    ck_assert_uint_eq(rig_r32(r, FECTL), 0);
    rig_w32(r, FECTL, 0);
    ck_assert_uint_eq(r->fault_interrupts, 1);
    rig_free(r);
}
END_TEST

/* Not masked: sent at once; none for what comes while any status is set, PFO included. */
START_TEST(event_once)
{
    struct rig *r = on(_i);

    rig_w32(r, FECTL, 0);
    fault(r, RIG_DEV, 0x1000);
    ck_assert_uint_eq(r->fault_interrupts, 1);
    ck_assert_uint_eq(rig_r32(r, FECTL), 0);
    fault(r, OTHER, 0x1000); /* PFO is no event of its own */
    ck_assert_uint_eq(r->fault_interrupts, 1);
    rig_w32(r, FRCD_H, 0x80000000);
    rig_desc(r, 0, 0); /* IQE while PFO is set: suppressed */
    ck_assert_uint_eq(rig_r32(r, FSTS), 0x11);
    ck_assert_uint_eq(r->fault_interrupts, 1);
    rig_w32(r, FSTS, 1);
    fault(r, RIG_DEV, 0x2000); /* recorded; IQE is set: suppressed */
    ck_assert_uint_eq(rig_r32(r, FSTS), 0x12);
    ck_assert_uint_eq(r->fault_interrupts, 1);
    rig_free(r);
}
END_TEST

/* 4.5: clearing all status on an FSTS write takes IP back, without a message. */
START_TEST(pending_is_withdrawn)
{
    struct rig *r = on(_i);

    fault(r, RIG_DEV, 0x1000);
    fault(r, OTHER, 0x1000);
    rig_w32(r, FSTS, 1); /* PFO gone, PPF left */
    ck_assert_uint_eq(rig_r32(r, FSTS), 2);
    ck_assert_uint_eq(rig_r32(r, FECTL), 0xC0000000);
    rig_w32(r, FRCD_H, 0x80000000);
    ck_assert_uint_eq(rig_r32(r, FSTS), 0);
    /* F2, #25: the emulation leaves IP set until FSTS is written. */
    ck_assert_uint_eq(rig_r32(r, FECTL), _i == 2 ? 0x80000000 : 0xC0000000);
    rig_w32(r, FSTS, 0);
    ck_assert_uint_eq(rig_r32(r, FECTL), 0x80000000);
    rig_w32(r, FECTL, 0);
    ck_assert_uint_eq(r->interrupts, 0);
    rig_free(r);
}
END_TEST

/* The left-over IP goes out as a message when the mask is lifted. */
START_TEST(left_over_pending_is_sent)
{
    struct rig *r = on(_i);

    fault(r, RIG_DEV, 0x1000);
    rig_w32(r, FRCD_H, 0x80000000);
    rig_w32(r, FECTL, 0);
    ck_assert_uint_eq(r->interrupts, _i == 2 ? 0 : 1);
    rig_free(r);
}
END_TEST

/* The service order of the guest driver (4.5). */
START_TEST(driver_service)
{
    struct rig *r = on(_i);

    rig_w32(r, FECTL, 0);
    for (unsigned turn = 1; turn <= 3; turn++) {
        ck_assert_int_eq(fault(r, RIG_DEV, 0x1000 * turn), XLAT_FAULT);
        ck_assert_uint_eq(r->fault_interrupts, turn);
        ck_assert_uint_eq(rig_r32(r, FSTS), 2); /* FRI 0 */
        ck_assert_uint_eq(rig_r32(r, FRCD_H) >> 31, 1);
        ck_assert_uint_eq(rig_r32(r, 0x228), 0x10);
        ck_assert_uint_eq(rig_r64(r, 0x220), 0x1000 * turn);
        rig_w32(r, FRCD_H, 0x80000000);
        rig_w32(r, FSTS, 0x83);
        ck_assert_uint_eq(rig_r32(r, FSTS), 0);
    }
    rig_free(r);
}
END_TEST

/* #20: the IOTLB has the page, without the right asked for: silent in the emulation, a fault as
 * architected. */
START_TEST(cached_without_the_right)
{
    struct rig *r = on(_i);

    rig_map(r, RIG_TOP, 3, 0x5000, 1, 0x700001);
    rig_psi(r, 5, 0x5000, 0);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x5000, false).end, XLAT_OK);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x5000, true).end, _i == 2 ? XLAT_FAULT : XLAT_REFUSED);
    ck_assert_uint_eq(rig_r32(r, FSTS), _i == 2 ? 2 : 0);
    if (_i == 2)
        ck_assert_uint_eq(rig_r64(r, 0x228), 0x8000000500000010);
    rig_psi(r, 5, 0x5000, 0); /* not cached any more: walked, and so recorded */
    rig_w32(r, FRCD_H, 0x80000000);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x5000, true).end, XLAT_FAULT);
    ck_assert_uint_eq(r->dma.reason, 5);
    rig_free(r);
}
END_TEST

START_TEST(cached_write_only)
{
    struct rig *r = on(_i);

    rig_map(r, RIG_TOP, 3, 0x5000, 1, 0x700002);
    rig_psi(r, 5, 0x5000, 0);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x5000, true).end, XLAT_OK);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x5000, false).end, _i == 2 ? XLAT_FAULT : XLAT_REFUSED);
    if (_i == 2)
        ck_assert_uint_eq(r->dma.reason, 6);
    rig_free(r);
}
END_TEST

/* What was observed beside what the model says: fault, silent refusal, target. */
START_TEST(observed_results_are_compared)
{
    static const struct {
        enum dma_seen seen;
        uint64_t at, target;
        uint8_t reason;
        bool differs;
    } rows[] = {
        {DMA_SEEN_NOTHING, 0x1000, 0, 0, false},    {DMA_SEEN_FAULT, 0x1000, 0, 6, false},
        {DMA_SEEN_FAULT, 0x1000, 0, 5, true},       {DMA_SEEN_GPA, 0x1000, 0x1000, 0, true},
        {DMA_SEEN_REFUSED, 0x1000, 0, 0, true},     {DMA_SEEN_GPA, 0x1000, 0, 0, true},
        {DMA_SEEN_GPA, 0x5123, 0x700123, 0, false}, {DMA_SEEN_GPA, 0x5123, 0x701123, 0, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = on(_i);
        struct rec rec = {.kind = REC_DMA};

        rig_map(r, RIG_TOP, 3, 0x5000, 1, 0x700001);
        rec.u.dma.bdf = RIG_DEV;
        rec.u.dma.access = DMA_R;
        rec.u.dma.iova = iova(rows[i].at);
        rec.u.dma.bytes = 4;
        rec.u.dma.seen = rows[i].seen;
        rec.u.dma.gpa = gpa(rows[i].target);
        rec.u.dma.reason = rows[i].reason;
        rig_step(r, &rec);
        ck_assert_msg(r->dma_differs == rows[i].differs, "row %zu", i);
        rig_free(r);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {same_requester_collapses, RIG_PROFILES},
        {other_requester_overflows, RIG_PROFILES},
        {who_clears_what, RIG_PROFILES},
        {event_masked, RIG_PROFILES},
        {event_once, RIG_PROFILES},
        {pending_is_withdrawn, RIG_PROFILES},
        {left_over_pending_is_sent, RIG_PROFILES},
        {driver_service, RIG_PROFILES},
        {cached_without_the_right, RIG_PROFILES},
        {cached_write_only, RIG_PROFILES},
        {observed_results_are_compared, RIG_PROFILES},
    };

    return run_tests("fault recording", rows, COUNT(rows));
}
