/* SPDX-License-Identifier: MIT */
/*
 * Each comparison of a campaign can fail: one of the replays that it makes is given a system with a
 * bug (replay_run is wrapped by the linker), and it says so; without, it holds.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "campaign/campaign.h"
#include "campaign/compare.h"
#include "cli/replay.h"
#include "suite.h"
#include "trace/reader.h"

/* The quirk that the replay of that number, from 1, has. */
static struct {
    const char *quirk;
    unsigned at, made;
    unsigned stop_at; /* after this one the end is asked for; 0: never */
    volatile sig_atomic_t stop;
} bug;

void __real_replay_run(struct replay *r, const struct replay_job *job);
void __wrap_replay_run(struct replay *r, const struct replay_job *job);

void __wrap_replay_run(struct replay *r, const struct replay_job *job)
{
    static struct replay_options options;
    struct replay_job with = *job;

    options = *job->options;
    if (++bug.made == bug.at) {
        options.quirks = &bug.quirk;
        options.quirks_count = 1;
    }
    with.options = &options;
    __real_replay_run(r, &with);
    if (bug.made == bug.stop_at)
        bug.stop = SIGINT;
}

/* Tables, commands by register, pages one behind the other; translation off at the end. */
static const char by_register[] = "vtd-trace 1\n"
                                  "device 00:02.0\n"
                                  "mem 0x100000 0x101001 0x0\n"
                                  "mem 0x101100 0x102001 0x501\n"
                                  "mem 0x102000 0x103003\n"
                                  "mem 0x103000 0x104003\n"
                                  "mem 0x104000 0x5000003 0x5001003\n"
                                  "mem 0x104010 0x5002003 0x5003003\n"
                                  "w64 0x20 0x100000\n"
                                  "w32 0x18 0x40000000\n"
                                  "w32 0x18 0x80000000\n"
                                  "mem 0x104000 0x0 0x0\n"
                                  "w64 0xf0 0x0\n"
                                  "w64 0xf8 0xb000000500000000\n"
                                  "w64 0xf0 0x1000\n"
                                  "w64 0xf8 0xb000000500000000\n"
                                  "w32 0x18 0x0\n";

/* The tail written three times, a descriptor between each. */
static const char by_queue[] = "vtd-trace 1\n"
                               "device 00:02.0\n"
                               "mem 0x100000 0x101001 0x0\n"
                               "mem 0x101100 0x102001 0x501\n"
                               "mem 0x102000 0x103003\n"
                               "mem 0x103000 0x104003\n"
                               "mem 0x104000 0x5000003 0x5001003\n"
                               "w64 0x20 0x100000\n"
                               "w32 0x18 0x40000000\n"
                               "w64 0x90 0x200000\n"
                               "w32 0x18 0x4000000\n"
                               "w32 0x18 0x84000000\n"
                               "mem 0x200000 0x12 0x0\n"
                               "w32 0x88 0x10\n"
                               "mem 0x200010 0x11 0x0\n"
                               "w32 0x88 0x20\n"
                               "mem 0x200020 0x12 0x0\n"
                               "w32 0x88 0x30\n"
                               "w32 0x18 0x4000000\n";

static const struct way {
    struct compare_job job;
    const char *trace, *quirk, *key;
    unsigned at; /* the replay that has it */
} ways[] = {
    {{.what = CMP_IDEAL}, by_register, "te-off-no-switch", "RST-EMPTY", 1},
    {{.what = CMP_IDEAL, .restore = true, .at = 12},
     by_register, "migration-region-layout", "STATE-RESTORE", 1},
    {{.what = CMP_STRATEGY, .profile = "ideal"}, by_register, "te-off-no-switch", "translate", 2},
    {{.what = CMP_STRATEGY, .profile = "ideal"}, by_register, "te-off-no-switch", "dirty", 3},
    {{.what = CMP_STRATEGY, .profile = "v7"}, by_register, "unmap-keeps-rights", "translate", 2},
    {{.what = CMP_PROFILE, .profile = "qemu-10.2", .restore = true, .at = 12},
     by_register, "migration-region-layout", "STATE-RESTORE", 1},
    {{.what = CMP_PROFILE, .profile = "qemu-7.2"}, by_register, "unmap-keeps-rights", "FLT-PERM", 1},
    {{.what = CMP_PROFILE, .profile = "v7"}, by_register, "flags-told-always", "REG-FLAGS", 1},
    {{.what = CMP_AGAIN, .profile = "qemu-10.0"}, by_register, "te-off-no-switch", "digest", 2},
    {{.what = CMP_SWAP}, by_register, "te-off-no-switch", "held", 2},
    {{.what = CMP_SPLIT}, by_register, "te-off-no-switch", "held", 2},
    {{.what = CMP_JOIN}, by_register, "te-off-no-switch", "held", 2},
    {{.what = CMP_TAIL}, by_queue, "te-off-no-switch", "held", 2},
    {{.what = CMP_BLOCK}, by_register, "te-off-no-switch", "held", 2},
    {{.what = CMP_QUEUE}, by_register, "te-off-no-switch", "held", 2},
};

static struct judgement asked(const struct way *w, const char *quirk)
{
    struct judgement j = {.executions = 0};
    struct trace_damage d = {.why = ""};
    struct shrink_trace *t;
    struct trace_reader *r;
    struct shrink_case c;

    ck_assert_msg(trace_open_memory(w->trace, strlen(w->trace), &r, &d) == 0, "%s", d.why);
    ck_assert_msg(shrink_read(r, &t, &d) == 0, "%s", d.why);
    trace_close(r);
    c = shrink_now(t);
    bug.quirk = quirk;
    bug.at = quirk ? w->at : 0;
    bug.made = 0;
    ck_assert_int_eq(compare(&w->job, &c, &j), 0);
    ck_assert_msg(!j.useless, "%s says nothing", comparison_name(w->job.what));
    ck_assert_uint_eq(j.executions, bug.made);
    shrink_free(t);
    return j;
}

START_TEST(holds)
{
    const struct way *w = &ways[_i];
    struct judgement j = asked(w, NULL);

    ck_assert_msg(!j.wrong, "%s: %s: %s", comparison_name(w->job.what), j.key, j.text);
}
END_TEST

START_TEST(fails)
{
    const struct way *w = &ways[_i];
    struct judgement j = asked(w, w->quirk);

    ck_assert_msg(j.wrong, "%s does not see %s", comparison_name(w->job.what), w->quirk);
    ck_assert_str_eq(j.key, w->key);
    ck_assert_str_ne(j.text, "");
}
END_TEST

/* Each is there. */
START_TEST(all)
{
    for (unsigned c = 0; c < COMPARISONS; c++) {
        bool there = false;

        for (size_t i = 0; i < COUNT(ways); i++)
            there |= ways[i].job.what == (enum comparison)c;
        ck_assert_msg(there, "%s is not asked", comparison_name((enum comparison)c));
    }
}
END_TEST

static struct campaign_result hunted(unsigned stop_at)
{
    struct campaign_options o = {.seed = 1,
                                 .runs = 20,
                                 .events = 200,
                                 .shard = 1,
                                 .of = 1,
                                 .quirk = "psi-skip-pde",
                                 .hunt = true,
                                 .stop = &bug.stop};
    struct campaign_result r = {.parts = 0};
    struct err e = {""};

    bug.at = bug.made = 0;
    bug.stop_at = stop_at;
    bug.stop = 0;
    ck_assert_msg(campaign_run(&o, &r, &e) == 0, "%s", e.text);
    bug.stop_at = 0;
    ck_assert_uint_eq(r.canaries, 1);
    ck_assert_uint_eq(r.canary[0].caught, 1);
    ck_assert_ptr_nonnull(r.canary[0].trace);
    return r;
}

/* The end asked for while a trace shrinks: it stays as short as it is, and ends soon. */
START_TEST(interrupted_shrinking)
{
    struct campaign_result whole = hunted(0), cut = {.parts = 0};
    unsigned replays = bug.made, early = (unsigned)whole.executions + 20;

    ck_assert_uint_gt(replays, early + 20);
    cut = hunted(early);
    ck_assert_uint_lt(bug.made, early + 5);
    ck_assert_uint_eq(cut.runs, whole.runs);
    ck_assert_uint_gt(cut.canary[0].records, whole.canary[0].records);
    ck_assert_str_eq(cut.canary[0].key, whole.canary[0].key);
    campaign_result_free(&whole);
    campaign_result_free(&cut);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {holds, COUNT(ways)},
        {fails, COUNT(ways)},
        {all, 1},
        {interrupted_shrinking, 1},
    };

    return run_tests("campaign", rows, COUNT(rows));
}
