/* SPDX-License-Identifier: MIT */
#include "bench/marks.h"

#include "base/rangemap.h"
#include "bench/points.h"
#include "checks/spans.h"

/* What is looked for among the results. */
struct wanted {
    enum shape shape;
    uint64_t mappings;
    enum sync_strategy sync;
    enum operation op;
    unsigned inval;
    bool checks, random;
};

static const struct result *find(const struct results *r, const struct wanted *w)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct result *x = &r->list[i];
        const struct tables_plan *t = &x->plan.tables;

        if (t->shape == w->shape && t->mappings == w->mappings && t->stride == 1 && !t->shuffled &&
            x->plan.sync == w->sync && x->op == w->op && x->inval == w->inval &&
            x->plan.checks == w->checks && x->random == w->random &&
            x->plan.listener == LISTEN_VFIO)
            return x;
    }
    return NULL;
}

static void add(struct marks *m, struct mark one)
{
    if (m->count < MARKS_MAX)
        m->list[m->count++] = one;
}

/* A result's time, divided. */
static void add_time(struct marks *m, const struct results *r, struct wanted w, double by,
                     struct mark one)
{
    const struct result *x = find(r, &w);

    if (x) {
        one.known = true;
        one.measured = x->min_ns / by;
        one.floor = x->floor_ns / by;
    }
    add(m, one);
}

#define K UINT64_C(1000)
#define M (K * K)

/* Of one page, somewhere among very many. */
static void page_times(struct marks *m, const struct results *r)
{
    struct wanted same = {SHAPE_CONTIGUOUS, M, SYNC_WALK, OP_UNCHANGED, 0, true, true}, page = same;

    page.op = OP_CHANGED;
    add_time(m, r, same, 1,
             (struct mark){.name = "a random page, nothing changed, checks on",
                           .unit = "ns",
                           .limit = 300,
                           .from = "c1m"});
    add_time(
        m, r, page, 1,
        (struct mark){
            .name = "a random changed page, checks on", .unit = "ns", .limit = 300, .from = "c1m"});
}

static void times(struct marks *m, const struct results *r)
{
    struct wanted z = {SHAPE_EMPTY, 100 * K, SYNC_WALK, OP_UNCHANGED, INVAL_GLOBAL, false, false};
    struct wanted c = {SHAPE_CONTIGUOUS, M, SYNC_WALK, OP_UNCHANGED, INVAL_GLOBAL, false, false};
    struct wanted s = {SHAPE_SPARSE, 100 * K, SYNC_WALK, OP_UNCHANGED, INVAL_GLOBAL, false, false};
    struct wanted first = c, unmap = c, drop = c, dirty = c;
    const struct result *empty = find(r, &z);

    first.op = OP_FIRST;
    unmap.op = OP_UNMAP;
    drop.op = OP_DROP;
    drop.inval = INVAL_CC;
    dirty.op = OP_CHANGED;
    dirty.sync = SYNC_DIRTY;
    add_time(m, r, z, empty ? (double)empty->work.entries_read : 1,
             (struct mark){.name = "an empty entry in a walk",
                           .unit = "ns",
                           .limit = 1.5,
                           .real = "42",
                           .from = "z100k"});
    add_time(m, r, c, (double)M,
             (struct mark){.name = "a 4 KiB leaf, nothing changed",
                           .unit = "ns",
                           .limit = 5,
                           .real = "179",
                           .from = "c1m"});
    add_time(m, r, s, (double)(100 * K),
             (struct mark){.name = "one page in 2 MiB, nothing changed",
                           .unit = "ns",
                           .limit = 1000,
                           .real = "61,000",
                           .from = "s100k"});
    add_time(m, r, first, (double)M,
             (struct mark){.name = "first map of a leaf, vfio told",
                           .unit = "ns",
                           .limit = 30,
                           .real = "500",
                           .from = "c1m"});
    add_time(m, r, unmap, (double)M,
             (struct mark){.name = "unmap all, tables cleared, a mapping",
                           .unit = "ns",
                           .limit = 5,
                           .real = "80-110",
                           .from = "c1m"});
    add_time(m, r, drop, (double)M,
             (struct mark){.name = "unmap all, context cleared, a mapping",
                           .unit = "ns",
                           .limit = 5,
                           .real = "80-110",
                           .from = "c1m"});
    add_time(m, r, dirty, 1,
             (struct mark){.name = "global, one page changed, dirty",
                           .unit = "ns",
                           .limit = 10000,
                           .real = "200,000,000",
                           .from = "c1m"});
}

/* The heap of the same case with another listener, or checked. */
static double heap(const struct results *r, const struct result *like, enum listener l, bool checks)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct result *x = &r->list[i];
        const struct tables_plan *t = &x->plan.tables, *u = &like->plan.tables;

        if (t->shape == u->shape && t->mappings == u->mappings && t->levels == u->levels &&
            t->stride == u->stride && !t->shuffled && x->op == OP_FIRST &&
            x->plan.sync == SYNC_WALK && x->plan.listener == l && x->plan.checks == checks)
            return (double)x->heap_bytes;
    }
    return 0;
}

static void worse(struct mark *m, double bytes, const char *name)
{
    if (m->known && bytes <= m->measured)
        return;
    m->known = true;
    m->measured = bytes;
    m->from = name;
}

/* What a mapping takes, in the shape where it takes most. */
static void memory(struct marks *m, const struct results *r)
{
    struct mark record = {
        .name = "record, bytes a mapping, the dearest shape", .unit = "B", .limit = 24};
    struct mark container = {.name = "container, likewise", .unit = "B", .limit = 64};
    struct mark oracle = {.name = "oracle of the checks, likewise", .unit = "B", .limit = 64};

    record.floor = 8; /* a word for each */
    container.floor = sizeof(struct range_entry);
    oracle.floor = sizeof(struct span);

    for (size_t i = 0; i < r->count; i++) {
        const struct result *x = &r->list[i];
        double none, vfio, checked, n = (double)x->plan.tables.mappings;
        const char *letter = shape_letter(x->plan.tables.shape);

        if (x->op != OP_FIRST || !x->plan.checks || x->plan.listener != LISTEN_VFIO)
            continue;
        worse(&record, (double)x->record_bytes / n, letter);
        none = heap(r, x, LISTEN_NONE, false);
        vfio = heap(r, x, LISTEN_VFIO, false);
        checked = heap(r, x, LISTEN_VFIO, true);
        if (none > 0 && vfio > 0 && checked > 0) {
            worse(&container, (vfio - none) / n, letter);
            worse(&oracle, (checked - vfio) / n, letter);
        }
    }
    add(m, record);
    add(m, container);
    add(m, oracle);
}

static void rates_of(struct marks *m, const struct rates *r)
{
    bool known = r->records > 0;

    add(m, (struct mark){.name = "packed records read",
                         .unit = "M/s",
                         .limit = 20,
                         .at_least = true,
                         .known = known,
                         .measured = r->read_per_s / 1e6,
                         .from = "made"});
    add(m, (struct mark){.name = "table writes replayed, checks on",
                         .unit = "M/s",
                         .limit = 5,
                         .at_least = true,
                         .known = known,
                         .measured = r->stores_per_s / 1e6,
                         .floor = r->stores_read_per_s / 1e6,
                         .from = "made"});
    add(m, (struct mark){.name = "invalidations replayed, checks on",
                         .unit = "M/s",
                         .limit = 2,
                         .at_least = true,
                         .known = known,
                         .measured = r->invals_per_s / 1e6,
                         .floor = r->invals_read_per_s / 1e6,
                         .from = "made"});
    add(m, (struct mark){.name = "checks over the replay itself",
                         .unit = "x",
                         .limit = 1,
                         .known = known,
                         .measured = r->checks_over_replay,
                         .from = "made"});
    add(m, (struct mark){.name = "two traces on two processors over one",
                         .unit = "x",
                         .limit = 1.1,
                         .known = known && r->two_over_one > 0,
                         .measured = r->two_over_one,
                         .from = "made"});
    add(m, (struct mark){.name = "packed, bytes a record, the dearest captured",
                         .unit = "B",
                         .limit = 2,
                         .known = r->captured_bytes > 0,
                         .measured = r->captured_bytes,
                         .from = r->captured_name});
}

void marks_take(struct marks *m, const struct results *r, const struct rates *rates)
{
    m->count = 0;
    times(m, r);
    page_times(m, r);
    memory(m, r);
    rates_of(m, rates);
}

double mark_missed(const struct mark *m)
{
    double factor = m->at_least ? m->limit / m->measured : m->measured / m->limit;

    return !m->known || factor <= 1 ? 1 : factor;
}

void marks_print(FILE *out, const struct marks *m)
{
    fprintf(out, "%-46s %10s %12s %10s %12s  %s\n", "mark", "wanted", "measured", "floor",
            "QEMU 10.2", "");
    for (size_t i = 0; i < m->count; i++) {
        const struct mark *x = &m->list[i];
        char floor[16] = "-", wanted[24];

        snprintf(wanted, sizeof(wanted), "%s%g", x->at_least ? ">= " : "", x->limit);
        if (x->floor > 0)
            snprintf(floor, sizeof(floor), "%.3g", x->floor);
        fprintf(out, "%-46s %10s ", x->name, wanted);
        if (!x->known) {
            fputs("not in this run\n", out);
            continue;
        }
        fprintf(out, "%8.4g %-3s %10s %12s  ", x->measured, x->unit, floor,
                x->real ? x->real : "-");
        if (mark_missed(x) > 1)
            fprintf(out, "missed by %.2f (%s)\n", mark_missed(x), x->from);
        else
            fprintf(out, "met (%s)\n", x->from);
    }
}
