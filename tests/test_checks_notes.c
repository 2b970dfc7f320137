/* SPDX-License-Identifier: MIT */
/* ORD-*, FLT-*, ISO-*, REG-*, RST-EMPTY: for each one story that keeps it and one that breaks it.
 */
#include "test_checks_stage.h"

#include "checks/spans.h"

START_TEST(ordinary_life_is_clean)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 1, 0x7000000);
    dma_ok(s, 0x40201008, DMA_W, 0x7000008);
    store(s, L1 + 8, 0);
    open_inval(s, PSI(DID), 0x40201000);
    told_unmap(s, 0x40201000, SIZE_4K);
    close_inval(s, PSI(DID), 0x40201000);
    dma_fault(s, 0x40201008, DMA_W, 5);
    map_page(s, 1, 0x7001000);
    clean(s);
}
END_TEST

START_TEST(inplace_needs_unmap)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    store(s, L1, 0x8000003);
    open_inval(s, PSI(DID), 0x40200000);
    told_unmap(s, 0x40200000, SIZE_4K);
    told_map(s, 0x40200000, SIZE_4K, 0x8000000, PERM_RW);
    close_inval(s, PSI(DID), 0x40200000);
    ck_assert_uint_eq(checks_total(s->checks, SEV_VIOLATION), 0);
    store(s, L1, 0x9000003);
    open_inval(s, PSI(DID), 0x40200000);
    told_map(s, 0x40200000, SIZE_4K, 0x9000000, PERM_RW);
    close_inval(s, PSI(DID), 0x40200000);
    only_violation(s, "ORD-INPLACE", s->record,
                   "held 0x40200000-0x40200fff as 0x8000000 (rw) since record 8");
}
END_TEST

START_TEST(duplicate_map)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    open_inval(s, PSI(DID), 0x40200000);
    told_map(s, 0x40200000, SIZE_4K, 0x7000000, PERM_RW);
    close_inval(s, PSI(DID), 0x40200000);
    only(s, "ORD-DUP-MAP", s->record, "already held 0x40200000-0x40200fff");
}
END_TEST

/* Museum L7: a 2 MiB leaf becomes a table; the first 4 KiB UNMAP cuts the mapping and type1 refuses
 * it. */
START_TEST(split_unmap)
{
    struct stage *s = stage_new((struct stage_how){0});
    struct note n = {.type = NOTE_UNMAP,
                     .range = iova_range(0x40200000, 0x40200fff),
                     .asked = true,
                     .result = -22};

    store(s, L2 + 8, 0x7000083);
    open_inval(s, PSI(DID), 0x40200009);
    told_map(s, 0x40200000, SIZE_2M, 0x7000000, PERM_RW);
    close_inval(s, PSI(DID), 0x40200009);
    ck_assert_uint_eq(checks_total(s->checks, SEV_VIOLATION), 0);
    poke(s, 0x105000, 0x7000003);
    store(s, L2 + 8, 0x105003);
    open_inval(s, PSI(DID), 0x40200000);
    note_as(s, n);
    note_as(s, (struct note){.type = NOTE_MAP,
                             .range = n.range,
                             .gpa = gpa(0x7000000),
                             .perm = PERM_RW,
                             .asked = true,
                             .result = -17});
    close_inval(s, PSI(DID), 0x40200000);
    only_violation(s, "ORD-SPLIT-UNMAP", s->record,
                   "held 0x40200000-0x403fffff in one mapping since record 6");
}
END_TEST

/* Museum M51: GSTS says done, then the notifications come. */
START_TEST(done_before_work)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    begin_write(s, 0x88, 0x20);
    inval_obs(s, OBS_INVAL_BEGIN, PSI(DID), 0x40200000);
    inval_obs(s, OBS_INVAL_DONE, PSI(DID), 0x40200000);
    inval_obs(s, OBS_WAIT_LANDED, 0x200000025, 0x5000);
    store(s, 0x105000, 0); /* another record */
    nothing_found(s);
    begin_write(s, 0x18, 0);
    gsts(s, 0xc0000000, 0x40000000);
    switched(s, false);
    told_unmap(s, 0x40200000, SIZE_4K);
    end(s);
    only(s, "ORD-WAIT", s->record, "1 notification of that work were still to come");
}
END_TEST

START_TEST(wait_before_work)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    store(s, L1, 0);
    begin_write(s, 0x88, 0x20);
    inval_obs(s, OBS_INVAL_BEGIN, PSI(DID), 0x40200000);
    told_unmap(s, 0x40200000, SIZE_4K);
    inval_obs(s, OBS_INVAL_DONE, PSI(DID), 0x40200000);
    inval_obs(s, OBS_WAIT_LANDED, 0x200000025, 0x5000);
    inval_obs(s, OBS_INVAL_BEGIN, PSI(DID), 0x40201000); /* later work of its own */
    told_unmap(s, 0x40201000, SIZE_4K);
    inval_obs(s, OBS_INVAL_DONE, PSI(DID), 0x40201000);
    end(s);
    nothing_found(s);
    begin_write(s, 0x88, 0x20);
    inval_obs(s, OBS_INVAL_BEGIN, PSI(DID), 0x40200000);
    inval_obs(s, OBS_INVAL_DONE, PSI(DID), 0x40200000);
    inval_obs(s, OBS_WAIT_LANDED, 0x200000025, 0x5000);
    told_unmap(s, 0x40200000, SIZE_4K);
    end(s);
    only(s, "ORD-WAIT", s->record, "UNMAP 0x40200000-0x40200fff to vfio0");
}
END_TEST

START_TEST(replay_from_nothing)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    map_page(s, 1, 0x7001000);
    begin_write(s, 0x200, 0);
    reg(s, OBS_REPLAY_BEGIN, "vfio0", 0, 0xfedfffff, 3, 0);
    reg(s, OBS_REPLAY_END, "vfio0", 0, 0xfedfffff, 3, 0);
    end(s);
    nothing_found(s); /* left untouched, still true */
    store(s, L1 + 8, 0);
    begin_write(s, 0x200, 0);
    reg(s, OBS_REPLAY_BEGIN, "vfio0", 0, 0xfedfffff, 3, 0);
    reg(s, OBS_REPLAY_END, "vfio0", 0, 0xfedfffff, 3, 0);
    end(s);
    only(s, "ORD-REPLAY", s->record, "held 0x40201000-0x40201fff as 0x7001000 (rw) since record 8");
}
END_TEST

START_TEST(kinds_asked_for)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x200, 0);
    joined(s, "probe0", CONSUMER_PROBE, NOTIFY_UNMAP, true);
    reg(s, OBS_REGISTER, "probe0", 0x1000, 0x1fff, NOTIFY_UNMAP, 0);
    note_as(s, (struct note){
                   .consumer = "probe0", .type = NOTE_UNMAP, .range = iova_range(0x1000, 0x1fff)});
    end(s);
    nothing_found(s);
    begin_write(s, 0x200, 0);
    note_as(s, (struct note){.consumer = "probe0",
                             .type = NOTE_MAP,
                             .range = iova_range(0x1000, 0x1fff),
                             .perm = PERM_R});
    end(s);
    only(s, "FLT-KIND", s->record, "probe0 asked for kinds 0x1 only, but it was told MAP");
}
END_TEST

START_TEST(outside_the_range)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x88, 0);
    told_unmap(s, 0x80000000, 0x40000000);
    end(s);
    nothing_found(s);
    begin_write(s, 0x88, 0);
    told_unmap(s, 0x80000000, 0x80000000);
    end(s);
    only(s, "FLT-RANGE", s->record, "(it should have been clipped)");
}
END_TEST

START_TEST(power_of_two)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x200, 0);
    joined(s, "probe0", CONSUMER_PROBE, NOTIFY_UNMAP, true);
    reg(s, OBS_REGISTER, "probe0", 0, UINT64_MAX, NOTIFY_UNMAP, 0);
    note_as(s, (struct note){
                   .consumer = "probe0", .type = NOTE_UNMAP, .range = iova_range(0x1000, 0x6fff)});
    end(s);
    nothing_found(s); /* an UNMAP-only consumer takes any range */
    begin_write(s, 0x88, 0);
    told_unmap(s, 0x1000, 0x6000);
    end(s);
    only(s, "FLT-MASK", s->record, "whose size is no power of two");
}
END_TEST

START_TEST(alignment)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x88, 0);
    told_unmap(s, 0x1000, 0x2000);
    end(s);
    only(s, "FLT-MASK", s->record, "whose IOVA is not aligned");
}
END_TEST

START_TEST(rights_of_a_note)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x88, 0);
    note_as(s,
            (struct note){.type = NOTE_UNMAP, .range = iova_range(0x1000, 0x1fff), .perm = PERM_R});
    end(s);
    only(s, "FLT-PERM", s->record, "an UNMAP carries none");
}
END_TEST

/* Museum L2: a 2 MiB page over the window is cropped, and its target stays behind. */
START_TEST(offset_of_a_clipped_page)
{
    struct stage *s = stage_new((struct stage_how){0});
    uint64_t l2 = 0x106000;

    store(s, L3 + 24, l2 | 3);
    inval(s, DSI(DID), 0);
    store(s, l2 + 8 * 503, 0x8000083); /* 0xfee00000, 2 MiB */
    open_inval(s, PSI(DID), 0xfee00009);
    told_map(s, 0xfef00000, 0x100000, 0x8100000, PERM_RW);
    close_inval(s, PSI(DID), 0xfee00009);
    nothing_found(s);
    begin_write(s, 0x88, 0);
    told_unmap(s, 0xfef00000, 0x100000);
    told_map(s, 0xfef00000, 0x100000, 0x8000000, PERM_RW);
    end(s);
    only(s, "FLT-OFFSET", s->record,
         "clipped to 0xfef00000 it should be told to vfio0 as 0x8100000");
}
END_TEST

START_TEST(other_domains_are_left_alone)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    open_inval(s, DSI(6), 0);
    told_unmap(s, 0x40201000, SIZE_4K); /* nothing there: changes nothing */
    close_inval(s, DSI(6), 0);
    nothing_found(s);
    open_inval(s, DSI(6), 0);
    told_unmap(s, 0x40200000, SIZE_4K);
    close_inval(s, DSI(6), 0);
    only(s, "ISO-DOMAIN", s->record, "names domain 6 and vfio0 belongs to domain 5");
}
END_TEST

START_TEST(gone_is_gone)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x200, 0);
    reg(s, OBS_UNREGISTER, "vfio0", 0, 0xfedfffff, 3, 0);
    told_unmap(s, 0xfef00000, 0x100000); /* the other notifier lives */
    reg(s, OBS_UNREGISTER, "vfio0", 0xfef00000, UINT64_MAX, 3, 0);
    flags(s, 3, 0);
    end(s);
    nothing_found(s);
    begin_write(s, 0x200, 0);
    joined(s, "vfio0", CONSUMER_VFIO, 3, false);
    told_unmap(s, 0x1000, SIZE_4K);
    end(s);
    only(s, "ISO-GONE", s->record, "vfio0 is not registered any more");
}
END_TEST

START_TEST(refusals)
{
    static const struct {
        uint64_t first, last;
        uint32_t flags;
        const char *why;
    } wrong[] = {{0, 0xfff, 0, "asks for no kind"},
                 {0x1000, 0xfff, 1, "inverted range"},
                 {0, 0xfff, 2, "asks for MAP"},
                 {0, 0xfff, 4, "device-TLB"},
                 {0, 0xfff, 0x101, "a kind that does not exist"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct stage *s = stage_new((struct stage_how){.no_cm = true, .bare = true});

        begin_write(s, 0x200, 0);
        joined(s, "probe0", CONSUMER_PROBE, 1, true);
        reg(s, OBS_REGISTER, "probe0", wrong[i].first, wrong[i].last, wrong[i].flags, -22);
        nothing_found(s);
        flags(s, 0, wrong[i].flags ? wrong[i].flags : 1);
        if (!wrong[i].flags)
            flags(s, 1, 0);
        reg(s, OBS_REGISTER, "probe0", wrong[i].first, wrong[i].last, wrong[i].flags, 0);
        end(s);
        only(s, "REG-REFUSE", s->record, wrong[i].why);
    }
}
END_TEST

START_TEST(flags_untold)
{
    struct stage *s = stage_new((struct stage_how){.bare = true});

    begin_write(s, 0x200, 0);
    joined(s, "vfio0", CONSUMER_VFIO, 3, true);
    register_vfio(s);
    end(s);
    nothing_found(s);
    begin_write(s, 0x200, 0);
    joined(s, "probe0", CONSUMER_PROBE, 5, true);
    reg(s, OBS_REGISTER, "probe0", 0, 0xfff, 1, 0); /* part of the union already */
    end(s);
    nothing_found(s);
    begin_write(s, 0x200, 0);
    reg(s, OBS_UNREGISTER, "vfio0", 0, 0xfedfffff, 3, 0);
    reg(s, OBS_UNREGISTER, "vfio0", 0xfef00000, UINT64_MAX, 3, 0);
    end(s);
    only(s, "REG-FLAGS", s->record, "now ask for 0x1, but the last union the unit was told is 0x3");
}
END_TEST

START_TEST(flags_told_twice)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin_write(s, 0x200, 0);
    flags(s, 3, 3);
    end(s);
    only(s, "REG-FLAGS", s->record, "old and new are both 0x3");
}
END_TEST

START_TEST(empty_after_reset)
{
    struct stage *s = stage_new((struct stage_how){0});

    map_page(s, 0, 0x7000000);
    begin(s, (struct rec){.kind = REC_RESET});
    show(s, (struct obs){.kind = OBS_RESET});
    told_unmap(s, 0, 0x80000000);
    end(s);
    nothing_found(s);
    stage_free(s);
    s = stage_new((struct stage_how){0});
    map_page(s, 0, 0x7000000);
    begin(s, (struct rec){.kind = REC_RESET});
    show(s, (struct obs){.kind = OBS_RESET});
    end(s);
    only(s, "RST-EMPTY", s->record, "never told to UNMAP 0x40200000-0x40200fff");
}
END_TEST

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* The ordered map against an array of pages. */
START_TEST(spans_agree_with_an_array)
{
    enum { PAGES = 2000 };
    static uint64_t target[PAGES]; /* 0: none */
    struct spans s = {0};
    uint64_t seed = 88172645463325252;

    for (int step = 0; step < 60000; step++) {
        uint64_t first = next_random(&seed) % PAGES,
                 n = next_random(&seed) % (step % 100 ? 9 : 900);
        uint64_t last = first + n < PAGES ? first + n : PAGES - 1, gpa = next_random(&seed) << 12;

        /* Half of the steps take one range and put another there, or a little beside. */
        if (step % 4 < 2 && target[first]) {
            while (first && target[first - 1] == target[first] - 4096)
                first--;
            for (last = first; last + 1 < PAGES && target[last + 1] == target[last] + 4096;)
                last++;
            ck_assert(spans_cut(&s, first * 4096, last * 4096 + 4095));
            for (uint64_t p = first; p <= last; p++)
                target[p] = 0;
            ck_assert_msg(!spans_check(&s), "%s", spans_check(&s));
            ck_assert(!spans_touch(&s, first * 4096, last * 4096 + 4095));
            if (n % 3 == 1 && first + 1 < last)
                first++;
            else if (n % 3 == 2 && first && !target[first - 1])
                first--;
        }

        ck_assert(spans_cut(&s, first * 4096, last * 4096 + 4095));
        for (uint64_t p = first; p <= last; p++)
            target[p] = 0;
        if (step % 3) {
            ck_assert(spans_put(&s, (struct span){first * 4096, last * 4096 + 4095, gpa, 7}));
            for (uint64_t p = first; p <= last; p++)
                target[p] = gpa + (p - first) * 4096 + 1;
        }
        if (step % 50)
            continue;
        ck_assert_msg(!spans_check(&s), "%s", spans_check(&s));
        for (uint64_t p = 0; p < PAGES; p++) {
            struct span_pos pos;
            struct span *x = spans_seek(&s, p * 4096 + 5, &pos);
            bool has = x && x->first <= p * 4096;

            ck_assert(has == (target[p] != 0));
            ck_assert(!has || x->gpa + (p * 4096 - x->first) + 1 == target[p]);
        }
    }
    spans_free(&s);
}
END_TEST

START_TEST(spans_as_a_set)
{
    struct spans s = {0};

    ck_assert(spans_add(&s, 0, 0xfff) && spans_add(&s, 0x2000, 0x2fff) &&
              spans_add(&s, 0x1000, 0x1fff));
    ck_assert_uint_eq(s.count, 1);
    ck_assert(spans_add(&s, 0x8000, UINT64_MAX) && spans_cut(&s, 0x9000, 0x9fff));
    ck_assert_uint_eq(s.count, 3);
    ck_assert(spans_touch(&s, 0x8fff, 0x9000) && !spans_touch(&s, 0x9000, 0x9fff));
    ck_assert(spans_add(&s, 0, UINT64_MAX));
    ck_assert_uint_eq(s.count, 1);
    ck_assert(spans_cut(&s, 0, UINT64_MAX));
    ck_assert_uint_eq(s.count, 0);
    spans_free(&s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{ordinary_life_is_clean, 1},
                                    {inplace_needs_unmap, 1},
                                    {duplicate_map, 1},
                                    {split_unmap, 1},
                                    {done_before_work, 1},
                                    {wait_before_work, 1},
                                    {replay_from_nothing, 1},
                                    {kinds_asked_for, 1},
                                    {outside_the_range, 1},
                                    {power_of_two, 1},
                                    {alignment, 1},
                                    {rights_of_a_note, 1},
                                    {offset_of_a_clipped_page, 1},
                                    {other_domains_are_left_alone, 1},
                                    {gone_is_gone, 1},
                                    {refusals, 1},
                                    {flags_untold, 1},
                                    {flags_told_twice, 1},
                                    {empty_after_reset, 1},
                                    {spans_agree_with_an_array, 1},
                                    {spans_as_a_set, 1}};

    return run_tests("checks: notifications", rows, COUNT(rows));
}
