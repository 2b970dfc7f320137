/* SPDX-License-Identifier: MIT */
#include "bench/real.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "machine_inside.h"
#include "policy.h"
#include "vtd_regs.h"

#define DEVICE      bdf(0x0010)
#define ROOT_GPA    UINT64_C(0x100000)
#define CONTEXT_GPA UINT64_C(0x101000)
#define QUEUE_GPA   UINT64_C(0x200000)
#define RAM_END     UINT64_C(0x80000000)
#define NOBODY      (UINT64_C(0xf2) | UINT64_C(77) << 16) /* a PSI of a domain without devices */
#define RUNS        3u
#define RUN_NS      50e6 /* the kernel's account of processor time is coarse */

struct play {
    struct machine *m;
    uint64_t tail;
    struct err *e;
};

/* What a command met, as a number. */
static int met(struct play *p, enum answer a)
{
    if (a == ANSWERED)
        return 0;
    if (a == DIED)
        return err_set(p->e, ECONNRESET, "QEMU %s", machine_last_words(p->m));
    return -EIO;
}

static int store(void *ctx, uint64_t at, const uint64_t *words, unsigned count)
{
    struct play *p = ctx;

    return met(p, machine_store(p->m, at, words, count, p->e));
}

static int reg(struct play *p, unsigned off, unsigned bytes, uint64_t val)
{
    return met(p, machine_write(p->m, UNIT_BASE + off, bytes, val, p->e));
}

static int invalidate(struct play *p, uint64_t lo, uint64_t hi)
{
    uint64_t words[2] = {lo, hi};
    int rc = store(p, QUEUE_GPA + p->tail, words, 2);

    p->tail = (p->tail + 16) % 4096;
    return rc ? rc : reg(p, REG_IQT, 4, p->tail);
}

static int bring_up(struct play *p)
{
    uint64_t root[2] = {CONTEXT_GPA | 1, 0}, context[2] = {TABLES_GPA | 1, GUEST_DID << 8 | 1};
    int rc = store(p, ROOT_GPA, root, 2);

    if (!rc)
        rc = store(p, CONTEXT_GPA + (uint64_t)DEVICE.v * 16, context, 2);
    if (!rc)
        rc = reg(p, REG_RTADDR, 8, ROOT_GPA);
    if (!rc)
        rc = reg(p, REG_GCMD, 4, GCMD_SRTP);
    if (!rc)
        rc = reg(p, REG_IQT, 8, 0);
    if (!rc)
        rc = reg(p, REG_IQA, 8, QUEUE_GPA);
    if (!rc)
        rc = reg(p, REG_GCMD, 4, GCMD_QIE);
    return rc ? rc : reg(p, REG_GCMD, 4, GCMD_QIE | GCMD_TE);
}

/* Processor time of the main thread in ns; where the kernel does not say it so exactly, of the
 * process in its ticks of 10 ms. */
static int cpu_ns(struct play *p, double *out)
{
    unsigned long long exact = 0, user = 0, system = 0;
    char path[64];
    FILE *f;
    int got;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)p->m->pid, (int)p->m->pid);
    f = fopen(path, "r");
    got = f ? fscanf(f, "%llu", &exact) : 0;
    if (f)
        fclose(f);
    if (got == 1) {
        *out = (double)exact;
        return 0;
    }
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->m->pid);
    f = fopen(path, "r");
    got = f ? fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                     &system)
            : 0;
    if (f)
        fclose(f);
    *out = ((double)user + (double)system) * 1e7;
    return got == 2 ? 0 : err_set(p->e, EIO, "%s does not say the processor time", path);
}

/* `times` invalidations; what one took. */
static int batch(struct play *p, uint64_t lo, uint64_t hi, unsigned times, double *each)
{
    double start, end;
    int rc = met(p, machine_settle(p->m, p->e));

    if (!rc)
        rc = cpu_ns(p, &start);
    for (unsigned i = 0; i < times && !rc; i++)
        rc = invalidate(p, lo, hi);
    if (!rc)
        rc = cpu_ns(p, &end);
    if (!rc)
        *each = (end - start) / times;
    return rc;
}

/* As many at once as fill RUN_NS; the best of a few runs. */
static int best(struct play *p, uint64_t lo, uint64_t hi, double *out, unsigned *runs)
{
    double each = 0;
    unsigned times = 1;
    int rc = batch(p, lo, hi, times, &each);

    while (!rc && each * times < RUN_NS / 2 && times < 4096) {
        times *= 2;
        rc = batch(p, lo, hi, times, &each);
    }
    *out = each;
    for (unsigned i = 1; i < RUNS && !rc; i++) {
        rc = batch(p, lo, hi, times, &each);
        *out = each < *out ? each : *out;
    }
    *runs = times * RUNS;
    return rc;
}

/* The tables of one case, known to QEMU; the ones before are gone. */
static int set_up(struct play *p, const struct tables_plan *plan, uint64_t *used, struct tables *t)
{
    int rc = met(p, machine_zero(p->m, TABLES_GPA, 4096, p->e));

    if (!rc)
        rc = invalidate(p, DESC_GLOBAL, 0);
    if (!rc && *used)
        rc = met(p, machine_zero(p->m, TABLES_GPA, *used, p->e));
    if (!rc)
        rc = tables_make(t, plan, (struct tables_sink){store, p});
    if (rc)
        return rc;
    *used = t->pages * 4096;
    rc = store(p, TABLES_GPA, t->top, 512);
    return rc ? rc : invalidate(p, DESC_GLOBAL, 0);
}

static int one_case(struct real *r, struct play *p, const struct tables_plan *plan, uint64_t *used)
{
    static const unsigned which[] = {INVAL_GLOBAL, INVAL_AM_MAX};
    struct tables t = {.leaf_at = NULL};
    int rc = set_up(p, plan, used, &t);

    for (unsigned i = 0; i < 2 && !rc; i++) {
        struct real_point *x = &r->list[r->count];
        bool global = which[i] == INVAL_GLOBAL;

        *x = (struct real_point){.tables = t.plan, .inval = which[i]};
        rc = best(p, global ? DESC_GLOBAL : DESC_PAGES, global ? 0 : t.first | INVAL_AM_MAX,
                  &x->qemu_ns, &x->runs);
        x->qemu_ns -= r->empty_ns;
        if (x->qemu_ns < 1)
            x->qemu_ns = 1; /* below what the processor's account resolves */
        r->count += !rc;
    }
    tables_free(&t);
    return rc;
}

/* The same by the model of that version, by a walk, vfio listening. */
static int ours(struct real *r, struct bench *b, size_t from, struct err *e)
{
    static const unsigned which[] = {INVAL_GLOBAL, INVAL_AM_MAX};
    struct guest_plan p = {.tables = r->list[from].tables,
                           .profile = r->profile,
                           .sync = SYNC_WALK,
                           .listener = LISTEN_VFIO};
    size_t count = b->results.count;
    int rc = measure_ranges(b, &p, which, 2, OP_UNCHANGED, false, e);

    for (unsigned i = 0; i < 2 && !rc; i++)
        r->list[from + i].ours_ns = b->results.list[count + i].min_ns;
    return rc;
}

static int start(struct play *p, const char *qemu, const char *preload)
{
    struct control *control = calloc(1, sizeof(*control)); /* read during the call only */
    struct unit_config unit = unit_config_default();
    struct machine_function f = {.group = function_group(DEVICE, 0), .at = DEVICE, .fixed = true};
    struct machine_config c = {.qemu = qemu,
                               .preload = preload,
                               .accel = "tcg",
                               .unit = &unit,
                               .low_bytes = RAM_END,
                               .bios_bytes = 0x10000,
                               .functions = &f,
                               .function_count = 1,
                               .control = control};
    int rc;

    if (!control)
        return -ENOMEM;
    control->count = 1;
    control->groups[0].group = f.group;
    control->groups[0].version = 2;
    control->groups[0].aperture_last = (UINT64_C(1) << 48) - 1;
    place_functions(&f, 1);
    rc = machine_start(&c, &p->m, p->e);
    free(control);
    return rc;
}

static void name_profile(struct real *r, struct machine *m)
{
    unsigned major, minor;

    snprintf(r->version, sizeof(r->version), "%s", machine_version(m, &major, &minor));
    snprintf(r->profile, sizeof(r->profile), "%s",
             major < 10                                 ? "qemu-7.2"
             : major > 10 || (major == 10 && minor > 1) ? "qemu-10.2"
                                                        : "qemu-10.0");
}

int real_measure(struct real *r, struct bench *b, const char *qemu, const char *preload, bool quick,
                 struct err *e)
{
    static const struct tables_plan plans[] = {
        {SHAPE_CONTIGUOUS, 1000, 1, 3, false},  {SHAPE_EMPTY, 1000, 1, 3, false},
        {SHAPE_SPARSE, 1000, 1, 3, false},      {SHAPE_SHARED, 1000, 1, 3, false},
        {SHAPE_LARGE, 1000, 1, 3, false},       {SHAPE_CONTIGUOUS, 10000, 1, 3, false},
        {SHAPE_CONTIGUOUS, 100000, 1, 3, false}};
    size_t count = quick ? 2 : sizeof(plans) / sizeof(plans[0]);
    struct play p = {.e = e};
    uint64_t used = 0;
    unsigned runs;
    int rc;

    *r = (struct real){.count = 0};
    rc = start(&p, qemu, preload);
    if (rc)
        return rc;
    name_profile(r, p.m);
    rc = bring_up(&p);
    if (!rc)
        rc = best(&p, NOBODY, TABLES_FIRST_IOVA, &r->empty_ns, &runs);
    for (size_t i = 0; i < count && !rc; i++)
        rc = one_case(r, &p, &plans[i], &used);
    machine_end(p.m);
    for (size_t i = 0; i < r->count && !rc; i += 2)
        rc = ours(r, b, i, e);
    if (rc && !*e->text)
        err_set(e, -rc, "%s", strerror(-rc));
    return rc;
}
