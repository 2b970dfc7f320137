/* SPDX-License-Identifier: MIT */
/*
 * What made traces touch: after some thousand random seeds no cell of the tables is empty. A cell
 * added to them, or a kind of step that is lost, shows here.
 */
#include <string.h>

#include "gen/reach_run.h"
#include "random_guest.h"
#include "suite.h"

#define SEEDS_AT_ONCE 500u
#define SEEDS_MAX     8000u

static struct reach *reached(enum gen_kind kind, uint64_t seed, uint64_t seeds, struct reach *r)
{
    struct gen_options g = {.kind = kind, .seed = seed, .events = 400};
    struct reach_span span = {.seeds = seeds, .shard = 1, .of = 1};
    struct err e = {""};

    ck_assert_ptr_nonnull(r);
    ck_assert_msg(reach_run(r, &g, &span, NULL, NULL, &e) == 0, "%s", e.text);
    return r;
}

static struct reach *reached_span(const struct gen_options *g, uint64_t shard, uint64_t of,
                                  struct reach *r)
{
    struct reach_span span = {.seeds = 32, .shard = shard, .of = of};
    struct err e = {""};

    ck_assert_ptr_nonnull(r);
    ck_assert_msg(reach_run(r, g, &span, NULL, NULL, &e) == 0, "%s", e.text);
    return r;
}

START_TEST(every_cell)
{
    struct reach *r = reach_new();
    struct reach_sum s = {1, 0};
    unsigned most = random_rounds(SEEDS_MAX), step = most < SEEDS_AT_ONCE ? most : SEEDS_AT_ONCE;

    for (uint64_t seed = 1; seed <= most && s.touched < s.possible; seed += step)
        s = reach_sum(reached(GEN_RANDOM, seed, step, r));
    ck_assert_uint_gt(s.possible, 900);
    for (unsigned t = 0; t < REACH_TABLES && most == SEEDS_MAX; t++)
        for (unsigned row = 0; row < REACH_ROWS; row++)
            for (unsigned k = 0; k < REACH_COLUMNS; k++)
                ck_assert_msg(!reach_possible((enum reach_table)t, row, k) ||
                                  reach_count(r, (enum reach_table)t, row, k) > 0,
                              "%s: %s, %s is never touched", reach_names[t].title,
                              reach_names[t].rows[row], reach_names[t].columns[k]);
    reach_free(r);
}
END_TEST

/* What is said to be impossible is not seen either, of none of the guests (_i). */
START_TEST(nothing_impossible)
{
    struct reach *r = reached((enum gen_kind)_i, 90001, random_rounds(300), reach_new());

    for (unsigned t = 0; t < REACH_TABLES; t++)
        for (unsigned row = 0; row < REACH_ROWS; row++)
            for (unsigned k = 0; k < REACH_COLUMNS; k++)
                if (reach_names[t].rows[row] && reach_names[t].columns[k])
                    ck_assert_msg(reach_possible((enum reach_table)t, row, k) ||
                                      reach_count(r, (enum reach_table)t, row, k) == 0,
                                  "%s: %s, %s was touched", reach_names[t].title,
                                  reach_names[t].rows[row], reach_names[t].columns[k]);
    reach_free(r);
}
END_TEST

/* Drivers use what drivers use: page-selective invalidations with every address mask, domain- and
 * device-selective ones, leaves of each size, no fault and no queue error. */
START_TEST(what_drivers_touch)
{
    struct reach *r = reached(GEN_WORKLOAD, 1, random_rounds(400), reach_new());

    for (unsigned am = 0; am < 19; am++)
        ck_assert_msg(reach_count(r, REACH_MASK, 0, am) > 0, "AM %u", am);
    for (unsigned row = 0; row < REACH_ROWS; row++)
        for (unsigned k = 0; k < REACH_COLUMNS; k++) {
            ck_assert_uint_eq(reach_count(r, REACH_BAD, row, k), 0);
            ck_assert_uint_eq(reach_count(r, REACH_FAULT, row, k), 0);
        }
    reach_free(r);
}
END_TEST

/* Three shards, in any order, are the whole. */
START_TEST(shards)
{
    struct gen_options g = {.kind = (enum gen_kind)_i, .seed = 5, .events = 200};
    struct reach *whole = reached_span(&g, 1, 1, reach_new()), *parts = reach_new();

    for (uint64_t i = 3; i > 0; i--)
        reached_span(&g, i, 3, parts);
    for (unsigned t = 0; t < REACH_TABLES; t++)
        for (unsigned row = 0; row < REACH_ROWS; row++)
            for (unsigned k = 0; k < REACH_COLUMNS; k++)
                ck_assert_uint_eq(reach_count(whole, (enum reach_table)t, row, k),
                                  reach_count(parts, (enum reach_table)t, row, k));
    reach_free(whole);
    reach_free(parts);
}
END_TEST

START_TEST(a_line_for_each_row)
{
    struct reach *r = reached(GEN_RANDOM, 1, 1, reach_new());
    unsigned lines = 0, rows = 0;
    char line[512];

    while (reach_line(r, lines, line, sizeof(line)))
        lines++;
    for (unsigned t = 0; t < REACH_TABLES; t++)
        for (unsigned row = 0; row < REACH_ROWS && reach_names[t].rows[row]; row++)
            rows++;
    ck_assert_uint_eq(lines, rows + 3 * REACH_TABLES + 1);
    ck_assert_ptr_nonnull(strstr(line, " cells touched"));
    reach_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{every_cell, 1},
                                    {nothing_impossible, 3},
                                    {what_drivers_touch, 1},
                                    {shards, 3},
                                    {a_line_for_each_row, 1}};

    return run_tests("reach", rows, COUNT(rows));
}
