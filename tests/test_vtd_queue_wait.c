/* SPDX-License-Identifier: MIT */
/* Wait descriptors: status write, completion interrupt, what refuses them (vtd-facts 5.5, 1.5). */
#include "rig.h"
#include "suite.h"

#define SW 0x20u
#define IF 0x10u
#define FN 0x40u

#define NOT_RAM UINT64_C(0xfee00000)

static struct rig *queue(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[profile], .attach = ""});

    rig_bring_up(r);
    return r;
}

static uint64_t wait_lo(uint32_t data, unsigned flags)
{
    return (uint64_t)data << 32 | flags | 5;
}

/* 32 bits, little-endian, at any multiple of 4: two of them make one descriptor, here one that is
 * taken. */
START_TEST(status_is_32_bits)
{
    struct rig *r = queue(_i);

    rig_mem2(r, 0x200000, wait_lo(0x00000005 | SW, SW), 0x200020); /* type and flags */
    rig_mem2(r, 0x200010, wait_lo(0xcafe0002, SW), 0x200024);      /* status data */
    rig_mem2(r, 0x200020, UINT64_MAX, 0x300004); /* both halves are written over */
    rig_w32(r, 0x88, 0x30);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x30);
    ck_assert_uint_eq(r->waits, 3);
    ck_assert_uint_eq(r->status, 0xcafe0002);
    ck_assert_uint_eq(r->status_gpa, 0x300004);
    rig_free(r);
}
END_TEST

/* The status lands in memory the guest can see: here in the next descriptor of the queue itself. */
START_TEST(status_lands_in_memory)
{
    struct rig *r = queue(_i);

    rig_mem2(r, 0x200000, wait_lo(0x00000012, SW),
             0x200010); /* writes IOTLB global over a bad type */
    rig_mem2(r, 0x200010, 0, 0);
    rig_mem2(r, 0x200020, wait_lo(0x5, SW), 0x300000);
    rig_w32(r, 0x88, 0x30);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0x30);
    ck_assert_uint_eq(r->status, 5);
    rig_free(r);
}
END_TEST

START_TEST(status_not_ram)
{
    struct rig *r = queue(_i);

    rig_desc(r, wait_lo(2, SW), NOT_RAM);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(rig_r64(r, 0x80), 0);
    ck_assert_uint_eq(r->waits, 0);
    rig_free(r);
    r = queue(_i);
    rig_desc(r, wait_lo(2, SW), UINT64_C(0xfffffffffffffffc)); /* not masked (#38) */
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    rig_free(r);
}
END_TEST

/* 5.5: a failed status write still raises the interrupt in 10.2. */
START_TEST(status_not_ram_with_interrupt)
{
    struct rig *r = queue(1);

    rig_desc(r, wait_lo(2, SW | IF), NOT_RAM);
    ck_assert_uint_eq(rig_r32(r, 0x34), 0x10);
    ck_assert_uint_eq(rig_r32(r, 0x9c), 1);
    rig_free(r);
}
END_TEST

/* M43: 7.2 ends in an assertion; else status, then interrupt. */
START_TEST(status_and_interrupt)
{
    struct rig *r = queue(_i);

    rig_desc(r, wait_lo(7, SW | IF), 0x300000);
    if (_i == 0) {
        ck_assert_int_eq(r->result, 1);
        ck_assert_ptr_nonnull(r->abort_why);
        ck_assert_int_lt(rig_step(r, &(struct rec){.kind = REC_RESET}), 0); /* nothing goes on */
    } else {
        ck_assert_int_eq(r->result, 0);
        ck_assert_uint_eq(r->status, 7);
        ck_assert_uint_eq(rig_r32(r, 0x9c), 1);
        ck_assert_uint_eq(rig_r32(r, 0xa0), 0xC0000000);
    }
    rig_free(r);
}
END_TEST

START_TEST(flags_together)
{
    static const unsigned flags[] = {SW, IF, SW | FN, IF | FN};

    for (size_t i = 0; i < COUNT(flags); i++) {
        struct rig *r = queue(_i);

        rig_desc(r, wait_lo(3, flags[i]), flags[i] & SW ? 0x300000 : 0);
        ck_assert_uint_eq(rig_r32(r, 0x34), 0);
        ck_assert_uint_eq(r->status, flags[i] & SW ? 3 : 0);
        ck_assert_uint_eq(rig_r32(r, 0x9c), flags[i] & IF ? 1 : 0);
        rig_free(r);
    }
}
END_TEST

/* Masked at reset: IWC and IP; the message goes out when the mask is lifted. */
START_TEST(completion_interrupt_masked)
{
    struct rig *r = queue(_i);

    rig_w32(r, 0xa4, 0x1234);
    rig_w32(r, 0xa8, 0xfee01000);
    rig_desc(r, wait_lo(0, IF), 0);
    ck_assert_uint_eq(rig_r32(r, 0x9c), 1);
    ck_assert_uint_eq(rig_r32(r, 0xa0), 0xC0000000);
    ck_assert_uint_eq(r->interrupts, 0);
    rig_w32(r, 0xa0, 0);
    ck_assert_uint_eq(r->interrupts, 1);
    ck_assert_uint_eq(r->fault_interrupts, 0);
    ck_assert_uint_eq(r->msi_address, 0xfee01000);
    ck_assert_uint_eq(r->msi_data, 0x1234);
    ck_assert_uint_eq(rig_r32(r, 0xa0), 0);
    ck_assert_uint_eq(rig_r32(r, 0x9c), 1); /* IWC is the guest's to clear */
    rig_free(r);
}
END_TEST

START_TEST(completion_interrupt_unmasked)
{
    struct rig *r = queue(_i);

    rig_w32(r, 0xa0, 0);
    rig_desc(r, wait_lo(0, IF), 0);
    ck_assert_uint_eq(r->interrupts, 1);
    ck_assert_uint_eq(rig_r32(r, 0xa0), 0);
    rig_desc(r, wait_lo(0, IF), 0); /* IWC still set: nothing new */
    ck_assert_uint_eq(r->interrupts, 1);
    rig_w32(r, 0x9c, 0); /* writing 0 clears nothing */
    ck_assert_uint_eq(rig_r32(r, 0x9c), 1);
    rig_w32(r, 0x9c, 1);
    ck_assert_uint_eq(rig_r32(r, 0x9c), 0);
    rig_desc(r, wait_lo(0, IF), 0);
    ck_assert_uint_eq(r->interrupts, 2);
    rig_free(r);
}
END_TEST

/* Clearing IWC while the interrupt is pending withdraws it. */
START_TEST(completion_interrupt_withdrawn)
{
    struct rig *r = queue(_i);

    rig_desc(r, wait_lo(0, IF), 0);
    ck_assert_uint_eq(rig_r32(r, 0xa0), 0xC0000000);
    rig_w32(r, 0x9c, 1);
    ck_assert_uint_eq(rig_r32(r, 0xa0), 0x80000000);
    rig_w32(r, 0xa0, 0);
    ck_assert_uint_eq(r->interrupts, 0);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {status_is_32_bits, RIG_PROFILES},
        {status_lands_in_memory, RIG_PROFILES},
        {status_not_ram, RIG_PROFILES},
        {status_not_ram_with_interrupt, 1},
        {status_and_interrupt, RIG_PROFILES},
        {flags_together, RIG_PROFILES},
        {completion_interrupt_masked, RIG_PROFILES},
        {completion_interrupt_unmasked, RIG_PROFILES},
        {completion_interrupt_withdrawn, RIG_PROFILES},
    };

    return run_tests("wait descriptors", rows, COUNT(rows));
}
