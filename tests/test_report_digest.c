/* SPDX-License-Identifier: MIT */
/* The digest: XXH64 as published, and what it does and does not depend on. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report/digest.h"

static uint64_t of(const char *s)
{
    struct digest d;

    digest_init(&d);
    digest_bytes(&d, s, strlen(s));
    return digest_value(&d);
}

START_TEST(known_values_of_xxh64)
{
    ck_assert_uint_eq(of(""), UINT64_C(0xef46db3751d8e999));
    ck_assert_uint_eq(of("a"), UINT64_C(0xd24ec4f1a98c6e5b));
    ck_assert_uint_eq(of("abc"), UINT64_C(0x44bc2cf5ad770999));
    ck_assert_uint_eq(of("Nobody inspects the spammish repetition"), UINT64_C(0xfbcea83c8a378bf1));
}
END_TEST

START_TEST(any_split_gives_the_same)
{
    unsigned char b[2 * DIGEST_REST_BYTES + 200]; /* what waits is hashed on the way */
    struct digest whole, parts;

    for (unsigned i = 0; i < sizeof(b); i++)
        b[i] = (unsigned char)(i * 37);
    for (size_t n = 0; n <= sizeof(b); n += n < 200 ? 7 : 61) {
        for (size_t cut = 0; cut <= n; cut += n < 200 ? 3 : 13) {
            digest_init(&whole);
            digest_bytes(&whole, b, n);
            digest_init(&parts);
            digest_bytes(&parts, b, cut);
            digest_bytes(&parts, b + cut, n - cut);
            ck_assert_uint_eq(digest_value(&whole), digest_value(&parts));
        }
    }
}
END_TEST

START_TEST(words_are_little_endian)
{
    struct digest word, bytes;

    digest_init(&word);
    digest_u64(&word, UINT64_C(0x0807060504030201));
    digest_init(&bytes);
    digest_bytes(&bytes, "\1\2\3\4\5\6\7\10", 8);
    ck_assert_uint_eq(digest_value(&word), digest_value(&bytes));
}
END_TEST

START_TEST(no_string_is_not_an_empty_string)
{
    struct digest none, empty;

    digest_init(&none);
    digest_text(&none, NULL);
    digest_init(&empty);
    digest_text(&empty, "");
    ck_assert_uint_ne(digest_value(&none), digest_value(&empty));
}
END_TEST

static uint64_t of_note(struct note n)
{
    struct digest d;
    struct observer o = digest_observer(&d);
    struct obs obs = {.kind = OBS_NOTE, .record = n.record, .u.note = &n};

    digest_init(&d);
    o.see(o.ctx, &obs);
    return digest_value(&d);
}

START_TEST(every_field_of_a_callback_counts)
{
    struct note n = {.seq = 1,
                     .record = 2,
                     .consumer = "a",
                     .type = NOTE_MAP,
                     .perm = PERM_R,
                     .range = {{0x1000}, {0x1fff}},
                     .gpa = {0x2000},
                     .asked = true};
    struct note changed[10];
    uint64_t base = of_note(n);

    for (unsigned i = 0; i < 10; i++)
        changed[i] = n;
    changed[0].seq = 2;
    changed[1].record = 3;
    changed[2].consumer = "b";
    changed[3].type = NOTE_UNMAP;
    changed[4].perm = PERM_RW;
    changed[5].range.first.v = 0;
    changed[6].range.last.v = 0x2fff;
    changed[7].gpa.v = 0x3000;
    changed[8].asked = false;
    changed[9].result = -17;
    ck_assert_uint_eq(of_note(n), base);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_msg(of_note(changed[i]) != base, "field %u is not in the digest", i);
}
END_TEST

/* A reason longer than the room that is kept for texts, and two hundred callbacks in a row: the
 * same as fed word by word. */
START_TEST(long_texts_and_many_callbacks)
{
    char why[300];
    struct note n = {.seq = 1, .record = 2, .consumer = "a name", .type = NOTE_UNMAP, .why = why};
    struct obs o = {.kind = OBS_NOTE, .record = 2, .at_ns = 7, .u.note = &n};
    struct digest seen, plain;
    struct observer to = digest_observer(&seen);

    memset(why, 'x', sizeof(why));
    digest_init(&seen);
    digest_init(&plain);
    for (size_t i = 0; i < 200; i++) {
        const uint64_t words[] = {OBS_NOTE, 2, 7, 1, 0, VIA_NOTIFIER, NOTE_UNMAP, 0, 0, 0, 0, 0, 0};

        why[i] = '\0'; /* 0 to 199 letters */
        to.see(to.ctx, &o);
        why[i] = 'x';
        digest_words(&plain, words, sizeof(words) / 8);
        digest_text(&plain, "a name");
        why[i] = '\0';
        digest_text(&plain, why);
        why[i] = 'x';
        ck_assert_uint_eq(digest_value(&seen), digest_value(&plain));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report: digest");
    TCase *t = tcase_create("digest");
    SRunner *r;
    int failed;

    tcase_add_test(t, known_values_of_xxh64);
    tcase_add_test(t, any_split_gives_the_same);
    tcase_add_test(t, words_are_little_endian);
    tcase_add_test(t, no_string_is_not_an_empty_string);
    tcase_add_test(t, every_field_of_a_callback_counts);
    tcase_add_test(t, long_texts_and_many_callbacks);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
