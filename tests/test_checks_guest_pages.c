/* SPDX-License-Identifier: MIT */
/* The guest's duties of vtd-facts chapter 8 about tables and what is used again: what breaks a rule
 * is found, and what only looks like it is not. */
#include "test_checks_stage.h"

#define ENTRY   ((uint64_t)CTXS + DEV * 16)
#define WAIT_OF UINT64_C(0x200000025)

static struct stage *plain(void)
{
    return stage_new((struct stage_how){.no_cm = true});
}

static void wait_done(struct stage *s)
{
    begin_write(s, 0x88, 0);
    inval_obs(s, OBS_WAIT_LANDED, WAIT_OF, 0x5000);
    end(s);
}

START_TEST(o6_wait)
{
    struct stage *s = plain();

    store(s, L1, 0x7000003);
    for (int i = 0; i < 2; i++) { /* a guest that never waits: by registers, or not recorded */
        store(s, L1, 0);
        inval(s, PSI(DID), 0x40200000);
        store(s, L1, 0x7000003);
    }
    wait_done(s);
    store(s, L1, 0);
    inval(s, PSI(DID), 0x40200000);
    store(s, L1 + 8, 0x7000003); /* another IOVA */
    wait_done(s);
    store(s, L1, 0x7000003);
    nothing_found(s);
    store(s, L1, 0);
    inval(s, DSI(DID), 0);
    begin_write(s, 0x88, 0);
    inval_obs(s, OBS_WAIT_LANDED, 0x45, 0); /* a fence tells nobody */
    end(s);
    store(s, L1, 0x7000003);
    only(s, "GST-O6", s->record, "before a wait has told");
}
END_TEST

START_TEST(o6_page_becomes_table)
{
    struct stage *s = plain();

    wait_done(s);
    store(s, L1, 0x120003);
    store(s, L1, 0);
    inval(s, PSI(DID), 0x40200000);
    store(s, L2 + 16, 0x120003);
    only(s, "GST-O6", s->record, "0x120000 was mapped until its invalidation in record");
}
END_TEST

/* _i: 0 nothing said of tables, 1 IH=1, 2 IH=0 of one page, 3 the domain, 4 the same table. */
START_TEST(o7_o8_another_table)
{
    struct stage *s = plain();

    store(s, L1, 0x7000003);
    store(s, L1, 0);
    store(s, L2 + 8, 0);
    if (_i == 1 || _i == 2)
        inval(s, PSI(DID), 0x40200000 | (_i == 1 ? 0x40 : 0));
    if (_i == 3)
        inval(s, DSI(DID), 0);
    store(s, L2 + 8, (_i == 4 ? L1 : 0x120000) | 3);
    if (_i == 0)
        only(s, "GST-O7", s->record, "no invalidation of it with IH=0");
    else if (_i == 1)
        only(s, "GST-O8", s->record, "said by IH that only leaves");
    else
        clean(s);
}
END_TEST

/* _i: 0 no invalidation of the context entry, 1 all of it. */
START_TEST(o7_table_of_an_old_context)
{
    struct stage *s = plain();

    store2(s, CTXS + 0x18 * 16, 0x110001, 0x601);
    store2(s, ENTRY, 0, 0);
    if (_i) {
        inval(s, CC_DEV(DID), 0);
        inval(s, DSI(DID), 0);
    }
    store(s, 0x110000, 0x121003);
    nothing_found(s);
    store(s, 0x110008, L2 | 3);
    if (_i)
        clean(s);
    else
        only(s, "GST-O7", s->record, "was a table of domain 5, whose context entry for 00:02.0");
}
END_TEST

/* The page of a table that was emptied, unlinked and invalidated in part is anybody's. */
START_TEST(o7_emptied_table)
{
    struct stage *s = plain();

    store(s, L1, 0x7000003);
    store(s, L1, 0);
    store(s, L2 + 8, 0);
    inval(s, PSI(DID), 0x40200000);
    store(s, L1 + 8, 0x130003); /* a table of level 2 to be: these are no pages of 0x40201000 */
    store(s, L3 + 16, L1 | 3);
    store(s, L1 + 8, 0);
    inval(s, PSI(DID), UINT64_C(0x80200000));
    store(s, L2 + 16, 0x130003);
    store(s, 0x130000, 0x7000003);
    store(s, L2 + 8, 0x131003);
    store(s, 0x131008, 0x7001003);
    dma_ok(s, 0x40201000, DMA_R, 0x7001000);
    clean(s);
}
END_TEST

START_TEST(p1_in_place)
{
    struct stage *s = plain();
    uint64_t words[3] = {0x8000003, 0x8001003, 0x8002003};

    store(s, L1, 0x7000001);
    store(s, L1, 0x7000003); /* rights alone */
    store_words(s, L1, 3, words);
    inval(s, DSI(DID), 0);
    nothing_found(s);
    store(s, L1, 0x9000003);
    only(s, "GST-P1", s->record, "0x40200000 is moved in place from 0x8000000 to 0x9000000");
}
END_TEST

START_TEST(p1_translation_off)
{
    struct stage *s = plain();

    store(s, L1, 0x7000003);
    gcmd(s, 0, 0xc0000000, 0x40000000);
    store(s, L1, 0x9000003);
    clean(s);
}
END_TEST

/* _i: bit 0: the table's page was not invalidated; bit 1: one of 4 KiB pages was not. */
START_TEST(p2_merge)
{
    struct stage *s = plain();

    store(s, L1 + 8, 0x7000003);
    store(s, L1 + 8, 0);
    if (!(_i & 2))
        inval(s, PSI(DID), 0x40201000);
    store(s, L2 + 8, 0);
    if (!(_i & 1))
        inval(s, PSI(DID), 0x40200000); /* the pointer goes with any page below */
    store(s, L2 + 8, 0x400083);
    if (_i)
        only(s, "GST-P2", s->record, "a table becomes one page");
    else
        clean(s);
}
END_TEST

/* _i: 0 in place, 1 nothing between, 2 the domain, 3 all pages. */
START_TEST(p2_split)
{
    struct stage *s = plain();

    poke(s, 0x120000, 0x600003);
    store(s, L2 + 16, 0x600083);
    if (_i)
        store(s, L2 + 16, 0);
    if (_i > 1)
        inval(s, _i == 2 ? DSI(DID) : PSI(DID), 0x40400009);
    store(s, L2 + 16, 0x120003);
    if (_i < 2)
        only(s, "GST-P2", s->record, _i ? "since the old mapping went in record 6" : "in place");
    else
        clean(s);
}
END_TEST

START_TEST(p3_mask)
{
    struct stage *s = plain();

    store(s, L2 + 16, 0x600083);
    inval(s, PSI(DID), 0x40400000); /* it did not change */
    store(s, L2 + 16, 0);
    inval(s, PSI(DID), 0x4040000a); /* more than it */
    store(s, L2 + 16, 0x600083);
    store(s, L2 + 16, 0);
    inval(s, PSI(DID), 0x40200008); /* beside it */
    nothing_found(s);
    inval(s, PSI(DID), 0x40400008);
    only(s, "GST-P3", s->record, "address mask should be at least 9");
}
END_TEST

START_TEST(p3_made_present)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L2 + 16, 0x600083);
    open_inval(s, PSI(DID), 0x40400000);
    told_map(s, 0x40400000, SIZE_2M, 0x600000, PERM_RW);
    close_inval(s, PSI(DID), 0x40400000);
    only(s, "GST-P3", s->record, "page of 0x200000 bytes at 0x40400000");
}
END_TEST

START_TEST(c3_halves)
{
    struct stage *s = plain();

    store(s, ENTRY, L3 | 3);         /* faults are not recorded any more */
    store2(s, ENTRY, L3 | 1, 0x601); /* another domain, whole */
    inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0);
    store(s, ENTRY, L3); /* P=0 first */
    inval(s, CC_DEV(6), 0);
    inval(s, DSI(6), 0);
    store(s, ENTRY + 8, 0x701);
    store(s, ENTRY, L3 | 1);
    nothing_found(s);
    store(s, ENTRY + 8, 0x801);
    only(s, "GST-C3", s->record, "Half of the present context entry at 0x101100");
}
END_TEST

/* _i: 0 nothing, 1 context cache alone, 2 a page besides, 3 both, 4 wide, 5 the same tables. */
START_TEST(c6_domain_id)
{
    struct stage *s = plain();

    store2(s, ENTRY, 0, 0);
    if (_i >= 1 && _i <= 3)
        inval(s, CC_DEV(DID), 0);
    if (_i == 2)
        inval(s, PSI(DID), 0x40200000);
    if (_i == 3)
        inval(s, DSI(DID), 0);
    if (_i == 4) {
        inval(s, UINT64_C(0x50021), 0);
        inval(s, IOTLB_GLOBAL, 0);
    }
    store2(s, CTXS + 0x18 * 16, (_i == 5 ? L3 : 0x110000) | 1, 0x501);
    if (_i < 3)
        only(s, "GST-C6", s->record, "Domain 5 gets the tables at 0x110000, but it had those at");
    else
        clean(s);
}
END_TEST

/* C4 and C5 are seen when the new entry is used. */
START_TEST(wrong_domain_of_a_context)
{
    struct stage *s = stage_new((struct stage_how){0});

    store2(s, ENTRY, 0, 0);
    open_inval(s, CC_DEV(DID), 0);
    told_unmap(s, 0, 0x80000000);
    close_inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0);
    poke(s, L1, 0x7000003);
    store2(s, ENTRY, L3 | 1, 0x601);
    open_inval(s, CC_DEV(6), 0); /* it was faulting: domain 0 */
    told_map(s, 0x40200000, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, CC_DEV(6), 0);
    inval(s, DSI(6), 0);
    nothing_found(s);
    dma_ok(s, 0x40200000, DMA_R, 0x7000000);
    only(s, "GST-CM", s->record, "entry became present in record");

    s = plain();
    store2(s, ENTRY, 0, 0);
    inval(s, CC_DEV(6), 0);
    inval(s, DSI(6), 0);
    nothing_found(s);
    store2(s, ENTRY, 0x110001, 0x601);
    only(s, "GST-CTX", s->record, "of domain 5 was taken away");
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{o6_wait, 1},
                                    {o6_page_becomes_table, 1},
                                    {o7_o8_another_table, 5},
                                    {o7_table_of_an_old_context, 2},
                                    {o7_emptied_table, 1},
                                    {p1_in_place, 1},
                                    {p1_translation_off, 1},
                                    {p2_merge, 4},
                                    {p2_split, 4},
                                    {p3_mask, 1},
                                    {p3_made_present, 1},
                                    {c3_halves, 1},
                                    {c6_domain_id, 6},
                                    {wrong_domain_of_a_context, 1}};

    return run_tests("checks: the guest's tables", rows, COUNT(rows));
}
