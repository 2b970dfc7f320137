/* SPDX-License-Identifier: MIT */
/* GST-*: what a correct driver does is never accused, what breaks the architecture's rules is. */
#include "test_checks_stage.h"

/* As Linux does: the entry is built while not present, P comes last; teardown clears P alone first.
 */
START_TEST(linux_moves_a_device)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = _i});
    uint64_t entry = CTXS + DEV * 16;

    poke(s, 0x110000, 0x111003);
    poke(s, 0x111000, 0x112003);
    poke(s, 0x112000, 0x7000003);
    store(s, entry, L3);
    open_inval(s, CC_DEV(DID), 0);
    if (!_i)
        told_unmap(s, 0, 0x80000000);
    close_inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0);
    store(s, entry, 0);
    store(s, entry + 8, 0);
    store(s, entry + 8, 0x600);
    store(s, entry + 8, 0x601);
    store(s, entry, 0x110000);
    store(s, entry, 0x110001);
    if (!_i) {
        open_inval(s, CC_DEV(0), 0);
        told_map(s, 0, SIZE_4K, 0x7000000, PERM_RW);
        close_inval(s, CC_DEV(0), 0);
        inval(s, DSI(6), 0);
    }
    dma_ok(s, 0x10, DMA_W, 0x7000010);
    clean(s);
}
END_TEST

/* Strict: clear, invalidate, only then give the page and the IOVA back. */
START_TEST(linux_strict)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    for (int round = 0; round < 3; round++) {
        store(s, L2 + 16, 0x105003); /* a table for 0x40400000 */
        store(s, 0x105000, 0x7000003);
        dma_ok(s, 0x40400000, DMA_W, 0x7000000);
        store(s, 0x105000, 0);
        store(s, L2 + 16, 0);
        inval(s, PSI(DID), 0x40400000);
        store(s, L1 + 8, 0x105003); /* the page is data now */
        dma_ok(s, 0x40201000, DMA_R, 0x105000);
        store(s, L1 + 8, 0);
        inval(s, PSI(DID), 0x40201000);
    }
    clean(s);
}
END_TEST

/* Lazy: many pages are cleared, one domain invalidation, then everything may be used again. */
START_TEST(linux_lazy)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 100; i++) {
            store(s, L1 + 8 * i, (0x7000000 + i * 0x1000) | 3);
            dma_ok(s, 0x40200000 + i * 0x1000, DMA_W, 0x7000000 + i * 0x1000);
        }
        for (unsigned i = 0; i < 100; i++)
            store(s, L1 + 8 * i, 0);
        inval(s, round % 2 ? IOTLB_GLOBAL : DSI(DID), 0);
    }
    clean(s);
}
END_TEST

START_TEST(linux_caching_mode)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L2 + 16, 0x105003);
    store(s, 0x105000, 0x7000003);
    open_inval(s, PSI(DID), 0x40400000);
    told_map(s, 0x40400000, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, PSI(DID), 0x40400000);
    dma_ok(s, 0x40400000, DMA_W, 0x7000000);
    store(s, 0x105008, 0x7001003); /* the table above was announced for another page only */
    open_inval(s, PSI(DID), 0x40401000);
    told_map(s, 0x40401000, SIZE_4K, 0x7001000, PERM_RW);
    close_inval(s, PSI(DID), 0x40401000);
    dma_ok(s, 0x40401000, DMA_W, 0x7001000);
    clean(s);
}
END_TEST

START_TEST(noflush_dma)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    store(s, L1, 0x7000003);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    store(s, L1, 0x7000001); /* narrowed: a read still ends in the same place */
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    nothing_found(s);
    dma_fault(s, 0x40200000, DMA_W, 5);
    only(s, "GST-NOFLUSH", s->record, "taken away in record 7");
}
END_TEST

START_TEST(noflush_present_again)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    store(s, L1, 0x7000003);
    store(s, L1, 0);
    store(s, L1 + 8, 0x8000003); /* another IOVA */
    nothing_found(s);
    inval(s, PSI(DID), 0x40202001); /* not this one */
    store(s, L1, 0x8000003);
    only(s, "GST-NOFLUSH", s->record, "0x40200000 of domain 5 was taken away in record 6");
}
END_TEST

START_TEST(noflush_page_becomes_table)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    store(s, L1, 0x120003);
    store(s, L1, 0);
    store(s, L2 + 16, 0x121003);
    nothing_found(s);
    store(s, L2 + 24, 0x120003);
    only(s, "GST-NOFLUSH", s->record, "page 0x120000 was mapped until record 6");
}
END_TEST

START_TEST(noflush_table_becomes_table)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    poke(s, L1, 0x7000003);
    store(s, L2 + 8, 0);
    store(s, L2 + 16, L1 | 3);
    only(s, "GST-NOFLUSH", s->record, "page 0x104000 was a table below until record 5");
}
END_TEST

START_TEST(snapshots_are_not_judged)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});
    uint64_t words[4] = {0x7000003, 0x7001003, 0x7002003, 0x7003003}, none[4] = {0};

    store_words(s, L1, 4, words);
    store_words(s, L1, 4, none);
    store_words(s, L1, 4, words);
    clean(s);
}
END_TEST

START_TEST(cm_used_before_invalidation)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    store(s, L1 + 8, 0x7001003);
    nothing_found(s);
    dma_ok(s, 0x40201000, DMA_R, 0x7001000);
    only(s, "GST-CM", s->record, "entry became present in record 8");
}
END_TEST

START_TEST(context_replaced)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});
    uint64_t entry = CTXS + DEV * 16;

    store(s, entry, L3);
    inval(s, CC_DEV(DID), 0); /* but no IOTLB invalidation after it */
    store2(s, entry, 0, 0);
    nothing_found(s);
    store2(s, entry, 0x110001, 0x601);
    only(s, "GST-CTX", s->record, "of domain 5 was taken away in record 5");
}
END_TEST

START_TEST(context_used)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});

    poke(s, L1, 0x7000003);
    poke(s, 0x110000 + 8, L2 | 3);
    store2(s, CTXS + DEV * 16, 0x110001, 0x601);
    inval(s, DSI(DID), 0);
    inval(s, CC_DEV(DID), 0); /* the wrong order */
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    nothing_found(s); /* the same page either way */
    store(s, 0x110000 + 8, 0);
    inval(s, DSI(6), 0);
    dma_fault(s, 0x40200000, DMA_R, 6);
    only(s, "GST-CTX", s->record, "its context entry changed in record 5");
}
END_TEST

static const struct {
    uint64_t lo, hi;
    const char *wrong; /* NULL: right */
} descs[] = {
    {0x11, 0, NULL},
    {0x50021, 0, NULL},
    {0x0003001000050031, 0, NULL},
    {0xd2, 0, NULL},
    {0x500e2, 0, NULL},
    {0x500f2, 0x12340002, NULL},
    {0x500f2, 0x12340042, NULL},
    {0x4, 0, NULL},
    {0x700000014, 0, NULL},
    {0x200000025, 0x5000, NULL},
    {0x15, 0, NULL},
    {0x45, 0, NULL},
    {0x5, 0, "asks for nothing"},
    {0, 0, "type does not exist"},
    {0x500f2, 0x13, "beyond CAP.MAMV"},
    {0x1, 0, "granularity 0"},
    {0x2, 0, "granularity 0"},
    {0x51, 0, "reserved bits"},
    {0x11, 1, "reserved bits"},
    {0x100000012, 0, "reserved bits"},
    {0x500f2, 0x80, "reserved bits"},
    {0x500f2, 0x12341002, "not aligned"},
    {0x1000000003, 0x1000, "no device-TLBs"},
    {0x25, 0x5001, "reserved bits"},
    {0xa5, 0, "reserved bits"},
    {0x16, 0, "type does not exist"},
    {0x211, 0, "type does not exist"},
};

START_TEST(descriptors)
{
    for (size_t i = 0; i < COUNT(descs); i++) {
        struct stage *s = stage_new((struct stage_how){0});

        begin_write(s, 0x88, 0x10);
        if ((descs[i].lo & 0xf) == 5 && !descs[i].wrong)
            inval_obs(s, OBS_WAIT_LANDED, descs[i].lo, descs[i].hi);
        else if (!descs[i].wrong || strstr(descs[i].wrong, "aligned"))
            inval_obs(s, OBS_INVAL_BEGIN, descs[i].lo, descs[i].hi);
        else
            inval_obs(s, OBS_INVAL_REFUSED, descs[i].lo, descs[i].hi);
        end(s);
        if (descs[i].wrong)
            only(s, "GST-DESC", s->record, descs[i].wrong);
        else
            clean(s);
    }
}
END_TEST

START_TEST(contexts)
{
    static const struct {
        uint64_t lo, hi;
        const char *id, *text;
    } wrong[] = {{0x110001, 1, "GST-C1", "domain 0"},
                 {0x110001, 0x501, "GST-C2", "gives domain 5 the tables at 0x110000 (3 levels)"},
                 {0x9, 0x602, "GST-C7", "translation type 2 with address width code 2"},
                 {0x110005, 0x601, "GST-C7", "translation type 1"}};

    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct stage *s = stage_new((struct stage_how){0});

        store2(s, CTXS + 0x18 * 16, 9, 0x701);
        store2(s, CTXS + 0x20 * 16, L3 | 1, 0x501);
        nothing_found(s);
        store2(s, CTXS + 0x30 * 16, wrong[i].lo, wrong[i].hi);
        only(s, wrong[i].id, s->record, wrong[i].text);
    }
}
END_TEST

START_TEST(domain_width)
{
    struct err e;
    struct stage *s = stage_new((struct stage_how){.bare = true});
    struct check_config cfg = {.caching_mode = true,
                               .cap = CAP_CM & ~UINT64_C(7),
                               .ecap = ECAP_PLAIN,
                               .aw_bits = 39,
                               .mem = s->mem,
                               .findings_kept = 9};

    checks_free(s->checks);
    s->checks = checks_new(&cfg, &e);
    s->see = checks_observer(s->checks);
    bring_up(s);
    store2(s, CTXS + 0x20 * 16, 0x110001, 0xf01);
    nothing_found(s);
    store2(s, CTXS + 0x28 * 16, 0x111001, 0x1001);
    only(s, "GST-C8", s->record, "names domain 16, but the unit has 4-bit ids");
}
END_TEST

START_TEST(one_command_at_a_time)
{
    struct stage *s = stage_new((struct stage_how){0});

    write_reg(s, 0x18, 0xc0000000); /* SRTP again, TE carried */
    write_reg(s, 0x18, 0x80000000);
    write_reg(s, 0x90, 0x200000);
    write_reg(s, 0x18, 0x84000000);
    nothing_found(s);
    write_reg(s, 0x18, 0xc2000000); /* SRTP and IRE */
    only(s, "GST-G1", s->record, "asks for more than one change at once (GSTS is 0xc0000000)");
}
END_TEST

START_TEST(root_before_translation)
{
    struct stage *s = stage_new((struct stage_how){.bare = true});

    write_reg(s, 0x18, 0x80000000);
    only(s, "GST-G3", s->record, "no root table is set");
}
END_TEST

START_TEST(new_root_needs_invalidation)
{
    struct stage *s = stage_new((struct stage_how){.no_cm = true});
    struct obs o = {.kind = OBS_ROOT};

    poke(s, L1, 0x7000003);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    nothing_found(s);
    begin_write(s, 0x18, 0xc0000000);
    o.u.root.gpa = gpa(ROOT);
    show(s, o);
    end(s);
    inval(s, IOTLB_GLOBAL, 0);
    inval(s, CC_GLOBAL, 0); /* the wrong order */
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000); /* told once */
    only(s, "GST-G4", s->record - 1, "without it");
}
END_TEST

START_TEST(queue_rules)
{
    struct stage *s = stage_new((struct stage_how){.bare = true});

    write_reg(s, 0x88, 0);
    write_reg(s, 0x90, 0x200000);
    begin_write(s, 0x18, 0x04000000);
    gsts(s, 0, 0x04000000);
    end(s);
    begin_write(s, 0x88, 0x20);
    inval_obs(s, OBS_INVAL_BEGIN, CC_GLOBAL, 0);
    inval_obs(s, OBS_INVAL_DONE, CC_GLOBAL, 0);
    inval_obs(s, OBS_WAIT_LANDED, 0x200000025, 0x5000);
    end(s);
    begin_write(s, 0x18, 0);
    gsts(s, 0x04000000, 0);
    end(s);
    clean(s);
}
END_TEST

START_TEST(queue_rules_broken)
{
    struct stage *s = stage_new((struct stage_how){.bare = true});

    write_reg(s, 0x88, 0x10);
    begin_write(s, 0x18, 0x04000000);
    gsts(s, 0, 0x04000000);
    end(s);
    ck_assert_uint_eq(count_of(s, "GST-Q1"), 1);
    write_reg(s, 0x90, 0x200000);
    ck_assert_uint_eq(count_of(s, "GST-Q2"), 1);
    begin_write(s, 0x88, 0x10);
    inval_obs(s, OBS_INVAL_BEGIN, CC_GLOBAL, 0);
    inval_obs(s, OBS_INVAL_DONE, CC_GLOBAL, 0);
    end(s);
    write_reg(s, 0x18, 0);
    ck_assert_uint_eq(count_of(s, "GST-Q3"), 1);
    write_reg(s, 0x88, 0x1000);
    ck_assert_uint_eq(count_of(s, "GST-Q4"), 1);
    write_reg(s, 0x28, 0x1234); /* no command */
    ck_assert_uint_eq(count_of(s, "GST-Q5"), 0);
    write_reg(s, 0x2c, 0xa0000000);
    write_reg(s, 0xfc, 0x90000000);
    ck_assert_uint_eq(count_of(s, "GST-Q5"), 2);
    ck_assert_uint_eq(checks_total(s->checks, SEV_GUEST), 6);
    ck_assert_uint_eq(checks_total(s->checks, SEV_VIOLATION), 0);
    stage_free(s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{linux_moves_a_device, 2},
                                    {linux_strict, 1},
                                    {linux_lazy, 1},
                                    {linux_caching_mode, 1},
                                    {noflush_dma, 1},
                                    {noflush_present_again, 1},
                                    {noflush_page_becomes_table, 1},
                                    {noflush_table_becomes_table, 1},
                                    {snapshots_are_not_judged, 1},
                                    {cm_used_before_invalidation, 1},
                                    {context_replaced, 1},
                                    {context_used, 1},
                                    {descriptors, 1},
                                    {contexts, 1},
                                    {domain_width, 1},
                                    {one_command_at_a_time, 1},
                                    {root_before_translation, 1},
                                    {new_root_needs_invalidation, 1},
                                    {queue_rules, 1},
                                    {queue_rules_broken, 1}};

    return run_tests("checks: the guest", rows, COUNT(rows));
}
