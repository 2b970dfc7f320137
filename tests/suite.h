/* SPDX-License-Identifier: MIT */
/* One Check program: rows of tests, each run `times` times with _i = 0, 1, ... */
#ifndef VTR_TESTS_SUITE_H
#define VTR_TESTS_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct test_row {
    const TTest *test;
    int times;
};

/** Runs them all; what main returns. */
static inline int run_tests(const char *name, const struct test_row *rows, size_t count)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    SRunner *r = srunner_create(s);
    int failed;

    for (size_t i = 0; i < count; i++)
        tcase_add_loop_test(t, rows[i].test, 0, rows[i].times);
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
