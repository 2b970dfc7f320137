/* SPDX-License-Identifier: MIT */
/*
 * What a consumer refuses, and how `ideal` repairs it: asked again when the range is next
 * invalidated, of the one that refused alone (contract, ERR-CONVERGE; section 5, `ideal`).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "map.h"
#include "notifier_owed.h"
#include "rig.h"
#include "suite.h"

#define G UINT64_C(0x700000)

static struct rig *on(const char *profile, uint64_t limit)
{
    struct rig *r =
        rig_new(&(struct rig_setup){.profile = profile, .attach = "", .dma_limit = limit});

    rig_bring_up(r);
    rig_detach(r, "vfio@00:02.0"); /* the default one */
    rig_notes(r);
    return r;
}

/* A probe, or (container) a vfio in that one; the first device unless said. */
static void join(struct rig *r, const char *name, enum consumer_kind kind, const char *container)
{
    struct attach_rec a = {.kind = kind, .bdf = RIG_DEV, .has_container = container};

    snprintf(a.name, sizeof(a.name), "%s", name);
    if (container)
        snprintf(a.container, sizeof(a.container), "%s", container);
    rig_attach(r, &a);
    rig_notes(r);
}

static void refuse(struct rig *r, const char *name, enum fail_op op, int error, uint64_t count)
{
    struct rec rec = {.kind = REC_FAIL};

    snprintf(rec.u.fail.name, sizeof(rec.u.fail.name), "%s", name);
    rec.u.fail.op = op;
    rec.u.fail.error = error;
    rec.u.fail.count = count;
    ck_assert_int_eq(rig_step(r, &rec), 0);
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

/* Only who refused is told again, and only once it took it. _i: map, alloc. */
START_TEST(a_map_is_asked_again)
{
    struct rig *r = on("ideal", 0);

    join(r, "p", CONSUMER_PROBE, NULL);
    join(r, "q", CONSUMER_PROBE, NULL);
    refuse(r, "p", _i ? FAIL_ALLOC : FAIL_MAP, ENOMEM, 2);
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("q MAP 0x1000+0x1000 0x700000 rw 0\np MAP 0x1000+0x1000 0x700000 rw -12\n");
    rig_psi(r, 5, 0x2000, 0); /* another page */
    EXPECT();
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw -12\n");
    rig_dsi(r, 5);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_dsi(r, 5);
    EXPECT();
    rig_free(r);
}
END_TEST

/* What it never got is not taken away; what came instead is told to all. */
START_TEST(a_lacking_page_is_not_unmapped)
{
    struct rig *r = on("ideal", 0);

    join(r, "p", CONSUMER_PROBE, NULL);
    join(r, "q", CONSUMER_PROBE, NULL);
    refuse(r, "p", FAIL_MAP, EBUSY, 1);
    map_pages(r, 0x8000, 0xc000, G | 3);
    rig_psi(r, 5, 0x8000, 2);
    rig_notes(r);
    map_pages(r, 0x8000, 0xc000, 0);
    rig_psi(r, 5, 0x8000, 2);
    EXPECT("q UNMAP 0x8000+0x4000 0\np UNMAP 0x9000+0x1000 0\np UNMAP 0xa000+0x2000 0\n");
    rig_dsi(r, 5); /* forgotten */
    EXPECT();
    refuse(r, "p", FAIL_MAP, EBUSY, 1);
    map(r, 0x8000, 1, G | 3);
    rig_psi(r, 5, 0x8000, 0);
    rig_notes(r);
    map(r, 0x8000, 1, G | 0x1000 | 3);
    rig_psi(r, 5, 0x8000, 0);
    EXPECT("q UNMAP 0x8000+0x1000 0\nq MAP 0x8000+0x1000 0x701000 rw 0\n"
           "p MAP 0x8000+0x1000 0x701000 rw 0\n");
    rig_free(r);
}
END_TEST

/* A merged UNMAP refused as a whole is still held as a whole: any byte of it brings it back. What
 * was mapped there meanwhile was refused because of it. */
START_TEST(an_unmap_is_asked_again_whole)
{
    struct rig *r = on("ideal", 0);

    join(r, "v", CONSUMER_VFIO, "c");
    map_pages(r, 0x8000, 0x10000, G | 3);
    rig_psi(r, 5, 0x8000, 3);
    rig_notes(r);
    refuse(r, "v", FAIL_UNMAP, EBUSY, 1);
    map_pages(r, 0x8000, 0x10000, 0);
    rig_psi(r, 5, 0x8000, 3);
    EXPECT("v UNMAP 0x8000+0x8000 -16\n");
    refuse(r, "v", FAIL_UNMAP, EINVAL, 1);
    map(r, 0x8000, 1, G | 0x9001);
    rig_psi(r, 5, 0x8000, 0);
    EXPECT("v UNMAP 0x8000+0x8000 -22\nv MAP 0x8000+0x1000 0x709000 r -17\n");
    rig_psi(r, 5, 0xf000, 0); /* the page that was refused comes with it */
    EXPECT("v UNMAP 0x8000+0x8000 0\nv MAP 0x8000+0x1000 0x709000 r 0\n");
    rig_dsi(r, 5);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Over what is kept lies a page that is no RAM, which its side is not asked for: taking away the one
 * takes back the other, so it is told anew. */
START_TEST(not_asked_over_what_is_kept)
{
    struct rig *r = on("ideal", 0);

    join(r, "v", CONSUMER_VFIO, "c");
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    refuse(r, "v", FAIL_UNMAP, EBUSY, 2);
    map(r, 0x1000, 1, 0xfee00003);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v UNMAP 0x1000+0x1000 -16\nv MAP 0x1000+0x1000 0xfee00000 rw not-ram\n");
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v UNMAP 0x1000+0x1000 -16\nv MAP 0x1000+0x1000 0xfee00000 rw not-ram\n");
    rig_dsi(r, 5);
    EXPECT("v UNMAP 0x1000+0x1000 0\nv MAP 0x1000+0x1000 0xfee00000 rw not-ram\n");
    rig_dsi(r, 5);
    EXPECT();
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* A leaf cut at the notifier's border: the piece that was refused, no other. */
START_TEST(a_piece_is_asked_again)
{
    struct attach_rec a = {.name = "p",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_range = true,
                           .range = {{0x3000}, {0x7fff}}};
    struct rig *r = on("ideal", 0);

    rig_attach(r, &a);
    refuse(r, "p", FAIL_MAP, ENOMEM, 1);
    map(r, 0, 2, 0x200083);
    rig_psi(r, 5, 0x5000, 0);
    EXPECT("p MAP 0x3000+0x1000 0x203000 rw -12\np MAP 0x4000+0x4000 0x204000 rw 0\n");
    rig_psi(r, 5, 0x100000, 0); /* the same leaf, outside the notifier's range */
    EXPECT();
    rig_psi(r, 5, 0x3000, 0);
    EXPECT("p MAP 0x3000+0x1000 0x203000 rw 0\n");
    refuse(r, "p", FAIL_UNMAP, EIO, 1);
    map(r, 0, 2, 0);
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x3000+0x1000 -5\np UNMAP 0x4000+0x4000 0\n");
    rig_dsi(r, 5);
    EXPECT("p UNMAP 0x3000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* A container that is full takes what is owed when there is room again. */
START_TEST(a_full_container)
{
    struct rig *r = on("ideal", 2);

    join(r, "v", CONSUMER_VFIO, "c");
    map_pages(r, 0x1000, 0x5000, G | 3);
    rig_dsi(r, 5);
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\nv MAP 0x2000+0x1000 0x701000 rw 0\n"
           "v MAP 0x3000+0x1000 0x702000 rw -28\nv MAP 0x4000+0x1000 0x703000 rw -28\n");
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v UNMAP 0x1000+0x1000 0\n");
    rig_dsi(r, 5);
    EXPECT("v MAP 0x3000+0x1000 0x702000 rw 0\nv MAP 0x4000+0x1000 0x703000 rw -28\n");
    rig_free(r);
}
END_TEST

/* Devices of one container share its mappings: the second to map is answered EEXIST, is asked again
 * once an invalidation, and never takes away what the first holds. */
START_TEST(a_shared_container)
{
    struct rig *r = on("ideal", 0);

    join(r, "a", CONSUMER_VFIO, "c");
    join(r, "b", CONSUMER_VFIO, "c");
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("b MAP 0x1000+0x1000 0x700000 rw 0\na MAP 0x1000+0x1000 0x700000 rw -17\n");
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("a MAP 0x1000+0x1000 0x700000 rw -17\n");
    rig_dma(r, RIG_DEV, 0x1000, true);
    ck_assert_int_eq(r->held_perm, PERM_RW);
    map(r, 0x1000, 1, G | 0x1003);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("b UNMAP 0x1000+0x1000 0\nb MAP 0x1000+0x1000 0x701000 rw 0\n"
           "a MAP 0x1000+0x1000 0x701000 rw -17\n");
    rig_detach(r, "b"); /* leaves its mapping to the container, as type1 has no owner of one */
    map(r, 0x1000, 1, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Nothing is owed to who left, or joined anew. _i: translation off and on, reset, detach, context
 * gone, the device pulled. */
START_TEST(leaving_forgets)
{
    struct rig *r = on("ideal", 0);
    struct rec gone = {.kind = REC_GONE, .u.gone.bdf = RIG_DEV};

    join(r, "p", CONSUMER_PROBE, NULL);
    map_pages(r, 0x1000, 0x3000, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_dsi(r, 5);
    refuse(r, "p", FAIL_UNMAP, EBUSY, 1);
    refuse(r, "p", FAIL_MAP, EBUSY, 1);
    map(r, 0x1000, 1, 0);
    map(r, 0x3000, 1, G | 1);
    rig_dsi(r, 5);
    rig_notes(r);
    switch (_i) {
    case 0:
        rig_w32(r, REG_GCMD, GCMD_QIE);
        EXPECT("p UNMAP 0x1000+0x1000 0\np UNMAP 0x2000+0x1000 0\n");
        rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE);
        EXPECT("p MAP 0x2000+0x1000 0x701000 rw 0\np MAP 0x3000+0x1000 0x700000 r 0\n");
        rig_dsi(r, 5);
        EXPECT();
        break;
    case 1:
        rig_reset(r);
        EXPECT("p UNMAP 0x1000+0x1000 0\np UNMAP 0x2000+0x1000 0\n");
        break;
    case 2:
        rig_detach(r, "p");
        rig_dsi(r, 5);
        EXPECT();
        join(r, "p", CONSUMER_PROBE, NULL);
        rig_dsi(r, 5);
        EXPECT();
        break;
    case 3:
        rig_mem2(r, RIG_CTX + 16 * RIG_DEV.v, 0, 0);
        rig_cc_global(r);
        EXPECT("p UNMAP 0x1000+0x1000 0\np UNMAP 0x2000+0x1000 0\n");
        break;
    default:
        ck_assert_int_eq(rig_step(r, &gone), 0);
        EXPECT();
        break;
    }
    rig_free(r);
}
END_TEST

/* An UNMAP-only notifier hears again what it refused, with what is invalidated beside it. */
START_TEST(unmap_only)
{
    struct attach_rec a = {.name = "u",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = NOTIFY_UNMAP};
    struct rig *r = on("ideal", 0);

    rig_attach(r, &a);
    refuse(r, "u", FAIL_UNMAP, EIO, 1);
    rig_psi(r, 5, 0x4000, 2);
    EXPECT("u UNMAP 0x4000+0x4000 -5\n");
    rig_psi(r, 5, 0x9000, 0);
    EXPECT("u UNMAP 0x9000+0x1000 0\n");
    rig_psi(r, 5, 0x7000, 0);
    EXPECT("u UNMAP 0x4000+0x4000 0\n");
    rig_psi(r, 5, 0x7000, 0);
    EXPECT("u UNMAP 0x7000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* QEMU's record says mapped, and nobody asks again. */
START_TEST(others_do_not_repair)
{
    struct rig *r = on(_i ? "qemu-10.2" : "qemu-7.2", 0);

    join(r, "p", CONSUMER_PROBE, NULL);
    refuse(r, "p", FAIL_MAP, ENOMEM, 1);
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw -12\n");
    rig_dsi(r, 5);
    EXPECT();
    rig_free(r);
}
END_TEST

static uint64_t refusing;

static int refuse_odd(struct notifier *n, const struct iommu_event *e)
{
    (void)n;
    return e->range.first.v >> 12 & refusing ? -EIO : 0;
}

static int any_flags(void *owner, struct notify_region *r, uint32_t old_flags, uint32_t new_flags,
                     const struct notifier *n, struct err *e)
{
    (void)owner;
    (void)r;
    (void)old_flags;
    (void)new_flags;
    (void)n;
    (void)e;
    return 0;
}

struct listener_rig {
    struct funnel funnel;
    struct fate fate;
    struct notify_region region;
    struct notifier n;
};

static void listener(struct listener_rig *l)
{
    static const struct region_ops ops = {any_flags, NULL};
    struct err e;

    *l = (struct listener_rig){.n = {.owner = "n",
                                     .flags = NOTIFY_MAP | NOTIFY_UNMAP,
                                     .range = {{0}, {UINT64_MAX}},
                                     .notify = refuse_odd}};
    notify_region_init(&l->region, RIG_DEV, &ops, NULL, policy_find("ideal"), &l->funnel, &l->fate);
    ck_assert_int_eq(notify_register(&l->region, &l->n, &e), 0);
}

/* What is owed, saved and loaded, is owed still; damage is told. */
START_TEST(saved)
{
    struct listener_rig a, b;
    struct state_out first = {0}, second = {0};

    listener(&a);
    listener(&b);
    refusing = 1;
    for (uint64_t at = 0x1000; at < 0x9000; at += 0x1000) {
        struct iommu_event map = event_map(iova_range(at, at + 0xfff), gpa(at), PERM_R);
        struct iommu_event unmap = event_unmap(iova_range(at + 0x10000, at + 0x10fff));

        notify_all(&a.region, &map);
        notify_all(&a.region, &unmap);
    }
    owed_save(&a.n, &first);
    for (size_t cut = 0; cut < first.used; cut++) {
        struct state_in short_in = {.bytes = first.bytes, .size = cut};
        struct listener_rig c;

        listener(&c);
        owed_load(&c.n, &short_in);
        ck_assert_ptr_nonnull(short_in.trouble);
        notify_unregister(&c.n);
        notify_region_clear(&c.region);
    }
    owed_load(&b.n, &(struct state_in){.bytes = first.bytes, .size = first.used});
    owed_save(&b.n, &second);
    ck_assert_uint_eq(first.used, second.used);
    ck_assert_int_eq(memcmp(first.bytes, second.bytes, first.used), 0);
    refusing = 0;
    ck_assert_uint_eq(owed_unmap_again(&b.n, iova_range(0x11800, 0x13800)).first.v, 0x11000);
    ck_assert_uint_eq(owed_grown(&b.n, iova_range(0, UINT64_MAX)).first.v, 0);
    ck_assert_uint_eq(b.n.delivered, 16 + 2);
    state_out_free(&first);
    state_out_free(&second);
    notify_region_clear(&a.region);
    notify_region_clear(&b.region);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {a_map_is_asked_again, 2},
        {a_lacking_page_is_not_unmapped, 1},
        {an_unmap_is_asked_again_whole, 1},
        {not_asked_over_what_is_kept, 1},
        {a_piece_is_asked_again, 1},
        {a_full_container, 1},
        {a_shared_container, 1},
        {leaving_forgets, 5},
        {unmap_only, 1},
        {others_do_not_repair, 2},
        {saved, 1},
    };

    return run_tests("refusals", rows, COUNT(rows));
}
