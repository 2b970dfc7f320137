/* SPDX-License-Identifier: MIT */
/*
 * A correct driver is not accused of anything; one that forgets a duty now and then is, of that.
 * Strict and deferred invalidation, with caching mode and without, with device-TLBs and without.
 */
#include "correct_guest.h"
#include "random_guest.h"
#include "suite.h"

#include <inttypes.h>
#include <string.h>

#define RECORDS 2500u

static const char *const profiles[] = {"qemu-7.2", "qemu-10.0", "qemu-10.2", "ideal"};

static struct checks *run(const char *profile, const struct correct_how *how)
{
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct engine_options o = {.policy = policy_find(profile)};
    struct check_config c = {.mode = CHECK_FAST, .findings_kept = 4};
    struct checks *checks;
    struct engine *engine;
    struct err e;
    int result;

    h.unit.aw_bits = (uint8_t)(12 + 9 * how->levels);
    h.unit.caching_mode = how->caching_mode;
    h.unit.device_iotlb = how->ats;
    h.unit.intremap = true;
    ck_assert_msg(engine_new(&h, &o, &engine, &e) == 0, "%s", e.text);
    engine_check_config(engine, &c);
    checks = checks_new(&c, &e);
    ck_assert_ptr_nonnull(checks);
    ck_assert_int_eq(engine_observe(engine, checks_observer(checks)), 0);
    ck_assert_int_eq(engine_start(engine, &e), 0);
    result = correct_guest_run(engine, how, RECORDS);
    /* An abort of the modelled system is no matter here. */
    ck_assert_msg(result >= 0, "%s seed %" PRIu64, profile, how->seed);
    checks_finish(checks);
    ck_assert(!checks_failed(checks));
    engine_free(engine);
    return checks;
}

static struct correct_how how_of(uint64_t seed, bool caching_mode, bool lazy)
{
    return (struct correct_how){.levels = 3 + seed % 2,
                                .caching_mode = caching_mode,
                                .lazy = lazy,
                                .ats = seed / 2 % 2,
                                .seed = seed};
}

/* _i: bit 0 caching mode, bit 1 deferred. */
START_TEST(a_correct_driver)
{
    for (uint64_t seed = 1; seed <= random_rounds(120); seed++) {
        struct correct_how how = how_of(seed, _i & 1, _i & 2);
        const char *profile = profiles[seed % 3];
        struct checks *c = run(profile, &how);

        for (size_t i = 0; i < checks_findings(c); i++) {
            const struct finding *f = checks_finding(c, i);

            ck_assert_msg(f->inv->severity != SEV_GUEST,
                          "%s seed %" PRIu64 " record %" PRIu64 " %s: %s", profile, seed, f->record,
                          f->inv->id, f->text);
        }
        ck_assert_uint_eq(checks_total(c, SEV_GUEST), 0);
        checks_free(c);
    }
}
END_TEST

static const struct {
    enum sloppy sloppy;
    const char *id;
    bool lazy;
} sloppy[] = {
    {SLOPPY_NO_FLUSH, "GST-NOFLUSH", false},   {SLOPPY_NO_FLUSH, "GST-NOFLUSH", true},
    {SLOPPY_NO_WAIT, "GST-O6", false},         {SLOPPY_NO_WAIT, "GST-O7", false},
    {SLOPPY_NO_WAIT, "GST-O6", true},          {SLOPPY_NO_DEVTLB, "GST-O2", false},
    {SLOPPY_NO_DEVTLB, "GST-O2", true},        {SLOPPY_DEVTLB_FIRST, "GST-O2", false},
    {SLOPPY_DEVTLB_FIRST, "GST-O2", true},     {SLOPPY_HINT, "GST-O8", false},
    {SLOPPY_SPLIT_IN_PLACE, "GST-P2", false},  {SLOPPY_MOVE_IN_PLACE, "GST-P1", false},
    {SLOPPY_SMALL_MASK, "GST-P3", false},      {SLOPPY_DOMAIN_EARLY, "GST-C6", false},
    {SLOPPY_DOMAIN_EARLY, "GST-O7", false},    {SLOPPY_DOMAIN_EARLY, "GST-CTX", false},
    {SLOPPY_TORN_CONTEXT, "GST-C3", false},    {SLOPPY_NO_IOTLB_AT_START, "GST-O1", false},
    {SLOPPY_NO_IEC, "GST-G6", false},          {SLOPPY_NO_STATUS_READ, "GST-G2", false},
    {SLOPPY_LATE_DESCRIPTOR, "GST-Q6", false}, {SLOPPY_SAME_WAIT, "GST-Q9", false},
};

/* _i: which duty is forgotten. */
START_TEST(a_forgetful_driver)
{
    uint64_t found = 0;
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct correct_how how = how_of(seed, false, sloppy[_i].lazy);
        struct checks *c;

        how.sloppy = sloppy[_i].sloppy;
        c = run("ideal", &how);
        for (size_t i = 0; i < rows; i++)
            if (!strcmp(inv[i].id, sloppy[_i].id))
                found += checks_count(c, i);
        checks_free(c);
        if (found)
            break;
    }
    ck_assert_msg(found > 0, "%s was not found", sloppy[_i].id);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{a_correct_driver, 4}, {a_forgetful_driver, COUNT(sloppy)}};

    return run_tests("checks: a correct guest", rows, COUNT(rows));
}
