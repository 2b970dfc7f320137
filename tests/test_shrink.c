/* SPDX-License-Identifier: MIT */
/* The reducer, with predicates made up here: it knows nothing of why a trace fails. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/shrink_goal.h"
#include "shrink/shrink.h"
#include "suite.h"
#include "trace/reader.h"
#include "vtd_regs.h"

static char text[1 << 20];
static size_t length;

static void begin(void)
{
    length = (size_t)snprintf(text, sizeof(text), "vtd-trace 1\n");
}

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    length += (size_t)vsnprintf(text + length, sizeof(text) - length, format, list);
    va_end(list);
    ck_assert_uint_lt(length, sizeof(text) - 1);
    text[length++] = '\n';
}

static struct shrink_trace *load(void)
{
    struct trace_reader *r;
    struct shrink_trace *t;
    struct trace_damage d;

    ck_assert_int_eq(trace_open_memory(text, length, &r, &d), 0);
    ck_assert_int_eq(shrink_read(r, &t, &d), 0);
    trace_close(r);
    return t;
}

static void store(const struct shrink_trace *t, char *to, size_t room)
{
    struct shrink_case c = shrink_now(t);
    FILE *f = fmemopen(to, room, "w");
    struct err e;

    memset(to, 0, room);
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(shrink_write(f, "", &c, &e), 0);
    fclose(f);
}

static char shrunk[65536];
static struct shrink_stats stats;

/* Shrink what was written; the result is in `shrunk`, and shrinks to itself. */
static size_t shrink(shrink_fails fails, void *arg)
{
    struct shrink_options o = {.fails = fails, .arg = arg};
    struct shrink_trace *t = load();
    static char again[sizeof(shrunk)];
    struct err e;
    size_t count;

    ck_assert_int_eq(shrink_run(t, &o, &stats, &e), 0);
    store(t, shrunk, sizeof(shrunk));
    count = shrink_now(t).count;
    ck_assert_uint_eq(stats.after, count);
    shrink_free(t);
    length = strlen(shrunk);
    memcpy(text, shrunk, length);
    t = load();
    ck_assert_int_eq(shrink_run(t, &o, &(struct shrink_stats){0}, &e), 0);
    store(t, again, sizeof(again));
    ck_assert_str_eq(shrunk, again);
    shrink_free(t);
    return count;
}

/* Records with these numbers, as marks, all have to be there, in order. */
struct wanted {
    unsigned number[40];
    size_t count;
    bool says_where;
    uint64_t longest_after_first; /* what was asked once it was known where */
    unsigned asked;
};

static int has_all(void *arg, const struct shrink_case *c, size_t *needed)
{
    struct wanted *w = arg;
    size_t found = 0;

    if (w->asked++ && c->count > w->longest_after_first)
        w->longest_after_first = c->count;
    for (size_t i = 0; i < c->count && found < w->count; i++) {
        if (c->rec[i]->kind == REC_MARK &&
            (unsigned)strtoul(c->rec[i]->u.mark.text, NULL, 10) == w->number[found])
            found++;
        if (found == w->count && w->says_where)
            *needed = i + 1;
    }
    return found == w->count;
}

static void write_marks(unsigned n)
{
    begin();
    for (unsigned i = 0; i < n; i++)
        line("mark %u", i);
}

START_TEST(one_minimal)
{
    static const struct wanted sets[] = {
        {.number = {0}, .count = 1},
        {.number = {999}, .count = 1},
        {.number = {0, 999}, .count = 2},
        {.number = {333, 334, 335}, .count = 3},
        {.number = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, .count = 10},
        {.number = {0}, .count = 0},
    };
    struct wanted w = sets[_i];

    write_marks(1000);
    ck_assert_uint_eq(shrink(has_all, &w), w.count);
    ck_assert_uint_eq(stats.before, 1000);
    ck_assert(!stats.limited);
}
END_TEST

START_TEST(random_sets)
{
    uint32_t x = 12345u + (uint32_t)_i * 977u;
    struct wanted w = {.count = 0};

    write_marks(200);
    for (unsigned i = 0; i < 200 && w.count < 40; i++) {
        x = x * 1664525u + 1013904223u;
        if (x >> 28 == 0)
            w.number[w.count++] = i;
    }
    ck_assert_uint_eq(shrink(has_all, &w), w.count);
}
END_TEST

/* What stands behind the record at which it shows goes first of all. */
START_TEST(cut_at_once)
{
    struct wanted w = {.number = {5}, .count = 1, .says_where = true};

    write_marks(5000);
    ck_assert_uint_eq(shrink(has_all, &w), 1);
    ck_assert_uint_le(w.longest_after_first, 6);
}
END_TEST

/* As many on as off: two have to go together, wherever they stand. */
static int balanced(void *arg, const struct shrink_case *c, size_t *needed)
{
    int on = 0, marks = 0;

    (void)arg;
    (void)needed;
    for (size_t i = 0; i < c->count; i++) {
        marks += c->rec[i]->kind == REC_MARK;
        if (c->rec[i]->kind == REC_ATS)
            on += c->rec[i]->u.ats.on ? 1 : -1;
    }
    return on == 0 && marks > 0;
}

START_TEST(pairs)
{
    begin();
    line("ats 00:02.0 on");
    line("ats 00:03.0 on");
    line("mark x");
    line("ats 00:04.0 off");
    line("mark y");
    line("ats 00:05.0 off");
    ck_assert_uint_eq(shrink(balanced, NULL), 1);
}
END_TEST

/* The queue as the unit reads it: is a descriptor with this second word reached, and is none of
 * those before it empty? */
static int reaches(void *arg, const struct shrink_case *c, size_t *needed)
{
    static uint64_t word[512];
    uint64_t base = UINT64_MAX, head = 0, wanted = *(const uint64_t *)arg;
    bool on = false;

    memset(word, 0, sizeof(word));
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_W64 && r->u.reg.off == REG_IQA)
            base = r->u.reg.val & ~UINT64_C(0xfff);
        if (r->kind == REC_W32 && r->u.reg.off == REG_GCMD)
            on = r->u.reg.val & GCMD_QIE;
        for (uint32_t k = 0; r->kind == REC_MEM && k < r->u.mem.words; k++) {
            uint64_t at = r->u.mem.gpa.v + 8 * k;

            if (at >= base && at - base < sizeof(word))
                word[(at - base) / 8] = r->u.mem.val[k];
        }
        if (r->kind != REC_W32 || r->u.reg.off != REG_IQT || !on)
            continue;
        for (; head != r->u.reg.val / 16 % 256; head = (head + 1) % 256) {
            if (!word[2 * head])
                return 0;
            if (word[2 * head + 1] == wanted) {
                *needed = i + 1;
                return 1;
            }
        }
    }
    return 0;
}

START_TEST(queue_is_laid_out_anew)
{
    uint64_t wanted = 0xabc000;

    begin();
    line("mem 0x9000 0x5");
    line("w64 0x90 0x345000");
    line("w32 0x18 0x4000000");
    for (unsigned i = 0; i < 400; i++) {
        unsigned at = 2 * i % 256;

        line("mem 0x%x 0x2 0x%x", 0x345000 + 16 * at, i == 333 ? 0xabc000 : 0x1000 * i);
        line("mem 0x%x 0x25 0x9000", 0x345000 + 16 * (at + 1));
        line("w32 0x88 0x%x", 16 * ((at + 2) % 256));
    }
    ck_assert_uint_eq(shrink(reaches, &wanted), 4);
    ck_assert_str_eq(shrunk, "vtd-trace 1\nw64 0x90 0x1000\nw32 0x18 0x4000000\n"
                             "mem 0x1000 0x2 0xabc000\nw32 0x88 0x10\n");
}
END_TEST

/* Tables by addresses: root, then one that names it; an access with one bit. */
static int follows(void *arg, const struct shrink_case *c, size_t *needed)
{
    uint64_t root = 0, next = 0, flags = 0;
    bool dma = false;

    (void)arg;
    (void)needed;
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_W64 && r->u.reg.off == REG_RTADDR)
            root = r->u.reg.val & ~UINT64_C(0xfff);
        for (uint32_t k = 0; r->kind == REC_MEM && k < r->u.mem.words; k++) {
            uint64_t at = r->u.mem.gpa.v + 8 * k;

            if (root && at == root + 8)
                next = r->u.mem.val[k] & ~UINT64_C(0xfff);
            if (next && at >> 12 == next >> 12)
                flags |= r->u.mem.val[k];
        }
        dma = dma || (r->kind == REC_DMA && (r->u.dma.iova.v >> 21 & 1));
    }
    return dma && (flags & 0x80);
}

START_TEST(numbers_become_small)
{
    begin();
    line("w64 0x20 0x77777000");
    line("mem 0x77777000 0x0 0x12345003 0x0 0x0");
    line("mem 0x12345000 0xdeadbee3 0xfff 0x1");
    line("dma 00:02.0 r 0xfff00123 0x80 = 0x1123");
    ck_assert_uint_eq(shrink(follows, NULL), 4);
    ck_assert_str_eq(shrunk, "vtd-trace 1\nw64 0x20 0x1000\nmem 0x1008 0x2000\n"
                             "mem 0x2000 0x80\ndma 00:02.0 r 0x200000 0x1\n");
}
END_TEST

/* A device goes with its consumer and all that names it. */
static int whole(void *arg, const struct shrink_case *c, size_t *needed)
{
    bool there[2] = {false}, named[2] = {false};

    (void)arg;
    (void)needed;
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_ATTACH)
            there[r->u.attach->bdf.v == 0x18] = true;
        if (r->kind == REC_FAIL)
            named[!strcmp(r->u.fail.name, "b")] = true;
    }
    for (size_t i = 0; i < c->header->devices_count; i++)
        there[c->header->devices[i].bdf.v == 0x18] &= true;
    return there[0] && there[0] == named[0] && there[1] == named[1];
}

START_TEST(devices)
{
    begin();
    line("device 00:02.0 ats=on");
    line("device 00:03.0");
    line("attach a vfio 00:02.0 flags=map limit=5");
    line("attach b vfio 00:03.0");
    line("fail b map 12 3");
    line("fail a map 12 3");
    line("dma 00:03.0 r 0x0 0x1");
    ck_assert_uint_eq(shrink(whole, NULL), 2);
    ck_assert_str_eq(shrunk, "vtd-trace 1\nattach a vfio 00:02.0\nfail a map 12\n");
}
END_TEST

static int header(void *arg, const struct shrink_case *c, size_t *needed)
{
    (void)arg;
    (void)needed;
    return c->header->has_unit && c->header->unit.pt == false && c->header->rams > 0;
}

START_TEST(headers)
{
    begin();
    line("meta who knows");
    line("unit model=qemu-7.2 aw-bits=48 pt=off snoop-control=on cap=0x123");
    line("ram 0x0 0x1000");
    line("ram 0x10000 0x1000");
    line("device 00:02.0 alias=00:03.0");
    line("expectations x ioctl");
    line("mark 1");
    ck_assert_uint_eq(shrink(header, NULL), 0);
    ck_assert_str_eq(shrunk, "vtd-trace 1\n"
                             "unit aw-bits=39 caching-mode=on pt=off device-iotlb=off "
                             "snoop-control=off intremap=off eim=off dma-drain=on stale-tm=off "
                             "scalable-mode=off\nram 0x0 0x1000\n");
}
END_TEST

/* `unit model=` chooses the profile: it goes only where that is said elsewhere. */
START_TEST(model)
{
    struct wanted w = {.number = {1}, .count = 1};
    struct shrink_options o = {.fails = has_all, .arg = &w, .keep_model = _i == 0};
    struct shrink_trace *t;
    struct err e;

    begin();
    line("unit model=v7");
    line("mark 1");
    t = load();
    ck_assert_int_eq(shrink_run(t, &o, &stats, &e), 0);
    ck_assert_str_eq(shrink_now(t).header->unit.model, _i ? "" : "v7");
    ck_assert_int_eq(shrink_now(t).header->has_unit, !_i);
    shrink_free(t);
}
END_TEST

START_TEST(runs_have_a_limit)
{
    struct wanted w = {.number = {100, 900}, .count = 2};
    struct shrink_options o = {.fails = has_all, .arg = &w, .runs = (uint64_t)_i + 1};
    struct shrink_trace *t;
    struct shrink_case c;
    size_t needed = 0;
    struct err e;

    write_marks(1000);
    t = load();
    ck_assert_int_eq(shrink_run(t, &o, &stats, &e), 0);
    c = shrink_now(t);
    ck_assert_uint_eq(stats.runs, (uint64_t)_i + 1);
    ck_assert_uint_eq(w.asked, (unsigned)_i + 1);
    ck_assert(stats.limited);
    ck_assert_int_eq(has_all(&w, &c, &needed), 1);
    ck_assert_uint_le(c.count, _i < 8 ? 1000 : 900);
    shrink_free(t);
}
END_TEST

static int answers(void *arg, const struct shrink_case *c, size_t *needed)
{
    (void)needed;
    return c->count > 3 ? 1 : *(const int *)arg;
}

START_TEST(other_answers)
{
    int answer = _i ? -EIO : 0;
    struct shrink_options o = {.fails = answers, .arg = &answer};
    struct shrink_trace *t;
    struct err e;

    write_marks(_i ? 100 : 3);
    t = load();
    ck_assert_int_eq(shrink_run(t, &o, &stats, &e), _i ? -EIO : -ENODATA);
    ck_assert_uint_gt(strlen(e.text), 0);
    ck_assert_uint_gt(shrink_now(t).count, _i ? 3 : 2); /* the last that failed */
    shrink_free(t);
}
END_TEST

START_TEST(damage)
{
    struct trace_reader *r;
    struct shrink_trace *t;
    struct trace_damage d;

    begin();
    line("mark 1");
    line("w32 0x1 0x0");
    ck_assert_int_eq(trace_open_memory(text, length, &r, &d), 0);
    ck_assert_int_eq(shrink_read(r, &t, &d), -EBADMSG);
    ck_assert_ptr_null(t);
    ck_assert_uint_eq(d.record, 1);
    trace_close(r);
}
END_TEST

/* Records in memory are read as those of a file, and checked as they are. */
START_TEST(reader_of_records)
{
    struct rec good = {.kind = REC_W32}, bad = {.kind = REC_W32}, rec;
    const struct rec *recs[] = {&good, &bad};
    struct trace_header h = {.unit = unit_config_default()};
    struct trace_reader *r;
    struct trace_damage d = {.byte = 0};

    bad.u.reg.off = 2;
    ck_assert_int_eq(trace_open_records(&h, recs, 2, &r, &d), 0);
    ck_assert_ptr_eq(trace_header(r), &h);
    ck_assert_int_eq(trace_next(r, &rec, &d), 1);
    ck_assert_int_eq(trace_next(r, &rec, &d), -1);
    ck_assert_uint_eq(d.record, 1);
    ck_assert_ptr_nonnull(strstr(d.why, "misaligned"));
    trace_close(r);
    ck_assert_int_eq(trace_open_records(&h, recs, 1, &r, &d), 0);
    ck_assert_int_eq(trace_skip_to(r, 2, &d), 0);
    ck_assert_int_eq(trace_next(r, &rec, &d), 0);
    trace_close(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {one_minimal, 6},
        {random_sets, 20},
        {cut_at_once, 1},
        {pairs, 1},
        {queue_is_laid_out_anew, 1},
        {numbers_become_small, 1},
        {devices, 1},
        {headers, 1},
        {model, 2},
        {runs_have_a_limit, 12},
        {other_answers, 2},
        {damage, 1},
        {reader_of_records, 1},
    };

    return run_tests("shrink", rows, COUNT(rows));
}
