/* SPDX-License-Identifier: MIT */
/*
 * What a campaign's result says of the runs that were made: one that was interrupted is never taken
 * for whole, not alone, not as JSON, not united with others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign.h"
#include "suite.h"

#define RUNS 20u

/* The end is asked for when so many runs are made. */
struct asker {
    volatile sig_atomic_t stop;
    uint64_t at;
};

static void ask(void *ctx, uint64_t run, const struct campaign_result *r, const char *found)
{
    struct asker *a = ctx;

    (void)run;
    (void)found;
    if (r->runs == a->at)
        a->stop = 2;
}

static struct campaign_result made(uint64_t runs, uint64_t shard, uint64_t of, uint64_t stop_at)
{
    struct asker a = {0, stop_at};
    struct campaign_options o = {.seed = 4,
                                 .runs = runs,
                                 .events = 20,
                                 .shard = shard,
                                 .of = of,
                                 .canary = true,
                                 .shrink_runs = 1,
                                 .progress = ask,
                                 .ctx = &a,
                                 .stop = &a.stop};
    struct campaign_result r = {.parts = 0};
    struct err e = {""};

    ck_assert_msg(campaign_run(&o, &r, &e) == 0, "%s", e.text);
    return r;
}

static char *text_of(const struct campaign_result *r,
                     int (*write)(FILE *, const struct campaign_result *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(write(f, r), 0);
    ck_assert_int_eq(fclose(f), 0);
    return text;
}

/* Written and read again. */
static struct campaign_result travelled(const struct campaign_result *r)
{
    struct campaign_result back = {.parts = 0};
    char *json = text_of(r, campaign_write), *again;
    struct err e = {""};

    ck_assert_msg(campaign_read(json, &back, &e) == 0, "%s", e.text);
    again = text_of(&back, campaign_write);
    ck_assert_str_eq(json, again);
    free(json);
    free(again);
    return back;
}

static void merge(struct campaign_result *to, struct campaign_result from)
{
    struct campaign_result back = travelled(&from);
    struct err e = {""};

    ck_assert_msg(campaign_merge(to, &back, &e) == 0, "%s", e.text);
    campaign_result_free(&from);
    campaign_result_free(&back);
}

static void says(const struct campaign_result *r, const char *words)
{
    char *text = text_of(r, campaign_print);

    ck_assert_msg(strstr(text, words) != NULL, "'%s' is not in: %s", words, text);
    free(text);
}

START_TEST(interrupted)
{
    struct campaign_result cut = made(RUNS, 1, 1, 7), as_many = made(7, 1, 1, 0);
    struct campaign_result back = travelled(&cut);
    bool missed = false;

    ck_assert_uint_eq(cut.runs, 7);
    ck_assert_uint_eq(cut.records, as_many.records);
    ck_assert_uint_eq(cut.executions, as_many.executions);
    ck_assert_mem_eq(cut.asked, as_many.asked, sizeof(cut.asked));
    ck_assert(campaign_cut(&cut) && !campaign_whole(&cut));
    ck_assert(campaign_cut(&back) && !campaign_whole(&back));
    says(&back, "  interrupted after 7 of 20 runs\n  missing: 13 of 20 runs\n");
    /* A canary may be caught in what is missing. */
    for (size_t i = 0; i < cut.canaries; i++)
        missed = missed || !cut.canary[i].caught;
    ck_assert(missed && cut.findings == 0);
    ck_assert(!campaign_failed(&cut) && campaign_failed(&as_many));
    says(&cut, "not yet: runs are missing");
    campaign_result_free(&cut);
    campaign_result_free(&as_many);
    campaign_result_free(&back);
}
END_TEST

/* Asked for after the last run: nothing is missing. */
START_TEST(at_the_end)
{
    struct campaign_result r = made(3, 1, 1, 3);

    ck_assert(campaign_whole(&r) && !campaign_cut(&r));
    campaign_result_free(&r);
}
END_TEST

START_TEST(merged)
{
    struct campaign_result all = {.parts = 0}, again = made(RUNS, 2, 3, 0);
    struct err e = {""};

    merge(&all, made(RUNS, 3, 3, 0));
    merge(&all, made(RUNS, 2, 3, 5)); /* of 7 */
    ck_assert(!campaign_whole(&all));
    merge(&all, made(RUNS, 1, 3, 0));
    ck_assert_uint_eq(all.runs, RUNS - 2);
    ck_assert(!campaign_whole(&all) && campaign_cut(&all));
    says(&all, "seed 4, 20 runs, 3 of 3 shards\n"
               "  shard 2/3: interrupted after 5 of 7 runs\n"
               "  missing: 2 of 20 runs\n");
    ck_assert_int_eq(campaign_merge(&all, &again, &e), -EEXIST);
    campaign_result_free(&all);
    campaign_result_free(&again);
}
END_TEST

static const char *const wrong[] = {
    "\"of\":0,\"shards\":[1]",
    "\"of\":65537,\"shards\":[1]",
    "\"shards\":[1]",
    "\"of\":2,\"shards\":[]",
    "\"of\":2",
    "\"of\":2,\"shards\":[3]",
    "\"of\":2,\"shards\":[0]",
    "\"of\":2,\"shards\":[1.5]",
    "\"of\":2,\"shards\":[1,1]",
    "\"of\":2,\"shards\":[1,2,1]",
    "\"of\":1,\"shards\":[1],\"interrupted\":[{\"shard\":1,\"done\":3}]",
    "\"of\":2,\"shards\":[2],\"interrupted\":[{\"shard\":2,\"done\":3}]",
    "\"of\":2,\"shards\":[2],\"interrupted\":[{\"shard\":1,\"done\":6}]",
    "\"of\":2,\"shards\":[2],\"interrupted\":[{\"shard\":1}]",
    "\"of\":2,\"shards\":[2],\"interrupted\":[{\"done\":1}]",
    "\"of\":2,\"shards\":[2],\"interrupted\":1",
};

START_TEST(refused)
{
    struct campaign_result r = {.parts = 0};
    char json[600];
    struct err e = {""};

    snprintf(json, sizeof(json),
             "{\"format\":\"vtd-replay campaign 1\",\"parts\":[{\"seed\":\"0x1\",\"runs\":10,"
             "\"events\":9,\"canary\":false,%s}]}",
             wrong[_i]);
    ck_assert_int_eq(campaign_read(json, &r, &e), -EINVAL);
    ck_assert_msg(strstr(e.text, "\"of\"") || strstr(e.text, "\"shards\"") ||
                      strstr(e.text, "\"interrupted\""),
                  "%s", e.text);
    campaign_result_free(&r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {interrupted, 1},
        {at_the_end, 1},
        {merged, 1},
        {refused, COUNT(wrong)},
    };

    return run_tests("campaign_result", rows, COUNT(rows));
}
