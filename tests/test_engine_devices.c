/* SPDX-License-Identifier: MIT */
/* Which devices and consumers exist from when, and which leave (contract, section 2, "Devices",
 * "Default consumer"). */
#include "engine_rig.h"

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

/* ... on a context-cache invalidation by register; a device-selective one finds its own device
 * alone. */
START_TEST(found_on_context_command)
{
    struct trace_header h = {0};
    struct engine *e = engine(&h, rig_profiles[_i]);

    three_contexts(e);
    ck_assert_int_eq(step(e, reg(REC_W64, 0x28, 0xE000000000100000)), 0);
    ck_assert_str_eq(joins, "9:+10 9:+vfio@00:02.0 ");
    ck_assert_int_eq(step(e, reg(REC_W32, 0x2c, 0xE0000000)), 0); /* SID reads 0 but is kept */
    ck_assert_int_eq(step(e, reg(REC_W64, 0x28, 0xA000000000000000)), 0);
    ck_assert_str_eq(joins,
                     "9:+10 9:+vfio@00:02.0 11:+ff 11:+vfio@00:1f.7 11:+100 11:+vfio@01:00.0 ");
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

/* The function mask of a device-selective one: 0 exact, 1 without bit 2, 2 without bits 2:1, 3
 * without all three. */
START_TEST(found_by_function_mask)
{
    static const uint64_t root[] = {0x101001, 0}, context[] = {0x102001, 0x501};
    static const char *const found[] = {"", "+11 ", "+11 +13 ", "+10 +11 +13 "};

    for (uint64_t fm = 0; fm < 4; fm++) {
        static const unsigned functions[] = {0x10, 0x11, 0x13, 0x18};
        struct trace_header h = {0};
        struct engine *e = engine(&h, rig_profiles[_i]);
        char want[128] = "";

        step(e, mem2(0x100000, root));
        for (size_t i = 0; i < COUNT(functions); i++)
            step(e, mem2(0x101000 + 16 * functions[i], context));
        step(e, reg(REC_W64, 0x20, 0x100000));
        step(e, reg(REC_W32, 0x18, 0x40000000));
        step(e, reg(REC_W64, 0x28, 0xE000000000150000 | fm << 32)); /* 00:02.5 */
        for (size_t i = 0; i < 3; i++) {
            char mark[8];

            snprintf(mark, sizeof(mark), "+%x ", functions[i]);
            if (strstr(found[fm], mark))
                snprintf(want + strlen(want), sizeof(want) - strlen(want),
                         "8:+%x 8:+vfio@00:02.%x ", functions[i], functions[i] & 7);
        }
        ck_assert_str_eq(joins, want);
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

int main(void)
{
    const struct test_row rows[] = {
        {found_on_te, RIG_PROFILES},
        {found_on_context_command, RIG_PROFILES},
        {found_on_context_descriptor, RIG_PROFILES},
        {found_by_function_mask, RIG_PROFILES},
        {default_without_caching_mode, RIG_PROFILES},
        {header_devices, RIG_PROFILES},
        {gone_and_back, RIG_PROFILES},
    };

    return run_tests("devices and consumers", rows, COUNT(rows));
}
