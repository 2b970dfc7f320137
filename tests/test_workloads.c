/* SPDX-License-Identifier: MIT */
/*
 * Traces from a seed, replayed as they are made. A workload is a correct driver: under `ideal` no
 * invariant breaks, no rule of the guest either, and each access reaches what its driver mapped. A
 * hostile guest ends no replay, and breaks nothing in `ideal`.
 */
#include <inttypes.h>
#include <string.h>

#include "engine.h"
#include "gen/gen.h"
#include "gen/hostile.h"
#include "random_guest.h"
#include "suite.h"

struct outcome {
    int result; /* of the last step: 0, 1 (the modelled system ended) */
    uint64_t accesses, maps, leaves;
};

static void count(void *ctx, const struct obs *o)
{
    struct outcome *out = ctx;

    out->accesses += o->kind == OBS_DMA;
    out->maps += o->kind == OBS_NOTE && o->u.note->type == NOTE_MAP;
    out->leaves += o->kind == OBS_INVAL_DONE;
}

/* Replays one trace; every finding of severity violation, and where it is a correct driver of
 * severity guest, fails. */
static struct outcome replay(const struct gen_options *o, const char *profile, bool correct,
                             bool judged)
{
    struct engine_options eo = {.policy = policy_find(profile), .dma_limit = 65535};
    struct check_config c = {.mode = CHECK_FAST, .findings_kept = 4, .judge_observed = correct};
    struct outcome out = {.result = 0};
    struct engine *engine = NULL;
    struct checks *checks;
    struct err e = {""};
    struct gen g;

    ck_assert_msg(gen_open(o, &g, &e) == 0, "seed %" PRIu64 ": %s", o->seed, e.text);
    ck_assert_msg(engine_new(&g.header, &eo, &engine, &e) == 0, "%s", e.text);
    engine_check_config(engine, &c);
    checks = checks_new(&c, &e);
    ck_assert_ptr_nonnull(checks);
    ck_assert_int_eq(engine_observe(engine, checks_observer(checks)), 0);
    ck_assert_int_eq(engine_observe(engine, (struct observer){.see = count, .ctx = &out}), 0);
    ck_assert_int_eq(engine_start(engine, &e), 0);
    for (uint64_t i = 0; i < o->events && !out.result; i++) {
        const struct rec *r = gen_next(&g);

        ck_assert_msg(r != NULL, "seed %" PRIu64 ": too many records at once", o->seed);
        out.result = engine_step(engine, r, &e);
    }
    ck_assert_msg(out.result >= 0, "seed %" PRIu64 ", %s: %s", o->seed, profile, e.text);
    checks_finish(checks);
    ck_assert(!checks_failed(checks));
    for (size_t i = 0; judged && i < checks_findings(checks); i++) {
        const struct finding *f = checks_finding(checks, i);

        ck_assert_msg(f->inv->severity == SEV_COST || (!correct && f->inv->severity == SEV_GUEST),
                      "%s seed %" PRIu64 ", record %" PRIu64 ": %s: %s",
                      o->workload ? o->workload->name : "", o->seed, f->record, f->inv->id,
                      f->text);
    }
    checks_free(checks);
    engine_free(engine);
    gen_close(&g);
    return out;
}

static unsigned workloads(void)
{
    unsigned n = 0;

    while (workload_at(n))
        n++;
    return n;
}

/* _i: which workload. */
START_TEST(a_correct_driver)
{
    struct outcome all = {.result = 0};

    for (uint64_t seed = 1; seed <= random_rounds(24); seed++) {
        struct gen_options o = {.kind = GEN_WORKLOAD,
                                .workload = workload_at((unsigned)_i),
                                .seed = seed,
                                .events = seed % 8 ? 1500 : 6000};
        struct outcome one = replay(&o, "ideal", true, true);

        ck_assert_int_eq(one.result, 0);
        all.accesses += one.accesses;
        all.maps += one.maps;
        all.leaves += one.leaves;
    }
    ck_assert_uint_gt(all.accesses, 50);
    ck_assert_uint_gt(all.maps, 50);
    ck_assert_uint_gt(all.leaves, 50);
}
END_TEST

/* Knobs at their ends, ATS, vhosts, and the other caching mode. */
START_TEST(a_correct_driver_otherwise)
{
    const struct workload *l = workload_at((unsigned)_i);

    for (uint64_t seed = 1; seed <= random_rounds(16); seed++) {
        struct gen_options o = {.kind = GEN_WORKLOAD, .workload = l, .seed = seed, .events = 1500};

        o.ats = seed & 1;
        o.has_caching_mode = true;
        o.caching_mode = seed & 2;
        o.vhosts = seed & 4 ? 1 : 0;
        o.vhost[0] = bdf(0x0100);
        o.knobs.devices = seed & 8 ? 16 : 1;
        o.knobs.pages = seed & 2 ? l->pages_min : l->pages_max / 32 > l->pages_min ? 1024 : 128;
        if (o.knobs.pages > l->pages_max)
            o.knobs.pages = l->pages_max;
        o.knobs.density = seed & 4 ? 1 : 100;
        o.knobs.depth = seed & 8 ? 4 : 3;
        if ((l->knobs & KNOB_SIZES) && (seed & 4))
            o.knobs.page_sizes = seed & 1 ? 1 : 2;
        if (o.knobs.page_sizes == 2 && o.knobs.pages < 512)
            o.knobs.pages = 512;
        ck_assert_int_eq(replay(&o, "ideal", true, true).result, 0);
    }
}
END_TEST

/* Beside the real systems' faults, which may end them, nothing of ours goes wrong. */
START_TEST(under_other_profiles)
{
    static const char *const profiles[] = {"qemu-7.2", "qemu-10.0", "qemu-10.2", "v7"};

    for (uint64_t seed = 1; seed <= random_rounds(8); seed++) {
        struct gen_options o = {.kind = GEN_WORKLOAD,
                                .workload = workload_at((unsigned)_i),
                                .aw_bits = 39,
                                .seed = 100 + seed,
                                .events = 1500};

        ck_assert_int_ge(replay(&o, profiles[seed % 4], true, false).result, 0);
    }
}
END_TEST

static const char *const hostile_profiles[] = {"ideal", "qemu-7.2", "qemu-10.2", "v7"};

/* _i: which profile. */
START_TEST(a_hostile_guest)
{
    bool ideal = _i == 0;
    unsigned ended = 0;

    for (uint64_t seed = 1; seed <= random_rounds(300); seed++) {
        struct gen_options o = {.kind = GEN_HOSTILE, .seed = seed, .events = 600};

        o.aw_bits = _i == 3 ? 39 : 0;
        ended += (unsigned)replay(&o, hostile_profiles[_i], false, ideal).result;
    }
    ck_assert(!ideal || !ended);
}
END_TEST

/* What it writes is of all kinds: every register, and garbage in each place. */
START_TEST(hostile_everywhere)
{
    bool offset[1024] = {false}, wide[512] = {false};
    unsigned narrow_offsets = 0, wide_offsets = 0, refused = 0, pages = 0;

    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct gen_options o = {.kind = GEN_HOSTILE, .seed = seed};
        struct err e = {""};
        struct gen g;

        ck_assert_int_eq(gen_open(&o, &g, &e), 0);
        for (unsigned i = 0; i < 1000; i++) {
            const struct rec *r = gen_next(&g);

            if (r->kind == REC_W32)
                offset[r->u.reg.off / 4] = true;
            if (r->kind == REC_W64)
                wide[r->u.reg.off / 8] = true;
            pages += r->kind == REC_MEM && r->u.mem.words == 512;
            refused += r->kind == REC_MEM && r->u.mem.gpa.v == 0x200000;
        }
        gen_close(&g);
    }
    for (unsigned i = 0; i < 1024; i++)
        narrow_offsets += offset[i];
    for (unsigned i = 0; i < 512; i++)
        wide_offsets += wide[i];
    ck_assert_uint_gt(narrow_offsets, 600);
    ck_assert_uint_gt(wide_offsets, 400);
    ck_assert_uint_gt(pages, 100);
    ck_assert_uint_gt(refused, 100);
}
END_TEST

/* A knob that a workload does not have, or a value that it does not take, is refused in words. */
START_TEST(refused)
{
    const struct {
        struct gen_options o;
        const char *why;
    } rows[] = {
        {{.kind = GEN_WORKLOAD, .workload = workload_find("move"), .knobs = {.page_sizes = 1}},
         "--page-sizes: the workload move does not have it"},
        {{.kind = GEN_WORKLOAD, .workload = workload_find("block"), .knobs = {.page_sizes = 4}},
         "1 GiB"},
        {{.kind = GEN_WORKLOAD, .workload = workload_find("rebind"), .knobs = {.pages = 129}},
         "4 to 128"},
        {{.kind = GEN_WORKLOAD,
          .workload = workload_find("static"),
          .knobs = {.pages = 40000, .page_sizes = 1}},
         "32768"},
        {{.kind = GEN_WORKLOAD,
          .workload = workload_find("nested"),
          .knobs = {.pages = 511, .page_sizes = 2}},
         "at least 512"},
        {{.kind = GEN_WORKLOAD,
          .workload = workload_find("kexec"),
          .aw_bits = 39,
          .knobs = {.depth = 4}},
         "3 levels"},
        {{.kind = GEN_HOSTILE, .knobs = {.depth = 3}}, "--depth: a hostile guest"},
        {{.kind = GEN_HOSTILE, .knobs = {.pages = 17}}, "1 to 16"},
        {{.kind = GEN_HOSTILE, .vhosts = 1}, "--vhost"},
        {{.kind = GEN_RANDOM, .ats = true}, "--ats"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = {""};
        struct gen g;

        ck_assert_int_eq(gen_open(&rows[i].o, &g, &e), -22);
        ck_assert_msg(strstr(e.text, rows[i].why) != NULL, "%zu: %s", i, e.text);
        gen_close(&g);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{a_correct_driver, (int)workloads()},
                                    {a_correct_driver_otherwise, (int)workloads()},
                                    {under_other_profiles, (int)workloads()},
                                    {a_hostile_guest, COUNT(hostile_profiles)},
                                    {hostile_everywhere, 1},
                                    {refused, 1}};

    return run_tests("workloads", rows, COUNT(rows));
}
