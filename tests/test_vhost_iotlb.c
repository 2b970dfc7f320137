/* SPDX-License-Identifier: MIT */
/* The device IOTLB against a plain list in order of insertion. */
#include "consumers/vhost_iotlb.h"
#include "rig.h"
#include "suite.h"

#define LIST 600u

/* The oracle: entries in order of insertion, everything looked for by going through all. */
struct list {
    struct range_entry e[LIST];
    unsigned count, limit;
};

static void list_drop(struct list *l, unsigned at)
{
    for (l->count--; at < l->count; at++)
        l->e[at] = l->e[at + 1];
}

static const struct range_entry *list_first(const struct list *l, struct iova_range r)
{
    const struct range_entry *best = NULL;

    for (unsigned i = 0; i < l->count; i++)
        if (iova_range_overlap(l->e[i].range, r) &&
            (!best || l->e[i].range.first.v < best->range.first.v))
            best = &l->e[i];
    return best;
}

static unsigned list_remove(struct list *l, struct iova_range r)
{
    unsigned removed = 0;

    for (unsigned i = 0; i < l->count;) {
        if (!iova_range_overlap(l->e[i].range, r)) {
            i++;
            continue;
        }
        list_drop(l, i);
        removed++;
    }
    return removed;
}

static bool same(const struct range_entry *a, const struct range_entry *b)
{
    if (!a || !b)
        return a == b;
    return a->range.first.v == b->range.first.v && a->range.last.v == b->range.last.v &&
           a->gpa.v == b->gpa.v && a->perm == b->perm;
}

struct order {
    const struct list *l;
    unsigned seen;
};

static void in_order(void *arg, const struct range_entry *e)
{
    struct order *o = arg;

    ck_assert(o->seen < o->l->count && same(e, &o->l->e[o->seen]));
    o->seen++;
}

static void compare(const struct vhost_iotlb *t, const struct list *l)
{
    struct order o = {l, 0};

    ck_assert_uint_eq(t->count, l->count);
    vhost_iotlb_visit(t, in_order, &o);
    ck_assert_uint_eq(o.seen, l->count);
}

static void keep(void *arg, const struct range_entry *e)
{
    *(struct range_entry *)arg = *e;
}

static struct iova_range some_range(uint64_t *seed)
{
    uint64_t first = rig_random(seed) % 256 * 0x1000;

    return iova_range(first, first + (rig_random(seed) % 8 + 1) * 0x1000 - 1);
}

START_TEST(random_steps)
{
    static const unsigned limits[] = {1, 3, 16, 100, 512};
    struct list l = {.limit = limits[_i % 5]};
    struct vhost_iotlb t = {.limit = l.limit};
    uint64_t seed = 77 + (unsigned)_i;

    for (unsigned step = 0; step < 4000; step++) {
        struct iova_range r = some_range(&seed);
        struct range_entry e = {r, gpa(step * 0x1000u), (enum perm)(rig_random(&seed) % 3 + 1)};
        struct range_entry gone = {iova_range(1, 0), gpa(0), PERM_NONE};

        if (rig_random(&seed) % 8 == 0) {
            ck_assert_uint_eq(vhost_iotlb_remove(&t, r), list_remove(&l, r));
        } else {
            struct range_entry oldest = l.e[0];
            bool full = l.count == l.limit;

            ck_assert_int_eq(vhost_iotlb_add(&t, &e, keep, &gone), 0);
            ck_assert(full ? same(&gone, &oldest) : gone.range.first.v == 1);
            if (full)
                list_drop(&l, 0);
            l.e[l.count++] = e;
        }
        r = some_range(&seed);
        ck_assert(same(vhost_iotlb_first(&t, r), list_first(&l, r)));
        ck_assert(same(vhost_iotlb_at(&t, r.first),
                       list_first(&l, (struct iova_range){r.first, r.first})));
        if (step % 64 == 0)
            compare(&t, &l);
    }
    compare(&t, &l);
    vhost_iotlb_clear(&t);
    ck_assert_uint_eq(t.count, 0);
    ck_assert_ptr_null(vhost_iotlb_at(&t, iova(0)));
}
END_TEST

/* The lowest start answers; of equal starts the one given first. */
START_TEST(first_found)
{
    struct vhost_iotlb t = {0};
    const struct range_entry small = {iova_range(0x1000, 0x1fff), gpa(0xa000), PERM_R};
    const struct range_entry large = {iova_range(0x1000, 0x3fff), gpa(0xb000), PERM_RW};
    const struct range_entry low = {iova_range(0, 0x2fff), gpa(0xc000), PERM_W};

    vhost_iotlb_add(&t, &small, NULL, NULL);
    vhost_iotlb_add(&t, &large, NULL, NULL);
    ck_assert_uint_eq(vhost_iotlb_at(&t, iova(0x1800))->gpa.v, 0xa000);
    ck_assert_uint_eq(vhost_iotlb_at(&t, iova(0x2000))->gpa.v, 0xb000);
    vhost_iotlb_add(&t, &low, NULL, NULL);
    ck_assert_uint_eq(vhost_iotlb_at(&t, iova(0x1800))->gpa.v, 0xc000);
    ck_assert_uint_eq(vhost_iotlb_at(&t, iova(0x3fff))->gpa.v, 0xb000);
    ck_assert_ptr_null(vhost_iotlb_at(&t, iova(0x4000)));
    ck_assert_uint_eq(vhost_iotlb_remove(&t, iova_range(0x1fff, 0x1fff)), 3);
    vhost_iotlb_clear(&t);
}
END_TEST

/* An entry of 2^64 bytes is two; taken together by any byte of the first, or one by one. */
START_TEST(everything)
{
    struct vhost_iotlb t = {.limit = 2};
    const struct range_entry all = {iova_range(0, UINT64_MAX), gpa(0), PERM_RW};
    struct range_entry gone = {iova_range(7, 7), gpa(0), PERM_NONE};

    ck_assert_int_eq(vhost_iotlb_add(&t, &all, keep, &gone), 0);
    ck_assert_uint_eq(t.count, 2);
    ck_assert_uint_eq(gone.range.first.v, 7);
    ck_assert_uint_eq(vhost_iotlb_at(&t, iova(0))->range.last.v, UINT64_MAX / 2);
    ck_assert_uint_eq(vhost_iotlb_at(&t, iova(UINT64_MAX))->gpa.v, UINT64_MAX / 2 + 1);
    ck_assert_uint_eq(vhost_iotlb_remove(&t, iova_range(0x5000, 0x5fff)), 1);
    ck_assert_uint_eq(vhost_iotlb_remove(&t, iova_range(0, UINT64_MAX)), 1);
    ck_assert_uint_eq(t.count, 0);
}
END_TEST

/* Without a limit nothing is evicted, and depth does not grow with the number of entries. */
START_TEST(many)
{
    struct vhost_iotlb t = {0};

    for (uint64_t i = 0; i < 200000; i++) {
        struct range_entry e = {iova_range(i * 0x1000, i * 0x1000 + 0xfff), gpa(i), PERM_R};

        ck_assert_int_eq(vhost_iotlb_add(&t, &e, NULL, NULL), 0);
    }
    ck_assert_uint_eq(t.count, 200000);
    for (uint64_t i = 0; i < 200000; i += 999)
        ck_assert_uint_eq(vhost_iotlb_at(&t, iova(i * 0x1000 + 5))->gpa.v, i);
    ck_assert_uint_eq(vhost_iotlb_remove(&t, iova_range(0, UINT64_MAX)), 200000);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {random_steps, 20}, {first_found, 1}, {everything, 1}, {many, 1}};

    return run_tests("vhost_iotlb", rows, COUNT(rows));
}
