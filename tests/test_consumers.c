/* SPDX-License-Identifier: MIT */
/* Consumers: VFIO's identity map and refusal, shared containers, probes with flags and ranges,
 * leaving (contract, section 2). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "suite.h"

#define G      UINT64_C(0x700000)
#define SECOND bdf(0x0018)

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

static struct attach_rec vfio(const char *name, bdf_t b)
{
    struct attach_rec a = {.kind = CONSUMER_VFIO, .bdf = b};

    snprintf(a.name, sizeof(a.name), "%s", name);
    return a;
}

/* RAM ascending, ROM read-only, clear of the window, whatever the order in which it was named. */
START_TEST(identity)
{
    static const struct ram_entry ram[] = {{{0x100000000}, 0x1000000, false},
                                           {{0xc0000}, 0x40000, true},
                                           {{0}, 0xc0000, false},
                                           {{0xf0000000}, 0x10000000, false}};
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio", .ram = ram, .rams = 4});

    rig_mem(r, 0x1000, 0);
    EXPECT("v region MAP 0x0+0xc0000 0x0 rw 0\n"
           "v region MAP 0xc0000+0x40000 0xc0000 r 0\n"
           "v region MAP 0xf0000000+0xee00000 0xf0000000 rw 0\n"
           "v region MAP 0xfef00000+0x1100000 0xfef00000 rw 0\n"
           "v region MAP 0x100000000+0x1000000 0x100000000 rw 0\n");
    rig_w32(r, 0x18, 0x80000000);
    ck_assert_ptr_nonnull(strstr(rig_notes(r), "v region UNMAP 0x0+0xc0000 0\n"
                                               "v region UNMAP 0xc0000+0x40000 0\n"
                                               "v region UNMAP 0xf0000000+0xee00000 0\n"
                                               "v region UNMAP 0xfef00000+0x1100000 0\n"
                                               "v region UNMAP 0x100000000+0x1000000 0\n"));
    rig_free(r);
}
END_TEST

/* Without caching mode: refused once with -95, nothing while translated, RAM back afterwards. */
START_TEST(refused_without_caching_mode)
{
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio", .cm_off = true});

    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_bring_up(r);
    ck_assert_str_eq(r->registrations, "flags 0->3 -95\nv -95\n");
    rig_psi(r, 5, 0x1000, 0);
    rig_cc_global(r);
    EXPECT();
    rig_w32(r, 0x18, 0x04000000);
    ck_assert_uint_eq(strncmp(rig_notes(r), "v region MAP 0x0+", 17), 0);
    rig_w32(r, 0x18, 0x84000000);
    ck_assert_str_eq(r->registrations, "flags 0->3 -95\nv -95\n"); /* reported once */
    rig_free(r);
}
END_TEST

/* M29: 7.2 refuses assigned devices alone; later everybody who asks for MAP. */
START_TEST(probe_without_caching_mode)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .cm_off = true});

    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_bring_up(r);
    ck_assert_str_eq(r->registrations, _i == 0 ? "flags 0->3 0\np 0\n" : "flags 0->3 -95\np -95\n");
    rig_dsi(r, 5);
    rig_free(r);
}
END_TEST

/* Seen on QEMU 7.2, 10.0 and 11.1: VFIO's listener cannot live with the refusal while the guest runs (hw_error). */
START_TEST(snoop_control_and_vfio)
{
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[_i], .attach = "vfio", .snoop_control = true});
    bool ends = strcmp(rig_profiles[_i], "ideal") != 0;

    rig_w32(r, 0x18, 0x80000000);
    ck_assert_int_eq(r->result, ends ? 1 : 0);
    ck_assert_int_eq(r->abort_why != NULL, ends);
    rig_free(r);
}
END_TEST

START_TEST(probe_kinds_refused)
{
    struct attach_rec a = {.name = "d",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = NOTIFY_DEVTLB};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .with = &a});

    rig_bring_up(r); /* no device IOTLB: M30, corrected in 7.2.22, too */
    ck_assert_str_eq(r->registrations, "flags 0->4 -95\nd -95\n");
    rig_free(r);
    a.flags = NOTIFY_UNMAP; /* snoop control: nobody at all */
    r = rig_new(
        &(struct rig_setup){.profile = rig_profiles[_i], .with = &a, .snoop_control = true});
    rig_bring_up(r);
    ck_assert_str_eq(r->registrations, "flags 0->1 -95\nd -95\n");
    rig_psi(r, 5, 0x1000, 0);
    EXPECT();
    rig_free(r);
}
END_TEST

/* An empty kind set and an inverted range are refused; the device goes on. */
START_TEST(senseless_registrations)
{
    struct attach_rec a = {.name = "e", .kind = CONSUMER_PROBE, .bdf = RIG_DEV, .has_flags = true};
    struct attach_rec b = {.name = "i",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_range = true,
                           .range = {{0x2000}, {0x1000}}};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i]});

    rig_attach(r, &a);
    rig_attach(r, &b);
    rig_bring_up(r);
    ck_assert_int_eq(r->result, 0);
    ck_assert_ptr_nonnull(strstr(r->registrations, "e -22\n"));
    ck_assert_ptr_nonnull(strstr(r->registrations, "i -22\n"));
    ck_assert_ptr_nonnull(strstr(r->registrations, "p 0\n"));
    rig_free(r);
}
END_TEST

/* Two devices that share a container: the second one's RAM is there already, its mappings too
 * (-17). */
START_TEST(shared_container)
{
    struct attach_rec v = vfio("v", RIG_DEV), w = vfio("w", SECOND);
    struct rig *r;

    v.has_container = w.has_container = true;
    snprintf(v.container, sizeof(v.container), "c0");
    snprintf(w.container, sizeof(w.container), "c0");
    r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .with = &v});
    rig_attach(r, &w);
    rig_mem(r, 0x1000, 0);
    EXPECT("v region MAP 0x0+0xfee00000 0x0 rw 0\n"
           "v region MAP 0xfef00000+0x7f01100000 0xfef00000 rw 0\n"
           "w region MAP 0x0+0xfee00000 0x0 rw -17\n"
           "w region MAP 0xfef00000+0x7f01100000 0xfef00000 rw -17\n");
    rig_context(r, SECOND, 3, 5, RIG_TOP);
    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\nw MAP 0x1000+0x1000 0x700000 rw -17\n");
    rig_dma(r, SECOND, 0x1234, false);
    ck_assert_uint_eq(r->held_gpa, G + 0x234);
    rig_detach(r, "v"); /* the container lives on for the other one */
    rig_dma(r, SECOND, 0x1234, false);
    ck_assert_uint_eq(r->held_gpa, G + 0x234);
    rig_free(r);
}
END_TEST

START_TEST(container_keys)
{
    struct attach_rec v = vfio("v", RIG_DEV);
    struct rig *r;

    v.has_aperture = v.has_limit = true;
    v.aperture_bits = 32;
    v.limit = 3; /* the two RAM ranges, the second of which the aperture refuses */
    r = rig_new(&(struct rig_setup){.profile = rig_profiles[_i], .with = &v, .dma_limit = 1});
    rig_bring_up(r);
    for (uint64_t p = 0; p < 4; p++)
        rig_map(r, RIG_TOP, 3, 0x1000 + (p << 12), 1, (G + (p << 12)) | 3);
    rig_map(r, RIG_TOP, 3, 0x102200000, 1, G | 3);
    rig_iotlb_global(r);
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\nv MAP 0x2000+0x1000 0x701000 rw 0\n"
           "v MAP 0x3000+0x1000 0x702000 rw 0\nv MAP 0x4000+0x1000 0x703000 rw -28\n"
           "v MAP 0x102200000+0x1000 0x700000 rw -28\n");
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0);
    rig_map(r, RIG_TOP, 3, 0x102200000, 1, (G + 0x5000) | 3);
    rig_iotlb_global(r);
    if (_i < 2)
        EXPECT("v UNMAP 0x1000+0x1000 0\nv UNMAP 0x102200000+0x1000 0\n"
               "v MAP 0x102200000+0x1000 0x705000 rw -22\n");
    rig_free(r);
}
END_TEST

/* type1 v1: a part unmaps the whole. */
START_TEST(old_container)
{
    struct attach_rec v = vfio("v", RIG_DEV);
    struct rig *r;

    v.has_type1 = true;
    v.type1 = 1;
    r = rig_new(&(struct rig_setup){.profile = "qemu-10.2", .with = &v});
    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x200000, 2, 0x80000083);
    rig_psi(r, 5, 0x200000, 9);
    rig_notes(r);
    rig_map(r, RIG_TOP, 3, 0x200000, 1, 0x90000003);
    rig_psi(r, 5, 0x200000, 0);
    EXPECT("v UNMAP 0x200000+0x1000 0\nv MAP 0x200000+0x1000 0x90000000 rw 0\n");
    rig_free(r);
}
END_TEST

/* Detached, or gone inside its own Nth callback: it receives nothing any more (ISO-GONE). */
START_TEST(leaving)
{
    struct attach_rec q = {
        .name = "q", .kind = CONSUMER_PROBE, .bdf = RIG_DEV, .has_leave = true, .leave = 2};
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[1]});

    rig_attach(r, &q);
    rig_bring_up(r);
    for (uint64_t p = 1; p < 4; p++)
        rig_map(r, RIG_TOP, 3, p << 12, 1, (G + (p << 12)) | 3);
    rig_dsi(r, 5);
    EXPECT("q MAP 0x1000+0x1000 0x701000 rw 0\np MAP 0x1000+0x1000 0x701000 rw 0\n"
           "q MAP 0x2000+0x1000 0x702000 rw 0\np MAP 0x2000+0x1000 0x702000 rw 0\n"
           "p MAP 0x3000+0x1000 0x703000 rw 0\n");
    rig_detach(r, "q");
    ck_assert_int_eq(r->result, -EINVAL); /* it is not there */
    rig_free(r);
}
END_TEST

/* A VFIO that leaves takes both its notifiers along, from inside the callback of one of them. */
START_TEST(vfio_leaves_inside_a_flush)
{
    struct attach_rec v = vfio("v", RIG_DEV);
    struct rig *r;

    v.has_leave = true;
    v.leave = 3;
    r = rig_new(&(struct rig_setup){.profile = "qemu-10.2", .with = &v});
    rig_bring_up(r);
    rig_cc_global(r);
    EXPECT("v UNMAP 0xfef00000+0x100000 0\nv UNMAP 0xff000000+0x1000000 0\n"
           "v UNMAP 0x100000000+0x100000000 0\n");
    ck_assert_ptr_nonnull(strstr(r->registrations, "flags 3->0 0\n"));
    rig_w32(r, 0x18, 0x04000000);
    rig_iotlb_global(r);
    EXPECT();
    rig_free(r);
}
END_TEST

START_TEST(detaching_and_coming_back)
{
    struct attach_rec v = vfio("v", RIG_DEV);
    struct rig *r = rig_new(&(struct rig_setup){.profile = rig_profiles[2], .attach = "vfio"});

    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_detach(r, "v");
    ck_assert_int_eq(r->result, 0);
    rig_map(r, RIG_TOP, 3, 0x2000, 1, G | 3);
    rig_dsi(r, 5);
    EXPECT();
    rig_attach(r, &v); /* a new container: replayed from the tables */
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\nv MAP 0x2000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {identity, RIG_PROFILES},
        {refused_without_caching_mode, RIG_PROFILES},
        {probe_without_caching_mode, RIG_PROFILES},
        {snoop_control_and_vfio, RIG_PROFILES},
        {probe_kinds_refused, RIG_PROFILES},
        {senseless_registrations, RIG_PROFILES},
        {shared_container, RIG_PROFILES},
        {container_keys, RIG_PROFILES},
        {old_container, 1},
        {leaving, 1},
        {vfio_leaves_inside_a_flush, 1},
        {detaching_and_coming_back, 1},
    };

    return run_tests("consumers", rows, COUNT(rows));
}
