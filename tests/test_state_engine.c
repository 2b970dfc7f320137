/* SPDX-License-Identifier: MIT */
/* The whole simulation saved and restored: it goes on as the original, and no damage gets through.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "policy.h"
#include "random_guest.h"
#include "report/digest.h"
#include "suite.h"
#include "twin.h"
#include "vtd_regs.h"

/* One simulation and a hash over all that it showed. */
struct run {
    struct engine *engine;
    struct digest seen;
    uint64_t shown;
    unsigned present; /* of names[], a bit each */
    bool device;      /* 00:03.0 is there */
    int translated;   /* devices that are */
};

static const char *const names[] = {"p", "v", "w", "x"};

struct plan {
    struct policy *policy;
    struct trace_header header;
    struct engine_options options;
    struct attach_rec attach[6];
    struct device_rec aliased; /* 00:03.0 behind 00:02.0 */
};

static void see(void *ctx, const struct obs *o)
{
    struct run *r = ctx;

    for (unsigned n = 0; o->kind == OBS_CONSUMER && n < COUNT(names); n++)
        if (!strcmp(names[n], o->u.consumer.name))
            r->present = (r->present & ~(1u << n)) | (unsigned)o->u.consumer.joined << n;
    if (o->kind == OBS_SWITCH)
        r->translated += o->u.device.on ? 1 : -1;
    if (o->kind == OBS_DEVICE && o->u.device.bdf.v == 0x18)
        r->device = o->u.device.on;
    r->shown += o->kind != OBS_RECORD && o->kind != OBS_RECORD_END;
    digest_observer(&r->seen).see(&r->seen, o);
}

static void plan_init(struct plan *p, const char *profile, const char *quirk, unsigned aw_bits)
{
    struct err e;

    *p = (struct plan){.policy = policy_copy(policy_find(profile))};
    ck_assert_ptr_nonnull(p->policy);
    if (quirk)
        ck_assert_int_eq(policy_apply_quirk(p->policy, quirk, &e), 0);
    p->header.has_unit = true;
    p->header.unit = unit_config_default();
    p->header.unit.aw_bits = (uint8_t)aw_bits;
    p->header.unit.intremap = true;
    p->attach[0] = (struct attach_rec){.name = "p", .kind = CONSUMER_PROBE, .bdf = bdf(0x10)};
    p->attach[1] = (struct attach_rec){.name = "v", .kind = CONSUMER_VFIO, .bdf = bdf(0x10)};
    p->attach[2] = (struct attach_rec){.name = "w", .kind = CONSUMER_VFIO, .bdf = bdf(0x18)};
    p->attach[3] = (struct attach_rec){.name = "k", .kind = CONSUMER_VHOST, .bdf = bdf(0x18)};
    p->attach[4] = (struct attach_rec){.name = "a", .kind = CONSUMER_VHOST, .bdf = bdf(0x20)};
    p->attach[4].has_backend = true;
    p->attach[4].backend = BACKEND_VDPA;
    p->attach[5] = (struct attach_rec){.name = "m", .kind = CONSUMER_MDEV, .bdf = bdf(0x18)};
    for (unsigned n = 1; n < 3; n++) {
        p->attach[n].has_container = true;
        memcpy(p->attach[n].container, "both", 5);
    }
    p->options = (struct engine_options){
        .policy = p->policy, .dma_limit = 64, .attach = p->attach, .attach_count = 6};
}

/* 00:03.0 shares the address space of 00:02.0 from the start. */
static void plan_alias(struct plan *p)
{
    p->aliased = (struct device_rec){.bdf = bdf(0x18), .has_alias = true, .alias = bdf(0x10)};
    p->header.devices = &p->aliased;
    p->header.devices_count = 1;
}

static void run_start(struct run *r)
{
    struct err e;

    digest_init(&r->seen);
    ck_assert_int_eq(engine_observe(r->engine, (struct observer){.see = see, .ctx = r}), 0);
    ck_assert_int_eq(engine_start(r->engine, &e), 0);
}

static void run_new(struct run *r, const struct plan *p)
{
    struct err e;

    *r = (struct run){.shown = 0};
    ck_assert_int_eq(engine_new(&p->header, &p->options, &r->engine, &e), 0);
    run_start(r);
}

static struct state_out saved(const struct run *r)
{
    struct state_out o = {0};

    ck_assert_int_eq(engine_save(r->engine, &o), 0);
    return o;
}

static int restore(struct run *r, const struct plan *p, const struct state_out *o, struct err *e)
{
    struct state_in i = {.bytes = o->bytes, .size = o->used};
    int result;

    *r = (struct run){.shown = 0};
    result = engine_restore(&p->header, &p->options, &i, &r->engine, e);
    if (result == 0)
        run_start(r);
    else
        ck_assert_ptr_null(r->engine);
    return result;
}

static void feed_cached(void *arg, const struct cached_xlat *c)
{
    digest_u64(arg, (uint64_t)c->bdf.v << 32 | (uint64_t)c->did.v << 8 | c->perm);
    digest_u64(arg, c->range.first.v);
    digest_u64(arg, c->range.last.v);
    digest_u64(arg, c->gpa.v);
}

/* What the unit's IOTLB holds, in its order. */
static uint64_t cached(const struct run *r, uint64_t *bytes)
{
    struct check_config c = {.mode = CHECK_OFF};
    struct digest d;

    digest_init(&d);
    engine_check_config(r->engine, &c);
    c.world.visit_cached(c.world.sim, feed_cached, &d);
    *bytes = d.bytes;
    return digest_value(&d);
}

static void same_state(const struct run *a, const struct run *b)
{
    uint64_t bytes_a, bytes_b;

    struct state_out of_a = saved(a), of_b = saved(b);

    ck_assert_uint_eq(of_a.used, of_b.used);
    ck_assert_mem_eq(of_a.bytes, of_b.bytes, of_a.used);
    ck_assert_uint_eq(cached(a, &bytes_a), cached(b, &bytes_b));
    ck_assert_uint_eq(bytes_a, bytes_b);
    state_out_free(&of_a);
    state_out_free(&of_b);
}

static void named(struct rec *r, enum rec_kind kind, char *to, unsigned n)
{
    r->kind = kind;
    memcpy(to, names[n], strlen(names[n]) + 1);
}

/* Comings and goings that the random guest does not make; only such as make sense now. */
static bool comes_or_goes(struct random_guest *g, const struct run *now, struct rec *r,
                          struct attach_rec *a)
{
    unsigned n = (unsigned)random_below(g, COUNT(names)), what = (unsigned)random_below(g, 40);
    bool there = now->present >> n & 1;

    *r = (struct rec){.kind = REC_DEVICE, .u.device.bdf = bdf(0x18)};
    if (what == 0 && !there) {
        *a = (struct attach_rec){.bdf = bdf((uint16_t)(0x10 + 8 * random_below(g, 3)))};
        a->kind = random_below(g, 2) ? CONSUMER_VFIO : CONSUMER_PROBE;
        a->has_leave = random_below(g, 3) == 0;
        a->leave = 1 + random_below(g, 30);
        named(r, REC_ATTACH, a->name, n);
        r->u.attach = a;
    } else if (what == 1 && there) {
        named(r, REC_DETACH, r->u.named.name, n);
    } else if (what == 2 && there) {
        *r = (struct rec){.kind = REC_FAIL, .u.fail = {.error = EBUSY, .count = 4}};
        r->u.fail.op = (enum fail_op)random_below(g, 3);
        named(r, REC_FAIL, r->u.fail.name, n);
    } else if (what == 3 && now->device) {
        *r = (struct rec){.kind = REC_GONE, .u.gone.bdf = bdf(0x18)};
    } else if (what == 5 && !now->device) {
        r->u.device.has_alias = true;
        r->u.device.alias = bdf(0x10);
    } else {
        return what == 4;
    }
    return true;
}

/* One record to both; they must answer and show the same. Returns the answer. */
static int both(struct run *a, struct run *b, const struct rec *r, const char *where)
{
    struct err why_a = {""}, why_b = {""};
    int answer = engine_step(a->engine, r, &why_a);

    ck_assert_int_eq(engine_step(b->engine, r, &why_b), answer);
    ck_assert_str_eq(why_a.text, why_b.text);
    ck_assert_msg(digest_value(&a->seen) == digest_value(&b->seen),
                  "%s: kind %d of record shows other things", where, r->kind);
    return answer;
}

#define RECORDS 1500u

/* Saved after a random record, and again every so often: always the same simulation. */
static void goes_on_alike(const struct plan *p, uint64_t seed, unsigned levels, const char *where)
{
    struct random_guest g;
    struct run original, again = {.engine = NULL};
    unsigned next = 0;
    int answer = 0;

    run_new(&original, p);
    random_guest_init(&g, seed, levels, seed % 2);
    for (unsigned n = 0; n < RECORDS && !answer; n++) {
        const struct rec *r;
        struct rec own;
        struct attach_rec attach;

        if (n == next) {
            struct state_out o = saved(&original);
            struct err e = {""};

            if (again.engine)
                same_state(&original, &again);
            engine_free(again.engine);
            ck_assert_msg(restore(&again, p, &o, &e) == 0, "%s record %u: %s", where, n, e.text);
            again.seen = original.seen; /* both hash on from here */
            again.present = original.present;
            same_state(&original, &again);
            ck_assert_uint_eq(engine_place(again.engine).record, n);
            state_out_free(&o);
            next += 1 + (unsigned)random_below(&g, 300);
        }
        r = comes_or_goes(&g, &original, &own, &attach) ? &own : random_guest_next(&g);
        answer = both(&original, &again, r, where);
    }
    ck_assert_int_ge(answer, 0);
    if (!answer)
        same_state(&original, &again);
    ck_assert_uint_gt(original.shown, 20);
    engine_free(original.engine);
    engine_free(again.engine);
}

static const char *profile(int index)
{
    size_t count;
    const char *const *all = policy_names(&count);

    return all[(size_t)index % count];
}

static int profiles(void)
{
    size_t count;

    policy_names(&count);
    return (int)count;
}

/* _i: profile. */
START_TEST(random_guests_go_on_alike)
{
    static const struct engine_fail refused = {.op = FAIL_UNMAP, .nth = 4, .error = EINVAL};

    for (uint64_t seed = 1; seed <= random_rounds(24); seed++) {
        /* The seeds' profiles offer 39 bits alone. */
        unsigned bits = seed % 3 || profile(_i)[0] == 'v' ? 39 : 48;
        struct plan p;
        char where[64];

        snprintf(where, sizeof(where), "%s seed %" PRIu64, profile(_i), seed);
        plan_init(&p, profile(_i), seed % 4 ? NULL : "unregister-missing", bits);
        /* v7 ends at once when a vfio joins without caching mode. */
        p.header.unit.caching_mode = seed % 5 != 0 || strcmp(profile(_i), "v7") == 0;
        p.header.unit.device_iotlb = seed % 7 == 0;
        if (seed % 6 == 1) /* a refusal that is owed while the state is saved */
            p.options.fail = &refused;
        if (seed % 3 == 1)
            plan_alias(&p);
        goes_on_alike(&p, seed, (bits - 12) / 9, where);
        free(p.policy);
    }
}
END_TEST

static struct rec attach_of(const struct attach_rec *a)
{
    return (struct rec){.kind = REC_ATTACH, .u.attach = a};
}

/* Records that wait for the first that acts are saved while they wait. */
START_TEST(first_records_wait_on)
{
    struct attach_rec a = {.name = "late", .kind = CONSUMER_PROBE, .bdf = bdf(0x18)};
    struct device_rec devices[2] = {{.bdf = bdf(0x18)}, {.bdf = bdf(0x20)}};
    const struct rec records[] = {
        {.kind = REC_AT, .u.at.ns = 77},
        attach_of(&a),
        {.kind = REC_EXPECTATIONS, .u.expectations = {"late", EXPECT_IOCTL}},
        {.kind = REC_R32, .u.reg.off = REG_VER},
    };
    struct plan p;
    struct run original, again;
    struct err e;

    plan_init(&p, "ideal", NULL, 39);
    p.header.devices = devices;
    p.header.devices_count = 2;
    for (size_t after = 0; after <= COUNT(records); after++) {
        struct state_out o;

        run_new(&original, &p);
        for (size_t n = 0; n < after; n++)
            ck_assert_int_eq(engine_step(original.engine, &records[n], &e), 0);
        o = saved(&original);
        ck_assert_int_eq(restore(&again, &p, &o, &e), 0);
        again.seen = original.seen;
        same_state(&original, &again);
        for (size_t n = after; n < COUNT(records); n++)
            ck_assert_int_eq(both(&original, &again, &records[n], "first records"), 0);
        ck_assert_int_eq(engine_finish(again.engine, &e), 0);
        ck_assert_uint_eq(engine_place(again.engine).notes, engine_place(original.engine).notes);
        same_state(&original, &again);
        engine_free(original.engine);
        engine_free(again.engine);
        state_out_free(&o);
    }
    free(p.policy);
}
END_TEST

/* A small simulation with something in each room. */
static struct state_out small(const struct plan *p, struct run *r)
{
    struct random_guest g;
    struct err e;

    run_new(r, p);
    random_guest_init(&g, 3, 3, true);
    for (unsigned n = 0; n < 250; n++)
        ck_assert_int_eq(engine_step(r->engine, random_guest_next(&g), &e), 0);
    return saved(r);
}

static void set_sum(struct state_out *o)
{
    uint64_t sum = state_sum(o->bytes, o->used - 8);

    for (unsigned n = 0; n < 8; n++)
        o->bytes[o->used - 8 + n] = (uint8_t)(sum >> 8 * n);
}

START_TEST(damage_is_refused)
{
    struct plan p;
    struct run r, again;
    struct state_out o, part;
    struct err e;
    uint64_t random = 5;

    plan_init(&p, "qemu-10.2", NULL, 39);
    o = small(&p, &r);
    part = o;
    for (part.used = 0; part.used < o.used; part.used++) {
        e.text[0] = 0;
        ck_assert_int_lt(restore(&again, &p, &part, &e), 0);
        ck_assert(e.text[0]);
    }
    for (unsigned n = 0; n < random_rounds(3000); n++) {
        size_t bit =
            (random = random * UINT64_C(6364136223846793005) + 1442695040888963407) % (8 * o.used);

        o.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_lt(restore(&again, &p, &o, &e), 0);
        o.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    part = (struct state_out){0};
    state_put_bytes(&part, o.bytes, o.used);
    state_put(&part, 0, 1); /* one byte too many */
    ck_assert_int_lt(restore(&again, &p, &part, &e), 0);
    set_sum(&part);
    ck_assert_int_lt(restore(&again, &p, &part, &e), 0);
    state_out_free(&part);
    state_out_free(&o);
    engine_free(r.engine);
    free(p.policy);
}
END_TEST

/* With a checksum that is right: refused, or a simulation that can go on and be saved. */
START_TEST(forged_states_do_no_harm)
{
    struct plan p;
    struct run r;
    struct state_out o;
    uint64_t random = (uint64_t)_i + 1;
    unsigned taken = 0, refused = 0;

    plan_init(&p, _i % 2 ? "ideal" : "qemu-10.2", _i % 4 > 1 ? "unregister-missing" : NULL, 39);
    if (_i % 3 == 1)
        plan_alias(&p);
    o = small(&p, &r);
    for (unsigned n = 0; n < random_rounds(400); n++) {
        size_t at = (random = random * UINT64_C(6364136223846793005) + 1442695040888963407) / 8 %
                    (o.used - 8);
        uint8_t was = o.bytes[at];
        struct random_guest g;
        struct run again;
        struct err e = {""};

        o.bytes[at] = n % 3 ? (uint8_t)(random >> 56) : (uint8_t)(was ^ 1u << n % 8);
        set_sum(&o);
        if (restore(&again, &p, &o, &e)) {
            ck_assert(e.text[0]);
            refused++;
        } else {
            random_guest_init(&g, n + 1, 3, false);
            for (unsigned k = 0; k < 150; k++)
                if (engine_step(again.engine, random_guest_next(&g), &e))
                    break;
            taken++;
        }
        engine_free(again.engine);
        o.bytes[at] = was;
    }
    ck_assert_uint_gt(taken, 0);
    ck_assert_uint_gt(refused, 0);
    state_out_free(&o);
    engine_free(r.engine);
    free(p.policy);
}
END_TEST

static void refuses(const struct plan *p, const struct state_out *o, const char *why)
{
    struct run again;
    struct err e = {""};

    ck_assert_int_eq(restore(&again, p, o, &e), -EINVAL);
    ck_assert_msg(strstr(e.text, why) != NULL, "\"%s\" does not say \"%s\"", e.text, why);
}

START_TEST(another_simulation_is_refused)
{
    struct ram_entry ram = {gpa(0), 0x40000000, false};
    struct plan p, other;
    struct run r;
    struct state_out o, foreign = {0};

    plan_init(&p, "qemu-10.2", NULL, 39);
    o = small(&p, &r);
    plan_init(&other, "ideal", NULL, 39);
    refuses(&other, &o, "under profile qemu-10.2, not ideal");
    free(other.policy);
    plan_init(&other, "qemu-10.2", "iotlb-key-sid8", 39);
    refuses(&other, &o, "other quirks");
    free(other.policy);
    plan_init(&other, "qemu-10.2", NULL, 48);
    refuses(&other, &o, "another trace");
    other.header.unit.aw_bits = 39;
    other.header.ram = &ram;
    other.header.rams = 1;
    refuses(&other, &o, "another trace");
    other.header.rams = 0;
    other.options.dma_limit++;
    refuses(&other, &o, "another limit");
    other.options.dma_limit--;
    other.options.attach_count--;
    refuses(&other, &o, "other consumers");
    other.options.attach_count++;
    o.bytes[4]++;
    refuses(&other, &o, "version 3");
    o.bytes[0]++;
    refuses(&other, &o, "no saved state");
    state_put_name(&foreign, "something else altogether");
    refuses(&other, &foreign, "no saved state");
    state_out_free(&foreign);
    free(other.policy);
    state_out_free(&o);
    engine_free(r.engine);
    free(p.policy);
}
END_TEST

struct saver {
    struct engine *engine;
    unsigned busy, other;
};

static void save_inside(void *ctx, const struct obs *o)
{
    struct saver *s = ctx;
    struct state_out out = {0};

    (void)o;
    if (engine_save(s->engine, &out) == -EBUSY)
        s->busy++;
    else
        s->other++;
    state_out_free(&out);
}

START_TEST(only_between_records)
{
    struct rec r = {.kind = REC_DEVICE, .u.device.bdf = bdf(0x40)};
    struct rec wrong = {.kind = REC_W64, .u.reg = {REG_FECTL, 0}};
    struct saver s = {.busy = 0};
    struct state_out out = {0};
    struct plan p;
    struct err e;

    plan_init(&p, "qemu-7.2", NULL, 39);
    ck_assert_int_eq(engine_new(&p.header, &p.options, &s.engine, &e), 0);
    ck_assert_int_eq(engine_save(s.engine, &out), -EINVAL); /* not started */
    ck_assert_int_eq(engine_observe(s.engine, (struct observer){.see = save_inside, .ctx = &s}), 0);
    ck_assert_int_eq(engine_start(s.engine, &e), 0);
    ck_assert_int_eq(engine_step(s.engine, &r, &e), 0);
    ck_assert_uint_gt(s.busy, 3);
    ck_assert_uint_eq(s.other, 0);
    ck_assert_int_eq(engine_save(s.engine, &out), 0);
    state_out_free(&out);
    ck_assert_int_eq(engine_step(s.engine, &wrong, &e), 1);
    ck_assert_int_eq(engine_save(s.engine, &out), -EINVAL); /* ended */
    state_out_free(&out);
    engine_free(s.engine);
    free(p.policy);
}
END_TEST

/* Twins of a random guest: how many findings of STATE-RESTORE, and how many of them began while a
 * device was translated. */
static uint64_t twin_findings(const char *quirk, uint64_t *translated)
{
    const uint64_t at[] = {700, 0, 120, 300, 300};
    struct check_config c = {.mode = CHECK_OFF, .findings_kept = 9};
    struct twins_setup s = {.at = at, .count = COUNT(at)};
    struct random_guest g;
    struct twins *t;
    struct plan p;
    struct run r;
    struct err e;
    uint64_t found;

    plan_init(&p, "qemu-10.2", quirk, 39);
    r = (struct run){.shown = 0};
    ck_assert_int_eq(engine_new(&p.header, &p.options, &r.engine, &e), 0);
    engine_check_config(r.engine, &c);
    s.original = r.engine;
    s.header = &p.header;
    s.options = &p.options;
    s.checks = checks_new(&c, &e);
    ck_assert_ptr_nonnull(s.checks);
    ck_assert_int_eq(twins_new(&s, &t, &e), 0);
    run_start(&r);
    ck_assert_int_eq(twins_start(t, 0, &e), 0);
    random_guest_init(&g, 9, 3, true);
    for (uint64_t n = 1; n <= 800; n++) {
        const struct rec *rec = random_guest_next(&g);
        int answer = engine_step(r.engine, rec, &e);

        ck_assert_int_eq(answer, 0);
        ck_assert_uint_eq(twins_waiting(t), n <= 120   ? 120
                                            : n <= 300 ? 300
                                            : n <= 700 ? 700
                                                       : UINT64_MAX);
        ck_assert_int_eq(twins_step(t, rec, n, answer, &e), 0);
        for (size_t k = 0; k < COUNT(at); k++)
            *translated += at[k] == n && r.translated > 0;
    }
    ck_assert_int_eq(engine_finish(r.engine, &e), 0);
    ck_assert_int_eq(twins_finish(t, 800, 0, &e), 0);
    found = checks_total(s.checks, SEV_VIOLATION);
    for (size_t n = 0; n < checks_findings(s.checks); n++)
        ck_assert_str_eq(checks_finding(s.checks, n)->inv->id, "STATE-RESTORE");
    twins_free(t);
    checks_free(s.checks);
    engine_free(r.engine);
    free(p.policy);
    return found;
}

START_TEST(twins_tell)
{
    uint64_t ignored = 0, translated = 0;

    ck_assert_uint_eq(twin_findings(NULL, &ignored), 0);
    /* Devices come back untranslated: each twin of translated ones is found out, no other. */
    ck_assert_uint_eq(twin_findings("migration-region-layout", &translated), translated);
    ck_assert_uint_gt(translated, 0);
    ck_assert_uint_lt(translated, 5);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {random_guests_go_on_alike, profiles()},
        {first_records_wait_on, 1},
        {damage_is_refused, 1},
        {forged_states_do_no_harm, 8},
        {another_simulation_is_refused, 1},
        {only_between_records, 1},
        {twins_tell, 1},
    };

    return run_tests("saved state", rows, COUNT(rows));
}
