/* SPDX-License-Identifier: MIT */
/* The life of an entry: its number while a callback runs, and what a kept pointer finds after it.
 */
#include <string.h>

#include "notifier.h"
#include "policy_fields.h"
#include "suite.h"

#define DEPTH (ENTRY_SLOTS + 4)

static struct fixture {
    struct notify_region region;
    struct funnel funnel;
    struct fate fate;
    struct policy policy;
    struct notifier n;
    unsigned depth, deepest, calls;
    uint64_t numbers[64]; /* as delivered */
    const struct iommu_event *kept[64];
} f;

static int flags_changed(void *owner, struct notify_region *r, uint32_t old_flags,
                         uint32_t new_flags, const struct notifier *n, struct err *e)
{
    (void)owner, (void)r, (void)old_flags, (void)new_flags, (void)n, (void)e;
    return 0;
}

static const struct region_ops ops = {.flags_changed = flags_changed};

static int hear(struct notifier *n, const struct iommu_event *e)
{
    struct iommu_event copy = *e, inner = event_unmap(iova_range(0x5000, 0x5fff));

    (void)n;
    ck_assert_uint_eq(e->number, f.funnel.delivery);
    f.numbers[f.calls] = e->number;
    f.kept[f.calls++] = e;
    if (++f.depth < f.deepest)
        notify_all(&f.region, &inner);
    f.depth--;
    ck_assert_uint_eq(e->number, f.funnel.delivery); /* ours again, and untouched by those inside */
    ck_assert_uint_eq(e->number, copy.number);
    ck_assert_uint_eq(e->range.first.v, copy.range.first.v);
    ck_assert_uint_eq(e->gpa.v, copy.gpa.v);
    ck_assert_int_eq(e->type, copy.type);
    return 0;
}

static void set_up(unsigned deepest)
{
    struct err e;

    memset(&f, 0, sizeof(f));
    f.policy = *policy_find("ideal");
    f.deepest = deepest;
    notify_region_init(&f.region, bdf(0x10), &ops, &f, &f.policy, &f.funnel, &f.fate);
    f.n = (struct notifier){.owner = "n",
                            .flags = NOTIFY_MAP | NOTIFY_UNMAP,
                            .range = iova_range(0, UINT64_MAX),
                            .notify = hear};
    ck_assert_int_eq(notify_register(&f.region, &f.n, &e), 0);
}

static bool in_a_slot(const struct iommu_event *e)
{
    return e >= f.region.entry && e < f.region.entry + ENTRY_SLOTS;
}

/* One after the other: who looks at the entry of the last callback finds it dead. */
START_TEST(kept_over_a_callback)
{
    struct iommu_event e = event_map(iova_range(0x1000, 0x1fff), gpa(0x7000), PERM_RW);

    set_up(1);
    for (unsigned i = 0; i < 20; i++) {
        notify_all(&f.region, &e);
        ck_assert_uint_eq(f.numbers[i], i + 1);
        ck_assert_uint_eq(f.funnel.delivery, 0);
        for (unsigned k = i < ENTRY_SLOTS ? 0 : i - ENTRY_SLOTS + 1; k <= i; k++) {
            ck_assert(in_a_slot(f.kept[k]));
            ck_assert_uint_eq(f.kept[k]->number, ENTRY_DEAD);
            ck_assert_uint_ne(f.kept[k]->range.first.v, 0x1000);
        }
    }
    ck_assert_uint_eq(e.number, 0); /* the sender's own is left alone */
}
END_TEST

/* Callbacks inside callbacks, deeper than there are slots: nobody's entry is taken from him. */
START_TEST(nested_callbacks)
{
    struct iommu_event e = event_map(iova_range(0x1000, 0x1fff), gpa(0x7000), PERM_RW);
    unsigned slots = 0;

    set_up(DEPTH);
    for (unsigned round = 0; round < 3; round++)
        notify_all(&f.region, &e);
    ck_assert_uint_eq(f.calls, 3 * DEPTH);
    for (unsigned i = 0; i < f.calls; i++) {
        ck_assert_uint_eq(f.numbers[i], i + 1);
        slots += in_a_slot(f.kept[i]);
        if (in_a_slot(f.kept[i]))
            ck_assert_uint_eq(f.kept[i]->number, ENTRY_DEAD);
    }
    ck_assert_uint_ge(slots, 3 * ENTRY_SLOTS);
    ck_assert_uint_lt(slots, f.calls);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{kept_over_a_callback, 1}, {nested_callbacks, 1}};

    return run_tests("the life of an entry", rows, COUNT(rows));
}
