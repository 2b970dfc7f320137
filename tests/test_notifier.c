/* SPDX-License-Identifier: MIT */
/* The notifier core: registration, union of flags, order, replay, leaving inside a callback
 * (museum 1.2; seeds 000-004). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "notifier.h"
#include "policy_fields.h"
#include "suite.h"

struct ear {
    struct notifier n;
    const char *name;
    void (*act)(struct ear *e); /* inside the callback */
    int answer;
};

/* One region with an owner that writes down what it is told and can refuse. */
static struct fixture {
    struct notify_region region;
    struct funnel funnel;
    struct fate fate;
    struct policy *policy;
    char log[4096];
    int refuse; /* the owner's answer to the next flag change */
    struct notifier *replayed;
    struct err err;
} f;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
    size_t used = strlen(f.log);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(f.log + used, sizeof(f.log) - used, fmt, ap);
    va_end(ap);
}

static int flags_changed(void *owner, struct notify_region *r, uint32_t old_flags,
                         uint32_t new_flags, const struct notifier *n, struct err *e)
{
    ck_assert_ptr_eq(owner, &f);
    ck_assert_ptr_eq(r, &f.region);
    ck_assert_ptr_nonnull(n);
    say("%u->%u ", old_flags, new_flags);
    return f.refuse ? err_set(e, f.refuse, "not here") : 0;
}

static void replay(void *owner, struct notify_region *r, struct notifier *n)
{
    struct iommu_event e = event_map(iova_range(0x1000, 0x1fff), gpa(0x7000), PERM_R);

    (void)owner;
    (void)r;
    f.replayed = n;
    notify_one(n, &e);
}

static const struct region_ops ops = {flags_changed, replay};

static int hear(struct notifier *n, const struct iommu_event *e)
{
    struct ear *ear = n->owner_data;
    static const char kinds[] = "MUD";

    say("%s%c%llx+%llx ", ear->name, kinds[e->type], (unsigned long long)e->range.first.v,
        (unsigned long long)(e->range.last.v - e->range.first.v + 1));
    if (ear->act)
        ear->act(ear);
    return ear->answer;
}

static struct ear ear(const char *name, uint32_t flags)
{
    return (struct ear){
        .name = name,
        .n = {.owner = name, .flags = flags, .range = {{0}, {UINT64_MAX}}, .notify = hear}};
}

static void begin(const char *profile)
{
    memset(&f, 0, sizeof(f));
    f.policy = policy_copy(policy_find(profile));
    notify_region_init(&f.region, bdf(8), &ops, &f, f.policy, &f.funnel, &f.fate);
}

static void end(void)
{
    free(f.policy);
}

static int join(struct ear *e)
{
    e->n.owner_data = e;
    return notify_register(&f.region, &e->n, &f.err);
}

static int unmap(uint64_t first, uint64_t last)
{
    struct iommu_event e = event_unmap(iova_range(first, last));

    return notify_all(&f.region, &e);
}

static const char *logged(void)
{
    static char copy[sizeof(f.log)];

    memcpy(copy, f.log, sizeof(copy));
    f.log[0] = 0;
    return copy;
}

START_TEST(refusals)
{
    struct ear none = ear("a", 0), unknown = ear("b", 0x100), inverted = ear("c", NOTIFY_MAP);
    struct ear twice = ear("d", NOTIFY_UNMAP);

    begin("qemu-10.2");
    inverted.n.range = iova_range(0x2000, 0x1fff);
    ck_assert_int_eq(join(&none), -EINVAL);
    ck_assert_ptr_nonnull(strstr(f.err.text, "at least one kind"));
    ck_assert_int_eq(join(&unknown), -EINVAL);
    ck_assert_int_eq(join(&inverted), -EINVAL);
    ck_assert_ptr_null(f.region.head);
    ck_assert_uint_eq(f.region.flags, 0);
    ck_assert(!notifier_registered(&none.n));
    ck_assert_int_eq(join(&twice), 0);
    ck_assert_int_eq(join(&twice), -EINVAL);
    ck_assert_ptr_eq(f.region.head, &twice.n);
    ck_assert_ptr_null(twice.n.next);
    ck_assert(notifier_registered(&twice.n));
    ck_assert_str_eq(logged(), "0->1 ");
    end();
}
END_TEST

/* The owner says no: its value and sentence come back, and nothing has changed. */
START_TEST(owner_refuses)
{
    struct ear a = ear("a", NOTIFY_UNMAP), b = ear("b", NOTIFY_MAP);

    begin("qemu-10.2");
    ck_assert_int_eq(join(&a), 0);
    f.refuse = ENOTSUP;
    ck_assert_int_eq(join(&b), -ENOTSUP);
    ck_assert_str_eq(f.err.text, "not here");
    ck_assert_uint_eq(f.region.flags, NOTIFY_UNMAP);
    ck_assert_ptr_eq(f.region.head, &a.n);
    ck_assert(!notifier_registered(&b.n));
    logged();
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "aU0+1000 ");
    f.refuse = 0;
    ck_assert_int_eq(join(&b), 0);
    ck_assert_uint_eq(f.region.flags, NOTIFY_UNMAP | NOTIFY_MAP);
    end();
}
END_TEST

/* REG-FLAGS: told the old and new union exactly when it changes. */
START_TEST(union_of_flags)
{
    struct ear a = ear("a", NOTIFY_UNMAP), b = ear("b", NOTIFY_UNMAP);
    struct ear c = ear("c", NOTIFY_MAP | NOTIFY_UNMAP), d = ear("d", NOTIFY_DEVTLB);

    begin("qemu-10.2");
    join(&a);
    ck_assert_str_eq(logged(), "0->1 ");
    join(&b);
    ck_assert_str_eq(logged(), "");
    join(&c);
    ck_assert_str_eq(logged(), "1->3 ");
    join(&d);
    ck_assert_str_eq(logged(), "3->7 ");
    notify_unregister(&a.n);
    notify_unregister(&b.n);
    ck_assert_str_eq(logged(), "");
    notify_unregister(&c.n);
    ck_assert_str_eq(logged(), "7->4 ");
    notify_unregister(&c.n); /* no effect */
    ck_assert_str_eq(logged(), "");
    notify_unregister(&d.n);
    ck_assert_str_eq(logged(), "4->0 ");
    ck_assert_ptr_null(f.region.head);
    end();
}
END_TEST

/* Kinds and ranges; newest first. */
START_TEST(kinds_ranges_order)
{
    struct ear a = ear("a", NOTIFY_UNMAP), b = ear("b", NOTIFY_MAP), c = ear("c", NOTIFY_DEVTLB);
    struct iommu_event map = event_map(iova_range(0x3000, 0x3fff), gpa(0x9000), PERM_RW);
    struct iommu_event dev = event_devtlb(iova_range(0x3000, 0x3fff));

    begin("qemu-10.2");
    b.n.range = iova_range(0x3000, 0x4fff);
    join(&a);
    join(&b);
    join(&c);
    logged();
    notify_all(&f.region, &map);
    ck_assert_str_eq(logged(), "bM3000+1000 ");
    unmap(0x3000, 0x3fff);
    ck_assert_str_eq(logged(), "aU3000+1000 ");
    notify_all(&f.region, &dev);
    ck_assert_str_eq(logged(), "cD3000+1000 ");
    map.range = iova_range(0x2000, 0x2fff);
    notify_all(&f.region, &map);
    map.range = iova_range(0x5000, 0x5fff);
    notify_all(&f.region, &map);
    ck_assert_str_eq(logged(), "");
    notify_unregister(&b.n);
    b.n.flags = NOTIFY_UNMAP;
    c.n.flags |= NOTIFY_UNMAP;
    join(&b);
    logged();
    unmap(0x4000, 0x4fff);
    ck_assert_str_eq(logged(), "bU4000+1000 cU4000+1000 aU4000+1000 ");
    end();
}
END_TEST

/* The first refusal is the answer; the others are called all the same. */
START_TEST(first_refusal)
{
    struct ear a = ear("a", NOTIFY_UNMAP), b = ear("b", NOTIFY_UNMAP), c = ear("c", NOTIFY_UNMAP);

    begin("qemu-10.2");
    a.answer = -EBUSY;
    b.answer = -EEXIST;
    join(&a);
    join(&b);
    join(&c);
    logged();
    ck_assert_int_eq(unmap(0, 0xfff), -EEXIST); /* b is called before a */
    ck_assert_str_eq(logged(), "cU0+1000 bU0+1000 aU0+1000 ");
    b.answer = 0;
    ck_assert_int_eq(unmap(0, 0xfff), -EBUSY);
    a.answer = 0;
    ck_assert_int_eq(unmap(0, 0xfff), 0);
    end();
}
END_TEST

/* A replay reaches the one that asked, and no other. */
START_TEST(replay_to_one)
{
    struct ear a = ear("a", NOTIFY_MAP), b = ear("b", NOTIFY_MAP);

    begin("qemu-10.2");
    join(&a);
    join(&b);
    logged();
    notify_replay(&a.n);
    ck_assert_ptr_eq(f.replayed, &a.n);
    ck_assert_str_eq(logged(), "aM1000+1000 ");
    end();
}
END_TEST

static struct ear *others[3];

static void leave_self(struct ear *e)
{
    notify_unregister(&e->n);
}

static void leave_all(struct ear *e)
{
    (void)e;
    for (size_t i = 0; i < COUNT(others); i++)
        notify_unregister(&others[i]->n);
}

static void leave_next(struct ear *e)
{
    (void)e;
    notify_unregister(&others[1]->n);
}

/* c is newest, then b, then a. */
static void three(struct ear *a, struct ear *b, struct ear *c)
{
    begin("qemu-10.2");
    *a = ear("a", NOTIFY_UNMAP);
    *b = ear("b", NOTIFY_UNMAP);
    *c = ear("c", NOTIFY_UNMAP);
    join(a);
    join(b);
    join(c);
    others[0] = a;
    others[1] = b;
    others[2] = c;
    logged();
}

START_TEST(leaving_inside_a_callback)
{
    struct ear a, b, c;

    three(&a, &b, &c);
    b.act = leave_self;
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "cU0+1000 bU0+1000 aU0+1000 ");
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "cU0+1000 aU0+1000 ");
    end();
    three(&a, &b, &c);
    c.act = leave_next; /* the one that would be called next */
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "cU0+1000 aU0+1000 ");
    end();
    three(&a, &b, &c);
    c.act = leave_all;
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "cU0+1000 1->0 ");
    ck_assert_ptr_null(f.region.head);
    ck_assert_uint_eq(f.region.flags, 0);
    end();
}
END_TEST

static struct ear late;

static void bring_late(struct ear *e)
{
    (void)e;
    if (!notifier_registered(&late.n))
        join(&late);
}

static void nested_once(struct ear *e)
{
    e->act = NULL;
    unmap(0x5000, 0x5fff);
}

/* One that joins during a delivery hears the next; a delivery inside a delivery loses nobody of
 * either. */
START_TEST(joining_and_nesting)
{
    struct ear a, b, c;

    three(&a, &b, &c);
    late = ear("l", NOTIFY_UNMAP);
    c.act = bring_late;
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "cU0+1000 bU0+1000 aU0+1000 ");
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "lU0+1000 cU0+1000 bU0+1000 aU0+1000 ");
    end();
    three(&a, &b, &c);
    c.act = nested_once;
    b.act = leave_self; /* in the inner delivery, while the outer one would call it next */
    unmap(0, 0xfff);
    ck_assert_str_eq(logged(), "cU0+1000 cU5000+1000 bU5000+1000 aU5000+1000 aU0+1000 ");
    end();
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {refusals, 1},
        {owner_refuses, 1},
        {union_of_flags, 1},
        {kinds_ranges_order, 1},
        {first_refusal, 1},
        {replay_to_one, 1},
        {leaving_inside_a_callback, 1},
        {joining_and_nesting, 1},
    };

    return run_tests("notifier core", rows, COUNT(rows));
}
