/* SPDX-License-Identifier: MIT */
/* The files of tests/golden: good ones and bad ones say today what they said when written. */
#include <dirent.h>

#include "test_trace_rig.h"

#define GOLDEN "tests/golden/"

static int is_expected(const char *name)
{
    size_t n = strlen(name);

    return n > 9 && strcmp(name + n - 9, ".expected") == 0;
}

/* What reading `path` gives: text, then a line about the damage if there is one. */
static struct buffer told(const char *path)
{
    struct buffer out = {NULL, 0, 0};
    struct trace_reader *r;
    struct reading x = {.end = 0};
    char line[512];

    buffer_put(&out, "", 0);
    x.open = trace_open(path, &r, &x.damage);
    if (r)
        drain(r, &x, &out);
    if (x.open || x.end)
        buffer_put(
            &out, line,
            (size_t)snprintf(line, sizeof(line), "%s: byte %llu, line %llu, record %llu: %s\n",
                             x.open ? "refused" : "damage", (unsigned long long)x.damage.byte,
                             (unsigned long long)x.damage.line, (unsigned long long)x.damage.record,
                             x.damage.why));
    return out;
}

static int check_folder(const char *folder)
{
    char path[512], expected[600];
    DIR *d = opendir(folder);
    struct dirent *e;
    int files = 0;

    ck_assert_msg(d != NULL, "%s cannot be opened: tests run at the top of the project", folder);
    while ((e = readdir(d))) {
        struct buffer want, got;

        if (e->d_name[0] == '.' || is_expected(e->d_name))
            continue;
        snprintf(path, sizeof(path), "%s%.200s", folder, e->d_name);
        snprintf(expected, sizeof(expected), "%s.expected", path);
        want = read_file(expected);
        got = told(path);
        ck_assert_msg(want.n == got.n && memcmp(want.p, got.p, want.n) == 0, "%s gives\n%s", path,
                      got.p);
        free(want.p);
        free(got.p);
        files++;
    }
    closedir(d);
    return files;
}

START_TEST(test_good)
{
    ck_assert_int_ge(check_folder(GOLDEN "good/"), 7);
}
END_TEST

START_TEST(test_bad)
{
    ck_assert_int_ge(check_folder(GOLDEN "bad/"), 28);
}
END_TEST

/* What the text of a good file gives when packed anew is what its packed file gives. */
START_TEST(test_packed_anew)
{
    static const char *const names[] = {"every-kind", "free-hand", "crlf"};
    char path[512];
    struct buffer text, packed = {NULL, 0, 0}, out = {NULL, 0, 0}, want;
    struct reading x;

    snprintf(path, sizeof(path), GOLDEN "good/%s.trace", names[_i]);
    text = read_file(path);
    pack_bytes(text.p, text.n, &packed);
    x = read_bytes(packed.p, packed.n, &out);
    ck_assert_int_eq(x.open | x.end, 0);
    snprintf(path, sizeof(path), GOLDEN "good/%s.trace.expected", names[_i]);
    want = read_file(path);
    ck_assert_str_eq(out.p, want.p);
    free(text.p);
    free(packed.p);
    free(out.p);
    free(want.p);
}
END_TEST

/* The example beside the traces of other tests is whole, and has every kind of record. */
START_TEST(test_example)
{
    bool seen[REC_KINDS] = {false};
    struct trace_reader *r;
    struct trace_damage d;
    struct rec rec;
    int rc;

    ck_assert_int_eq(trace_open("tests/traces/format/every-record.trace", &r, &d), 0);
    while ((rc = trace_next(r, &rec, &d)) > 0)
        seen[rec.kind] = true;
    ck_assert_msg(rc == 0, "line %llu: %s", (unsigned long long)d.line, d.why);
    for (int k = 0; k < REC_KINDS; k++)
        ck_assert_msg(seen[k], "kind %d is missing", k);
    trace_close(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {test_good, 1}, {test_bad, 1}, {test_packed_anew, 3}, {test_example, 1}};

    return run_tests("trace: golden files", rows, COUNT(rows));
}
