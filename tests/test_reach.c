/* SPDX-License-Identifier: MIT */
/*
 * What random traces touch: after some thousand seeds no cell of the tables is empty. A cell added
 * to them, or a kind of step that is lost, shows here.
 */
#include <string.h>

#include "gen/reach_run.h"
#include "random_guest.h"
#include "suite.h"

#define SEEDS_AT_ONCE 500u
#define SEEDS_MAX     8000u

static struct reach *reached(uint64_t seed, uint64_t seeds, struct reach *r)
{
    struct gen_random g = {.seed = seed, .events = 400};
    struct err e = {""};

    ck_assert_ptr_nonnull(r);
    ck_assert_msg(reach_random(r, &g, seeds, NULL, &e) == 0, "%s", e.text);
    return r;
}

START_TEST(every_cell)
{
    struct reach *r = reach_new();
    struct reach_sum s = {1, 0};
    unsigned most = random_rounds(SEEDS_MAX), step = most < SEEDS_AT_ONCE ? most : SEEDS_AT_ONCE;

    for (uint64_t seed = 1; seed <= most && s.touched < s.possible; seed += step)
        s = reach_sum(reached(seed, step, r));
    ck_assert_uint_gt(s.possible, 800);
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

/* What is said to be impossible is not seen either. */
START_TEST(nothing_impossible)
{
    struct reach *r = reached(90001, random_rounds(300), reach_new());

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

START_TEST(a_line_for_each_row)
{
    struct reach *r = reached(1, 1, reach_new());
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
    const struct test_row rows[] = {
        {every_cell, 1}, {nothing_impossible, 1}, {a_line_for_each_row, 1}};

    return run_tests("reach", rows, COUNT(rows));
}
