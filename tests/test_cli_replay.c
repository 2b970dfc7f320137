/* SPDX-License-Identifier: MIT */
/* A whole replay from a file to its report, in this process; run at the top of the tree. */
#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/replay.h"

#define BASIC   "tests/cli/traces/basic.vtt"
#define NOFLUSH "tests/cli/traces/noflush.vtt"

/* A replay with the options of a line, its event stream in *events (may be NULL). */
static void replay(struct replay *r, struct replay_options *o, const char *line, char **events)
{
    static char copy[256];
    static char *argv[32];
    struct replay_job job = {.options = o};
    struct err e = {""};
    size_t size = 0;
    int argc = 0;

    snprintf(copy, sizeof(copy), "replay %s", line);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        argv[argc++] = w;
    argv[argc] = NULL;
    ck_assert_msg(options_parse(o, argc, argv, &e) == 0, "%s", e.text);
    job.trace = o->traces[0];
    job.events = events ? open_memstream(events, &size) : NULL;
    replay_run(r, &job);
    if (job.events)
        fclose(job.events);
}

static void done(struct replay *r, struct replay_options *o)
{
    replay_free(r);
    options_free(o);
}

/* The report as JSON, parsed; it is one line. */
static cJSON *json(const struct report *r)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    cJSON *o;

    ck_assert_int_eq(report_json(f, r), 0);
    fclose(f);
    ck_assert_ptr_eq(strchr(text, '\n'), text + size - 1);
    o = cJSON_Parse(text);
    ck_assert_msg(o != NULL, "no JSON: %s", text);
    free(text);
    return o;
}

START_TEST(clean_trace)
{
    struct replay r;
    struct replay_options o;
    cJSON *j;

    replay(&r, &o, BASIC, NULL);
    ck_assert_int_eq(r.report.verdict, VERDICT_CLEAN);
    ck_assert_uint_eq(r.report.records, 32);
    ck_assert(!r.report.stopped);
    ck_assert(r.report.judged);
    j = json(&r.report);
    ck_assert_str_eq(cJSON_GetObjectItem(j, "verdict")->valuestring, "clean");
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(j, "stopped")));
    ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(j, "compared"), "reads")->valueint, 4);
    ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(j, "compared"), "dma")->valueint, 3);
    ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(j, "differs"), "reads")->valueint, 0);
    cJSON_Delete(j);
    done(&r, &o);
}
END_TEST

START_TEST(findings_in_json)
{
    struct replay r;
    struct replay_options o;
    cJSON *j, *list, *f;
    uint64_t counted = 0;

    replay(&r, &o, "--profile qemu-10.2 --quirk dup-map-no-tree " BASIC, NULL);
    ck_assert_int_eq(r.report.verdict, VERDICT_VIOLATED);
    j = json(&r.report);
    list = cJSON_GetObjectItem(j, "violations");
    cJSON_ArrayForEach(f, cJSON_GetObjectItem(j, "invariants"))
    {
        uint64_t count = (uint64_t)cJSON_GetObjectItem(f, "count")->valuedouble;

        /* Of a cost the first hundred are told. */
        if (!strcmp(cJSON_GetObjectItem(f, "severity")->valuestring, "cost") && count > 100)
            count = 100;
        counted += count;
    }
    ck_assert_int_gt(cJSON_GetArraySize(list), 0);
    ck_assert_uint_eq((uint64_t)cJSON_GetArraySize(list), counted);
    f = list->child;
    ck_assert_int_eq(cJSON_GetObjectItem(f, "n")->valueint, 1);
    ck_assert_str_eq(f->child->next->string, "id");
    ck_assert(cJSON_IsString(cJSON_GetObjectItem(f, "text")));
    ck_assert_ptr_nonnull(cJSON_GetObjectItem(f, "cause_record"));
    cJSON_Delete(j);
    done(&r, &o);
}
END_TEST

START_TEST(strategies_agree)
{
    static const char *const lines[] = {BASIC,
                                        NOFLUSH,
                                        "--profile qemu-7.2 " BASIC,
                                        "--profile qemu-7.2 " NOFLUSH,
                                        "--profile qemu-10.2 " BASIC,
                                        "--check full " BASIC};
    static const char *const sync[] = {"walk", "translate"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char *events[2] = {NULL};
        uint64_t digest[2];

        for (size_t k = 0; k < 2; k++) {
            char line[200];
            struct replay r;
            struct replay_options o;

            snprintf(line, sizeof(line), "--sync %s %s", sync[k], lines[i]);
            replay(&r, &o, line, &events[k]);
            digest[k] = r.report.digest;
            done(&r, &o);
        }
        ck_assert_str_eq(events[0], events[1]);
        ck_assert_uint_eq(digest[0], digest[1]);
        ck_assert(strchr(events[0], '\n') != NULL);
        free(events[0]);
        free(events[1]);
    }
}
END_TEST

START_TEST(every_event_is_an_object)
{
    struct replay r;
    struct replay_options o;
    char *events = NULL;
    uint64_t seq = 0;

    replay(&r, &o, BASIC, &events);
    for (char *line = strtok(events, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *j = cJSON_Parse(line);

        ck_assert_msg(j != NULL, "no JSON: %s", line);
        ck_assert_uint_eq((uint64_t)cJSON_GetObjectItem(j, "seq")->valuedouble, ++seq);
        cJSON_Delete(j);
    }
    ck_assert_uint_eq(seq, r.counts.notes);
    free(events);
    done(&r, &o);
}
END_TEST

START_TEST(what_cannot_be_read)
{
    struct replay r;
    struct replay_options o;
    struct view v = view_all();
    char *text = NULL;
    size_t size = 0;
    FILE *f;
    cJSON *j;

    replay(&r, &o, "/nonexistent", NULL);
    ck_assert_int_eq(r.report.verdict, VERDICT_DAMAGED);
    ck_assert_int_eq(report_exit_code(&r.report, false), 2);
    j = json(&r.report);
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(j, "digest")));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(j, "profile")));
    cJSON_Delete(j);
    f = open_memstream(&text, &size);
    ck_assert_int_eq(report_text(f, &r.report, &v, false), 0);
    fclose(f);
    ck_assert_ptr_nonnull(strstr(text, "DAMAGED"));
    free(text);
    done(&r, &o);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay from file to report");
    TCase *t = tcase_create("replay");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, clean_trace);
    tcase_add_test(t, findings_in_json);
    tcase_add_test(t, strategies_agree);
    tcase_add_test(t, every_event_is_an_object);
    tcase_add_test(t, what_cannot_be_read);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
