/* SPDX-License-Identifier: MIT */
#include "bench/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/random.h"

#define BATCH_MAX 128u /* invalidations between two looks at the clock; fits the queue */

const char *operation_name(enum operation o)
{
    static const char *const names[] = {"first", "unchanged", "changed", "unmap", "drop"};

    return names[o];
}

const char *inval_name(unsigned which)
{
    static const char *const names[] = {"AM=0",  "AM=1",  "AM=2",   "AM=3",   "AM=4",  "AM=5",
                                        "AM=6",  "AM=7",  "AM=8",   "AM=9",   "AM=10", "AM=11",
                                        "AM=12", "AM=13", "AM=14",  "AM=15",  "AM=16", "AM=17",
                                        "AM=18", "DSI",   "global", "context"};

    return names[which];
}

bool bench_stopped(const struct bench *b, struct err *e)
{
    if (!progress_stop(&b->progress))
        return false;
    err_set(e, EINTR, "interrupted");
    return true;
}

int results_add(struct results *r, const struct result *one)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 64;
        struct result *more = realloc(r->list, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        r->list = more;
        r->room = room;
    }
    r->list[r->count++] = *one;
    return 0;
}

void results_free(struct results *r)
{
    free(r->list);
    *r = (struct results){NULL, 0, 0};
}

static struct work work_now(const struct guest *g)
{
    struct engine_ops o = engine_ops(g->engine);

    return (struct work){o.entries_read,   o.tables_read, o.slots_compared,
                         o.shadow_lookups, o.callbacks,   engine_place(g->engine).notes,
                         g->type1_calls};
}

static struct work work_since(const struct work *a, const struct work *b)
{
    return (struct work){
        b->entries_read - a->entries_read,     b->tables_read - a->tables_read,
        b->slots_compared - a->slots_compared, b->shadow_lookups - a->shadow_lookups,
        b->callbacks - a->callbacks,           b->notifications - a->notifications,
        b->type1_calls - a->type1_calls};
}

/* The runs of one operation so far. */
struct series {
    double ns[RUNS_MAX];
    unsigned count, batch;
    uint64_t spent_ns;
    struct result result;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Changed pages at random, of so many mappings that no cache holds them: the table's word, the
 * record's, the container's entry and the oracle's are far away. Many wait in the queue, so no page
 * need wait for another.
 */
#define FAR_MAPPINGS UINT64_C(1000000)

static double far_floor(const struct bench *b, const struct result *r)
{
    unsigned lines = 2u + (r->plan.listener == LISTEN_VFIO) + r->plan.checks;

    return r->random && r->op == OP_CHANGED && r->plan.tables.mappings >= FAR_MAPPINGS
               ? lines * b->floor.many_ns
               : 0;
}

static int series_end(struct bench *b, struct series *s)
{
    struct result *r = &s->result;

    qsort(s->ns, s->count, sizeof(s->ns[0]), by_size);
    r->runs = s->count;
    r->batch = s->batch;
    r->min_ns = s->ns[0];
    r->median_ns = s->ns[s->count / 2];
    r->floor_ns = floor_ns(&b->floor, r->work.entries_read * 8) / s->batch + far_floor(b, r);
    return results_add(&b->results, r);
}

static bool enough(const struct bench *b, const struct series *s)
{
    return s->count >= b->runs_max || (s->count >= b->runs_min && s->spent_ns >= b->budget_ns);
}

/* What was put into the queue is executed, and takes its time. */
static int timed(struct bench *b, struct guest *g, struct series *s, unsigned batch, struct err *e)
{
    struct work before = work_now(g), after;
    uint64_t start, took;
    int rc;

    if (bench_stopped(b, e))
        return -EINTR;
    start = b->meter.now_ns();
    rc = guest_ring(g, e);

    took = b->meter.now_ns() - start;
    took = took > b->meter.look_ns ? took - b->meter.look_ns : 1;
    if (rc)
        return rc;
    if (s->count == 0) {
        struct engine_ops o = engine_ops(g->engine);

        after = work_now(g);
        s->result.work = work_since(&before, &after);
        s->result.record_leaves = o.shadow_leaves;
        s->result.record_bytes = o.shadow_bytes;
        s->result.container_maps = o.container_maps;
        s->result.heap_bytes = b->meter.heap_bytes ? b->meter.heap_bytes() : 0;
        s->batch = batch;
    }
    if (s->count < RUNS_MAX)
        s->ns[s->count++] = (double)took / batch;
    s->spent_ns += took;
    return 0;
}

static int timed_one(struct bench *b, struct guest *g, struct series *s, struct err *e)
{
    int rc = guest_put(g, s->result.inval == INVAL_CC ? DESC_CONTEXT : DESC_GLOBAL, 0, e);

    return rc ? rc : timed(b, g, s, 1, e);
}

/* The operation's own way to make something to invalidate. */
static int before(struct guest *g, enum operation op, struct err *e)
{
    switch (op) {
    case OP_FIRST: return guest_show(g, true, e);
    case OP_CHANGED: return g->tables.leaf_at ? guest_change(g, g->tables.plan.mappings / 2, e) : 0;
    case OP_UNMAP: return guest_show(g, false, e);
    case OP_DROP: return guest_context(g, false, e);
    case OP_UNCHANGED:
    case OPERATIONS: break;
    }
    return 0;
}

static int run_op(struct bench *b, struct guest *g, struct series *all, enum operation op,
                  struct err *e)
{
    struct series *s = &all[op];
    int rc = before(g, op, e);

    return rc ? rc : timed_one(b, g, s, e);
}

/* After a drop: the context entry is back, nothing is mapped, and nobody takes the time. */
static int come_back(struct guest *g, struct err *e)
{
    int rc = guest_show(g, false, e);

    if (!rc)
        rc = guest_context(g, true, e);
    if (!rc)
        rc = guest_put(g, DESC_CONTEXT, 0, e);
    return rc ? rc : guest_ring(g, e);
}

/* map, look, change, unmap; map, drop. */
static int round_of(struct bench *b, struct guest *g, struct series *all, struct err *e)
{
    static const enum operation ops[] = {OP_FIRST, OP_UNCHANGED, OP_CHANGED,
                                         OP_UNMAP, OP_FIRST,     OP_DROP};
    int rc = 0;

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && !rc; i++) {
        rc = run_op(b, g, all, ops[i], e);
        /* What is cheap is asked more often. */
        while (!rc && (ops[i] == OP_UNCHANGED || ops[i] == OP_CHANGED) && !enough(b, &all[ops[i]]))
            rc = run_op(b, g, all, ops[i], e);
    }
    return rc ? rc : come_back(g, e);
}

/* Whole rounds are as dear as their dearest operation. */
static bool enough_rounds(const struct bench *b, const struct series *all)
{
    uint64_t spent = 0;

    for (unsigned i = 0; i < OPERATIONS; i++)
        spent += all[i].spent_ns;
    return enough(b, &all[OP_DROP]) ||
           (all[OP_DROP].count >= b->runs_min && spent >= OPERATIONS * b->budget_ns);
}

/* One entry is one mapping there. */
static bool changes_one(const struct guest_plan *p)
{
    return p->tables.shape != SHAPE_EMPTY && p->tables.shape != SHAPE_SHARED;
}

int measure_case(struct bench *b, const struct guest_plan *p, struct err *e)
{
    struct series *all = calloc(OPERATIONS, sizeof(*all));
    struct guest g;
    int rc;

    if (!all)
        return err_set(e, ENOMEM, "out of memory");
    rc = guest_begin(&g, p, e);
    for (unsigned i = 0; i < OPERATIONS; i++)
        all[i].result =
            (struct result){.plan = *p, .op = i, .inval = i == OP_DROP ? INVAL_CC : INVAL_GLOBAL};
    if (!rc) {
        for (unsigned i = 0; i < OPERATIONS; i++)
            all[i].result.plan.tables = g.tables.plan;
        while (!rc && !enough_rounds(b, all))
            rc = round_of(b, &g, all, e);
        guest_end(&g);
    }
    for (unsigned i = 0; i < OPERATIONS && !rc; i++)
        if (i != OP_CHANGED || changes_one(p))
            rc = series_end(b, &all[i]);
    free(all);
    return rc;
}

/* One run: a batch of invalidations, each of a block that holds a mapping. */
struct places {
    uint64_t random_state, next;
    bool random;
};

static int put_one(struct guest *g, const struct result *r, struct places *p, struct err *e)
{
    const struct tables_plan *t = &g->tables.plan;
    uint64_t i = (p->random ? next_random(&p->random_state) : p->next++) % t->mappings;
    uint64_t at = tables_iova(t, i) & ~((UINT64_C(0x1000) << r->inval) - 1);
    int rc = 0;

    if (r->op == OP_CHANGED && g->tables.leaf_at)
        rc = guest_change(g, i, e);
    if (rc)
        return rc;
    return r->inval <= INVAL_AM_MAX
               ? guest_put(g, DESC_PAGES, at | r->inval, e)
               : guest_put(g, r->inval == INVAL_DSI ? DESC_DOMAIN : DESC_GLOBAL, 0, e);
}

static int run_range(struct bench *b, struct guest *g, struct series *s, struct err *e)
{
    struct places p = {.random_state = RANDOM_SEED, .random = s->result.random};
    unsigned batch = s->result.inval <= 4 ? BATCH_MAX : s->result.inval <= 9 ? 8 : 1;
    int rc = 0;

    while (!rc && !enough(b, s)) {
        for (unsigned i = 0; i < batch && !rc; i++)
            rc = put_one(g, &s->result, &p, e);
        if (!rc)
            rc = timed(b, g, s, batch, e);
    }
    return rc;
}

/* All mapped; page by page only over 1 GiB, for all addresses there are would take seconds. */
static int make_known(struct guest *g, enum sync_strategy sync, struct err *e)
{
    bool part = sync == SYNC_TRANSLATE_4K;
    int rc = guest_show(g, true, e);

    if (!rc)
        rc = guest_put(g, part ? DESC_PAGES : DESC_GLOBAL,
                       part ? TABLES_FIRST_IOVA | INVAL_AM_MAX : 0, e);
    return rc ? rc : guest_ring(g, e);
}

int measure_ranges(struct bench *b, const struct guest_plan *p, const unsigned *which, size_t count,
                   enum operation op, bool random, struct err *e)
{
    struct guest g;
    struct series *s = calloc(1, sizeof(*s));
    int rc = s ? guest_begin(&g, p, e) : err_set(e, ENOMEM, "out of memory");

    if (rc) {
        free(s);
        return rc;
    }
    rc = make_known(&g, p->sync, e);
    for (size_t i = 0; i < count && !rc; i++) {
        *s = (struct series){.result = {.plan = *p, .op = op, .inval = which[i], .random = random}};
        s->result.plan.tables = g.tables.plan;
        rc = run_range(b, &g, s, e);
        if (!rc)
            rc = series_end(b, s);
    }
    guest_end(&g);
    free(s);
    return rc;
}
