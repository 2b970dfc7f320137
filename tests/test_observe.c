/* SPDX-License-Identifier: MIT */
/* The funnel: who is shown what, in which order, and with which numbers. */
#include <errno.h>
#include <string.h>

#include "observe.h"
#include "suite.h"

/* What the listeners wrote down, a letter each. */
static char heard[64];
static struct obs last;

static void hears(void *ctx, const struct obs *o)
{
    strncat(heard, ctx, 1);
    last = *o;
}

static struct observer who(const char *letter, uint64_t skips)
{
    return (struct observer){.see = hears, .ctx = (void *)(uintptr_t)letter, .skips = skips};
}

static const char *show(struct funnel *f, enum obs_kind kind)
{
    struct obs o = {.kind = kind};

    *heard = '\0';
    funnel_show(f, &o);
    return heard;
}

START_TEST(each_is_shown_what_it_does_not_skip)
{
    struct funnel f = {.record = 5, .at_ns = 6};

    ck_assert_str_eq(show(&f, OBS_RECORD), ""); /* nobody there */
    ck_assert_int_eq(funnel_add(&f, who("a", 0)), 0);
    ck_assert_int_eq(funnel_add(&f, who("b", OBS_BIT(OBS_RECORD) | OBS_BIT(OBS_SYNCED))), 0);
    ck_assert_int_eq(funnel_add(&f, who("c", ~OBS_BIT(OBS_ABORT))), 0);
    ck_assert_str_eq(show(&f, OBS_RECORD), "a");
    ck_assert_str_eq(show(&f, OBS_RECORD_END), "ab");
    ck_assert_str_eq(show(&f, OBS_SYNCED), "a");
    ck_assert_str_eq(show(&f, OBS_ABORT), "abc");
    ck_assert_uint_eq(last.record, 5);
    ck_assert_uint_eq(last.at_ns, 6);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
    struct funnel f = {.count = 0};

    for (unsigned i = 0; i < OBSERVERS_MAX; i++)
        ck_assert_int_eq(funnel_add(&f, who("x", 0)), 0);
    ck_assert_int_eq(funnel_add(&f, who("y", 0)), -ENOSPC);
    ck_assert_str_eq(show(&f, OBS_ABORT), "xxxxxxxx");
}
END_TEST

/* A callback has its number whether anybody looks or not. */
START_TEST(callbacks_are_numbered)
{
    struct funnel f = {.record = 9, .delivery = 4};
    struct note n = {.seq = 0};

    funnel_note(&f, &n);
    ck_assert_int_eq(funnel_add(&f, who("a", OBS_BIT(OBS_NOTE))), 0);
    funnel_note(&f, &n);
    ck_assert_uint_eq(n.seq, 2);
    ck_assert_uint_eq(n.record, 9);
    ck_assert_uint_eq(n.delivery, 4);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{each_is_shown_what_it_does_not_skip, 1},
                                    {no_more_than_there_is_room_for, 1},
                                    {callbacks_are_numbered, 1}};

    return run_tests("observe", rows, COUNT(rows));
}
