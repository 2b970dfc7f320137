/* SPDX-License-Identifier: MIT */
/* COH-*: what consumers, caches and devices see, against what the tables said and say. */
#include "test_checks_stage.h"

static void shadow_of(struct stage *s, uint64_t at, enum dma_access a, bool held, uint64_t target,
                      enum perm p)
{
    struct obs o = {.kind = OBS_DMA_SHADOW};

    begin(s, dma_rec(at, a));
    o.u.shadow.rec = &s->rec;
    o.u.shadow.consumer = "vfio0";
    o.u.shadow.consumer_kind = CONSUMER_VFIO;
    o.u.shadow.access = a;
    o.u.shadow.held = held;
    o.u.shadow.present = p != PERM_NONE;
    o.u.shadow.gpa = gpa(target);
    o.u.shadow.perm = p;
    show(s, o);
    end(s);
}

START_TEST(shadow_missing)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    store(s, L1, 0x7000003);
    inval(s, PSI(DID), 0x40201000); /* another page: not judged */
    nothing_found(s);
    inval(s, PSI(DID), 0x40200000);
    only(s, "COH-SHADOW", s->record,
         "map 0x40200000-0x40200fff to 0x7000000 (rw), but vfio0 was not told so");
}
END_TEST

START_TEST(shadow_stale)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    map_page(s, 0, 0x7000000);
    map_page(s, 1, 0x7001000);
    store(s, L1, 0);
    store(s, L1 + 8, 0);
    inval(s, DSI(6), 0); /* another domain */
    nothing_found(s);
    inval(s, DSI(DID), 0);
    ck_assert_uint_eq(checks_finding(s->checks, 0)->range.last.v, 0x40201fff);
    ck_assert_uint_eq(checks_finding(s->checks, 0)->cause_record, 9);
    inval(s, DSI(DID), 0); /* nothing new to say */
    inval(s, IOTLB_GLOBAL, 0);
    only(s, "COH-SHADOW", s->record - 2, "map nothing at 0x40200000-0x40201fff");
}
END_TEST

/* Museum L8: a reserved bit freezes the mapping. */
START_TEST(shadow_frozen_by_a_reserved_bit)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    map_page(s, 0, 0x7000000);
    store(s, L1, 0x7000003 | UINT64_C(1) << 62);
    inval(s, PSI(DID), 0x40200000);
    only(s, "COH-SHADOW", s->record, "never UNMAP");
}
END_TEST

START_TEST(shadow_of_another_target)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    map_page(s, 0, 0x7000000);
    store(s, L1, 0x7000001);
    inval(s, PSI(DID), 0x40200000);
    only(s, "COH-SHADOW", s->record,
         "to 0x7000000 (r), but vfio0 was last told MAP to 0x7000000 (rw, record");
}
END_TEST

/* The block of a page-selective invalidation is aligned: the low bits of the address do not count.
 */
START_TEST(shadow_block_is_aligned)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    store(s, L1, 0x7000003);
    open_inval(s, PSI(DID), 0x40200002);
    told_map(s, 0x40200000, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, PSI(DID), 0x40200002);
    nothing_found(s);
    store(s, L1 + 8, 0x7001003);
    begin_write(s, 0x88, 0);
    inval_obs(s, OBS_INVAL_BEGIN, PSI(DID), 0x40200002);
    inval_obs(s, OBS_INVAL_DONE, PSI(DID), 0x40200002);
    end(s);
    only(s, "COH-SHADOW", s->record, "0x40201000-0x40201fff");
}
END_TEST

START_TEST(shadow_after_the_context_went)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    map_page(s, 0, 0x7000000);
    store(s, CTXS + DEV * 16, L3);
    open_inval(s, CC_DEV(DID), 0);
    told_unmap(s, 0, 0x80000000);
    close_inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0);
    store2(s, CTXS + DEV * 16, 0, 0);
    nothing_found(s);
    stage_free(s);
    s = stage_new((struct stage_how){.full = _i});
    map_page(s, 0, 0x7000000);
    store(s, CTXS + DEV * 16, L3);
    inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0);
    only(s, "COH-SHADOW", s->record - 1, "context-cache invalidation of 00:02.0");
}
END_TEST

/* The container lost what it was told, and did not say so. */
START_TEST(shadow_not_held)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    store(s, L1, 0x7000003);
    open_inval(s, PSI(DID), 0x40200000);
    told_map(s, 0x40200000, SIZE_4K, 0x7000000, PERM_RW);
    s->helds = 0;
    close_inval(s, PSI(DID), 0x40200000);
    only(s, "COH-SHADOW", s->record, "its side should hold that, but it does not");
}
END_TEST

START_TEST(shadow_excuses)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});
    struct note n = {.type = NOTE_MAP,
                     .range = iova_range(0x40200000, 0x40200fff),
                     .gpa = gpa(0x7000000),
                     .perm = PERM_RW,
                     .asked = true,
                     .result = -28};

    store(s, L1, 0x7000003);
    open_inval(s, PSI(DID), 0x40200000);
    note_as(s, n); /* the container is full */
    close_inval(s, PSI(DID), 0x40200000);
    store(s, L1 + 8, 0x5000000003); /* no RAM there */
    open_inval(s, PSI(DID), 0x40201000);
    n.range = iova_range(0x40201000, 0x40201fff);
    n.gpa = gpa(0x5000000000);
    n.asked = false;
    n.result = 0;
    n.why = "not-ram";
    note_as(s, n);
    close_inval(s, PSI(DID), 0x40201000);
    store(s, L1 + 16, 0x7000002); /* w is widened to rw */
    open_inval(s, PSI(DID), 0x40202000);
    told_map(s, 0x40202000, SIZE_4K, 0x7000000, PERM_W);
    close_inval(s, PSI(DID), 0x40202000);
    shadow_of(s, 0x40200000, DMA_R, false, 0, PERM_NONE);
    shadow_of(s, 0x40201000, DMA_R, false, 0, PERM_NONE);
    shadow_of(s, 0x40202008, DMA_R, true, 0x7000008, PERM_RW);
    clean(s);
}
END_TEST

START_TEST(shadow_never_asked)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    store(s, L1, 0x7000003);
    open_inval(s, PSI(DID), 0x40200000);
    note_as(s, (struct note){.type = NOTE_MAP,
                             .range = iova_range(0x40200000, 0x40200fff),
                             .gpa = gpa(0x7000000),
                             .perm = PERM_RW,
                             .why = "granularity"});
    close_inval(s, PSI(DID), 0x40200000);
    only(s, "COH-SHADOW", s->record, "but it was never asked to");
}
END_TEST

START_TEST(stale_container)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    store(s, L1, 0);
    open_inval(s, PSI(DID), 0x40200000);
    note_as(s, (struct note){.type = NOTE_UNMAP,
                             .range = iova_range(0x40200000, 0x40200fff),
                             .asked = true,
                             .result = -22});
    close_inval(s, PSI(DID), 0x40200000);
    only(s, "COH-STALE", s->record, "told to UNMAP 0x40200000, mapped in record 6");
}
END_TEST

/* A refusal that the trace ordered is ERR-CONVERGE's business. */
START_TEST(stale_by_order)
{
    struct stage *s = stage_new((struct stage_how){0});
    struct rec r = {.kind = REC_FAIL};

    map_page(s, 0, 0x7000000);
    strcpy(r.u.fail.name, "vfio0");
    r.u.fail.op = FAIL_UNMAP;
    r.u.fail.error = 5;
    r.u.fail.count = 1;
    begin(s, r);
    end(s);
    store(s, L1, 0);
    open_inval(s, PSI(DID), 0x40200000);
    note_as(s, (struct note){.type = NOTE_UNMAP,
                             .range = iova_range(0x40200000, 0x40200fff),
                             .asked = true,
                             .result = -5});
    close_inval(s, PSI(DID), 0x40200000);
    clean(s);
}
END_TEST

START_TEST(stale_iotlb)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    map_page(s, 0, 0x7000000);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    s->cached[s->cacheds++] = (struct cached_xlat){
        bdf(DEV), did(DID), iova_range(0x40200000, 0x40200fff), gpa(0x7000000), PERM_R};
    open_inval(s, PSI(DID), 0x40200000);
    close_inval(s, PSI(DID), 0x40200000);
    ck_assert_uint_eq(count_of(s, "COH-STALE"), 0); /* what a fresh walk gives */
    ck_assert_uint_eq(count_of(s, "COH-EXACT"), 1); /* but named */
    store(s, L1, 0);
    inval(s, PSI(6), 0x40200000);
    ck_assert_uint_eq(checks_total(s->checks, SEV_VIOLATION), 1);
    open_inval(s, PSI(DID), 0x40200000);
    told_unmap(s, 0x40200000, SIZE_4K);
    close_inval(s, PSI(DID), 0x40200000);
    ck_assert_uint_eq(count_of(s, "COH-STALE"), 1);
    ck_assert_ptr_nonnull(strstr(finding_at(s, false, 1)->text,
                                 "still translates 0x40200000-0x40200fff to 0x7000000 (r)"));
    ck_assert_uint_eq(count_of(s, "COH-EXACT"), 2);
    stage_free(s);
}
END_TEST

START_TEST(dma_by_old_values)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    store(s, L1, 0x7000003); /* becomes present: no invalidation needed */
    dma_ok(s, 0x40200010, DMA_W, 0x7000010);
    store(s, L1, 0x8000001);
    store(s, L1 + 8, 0x9000003);
    dma_ok(s, 0x40200010, DMA_R, 0x7000010); /* the cached one */
    dma_ok(s, 0x40200010, DMA_R, 0x8000010); /* the new one */
    dma_ok(s, 0x40200010, DMA_W, 0x7000010);
    dma_fault(s, 0x40200010, DMA_W, 5);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 0);
    ck_assert_uint_eq(count_of(s, "GST-NOFLUSH"), 4);
    inval(s, PSI(DID), 0x40200000);
    dma_ok(s, 0x40200010, DMA_R, 0x8000010);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 0);
    dma_ok(s, 0x40200010, DMA_R, 0x7000010);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
    ck_assert_uint_eq(count_of(s, "GST-NOFLUSH"), 4);
    stage_free(s);
}
END_TEST

/* Two domains over the same tables: an invalidation of one covers nothing of the other. */
START_TEST(dma_of_two_domains)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});
    struct obs o = {.kind = OBS_DMA};

    store2(s, CTXS + 0x18 * 16, L3 | 1, 0x601);
    store(s, L1, 0x7000003);
    store(s, L1, 0x8000003);
    inval(s, DSI(6), 0);
    inval(s, PSI(6), 0x40200000);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 0);
    inval(s, DSI(DID), 0);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
    begin(s, dma_rec(0x40200000, DMA_R));
    s->rec.u.dma.bdf = bdf(0x18);
    o.u.dma.rec = &s->rec;
    o.u.dma.result = (struct xlat_result){.end = XLAT_OK, .gpa = gpa(0x7000000), .mask = 0xfff};
    show(s, o); /* domain 6 was invalidated before: not the old page either */
    end(s);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 2);
    stage_free(s);
}
END_TEST

START_TEST(dma_to_the_wrong_page)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    dma_ok(s, 0x40200010, DMA_R, 0x7001010);
    only(s, "COH-DMA", s->record, "may reach 0x7000010, by all that its entries held");
}
END_TEST

START_TEST(dma_that_should_fault)
{
    struct stage *s = stage_new((struct stage_how){0});

    dma_result(s, 0x40200010, DMA_R, (struct xlat_result){.end = XLAT_REFUSED});
    dma_fault(s, 0x40200010, DMA_R, 6);
    dma_fault(s, 0x8000000000, DMA_R, 4);
    nothing_found(s);
    dma_fault(s, 0x40200010, DMA_R, 5);
    only(s, "COH-DMA", s->record, "may fault with reason 0x6");
}
END_TEST

START_TEST(dma_that_should_not_fault)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    store(s, L1, 0x7000003);
    dma_fault(s, 0x40200010, DMA_R, 6); /* without caching mode a hole is never remembered */
    only(s, "COH-DMA", s->record, "may reach 0x7000010");
}
END_TEST

START_TEST(dma_with_a_remembered_hole)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L1, 0x7000003);
    dma_fault(s, 0x40200010, DMA_R, 6);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 0);
    ck_assert_uint_eq(count_of(s, "GST-CM"), 1);
    stage_free(s);
}
END_TEST

/* Reasons of the levels above: root, context, top table. */
START_TEST(dma_reasons)
{
    static const struct {
        uint64_t at, val;
        uint8_t reason;
    } broken[] = {
        {ROOT, 0, 1},
        {ROOT, CTXS | 3, 10},
        {ROOT, UINT64_C(0x4000000001), 9},
        {CTXS + DEV * 16, L3, 2},
        {CTXS + DEV * 16, L3 | 0x11, 11},
        {CTXS + DEV * 16, L3 | 0xd, 3},
        {CTXS + DEV * 16 + 8, 0x502, 3},
        {CTXS + DEV * 16, UINT64_C(0x4000000001), 3},
        {L3 + 8, UINT64_C(0x4000000003), 7},
        {L3 + 8, 0, 6},
        {L2 + 8, 0x7001083, 12},
        {L1, UINT64_C(0x800007000003), 12},
        {L1, 0xfee01003, 14},
        {L1, 0x7000002, 6},
    };

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct stage *s = stage_new((struct stage_how){.no_cm = true});

        poke(s, L1, 0x7000003);
        poke(s, broken[i].at, broken[i].val); /* before anybody looked */
        dma_fault(s, 0x40200010, DMA_R, broken[i].reason);
        ck_assert_msg(!checks_findings(s->checks), "%zu: %s", i,
                      checks_finding(s->checks, 0)->text);
        dma_ok(s, 0x40200010, DMA_R, 0x7000010);
        ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
        stage_free(s);
    }
}
END_TEST

START_TEST(dma_without_translation)
{
    struct stage *s = stage_new((struct stage_how){.bare = true});

    dma_ok(s, 0x1000, DMA_W, 0x1000);
    nothing_found(s);
    dma_ok(s, 0x1000, DMA_W, 0x2000);
    only(s, "COH-DMA", s->record, "may reach 0x1000");
}
END_TEST

START_TEST(dma_pass_through)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    store2(s, CTXS + DEV * 16, 9, (uint64_t)DID << 8 | 1);
    dma_ok(s, 0x40200000, DMA_R, 0x40200000);
    inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0);
    dma_ok(s, 0x40200000, DMA_R, 0x40200000);
    nothing_found(s);
    dma_fault(s, 0x40200000, DMA_R, 6);
    only(s, "COH-DMA", s->record, "may reach 0x40200000");
}
END_TEST

START_TEST(dma_in_the_shadow)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    shadow_of(s, 0x40200010, DMA_W, true, 0x7000010, PERM_RW);
    shadow_of(s, 0xfee00000, DMA_W, false, 0, PERM_NONE);
    shadow_of(s, 0x40201010, DMA_W, false, 0, PERM_NONE);
    nothing_found(s);
    shadow_of(s, 0x40201010, DMA_W, true, 0x7000010, PERM_RW);
    only(s, "COH-DMA", s->record, "however vfio0 holds 0x7000010 (rw) there");
}
END_TEST

/* Museum L4: SRTP while translating drops every mapping and brings none back. */
START_TEST(dma_after_srtp)
{
    struct stage *s = stage_new((struct stage_how){.esrtps = true});
    struct obs o = {.kind = OBS_ROOT};

    map_page(s, 0, 0x7000000);
    begin_write(s, 0x18, 0xc0000000);
    o.u.root.gpa = gpa(ROOT);
    show(s, o);
    end(s);
    nothing_found(s);
    begin_write(s, 0x18, 0xc0000000);
    show(s, o);
    told_unmap(s, 0x40000000, 0x40000000);
    end(s);
    ck_assert_uint_eq(count_of(s, "COH-SHADOW"), 1);
    shadow_of(s, 0x40200010, DMA_R, false, 0, PERM_NONE);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 1);
    ck_assert_uint_eq(checks_total(s->checks, SEV_VIOLATION), 3);
    stage_free(s);
}
END_TEST

START_TEST(reads_are_compared)
{
    struct stage *s = stage_new((struct stage_how){.judge = true});
    struct obs o = {.kind = OBS_READ};

    begin_write(s, 0x200, 0);
    o.u.read.off = 0x1c;
    o.u.read.bytes = 4;
    o.u.read.seen = o.u.read.model = 0xc0000000;
    show(s, o);
    nothing_found(s);
    o.u.read.model = 0x80000000;
    show(s, o);
    end(s);
    ck_assert_uint_eq(checks_compared(s->checks).reads, 2);
    ck_assert_uint_eq(checks_differs(s->checks).reads, 1);
    only(s, "COH-READ", s->record,
         "read 0xc0000000 from register 0x1c (4 bytes), but the model says 0x80000000");
}
END_TEST

START_TEST(observed_dma_is_compared)
{
    struct stage *s = stage_new((struct stage_how){.judge = true});
    struct obs o = {.kind = OBS_DMA};
    struct rec r = dma_rec(0x40200000, DMA_R);

    map_page(s, 0, 0x7000000);
    r.u.dma.seen = DMA_SEEN_GPA;
    r.u.dma.gpa = gpa(0x8000000);
    begin(s, r);
    o.u.dma.rec = &s->rec;
    o.u.dma.result = (struct xlat_result){.end = XLAT_OK, .gpa = gpa(0x7000000), .mask = 0xfff};
    o.u.dma.differs = true;
    show(s, o);
    end(s);
    ck_assert_uint_eq(checks_compared(s->checks).dma, 1);
    ck_assert_uint_eq(checks_differs(s->checks).dma, 1);
    only(s, "COH-DMA", s->record,
         "reached 0x8000000 on the real system, but in the model it reaches 0x7000000");
}
END_TEST

static void expect(struct stage *s, enum expect_op op, uint64_t at, uint64_t size, uint64_t target,
                   enum perm perm, const int *result)
{
    struct rec r = {.kind = REC_EXPECT};

    strcpy(r.u.expect.name, "vfio0");
    r.u.expect.op = op;
    r.u.expect.iova = iova(at);
    r.u.expect.size = size;
    r.u.expect.gpa = gpa(target);
    r.u.expect.perm = perm;
    r.u.expect.has_result = result != NULL;
    r.u.expect.result = result ? *result : 0;
    begin(s, r);
    end(s);
}

START_TEST(expectations_met)
{
    struct expectations_rec all = {.name = "vfio0", .level = _i ? EXPECT_IOCTL : EXPECT_NOTIFIER};
    struct stage *s =
        stage_new((struct stage_how){.judge = true, .expectations = &all, .expectations_count = 1});
    int zero = 0;
    uint64_t before;

    map_page(s, 0, 0x7000000);
    expect(s, EXPECT_MAP, 0x40200000, SIZE_4K, 0x7000000, PERM_RW, &zero);
    begin(s, (struct rec){.kind = REC_MARK});
    end(s);
    nothing_found(s);
    ck_assert_uint_eq(checks_compared(s->checks).expect, 1);
    map_page(s, 1, 0x7001000);
    expect(s, EXPECT_MAP, 0x40201000, SIZE_4K, 0x7001000, PERM_R, NULL); /* another right */
    ck_assert_uint_eq(checks_differs(s->checks).expect, 1);
    expect(s, EXPECT_UNMAP, 0x40201000, SIZE_4K, 0, PERM_NONE, NULL); /* never came */
    ck_assert_uint_eq(checks_differs(s->checks).expect, 2);
    map_page(s, 2, 0x7002000); /* nobody expects it */
    before = s->record;
    begin_write(s, 0x200, 0);
    end(s);
    ck_assert_uint_eq(checks_differs(s->checks).expect, 3);
    ck_assert_uint_eq(count_of(s, "COH-EXPECT"), 3);
    ck_assert_uint_eq(checks_finding(s->checks, 2)->record, before + 1);
    stage_free(s);
}
END_TEST

START_TEST(some_expectations)
{
    struct stage *s = stage_new((struct stage_how){.judge = true});

    store(s, L1, 0x7000003);
    store(s, L1 + 8, 0x7001003);
    open_inval(s, PSI(DID), 0x40200001);
    told_map(s, 0x40200000, SIZE_4K, 0x7000000, PERM_RW);
    told_map(s, 0x40201000, SIZE_4K, 0x7001000, PERM_RW);
    close_inval(s, PSI(DID), 0x40200001);
    expect(s, EXPECT_MAP, 0x40201000, SIZE_4K, 0x7001000, PERM_RW, NULL);
    nothing_found(s);
    expect(s, EXPECT_MAP, 0x40202000, SIZE_4K, 0x7001000, PERM_RW, NULL);
    only(s, "COH-EXPECT", s->record, "told vfio0 MAP 0x40202000-0x40202fff to 0x7001000 (rw)");
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{shadow_missing, 2},
                                    {shadow_stale, 2},
                                    {shadow_frozen_by_a_reserved_bit, 2},
                                    {shadow_of_another_target, 2},
                                    {shadow_block_is_aligned, 2},
                                    {shadow_after_the_context_went, 2},
                                    {shadow_not_held, 2},
                                    {shadow_excuses, 2},
                                    {shadow_never_asked, 2},
                                    {stale_container, 1},
                                    {stale_by_order, 1},
                                    {stale_iotlb, 2},
                                    {dma_by_old_values, 1},
                                    {dma_of_two_domains, 1},
                                    {dma_to_the_wrong_page, 1},
                                    {dma_that_should_fault, 1},
                                    {dma_that_should_not_fault, 1},
                                    {dma_with_a_remembered_hole, 1},
                                    {dma_reasons, 1},
                                    {dma_without_translation, 1},
                                    {dma_pass_through, 1},
                                    {dma_in_the_shadow, 1},
                                    {dma_after_srtp, 1},
                                    {reads_are_compared, 1},
                                    {observed_dma_is_compared, 1},
                                    {expectations_met, 2},
                                    {some_expectations, 1}};

    return run_tests("checks: coherence", rows, COUNT(rows));
}
