/* SPDX-License-Identifier: MIT */
/* Events at a notifier's border, by era and as architected, and listeners of a region's switch
 * (museum 1.3; vtd-facts 9.2.2). */
#include <stdio.h>
#include <string.h>

#include "notifier.h"
#include "policy_fields.h"
#include "suite.h"

static struct fixture {
    struct notify_region region;
    struct funnel funnel;
    struct fate fate;
    struct policy policy;
    struct notifier n;
    struct err err;
    char log[4096];
} f;

static int flags_changed(void *owner, struct notify_region *r, uint32_t old_flags,
                         uint32_t new_flags, const struct notifier *n, struct err *e)
{
    (void)owner, (void)r, (void)old_flags, (void)new_flags, (void)n, (void)e;
    return 0;
}

static void replay(void *owner, struct notify_region *r, struct notifier *n)
{
    (void)owner, (void)r, (void)n;
}

static const struct region_ops ops = {flags_changed, replay};

static int hear(struct notifier *n, const struct iommu_event *e)
{
    size_t used = strlen(f.log);

    (void)n;
    ck_assert_int_eq(e->perm != PERM_NONE, e->type == NOTE_MAP);
    snprintf(f.log + used, sizeof(f.log) - used, "%c%llx+%llx", "MUD"[e->type],
             (unsigned long long)e -> range.first.v,
             (unsigned long long)(e->range.last.v - e->range.first.v + 1));
    if (e->type == NOTE_MAP) {
        used = strlen(f.log);
        snprintf(f.log + used, sizeof(f.log) - used, ">%llx", (unsigned long long)e->gpa.v);
    }
    strcat(f.log, " ");
    return 0;
}

static void begin(enum straddle s, uint32_t flags, uint64_t first, uint64_t last)
{
    memset(&f, 0, sizeof(f));
    f.policy = *policy_find("qemu-10.2");
    f.policy.straddle = s;
    notify_region_init(&f.region, bdf(8), &ops, NULL, &f.policy, &f.funnel, &f.fate);
    f.n =
        (struct notifier){.owner = "n", .flags = flags, .range = {{first}, {last}}, .notify = hear};
    ck_assert_int_eq(notify_register(&f.region, &f.n, &f.err), 0);
}

/* `kind`: M, U or D. What arrives. */
static const char *send(char kind, uint64_t first, uint64_t last, uint64_t target)
{
    struct iova_range r = iova_range(first, last);
    struct iommu_event e = kind == 'M'   ? event_map(r, gpa(target), PERM_RW)
                           : kind == 'U' ? event_unmap(r)
                                         : event_devtlb(r);

    f.log[0] = 0;
    notify_all(&f.region, &e);
    return f.log;
}

#define ALL (NOTIFY_MAP | NOTIFY_UNMAP)

START_TEST(crop)
{
    begin(STRADDLE_CROP, ALL, 0x2000, 0x4fff);
    ck_assert_str_eq(send('M', 0x0, 0x7fff, 0x10000),
                     "M2000+3000>10000 "); /* target not moved (#41) */
    ck_assert_str_eq(send('M', 0x4000, 0x7fff, 0x10000), "M4000+1000>10000 ");
    ck_assert_str_eq(send('U', 0x0, 0x3fff, 0), "U2000+2000 ");
    ck_assert_str_eq(send('U', 0, UINT64_MAX, 0), "U2000+3000 ");
    ck_assert_str_eq(send('U', 0x2000, 0x4fff, 0), "U2000+3000 ");
    ck_assert_str_eq(send('U', 0x5000, 0x5fff, 0), "");
    ck_assert_str_eq(send('U', 0x1000, 0x1fff, 0), "");
    ck_assert_str_eq(send('D', 0x0, 0x7fff, 0), "");
    ck_assert_ptr_null(f.fate.abort_why);
}
END_TEST

START_TEST(assertion)
{
    begin(STRADDLE_ABORT, ALL, 0x2000, 0x4fff);
    ck_assert_str_eq(send('M', 0x2000, 0x2fff, 0x10000), "M2000+1000>10000 ");
    ck_assert_str_eq(send('U', 0x5000, 0x7fff, 0), "");
    ck_assert_ptr_null(f.fate.abort_why);
    ck_assert_str_eq(send('U', 0x4000, 0x7fff, 0), "");
    ck_assert_ptr_nonnull(f.fate.abort_why);
    ck_assert_str_eq(send('M', 0x2000, 0x2fff, 0x10000), ""); /* over */
    begin(STRADDLE_ABORT, NOTIFY_DEVTLB, 0x2000, 0x4fff);
    ck_assert_str_eq(send('D', 0, UINT64_MAX, 0), "D2000+3000 "); /* these crop */
    ck_assert_ptr_null(f.fate.abort_why);
    begin(STRADDLE_ABORT, ALL, 0x2000, 0x4fff); /* the kind is looked at later than the range */
    ck_assert_str_eq(send('D', 0, UINT64_MAX, 0), "");
    ck_assert_ptr_nonnull(f.fate.abort_why);
}
END_TEST

START_TEST(whole)
{
    begin(STRADDLE_WHOLE, ALL, 0x2000, 0x4fff);
    ck_assert_str_eq(send('U', 0x0, 0x7fff, 0), "U0+8000 ");
    ck_assert_str_eq(send('U', 0x5000, 0x7fff, 0), "");
}
END_TEST

/* As architected: what is left comes as aligned powers of two, ascending, the target in step. */
START_TEST(pieces)
{
    begin(STRADDLE_PIECES, ALL, 0x3000, 0xcfff);
    ck_assert_str_eq(send('M', 0x0, 0xffff, 0x100000),
                     "M3000+1000>103000 M4000+4000>104000 M8000+4000>108000 Mc000+1000>10c000 ");
    ck_assert_str_eq(send('U', 0x1000, 0x6fff, 0), "U3000+1000 U4000+2000 U6000+1000 ");
    ck_assert_str_eq(send('U', 0x5000, 0x7fff, 0),
                     "U5000+1000 U6000+2000 "); /* inside, a merged run */
    begin(STRADDLE_PIECES, ALL, 0xfef00000, UINT64_MAX);
    ck_assert_str_eq(send('U', 0xfff0000000000000, UINT64_MAX, 0),
                     "Ufff0000000000000+10000000000000 ");
    ck_assert_str_eq(send('U', 0xfee00000, 0xffffffff, 0), "Ufef00000+100000 Uff000000+1000000 ");
    begin(STRADDLE_PIECES, ALL, 0, UINT64_MAX);
    ck_assert_str_eq(send('U', 0, UINT64_MAX, 0), "U0+0 ");
    begin(STRADDLE_PIECES, NOTIFY_UNMAP, 0x3000,
          0xcfff); /* UNMAP-only: any range will do, one event */
    ck_assert_str_eq(send('U', 0x0, 0xffff, 0), "U3000+a000 ");
}
END_TEST

static int hear_and_leave(struct notifier *n, const struct iommu_event *e)
{
    hear(n, e);
    notify_unregister(n);
    return -1;
}

/* One that leaves at the first piece gets no second. */
START_TEST(leaving_between_pieces)
{
    begin(STRADDLE_PIECES, ALL, 0x3000, 0xcfff);
    f.n.notify = hear_and_leave;
    ck_assert_str_eq(send('U', 0x0, 0xffff, 0), "U3000+1000 ");
    ck_assert_uint_eq(f.region.flags, 0);
}
END_TEST

/* The cut itself, against the definition: largest block that starts there aligned and fits (9.2.4).
 */
START_TEST(aligned_blocks)
{
    uint64_t seed = 99;

    for (unsigned i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t first = seed >> (seed & 63), last = first + (~seed >> (seed >> 6 & 63)), want = 0;

        if (last < first)
            last = UINT64_MAX;
        for (unsigned bits = 0; bits <= 64; bits++) {
            uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

            if ((first & mask) == 0 && mask <= last - first)
                want = mask;
        }
        ck_assert_uint_eq(aligned_block_mask(first, last), want);
    }
    ck_assert_uint_eq(aligned_block_mask(0, UINT64_MAX), UINT64_MAX);
    ck_assert_uint_eq(aligned_block_mask(UINT64_MAX, UINT64_MAX), 0);
}
END_TEST

struct lamp {
    struct region_listener l;
    char name;
    bool leaves;
};

static void switched(struct region_listener *l, bool on)
{
    struct lamp *lamp = (struct lamp *)l;
    char word[4] = {lamp->name, on ? '+' : '-', ' ', 0};

    strcat(f.log, word);
    if (lamp->leaves)
        region_unlisten(&f.region, l);
}

/* Listeners: in the order in which they came, on changes only, and one may leave while it is told.
 */
START_TEST(listeners)
{
    struct lamp a = {{switched, NULL}, 'a', false}, b = {{switched, NULL}, 'b', true};
    struct lamp c = {{switched, NULL}, 'c', false};

    begin(STRADDLE_CROP, ALL, 0, UINT64_MAX);
    region_listen(&f.region, &a.l);
    region_listen(&f.region, &b.l);
    region_listen(&f.region, &c.l);
    ck_assert_str_eq(f.log, ""); /* joining tells nothing */
    region_switch(&f.region, false);
    ck_assert_str_eq(f.log, "");
    region_switch(&f.region, true);
    region_switch(&f.region, true);
    ck_assert_str_eq(f.log, "a+ b+ c+ ");
    region_unlisten(&f.region, &a.l);
    region_unlisten(&f.region, &a.l);
    region_switch(&f.region, false);
    ck_assert_str_eq(f.log, "a+ b+ c+ c- ");
    ck_assert(!f.region.translated);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {crop, 1},           {assertion, 1}, {whole, 1}, {pieces, 1}, {leaving_between_pieces, 1},
        {aligned_blocks, 1}, {listeners, 1},
    };

    return run_tests("borders of notifiers", rows, COUNT(rows));
}
