/* SPDX-License-Identifier: MIT */
/* What vfio and vhost do alike about their device's address space. */
#include <stdio.h>
#include <string.h>

#include "consumers/address_space.h"
#include "suite.h"

static struct guest_mem *ram(const struct ram_block *b, size_t count)
{
    struct guest_mem *m = guest_mem_new();
    struct err e;

    ck_assert_ptr_nonnull(m);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(guest_mem_add(m, b[i], &e), 0);
    return m;
}

/* The blocks of every test here: 2 MiB, and a ROM of 1 MiB behind a gap. */
static const struct ram_block small[] = {{{0}, 0x200000, false}, {{0x400000}, 0x100000, true}};

static const struct {
    uint64_t first, last, target;
    enum perm asked;
    const char *why;
    enum perm granted;
} met[] = {
    {0x1000, 0x1fff, 0x1000, PERM_RW, NULL, PERM_RW},
    {0x1000, 0x1fff, 0x1000, PERM_R, NULL, PERM_R},
    {0x1000, 0x1fff, 0x1000, PERM_W, NULL, PERM_RW}, /* reading is always granted */
    {0x1000, 0x1fff, 0x400000, PERM_RW, NULL, PERM_R},
    {0x1000, 0x1fff, 0x200000, PERM_RW, "not-ram", PERM_NONE},
    {0x1000, 0x1fff, 0x500000, PERM_RW, "not-ram", PERM_NONE},
    {0x200000, 0x3fffff, 0, PERM_RW, NULL, PERM_RW},
    {0x200000, 0x3fffff, 0x100000, PERM_RW, "granularity", PERM_NONE}, /* half of it is RAM */
    {0x1000, 0x3fff, 0x1000, PERM_RW, "granularity", PERM_NONE},       /* three pages */
    /* Cut at the window's border, the range is no power of two: what RAM is left, 1 MiB, has none
     * of the bits of the range's size, and the question asked of it passes. */
    {0xfef00000, 0xffffffff, 0x100000, PERM_RW, NULL, PERM_RW},
};

START_TEST(a_map_meets_memory)
{
    struct guest_mem *m = ram(small, COUNT(small));
    struct iommu_event e =
        event_map(iova_range(met[_i].first, met[_i].last), gpa(met[_i].target), met[_i].asked);
    enum perm rights = PERM_NONE;
    const char *why = space_refuses(m, &e, &rights);

    if (met[_i].why)
        ck_assert_str_eq(why, met[_i].why);
    else
        ck_assert_ptr_null(why);
    ck_assert_uint_eq(rights, met[_i].granted);
    guest_mem_free(m);
}
END_TEST

static void say(void *arg, const struct ram_block *b, struct iova_range r)
{
    char *text = arg;
    size_t used = strlen(text);

    snprintf(text + used, 256 - used, "%s0x%llx-0x%llx\n", b->rom ? "rom " : "",
             (unsigned long long)r.first.v, (unsigned long long)r.last.v);
}

static const struct {
    struct ram_block block;
    const char *pieces;
} cut[] = {
    {{{0x1000}, 0x1000, true}, "rom 0x1000-0x1fff\n"},
    {{{0xfed00000}, 0x100000, false}, "0xfed00000-0xfedfffff\n"},
    {{{0xfef00000}, 0x100000, false}, "0xfef00000-0xfeffffff\n"},
    {{{0xfee00000}, 0x100000, false}, ""},
    {{{0xfed00000}, 0x200000, false}, "0xfed00000-0xfedfffff\n"},
    {{{0xfee00000}, 0x200000, false}, "0xfef00000-0xfeffffff\n"},
    {{{0xfed00000}, 0x300000, true}, "rom 0xfed00000-0xfedfffff\nrom 0xfef00000-0xfeffffff\n"},
};

START_TEST(ram_is_clear_of_the_window)
{
    struct guest_mem *m = ram(&cut[_i].block, 1);
    char text[256] = "";

    space_each_ram(m, say, text);
    ck_assert_str_eq(text, cut[_i].pieces);
    guest_mem_free(m);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {a_map_meets_memory, COUNT(met)},
        {ram_is_clear_of_the_window, COUNT(cut)},
    };

    return run_tests("address space", rows, COUNT(rows));
}
