/* SPDX-License-Identifier: MIT */
/*
 * Injected failures: the Nth map, unmap or allocation of the consumers' sides fails, N upward until
 * a run ends in which nothing failed (contract, `fail`; engine.h, engine_fail). `ideal` breaks no
 * promise whatever fails; the others break ERR-CONVERGE and what follows from it, nothing else.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "random_guest.h"
#include "suite.h"
#include "trace/reader.h"

#define INVARIANTS_MAX 256u

/* A trace, and how much of it. */
static const struct {
    const char *path;
    uint64_t records; /* 0: all */
} traces[] = {
    {"tests/traces/invariants/inplace.trace", 0},
    {"tests/traces/invariants/refused-map.trace", 0},
    {"tests/traces/invariants/refused-unmap.trace", 0},
    {"tests/traces/invariants/split.trace", 0},
    {"tests/traces/invariants/te-on-mapped.trace", 0},
    {"tests/traces/invariants/te-off.trace", 0},
    {"tests/traces/invariants/window-2m.trace", 0},
    {"tests/traces/invariants/domains.trace", 0},
    {"traces/passthrough.vtt.zst", 450},
};

static const int errors[] = {EEXIST, ENOSPC, EINVAL, EBUSY, ENOMEM};
static const enum fail_op ops[] = {FAIL_MAP, FAIL_UNMAP, FAIL_ALLOC};

struct outcome {
    bool failed; /* the call was reached */
    bool ended;  /* the modelled system ended over it: hw_error where RAM cannot be mapped */
    uint64_t broken[INVARIANTS_MAX];
    char text[512]; /* of the first violation */
};

static void judge(struct checks *c, struct outcome *out)
{
    size_t rows;

    (void)invariants(&rows);
    ck_assert_uint_le(rows, INVARIANTS_MAX);
    checks_finish(c);
    ck_assert(!checks_failed(c));
    for (size_t i = 0; i < rows; i++)
        out->broken[i] = checks_count(c, i);
    for (size_t i = 0; i < checks_findings(c) && !out->text[0]; i++) {
        const struct finding *f = checks_finding(c, i);

        if (f->inv->severity == SEV_VIOLATION)
            snprintf(out->text, sizeof(out->text), "record %" PRIu64 " %s: %s", f->record,
                     f->inv->id, f->text);
    }
}

static struct engine *start(const struct trace_header *h, const struct engine_options *o,
                            enum check_mode mode, struct checks **checks)
{
    struct check_config c = {.mode = mode, .findings_kept = 4};
    struct engine *e;
    struct err err = {""};

    ck_assert_msg(engine_new(h, o, &e, &err) == 0, "%s", err.text);
    engine_check_config(e, &c);
    *checks = checks_new(&c, &err);
    ck_assert_ptr_nonnull(*checks);
    ck_assert_int_eq(engine_observe(e, checks_observer(*checks)), 0);
    ck_assert_int_eq(engine_start(e, &err), 0);
    return e;
}

static void run(size_t trace, const char *profile, const struct engine_fail *fail,
                struct outcome *out)
{
    struct engine_options o = {.policy = policy_find(profile), .dma_limit = 65535, .fail = fail};
    struct trace_reader *r;
    struct trace_damage d;
    struct checks *checks;
    struct engine *e;
    struct rec rec;
    struct err err = {""};
    int answer = 0;

    memset(out, 0, sizeof(*out));
    ck_assert_int_eq(trace_open(traces[trace].path, &r, &d), 0);
    e = start(trace_header(r), &o, CHECK_FULL, &checks);
    for (uint64_t n = 0; answer == 0 && (!traces[trace].records || n < traces[trace].records) &&
                         trace_next(r, &rec, &d) > 0;
         n++)
        answer = engine_step(e, &rec, &err);
    ck_assert_msg(answer >= 0, "%s %s: %s", profile, traces[trace].path, err.text);
    out->failed = engine_ops(e).failed_nth;
    out->ended = answer > 0;
    judge(checks, out);
    checks_free(checks);
    engine_free(e);
    trace_close(r);
}

/*
 * What a refusal may break in a system that ignores it. The record says mapped where nothing is
 * held, and the other way round, until somebody says otherwise: ERR-CONVERGE. What is still held is
 * met again by the next MAP there, which type1 refuses in turn. A system that ends over a refusal
 * leaves work behind that it said was done.
 */
static bool explained(const char *id, bool ended)
{
    return !strcmp(id, "ERR-CONVERGE") ||
           (ended && (!strcmp(id, "LIVE-ABORT") || !strcmp(id, "ORD-WAIT")));
}

static void compare(size_t trace, const char *profile, const struct engine_fail *f,
                    const struct outcome *plain, const struct outcome *out)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);
    bool ideal = !strcmp(profile, "ideal");

    for (size_t i = 0; i < rows; i++) {
        if (inv[i].severity != SEV_VIOLATION)
            continue;
        ck_assert_msg(!out->broken[i] ||
                          (!ideal && (plain->broken[i] || explained(inv[i].id, out->ended))),
                      "%s %s fail %d call %" PRIu64 " with %d: %s", profile, traces[trace].path,
                      (int)f->op, f->nth, f->error, out->text);
    }
}

static uint64_t upward(size_t trace, const char *profile, enum fail_op op, int error)
{
    struct outcome plain, out;
    struct engine_fail f = {op, 0, error};

    run(trace, profile, NULL, &plain);
    do {
        f.nth++;
        run(trace, profile, &f, &out);
        compare(trace, profile, &f, &plain, &out);
    } while (out.failed);
    return f.nth - 1;
}

/* _i: profile. Every trace, kind of call and error. */
START_TEST(nth_call_fails)
{
    static const char *const profiles[] = {"ideal", "qemu-10.2", "qemu-10.0", "qemu-7.2"};

    for (size_t t = 0; t < COUNT(traces); t++) {
        for (size_t op = 0; op < COUNT(ops); op++) {
            size_t few = traces[t].records ? 1 : COUNT(errors); /* the long one: an error a kind */
            uint64_t calls = 0;

            for (size_t k = 0; k < few; k++)
                calls = upward(t, profiles[_i], ops[op], errors[(k + op) % COUNT(errors)]);
            ck_assert_msg(calls || ops[op] == FAIL_UNMAP, "%s: nothing was asked", traces[t].path);
        }
    }
}
END_TEST

static const char *const people[] = {"all", "low", "v", "v18"};

static size_t attachments(struct attach_rec *a)
{
    for (unsigned i = 0; i < COUNT(people); i++) {
        a[i] = (struct attach_rec){.kind = i < 2 ? CONSUMER_PROBE : CONSUMER_VFIO,
                                   .bdf = bdf(i == 3 ? 0x18 : 0x10)};
        snprintf(a[i].name, sizeof(a[i].name), "%s", people[i]);
    }
    a[1].has_flags = true;
    a[1].flags = NOTIFY_ALL & ~(uint32_t)NOTIFY_DEVTLB;
    a[1].has_range = true;
    a[1].range = iova_range(0x1000, 0xc0205fff);
    return COUNT(people);
}

static struct rec random_failure(struct random_guest *g)
{
    struct rec r = {.kind = REC_FAIL};

    snprintf(r.u.fail.name, sizeof(r.u.fail.name), "%s", people[random_below(g, COUNT(people))]);
    r.u.fail.op = ops[random_below(g, COUNT(ops))];
    r.u.fail.error = errors[random_below(g, COUNT(errors))];
    r.u.fail.count = 1 + random_below(g, 4);
    return r;
}

/*
 * A guest that does anything, sides that refuse anything: `ideal` breaks nothing. _i: 0 hostile, 1
 * careful, 2 both vfio in one container (the second is refused what the first holds; no other
 * refusal, because what one of them breaks the other cannot know).
 */
START_TEST(random_refusals)
{
    bool shared = _i == 2;
    struct attach_rec attach[COUNT(people)];
    struct engine_options o = {.policy = policy_find("ideal"), .attach = attach};
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};

    o.attach_count = attachments(attach);
    for (unsigned i = 2; shared && i < COUNT(people); i++) {
        attach[i].bdf = bdf(0x10);
        attach[i].has_container = true;
        strcpy(attach[i].container, "c");
    }
    h.unit.intremap = true;
    for (uint64_t seed = 1; seed <= random_rounds(120); seed++) {
        struct random_guest g, dice;
        struct outcome out = {0};
        struct checks *checks;
        struct engine *e;
        struct err err = {""};
        int answer = 0;

        o.dma_limit = shared || seed % 4 ? 65535 : 12;
        o.sync = seed % 3 ? SYNC_WALK : SYNC_TRANSLATE;
        e = start(&h, &o, seed % 2 ? CHECK_FULL : CHECK_FAST, &checks);
        random_guest_init(&g, 7000 + seed, 3, _i == 1);
        random_guest_init(&dice, 9000 + seed, 3, false);
        for (unsigned i = 0; i < 2000 && answer == 0; i++) {
            answer = engine_step(e, random_guest_next(&g), &err);
            if (answer == 0 && i > 10 && !shared && random_below(&dice, 12) == 0) {
                struct rec r = random_failure(&dice);

                answer = engine_step(e, &r, &err);
            }
        }
        ck_assert_msg(answer == 0, "seed %" PRIu64 ": %s", seed, err.text);
        judge(checks, &out);
        ck_assert_msg(!out.text[0], "seed %" PRIu64 ": %s", seed, out.text);
        checks_free(checks);
        engine_free(e);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{nth_call_fails, 3}, {random_refusals, 3}};

    return run_tests("injected failures", rows, COUNT(rows));
}
