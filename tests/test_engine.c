/* SPDX-License-Identifier: MIT */
/* The engine: what makes no sense, what is refused, what may be asked (contract, section 2;
 * engine.h). */
#include <errno.h>
#include "engine_rig.h"

#define G UINT64_C(0x700000)

START_TEST(senseless_records)
{
    static const uint64_t words[] = {1, 2};
    struct attach_rec a = {.name = "a", .kind = CONSUMER_PROBE, .bdf = {0x10}};
    struct rec attach = {.kind = REC_ATTACH, .u.attach = &a}, gone = {.kind = REC_GONE};
    struct rec detach = {.kind = REC_DETACH}, zero = {.kind = REC_ZERO}, miss = {.kind = REC_MISS};
    struct rec bad[6];
    struct trace_header h = {0};

    gone.u.gone.bdf = bdf(0x99);
    snprintf(detach.u.named.name, sizeof(detach.u.named.name), "nobody");
    zero.u.zero.gpa = gpa(0xfedff000);
    zero.u.zero.bytes = 0x2000;
    bad[0] = mem2(0xfee00000, words);
    bad[1] = attach;
    bad[2] = detach;
    bad[3] = gone;
    bad[4] = zero;
    bad[5] = miss;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct engine *e = engine(&h, rig_profiles[_i]);

        ck_assert_int_eq(step(e, reg(REC_R32, 0, 0x10)), 0);
        ck_assert_int_eq(step(e, attach), 0);
        ck_assert_int_eq(step(e, bad[i]), -EINVAL);
        ck_assert_int_eq(step(e, reg(REC_R32, 0, 0x10)), -EINVAL); /* it has ended */
        engine_free(e);
    }
}
END_TEST

START_TEST(starting)
{
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct engine_options o = {.policy = policy_find("qemu-10.2")};
    struct engine *e = NULL;
    struct err err = {""};

    ck_assert_int_eq(engine_new(&h, &o, &e, &err), 0);
    for (unsigned i = 0; i < OBSERVERS_MAX; i++)
        ck_assert_int_eq(engine_observe(e, (struct observer){.see = see_joins, .ctx = NULL}), 0);
    ck_assert_int_eq(engine_observe(e, (struct observer){.see = see_joins, .ctx = NULL}), -ENOSPC);
    ck_assert_int_eq(engine_start(e, &err), 0);
    ck_assert_int_eq(engine_start(e, &err), -EBUSY);
    ck_assert_int_eq(engine_observe(e, (struct observer){.see = see_joins, .ctx = NULL}), -EBUSY);
    engine_free(e);
    engine_free(NULL);
}
END_TEST

/* Units and memories that cannot be: refused with a sentence, nothing leaks. */
START_TEST(refused_headers)
{
    struct ram_entry overlap[] = {{{0}, 0x2000, false}, {{0x1000}, 0x1000, false}};
    struct ram_entry odd[] = {{{0x800}, 0x1000, false}};
    struct trace_header h[6];
    struct engine_options o = {.policy = policy_find("qemu-10.2")};

    for (size_t i = 0; i < COUNT(h); i++)
        h[i] = (struct trace_header){.has_unit = true, .unit = unit_config_default()};
    h[0].unit.aw_bits = 57;
    h[1].unit.scalable_mode = true;
    h[2].unit.has_cap = true; /* of another width */
    h[2].unit.cap = 0x80D2008C222F0606;
    h[3].unit.has_ecap = true; /* no pass-through, which pt=on promises */
    h[3].unit.ecap = 0xF02;
    h[4].ram = overlap;
    h[4].rams = 2;
    h[5].ram = odd;
    h[5].rams = 1;
    for (size_t i = 0; i < COUNT(h); i++) {
        struct engine *e = (struct engine *)&o;
        struct err err = {""};

        ck_assert_msg(engine_new(&h[i], &o, &e, &err) < 0, "row %zu", i);
        ck_assert_ptr_null(e);
        ck_assert(err.text[0]);
    }
}
END_TEST

/* cap= and ecap= verbatim, where they do not contradict. */
START_TEST(verbatim_capabilities)
{
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct engine_options o = {.policy = policy_find("qemu-10.2")};
    struct check_config c = {0};
    struct engine *e;
    struct err err;

    h.unit.has_cap = h.unit.has_ecap = true;
    h.unit.cap = 0x00D2008C22260286; /* without ESRTPS */
    h.unit.ecap = 0xF42;
    ck_assert_int_eq(engine_new(&h, &o, &e, &err), 0);
    engine_check_config(e, &c);
    ck_assert_uint_eq(c.cap, 0x00D2008C22260286);
    ck_assert_uint_eq(c.ecap, 0xF42);
    engine_free(e);
}
END_TEST

static unsigned shown;

static void count_cached(void *arg, const struct cached_xlat *c)
{
    (void)arg;
    shown++;
    ck_assert_uint_eq(c->range.first.v, 0x1000);
    ck_assert_uint_eq(c->range.last.v, 0x1fff);
    ck_assert_uint_eq(c->gpa.v, G);
    ck_assert_uint_eq(c->did.v, 5);
}

/* What the checks may ask: the IOTLB, what a consumer holds; and the counts. */
START_TEST(questions)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio"});
    struct check_config c = {0};
    struct cached_xlat x;
    struct held_xlat h;
    struct engine_ops before, after;

    rig_bring_up(r);
    engine_check_config(r->engine, &c);
    ck_assert(c.caching_mode);
    ck_assert_uint_eq(c.aw_bits, 39);
    before = engine_ops(r->engine);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 1);
    rig_psi(r, 5, 0x1000, 0);
    ck_assert(!c.world.cached(c.world.sim, RIG_DEV, iova(0x1000), &x));
    rig_dma(r, RIG_DEV, 0x1000, false);
    ck_assert(c.world.cached(c.world.sim, RIG_DEV, iova(0x1fff), &x));
    ck_assert_uint_eq(x.gpa.v, G);
    ck_assert_int_eq(x.perm, PERM_R);
    ck_assert(!c.world.cached(c.world.sim, RIG_DEV, iova(0x2000), &x));
    ck_assert(!c.world.cached(c.world.sim, bdf(0x11), iova(0x1000), &x));
    shown = 0;
    c.world.visit_cached(c.world.sim, count_cached, NULL);
    ck_assert_uint_eq(shown, 1);
    ck_assert(c.world.held(c.world.sim, "v", iova(0x1800), &h));
    ck_assert_uint_eq(h.range.first.v, 0x1000);
    ck_assert_uint_eq(h.gpa.v, G);
    ck_assert(!c.world.held(c.world.sim, "v", iova(0x2000), &h));
    ck_assert(!c.world.held(c.world.sim, "w", iova(0x1000), &h));
    after = engine_ops(r->engine);
    ck_assert_uint_eq(after.shadow_leaves, before.shadow_leaves + 1);
    ck_assert_uint_eq(after.container_maps, before.container_maps + 1);
    ck_assert_uint_gt(after.entries_read, before.entries_read);
    rig_desc(r, 4, 0);
    ck_assert_uint_eq(engine_ops(r->engine).iec_invalidations,
                      _i == 2 ? 0 : 1); /* ideal: needs IR */
    rig_free(r);
}
END_TEST

/* `zero` clears what the unit reads; marks and time say nothing. */
START_TEST(quiet_records)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});
    struct rec zero = {.kind = REC_ZERO}, mark = {.kind = REC_MARK}, at = {.kind = REC_AT};

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    mark.u.mark.text = "here";
    at.u.at.ns = 5;
    ck_assert_int_eq(rig_step(r, &mark), 0);
    ck_assert_int_eq(rig_step(r, &at), 0);
    zero.u.zero.gpa = gpa(RIG_TOP);
    zero.u.zero.bytes = 0x1000;
    ck_assert_int_eq(rig_step(r, &zero), 0);
    ck_assert_str_eq(rig_notes(r), "");
    rig_psi(r, 5, 0x1000, 0);
    ck_assert_str_eq(rig_notes(r),
                     _i == 2 ? "p UNMAP 0x1000+0x1000 0\n" : "p UNMAP 0x0+0x40000000 0\n");
    rig_free(r);
}
END_TEST

/* `?`: the right that would be granted. */
START_TEST(unknown_direction)
{
    static const struct {
        uint64_t entry;
        enum xlat_end end;
    } rows[] = {{G | 1, XLAT_OK}, {G | 2, XLAT_OK}, {G | 3, XLAT_OK}, {0, XLAT_FAULT}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});
        struct rec rec = {.kind = REC_DMA};

        rig_bring_up(r);
        rig_map(r, RIG_TOP, 3, 0x1000, 1, rows[i].entry);
        rec.u.dma.bdf = RIG_DEV;
        rec.u.dma.access = DMA_ANY;
        rec.u.dma.iova = iova(0x1000);
        rec.u.dma.bytes = 8;
        rig_step(r, &rec);
        ck_assert_int_eq(r->dma.end, rows[i].end);
        if (rows[i].end == XLAT_FAULT)
            ck_assert_uint_eq(r->dma.reason, 6);
        rig_free(r);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {senseless_records, RIG_PROFILES},
        {starting, 1},
        {refused_headers, 1},
        {verbatim_capabilities, 1},
        {unknown_direction, RIG_PROFILES},
        {questions, RIG_PROFILES},
        {quiet_records, RIG_PROFILES},
    };

    return run_tests("engine", rows, COUNT(rows));
}
