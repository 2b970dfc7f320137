/* SPDX-License-Identifier: MIT */
/* Parts of a story: what is kept of many events, descriptors and walks in words, shell words. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report/explain.h"
#include "suite.h"

#define CAUSE 50

/* Records 1 to n, one event each, of one kind. */
static struct story_log *many(unsigned n)
{
    struct story_log *l = malloc(sizeof(*l));

    ck_assert_ptr_nonnull(l);
    story_log_init(l, CAUSE);
    for (unsigned i = 1; i <= n; i++)
        story_add(l, STORY_NOTES, i, i * 10, "event %u", i);
    return l;
}

START_TEST(few_events_are_all_kept)
{
    struct story_log *l = many(5);
    struct story_line lines[STORY_LINES];
    size_t n = story_lines(l, lines);

    ck_assert_uint_eq(n, 5);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(lines[i].event->record, i + 1);
        ck_assert_uint_eq(lines[i].left_out, 0);
    }
    ck_assert_str_eq(lines[4].event->text, "event 5");
    free(l);
}
END_TEST

START_TEST(of_many_the_first_the_last_and_the_cause)
{
    struct story_log *l = many(100);
    struct story_line lines[STORY_LINES];
    size_t n = story_lines(l, lines);

    ck_assert_uint_eq(n, STORY_FIRST + 1 + STORY_LAST);
    ck_assert_uint_eq(lines[STORY_FIRST - 1].event->record, STORY_FIRST);
    ck_assert_uint_eq(lines[STORY_FIRST].event->record, CAUSE);
    ck_assert_uint_eq(lines[STORY_FIRST + 1].event->record, 101 - STORY_LAST);
    ck_assert_uint_eq(lines[STORY_FIRST + 1].left_out, 100 - n);
    ck_assert_uint_eq(lines[n - 1].event->record, 100);
    free(l);
}
END_TEST

START_TEST(kinds_are_told_in_order)
{
    struct story_log *l = many(30);
    struct story_line lines[STORY_LINES];
    size_t n;

    story_add(l, STORY_DMA, 31, 0, "an access");
    story_add(l, STORY_TABLES, 32, 0, "a store");
    n = story_lines(l, lines);
    ck_assert_uint_eq(n, STORY_FIRST + STORY_LAST + 2);
    for (size_t i = 1; i < n; i++)
        ck_assert_uint_lt(lines[i - 1].event->order, lines[i].event->order);
    ck_assert_int_eq(lines[n - 2].kind, STORY_DMA);
    ck_assert_int_eq(lines[n - 1].kind, STORY_TABLES);
    free(l);
}
END_TEST

START_TEST(a_long_sentence_is_cut)
{
    struct story_log *l = many(0);
    char text[2 * STORY_TEXT];
    struct story_line lines[STORY_LINES];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    story_add(l, STORY_SIDE, 1, 0, "%s", text);
    ck_assert_uint_eq(story_lines(l, lines), 1);
    ck_assert_uint_eq(strlen(lines[0].event->text), STORY_TEXT - 1);
    free(l);
}
END_TEST

static void is_desc(uint64_t lo, uint64_t hi, const char *expected)
{
    char text[200];

    ck_assert_str_eq(story_desc_text(text, sizeof(text), lo, hi), expected);
}

START_TEST(descriptors)
{
    is_desc(0x11, 0, "global context-cache invalidation");
    is_desc(0x50021, 0, "context-cache invalidation of domain 5");
    is_desc(0x1000050031, 0, "context-cache invalidation of device 00:02.0, domain 5");
    is_desc(0x3001000050031, 0,
            "context-cache invalidation of device 00:02.0 and its neighbours (FM), domain 5");
    is_desc(0xd2, 0, "global IOTLB invalidation");
    is_desc(0x500e2, 0, "domain-selective IOTLB invalidation (DSI) of domain 5");
    is_desc(0x500f2, 0x1000, "page-selective IOTLB invalidation (PSI) of domain 5, 0x1000-0x1fff");
    is_desc(0x500f2, 0x200049,
            "page-selective IOTLB invalidation (PSI) of domain 5, 0x200000-0x3fffff, leaf entries "
            "only (IH)");
    is_desc(0x500f2, 0x3002,
            "page-selective IOTLB invalidation (PSI) of domain 5, 0x0-0x3fff (but the address "
            "written is 0x3000)");
    is_desc(0x500f2, 0x3f,
            "page-selective IOTLB invalidation (PSI) of domain 5, 0x0-0xffffffffffffffff");
    is_desc(0x1000000003, 0x4000, "device-IOTLB invalidation of 00:02.0, 0x4000-0x4fff");
    is_desc(0x1000000003, 0x4001, "device-IOTLB invalidation of 00:02.0, 0x4000-0x5fff");
    is_desc(0x1000000003, 0x7001, "device-IOTLB invalidation of 00:02.0, 0x0-0xffff");
    is_desc(0x1000000003, UINT64_MAX - 0xffe,
            "device-IOTLB invalidation of 00:02.0, 0x0-0xffffffffffffffff");
    is_desc(0x4, 0, "interrupt-entry-cache invalidation");
    is_desc(0x200000025, 0x300000, "wait descriptor (status 0x2 to 0x300000)");
    is_desc(0x15, 0, "wait descriptor (interrupt)");
    is_desc(0x5, 0, "wait descriptor (asks for nothing)");
    is_desc(0, 0, "descriptor of unknown type");
    is_desc(0x202, 0, "descriptor of unknown type");
    is_desc(0x2, 0, "IOTLB invalidation of no granularity");
}
END_TEST

/* Tables at 0x1000...: root, context of 00:02.0 (domain 5, 3 levels), level 3, 2 and 1. */
struct tables {
    struct guest_mem *mem;
    struct check_config c;
};

static struct tables tables(void)
{
    struct tables t = {.mem = guest_mem_new()};
    struct err e;

    ck_assert_ptr_nonnull(t.mem);
    ck_assert_int_eq(guest_mem_add(t.mem, (struct ram_block){gpa(0), 0x100000, false}, &e), 0);
    guest_mem_store(t.mem, gpa(0x1000), 0x2001);
    guest_mem_store(t.mem, gpa(0x2100), 0x3001);
    guest_mem_store(t.mem, gpa(0x2108), 0x501);
    guest_mem_store(t.mem, gpa(0x3000), 0x4003);
    guest_mem_store(t.mem, gpa(0x4000), 0x5003);
    guest_mem_store(t.mem, gpa(0x5008), 0x9001);
    t.c = (struct check_config){
        .mem = t.mem, .cap = UINT64_C(2) << 8, .ecap = UINT64_C(1) << 6, .aw_bits = 39};
    return t;
}

static void comes_to(const struct tables *t, uint64_t at, const char *expected)
{
    struct story_walk w = story_walk(&t->c, true, gpa(0x1000), bdf(0x10), iova(at));
    char text[200];

    ck_assert_str_eq(story_walk_text(text, sizeof(text), &w, iova(at)), expected);
}

START_TEST(walks)
{
    struct tables t = tables();
    struct story_walk w = story_walk(&t.c, true, gpa(0x1000), bdf(0x10), iova(0x1234));
    char text[200];

    ck_assert_uint_eq(w.steps, 5);
    ck_assert_uint_eq(w.did.v, 5);
    ck_assert(story_walk_touches(&w, gpa(0x5008), 8));
    ck_assert(!story_walk_touches(&w, gpa(0x5000), 8));
    ck_assert(story_walk_touches(&w, gpa(0x2108), 8));
    comes_to(&t, 0x1234, "0x1000-0x1fff leads to 0x9000 (r)");
    comes_to(&t, 0x2000,
             "0x2000 leads nowhere: an entry on the way is not present (fault reason 0x6)");
    comes_to(&t, UINT64_C(1) << 39,
             "0x8000000000 leads nowhere: the address lies beyond the width of the tables (fault "
             "reason 0x4)");
    ck_assert_str_eq(story_step_text(text, sizeof(text), &t.c, &w.step[4]),
                     "r, 4 KiB page at 0x9000");
    ck_assert_str_eq(story_step_text(text, sizeof(text), &t.c, &w.step[1]),
                     "present, multi-level tables, domain 5, 3 levels, top table 0x3000");
    guest_mem_store(t.mem, gpa(0x4000), 0x200083);
    comes_to(&t, 0x1234, "0x0-0x1fffff leads to 0x200000 (rw)");
    guest_mem_store(t.mem, gpa(0x4000), 0x201083 | UINT64_C(1) << 40);
    comes_to(&t, 0x1234,
             "0x1234 leads nowhere: a reserved bit of a paging entry is set (fault reason 0xc)");
    w = story_walk(&t.c, true, gpa(0x1000), bdf(0x10), iova(0x1234));
    ck_assert_str_eq(story_step_text(text, sizeof(text), &t.c, &w.step[3]),
                     "rw, 2 MiB page at 0x201000, reserved and set: bits 40 12");
    guest_mem_store(t.mem, gpa(0x4000), 0x900003);
    comes_to(&t, 0x1234, "0x1234 leads nowhere: a table cannot be read (fault reason 0x7)");
    guest_mem_store(t.mem, gpa(0x2100), 0x3009);
    comes_to(&t, 0x1234, "the device is passed through: 0x1234 leads to itself");
    guest_mem_store(t.mem, gpa(0x2108), 0x505);
    comes_to(&t, 0x1234,
             "0x1234 leads nowhere: the context entry asks for what the unit does not offer (fault "
             "reason 0x3)");
    guest_mem_store(t.mem, gpa(0x2100), 0);
    comes_to(&t, 0x1234,
             "0x1234 leads nowhere: the context entry is not present (fault reason 0x2)");
    guest_mem_store(t.mem, gpa(0x1008), 1);
    comes_to(&t, 0x1234,
             "0x1234 leads nowhere: a reserved bit of the root entry is set (fault reason 0xa)");
    w = story_walk(&t.c, false, gpa(0), bdf(0x10), iova(0));
    ck_assert_int_eq(w.end, WALK_NO_ROOT);
    guest_mem_free(t.mem);
}
END_TEST

START_TEST(shell_words)
{
    char out[40];

    ck_assert_str_eq(explain_word(out, sizeof(out), "a/b-1.trace"), "a/b-1.trace");
    ck_assert_str_eq(explain_word(out, sizeof(out), "a b"), "'a b'");
    ck_assert_str_eq(explain_word(out, sizeof(out), "it's"), "'it'\\''s'");
    ck_assert_str_eq(explain_word(out, sizeof(out), ""), "''");
    explain_word(out, sizeof(out), "a name that is longer than the room that it is given here");
    ck_assert_uint_lt(strlen(out), sizeof(out));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{few_events_are_all_kept, 1},
                                    {of_many_the_first_the_last_and_the_cause, 1},
                                    {kinds_are_told_in_order, 1},
                                    {a_long_sentence_is_cut, 1},
                                    {descriptors, 1},
                                    {walks, 1},
                                    {shell_words, 1}};

    return run_tests("explain", rows, COUNT(rows));
}
