/* SPDX-License-Identifier: MIT */
/* The engine: what a record brings about, what makes no sense, who joins when (contract, section 2; engine.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "suite.h"

#define G UINT64_C(0x700000)

/* Who joined and left, devices and consumers, each with its record's number. */
static char joins[4096];

static void see_joins(void *ctx, const struct obs *o)
{
    size_t used = strlen(joins);

    (void)ctx;
    if (o->kind == OBS_DEVICE)
        snprintf(joins + used, sizeof(joins) - used, "%llu:%c%x ", (unsigned long long)o->record,
                 o->u.device.on ? '+' : '-', o->u.device.bdf.v);
    else if (o->kind == OBS_CONSUMER)
        snprintf(joins + used, sizeof(joins) - used, "%llu:%c%s ", (unsigned long long)o->record,
                 o->u.consumer.joined ? '+' : '-', o->u.consumer.name);
}

static struct engine *engine(struct trace_header *h, const char *profile)
{
    struct engine_options o = {.policy = policy_find(profile)};
    struct engine *e;
    struct err err;

    if (!h->has_unit)
        h->unit = unit_config_default();
    h->has_unit = true;
    ck_assert_int_eq(engine_new(h, &o, &e, &err), 0);
    joins[0] = 0;
    ck_assert_int_eq(engine_observe(e, (struct observer){see_joins, NULL}), 0);
    ck_assert_int_eq(engine_start(e, &err), 0);
    return e;
}

static int step(struct engine *e, struct rec r)
{
    struct err err = {""};
    int result = engine_step(e, &r, &err);

    ck_assert_msg(result >= 0 || err.text[0], "a refusal without a sentence");
    return result;
}

static struct rec reg(enum rec_kind k, unsigned off, uint64_t val)
{
    struct rec r = {.kind = k};

    r.u.reg.off = (uint16_t)off;
    r.u.reg.val = val;
    return r;
}

static struct rec mem2(uint64_t at, const uint64_t *words)
{
    struct rec r = {.kind = REC_MEM};

    r.u.mem.gpa = gpa(at);
    r.u.mem.words = 2;
    r.u.mem.val = words;
    return r;
}

/* Root with three devices: 00:1f.7, 00:02.0, 01:00.0; 00:04.0 is not present. */
static void three_contexts(struct engine *e)
{
    static const uint64_t root0[] = {0x101001, 0}, root1[] = {0x111001, 0};
    static const uint64_t context[] = {0x102001, 0x501}, absent[] = {0x102000, 0x501};

    ck_assert_int_eq(step(e, mem2(0x100000, root0)), 0);
    ck_assert_int_eq(step(e, mem2(0x100010, root1)), 0);
    ck_assert_int_eq(step(e, mem2(0x101ff0, context)), 0);
    ck_assert_int_eq(step(e, mem2(0x101100, context)), 0);
    ck_assert_int_eq(step(e, mem2(0x101200, absent)), 0);
    ck_assert_int_eq(step(e, mem2(0x111000, context)), 0);
    ck_assert_int_eq(step(e, reg(REC_W64, 0x20, 0x100000)), 0);
    ck_assert_int_eq(step(e, reg(REC_W32, 0x18, 0x40000000)), 0);
    ck_assert_str_eq(joins, "");
}

#define ALL_JOIN(n)                                                                                \
    n ":+10 " n ":+vfio@00:02.0 " n ":+ff " n ":+vfio@00:1f.7 " n ":+100 " n ":+vfio@01:00.0 "

/* Found on the TE edge, in BDF order, under that record's number, with their default consumers. */
START_TEST(found_on_te)
{
    struct trace_header h = {0};
    struct engine *e = engine(&h, rig_profiles[_i]);

    three_contexts(e);
    ck_assert_int_eq(step(e, reg(REC_W32, 0x18, 0x80000000)), 0);
    ck_assert_str_eq(joins, ALL_JOIN("9"));
    engine_free(e);
}
END_TEST

/* ... on a context-cache invalidation by register; a device-selective one finds its own device alone. */
START_TEST(found_on_context_command)
{
    struct trace_header h = {0};
    struct engine *e = engine(&h, rig_profiles[_i]);

    three_contexts(e);
    ck_assert_int_eq(step(e, reg(REC_W64, 0x28, 0xE000000000100000)), 0);
    ck_assert_str_eq(joins, "9:+10 9:+vfio@00:02.0 ");
    ck_assert_int_eq(step(e, reg(REC_W32, 0x2c, 0xE0000000)), 0); /* SID reads 0 but is kept */
    ck_assert_int_eq(step(e, reg(REC_W64, 0x28, 0xA000000000000000)), 0);
    ck_assert_str_eq(joins, "9:+10 9:+vfio@00:02.0 11:+ff 11:+vfio@00:1f.7 11:+100 11:+vfio@01:00.0 ");
    engine_free(e);
}
END_TEST

/* ... and by a descriptor, before it acts. */
START_TEST(found_on_context_descriptor)
{
    static const uint64_t desc[] = {0x11, 0};
    struct trace_header h = {0};
    struct engine *e = engine(&h, rig_profiles[_i]);

    three_contexts(e);
    step(e, reg(REC_W64, 0x90, 0x200000));
    step(e, reg(REC_W32, 0x18, 0x04000000));
    step(e, mem2(0x200000, desc));
    ck_assert_str_eq(joins, "");
    ck_assert_int_eq(step(e, reg(REC_W32, 0x88, 0x10)), 0);
    ck_assert_str_eq(joins, ALL_JOIN("12"));
    engine_free(e);
}
END_TEST

/* Without caching mode the default is a probe that hears removals. */
START_TEST(default_without_caching_mode)
{
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct rec r = {.kind = REC_DEVICE, .u.device.bdf = bdf(0x10)};
    struct engine *e;

    h.unit.caching_mode = false;
    e = engine(&h, rig_profiles[_i]);
    ck_assert_int_eq(step(e, r), 0);
    ck_assert_str_eq(joins, "1:+10 1:+probe@00:02.0 ");
    ck_assert_int_eq(step(e, r), 0); /* there already */
    ck_assert_str_eq(joins, "1:+10 1:+probe@00:02.0 ");
    engine_free(e);
}
END_TEST

/* What the header names joins at record 0; one that the trace gives a consumer gets no other. */
START_TEST(header_devices)
{
    struct device_rec devices[] = {{.bdf = {0x18}}, {.bdf = {0x10}}};
    struct trace_header h = {.devices = devices, .devices_count = 2};
    struct attach_rec a = {.name = "mine", .kind = CONSUMER_PROBE, .bdf = {0x10}};
    struct rec attach = {.kind = REC_ATTACH, .u.attach = &a}, at = {.kind = REC_AT};
    struct engine *e = engine(&h, rig_profiles[_i]);
    struct err err;

    ck_assert_int_eq(step(e, attach), 0);
    ck_assert_int_eq(step(e, at), 0);
    ck_assert_str_eq(joins, ""); /* they wait for the first record that acts */
    ck_assert_int_eq(step(e, reg(REC_R32, 0, 0x10)), 0);
    ck_assert_str_eq(joins, "0:+18 0:+vfio@00:03.0 0:+10 1:+mine ");
    ck_assert_int_eq(engine_finish(e, &err), 0);
    engine_free(e);
    e = engine(&h, rig_profiles[_i]); /* a trace without any event */
    ck_assert_int_eq(engine_finish(e, &err), 0);
    ck_assert_str_eq(joins, "0:+18 0:+vfio@00:03.0 0:+10 0:+vfio@00:02.0 ");
    engine_free(e);
}
END_TEST

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
        ck_assert_int_eq(step(e, bad[i]), i == 5 ? -ENOTSUP : -EINVAL);
        ck_assert_int_eq(step(e, reg(REC_R32, 0, 0x10)), -EINVAL); /* it has ended */
        engine_free(e);
    }
}
END_TEST

/* Hot-unplug: consumers leave, then the device; it can come again. */
START_TEST(gone_and_back)
{
    struct trace_header h = {0};
    struct engine *e = engine(&h, rig_profiles[_i]);
    struct rec device = {.kind = REC_DEVICE, .u.device.bdf = bdf(0x10)}, gone = {.kind = REC_GONE};

    gone.u.gone.bdf = bdf(0x10);
    ck_assert_int_eq(step(e, device), 0);
    ck_assert_int_eq(step(e, gone), 0);
    ck_assert_int_eq(step(e, device), 0);
    ck_assert_str_eq(joins, "1:+10 1:+vfio@00:02.0 2:-vfio@00:02.0 2:-10 3:+10 3:+vfio@00:02.0 ");
    engine_free(e);
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
        ck_assert_int_eq(engine_observe(e, (struct observer){see_joins, NULL}), 0);
    ck_assert_int_eq(engine_observe(e, (struct observer){see_joins, NULL}), -ENOSPC);
    ck_assert_int_eq(engine_start(e, &err), 0);
    ck_assert_int_eq(engine_start(e, &err), -EBUSY);
    ck_assert_int_eq(engine_observe(e, (struct observer){see_joins, NULL}), -EBUSY);
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
    ck_assert_uint_eq(engine_ops(r->engine).iec_invalidations, _i == 2 ? 0 : 1); /* ideal: needs IR */
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
    ck_assert_str_eq(rig_notes(r), _i == 2 ? "p UNMAP 0x1000+0x1000 0\n"
                                           : "p UNMAP 0x0+0x40000000 0\n");
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
        {found_on_te, RIG_PROFILES},
        {found_on_context_command, RIG_PROFILES},
        {found_on_context_descriptor, RIG_PROFILES},
        {default_without_caching_mode, RIG_PROFILES},
        {header_devices, RIG_PROFILES},
        {senseless_records, RIG_PROFILES},
        {gone_and_back, RIG_PROFILES},
        {starting, 1},
        {refused_headers, 1},
        {verbatim_capabilities, 1},
        {unknown_direction, RIG_PROFILES},
        {questions, RIG_PROFILES},
        {quiet_records, RIG_PROFILES},
    };

    return run_tests("engine", rows, COUNT(rows));
}
