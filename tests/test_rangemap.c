/* SPDX-License-Identifier: MIT */
/* The ordered map of ranges against a page array. */
#include <errno.h>

#include "base/rangemap.h"
#include "random_guest.h"
#include "rig.h"
#include "suite.h"

#define PAGES 3000u

struct cell {
    unsigned id; /* 0: free */
    uint64_t target;
};

struct pair {
    struct rangemap map;
    struct cell cell[PAGES];
    unsigned next;
    uint64_t seed;
};

static struct range_entry entry(unsigned from, unsigned to, uint64_t target)
{
    return (struct range_entry){iova_range(from * 0x1000u, to * 0x1000u + 0xfff), gpa(target),
                                PERM_RW};
}

/* The map says what the array says, page by page and entry by entry. */
static void compare(const struct pair *p)
{
    unsigned page = 0;
    uint64_t count = 0;

    while (page < PAGES) {
        const struct range_entry *e = rangemap_at(&p->map, iova(page * 0x1000u + 0x123));
        const struct range_entry *next = rangemap_at_or_after(&p->map, iova(page * 0x1000u));
        unsigned end = page;

        if (!p->cell[page].id) {
            ck_assert_ptr_null(e);
            ck_assert(!next || next->range.first.v > page * 0x1000u);
            page++;
            continue;
        }
        while (end + 1 < PAGES && p->cell[end + 1].id == p->cell[page].id)
            end++;
        ck_assert_ptr_nonnull(e);
        ck_assert_ptr_eq(e, next);
        ck_assert_uint_eq(e->range.first.v, page * 0x1000u);
        ck_assert_uint_eq(e->range.last.v, end * 0x1000u + 0xfff);
        ck_assert_uint_eq(e->gpa.v, p->cell[page].target);
        count++;
        page = end + 1;
    }
    ck_assert_uint_eq(p->map.count, count);
}

static void insert(struct pair *p, unsigned from, unsigned to)
{
    uint64_t target = (rig_random(&p->seed) & 0xffff) << 12;
    struct range_entry e = entry(from, to, target);
    bool used = false;

    for (unsigned i = from; i <= to; i++)
        used |= p->cell[i].id != 0;
    ck_assert_int_eq(rangemap_insert(&p->map, &e), used ? -EEXIST : 0);
    if (used)
        return;
    p->next++;
    for (unsigned i = from; i <= to; i++)
        p->cell[i] = (struct cell){p->next, target + (i - from) * 0x1000u};
}

/* "Every entry that lies wholly inside, up to the first that does not." */
static void remove_inside(struct pair *p, unsigned from, unsigned to)
{
    uint64_t got = rangemap_remove_inside(&p->map, entry(from, to, 0).range), want = 0;
    unsigned i = from;

    while (i > 0 && i < PAGES && p->cell[i].id && p->cell[i].id == p->cell[i - 1].id)
        i++; /* one that began before is passed over */
    while (i <= to) {
        unsigned end = i;

        if (!p->cell[i].id) {
            i++;
            continue;
        }
        while (end + 1 < PAGES && p->cell[end + 1].id == p->cell[i].id)
            end++;
        if (end > to)
            break;
        for (; i <= end; i++, want += 0x1000)
            p->cell[i].id = 0;
    }
    ck_assert_uint_eq(got, want);
}

/* Only the entry that is just the range. */
static void take(struct pair *p, unsigned from, unsigned to)
{
    bool one = p->cell[from].id && p->cell[to].id == p->cell[from].id &&
               (!from || p->cell[from - 1].id != p->cell[from].id) &&
               (to + 1 == PAGES || p->cell[to + 1].id != p->cell[from].id);

    ck_assert_int_eq(rangemap_take(&p->map, entry(from, to, 0).range), one);
    for (unsigned i = from; one && i <= to; i++)
        p->cell[i].id = 0;
}

/* What lies outside the cut stays, in step; the two sides are two entries then. */
static void cut(struct pair *p, unsigned from, unsigned to)
{
    unsigned right = to + 1 < PAGES ? p->cell[to + 1].id : 0;

    ck_assert_int_eq(rangemap_cut(&p->map, entry(from, to, 0).range), 0);
    if (right && right == p->cell[to].id) {
        p->next++;
        for (unsigned i = to + 1; i < PAGES && p->cell[i].id == right; i++)
            p->cell[i].id = p->next;
    }
    for (unsigned i = from; i <= to; i++)
        p->cell[i].id = 0;
}

/* One entry goes and another comes to where it was, or near: shorter, longer, moved by a page. */
static void replace(struct pair *p, uint64_t x)
{
    unsigned from = (unsigned)(x >> 8) % PAGES, to;

    while (from < PAGES && !p->cell[from].id)
        from++;
    while (from > 0 && from < PAGES && p->cell[from - 1].id == p->cell[from].id)
        from--;
    if (from == PAGES)
        return;
    for (to = from; to + 1 < PAGES && p->cell[to + 1].id == p->cell[from].id;)
        to++;
    if (x >> 60 & 1)
        take(p, from, to);
    else
        remove_inside(p, from, to);
    if (x >> 61 == 1)
        compare(p);
    from += from + 1 < PAGES && (x >> 40 & 3) == 1;
    from -= from > 0 && (x >> 40 & 3) == 2;
    to = (x >> 42 & 3) == 1 && to + 1 < PAGES ? to + 1 : (x >> 42 & 3) == 2 ? from : to;
    insert(p, from, to < from ? from : to);
}

START_TEST(random_operations)
{
    struct pair *p = calloc(1, sizeof(*p));

    ck_assert_ptr_nonnull(p);
    p->seed = 4711 + (uint64_t)_i;
    for (unsigned n = 0; n < random_rounds(6000); n++) {
        uint64_t x = rig_random(&p->seed);
        unsigned from = (unsigned)(x >> 8) % PAGES;
        unsigned to = from + (unsigned)(x >> 32) % ((x & 7) ? 4 : 400);

        if (to >= PAGES)
            to = PAGES - 1;
        /* What is expected comes now, later when much has changed, or never; nothing depends on it.
         */
        if (x >> 20 & 1)
            rangemap_expect(&p->map, iova((x >> 21 & 1 ? from : (x >> 22) % PAGES) * 0x1000));
        /* The first half fills up (several chunks), the second empties. */
        if ((x >> 48 & 3) == 0)
            replace(p, x);
        else if ((x >> 3 & 31) < (n < 3000 ? 26u : 12u))
            insert(p, from, to > from + 8 ? from : to);
        else if (x >> 62 == 1)
            take(p, from, to);
        else if (x >> 62)
            cut(p, from, to);
        else
            remove_inside(p, from, to);
        if (n % 150 == 0)
            compare(p);
    }
    compare(p);
    rangemap_clear(&p->map);
    ck_assert_uint_eq(p->map.count, 0);
    ck_assert_ptr_null(rangemap_at_or_after(&p->map, iova(0)));
    free(p);
}
END_TEST

/* Up, down and shuffled: many chunks, all found again. */
START_TEST(many_entries)
{
    struct rangemap m = {0};
    unsigned n = 5000;

    for (unsigned i = 0; i < n; i++) {
        unsigned k = _i == 0 ? i : _i == 1 ? n - 1 - i : (unsigned)(i * 1999u % n);
        struct range_entry e = entry(2 * k, 2 * k, k * 0x1000u);

        ck_assert_int_eq(rangemap_insert(&m, &e), 0);
    }
    ck_assert_uint_eq(m.count, n);
    for (unsigned k = 0; k < n; k++) {
        ck_assert_uint_eq(rangemap_at(&m, iova(2 * k * UINT64_C(0x1000)))->gpa.v, k * 0x1000u);
        ck_assert_ptr_null(rangemap_at(&m, iova((2 * k + 1) * UINT64_C(0x1000))));
    }
    ck_assert_uint_eq(rangemap_remove_inside(&m, iova_range(0, UINT64_MAX)), n * UINT64_C(0x1000));
    ck_assert_uint_eq(m.count, 0);
    rangemap_clear(&m);
}
END_TEST

/* Neither evenly spread nor of one size: the search must not rely on where it begins. */
START_TEST(uneven_entries)
{
    struct rangemap m = {0};
    unsigned n = 4000;
    uint64_t at = 0x1000, seed = 99 + (uint64_t)_i;
    struct range_entry *all = calloc(n, sizeof(*all));

    ck_assert_ptr_nonnull(all);
    for (unsigned i = 0; i < n; i++) {
        uint64_t x = rig_random(&seed);
        uint64_t pages = 1 + (x & ((UINT64_C(1) << (_i ? x >> 58 & 31 : 0)) - 1));

        at += (x >> 32 & 1 ? UINT64_C(0x1000) << (x >> 33 & 15) : 0);
        all[i] = (struct range_entry){iova_range(at, at + pages * 0x1000 - 1), gpa(i * 0x1000u),
                                      PERM_RW};
        at += pages * 0x1000;
    }
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(rangemap_insert(&m, &all[i * 1999u % n]), 0);
    for (unsigned i = 0; i < n; i++) {
        const struct range_entry *low = rangemap_at_or_after(&m, all[i].range.first);

        ck_assert_uint_eq(low->gpa.v, all[i].gpa.v);
        ck_assert_ptr_eq(low, rangemap_at(&m, all[i].range.last));
        low = rangemap_at_or_after(&m, iova(all[i].range.last.v + 1));
        if (i + 1 < n)
            ck_assert_uint_eq(low->gpa.v, all[i + 1].gpa.v);
        else
            ck_assert_ptr_null(low);
    }
    rangemap_clear(&m);
    free(all);
}
END_TEST

/* The ends of the world. */
START_TEST(ends)
{
    struct rangemap m = {0};
    struct range_entry low = {iova_range(0, 0xfff), gpa(0), PERM_R};
    struct range_entry high = {iova_range(UINT64_MAX - 0xfff, UINT64_MAX), gpa(0x5000), PERM_R};
    struct range_entry all = {iova_range(0, UINT64_MAX), gpa(0x1000), PERM_W};

    ck_assert_int_eq(rangemap_insert(&m, &high), 0);
    ck_assert_int_eq(rangemap_insert(&m, &low), 0);
    ck_assert_int_eq(rangemap_insert(&m, &all), -EEXIST);
    ck_assert_uint_eq(rangemap_at(&m, iova(UINT64_MAX))->gpa.v, 0x5000);
    ck_assert_int_eq(rangemap_cut(&m, iova_range(UINT64_MAX, UINT64_MAX)), 0);
    ck_assert_ptr_null(rangemap_at(&m, iova(UINT64_MAX)));
    ck_assert_uint_eq(rangemap_at(&m, iova(UINT64_MAX - 1))->range.last.v, UINT64_MAX - 1);
    rangemap_clear(&m);
    ck_assert_int_eq(rangemap_insert(&m, &all), 0);
    ck_assert_int_eq(rangemap_cut(&m, iova_range(0x4000, 0x4fff)), 0);
    ck_assert_uint_eq(m.count, 2);
    ck_assert_uint_eq(rangemap_at(&m, iova(0x5000))->gpa.v, 0x6000); /* in step */
    ck_assert_uint_eq(rangemap_at(&m, iova(UINT64_MAX))->perm, PERM_W);
    rangemap_clear(&m);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {random_operations, 6}, {many_entries, 3}, {uneven_entries, 2}, {ends, 1}};

    return run_tests("range map", rows, COUNT(rows));
}
