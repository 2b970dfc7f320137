/* SPDX-License-Identifier: MIT */
/* What the checks keep things in: maps and sets of ranges, and what memory says, against the same
 * done in the plainest way. */
#include "checks/memory.h"
#include "checks/registry.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

#define PAGE UINT64_C(0x1000)

static struct span page_at(uint64_t page, uint64_t gpa)
{
    return (struct span){page * PAGE, page * PAGE + PAGE - 1, gpa, 1};
}

/* Single pages taken away and given back, as guests do, with looks before, between and after; in
 * order and at random. */
START_TEST(pages_taken_and_given_back)
{
    enum { PAGES = 1000 };
    static uint64_t target[PAGES];
    struct spans s = {0};
    uint64_t seed = 0x9e3779b97f4a7c15, at = 0;
    size_t chunks;

    for (uint64_t p = 0; p < PAGES; p++) {
        target[p] = p * PAGE * 2;
        ck_assert(spans_put(&s, page_at(p, target[p])));
    }
    chunks = s.chunks;
    for (unsigned step = 0; step < 40000; step++) {
        struct span_pos pos;
        const struct span *x;

        at = step % 3 ? (at + 1) % PAGES : next_random(&seed) % PAGES;
        if (step % 2)
            spans_expect(&s, next_random(&seed) % (PAGES + 50) * PAGE);
        ck_assert(spans_cut(&s, at * PAGE, at * PAGE + PAGE - 1));
        x = spans_seek(&s, at * PAGE + 7, &pos);
        ck_assert(at + 1 == PAGES ? !x : x && x->first == (at + 1) * PAGE);
        if (step % 100 == 0)
            ck_assert_msg(!spans_check(&s), "%s", spans_check(&s));
        target[at] = next_random(&seed) / PAGE * PAGE;
        ck_assert(spans_put(&s, page_at(at, target[at])));
        x = spans_seek(&s, at * PAGE + (step % PAGE), &pos);
        ck_assert(x && x->gpa == target[at]);
        for (uint64_t p = at; p < at + 3 && p < PAGES; p++)
            ck_assert(spans_touch(&s, p * PAGE, p * PAGE));
        if (step % 100 == 1)
            ck_assert_msg(!spans_check(&s), "%s", spans_check(&s));
    }
    ck_assert_uint_le(s.chunks, chunks + 1); /* as much memory as before */
    ck_assert_uint_eq(s.count, PAGES);
    spans_free(&s);
}
END_TEST

/* The set that is mostly one range, against an array. */
START_TEST(dirty_agrees_with_an_array)
{
    enum { PAGES = 40 };
    bool in[PAGES + 1] = {false}; /* the last never */
    struct dirty d = {0};
    uint64_t seed = 88172645463325252;

    for (unsigned step = 0; step < 60000; step++) {
        uint64_t first = next_random(&seed) % PAGES, n = next_random(&seed) % 8, from, to, p;
        uint64_t last = n > 4 ? first : first + n < PAGES ? first + n : PAGES - 1;
        bool add = next_random(&seed) % 100 < (step / 1000 % 2 ? 30 : 60), touches = false;

        if (step % 97 == 0)
            last = PAGES - 1, first = 0, add = false;
        ck_assert(add ? dirty_add(&d, first * PAGE, last * PAGE + PAGE - 1)
                      : dirty_cut(&d, first * PAGE, last * PAGE + PAGE - 1));
        for (p = first; p <= last; p++)
            in[p] = add;
        p = next_random(&seed) % PAGES;
        ck_assert_int_eq(dirty_touch(&d, p * PAGE, p * PAGE + PAGE - 1), in[p]);
        if (step % 16 > step / 10000) /* what follows gives pages an order */
            continue;
        first = next_random(&seed) % PAGES;
        for (p = first; p < PAGES && !in[p]; p++) {
        }
        ck_assert_int_eq(dirty_seek(&d, first * PAGE, UINT64_MAX, &from, &to), p < PAGES);
        if (p < PAGES) {
            while (p && in[p - 1])
                p--;
            ck_assert_uint_eq(from, p * PAGE);
            while (in[p])
                p++;
            ck_assert_uint_eq(to, p * PAGE - 1);
        }
        last = first + next_random(&seed) % 3;
        for (p = first; p <= last && p < PAGES; p++)
            touches |= in[p];
        ck_assert_int_eq(dirty_touch(&d, first * PAGE, last * PAGE), touches);
    }
    dirty_free(&d);
    ck_assert(dirty_add(&d, 0, UINT64_MAX) && dirty_add(&d, 5, 6));
    ck_assert(d.one && dirty_cut(&d, PAGE, UINT64_MAX));
    ck_assert(dirty_touch(&d, 0, 0) && !dirty_touch(&d, PAGE, UINT64_MAX));
    dirty_free(&d);
    ck_assert(!dirty_touch(&d, 0, UINT64_MAX));
}
END_TEST

/* --- memory -------------------------------------------------------------------------------- */

#define TABLES   UINT64_C(12) /* pages, from TABLE_AT on; the first two are top tables */
#define TABLE_AT UINT64_C(0x100000)

struct told_by_memory {
    struct checks c;
    struct guest_mem *mem;
    uint64_t seed;
};

static void memory_begin(struct told_by_memory *m)
{
    struct check_config cfg = {.cap = UINT64_C(3) << 34 | 47 << 16, .aw_bits = 39};
    struct ram_block ram = {.gpa = {0}, .bytes = 0x400000};
    struct err e;

    m->mem = guest_mem_new();
    ck_assert(m->mem && !guest_mem_add(m->mem, ram, &e));
    m->c.cfg = cfg;
    m->c.cfg.mem = m->mem;
    m->c.arch = arch_of(&cfg);
    m->c.context = calloc(1, sizeof *m->c.context);
    ck_assert_ptr_nonnull(m->c.context);
}

/* Few addresses, so that the same tables are gone through again and again. */
static uint64_t some_iova(struct told_by_memory *m)
{
    uint64_t r = next_random(&m->seed);

    return (r % 3) << 30 | (r / 3 % 3) << 21 | (r / 9 % 3) << 12 | (r >> 40 & 0xfff);
}

/* A table elsewhere, a leaf of any size, something reserved, or nothing, anywhere. */
static uint64_t some_entry(struct told_by_memory *m)
{
    uint64_t r = next_random(&m->seed), rights = r >> 8 & 3;
    uint64_t table = TABLE_AT + (2 + (r >> 16) % (TABLES - 2)) * PAGE;

    switch (r % 8) {
    case 0: return 0;
    case 1: return rights | 0x80 | (r >> 20 & 3) << 30;
    case 2: return rights | UINT64_C(1) << 45;
    default: return rights | table;
    }
}

static void store(struct told_by_memory *m)
{
    uint64_t r = next_random(&m->seed);
    uint64_t at = TABLE_AT + r % TABLES * PAGE + (r >> 8) % 3 * 8;

    m->c.context->storing = r >> 60 & 1; /* it is asked within the record, too */
    chk_memory_changes(&m->c, at, 8);
    ck_assert(!guest_mem_store(m->mem, gpa(at), some_entry(m)));
}

static struct leaf plain_walk(const struct told_by_memory *m, const struct ctx *x, uint64_t iova)
{
    uint64_t page = x->top;
    unsigned perm = PERM_RW;

    for (unsigned level = x->levels;; level--) {
        uint64_t mask = arch_entry_bytes(level) - 1, word = 0;
        enum entry_kind kind;

        ck_assert(guest_mem_read(m->mem, gpa(page + 8 * arch_index(level, iova)), &word));
        kind = arch_entry(&m->c.arch, level, word);
        perm &= (unsigned)word;
        if (kind == ENTRY_ABSENT || kind == ENTRY_BAD || !perm)
            return (struct leaf){.first = iova & ~mask, .last = iova | mask};
        page = word & m->c.arch.addr_mask;
        if (kind == ENTRY_LEAF)
            return (struct leaf){.present = true,
                                 .first = iova & ~mask,
                                 .last = iova | mask,
                                 .gpa = page & ~mask,
                                 .perm = (enum perm)perm};
    }
}

/* Tables, leaves and holes come and go under what the last looks have left behind. */
START_TEST(memory_says_what_it_holds_now)
{
    struct told_by_memory m = {.seed = 0x2545f4914f6cdd1d};
    unsigned present = 0;

    memory_begin(&m);
    for (unsigned step = 0; step < 200000; step++) {
        struct ctx x = {.kind = CTX_TABLES,
                        .top = TABLE_AT + (next_random(&m.seed) & 1) * PAGE,
                        .levels = 3,
                        .limit_bits = 39};
        uint64_t iova = some_iova(&m);
        struct leaf want, got;

        if (step % 3 == 0)
            store(&m);
        want = plain_walk(&m, &x, iova);
        chk_lookup(&m.c, &x, iova, &got);
        present += got.present;
        ck_assert_int_eq(got.present, want.present);
        ck_assert_uint_eq(got.first, want.first);
        ck_assert_uint_eq(got.last, want.last);
        ck_assert(!want.present || (got.gpa == want.gpa && got.perm == want.perm));
    }
    ck_assert_uint_gt(present, 10000);
    free(m.c.context);
    guest_mem_free(m.mem);
}
END_TEST

/* More single pages than their set holds, far from each other and side by side. */
START_TEST(many_single_pages)
{
    const uint64_t far = _i ? 1 : 977, pages = 3 * PAGE_SET_MAX;
    struct dirty d = {0};
    uint64_t from, to;

    for (uint64_t p = 0; p < pages; p++)
        ck_assert(dirty_add(&d, p * far * PAGE, p * far * PAGE + PAGE - 1));
    for (uint64_t p = 0; p < pages; p++) {
        uint64_t at = p * 5 % pages * far * PAGE;

        ck_assert(dirty_touch(&d, at, at + PAGE - 1));
        ck_assert(dirty_cut(&d, at, at + PAGE - 1));
        ck_assert(!dirty_touch(&d, at, at + PAGE - 1));
        if (p % 1000 == 999) { /* in order, and again by pages */
            ck_assert(dirty_seek(&d, 0, UINT64_MAX, &from, &to));
            ck_assert(dirty_add(&d, at, at + PAGE - 1) && dirty_cut(&d, at, at + PAGE - 1));
        }
    }
    ck_assert(!dirty_touch(&d, 0, UINT64_MAX));
    dirty_free(&d);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{pages_taken_and_given_back, 1},
                                    {dirty_agrees_with_an_array, 1},
                                    {many_single_pages, 2},
                                    {memory_says_what_it_holds_now, 1}};

    return run_tests("checks: sets", rows, COUNT(rows));
}
