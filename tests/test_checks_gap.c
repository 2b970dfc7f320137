/* SPDX-License-Identifier: MIT */
/* COH-TRANSIENT, CST-REDUNDANT, CST-OVERREACH: what is taken without need, told without need, and
 * invalidated without need. */
#include "test_checks_stage.h"

enum { AT = 0x40200000 };

static void unmap_in(struct stage *s, uint64_t lo, uint64_t hi)
{
    open_inval(s, lo, hi);
    told_unmap(s, AT, SIZE_4K);
    close_inval(s, lo, hi);
}

START_TEST(unchanged_is_kept)
{
    static const uint64_t descs[] = {CC_GLOBAL, IOTLB_GLOBAL, DSI(DID), PSI(DID)};
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    unmap_in(s, descs[_i], _i == 3 ? AT : 0);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 1);
    ck_assert_ptr_nonnull(strstr(finding_at(s, false, 0)->text,
                                 "vfio0 holds 0x40200000-0x40200fff as 0x7000000 (rw)"));
    stage_free(s);
}
END_TEST

/* A gap of no length: taken away and given back in one invalidation. */
START_TEST(not_even_for_a_moment)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    open_inval(s, DSI(DID), 0);
    told_unmap(s, AT, SIZE_4K);
    told_map(s, AT, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, DSI(DID), 0);
    ck_assert_uint_eq(count_of(s, "CST-REDUNDANT"), 1);
    only(s, "COH-TRANSIENT", s->record, "the tables say the same still");
}
END_TEST

START_TEST(what_changed_may_go)
{
    static const uint64_t words[] = {0, 0x8000003, 0x7000001, 0x7000003 | 1 << 11};
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    store(s, L1, words[_i]);
    unmap_in(s, PSI(DID), AT);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 0);
    stage_free(s);
}
END_TEST

/* The same target, but by a page of another size. */
START_TEST(another_size_is_a_change)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    store(s, L2 + 8, 0x7000083);
    unmap_in(s, PSI(DID), AT);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 0);
    stage_free(s);
}
END_TEST

/* At a notifier's border a piece may be of a leaf that is larger than it; 4 KiB there is none. */
START_TEST(pieces_are_not_judged)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L3 + 24, 0x40000083); /* 1 GiB at 0xc0000000, across the window */
    open_inval(s, PSI(DID), 0xc0000012);
    told_map(s, 0xfec00000, SIZE_2M, 0x7ec00000, PERM_RW);
    close_inval(s, PSI(DID), 0xc0000012);
    store(s, L3 + 24, 0x105003);
    poke(s, 0x105000 + 8 * 502, 0x7ec00083);
    open_inval(s, PSI(DID), 0xc0000012);
    told_unmap(s, 0xfec00000, SIZE_2M);
    close_inval(s, PSI(DID), 0xc0000012);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 0);
    stage_free(s);
}
END_TEST

START_TEST(small_pages_at_the_border_are)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L3 + 24, 0x105003);
    store(s, 0x105000 + 8 * 502, 0x106003);
    store(s, 0x106000, 0x7000003);
    open_inval(s, PSI(DID), 0xfec00000);
    told_map(s, 0xfec00000, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, PSI(DID), 0xfec00000);
    open_inval(s, DSI(DID), 0);
    told_unmap(s, 0xfec00000, SIZE_4K);
    close_inval(s, DSI(DID), 0);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 1);
    stage_free(s);
}
END_TEST

/* 0: translation off; 1: reset; 2: the context entry gone; 3: an invalidation of another domain,
 * which may be meant for the entry that was there before; 4: a root table of a reserved mode. */
START_TEST(leaving_translation_takes_all)
{
    struct stage *s = stage_new((struct stage_how){0});
    struct obs o = {.kind = OBS_ROOT};

    map_page(s, 0, 0x7000000);
    switch (_i) {
    case 0: begin_write(s, 0x18, 0); break;
    case 1: begin(s, (struct rec){.kind = REC_RESET}); break;
    case 2:
        store2(s, CTXS + DEV * 16, 0, 0);
        open_inval(s, CC_DEV(DID), 0);
        break;
    case 3: open_inval(s, DSI(6), 0); break;
    default:
        begin_write(s, 0x18, 0xc0000000);
        o.u.root.gpa = gpa(ROOT);
        o.u.root.rtaddr = ROOT | 0x800;
        show(s, o);
    }
    told_unmap(s, AT, SIZE_4K);
    end(s);
    ck_assert_uint_eq(count_of(s, "COH-TRANSIENT"), 0);
    stage_free(s);
}
END_TEST

START_TEST(unmap_of_nothing)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    store(s, L1, 0);
    open_inval(s, PSI(DID), AT);
    told_unmap(s, AT, SIZE_4K);
    ck_assert_uint_eq(count_of(s, "CST-REDUNDANT"), 0);
    told_unmap(s, AT, SIZE_4K);
    ck_assert_uint_eq(count_of(s, "CST-REDUNDANT"), 1);
    note_as(s, (struct note){.type = NOTE_UNMAP,
                             .via = VIA_REGION,
                             .range = iova_range(0, 0xfedfffff),
                             .asked = true});
    close_inval(s, PSI(DID), AT);
    only(s, "CST-REDUNDANT", s->record, "where it holds nothing");
}
END_TEST

/* Many pages go and come back: as many are counted, the first hundred told. */
START_TEST(there_and_back)
{
    struct stage *s = stage_new((struct stage_how){0});

    for (unsigned i = 0; i < 200; i++)
        map_page(s, i, 0x7000000 + 0x1000 * i);
    store(s, L1 + 8 * 7, 0x8000003);
    open_inval(s, DSI(DID), 0);
    told_unmap(s, AT, 0x40000000 - (AT & 0x3fffffff));
    for (unsigned i = 0; i < 200; i++)
        told_map(s, AT + 0x1000 * i, SIZE_4K, i == 7 ? 0x8000000 : 0x7000000 + 0x1000 * i, PERM_RW);
    close_inval(s, DSI(DID), 0);
    ck_assert_uint_eq(count_of(s, "CST-REDUNDANT"), 199);
    /* In another invalidation it is news again. */
    told_unmap(s, AT, SIZE_4K);
    open_inval(s, PSI(DID), AT);
    told_map(s, AT, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, PSI(DID), AT);
    ck_assert_uint_eq(count_of(s, "CST-REDUNDANT"), 199);
    stage_free(s);
}
END_TEST

START_TEST(named_as_changed)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L1 + 8, 0x7000003);
    store(s, L1 + 24, 0x7001003);
    inval(s, PSI(DID), AT | 2); /* the smallest block that has both */
    store(s, L2 + 16, 0x8000083);
    inval(s, PSI(DID), 0x40400000);     /* a part of what changed is enough to drop it */
    inval(s, PSI(DID), 0x40400000 | 9); /* and this names the rest */
    store2(s, CTXS + DEV * 16, L3 | 1, (uint64_t)DID << 8 | 1 | 1 << 3);
    inval(s, CC_DEV(DID), 0);
    inval(s, DSI(DID), 0); /* owed to the context entry */
    ck_assert_uint_eq(count_of(s, "CST-OVERREACH"), 0);
    stage_free(s);
}
END_TEST

START_TEST(more_named_than_changed)
{
    static const struct {
        uint64_t lo, hi;
        const char *text;
    } wide[] = {{PSI(DID), AT | 1, "names 2 pages, but only 1 had changed"},
                {PSI(DID), AT | 9, "names 512 pages, but only 1 had changed"},
                {PSI(DID), AT + 0x1000, "names 1 page, but none had changed"},
                {DSI(DID), 0, "names every page, but only 1 had changed"},
                {IOTLB_GLOBAL, 0, "names every page, but only 1 had changed"}};
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L1, 0x7000003);
    open_inval(s, wide[_i].lo, wide[_i].hi);
    told_map(s, AT, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, wide[_i].lo, wide[_i].hi);
    only(s, "CST-OVERREACH", s->record, wide[_i].text);
}
END_TEST

/* Changes too far apart for one page-selective invalidation: a domain-selective one is right. */
START_TEST(far_apart)
{
    struct stage *s = stage_new((struct stage_how){0});

    store(s, L1, 0x7000003);
    store(s, L3 + 24, 0x40000083);
    inval(s, DSI(DID), 0);
    ck_assert_uint_eq(count_of(s, "CST-OVERREACH"), 0);
    inval(s, DSI(DID), 0);
    ck_assert_uint_eq(count_of(s, "CST-OVERREACH"), 1);
    stage_free(s);
}
END_TEST

/* What a domain's invalidation must name is known while its tables are its alone: not while another
 * id has them, too. */
START_TEST(tables_of_two_domains)
{
    struct stage *s = stage_new((struct stage_how){0});

    inval(s, PSI(DID), AT + 0x1000);
    ck_assert_uint_eq(count_of(s, "CST-OVERREACH"), 1);
    store2(s, CTXS + (DEV + 1) * 16, L3 | 1, (uint64_t)(DID + 1) << 8 | 1);
    inval(s, CC_DEV(0) + (UINT64_C(1) << 32), 0);
    inval(s, PSI(DID), AT + 0x1000);
    ck_assert_uint_eq(count_of(s, "CST-OVERREACH"), 1);
    store2(s, CTXS + (DEV + 1) * 16, 0, 0);
    inval(s, IOTLB_GLOBAL, 0);
    inval(s, CC_GLOBAL, 0);
    inval(s, IOTLB_GLOBAL, 0);
    inval(s, PSI(DID), AT + 0x1000);
    ck_assert_uint_eq(count_of(s, "CST-OVERREACH"), 2);
    stage_free(s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{unchanged_is_kept, 4},
                                    {not_even_for_a_moment, 1},
                                    {what_changed_may_go, 4},
                                    {another_size_is_a_change, 1},
                                    {pieces_are_not_judged, 1},
                                    {small_pages_at_the_border_are, 1},
                                    {leaving_translation_takes_all, 5},
                                    {unmap_of_nothing, 1},
                                    {there_and_back, 1},
                                    {named_as_changed, 1},
                                    {more_named_than_changed, 5},
                                    {far_apart, 1},
                                    {tables_of_two_domains, 1}};

    return run_tests("checks: without need", rows, COUNT(rows));
}
