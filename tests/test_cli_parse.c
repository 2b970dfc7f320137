/* SPDX-License-Identifier: MIT */
/* Values and options of the command line, good and bad. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/parse.h"

static struct err e;

START_TEST(numbers)
{
    static const char *const bad[] = {"",
                                      "0x",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1k",
                                      "0x1g",
                                      "18446744073709551616",
                                      "0x10000000000000000",
                                      "x1"};
    uint64_t v;

    ck_assert_int_eq(arg_number("--from", "0", &v, &e), 0);
    ck_assert_uint_eq(v, 0);
    ck_assert_int_eq(arg_number("--from", "18446744073709551615", &v, &e), 0);
    ck_assert_uint_eq(v, UINT64_MAX);
    ck_assert_int_eq(arg_number("--from", "0xFFffFFffFFffFFff", &v, &e), 0);
    ck_assert_uint_eq(v, UINT64_MAX);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(arg_number("--from", bad[i], &v, &e) == -EINVAL, "'%s' was taken", bad[i]);
    ck_assert_ptr_nonnull(strstr(e.text, "--from"));
}
END_TEST

START_TEST(failures)
{
    static const char *const bad[] = {
        "",         "map",         "map:1",       "map:0:EEXIST", "maps:1:EIO",
        "ma:1:EIO", "map:1:ENONE", "map:1:0",     "map:1:4096",   "map::EIO",
        ":1:EIO",   "map:x:EIO",   "map:1:EIO:2", "map:1:EEXIST "};
    struct engine_fail f;

    ck_assert_int_eq(arg_fail("--fail", "unmap:12:EBUSY", &f, &e), 0);
    ck_assert_int_eq(f.op, FAIL_UNMAP);
    ck_assert_uint_eq(f.nth, 12);
    ck_assert_int_eq(f.error, EBUSY);
    ck_assert_int_eq(arg_fail("--fail", "alloc:1:12", &f, &e), 0);
    ck_assert_int_eq(f.op, FAIL_ALLOC);
    ck_assert_int_eq(f.error, 12);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(arg_fail("--fail", bad[i], &f, &e) == -EINVAL, "'%s' was taken", bad[i]);
    ck_assert_ptr_nonnull(strstr(e.text, "--fail"));
}
END_TEST

START_TEST(devices)
{
    static const char *const bad[] = {"",         "00:03",  "00:20.0", "00:03.8", "100:03.0",
                                      "00:03.0 ", "0003.0", "00:03.",  ":03.0",   "00:03.0x"};
    bdf_t b;

    ck_assert_int_eq(arg_bdf("--device", "00:03.0", &b, &e), 0);
    ck_assert_uint_eq(b.v, 0x18);
    ck_assert_int_eq(arg_bdf("--device", "Ff:1f.7", &b, &e), 0);
    ck_assert_uint_eq(b.v, 0xffff);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(arg_bdf("--device", bad[i], &b, &e) == -EINVAL, "'%s' was taken", bad[i]);
}
END_TEST

START_TEST(ranges)
{
    struct iova_range r;

    ck_assert_int_eq(arg_iova_range("--iova", "0x1000-0x1fff", &r, &e), 0);
    ck_assert_uint_eq(r.first.v, 0x1000);
    ck_assert_uint_eq(r.last.v, 0x1fff);
    ck_assert_int_eq(arg_iova_range("--iova", "0-0", &r, &e), 0);
    ck_assert_int_eq(arg_iova_range("--iova", "2-1", &r, &e), -EINVAL);
    ck_assert_int_eq(arg_iova_range("--iova", "0x1000", &r, &e), -EINVAL);
    ck_assert_int_eq(arg_iova_range("--iova", "-0x1000", &r, &e), -EINVAL);
    ck_assert_int_eq(arg_iova_range("--iova", "0x1000-", &r, &e), -EINVAL);
}
END_TEST

START_TEST(consumers)
{
    struct attach_rec a;

    ck_assert_int_eq(arg_attach("--attach", "vfio@0:3.0", &a, &e), 0);
    ck_assert_str_eq(a.name, "vfio@00:03.0");
    ck_assert_int_eq(a.kind, CONSUMER_VFIO);
    ck_assert_int_eq(arg_attach("--attach", "probe@01:00.1", &a, &e), 0);
    ck_assert_int_eq(a.kind, CONSUMER_PROBE);
    ck_assert_int_eq(arg_attach("--attach", "vhost@00:03.0", &a, &e), 0);
    ck_assert_int_eq(a.kind, CONSUMER_VHOST);
    ck_assert_int_eq(arg_attach("--attach", "mdev@00:03.0", &a, &e), 0);
    ck_assert_int_eq(a.kind, CONSUMER_MDEV);
    ck_assert_str_eq(a.name, "mdev@00:03.0");
    ck_assert_int_eq(arg_attach("--attach", "vfi@00:03.0", &a, &e), -EINVAL);
    ck_assert_int_eq(arg_attach("--attach", "vfio", &a, &e), -EINVAL);
    ck_assert_int_eq(arg_attach("--attach", "vfio@", &a, &e), -EINVAL);
}
END_TEST

static int parse(struct replay_options *o, const char *line)
{
    static char copy[256];
    static char *argv[32];
    int argc = 0;

    snprintf(copy, sizeof(copy), "replay %s", line);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        argv[argc++] = w;
    argv[argc] = NULL;
    return options_parse(o, argc, argv, &e);
}

START_TEST(options_and_traces)
{
    struct replay_options o;

    ck_assert_int_eq(
        parse(&o, "a --sync translate --strict=guest b --dma-limit 0 --check=full -- --c"), 0);
    ck_assert_uint_eq(o.traces_count, 3);
    ck_assert_str_eq(o.traces[2], "--c");
    ck_assert_int_eq(o.sync, SYNC_TRANSLATE);
    ck_assert_int_eq(o.check, CHECK_FULL);
    ck_assert(o.strict_guest);
    ck_assert_uint_eq(o.dma_limit, 0);
    options_free(&o);
    ck_assert_int_eq(parse(&o, "-"), 0);
    ck_assert_uint_eq(o.dma_limit, 65535);
    ck_assert_int_eq(o.form, FORM_TEXT);
    options_free(&o);
    ck_assert_int_eq(parse(&o, "--type1 list --type1 chain a"), 0);
    ck_assert(o.type1_chain);
    options_free(&o);
    ck_assert_int_eq(parse(&o, "--events - a"), 0);
    ck_assert(!o.type1_chain);
    ck_assert_int_eq(o.form, FORM_NONE);
    options_free(&o);
    ck_assert_int_eq(parse(&o, "--events - --report json a"), 0);
    ck_assert_int_eq(o.form, FORM_JSON);
    options_free(&o);
}
END_TEST

START_TEST(bad_usage_is_told)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"", "no trace given"},
        {"- -", "only once"},
        {"--sync fast a", "expected walk, translate, translate-4k or dirty"},
        {"--profile qemu-10.1 a", "not known"},
        {"--profile nonsense a", "not known"},
        {"--quirk nonsense a", "--list-quirks"},
        {"--type1 both a", "expected list or chain"},
        {"--check deep a", "expected fast, full or off"},
        {"--report html a", "expected text or json"},
        {"--strict=all a", "--strict"},
        {"--from 5 --to 4 a", "--from lies behind --to"},
        {"--events - a b", "name a directory"},
        {"--attach vfio@00:03.0 --attach vfio@0:3.0 a", "given twice"},
        {"--nonsense a", "--nonsense is no option"},
        {"-x a", "is no option"},
        {"a --profile", "needs a value"},
        {"--digest=4 a", "not written so"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct replay_options o;

        ck_assert_msg(parse(&o, bad[i].line) == -EINVAL, "'%s' was taken", bad[i].line);
        ck_assert_msg(strstr(e.text, bad[i].says) != NULL, "'%s' says: %s", bad[i].line, e.text);
        options_free(&o);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("command line");
    TCase *t = tcase_create("parse");
    SRunner *r;
    int failed;

    tcase_add_test(t, numbers);
    tcase_add_test(t, failures);
    tcase_add_test(t, devices);
    tcase_add_test(t, ranges);
    tcase_add_test(t, consumers);
    tcase_add_test(t, options_and_traces);
    tcase_add_test(t, bad_usage_is_told);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
