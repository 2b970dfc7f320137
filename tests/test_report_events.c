/* SPDX-License-Identifier: MIT */
/* Lines of the event stream, byte for byte (contract, section 3), and what a view lets through. */
#include <cjson/cJSON.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/events.h"

static struct note map_note(void)
{
    return (struct note){.seq = 1,
                         .record = 57,
                         .consumer = "vfio0",
                         .bdf = {0x18},
                         .via = VIA_NOTIFIER,
                         .type = NOTE_MAP,
                         .range = {{0x1000}, {0x1fff}},
                         .gpa = {0x200000},
                         .perm = PERM_RW,
                         .asked = true};
}

static void is_line(const struct note *n, const char *expected)
{
    char line[EVENT_LINE_BYTES];
    size_t length = events_line(line, n);

    ck_assert_str_eq(line, expected);
    ck_assert_uint_eq(length, strlen(expected));
}

START_TEST(map)
{
    struct note n = map_note();

    is_line(&n,
            "{\"seq\":1,\"record\":57,\"consumer\":\"vfio0\",\"via\":\"notifier\",\"type\":\"MAP\","
            "\"iova\":\"0x1000\",\"size\":\"0x1000\",\"gpa\":\"0x200000\",\"perm\":\"rw\","
            "\"result\":0}\n");
}
END_TEST

START_TEST(unmap_has_no_target)
{
    struct note n = map_note();

    n.seq = 2;
    n.record = 61;
    n.type = NOTE_UNMAP;
    n.perm = PERM_NONE;
    is_line(&n, "{\"seq\":2,\"record\":61,\"consumer\":\"vfio0\",\"via\":\"notifier\","
                "\"type\":\"UNMAP\",\"iova\":\"0x1000\",\"size\":\"0x1000\",\"result\":0}\n");
}
END_TEST

START_TEST(whole_address_space_and_region)
{
    struct note n = map_note();

    n.type = NOTE_UNMAP;
    n.via = VIA_REGION;
    n.range = iova_range(0, UINT64_MAX);
    is_line(&n,
            "{\"seq\":1,\"record\":57,\"consumer\":\"vfio0\",\"via\":\"region\",\"type\":\"UNMAP\","
            "\"iova\":\"0x0\",\"size\":\"0x10000000000000000\",\"result\":0}\n");
}
END_TEST

START_TEST(refused_not_asked_and_only_recorded)
{
    struct note n = map_note();

    n.perm = PERM_R;
    n.result = -EEXIST;
    is_line(&n,
            "{\"seq\":1,\"record\":57,\"consumer\":\"vfio0\",\"via\":\"notifier\",\"type\":\"MAP\","
            "\"iova\":\"0x1000\",\"size\":\"0x1000\",\"gpa\":\"0x200000\",\"perm\":\"r\","
            "\"result\":-17}\n");
    n.asked = false;
    n.why = "not-ram";
    is_line(&n,
            "{\"seq\":1,\"record\":57,\"consumer\":\"vfio0\",\"via\":\"notifier\",\"type\":\"MAP\","
            "\"iova\":\"0x1000\",\"size\":\"0x1000\",\"gpa\":\"0x200000\",\"perm\":\"r\","
            "\"result\":null,\"why\":\"not-ram\"}\n");
    n.why = NULL;
    n.type = NOTE_DEVTLB;
    n.result = 0;
    is_line(&n,
            "{\"seq\":1,\"record\":57,\"consumer\":\"vfio0\",\"via\":\"notifier\","
            "\"type\":\"DEVIOTLB_UNMAP\",\"iova\":\"0x1000\",\"size\":\"0x1000\",\"result\":0}\n");
}
END_TEST

START_TEST(any_string_stays_valid_json)
{
    struct note n = map_note();
    char line[EVENT_LINE_BYTES], why[300];
    cJSON *o;

    memset(why, '"', sizeof(why) - 1);
    why[0] = '\n';
    why[1] = '\\';
    why[sizeof(why) - 1] = 0;
    n.seq = n.record = UINT64_MAX;
    n.range = iova_range(UINT64_MAX - 1, UINT64_MAX);
    n.gpa.v = UINT64_MAX;
    n.consumer = why;
    n.asked = false;
    n.why = why;
    ck_assert_uint_lt(events_line(line, &n), EVENT_LINE_BYTES);
    o = cJSON_Parse(line);
    ck_assert_ptr_nonnull(o);
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(o, "result")));
    cJSON_Delete(o);
}
END_TEST

static size_t lines_shown(struct view v, const struct note *notes, size_t n, bool abort_too)
{
    char *text = NULL;
    size_t size = 0, lines = 0;
    struct events e = {.view = v};
    struct observer o = events_observer(&e);

    e.out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(e.out);
    for (size_t i = 0; i < n; i++)
        o.see(o.ctx,
              &(struct obs){.kind = OBS_NOTE, .record = notes[i].record, .u.note = &notes[i]});
    if (abort_too)
        o.see(o.ctx, &(struct obs){.kind = OBS_ABORT, .record = 9, .u.abort.why = "an assertion"});
    fclose(e.out);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if (abort_too)
        ck_assert_ptr_nonnull(strstr(text,
                                     "{\"seq\":4,\"record\":9,\"consumer\":null,\"type\":\"ABORT\","
                                     "\"why\":\"an assertion\"}\n"));
    free(text);
    return lines;
}

START_TEST(a_view_thins)
{
    struct note n[3] = {map_note(), map_note(), map_note()};
    struct view v = view_all();

    for (unsigned i = 0; i < 3; i++) {
        n[i].seq = i + 1;
        n[i].record = 10 * (i + 1);
        n[i].bdf.v = (uint16_t)(8 * i);
        n[i].range = iova_range(0x1000 * i, 0x1000 * i + 0xfff);
    }
    ck_assert_uint_eq(lines_shown(v, n, 3, false), 3);
    v.from = v.to = 20;
    ck_assert_uint_eq(lines_shown(v, n, 3, false), 1);
    ck_assert_uint_eq(lines_shown(v, n, 3, true), 2); /* an abort is always told, with its number */
    v = view_all();
    v.has_device = true;
    v.bdf = bdf(8);
    ck_assert_uint_eq(lines_shown(v, n, 3, false), 1);
    n[2].has_alias = true; /* its requests are those of the device asked for */
    n[2].alias = bdf(8);
    ck_assert_uint_eq(lines_shown(v, n, 3, false), 2);
    v.bdf = bdf(0x10); /* it still goes by its own BDF */
    ck_assert_uint_eq(lines_shown(v, n, 3, false), 1);
    v = view_all();
    v.has_iova = true;
    v.iova = iova_range(0xfff, 0x1000);
    ck_assert_uint_eq(lines_shown(v, n, 3, false), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report: event stream");
    TCase *t = tcase_create("events");
    SRunner *r;
    int failed;

    tcase_add_test(t, map);
    tcase_add_test(t, unmap_has_no_target);
    tcase_add_test(t, whole_address_space_and_region);
    tcase_add_test(t, refused_not_asked_and_only_recorded);
    tcase_add_test(t, any_string_stays_valid_json);
    tcase_add_test(t, a_view_thins);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
