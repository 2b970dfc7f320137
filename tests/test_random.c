/* SPDX-License-Identifier: MIT */
/*
 * Random guests. Three answers to one question: walk and translate must notify the same; the
 * checks' oracle must agree that `ideal` breaks nothing; fast and full checks must find the same.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "random_guest.h"

#define RECORDS 3000u

struct listener {
    uint64_t hash;
    uint64_t notes;
};

struct run {
    struct engine *engine;
    struct checks *checks;
    struct listener heard;
    int result;
};

struct plan {
    const char *profile;
    const char *quirk; /* NULL: none */
    unsigned aw_bits;
    enum sync_strategy sync;
    enum check_mode mode;
    bool caching_mode;
    bool mixed; /* probes of all kinds beside the default consumers */
    bool careful;
    uint64_t seed;
};

static void feed(struct listener *l, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++) {
        l->hash ^= v >> 8 * i & 0xff;
        l->hash *= UINT64_C(0x100000001b3);
    }
}

static void see(void *ctx, const struct obs *o)
{
    struct listener *l = ctx;
    const struct note *n = o->u.note;

    if (o->kind == OBS_DMA) {
        feed(l, o->u.dma.result.end);
        feed(l, o->u.dma.result.gpa.v);
        feed(l, o->u.dma.result.reason);
    }
    if (o->kind != OBS_NOTE)
        return;
    l->notes++;
    feed(l, n->record);
    feed(l, n->type);
    feed(l, n->range.first.v);
    feed(l, n->range.last.v);
    feed(l, n->gpa.v);
    feed(l, n->perm);
    feed(l, (uint64_t)(int64_t)n->result);
}

static size_t attachments(struct attach_rec *a)
{
    static const char *const names[] = {"all", "unmap", "low"};
    static const uint32_t flags[] = {NOTIFY_MAP | NOTIFY_UNMAP, NOTIFY_UNMAP,
                                     NOTIFY_MAP | NOTIFY_UNMAP};

    for (unsigned i = 0; i < 3; i++) {
        a[i] = (struct attach_rec){.kind = CONSUMER_PROBE, .bdf = bdf(0x10), .has_flags = true};
        snprintf(a[i].name, sizeof(a[i].name), "%s", names[i]);
        a[i].flags = flags[i];
    }
    a[2].has_range = true;
    a[2].range = iova_range(0x1000, 0xc0205fff);
    a[3] = (struct attach_rec){.name = "v", .kind = CONSUMER_VFIO, .bdf = bdf(0x10)};
    a[4] = (struct attach_rec){.name = "v18", .kind = CONSUMER_VFIO, .bdf = bdf(0x18)};
    return 5;
}

static void open_run(struct run *r, const struct plan *p)
{
    struct device_rec aliased = {.bdf = bdf(0x18), .has_alias = true, .alias = bdf(0x10)};
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct attach_rec attach[5];
    struct policy *policy = policy_copy(policy_find(p->profile));
    struct engine_options o = {.policy = policy, .sync = p->sync};
    struct check_config c = {.mode = p->mode, .findings_kept = 4};
    struct err e;

    *r = (struct run){.heard = {.hash = UINT64_C(0xcbf29ce484222325)}};
    h.unit.aw_bits = (uint8_t)p->aw_bits;
    h.unit.caching_mode = p->caching_mode;
    h.unit.intremap = true; /* its interrupt-entry-cache descriptors are not to stop the queue */
    if (p->seed % 4 == 1) {
        h.devices = &aliased;
        h.devices_count = 1;
    }
    if (p->mixed) {
        o.attach = attach;
        o.attach_count = attachments(attach);
    }
    if (p->quirk)
        ck_assert_int_eq(policy_apply_quirk(policy, p->quirk, &e), 0);
    ck_assert_msg(engine_new(&h, &o, &r->engine, &e) == 0, "%s", e.text);
    free(policy); /* the engine has a copy */
    engine_check_config(r->engine, &c);
    r->checks = checks_new(&c, &e);
    ck_assert_ptr_nonnull(r->checks);
    ck_assert_int_eq(engine_observe(r->engine, (struct observer){.see = see, .ctx = &r->heard}), 0);
    ck_assert_int_eq(engine_observe(r->engine, checks_observer(r->checks)), 0);
    ck_assert_int_eq(engine_start(r->engine, &e), 0);
}

static void do_run(struct run *r, const struct plan *p)
{
    struct random_guest g;
    struct err e = {""};

    open_run(r, p);
    random_guest_init(&g, p->seed, (p->aw_bits - 12) / 9, p->careful);
    for (unsigned i = 0; i < RECORDS && r->result == 0; i++)
        r->result = engine_step(r->engine, random_guest_next(&g), &e);
    ck_assert_msg(r->result >= 0, "%s seed %" PRIu64 ": %s", p->profile, p->seed, e.text);
    checks_finish(r->checks);
    ck_assert(!checks_failed(r->checks));
}

static void end_run(struct run *r)
{
    checks_free(r->checks);
    engine_free(r->engine);
}

static void expect_no_violation(const struct run *r, const struct plan *p)
{
    for (size_t i = 0; i < checks_findings(r->checks); i++) {
        const struct finding *f = checks_finding(r->checks, i);

        ck_assert_msg(f->inv->severity != SEV_VIOLATION,
                      "%s aw %u seed %" PRIu64 " record %" PRIu64 " %s %s: %s", p->profile,
                      p->aw_bits, p->seed, f->record, f->inv->id, f->consumer ? f->consumer : "-",
                      f->text);
    }
    ck_assert_uint_eq(checks_total(r->checks, SEV_VIOLATION), 0);
}

#define PROFILES 6
static const char *const profiles[PROFILES] = {"qemu-7.2", "qemu-10.2", "ideal", "v3", "v6", "v7"};

/* The seeds' profiles offer 39 bits alone. */
static unsigned width(int profile, uint64_t seed)
{
    return seed % 2 || profiles[profile][0] == 'v' ? 39 : 48;
}

/* _i: profile. */
START_TEST(walk_and_translate_notify_the_same)
{
    uint64_t notes = 0;

    for (uint64_t seed = 1; seed <= random_rounds(60); seed++) {
        struct plan p = {.profile = profiles[_i],
                         .aw_bits = width(_i, seed),
                         .mode = CHECK_OFF,
                         .caching_mode = seed % 5 != 0,
                         .mixed = seed % 3 != 0,
                         .seed = seed};
        struct run walk, translate, dirty;

        do_run(&walk, &p);
        p.sync = SYNC_TRANSLATE;
        do_run(&translate, &p);
        ck_assert_msg(walk.heard.hash == translate.heard.hash &&
                          walk.heard.notes == translate.heard.notes,
                      "%s seed %" PRIu64 ": walk and translate differ (%" PRIu64 " and %" PRIu64
                      " notifications)",
                      p.profile, seed, walk.heard.notes, translate.heard.notes);
        notes += walk.heard.notes;
        if (_i < 3) { /* v3, v6 and v7 notify what did not change, too */
            p.sync = SYNC_DIRTY;
            do_run(&dirty, &p);
            ck_assert_msg(walk.heard.hash == dirty.heard.hash &&
                              walk.heard.notes == dirty.heard.notes,
                          "%s seed %" PRIu64 ": walk and dirty differ", p.profile, seed);
            end_run(&dirty);
        }
        end_run(&walk);
        end_run(&translate);
    }
    ck_assert_uint_gt(notes, 100);
}
END_TEST

/* _i: 0 hostile guest, 1 careful guest. */
START_TEST(ideal_breaks_nothing)
{
    uint64_t notes = 0;

    for (uint64_t seed = 1; seed <= random_rounds(60); seed++) {
        static const unsigned widths[3] = {39, 48, 57};
        struct plan p = {.profile = "ideal",
                         .aw_bits = widths[seed % 3],
                         .mode = CHECK_FULL,
                         .caching_mode = seed % 5 != 0,
                         .mixed = seed % 2 != 0,
                         .careful = _i,
                         .seed = 1000 + seed};
        struct run r;

        do_run(&r, &p);
        ck_assert_int_eq(r.result, 0);
        expect_no_violation(&r, &p);
        notes += r.heard.notes;
        end_run(&r);
    }
    ck_assert_uint_gt(notes, 100);
}
END_TEST

/* _i: profile. */
START_TEST(fast_and_full_checks_agree)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (uint64_t seed = 1; seed <= random_rounds(30); seed++) {
        struct plan p = {.profile = profiles[_i],
                         .aw_bits = width(_i, seed),
                         .mode = CHECK_FAST,
                         .caching_mode = true,
                         .mixed = seed % 3 == 0,
                         .seed = 2000 + seed};
        struct run fast, full;

        do_run(&fast, &p);
        p.mode = CHECK_FULL;
        do_run(&full, &p);
        for (size_t i = 0; i < rows; i++)
            ck_assert_msg(
                (checks_count(fast.checks, i) == 0) == (checks_count(full.checks, i) == 0),
                "%s seed %" PRIu64 " %s: fast %" PRIu64 ", full %" PRIu64, p.profile, p.seed,
                inv[i].id, checks_count(fast.checks, i), checks_count(full.checks, i));
        end_run(&fast);
        end_run(&full);
    }
}
END_TEST

static uint64_t found(const struct run *r, const char *id)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++)
        if (!strcmp(inv[i].id, id))
            return checks_count(r->checks, i);
    ck_abort_msg("no invariant %s", id);
    return 0;
}

/* What `ideal` never breaks among random guests is broken where it should be. */
static const struct {
    const char *profile, *quirk, *id;
    bool careful;
} breaks[] = {
    {"qemu-7.2", NULL, "COH-TRANSIENT", true},
    {"qemu-10.2", NULL, "COH-TRANSIENT", true},
    {"qemu-10.2", NULL, "LIVE-QUEUE", false},
    {"qemu-10.2", NULL, "CST-REDUNDANT", true},
    {"ideal", NULL, "CST-OVERREACH", true},
    {"ideal", "iotlb-pages-drop-all", "COH-EXACT", true},
    {"ideal", "iotlb-large-stays", "COH-EXACT", true},
    {"ideal", "entry-kept", "LIFE-ENTRY", true},
};

/* _i: row of breaks. */
START_TEST(the_others_are_caught)
{
    uint64_t count = 0;

    for (uint64_t seed = 1; seed <= random_rounds(20) || (seed <= 20 && !count); seed++) {
        struct plan p = {.profile = breaks[_i].profile,
                         .quirk = breaks[_i].quirk,
                         .aw_bits = 39,
                         .caching_mode = true,
                         .mixed = true,
                         .careful = breaks[_i].careful,
                         .seed = 3000 + seed};
        struct run r;

        do_run(&r, &p);
        count += found(&r, breaks[_i].id);
        end_run(&r);
    }
    ck_assert_msg(count > 0, "%s is never broken by %s%s%s", breaks[_i].id, breaks[_i].profile,
                  breaks[_i].quirk ? " with " : "", breaks[_i].quirk ? breaks[_i].quirk : "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("random guests");
    TCase *c = tcase_create("equivalence");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 600);
    tcase_add_loop_test(c, walk_and_translate_notify_the_same, 0, PROFILES);
    tcase_add_loop_test(c, ideal_breaks_nothing, 0, 2);
    tcase_add_loop_test(c, fast_and_full_checks_agree, 0, PROFILES);
    tcase_add_loop_test(c, the_others_are_caught, 0, sizeof(breaks) / sizeof(breaks[0]));
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
