/* SPDX-License-Identifier: MIT */
#include "bench/replaying.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/tables.h"
#include "cli/replay.h"
#include "trace/header.h"
#include "trace/memory_sink.h"
#include "trace/writer.h"
#include "vtd_regs.h"

#define QUEUE_GPA UINT64_C(0x200000)
#define LEVEL     1 /* of zstd: only the packing is quicker */

struct bytes {
    struct trace_bytes b;
    uint64_t records;
};

struct maker {
    struct trace_writer *w;
    struct bytes *to;
    struct err *e;
    uint64_t tail;
    int rc;
};

static void add(struct maker *m, const struct rec *r)
{
    if (!m->rc)
        m->rc = trace_writer_add(m->w, r, m->e);
    m->to->records++;
}

static void mem(struct maker *m, uint64_t at, const uint64_t *words, unsigned count)
{
    struct rec r = {.kind = REC_MEM, .u.mem = {gpa(at), count, words}};

    add(m, &r);
}

static void reg(struct maker *m, enum rec_kind kind, unsigned off, uint64_t val)
{
    struct rec r = {.kind = kind, .u.reg = {(uint16_t)off, val}};

    add(m, &r);
}

static int store(void *ctx, uint64_t at, const uint64_t *words, unsigned count)
{
    struct maker *m = ctx;

    mem(m, at, words, count);
    return m->rc;
}

static void invalidate(struct maker *m, uint64_t lo, uint64_t hi)
{
    uint64_t words[2] = {lo, hi};

    mem(m, QUEUE_GPA + m->tail, words, 2);
    m->tail = (m->tail + 16) % 4096;
    reg(m, REC_W32, REG_IQT, m->tail);
}

/* Translating, with `mappings` in the tables of `t`, in memory and known. */
static void bring_up(struct maker *m, struct tables *t, uint64_t mappings)
{
    struct tables_plan p = {
        .shape = SHAPE_CONTIGUOUS, .mappings = mappings, .stride = 1, .levels = 3};
    uint64_t root[2] = {0x101001, 0}, context[2] = {TABLES_GPA | 1, 5 << 8 | 1};

    if (!m->rc)
        m->rc = tables_make(t, &p, (struct tables_sink){store, m});
    if (m->rc)
        return;
    mem(m, TABLES_GPA, t->top, 512);
    mem(m, 0x100000, root, 2);
    mem(m, 0x101000 + 16 * 16, context, 2);
    reg(m, REC_W64, REG_RTADDR, 0x100000);
    reg(m, REC_W32, REG_GCMD, GCMD_SRTP);
    reg(m, REC_W64, REG_IQT, 0);
    reg(m, REC_W64, REG_IQA, QUEUE_GPA);
    reg(m, REC_W32, REG_GCMD, GCMD_QIE);
    reg(m, REC_W32, REG_GCMD, GCMD_QIE | GCMD_TE);
    invalidate(m, 0xd2, 0);
}

/* `stores` table writes with an invalidation after each 512, or `invals` single-page ones, each of
 * a page that changed. */
static int make(struct bytes *to, uint64_t stores, uint64_t invals, struct err *e)
{
    struct ram_entry ram = {.gpa = gpa(0), .bytes = UINT64_C(16) << 30};
    struct device_rec device = {.bdf = bdf(0x0010)};
    struct trace_header h = header_empty();
    struct maker m = {.to = to, .e = e};
    struct tables t = {.leaf_at = NULL};
    uint64_t n = stores ? stores : invals, known = n / 10;

    h.has_unit = true;
    h.ram = &ram;
    h.rams = 1;
    h.devices = &device;
    h.devices_count = 1;
    m.rc = trace_writer_open(TRACE_PACKED, &h, LEVEL, trace_memory_sink(&to->b), &m.w, e);
    bring_up(&m, &t, known);
    for (uint64_t i = 0; i < n && !m.rc; i++) {
        uint64_t k = stores ? i % known : i * 7919 % known;
        uint64_t entry = tables_entry(&t.plan, k, !(i / known & 1));

        mem(&m, t.leaf_at[k], &entry, 1);
        if (invals)
            invalidate(&m, 0x500f2, tables_iova(&t.plan, k));
        else if (i % 512 == 511)
            invalidate(&m, 0x500f2, (tables_iova(&t.plan, k) & ~UINT64_C(0x1fffff)) | 9);
    }
    if (!m.rc)
        m.rc = trace_writer_finish(m.w, e);
    trace_writer_free(m.w);
    tables_free(&t);
    return m.rc;
}

static int open_bytes(const struct bytes *b, struct trace_reader **out, struct err *e)
{
    struct trace_damage d = {0};
    int rc = trace_open_memory(b->b.at, b->b.used, out, &d);

    return rc ? err_set(e, -rc, "the trace made for this: %s", d.why) : 0;
}

/* Seconds to read all records, the best of three. */
static int time_reading(const struct meter *m, const struct bytes *b, double *out, struct err *e)
{
    for (unsigned run = 0; run < 3; run++) {
        struct trace_damage d = {0};
        struct trace_reader *reader;
        struct rec rec;
        uint64_t start = m->now_ns();
        double took;
        int rc = open_bytes(b, &reader, e);

        if (rc)
            return rc;
        while ((rc = trace_next(reader, &rec, &d)) > 0)
            continue;
        trace_close(reader);
        if (rc < 0)
            return err_set(e, -rc, "the trace made for this: %s", d.why);
        took = (double)(m->now_ns() - start) / 1e9;
        *out = run == 0 || took < *out ? took : *out;
    }
    return 0;
}

/* One replay, as the program does it; seconds. */
static int replay_once(const struct bench *w, const struct bytes *b, const char *check, double *out,
                       struct err *e)
{
    char words[][20] = {"replay", "--dma-limit", "0", "--profile", "ideal", "--check", "", "made"};
    char *argv[8];
    struct replay_options o;
    struct replay_job job = {
        .options = &o, .trace = "made", .progress = {.stop = w->progress.stop}};
    struct replay r;
    uint64_t start;
    int rc;

    if (bench_stopped(w, e))
        return -EINTR;

    snprintf(words[6], sizeof(words[6]), "%s", check);
    for (unsigned i = 0; i < 8; i++)
        argv[i] = words[i];
    rc = options_parse(&o, 8, argv, e);
    start = w->meter.now_ns();
    if (!rc)
        rc = open_bytes(b, &job.reader, e);
    if (!rc) {
        replay_run(&r, &job);
        if (r.report.interrupted)
            rc = err_set(e, EINTR, "interrupted");
        else if (r.report.stopped)
            rc = err_set(e, EPROTO, "the trace made for this: %s", r.report.stop.why);
        else if (r.report.verdict != VERDICT_CLEAN)
            rc = err_set(e, EPROTO, "the trace made for this is not clean");
        replay_free(&r);
    }
    *out = (double)(w->meter.now_ns() - start) / 1e9;
    options_free(&o);
    return rc;
}

static int time_replay(const struct bench *w, const struct bytes *b, const char *check, double *out,
                       struct err *e)
{
    double took;
    int rc = 0;

    for (unsigned run = 0; run < 3 && !rc; run++) {
        rc = replay_once(w, b, check, &took, e);
        *out = run == 0 || took < *out ? took : *out;
    }
    return rc;
}

/* Two processes beside each other, over the time of one. */
static int two_at_once(const struct bench *w, const struct bytes *b, double *out, struct err *e)
{
    uint64_t start, one;
    double took;
    pid_t child[2];
    int status, rc = 0;

    *out = 0;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        return 0;
    fflush(NULL);
    start = w->meter.wall_ns();
    rc = replay_once(w, b, "fast", &took, e);
    one = w->meter.wall_ns() - start;
    if (rc)
        return rc;
    start = w->meter.wall_ns();
    for (unsigned i = 0; i < 2; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            _exit(replay_once(w, b, "fast", &took, e) ? 1 : 0);
        }
    }
    for (unsigned i = 0; i < 2; i++)
        if (child[i] < 0 || waitpid(child[i], &status, 0) < 0 || status)
            rc = bench_stopped(w, e) ? -EINTR
                                     : err_set(e, ECHILD, "replays beside each other failed");
    *out = (double)(w->meter.wall_ns() - start) / (double)one;
    return rc;
}

static uint64_t count_records(const char *path)
{
    struct trace_damage d = {0};
    struct trace_reader *reader;
    struct rec rec;
    uint64_t n = 0;

    if (trace_open(path, &reader, &d))
        return 0;
    while (trace_next(reader, &rec, &d) > 0)
        n++;
    trace_close(reader);
    return n;
}

/* The captured trace that takes most bytes a record. */
static void look_at_captured(struct rates *r, const char *folder)
{
    DIR *dir = folder ? opendir(folder) : NULL;
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        size_t n = strlen(d->d_name);
        char path[4096];
        struct stat st;
        uint64_t records;
        double each;

        if (n < 8 || n >= sizeof(r->captured_name) || strcmp(d->d_name + n - 8, ".vtt.zst"))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
        records = stat(path, &st) ? 0 : count_records(path);
        each = records ? (double)st.st_size / (double)records : 0;
        if (each > r->captured_bytes) {
            r->captured_bytes = each;
            memcpy(r->captured_name, d->d_name, n + 1);
        }
    }
    if (dir)
        closedir(dir);
}

static int keep_trace(const char *folder, const char *name, const struct bytes *b, struct err *e)
{
    char path[4096];
    FILE *f;
    bool whole;

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
        return err_set(e, ENAMETOOLONG, "%.200s: too long a name", folder);
    f = fopen(path, "wb");
    if (!f)
        return err_set(e, errno, "%.200s: %s", path, strerror(errno));
    whole = fwrite(b->b.at, 1, b->b.used, f) == b->b.used;
    if (fclose(f) || !whole)
        return err_set(e, EIO, "%.200s: could not be written", path);
    return 0;
}

int rates_measure(struct rates *r, const struct bench *b, const char *folder, const char *keep,
                  bool quick, struct err *e)
{
    struct bytes made[2] = {{.records = 0}, {.records = 0}};
    double read[2] = {0}, off[2] = {0}, on[2] = {0};
    uint64_t n = quick ? 20000 : 1000000;
    int rc;

    *r = (struct rates){.records = 0};
    look_at_captured(r, folder);
    rc = make(&made[0], n, 0, e);
    if (!rc)
        rc = make(&made[1], 0, n / 2, e);
    if (!rc && keep)
        rc = keep_trace(keep, KEPT_WRITES, &made[0], e);
    if (!rc && keep)
        rc = keep_trace(keep, KEPT_INVALS, &made[1], e);
    for (unsigned i = 0; i < 2 && !rc; i++) {
        rc = time_reading(&b->meter, &made[i], &read[i], e);
        if (!rc)
            rc = time_replay(b, &made[i], "off", &off[i], e);
        if (!rc)
            rc = time_replay(b, &made[i], "fast", &on[i], e);
    }
    if (!rc)
        rc = two_at_once(b, &made[0], &r->two_over_one, e);
    if (!rc) {
        r->records = made[0].records + made[1].records;
        r->invalidations = n / 2;
        r->read_per_s = (double)r->records / (read[0] + read[1]);
        r->stores_per_s = (double)made[0].records / on[0];
        r->invals_per_s = (double)r->invalidations / on[1];
        r->stores_read_per_s = (double)made[0].records / read[0];
        r->invals_read_per_s = (double)r->invalidations / read[1];
        r->checks_over_replay = (on[0] + on[1] - off[0] - off[1]) / (off[0] + off[1]);
    }
    trace_bytes_free(&made[0].b);
    trace_bytes_free(&made[1].b);
    return rc;
}
