/* SPDX-License-Identifier: MIT */
/*
 * The profiles v3, v6 and v7: a VFIO through translation on, off and reset, registration, registers
 * and translation, by the seeds, the museum and vtd-facts, worked out by hand.
 */
#include "seeds_rig.h"

#define BELOW "v MAP 0x1000+0x1000 0x700000 rw 0\nv MAP 0x200000+0x200000 0x80000000 r 0\n"
#define ABOVE "v MAP 0x102200000+0x1000 0x701000 rw 0\n"

static const char *const te_on[] = {
    IDENTITY_GONE_39 "v UNMAP 0x0+0x8000000000 0\n" BELOW ABOVE
                     "v UNMAP 0x0+0x8000000000 0\n" BELOW ABOVE,
    IDENTITY_GONE_39 "v UNMAP 0x0+0x8000000000 0\n" BELOW ABOVE
                     "v UNMAP 0x0+0x8000000000 0\n" BELOW ABOVE,
    IDENTITY_GONE_39 "v UNMAP 0x0+0x100000000 0\n" BELOW "v UNMAP 0x0+0x8000000000 0\n" ABOVE,
};

/* A VFIO, tables with two pages below the window and one above, translation just on. */
static struct rig *vfio(int profile, bool cm_off)
{
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = seeds[profile], .attach = "vfio", .cm_off = cm_off});

    map(r, 0x1000, 1, G | 3);
    map(r, 0x200000, 2, 0x80000081);
    map(r, 0x102200000, 1, (G + 0x1000) | 3);
    EXPECT(IDENTITY_39);
    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_w64(r, REG_RTADDR, RIG_ROOT);
    rig_w32(r, REG_GCMD, GCMD_SRTP);
    rig_w64(r, REG_IQA, RIG_QUEUE);
    rig_w32(r, REG_GCMD, GCMD_QIE);
    EXPECT();
    rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE);
    return r;
}

/* M05: the unmap of the notifier above takes away what the one below was just told. M22: without
 * ranges both hear everything, and each mapping is there already when it is told again. */
START_TEST(vfio_translation_on)
{
    struct rig *r = vfio(_i, false);

    ck_assert_str_eq(rig_notes(r), te_on[_i]);
    rig_dma(r, RIG_DEV, 0x1000, true);
    ck_assert_int_eq(r->dma.end, XLAT_OK);
    ck_assert_int_eq(r->held_perm, _i == V7 ? PERM_NONE : PERM_RW);
    rig_psi(r, 5, 0x1000, 0);
    if (_i == V7)
        EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\n");
    else
        EXPECT("v MAP 0x1000+0x1000 0x700000 rw -17\nv MAP 0x1000+0x1000 0x700000 rw -17\n");
    rig_free(r);
}
END_TEST

/* A translation edge switches the region, and nothing else is told (museum 2.1: refreshing came
 * with 3.1); a new root is latched, and nothing more. */
START_TEST(vfio_root_and_off)
{
    struct rig *r = vfio(_i, false);

    (void)rig_notes(r);
    rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE | GCMD_SRTP);
    EXPECT();
    ck_assert_uint_eq(rig_r32(r, REG_GSTS), GCMD_QIE | GCMD_TE | GCMD_SRTP);
    rig_w32(r, REG_GCMD, GCMD_QIE);
    EXPECT(REGIONS_GONE IDENTITY_39);
    rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE);
    ck_assert_str_eq(rig_notes(r), te_on[_i]);
    rig_free(r);
}
END_TEST

/* SRTP and TE leave cached entries where they are. */
START_TEST(caches_survive)
{
    struct rig *r = mapped(_i);

    rig_dma(r, RIG_DEV, 0x1000, true);
    map(r, 0x1000, 1, 0);
    rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE | GCMD_SRTP);
    rig_w32(r, REG_GCMD, GCMD_QIE);
    rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x1000, true).end, XLAT_OK);
    ck_assert_uint_eq(r->dma.gpa.v, G);
    rig_iotlb_global(r);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x1000, true).end, XLAT_FAULT);
    rig_free(r);
}
END_TEST

/* M09: all is unmapped, newest notifier first, and the device stays translated: no RAM comes back
 * until something looks at the device anew. */
START_TEST(vfio_reset)
{
    struct rig *r = vfio(_i, false);

    (void)rig_notes(r);
    rig_reset(r);
    if (_i == V7)
        EXPECT("v UNMAP 0x0+0x8000000000 0\nv UNMAP 0x0+0x100000000 0\n");
    else
        EXPECT("v UNMAP 0x0+0x8000000000 0\nv UNMAP 0x0+0x8000000000 0\n");
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x1000, true).end, XLAT_OK);
    ck_assert_uint_eq(r->dma.gpa.v, 0x1000);
    ck_assert_int_eq(r->held_perm, PERM_NONE);
    rig_w64(r, REG_CCMD, UINT64_C(0xa000000000000000)); /* a global context invalidation looks */
    EXPECT(REGIONS_GONE IDENTITY_39);
    rig_free(r);
}
END_TEST

/* Seed 004: exit(1) when somebody asks for MAP without caching mode (M28). v3 and v6 are without
 * that demand (contract, section 5). */
START_TEST(without_caching_mode)
{
    struct rig *r = vfio(_i, true);

    if (_i == V7) {
        EXPECT(IDENTITY_GONE_39);
        ck_assert_ptr_nonnull(strstr(r->abort_why, "caching mode"));
        ck_assert_str_eq(r->registrations, ""); /* it came to nothing */
    } else {
        ck_assert_str_eq(rig_notes(r), te_on[_i]);
        ck_assert_ptr_null(r->abort_why);
    }
    rig_free(r);
}
END_TEST

/* UNMAP alone is served; a later change of the flags is looked at, too. */
START_TEST(without_caching_mode_later)
{
    struct attach_rec u = probe("u", NOTIFY_UNMAP, 0, UINT64_MAX);
    struct attach_rec m = probe("m", NOTIFY_MAP, 0, UINT64_MAX);
    struct rig *r = rig_new(&(struct rig_setup){.profile = seeds[_i], .with = &u, .cm_off = true});

    rig_bring_up(r);
    ck_assert_ptr_null(r->abort_why);
    rig_attach(r, &m);
    ck_assert_int_eq(r->abort_why != NULL, _i == V7);
    rig_free(r);
}
END_TEST

/* Seeds 000 and 001: notify_started for the first, notify_stopped after the last. Seed 004's unit
 * has notify_flag_changed. */
START_TEST(flags_told)
{
    struct rig *r = empty(_i);
    struct attach_rec u = probe("u", NOTIFY_UNMAP, 0, UINT64_MAX);
    struct attach_rec m = probe("m", NOTIFY_MAP, 0, UINT64_MAX);

    rig_attach(r, &u);
    rig_attach(r, &m);
    rig_detach(r, "u");
    rig_detach(r, "m");
    ck_assert_str_eq(r->registrations, _i == V7 ? "flags 0->1 0\nu 0\nflags 1->3 0\nm 0\n"
                                                  "flags 3->2 0\nflags 2->0 0\n"
                                                : "flags 0->1 0\nu 0\nm 0\nflags 2->0 0\n");
    rig_free(r);
}
END_TEST

/* Assertions at registration: no kind (seeds 000, 001); an inverted range where there are ranges
 * (museum 1.2). */
START_TEST(registration_asserts)
{
    struct attach_rec none = probe("n", 0, 0, UINT64_MAX);
    struct attach_rec inverted = probe("i", NOTIFY_UNMAP, 0x2000, 0x1000);
    struct rig *r = empty(_i);

    rig_attach(r, &none);
    ck_assert_ptr_nonnull(strstr(r->abort_why, "no kind"));
    rig_free(r);
    r = empty(V7);
    rig_attach(r, &inverted);
    ck_assert_ptr_nonnull(strstr(r->abort_why, "ends before it starts"));
    rig_free(r);
}
END_TEST

/* Rights make the kind; there is none for device-TLBs: who wants them asks for UNMAP. Their
 * invalidations reach nobody (M23). */
START_TEST(device_tlb)
{
    struct attach_rec a = probe("d", NOTIFY_DEVTLB, 0, UINT64_MAX);
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = seeds[_i], .with = &a, .device_iotlb = true});

    rig_bring_up(r);
    ck_assert_str_eq(r->registrations, "flags 0->1 0\nd 0\n");
    rig_desc(r, 3 | UINT64_C(0x10) << 32, 0x1000);
    EXPECT();
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("d UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* An UNMAP that still carried rights would be a MAP for a core that looks at rights alone. */
START_TEST(kind_by_permission)
{
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = seeds[_i], .quirk = "unmap-keeps-rights"});

    rig_bring_up(r);
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x0 rw 0\n");
    rig_free(r);
}
END_TEST

/* vtd-facts 1.4, third column; 1.6; 12: fault records before there were PASIDs carry no PV. */
START_TEST(registers)
{
    struct rig *r = mapped(_i);

    ck_assert_uint_eq(rig_r64(r, REG_CAP), UINT64_C(0x0012008C22260286));
    ck_assert_uint_eq(rig_r64(r, REG_ECAP), 0xf42);
    ck_assert_uint_eq(rig_r32(r, REG_VER), 0x10);
    rig_dma(r, RIG_DEV, 0x5000, false);
    ck_assert_uint_eq(rig_r64(r, REG_FRCD), 0x5000);
    ck_assert_uint_eq(rig_r64(r, REG_FRCD_HI), UINT64_C(0xC000000600000010));
    rig_w64(r, REG_FEADDR, 0xfee00000); /* M48 */
    ck_assert_ptr_nonnull(r->abort_why);
    rig_free(r);
}
END_TEST

/* M42: not enabled while the tail is not 0. */
START_TEST(tail_before_queue)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = seeds[_i]});

    rig_w64(r, REG_IQA, RIG_QUEUE);
    rig_w64(r, REG_IQT, 0x10);
    rig_w32(r, REG_GCMD, GCMD_QIE);
    ck_assert_uint_eq(rig_r32(r, REG_GSTS), 0);
    rig_w64(r, REG_IQT, 0);
    rig_w32(r, REG_GCMD, GCMD_QIE);
    ck_assert_uint_eq(rig_r32(r, REG_GSTS), GCMD_QIE);
    rig_free(r);
}
END_TEST

/* M21: a leaf may map the interrupt range. M19: bit 62 is reserved, device IOTLB or not. */
START_TEST(translation)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = seeds[_i], .device_iotlb = true});

    rig_bring_up(r);
    map(r, 0x1000, 1, 0xfee00003);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x1000, true).end, XLAT_OK);
    ck_assert_uint_eq(r->dma.gpa.v, 0xfee00000);
    map(r, 0x2000, 1, G | 3 | UINT64_C(1) << 62);
    ck_assert_int_eq(rig_dma(r, RIG_DEV, 0x2000, true).end, XLAT_FAULT);
    ck_assert_uint_eq(r->dma.reason, 0xc);
    rig_free(r);
}
END_TEST

/* A consumer that leaves inside a replay, its own or another's. */
START_TEST(leaving_inside_a_replay)
{
    struct rig *r = mapped(_i);
    struct attach_rec a = probe("q", NOTIFY_MAP | NOTIFY_UNMAP, 0, UINT64_MAX);

    a.has_leave = true;
    a.leave = 5; /* the second callback of the second replay: replays make three */
    rig_attach(r, &a);
    (void)rig_notes(r);
    rig_dsi(r, 5);
    EXPECT("q UNMAP 0x0+0x8000000000 0\nq MAP 0x1000+0x1000 0x700000 rw 0\n" ALL_39 PAGE LARGE);
    rig_dsi(r, 5);
    EXPECT(ALL_39 PAGE LARGE);
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {vfio_translation_on, 3},
        {vfio_root_and_off, 3},
        {caches_survive, 3},
        {vfio_reset, 3},
        {without_caching_mode, 3},
        {without_caching_mode_later, 3},
        {flags_told, 3},
        {registration_asserts, 3},
        {device_tlb, 3},
        {kind_by_permission, 3},
        {registers, 3},
        {tail_before_queue, 3},
        {translation, 3},
        {leaving_inside_a_replay, 3},
    };

    return run_tests("registration and unit of the seeds", rows, COUNT(rows));
}
