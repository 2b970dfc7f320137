/* SPDX-License-Identifier: MIT */
/* Profiles and quirks: each quirk changes what is said or done, in the way its line says (contract,
 * section 5). */
#include <errno.h>
#include <string.h>

#include "map.h"
#include "rig.h"
#include "suite.h"

#define G           UINT64_C(0x700000)
#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

static struct rig *with(const char *quirk, const char *attach)
{
    struct rig *r = rig_new(&(struct rig_setup){.quirk = quirk, .attach = attach});

    rig_bring_up(r);
    return r;
}

static struct rig *unmap_only(const char *quirk, uint64_t first, uint64_t last)
{
    struct attach_rec a = {.name = "p",
                           .kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = NOTIFY_UNMAP,
                           .has_range = true,
                           .range = {{first}, {last}}};
    struct rig *r = rig_new(&(struct rig_setup){.quirk = quirk, .with = &a});

    rig_bring_up(r);
    return r;
}

START_TEST(profiles)
{
    static const char *const wanted[] = {"v3",        "v6",        "v7",   "qemu-7.2",
                                         "qemu-10.0", "qemu-10.2", "ideal"};
    size_t count;
    const char *const *names = policy_names(&count);

    for (size_t w = 0; w < COUNT(wanted); w++) {
        bool found = false;

        for (size_t i = 0; i < count; i++)
            found |= strcmp(names[i], wanted[w]) == 0;
        ck_assert_msg(found, "%s is not among the profiles", wanted[w]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct policy *p = policy_find(names[i]);

        ck_assert_ptr_nonnull(p);
        ck_assert_str_eq(policy_name(p), names[i]);
        ck_assert_int_eq(policy_kinds(p) != NULL, strcmp(names[i], "v3") == 0);
    }
    ck_assert_ptr_null(policy_find("qemu"));
    ck_assert_ptr_null(policy_find(""));
}
END_TEST

/* What a profile's system does not offer is refused with a sentence. */
START_TEST(units_refused)
{
    static const struct {
        const char *profile;
        struct unit_config u;
        int result;
    } rows[] = {
        {"qemu-10.2", {.aw_bits = 39}, 0},
        {"qemu-10.2", {.aw_bits = 48}, 0},
        {"qemu-10.2", {.aw_bits = 57}, -EINVAL},
        {"qemu-7.2", {.aw_bits = 57}, -EINVAL},
        {"qemu-7.2", {.aw_bits = 48}, 0},
        {"qemu-7.2", {.aw_bits = 48, .stale_tm = true}, -EINVAL},
        {"qemu-10.0", {.aw_bits = 48, .stale_tm = true}, 0},
        {"qemu-10.0", {.aw_bits = 57}, -EINVAL},
        {"v3", {.aw_bits = 39}, 0},
        {"v3", {.aw_bits = 48}, -EINVAL},
        {"v6", {.aw_bits = 48}, -EINVAL},
        {"v7", {.aw_bits = 39, .caching_mode = true, .device_iotlb = true, .pt = true}, 0},
        {"v7", {.aw_bits = 48}, -EINVAL},
        {"v7", {.aw_bits = 57}, -EINVAL},
        {"v7", {.aw_bits = 39, .snoop_control = true}, -EINVAL},
        {"v7", {.aw_bits = 39, .stale_tm = true}, -EINVAL},
        {"ideal", {.aw_bits = 57}, 0},
        {"ideal", {.aw_bits = 40}, -EINVAL},
        {"ideal", {.aw_bits = 0}, -EINVAL},
        {"ideal", {.aw_bits = 39, .scalable_mode = true}, -ENOTSUP},
        {"ideal", {.aw_bits = 39, .eim = true}, -EINVAL},
        {"ideal", {.aw_bits = 39, .eim = true, .intremap = true}, 0},
        {"qemu-10.2", {.aw_bits = 48, .has_ecap = true, .ecap = UINT64_C(1) << 43}, -ENOTSUP},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = {""};

        ck_assert_msg(policy_check_unit(policy_find(rows[i].profile), &rows[i].u, &e) ==
                          rows[i].result,
                      "row %zu: %s", i, e.text);
        ck_assert_int_eq(e.text[0] != 0, rows[i].result != 0);
    }
}
END_TEST

START_TEST(quirks_are_named)
{
    struct policy *p = policy_copy(policy_find("qemu-10.2"));
    struct err e = {""};
    size_t n = 0;

    for (const struct quirk *q; (q = policy_quirk(n)); n++) {
        ck_assert_msg(q->name[0] && q->what[0] && q->source[0], "quirk %zu says too little", n);
        ck_assert_int_eq(policy_apply_quirk(p, q->name, &e), 0);
        for (size_t k = 0; k < n; k++)
            ck_assert_str_ne(policy_quirk(k)->name, q->name);
    }
    ck_assert_uint_ge(n, 11);
    ck_assert_int_eq(policy_apply_quirk(p, "no-such-bug", &e), -ENOENT);
    ck_assert_ptr_nonnull(strstr(e.text, "no-such-bug"));
    free(p);
}
END_TEST

/* M03: unchanged entries again. */
START_TEST(nothing_remembered)
{
    struct rig *r = with("dup-map-no-tree", "vfio");

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v MAP 0x1000+0x1000 0x700000 rw 0\nv MAP 0x1000+0x1000 0x700000 rw -17\n");
    rig_psi(r, 5, 0x2000, 0);
    EXPECT("v UNMAP 0x2000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* M01: the absent table entry is passed over, the pages below it stay. */
START_TEST(table_entry_skipped)
{
    struct rig *r = with("psi-skip-pde", "probe");

    map(r, 0x200000, 1, G | 3);
    rig_psi(r, 5, 0x200000, 0);
    rig_notes(r);
    map(r, 0x200000, 2, 0);
    rig_psi(r, 5, 0x200000, 9);
    EXPECT();
    map(r, 0x200000, 1, 0);
    rig_psi(r, 5, 0x200000, 0);
    EXPECT("p UNMAP 0x200000+0x1000 0\n");
    rig_free(r);
}
END_TEST

START_TEST(bare_map)
{
    struct rig *r = with("inplace-bare-map", "vfio");

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    map(r, 0x1000, 1, (G + 0x1000) | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("v MAP 0x1000+0x1000 0x701000 rw -17\n");
    rig_free(r);
}
END_TEST

/* M05: past its border. */
START_TEST(uncut)
{
    struct rig *r = unmap_only("deliver-whole", 0x2000, 0x2fff);

    rig_psi(r, 5, 0x0, 2);
    EXPECT("p UNMAP 0x0+0x4000 0\n");
    rig_free(r);
}
END_TEST

START_TEST(all_kinds)
{
    struct rig *r = unmap_only("kinds-ignored", 0, UINT64_MAX);

    rig_desc(r, UINT64_C(0x0000001000000003), 0x1000);
    EXPECT("p DEVTLB 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

/* M09: translation goes off, the mappings and the region stay. */
START_TEST(region_kept)
{
    struct rig *r = with("te-off-no-switch", "vfio");

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    rig_w32(r, 0x18, 0x04000000);
    EXPECT();
    rig_dma(r, RIG_DEV, 0x1000, false);
    ck_assert_uint_eq(r->held_gpa, G);
    rig_free(r);
}
END_TEST

START_TEST(still_called)
{
    struct rig *r = with("unregister-missing", "probe");

    rig_detach(r, "p");
    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n"); /* nobody asks for MAP any more, but it is called */
    rig_free(r);
}
END_TEST

START_TEST(replay_unmaps)
{
    struct attach_rec q = {.name = "q", .kind = CONSUMER_PROBE, .bdf = RIG_DEV};
    struct rig *r = with("replay-unmaps", "probe");

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 5, 0x1000, 0);
    rig_notes(r);
    rig_attach(r, &q);
    EXPECT("q UNMAP 0x0+0x8000000000 0\nq MAP 0x1000+0x1000 0x700000 rw 0\n");
    rig_free(r);
}
END_TEST

START_TEST(any_domain)
{
    struct rig *r = with("domain-ignored", "probe");

    map(r, 0x1000, 1, G | 3);
    rig_psi(r, 9, 0x1000, 0);
    EXPECT("p MAP 0x1000+0x1000 0x700000 rw 0\n");
    map(r, 0x1000, 1, 0);
    rig_dsi(r, 9);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

START_TEST(rights_kept)
{
    static const char *const quirks[] = {NULL, "unmap-keeps-rights"};

    for (size_t i = 0; i < COUNT(quirks); i++) {
        struct rig *r = with(quirks[i], "probe");

        map(r, 0x1000, 1, G | 3);
        rig_psi(r, 5, 0x1000, 0);
        ck_assert_int_eq(r->note_perm, PERM_RW);
        map(r, 0x1000, 1, 0);
        rig_psi(r, 5, 0x1000, 0);
        ck_assert_int_eq(r->note_perm, quirks[i] ? PERM_RW : PERM_NONE);
        rig_free(r);
    }
}
END_TEST

START_TEST(flags_again)
{
    struct attach_rec q = {.name = "q", .kind = CONSUMER_PROBE, .bdf = RIG_DEV};
    struct rig *r = with("flags-told-always", "probe");

    rig_attach(r, &q);
    ck_assert_str_eq(r->registrations, "flags 0->3 0\np 0\nflags 3->3 0\nq 0\n");
    rig_free(r);
    r = with(NULL, "probe");
    rig_attach(r, &q);
    ck_assert_str_eq(r->registrations, "flags 0->3 0\np 0\nq 0\n");
    rig_free(r);
}
END_TEST

/* The replay meets RAM that is still mapped. */
START_TEST(added_first)
{
    struct rig *r = rig_new(&(struct rig_setup){.quirk = "add-before-delete", .attach = "vfio"});
    const char *mapped, *gone;
    const char *notes;

    map(r, 0x1000, 1, G | 3);
    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    notes = rig_notes(r);
    mapped = strstr(notes, "v MAP 0x1000+0x1000 0x700000 rw -17\n");
    gone = strstr(notes, "v region UNMAP 0x0+0xfee00000 0\n");
    ck_assert_ptr_nonnull(mapped);
    ck_assert_ptr_nonnull(gone);
    ck_assert(mapped < gone);
    rig_free(r);
}
END_TEST

/* M17. */
START_TEST(deaf)
{
    struct rig *r = unmap_only("domain-global-inv-no-unmap", 0, UINT64_MAX);

    rig_dsi(r, 5);
    rig_iotlb_global(r);
    EXPECT();
    rig_psi(r, 5, 0x1000, 0);
    EXPECT("p UNMAP 0x1000+0x1000 0\n");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {profiles, 1},
        {units_refused, 1},
        {quirks_are_named, 1},
        {nothing_remembered, 1},
        {table_entry_skipped, 1},
        {bare_map, 1},
        {uncut, 1},
        {all_kinds, 1},
        {region_kept, 1},
        {still_called, 1},
        {replay_unmaps, 1},
        {any_domain, 1},
        {rights_kept, 1},
        {flags_again, 1},
        {added_first, 1},
        {deaf, 1},
    };

    return run_tests("profiles and quirks", rows, COUNT(rows));
}
