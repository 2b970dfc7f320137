/* SPDX-License-Identifier: MIT */
/*
 * Events by the previous and the new mapping: read-map, write-map, read-unmap, write-unmap, `sync`
 * after each invalidation, numbers without gaps; and what a MAP-only or an UNMAP-only consumer
 * hears of a change in place. (Reviews of seeds 000 and 001; contract, section 4.)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "notifier.h"
#include "rig.h"
#include "suite.h"

#define G      UINT64_C(0x700000)
#define RIGHTS (NOTIFY_FINER_MAP | NOTIFY_FINER_UNMAP)

static struct rig *on(const char *profile, uint32_t flags)
{
    struct attach_rec a = {
        .name = "p", .kind = CONSUMER_PROBE, .bdf = RIG_DEV, .has_flags = true, .flags = flags};
    struct rig *r = rig_new(&(struct rig_setup){.profile = profile, .with = &a});

    rig_bring_up(r);
    rig_notes(r);
    return r;
}

/* A store to the entry of page 0x1000, and its invalidation. */
static void page(struct rig *r, uint64_t entry)
{
    rig_map(r, RIG_TOP, 3, 0x1000, 1, entry);
    rig_psi(r, 5, 0x1000, 0);
}

#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)
#define P           "0x1000+0x1000"

/* What goes and what comes is told by right; what stays is not mentioned. */
START_TEST(by_right)
{
    struct rig *r = on("ideal", RIGHTS);

    page(r, G | 1);
    EXPECT("p READ-MAP " P " 0x700000 r 0\n");
    page(r, G | 2); /* read-only becomes write-only */
    EXPECT("p READ-UNMAP " P " 0\np WRITE-MAP " P " 0x700000 w 0\n");
    page(r, G | 3);
    EXPECT("p READ-MAP " P " 0x700000 r 0\n");
    page(r, G | 3);
    EXPECT();
    page(r, G | 1);
    EXPECT("p WRITE-UNMAP " P " 0\n");
    page(r, G | 0x1003); /* another target */
    EXPECT("p READ-UNMAP " P " 0\np READ-MAP " P " 0x701000 r 0\np WRITE-MAP " P " 0x701000 w 0\n");
    page(r, 0);
    EXPECT("p READ-UNMAP " P " 0\np WRITE-UNMAP " P " 0\n");
    rig_free(r);
}
END_TEST

/* Another page size is another page. */
START_TEST(by_size)
{
    struct rig *r = on("ideal", NOTIFY_READ_MAP | NOTIFY_READ_UNMAP);

    rig_map(r, RIG_TOP, 3, 0, 2, 0x200083);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p READ-MAP 0x0+0x200000 0x200000 r 0\n");
    page(r, 0x201003);
    EXPECT("p READ-UNMAP 0x0+0x200000 0\np READ-MAP " P " 0x201000 r 0\n");
    rig_free(r);
}
END_TEST

/* Beside MAP and UNMAP, and only what was asked for. _i: flags. */
START_TEST(beside_the_others)
{
    static const struct {
        uint32_t flags;
        const char *came, *changed, *went;
    } rows[] = {
        {NOTIFY_MAP | NOTIFY_UNMAP | NOTIFY_WRITE_UNMAP, "p MAP " P " 0x700000 rw 0\n",
         "p WRITE-UNMAP " P " 0\np UNMAP " P " 0\np MAP " P " 0x700000 r 0\n", "p UNMAP " P " 0\n"},
        {NOTIFY_WRITE_MAP, "p WRITE-MAP " P " 0x700000 w 0\n", "", ""},
        {NOTIFY_UNMAP | NOTIFY_READ_UNMAP, "p UNMAP " P " 0\n", "p UNMAP " P " 0\n",
         "p READ-UNMAP " P " 0\np UNMAP " P " 0\n"},
    };
    struct rig *r = on("ideal", rows[_i].flags);

    page(r, G | 3);
    ck_assert_str_eq(rig_notes(r), rows[_i].came);
    page(r, G | 1);
    ck_assert_str_eq(rig_notes(r), rows[_i].changed);
    page(r, 0);
    ck_assert_str_eq(rig_notes(r), rows[_i].went);
    rig_free(r);
}
END_TEST

/* A change in place reaches those who asked for either kind: one event each. */
START_TEST(in_place_for_either)
{
    struct rig *r = on("ideal", NOTIFY_MAP);

    page(r, G | 3);
    EXPECT("p MAP " P " 0x700000 rw 0\n");
    page(r, G | 0x1001);
    EXPECT("p MAP " P " 0x701000 r 0\n");
    page(r, 0);
    EXPECT();
    rig_free(r);
    r = on("ideal", NOTIFY_UNMAP);
    page(r, G | 3);
    rig_notes(r);
    page(r, G | 0x1001);
    EXPECT("p UNMAP " P " 0\n");
    rig_free(r);
}
END_TEST

/* Who joins late is told what is there; translation off takes it away. */
START_TEST(replayed)
{
    struct attach_rec a = {.name = "q",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = RIGHTS,
                           .has_range = true,
                           .range = {{0x1000}, {0x2fff}}};
    struct rig *r = on("ideal", NOTIFY_MAP | NOTIFY_UNMAP);

    rig_map(r, RIG_TOP, 3, 0, 2, 0x200083);
    rig_dsi(r, 5);
    rig_notes(r);
    rig_attach(r, &a);
    EXPECT("q READ-MAP 0x1000+0x1000 0x201000 r 0\nq READ-MAP 0x2000+0x1000 0x202000 r 0\n"
           "q WRITE-MAP 0x1000+0x1000 0x201000 w 0\nq WRITE-MAP 0x2000+0x1000 0x202000 w 0\n");
    rig_w32(r, REG_GCMD, GCMD_QIE);
    EXPECT("q READ-UNMAP 0x1000+0x2000 0\nq WRITE-UNMAP 0x1000+0x2000 0\np UNMAP 0x0+0x200000 0\n");
    rig_free(r);
}
END_TEST

/* The end of each invalidation that concerns the device, after all else. */
START_TEST(synchronised)
{
    struct rig *r = on("ideal", NOTIFY_MAP | NOTIFY_UNMAP | NOTIFY_SYNC);

    page(r, G | 3);
    EXPECT("p MAP " P " 0x700000 rw 0\np SYNC 0x0+0x0 0\n");
    rig_psi(r, 6, 0x1000, 0); /* another domain */
    EXPECT();
    rig_dsi(r, 5);
    EXPECT("p SYNC 0x0+0x0 0\n");
    rig_iotlb_global(r);
    EXPECT("p SYNC 0x0+0x0 0\n");
    rig_cc_global(r);
    EXPECT("p SYNC 0x0+0x0 0\n");
    rig_cc_device(r, 5, RIG_DEV);
    EXPECT("p SYNC 0x0+0x0 0\n");
    rig_wait(r);
    EXPECT();
    rig_free(r);
}
END_TEST

/* Kinds that the system does not have, or a unit without caching mode cannot supply. _i: row. */
START_TEST(refused)
{
    static const struct {
        const char *profile;
        bool cm_off;
        uint32_t flags;
    } rows[] = {{"qemu-10.2", false, NOTIFY_MAP | NOTIFY_READ_MAP},
                {"qemu-7.2", false, NOTIFY_UNMAP | NOTIFY_SYNC},
                {"ideal", true, NOTIFY_UNMAP | NOTIFY_WRITE_UNMAP}};
    struct attach_rec a = {.name = "p",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = rows[_i].flags};
    struct rig *r = rig_new(
        &(struct rig_setup){.profile = rows[_i].profile, .cm_off = rows[_i].cm_off, .with = &a});

    rig_bring_up(r);
    ck_assert_ptr_nonnull(strstr(r->registrations, "p -95\n"));
    page(r, G | 3);
    EXPECT();
    rig_free(r);
}
END_TEST

struct ear {
    struct notifier notifier;
    uint64_t last;
    unsigned gaps, heard;
};

static int hear(struct notifier *n, const struct iommu_event *e)
{
    struct ear *ear = n->owner_data;

    ear->gaps += e->seq != ear->last + 1;
    ear->last = e->seq;
    ear->heard++;
    return 0;
}

static void nothing(void *owner, struct notify_region *r, struct notifier *n)
{
    (void)owner;
    (void)r;
    (void)n;
}

static int anything(void *owner, struct notify_region *r, uint32_t old_flags, uint32_t new_flags,
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

/* Numbers without gaps, whatever the notifier's kinds and range leave out; anew when it registers.
 */
START_TEST(numbered)
{
    static const struct region_ops ops = {anything, nothing};
    struct ear low = {.notifier = {.owner = "low",
                                   .flags = NOTIFY_MAP,
                                   .range = {{0x1000}, {0x6fff}},
                                   .notify = hear,
                                   .owner_data = &low}};
    struct ear all = {.notifier = {.owner = "all",
                                   .flags = NOTIFY_MAP | NOTIFY_UNMAP | NOTIFY_SYNC,
                                   .range = {{0}, {UINT64_MAX}},
                                   .notify = hear,
                                   .owner_data = &all}};
    struct funnel funnel = {0};
    struct fate fate = {0};
    struct notify_region region;
    struct err err;

    notify_region_init(&region, RIG_DEV, &ops, NULL, policy_find("ideal"), &funnel, &fate);
    ck_assert_int_eq(notify_register(&region, &low.notifier, &err), 0);
    ck_assert_int_eq(notify_register(&region, &all.notifier, &err), 0);
    for (uint64_t at = 0; at < 0x10000; at += 0x1000) {
        struct iommu_event map = event_map(iova_range(at, at + 0xfff), gpa(at), PERM_RW);
        struct iommu_event unmap = event_unmap(map.range), sync = event_sync();

        notify_all(&region, &map);
        notify_all(&region, &unmap);
        notify_all(&region, &sync);
    }
    ck_assert_uint_eq(low.heard, 6);
    ck_assert_uint_eq(all.heard, 48);
    ck_assert_uint_eq(low.gaps + all.gaps, 0);
    notify_unregister(&low.notifier);
    low.last = 0;
    ck_assert_int_eq(notify_register(&region, &low.notifier, &err), 0);
    notify_all(&region,
               &(struct iommu_event){.type = NOTE_MAP, .range = {{0}, {0x7fff}}, .perm = PERM_R});
    ck_assert_uint_eq(low.heard, 6 + 4); /* in pieces: 1, 2, 4 and 6 */
    ck_assert_uint_eq(low.gaps, 0);
    notify_region_clear(&region);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {by_right, 1}, {by_size, 1},      {beside_the_others, 3}, {in_place_for_either, 1},
        {replayed, 1}, {synchronised, 1}, {refused, 3},           {numbered, 1},
    };

    return run_tests("finer kinds", rows, COUNT(rows));
}
