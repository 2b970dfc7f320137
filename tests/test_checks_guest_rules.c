/* SPDX-License-Identifier: MIT */
/* The guest's duties of vtd-facts chapter 8 about registers, queue and order: what breaks a rule is
 * found, and what only looks like it is not. */
#include "test_checks_stage.h"

#define QUEUE   UINT64_C(0x200000)
#define ENTRY   ((uint64_t)CTXS + DEV * 16)
#define SIRTP   UINT32_C(0x01000000)
#define IRE     UINT32_C(0x02000000)
#define WAIT_OF UINT64_C(0x200000025)
#define DEVTLB  (UINT64_C(3) | (uint64_t)DEV << 32)

/* A stage whose unit has other capabilities; 00:02.0's entry is `lo`. */
static struct stage *other(uint64_t cap, uint64_t ecap, uint64_t lo)
{
    struct stage *s = stage_new((struct stage_how){.bare = true, .no_cm = !(cap & 0x80)});
    struct check_config cfg = {.caching_mode = cap & 0x80,
                               .cap = cap,
                               .ecap = ecap,
                               .aw_bits = 39,
                               .mem = s->mem,
                               .findings_kept = 9};
    struct err e;

    checks_free(s->checks);
    s->checks = checks_new(&cfg, &e);
    ck_assert_ptr_nonnull(s->checks);
    s->see = checks_observer(s->checks);
    bring_up(s);
    poke(s, ENTRY, lo);
    return s;
}

static struct stage *plain(void)
{
    return stage_new((struct stage_how){.no_cm = true});
}

static void read32(struct stage *s, uint16_t off, uint32_t val)
{
    struct rec r = {.kind = REC_R32};

    r.u.reg.off = off;
    r.u.reg.val = val;
    begin(s, r);
    end(s);
}

static void root(struct stage *s, uint64_t rtaddr, uint32_t te)
{
    struct obs o = {.kind = OBS_ROOT};

    o.u.root.gpa = gpa(rtaddr & ~UINT64_C(0xfff));
    o.u.root.rtaddr = rtaddr;
    begin_write(s, 0x18, 0x40000000 | te);
    show(s, o);
    end(s);
}

START_TEST(g2_commands)
{
    struct stage *s = plain();

    write_reg(s, 0x90, QUEUE);
    gcmd(s, 0x80000000 | SIRTP, 0xc0000000, 0xc1000000); /* nobody reads GSTS: not recorded */
    gcmd(s, 0x84000000, 0xc1000000, 0xc1000000);
    read32(s, 0x1c, 0xc1000000); /* not yet */
    read32(s, 0x1c, 0xc5000000);
    gcmd(s, 0x84000000 | SIRTP, 0xc5000000, 0xc5000000);
    read32(s, 0x1c, 0xc5000000);
    clean(s);

    s = plain();
    read32(s, 0x1c, 0xc0000000);
    gcmd(s, 0x80000000 | SIRTP, 0xc0000000, 0xc0000000);
    read32(s, 0x1c, 0xc0000000);
    gcmd(s, 0, 0xc0000000, 0x40000000);
    only(s, "GST-G2", s->record, "(bits 0x1000000 as 0x1000000)");
}
END_TEST

START_TEST(g5_mode)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true, .esrtps = true});

    root(s, ROOT | 0xc00, 0x80000000);
    clean(s);
    s = plain();
    root(s, ROOT, 0x80000000);
    gcmd(s, 0, 0xc0000000, 0x40000000);
    root(s, ROOT | 0xc00, 0); /* translation is off */
    gcmd(s, 0x80000000, 0x40000000, 0xc0000000);
    nothing_found(s);
    root(s, ROOT, 0x80000000);
    only(s, "GST-G5", s->record, "(RTADDR.TTM 0, before 3)");
}
END_TEST

START_TEST(g6_interrupt_table)
{
    for (int i = 0; i < 4; i++) {
        struct stage *s = other(CAP_NO_CM | (i == 3 ? UINT64_C(1) << 62 : 0), ECAP_PLAIN, L3 | 1);

        gcmd(s, 0x80000000 | SIRTP, 0xc0000000, 0xc1000000);
        if (i < 2)
            inval(s, i ? 0x4 : 0x700000014, 0); /* all, or a few */
        if (i == 2)
            inval(s, IOTLB_GLOBAL, 0);
        gcmd(s, 0x80000000 | IRE, 0xc1000000, 0xc3000000);
        if (i == 1 || i == 3)
            clean(s);
        else
            only(s, "GST-G6", s->record, "no global invalidation");
    }
}
END_TEST

/* The queue is on, with three slots used. */
static struct stage *with_queue(void)
{
    struct stage *s = plain();

    write_reg(s, 0x88, 0);
    write_reg(s, 0x90, QUEUE);
    gcmd(s, 0x84000000, 0xc0000000, 0xc4000000);
    for (unsigned i = 0; i < 3; i++) {
        store2(s, QUEUE + 16 * i, 0xd2, 0);
        begin_write(s, 0x88, 16 * (i + 1));
        inval_obs(s, OBS_INVAL_BEGIN, 0xd2, 0);
        inval_obs(s, OBS_INVAL_DONE, 0xd2, 0);
        end(s);
    }
    nothing_found(s);
    return s;
}

/* The guest's tail goes to `slot`; the unit takes n waits. */
static void tail(struct stage *s, unsigned slot, unsigned n, uint64_t lo)
{
    begin_write(s, 0x88, 16 * slot);
    for (unsigned i = 0; i < n; i++)
        inval_obs(s, OBS_WAIT_LANDED, lo + ((uint64_t)i << 32), 0x5000);
    end(s);
}

static void queue_error(struct stage *s, unsigned slot)
{
    store2(s, QUEUE + 16 * (slot - 1), 0xf, 0);
    begin_write(s, 0x88, 16 * slot);
    inval_obs(s, OBS_INVAL_REFUSED, 0xf, 0);
    inval_obs(s, OBS_QUEUE_ERROR, 0xf, 0);
    end(s);
    ck_assert_uint_eq(count_of(s, "GST-DESC"), 1);
    ck_assert_uint_eq(checks_total(s->checks, SEV_GUEST), 1);
}

START_TEST(q4_full_queue)
{
    struct stage *s = with_queue();

    queue_error(s, 4);
    for (unsigned i = 4; i < 256 + 3; i++)
        store2(s, QUEUE + 16 * (i % 256), WAIT_OF, 0x5000);
    write_reg(s, 0x88, 16 * 2);
    ck_assert_uint_eq(count_of(s, "GST-Q4"), 0);
    write_reg(s, 0x88, 16 * 3);
    ck_assert_uint_eq(count_of(s, "GST-Q4"), 1);
    stage_free(s);
    s = with_queue();
    queue_error(s, 4);
    write_reg(s, 0x88, 16 * 3); /* taken back: nothing is left to do */
    write_reg(s, 0x34, 0x10);
    ck_assert_uint_eq(checks_total(s->checks, SEV_GUEST), 1);
    stage_free(s);
}
END_TEST

START_TEST(q6_late_descriptor)
{
    struct stage *s = with_queue();

    for (unsigned lap = 0; lap < 3; lap++) /* what stands there need not be stored again */
        for (unsigned i = 3; i < 256 + 3; i++)
            tail(s, (i + 1) % 256, 1, WAIT_OF);
    nothing_found(s);
    store2(s, QUEUE + 16 * 3, 0xd2, 0);
    tail(s, 4, 1, WAIT_OF);
    store2(s, QUEUE + 16 * 3, 0, 0);            /* wiped */
    store2(s, QUEUE + 16 * 3, WAIT_OF, 0x5004); /* used before its time came again, but was fresh */
    tail(s, 5, 1, WAIT_OF);
    nothing_found(s);
    store2(s, QUEUE + 16 * 4, WAIT_OF, 0x5008);
    only(s, "GST-Q6", s->record, "slot 4 of the queue, but the tail passed it before");
}
END_TEST

/* One tail write hands over slots round the end of the queue, some of them not stored. */
START_TEST(q6_many_at_once)
{
    static const bool missing[256] = {
        [200] = true, [255] = true, [0] = true, [63] = true, [64] = true, [69] = true};
    struct stage *s = with_queue();
    uint64_t late = 0;

    for (unsigned i = 3; i < 200; i++)
        store2(s, QUEUE + 16 * i, WAIT_OF, 0x5000 + 4 * i);
    write_reg(s, 0x88, 16 * 200);
    for (unsigned i = 200; i < 256 + 70; i++)
        if (!missing[i % 256])
            store2(s, QUEUE + 16 * (i % 256), WAIT_OF, 0x5000 + 4 * i);
    write_reg(s, 0x88, 16 * 70);
    ck_assert_uint_eq(count_of(s, "GST-Q6"), 0);
    for (unsigned i = 200; i < 256 + 72; i++) { /* those behind the tail are in time */
        store2(s, QUEUE + 16 * (i % 256), WAIT_OF, 0x6000 + 4 * i);
        late += missing[i % 256];
        ck_assert_uint_eq(count_of(s, "GST-Q6"), late);
    }
    ck_assert_uint_eq(late, 6);
    stage_free(s);
}
END_TEST

START_TEST(q7_recovery)
{
    for (int i = 0; i < 2; i++) {
        struct stage *s = with_queue();

        queue_error(s, 4);
        if (i)
            store2(s, QUEUE + 16 * 3, WAIT_OF, 0x5000);
        write_reg(s, 0x34, 0x10);
        ck_assert_uint_eq(count_of(s, "GST-Q7"), !i);
        write_reg(s, 0x34, 0x10); /* nothing to clear */
        ck_assert_uint_eq(checks_total(s->checks, SEV_GUEST), 1 + !i);
        stage_free(s);
    }
}
END_TEST

START_TEST(q9_same_status)
{
    struct stage *s = with_queue();

    tail(s, 4, 1, WAIT_OF);
    tail(s, 5, 1, WAIT_OF);        /* one after the other */
    tail(s, 7, 2, WAIT_OF);        /* another value */
    tail(s, 8, 1, UINT64_C(0x15)); /* by interrupt */
    tail(s, 9, 1, UINT64_C(0x45));
    nothing_found(s);
    begin_write(s, 0x88, 16 * 11);
    inval_obs(s, OBS_WAIT_LANDED, WAIT_OF, 0x5000);
    inval_obs(s, OBS_WAIT_LANDED, WAIT_OF, 0x5004); /* another place */
    nothing_found(s);
    inval_obs(s, OBS_WAIT_LANDED, WAIT_OF, 0x5000);
    end(s);
    only(s, "GST-Q9", s->record, "store 0x2 to 0x5000");
}
END_TEST

/* As Linux mends a queue: the bad descriptor becomes a copy of the wait behind it. */
START_TEST(q9_copy_of_a_wait)
{
    struct stage *s = with_queue();

    queue_error(s, 4);
    store2(s, QUEUE + 16 * 3, WAIT_OF, 0x5000);
    store2(s, QUEUE + 16 * 4, WAIT_OF, 0x5000);
    write_reg(s, 0x34, 0x10);
    begin_write(s, 0x88, 16 * 5);
    inval_obs(s, OBS_WAIT_LANDED, WAIT_OF, 0x5000);
    inval_obs(s, OBS_WAIT_LANDED, WAIT_OF, 0x5000);
    end(s);
    ck_assert_uint_eq(checks_total(s->checks, SEV_GUEST), 1);
    stage_free(s);
}
END_TEST

START_TEST(o1_before_translation)
{
    static const struct {
        uint64_t cc, iotlb, at;
        bool right;
    } rows[] = {{CC_GLOBAL, IOTLB_GLOBAL, 0, true},   {CC_GLOBAL, DSI(5), 0, false},
                {UINT64_C(0x50021), DSI(5), 0, true}, {UINT64_C(0x50021), DSI(6), 0, false},
                {CC_DEV(5), PSI(5), 0x1000, false},   {CC_DEV(5), IOTLB_GLOBAL, 0, true},
                {CC_DEV(0), DSI(6), 0, true},         {CC_DEV(0), PSI(6), 0x1000, false},
                {CC_DEV(5), DSI(5), 0, true}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stage *s = plain();

        gcmd(s, 0, 0xc0000000, 0x40000000);
        inval(s, rows[i].iotlb, rows[i].at); /* before it does not count */
        inval(s, rows[i].cc, 0);
        inval(s, rows[i].iotlb, rows[i].at);
        gcmd(s, 0x80000000, 0x40000000, 0xc0000000);
        if (rows[i].right)
            clean(s);
        else
            only(s, "GST-O1", s->record, "not followed by an IOTLB invalidation");
    }
}
END_TEST

static void ats(struct stage *s, bool on)
{
    struct rec r = {.kind = REC_ATS};

    r.u.ats.bdf = bdf(DEV);
    r.u.ats.on = on;
    begin(s, r);
    end(s);
}

/* _i: what the guest does about the device-TLB after a page went. */
START_TEST(o2_device_tlb)
{
    static const struct {
        bool early, off, plain_type;
        uint64_t hi; /* 0: nothing */
        bool right;
    } rows[] = {{.right = false},
                {.hi = 0x40200000, .right = true},
                {.hi = 0x40201000, .right = false},
                {.hi = 0x402ff001, .right = true}, /* 2 MiB */
                {.hi = UINT64_C(0x7ffffffffffff001), .right = true},
                {.hi = 0x40200000, .early = true, .right = false},
                {.off = true, .right = true},
                {.plain_type = true, .right = true}};
    struct stage *s = other(CAP_NO_CM, ECAP_PLAIN | 4, L3 | 1 | (rows[_i].plain_type ? 0 : 4));

    ats(s, true);
    store(s, L1, 0x7000003);
    store(s, L1, 0);
    if (rows[_i].early)
        inval(s, DEVTLB, rows[_i].hi);
    inval(s, _i % 2 ? PSI(DID) : DSI(DID), 0x40200000);
    if (rows[_i].hi && !rows[_i].early)
        inval(s, DEVTLB, rows[_i].hi);
    if (rows[_i].off)
        ats(s, false);
    store(s, L1, 0x8000003);
    if (rows[_i].right)
        clean(s);
    else
        only(s, "GST-O2", s->record, "no device-TLB invalidation of it was queued for 00:02.0");
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{g2_commands, 1},        {g5_mode, 1},
                                    {g6_interrupt_table, 1}, {q4_full_queue, 1},
                                    {q6_late_descriptor, 1}, {q6_many_at_once, 1},
                                    {q7_recovery, 1},        {q9_same_status, 1},
                                    {q9_copy_of_a_wait, 1},  {o1_before_translation, 1},
                                    {o2_device_tlb, 8}};

    return run_tests("checks: the guest's commands", rows, COUNT(rows));
}
