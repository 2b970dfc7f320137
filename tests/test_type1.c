/* SPDX-License-Identifier: MIT */
/* A container's answers: the table of the real kernel (real-systems, "Kernel alone"),
 * vtd-facts 9.3, and a brute-force model. */
#include <errno.h>

#include "consumers/type1.h"
#include "rig.h"
#include "suite.h"

static struct type1 box(uint64_t limit, bool v1)
{
    return (struct type1){.limit = limit, .aperture_last = (UINT64_C(1) << 48) - 1, .v1 = v1};
}

static int map(struct type1 *t, uint64_t at, uint64_t size, uint64_t target, enum perm p)
{
    return type1_map(t, iova_range(at, at + size - 1), gpa(target), p);
}

static uint64_t removed;

static int unmap(struct type1 *t, uint64_t at, uint64_t size)
{
    return type1_unmap(t, iova_range(at, at + size - 1), &removed);
}

START_TEST(map_rows)
{
    struct type1 t = box(65535, false);

    ck_assert_int_eq(map(&t, 0x10000, 0x4000, 0x1000000, PERM_RW), 0);
    ck_assert_int_eq(map(&t, 0x10000, 0x4000, 0x1000000, PERM_RW),
                     -EEXIST); /* the same: no replace */
    ck_assert_int_eq(map(&t, 0xf000, 0x2000, 0x1000000, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, 0x13000, 0x2000, 0x1000000, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, 0x11000, 0x1000, 0x1000000, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, 0x0, 0x100000, 0x1000000, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, 0xf000, 0x1000, 0x1000000, PERM_RW), 0); /* neighbours are free */
    ck_assert_int_eq(map(&t, 0x14000, 0x1000, 0x1000000, PERM_RW), 0);
    ck_assert_int_eq(map(&t, 0x20800, 0x1000, 0x1000000, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0x20000, 0x1800, 0x1000000, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0x20000, 0x1000, 0x1000800, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0x20000, 0x1000, 0x1000000, PERM_NONE), -EINVAL);
    ck_assert_int_eq(map(&t, 0x20000, 0x1000, 0x1000000, PERM_W), 0);
    ck_assert_int_eq(map(&t, 0x21000, 0x1000, 0x1000000, PERM_R), 0);
    ck_assert_int_eq(map(&t, 0x22000, 0x3000, 0x1000000, PERM_R), 0); /* no power of two needed */
    ck_assert_uint_eq(t.maps.count, 6);
    type1_clear(&t);
    ck_assert_uint_eq(t.maps.count, 0);
}
END_TEST

/* The valid IOVA list: below 2^48 and clear of 0xfee00000..0xfeefffff. Overlap is looked at first.
 */
START_TEST(valid_range)
{
    struct type1 t = box(65535, false);

    ck_assert_int_eq(map(&t, 0xfee00000, 0x1000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0xfeeff000, 0x1000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0xfedff000, 0x2000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0xfeeff000, 0x2000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0xfe000000, 0x2000000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, 0xfedff000, 0x1000, 0, PERM_RW), 0);
    ck_assert_int_eq(map(&t, 0xfef00000, 0x1000, 0, PERM_RW), 0);
    ck_assert_int_eq(map(&t, 0xfe000000, 0x2000000, 0, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, (UINT64_C(1) << 48) - 0x1000, 0x1000, 0, PERM_RW), 0);
    ck_assert_int_eq(map(&t, UINT64_C(1) << 48, 0x1000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, (UINT64_C(1) << 48) - 0x2000, 0x3000, 0, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, UINT64_MAX - 0xfff, 0x1000, 0, PERM_RW), -EINVAL);
    type1_clear(&t);
    t.aperture_last = (UINT64_C(1) << 39) - 1;
    ck_assert_int_eq(map(&t, UINT64_C(1) << 39, 0x1000, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(map(&t, (UINT64_C(1) << 39) - 0x1000, 0x1000, 0, PERM_RW), 0);
    type1_clear(&t);
}
END_TEST

/* Order of effect: overlap before the limit before the valid range. */
START_TEST(limit)
{
    struct type1 t = box(2, false);

    ck_assert_int_eq(map(&t, 0x1000, 0x1000, 0, PERM_RW), 0);
    ck_assert_int_eq(map(&t, 0x2000, 0x1000, 0, PERM_RW), 0);
    ck_assert_int_eq(map(&t, 0x3000, 0x1000, 0, PERM_RW), -ENOSPC);
    ck_assert_int_eq(map(&t, 0x2000, 0x1000, 0, PERM_RW), -EEXIST);
    ck_assert_int_eq(map(&t, 0xfee00000, 0x1000, 0, PERM_RW), -ENOSPC);
    ck_assert_int_eq(map(&t, 0x3000, 0x800, 0, PERM_RW), -EINVAL);
    ck_assert_int_eq(unmap(&t, 0x1000, 0x1000), 0);
    ck_assert_int_eq(map(&t, 0x3000, 0x1000, 0, PERM_RW), 0);
    type1_clear(&t);
    t.limit = 0; /* none */
    for (uint64_t p = 0; p < 70000; p++)
        ck_assert_int_eq(map(&t, p << 13, 0x1000, 0, PERM_RW), 0);
    type1_clear(&t);
    t.limit = TYPE1_DEFAULT_LIMIT;
    for (uint64_t p = 0; p < 65535; p++)
        ck_assert_int_eq(map(&t, p << 13, 0x1000, 0, PERM_RW), 0);
    ck_assert_int_eq(map(&t, UINT64_C(65535) << 13, 0x1000, 0, PERM_RW), -ENOSPC);
    type1_clear(&t);
}
END_TEST

START_TEST(unmap_rows)
{
    struct type1 t = box(65535, false);

    map(&t, 0x10000, 0x4000, 0, PERM_RW);
    map(&t, 0x20000, 0x1000, 0, PERM_RW);
    map(&t, 0x200000, 0x200000, 0, PERM_RW);
    ck_assert_int_eq(unmap(&t, 0x10000, 0x1000), -EINVAL); /* ends inside */
    ck_assert_int_eq(unmap(&t, 0x11000, 0x3000), -EINVAL); /* starts inside */
    ck_assert_int_eq(unmap(&t, 0x11000, 0x1000), -EINVAL);
    ck_assert_int_eq(unmap(&t, 0x13000, 0x10000),
                     -EINVAL); /* nothing removed, not even the second one */
    ck_assert_uint_eq(removed, 0);
    ck_assert_int_eq(unmap(&t, 0x20000, 0x1e1000), -EINVAL); /* both ends are tested first */
    ck_assert_int_eq(unmap(&t, 0x200000, 0x1000), -EINVAL);
    ck_assert_uint_eq(t.maps.count, 3);
    ck_assert_int_eq(unmap(&t, 0x1000, 0x1000), 0); /* nothing there */
    ck_assert_uint_eq(removed, 0);
    ck_assert_int_eq(unmap(&t, 0x800, 0x1000), -EINVAL);
    ck_assert_int_eq(unmap(&t, 0x1000, 0x800), -EINVAL);
    ck_assert_int_eq(unmap(&t, 0xf000, 0x20000), 0); /* two, and the gaps */
    ck_assert_uint_eq(removed, 0x5000);
    ck_assert_int_eq(unmap(&t, 0x100000, UINT64_C(0) - 0x100000),
                     0); /* ends exactly at 2^64 - 1 (M71) */
    ck_assert_uint_eq(removed, 0x200000);
    ck_assert_int_eq(unmap(&t, 0xfef00000, UINT64_C(0) - 0xfef00000), 0);
    ck_assert_int_eq(type1_unmap(&t, iova_range(0, UINT64_MAX), &removed), 0);
    ck_assert_uint_eq(t.maps.count, 0);
    type1_clear(&t);
}
END_TEST

/* Linux before ef270ec44637 adds address and size: what ends at 2^64 ends at 0 then, and meets nothing. */
START_TEST(to_the_end)
{
    struct type1 t = box(3, _i == 2);
    bool wraps = _i > 0;

    t.end_wraps = wraps;
    map(&t, 0x10000, 0x4000, 0, PERM_RW);
    map(&t, 0xfef00000, 0x1000, 0, PERM_RW);
    ck_assert_int_eq(unmap(&t, 0xfef00000, UINT64_C(0) - 0xfef00000), 0);
    ck_assert_uint_eq(removed, wraps ? 0 : 0x1000);
    ck_assert_uint_eq(t.maps.count, wraps ? 2 : 1);
    if (_i < 2)
        ck_assert_int_eq(unmap(&t, 0x11000, UINT64_C(0) - 0x11000), -EINVAL); /* a cut is seen */
    ck_assert_int_eq(map(&t, 0x1000, UINT64_C(0) - 0x1000, 0, PERM_RW),
                     wraps ? -EINVAL : -EEXIST); /* an overlap is not */
    map(&t, 0x20000, 0x1000, 0, PERM_RW);
    map(&t, 0x30000, 0x1000, 0, PERM_RW);
    ck_assert_uint_eq(t.maps.count, 3);
    ck_assert_int_eq(map(&t, 0x1000, UINT64_C(0) - 0x1000, 0, PERM_RW), wraps ? -ENOSPC : -EEXIST);
    ck_assert_int_eq(unmap(&t, 0x1000, UINT64_C(0) - 0x2000), 0); /* a page less: all of it */
    ck_assert_uint_eq(t.maps.count, 0);
    map(&t, 0x10000, 0x4000, 0, PERM_RW);
    ck_assert_int_eq(type1_unmap(&t, iova_range(0, UINT64_MAX), &removed), 0); /* the flag ALL */
    ck_assert_uint_eq(removed, 0x4000);
    type1_clear(&t);
}
END_TEST

/* v1: a mapping whose start is hit goes whole. */
START_TEST(unmap_v1)
{
    struct type1 t = box(65535, true);

    map(&t, 0x10000, 0x4000, 0, PERM_RW);
    ck_assert_int_eq(unmap(&t, 0x10000, 0x1000), 0);
    ck_assert_uint_eq(removed, 0x4000);
    map(&t, 0x10000, 0x4000, 0, PERM_RW);
    ck_assert_int_eq(unmap(&t, 0x12000, 0x1000), 0); /* inside, not the start: nothing */
    ck_assert_uint_eq(removed, 0);
    ck_assert_uint_eq(t.maps.count, 1);
    map(&t, 0x20000, 0x2000, 0, PERM_RW);
    ck_assert_int_eq(unmap(&t, 0xf000, 0x12000), 0); /* both starts */
    ck_assert_uint_eq(removed, 0x6000);
    ck_assert_uint_eq(t.maps.count, 0);
    ck_assert_int_eq(unmap(&t, 0x800, 0x1000), -EINVAL);
    type1_clear(&t);
}
END_TEST

/* --- against a page array --------------------------------------------------------------- */

#define PAGES 256u

/* Pages 0..127 lie below the window, 128..159 in it, the rest above. */
static uint64_t at(unsigned page)
{
    return page < 128   ? UINT64_C(0xfed80000) + page * 0x1000u
           : page < 160 ? UINT64_C(0xfee00000) + (page - 128) * 0x8000u
                        : UINT64_C(0xfef00000) + (page - 160) * 0x1000u;
}

struct model {
    unsigned id[PAGES]; /* 0: free; else which mapping */
    unsigned next, held;
    unsigned limit;
};

static int model_map(struct model *m, unsigned from, unsigned to)
{
    for (unsigned p = from; p <= to; p++)
        if (m->id[p])
            return -EEXIST;
    if (m->held == m->limit)
        return -ENOSPC;
    if (to >= 128 && from < 160)
        return -EINVAL;
    m->next++;
    for (unsigned p = from; p <= to; p++)
        m->id[p] = m->next;
    m->held++;
    return 0;
}

static int model_unmap(struct model *m, unsigned from, unsigned to, uint64_t *pages)
{
    *pages = 0;
    if (from > 0 && m->id[from] && m->id[from] == m->id[from - 1])
        return -EINVAL;
    if (to + 1 < PAGES && m->id[to] && m->id[to] == m->id[to + 1])
        return -EINVAL;
    for (unsigned p = from; p <= to; p++) {
        if (!m->id[p])
            continue;
        if (p == from || m->id[p] != m->id[p - 1])
            m->held--;
        (*pages)++;
    }
    for (unsigned p = from; p <= to; p++)
        m->id[p] = 0;
    return 0;
}

START_TEST(random_calls)
{
    struct type1 t = box(12, false);
    struct model m = {.limit = 12};
    unsigned answers[4] = {0};
    uint64_t seed = 77;

    for (unsigned i = 0; i < 50000; i++) {
        uint64_t x = rig_random(&seed), pages;
        unsigned from = x % PAGES, to = from + (unsigned)(x >> 16) % ((x >> 32 & 3) ? 8 : 120);
        struct iova_range r;
        int want, got;

        if (to >= PAGES)
            to = PAGES - 1;
        r = iova_range(at(from), (to >= 128 && to < 160 ? at(to) + 0x7fff : at(to) + 0xfff));
        if (x >> 40 & 1) {
            want = model_map(&m, from, to);
            got = type1_map(&t, r, gpa(0x1000), PERM_RW);
        } else {
            want = model_unmap(&m, from, to, &pages);
            got = type1_unmap(&t, r, &removed);
            ck_assert_uint_eq(removed, pages * 0x1000); /* none lies in the window */
        }
        ck_assert_msg(got == want, "call %u on pages %u..%u: %d, expected %d", i, from, to, got,
                      want);
        ck_assert_uint_eq(t.maps.count, m.held);
        answers[want == 0 ? 0 : want == -EEXIST ? 1 : want == -ENOSPC ? 2 : 3]++;
    }
    for (size_t i = 0; i < COUNT(answers); i++)
        ck_assert_uint_gt(answers[i], 100);
    type1_clear(&t);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {map_rows, 1}, {valid_range, 1},  {limit, 1},      {unmap_rows, 1},
        {unmap_v1, 1}, {random_calls, 1}, {to_the_end, 3},
    };

    return run_tests("type1 container", rows, COUNT(rows));
}
