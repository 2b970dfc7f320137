/* SPDX-License-Identifier: MIT */
/* The log of written pages, and the positions of tables that it makes pending. */
#include <stdlib.h>

#include "guest_mem.h"
#include "suite.h"
#include "visits.h"

#define PAGE UINT64_C(0x1000)

static struct guest_mem *followed(void)
{
    struct guest_mem *m = guest_mem_new();
    struct err e;

    ck_assert_int_eq(guest_mem_add(m, (struct ram_block){gpa(0), 1024 * 1024 * PAGE, false}, &e), 0);
    ck_assert(guest_mem_follow(m));
    return m;
}

START_TEST(a_page_stands_once_between_two_looks)
{
    struct guest_mem *m = followed();
    uint64_t a = 0, b = 0;
    const uint64_t *pages;
    size_t count;

    guest_mem_store(m, gpa(0x5000), 1);
    guest_mem_store(m, gpa(0x5008), 2);
    guest_mem_zero(m, gpa(0x5000), 8);
    guest_mem_store(m, gpa(0x7000), 3);
    pages = mem_log_since(guest_mem_log(m), &a, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(pages[0], 5);
    ck_assert_uint_eq(pages[1], 7);
    guest_mem_store(m, gpa(0x5000), 4);
    pages = mem_log_since(guest_mem_log(m), &a, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(pages[0], 5);
    (void)mem_log_since(guest_mem_log(m), &b, &count); /* another reader, from the start */
    ck_assert_uint_eq(count, 3);
    guest_mem_free(m);
}
END_TEST

/* Who looks too seldom is told so; who looked in time is not. */
START_TEST(a_full_log_forgets)
{
    struct guest_mem *m = followed();
    uint64_t seldom = 0, often = 0;
    size_t count;

    for (uint64_t i = 0; i < MEM_LOG_PAGES; i++)
        guest_mem_store(m, gpa(i * PAGE), 1);
    ck_assert_ptr_nonnull(mem_log_since(guest_mem_log(m), &often, &count));
    ck_assert_uint_eq(count, MEM_LOG_PAGES);
    guest_mem_store(m, gpa(0), 2);
    ck_assert_ptr_null(mem_log_since(guest_mem_log(m), &seldom, &count));
    ck_assert_ptr_nonnull(mem_log_since(guest_mem_log(m), &often, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_nonnull(mem_log_since(guest_mem_log(m), &seldom, &count));
    ck_assert_uint_eq(count, 0);
    guest_mem_free(m);
}
END_TEST

#define LIMIT ((UINT64_C(1) << 39) - 1)

static struct visit *begin(struct visits *v, struct guest_mem *m)
{
    return visits_begin(v, guest_mem_log(m), gpa(0x1000), 3, LIMIT);
}

/* Everything is new, then nothing, then what was written and the way to it. */
START_TEST(what_is_pending)
{
    struct guest_mem *m = followed();
    struct visits v = {0};
    struct visit *top = begin(&v, m), *middle, *low;

    ck_assert(visit_pending(top));
    middle = visits_child(&v, top, 7, gpa(0x2000), PERM_RW);
    low = visits_child(&v, middle, 511, gpa(0x3000), PERM_R);
    ck_assert_uint_eq(low->base, (UINT64_C(7) << 30) + (UINT64_C(511) << 21));
    visits_walked(&v, low);
    visits_walked(&v, middle);
    visits_walked(&v, top);
    visits_end(&v);
    ck_assert_ptr_eq(begin(&v, m), top);
    ck_assert(!visit_pending(top));
    visits_end(&v);

    guest_mem_store(m, gpa(0x3ff8), 1);
    begin(&v, m);
    ck_assert(!top->written && !middle->written && low->written);
    ck_assert_uint_eq(visit_next_below(top, 0), 7);
    ck_assert_uint_eq(visit_next_below(middle, 0), 511);
    ck_assert_uint_eq(visit_next_below(top, 8), WORDS_PER_PAGE);
    visits_end(&v); /* nobody compared it */
    begin(&v, m);
    ck_assert(visit_pending(top));
    visits_walked(&v, low);
    visits_end(&v);
    ck_assert(!visit_pending(top) && !visit_pending(middle));

    /* Other rights from above, or another table: all is new below. */
    begin(&v, m);
    ck_assert_ptr_eq(visits_child(&v, middle, 511, gpa(0x3000), PERM_R), low);
    low = visits_child(&v, middle, 511, gpa(0x3000), PERM_RW);
    ck_assert(low->written && visit_pending(top));
    visits_no_child(&v, middle, 511);
    ck_assert(!visit_pending(middle));
    visits_clear(&v);
    guest_mem_free(m);
}
END_TEST

/* One page at two places; other tables at the top. */
START_TEST(shared_tables_and_other_tops)
{
    struct guest_mem *m = followed();
    struct visits v = {0};
    struct visit *top = begin(&v, m), *a, *b;

    a = visits_child(&v, top, 1, gpa(0x2000), PERM_RW);
    b = visits_child(&v, top, 2, gpa(0x2000), PERM_RW);
    visits_walked(&v, a);
    visits_walked(&v, b);
    visits_walked(&v, top);
    visits_end(&v);
    guest_mem_store(m, gpa(0x2000), 1);
    begin(&v, m);
    ck_assert(a->written && b->written && !top->written);
    visits_end(&v);
    top = visits_begin(&v, guest_mem_log(m), gpa(0x9000), 3, LIMIT);
    ck_assert_uint_eq(v.count, 1);
    ck_assert(top->written && top->table.v == 0x9000);
    visits_end(&v);
    visits_clear(&v);
    guest_mem_free(m);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{a_page_stands_once_between_two_looks, 1},
                                    {a_full_log_forgets, 1},
                                    {what_is_pending, 1},
                                    {shared_tables_and_other_tops, 1}};

    return run_tests("written pages", rows, COUNT(rows));
}
