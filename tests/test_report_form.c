/* SPDX-License-Identifier: MIT */
/* Counters, the JSON object, the text report and the small ways of writing values. */
#include <cjson/cJSON.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/show.h"

static void see(struct counts *c, struct obs o)
{
    struct observer w = counts_observer(c);

    w.see(w.ctx, &o);
}

START_TEST(values_as_people_read_them)
{
    ck_assert_str_eq(show_count(0).text, "0");
    ck_assert_str_eq(show_count(999).text, "999");
    ck_assert_str_eq(show_count(1000).text, "1,000");
    ck_assert_str_eq(show_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    ck_assert_str_eq(show_bdf(bdf(0x0018)).text, "00:03.0");
    ck_assert_str_eq(show_bdf(bdf(0xffff)).text, "ff:1f.7");
    ck_assert_str_eq(show_size(iova_range(0, UINT64_MAX)).text, "0x10000000000000000");
    ck_assert_str_eq(show_size(iova_range(0x1000, 0x1fff)).text, "0x1000");
    ck_assert_str_eq(show_time(17).text, "17 ns");
    ck_assert_str_eq(show_time(3200000).text, "3.200 ms");
    ck_assert_str_eq(show_time(12345678901).text, "12.345 s");
    ck_assert_str_eq(show_errno(-EEXIST).text, "-EEXIST");
    ck_assert_str_eq(show_errno(-4095).text, "-4095");
}
END_TEST

START_TEST(text_is_cleaned)
{
    char out[64], tiny[4];

    ck_assert_str_eq(show_clean(out, sizeof(out), "a\033[1m\tb"), "a [1m b");
    ck_assert_str_eq(show_clean(out, sizeof(out), "gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
    ck_assert_str_eq(show_clean(out, sizeof(out), "\xff\xc3"), "\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_str_eq(show_clean(out, sizeof(out), "\xed\xa0\x80"), /* a surrogate */
                     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_str_eq(show_clean(tiny, sizeof(tiny), "ab\xc3\xbc"),
                     "ab"); /* never half a character */
}
END_TEST

START_TEST(descriptors_are_told_apart)
{
    ck_assert_int_eq(inval_kind_of(0x11), INVAL_CTX_GLOBAL);
    ck_assert_int_eq(inval_kind_of(0x31), INVAL_CTX_DEVICE);
    ck_assert_int_eq(inval_kind_of(0x12), INVAL_IOTLB_GLOBAL);
    ck_assert_int_eq(inval_kind_of(0x22), INVAL_IOTLB_DOMAIN);
    ck_assert_int_eq(inval_kind_of(0xf2), INVAL_IOTLB_PAGE);
    ck_assert_int_eq(inval_kind_of(0x02), INVAL_OTHER);
    ck_assert_int_eq(inval_kind_of(0x03), INVAL_DEVICE_IOTLB);
    ck_assert_int_eq(inval_kind_of(0x14), INVAL_IEC);
    ck_assert_int_eq(inval_kind_of(0x25), INVAL_WAIT);
    ck_assert_int_eq(inval_kind_of(0x06), INVAL_OTHER);
    ck_assert_int_eq(inval_kind_of(0x212), INVAL_OTHER); /* type bits [11:9] are not 0 */
}
END_TEST

static void note_many(struct counts *c)
{
    struct note n = {.consumer = "vfio@00:03.0", .bdf = {0x18}, .type = NOTE_MAP, .asked = true};

    see(c, (struct obs){.kind = OBS_NOTE, .u.note = &n});
    n.result = -EEXIST;
    n.record = 7;
    see(c, (struct obs){.kind = OBS_NOTE, .u.note = &n});
    n.type = NOTE_UNMAP;
    n.asked = false;
    n.why = "granularity";
    n.via = VIA_REGION;
    see(c, (struct obs){.kind = OBS_NOTE, .u.note = &n});
}

START_TEST(callbacks_are_counted_by_consumer)
{
    struct counts c;
    const struct consumer_counts *k;
    char name[24];

    counts_init(&c);
    note_many(&c);
    for (int i = 0; i < 20; i++) { /* more than the list starts with */
        snprintf(name, sizeof(name), "probe%d", i);
        see(&c, (struct obs){.kind = OBS_CONSUMER,
                             .u.consumer = {.name = name, .kind = CONSUMER_PROBE, .joined = true}});
    }
    k = counts_consumer(&c, "vfio@00:03.0");
    ck_assert_ptr_nonnull(k);
    ck_assert_uint_eq(k->map, 2);
    ck_assert_uint_eq(k->unmap, 1);
    ck_assert_uint_eq(k->refused, 1);
    ck_assert_uint_eq(k->refused_record, 7);
    ck_assert_int_eq(k->refused_result, -EEXIST);
    ck_assert_uint_eq(k->not_asked, 1);
    ck_assert_str_eq(k->why[0].why, "granularity");
    ck_assert_uint_eq(k->by_region, 1);
    ck_assert_uint_eq(c.consumers_count, 21);
    ck_assert_ptr_nonnull(counts_consumer(&c, "probe19"));
    ck_assert_ptr_null(counts_consumer(&c, "probe20"));
    counts_free(&c);
}
END_TEST

static struct report sample(const struct counts *c, const struct trace_header *h)
{
    return (struct report){
        .trace = "a\xff.vtt",
        .profile = "qemu-7.2",
        .sync = "walk",
        .check = "fast",
        .header = h,
        .counts = c,
        .records = 12,
        .verdict = VERDICT_DAMAGED,
        .stopped = true,
        .stop = {.has_byte = true, .byte = 99, .record = 12, .why = "cut \"short\""}};
}

START_TEST(json_is_valid_and_whole)
{
    static const char *const keys[] = {"trace",      "profile",    "model",    "verdict",
                                       "records",    "stopped",    "compared", "differs",
                                       "invariants", "violations", "counts",   "digest"};
    struct meta_entry meta = {"guest", "Linux \"6.1\" \x01"};
    struct trace_header h = {.meta = &meta, .metas = 1};
    struct counts c;
    struct report r;
    char *text = NULL;
    size_t size = 0, rows;
    FILE *f = open_memstream(&text, &size);
    cJSON *o, *at;

    counts_init(&c);
    note_many(&c);
    c.last_ns = UINT64_MAX; /* beyond what a double holds */
    r = sample(&c, &h);
    invariants(&rows);
    ck_assert_int_eq(report_json(f, &r), 0);
    fclose(f);
    ck_assert_ptr_eq(strchr(text, '\n'), text + size - 1); /* one line */
    ck_assert_ptr_nonnull(strstr(text, "\"last_ns\":18446744073709551615,"));
    o = cJSON_Parse(text);
    ck_assert_ptr_nonnull(o);
    at = o->child;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, at = at->next)
        ck_assert_str_eq(at->string, keys[i]);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(o, "invariants")), (int)rows);
    at = cJSON_GetObjectItem(o, "stopped");
    ck_assert_int_eq(cJSON_GetObjectItem(at, "byte")->valueint, 99);
    ck_assert_str_eq(cJSON_GetObjectItem(at, "why")->valuestring, "cut \"short\"");
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(o, "model")));
    cJSON_Delete(o);
    free(text);
    counts_free(&c);
}
END_TEST

START_TEST(text_of_what_could_not_be_read)
{
    struct counts c;
    struct report r;
    struct view v = view_all();
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    counts_init(&c);
    r = sample(&c, NULL);
    ck_assert_int_eq(report_text(f, &r, &v, false), 0);
    fclose(f);
    ck_assert_str_eq(text, "DAMAGED  a\xef\xbf\xbd.vtt: the trace could be read only in part\n"
                           "  Stopped at byte 99, record 12: cut \"short\"\n");
    free(text);
}
END_TEST

START_TEST(exit_codes)
{
    struct report r = {.verdict = VERDICT_CLEAN};

    ck_assert_int_eq(report_exit_code(&r, true), 0);
    r.verdict = VERDICT_VIOLATED;
    ck_assert_int_eq(report_exit_code(&r, false), 1);
    r.verdict = VERDICT_DIFFERS;
    ck_assert_int_eq(report_exit_code(&r, false), 1);
    r.verdict = VERDICT_ABORTED;
    ck_assert_int_eq(report_exit_code(&r, false), 1);
    r.verdict = VERDICT_DAMAGED;
    ck_assert_int_eq(report_exit_code(&r, false), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report: forms");
    TCase *t = tcase_create("forms");
    SRunner *r;
    int failed;

    tcase_add_test(t, values_as_people_read_them);
    tcase_add_test(t, text_is_cleaned);
    tcase_add_test(t, descriptors_are_told_apart);
    tcase_add_test(t, callbacks_are_counted_by_consumer);
    tcase_add_test(t, json_is_valid_and_whole);
    tcase_add_test(t, text_of_what_could_not_be_read);
    tcase_add_test(t, exit_codes);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
