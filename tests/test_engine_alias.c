/* SPDX-License-Identifier: MIT */
/* Devices behind a bridge: requests carry its id, so they share its address space (contract,
 * section 2, `device ... alias=`; QEMU's pci_device_iommu_address_space). */
#include <errno.h>
#include "engine_rig.h"

#define X        bdf(0x0120) /* 01:04.0 */
#define Y        bdf(0x0128) /* 01:05.0 */
#define G        UINT64_C(0x700000)
#define NOTES(s) ck_assert_str_eq(rig_notes(r), s)

static struct rec device(bdf_t b, bdf_t alias)
{
    struct rec r = {.kind = REC_DEVICE};

    r.u.device.bdf = b;
    r.u.device.has_alias = true;
    r.u.device.alias = alias;
    return r;
}

static struct rec gone(bdf_t b)
{
    struct rec r = {.kind = REC_GONE};

    r.u.gone.bdf = b;
    return r;
}

static void probe(struct rig *r, const char *name, bdf_t b, uint32_t flags)
{
    struct attach_rec a = {.kind = CONSUMER_PROBE, .bdf = b, .has_flags = true, .flags = flags};

    strcpy(a.name, name);
    rig_attach(r, &a);
}

/* X and Y behind RIG_DEV, which is no device itself; one probe each, x and y; translating. */
static struct rig *behind(const char *profile, bool device_iotlb)
{
    struct rec x = device(X, RIG_DEV), y = device(Y, RIG_DEV);
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = profile, .attach = "", .device_iotlb = device_iotlb});
    uint32_t flags = NOTIFY_MAP | NOTIFY_UNMAP | (device_iotlb ? NOTIFY_DEVTLB : 0);

    ck_assert_int_eq(rig_step(r, &x), 0);
    ck_assert_int_eq(rig_step(r, &y), 0);
    rig_detach(r, "vfio@01:04.0");
    rig_detach(r, "vfio@01:05.0");
    probe(r, "x", X, flags);
    probe(r, "y", Y, flags);
    rig_bring_up(r);
    return r;
}

static void map_page(struct rig *r)
{
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    NOTES("y MAP 0x1000+0x1000 0x700000 rw 0\nx MAP 0x1000+0x1000 0x700000 rw 0\n");
}

/* A context entry under X's own number: pass-through, of another domain. */
static void own_context(struct rig *r)
{
    rig_mem2(r, RIG_ROOT + 16, 0x111001, 0);
    rig_mem2(r, 0x111000 + (X.v & 0xff) * 16, 9, 0x601);
}

/* What one is told, both are told; each reaches what the alias' tables say, by one cached entry. */
START_TEST(one_address_space)
{
    struct rig *r = behind(rig_profiles[_i], false);

    own_context(r);
    rig_cc_global(r);
    (void)rig_notes(r); /* some flush, whatever changed */
    map_page(r);
    rig_dma(r, X, 0x1008, false);
    ck_assert_uint_eq(r->dma.end, XLAT_OK);
    ck_assert_uint_eq(r->dma.gpa.v, G + 8);
    ck_assert(!r->dma.bypass && !r->dma.from_iotlb);
    ck_assert_uint_eq(r->held_gpa, G + 8);
    rig_dma(r, Y, 0x1010, true);
    ck_assert_uint_eq(r->dma.gpa.v, G + 0x10);
    ck_assert(r->dma.from_iotlb);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    NOTES("y UNMAP 0x1000+0x1000 0\nx UNMAP 0x1000+0x1000 0\n");
    rig_dma(r, X, 0x1008, false);
    ck_assert_uint_eq(r->dma.end, XLAT_FAULT);
    rig_free(r);
}
END_TEST

/* A fault is the alias': recorded once for both, under its id. */
START_TEST(faults_name_the_alias)
{
    struct rig *r = behind(rig_profiles[_i], false);

    rig_dma(r, Y, 0x5000, false);
    ck_assert_uint_eq(r->dma.end, XLAT_FAULT);
    ck_assert_uint_eq(rig_r64(r, REG_FRCD_HI) & 0xffff, RIG_DEV.v);
    rig_dma(r, X, 0x6000, false);
    ck_assert_uint_eq(r->dma.end, XLAT_COLLAPSED);
    rig_free(r);
}
END_TEST

/* A context invalidation of the alias is one of both; one of a device behind it is none. */
START_TEST(context_of_the_alias)
{
    struct rig *r = behind(rig_profiles[_i], false);

    map_page(r);
    rig_dma(r, X, 0x1000, false);
    rig_mem2(r, RIG_CTX + RIG_DEV.v * 16, RIG_TOP | 9, 0x501); /* pass-through */
    rig_cc_device(r, 5, X);
    rig_iotlb_global(r);
    rig_dma(r, X, 0x1000, false);
    ck_assert(!r->dma.bypass);
    rig_dma(r, Y, 0x1000, false);
    ck_assert(!r->dma.bypass);
    rig_cc_device(r, 5, RIG_DEV);
    rig_dma(r, X, 0x9000, false);
    ck_assert(r->dma.bypass);
    rig_dma(r, Y, 0x9000, false);
    ck_assert(r->dma.bypass);
    rig_free(r);
}
END_TEST

/* A device-TLB invalidation names the alias, too. */
START_TEST(device_tlb_of_the_alias)
{
    struct rig *r = behind(rig_profiles[_i], true);

    rig_desc(r, 3 | (uint64_t)X.v << 32, 0x1000);
    NOTES("");
    rig_desc(r, 3 | (uint64_t)RIG_DEV.v << 32, 0x1000);
    NOTES("y DEVTLB 0x1000+0x1000 0\nx DEVTLB 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* Who leaves takes nothing from who stays; the last one takes the address space. */
START_TEST(leaving)
{
    struct rig *r = behind(rig_profiles[_i], false);
    struct rec x = gone(X), y = gone(Y);

    map_page(r);
    ck_assert_int_eq(rig_step(r, &x), 0);
    NOTES("");
    rig_map(r, RIG_TOP, 3, 0x2000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x2000, 0);
    NOTES("y MAP 0x2000+0x1000 0x701000 rw 0\n");
    rig_dma(r, Y, 0x1000, false);
    ck_assert_uint_eq(r->dma.gpa.v, G);
    ck_assert_int_eq(rig_step(r, &y), 0);
    rig_map(r, RIG_TOP, 3, 0x3000, 1, (G + 0x2000) | 3);
    rig_psi(r, 5, 0x3000, 0);
    NOTES("");
    ck_assert_int_eq(rig_step(r, &x), -EINVAL); /* there is none */
    rig_free(r);
}
END_TEST

/* The bridge itself may be a device, with consumers of its own. */
START_TEST(the_bridge_is_a_device)
{
    struct rig *r = behind(rig_profiles[_i], false);
    struct rec bridge = gone(RIG_DEV);

    probe(r, "b", RIG_DEV, NOTIFY_MAP | NOTIFY_UNMAP);
    (void)rig_notes(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    NOTES("b MAP 0x1000+0x1000 0x700000 rw 0\ny MAP 0x1000+0x1000 0x700000 rw 0\n"
          "x MAP 0x1000+0x1000 0x700000 rw 0\n");
    ck_assert_int_eq(rig_step(r, &bridge), 0);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    NOTES("y UNMAP 0x1000+0x1000 0\nx UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* --- who joins ------------------------------------------------------------------------- */

static void one_context(struct engine *e, uint64_t root_at, uint64_t contexts, unsigned devfn)
{
    uint64_t root[2] = {contexts | 1, 0};
    static const uint64_t context[2] = {0x102001, 0x501};

    ck_assert_int_eq(step(e, mem2(root_at, root)), 0);
    ck_assert_int_eq(step(e, mem2(contexts + devfn * 16, context)), 0);
}

/* A guest makes entries for the alias and for the device's own number: neither makes a device. */
START_TEST(not_doubled)
{
    struct device_rec devices[] = {{.bdf = X, .has_alias = true, .alias = {0x10}},
                                   {.bdf = Y, .has_alias = true, .alias = {0x10}}};
    struct trace_header h = {.devices = devices, .devices_count = 2};
    struct engine *e = engine(&h, rig_profiles[_i]);
    static const char all[] = "0:+120 0:+vfio@01:04.0 0:+128 0:+vfio@01:05.0 ";
    static const uint64_t contexts[] = {0x111001, 0};

    one_context(e, 0x100000, 0x101000, 0x10);
    one_context(e, 0x100010, 0x111000, X.v & 0xff);
    ck_assert_int_eq(step(e, reg(REC_W64, REG_RTADDR, 0x100000)), 0);
    ck_assert_int_eq(step(e, reg(REC_W32, REG_GCMD, GCMD_SRTP)), 0);
    ck_assert_int_eq(step(e, reg(REC_W32, REG_GCMD, GCMD_TE)), 0);
    ck_assert_str_eq(joins, all);
    ck_assert_int_eq(step(e, reg(REC_W64, REG_CCMD, 0xE000000000100000)), 0);
    ck_assert_str_eq(joins, all);
    joins[0] = 0;
    ck_assert_int_eq(step(e, gone(X)), 0);
    ck_assert_int_eq(step(e, reg(REC_W64, REG_CCMD, 0xE000000000100000)), 0);
    ck_assert_str_eq(joins, "9:-vfio@01:04.0 9:-120 ");
    joins[0] = 0;
    ck_assert_int_eq(step(e, gone(Y)), 0); /* now nothing is known of them any more */
    ck_assert_int_eq(step(e, mem2(0x100010, contexts)), 0);
    ck_assert_int_eq(step(e, reg(REC_W64, REG_CCMD, 0xA000000000000000)), 0);
    ck_assert_str_eq(joins, "11:-vfio@01:05.0 11:-128 13:+10 13:+vfio@00:02.0 "
                            "13:+120 13:+vfio@01:04.0 ");
    engine_free(e);
}
END_TEST

static int refused_after(const struct rec *first, const struct rec *then)
{
    struct trace_header h = {0};
    struct engine *e = engine(&h, rig_profiles[1]);
    int result;

    ck_assert_int_eq(step(e, *first), 0);
    result = step(e, *then);
    engine_free(e);
    return result;
}

START_TEST(what_makes_no_sense)
{
    const struct rec x_behind = device(X, bdf(0x10)), y_behind_x = device(Y, X);
    const struct rec elsewhere = device(X, bdf(0x18)), itself = device(X, X), own = device(Y, Y);
    const struct rec plain = {.kind = REC_DEVICE, .u.device.bdf = X};

    ck_assert_int_eq(refused_after(&x_behind, &y_behind_x), -EINVAL); /* a chain */
    ck_assert_int_eq(refused_after(&y_behind_x, &x_behind), -EINVAL);
    ck_assert_int_eq(refused_after(&x_behind, &elsewhere), -EINVAL); /* it changes */
    ck_assert_int_eq(refused_after(&x_behind, &itself), -EINVAL);
    ck_assert_int_eq(refused_after(&plain, &x_behind), -EINVAL);
    ck_assert_int_eq(refused_after(&x_behind, &x_behind), 0); /* there already */
    ck_assert_int_eq(refused_after(&x_behind, &plain), 0);
    ck_assert_int_eq(refused_after(&plain, &itself), 0); /* no alias */
    ck_assert_int_eq(refused_after(&itself, &y_behind_x), 0);
    ck_assert_int_eq(refused_after(&own, &y_behind_x), -EINVAL);
}
END_TEST

/* In the header the order does not matter, and nothing starts. */
START_TEST(chains_in_the_header)
{
    struct device_rec devices[] = {{.bdf = X, .has_alias = true, .alias = Y},
                                   {.bdf = Y, .has_alias = true, .alias = {0x10}}};
    struct trace_header h = {.devices = devices, .devices_count = 2};
    struct engine_options o = {.policy = policy_find(rig_profiles[_i])};
    struct engine *e;

    for (unsigned turn = 0; turn < 2; turn++) {
        struct device_rec first = devices[0];
        struct err err = {""};

        ck_assert_int_eq(engine_new(&h, &o, &e, &err), -EINVAL);
        ck_assert_ptr_null(e);
        ck_assert_str_eq(err.text, "device: the alias 01:05.0 of 01:04.0 is aliased itself; the id "
                                   "that the unit sees was expected");
        devices[0] = devices[1];
        devices[1] = first;
    }
    devices[0].alias = devices[0].bdf;
    h.unit = unit_config_default();
    h.has_unit = true;
    ck_assert_int_eq(engine_new(&h, &o, &e, &(struct err){""}), 0);
    engine_free(e);
}
END_TEST

static bdf_t noted_alias;

static void see_alias(void *ctx, const struct obs *o)
{
    (void)ctx;
    if (o->kind == OBS_NOTE)
        noted_alias = o->u.note->has_alias ? o->u.note->alias : bdf(0);
}

/* A consumer from the start comes before the header's line is obeyed; the alias holds for it, too.
 */
START_TEST(attached_from_the_start)
{
    struct device_rec devices[] = {{.bdf = X, .has_alias = true, .alias = {0x10}}};
    struct trace_header h = {.devices = devices, .devices_count = 1, .has_unit = true};
    struct attach_rec v = {.name = "v", .kind = CONSUMER_VFIO, .bdf = X};
    struct engine_options o = {
        .policy = policy_find(rig_profiles[_i]), .attach = &v, .attach_count = 1};
    struct engine *e;
    struct err err;

    h.unit = unit_config_default();
    ck_assert_int_eq(engine_new(&h, &o, &e, &err), 0);
    joins[0] = 0;
    ck_assert_int_eq(engine_observe(e, (struct observer){.see = see_joins, .ctx = NULL}), 0);
    ck_assert_int_eq(engine_observe(e, (struct observer){.see = see_alias, .ctx = NULL}), 0);
    ck_assert_int_eq(engine_start(e, &err), 0);
    ck_assert_int_eq(engine_finish(e, &err), 0);
    ck_assert_str_eq(joins, "0:+120 0:+v ");
    ck_assert_uint_eq(noted_alias.v, 0x10);
    engine_free(e);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {one_address_space, RIG_PROFILES},
        {faults_name_the_alias, RIG_PROFILES},
        {context_of_the_alias, RIG_PROFILES},
        {device_tlb_of_the_alias, RIG_PROFILES},
        {leaving, RIG_PROFILES},
        {the_bridge_is_a_device, RIG_PROFILES},
        {not_doubled, RIG_PROFILES},
        {what_makes_no_sense, 1},
        {chains_in_the_header, RIG_PROFILES},
        {attached_from_the_start, RIG_PROFILES},
    };

    return run_tests("aliased devices", rows, COUNT(rows));
}
