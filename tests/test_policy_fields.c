/* SPDX-License-Identifier: MIT */
/* The fields of a profile as data: none is missing, each can be shown, set and taken. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_fields.h"
#include "policy_table.h"
#include "suite.h"

static size_t rounded(size_t at, size_t to)
{
    return (at + to - 1) / to * to;
}

static size_t count_fields(void)
{
    size_t n = 0;

    while (policy_field(n))
        n++;
    return n;
}

/* Between two rows there is no byte of struct policy but what alignment asks for. */
START_TEST(no_byte_is_missing)
{
    const struct policy_field *f;
    size_t end = sizeof(const char *); /* its name */

    for (size_t i = 0; (f = policy_field(i)) != NULL; i++) {
        ck_assert_msg(f->at == rounded(end, f->bytes),
                      "%s begins at byte %zu, not at %zu: a field "
                      "before it has no row in policy_table.c, or the order is another",
                      f->name, f->at, rounded(end, f->bytes));
        end = f->at + f->bytes;
    }
    ck_assert_uint_eq(rounded(end, _Alignof(struct policy)), sizeof(struct policy));
}
END_TEST

START_TEST(rows_say_enough)
{
    const struct policy_field *f, *other;

    for (size_t i = 0; (f = policy_field(i)) != NULL; i++) {
        ck_assert_msg(f->name[0] && f->part[0] && f->meaning[0] && f->source[0],
                      "field %zu says too little", i);
        ck_assert_ptr_eq(policy_field_find(f->name), f);
        ck_assert_msg(f->meaning[strlen(f->meaning) - 1] != '.', "%s ends in a stop", f->name);
        for (size_t k = 0; k < i && (other = policy_field(k)) != NULL; k++)
            ck_assert_str_ne(other->name, f->name);
    }
    ck_assert_ptr_null(policy_field_find("name"));
    ck_assert_ptr_null(policy_field_find(""));
}
END_TEST

/* What a value is shown as sets it again, in any other row. */
START_TEST(shown_is_set)
{
    size_t count;
    const char *const *names = policy_names(&count);
    char value[FIELD_VALUE_BYTES], line[160];
    const struct policy_field *f;
    struct err e;

    for (size_t n = 0; (f = policy_field(n)) != NULL; n++) {
        for (size_t i = 0; f->form != FIELD_TEXT && i < count * count; i++) {
            const struct policy *from = policy_find(names[i % count]);
            struct policy *p = policy_copy(policy_find(names[i / count]));

            policy_field_value(f, from, value);
            snprintf(line, sizeof(line), "%s=%s", f->name, value);
            ck_assert_msg(policy_set(p, line, &e) == 0, "%s: %s", line, e.text);
            ck_assert_msg(policy_field_same(f, p, from), "%s does something else", line);
            free(p);
        }
    }
}
END_TEST

START_TEST(set_says_what_it_does)
{
    struct policy *p = policy_copy(policy_find("qemu-7.2"));
    struct err e = {""};

    ck_assert_int_eq(policy_set(p, "straddle=crop", &e), 0);
    ck_assert_int_eq(p->straddle, STRADDLE_CROP);
    ck_assert_int_eq(policy_set(p, "straddle=v7", &e), 0);
    ck_assert_int_eq(p->straddle, STRADDLE_WHOLE);
    ck_assert_int_eq(policy_set(p, "types_accepted=0x3", &e), 0);
    ck_assert_uint_eq(p->types_accepted, 3);
    ck_assert_int_eq(policy_set(p, "iqercd=on", &e), 0);
    ck_assert(p->iqercd);
    ck_assert_int_eq(policy_set(p, "kinds=v3", &e), 0);
    ck_assert_str_eq(p->kinds, "CHANGE, INVALIDATION");
    free(p);
}
END_TEST

START_TEST(set_refuses)
{
    static const struct {
        const char *line;
        int result;
        const char *says;
    } bad[] = {
        {"straddle", -EINVAL, "FIELD=VALUE"},
        {"straddle=", -EINVAL, "crop, abort, whole, pieces"},
        {"straddle=Crop", -EINVAL, "crop, abort, whole, pieces"},
        {"iqercd=1", -EINVAL, "off, on"},
        {"types_accepted=0x10000", -EINVAL, "16 bits"},
        {"types_accepted=-1", -EINVAL, "16 bits"},
        {"types_accepted=3x", -EINVAL, "16 bits"},
        {"kinds=A, B", -EINVAL, "name of a profile"},
        {"name=v7", -ENOENT, "--list-fields"},
        {"=on", -ENOENT, "--list-fields"},
        {"a_name_that_is_longer_than_any_field_of_any_profile_could_ever_be_said=on", -ENOENT,
         "--list-fields"},
    };
    struct policy *p = policy_copy(policy_find("qemu-7.2"));

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = {""};

        ck_assert_msg(policy_set(p, bad[i].line, &e) == bad[i].result, "'%s'", bad[i].line);
        ck_assert_msg(strstr(e.text, bad[i].says) != NULL, "'%s' says: %s", bad[i].line, e.text);
    }
    for (size_t n = 0; n < count_fields(); n++)
        ck_assert(policy_field_same(policy_field(n), p, policy_find("qemu-7.2")));
    free(p);
}
END_TEST

/* Two bugs were two at a time; each is told by what the other leaves. */
static bool is_of_two(const char *quirk)
{
    return !strcmp(quirk, "dsi-replay-gap") || !strcmp(quirk, "unmap-whole-pow2-up");
}

/* A quirk changes one field. */
START_TEST(quirks_are_fields)
{
    const struct quirk *q;

    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++) {
        struct policy *p = policy_copy(policy_find("qemu-10.2"));
        size_t changed = 0;
        struct err e;

        ck_assert_int_eq(policy_apply_quirk(p, q->name, &e), 0);
        for (size_t n = 0; n < count_fields(); n++)
            changed += !policy_field_same(policy_field(n), p, policy_find("qemu-10.2"));
        ck_assert_msg(changed == (is_of_two(q->name) ? 2 : 1), "%s changes %zu fields", q->name, changed);
        free(p);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {no_byte_is_missing, 1},    {rows_say_enough, 1}, {shown_is_set, 1},
        {set_says_what_it_does, 1}, {set_refuses, 1},     {quirks_are_fields, 1},
    };

    return run_tests("fields of a profile", rows, COUNT(rows));
}
