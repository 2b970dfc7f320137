/* SPDX-License-Identifier: MIT */
#include "bench/points.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/options.h"

#define K           UINT64_C(1000)
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const enum sync_strategy strategies[] = {SYNC_WALK, SYNC_TRANSLATE, SYNC_DIRTY};

void case_name(const struct tables_plan *p, char *to, size_t room)
{
    uint64_t n = p->mappings;
    const char *unit = n % (K * K) == 0 ? "m" : n % K == 0 ? "k" : "";
    uint64_t shown = n % (K * K) == 0 ? n / (K * K) : n % K == 0 ? n / K : n;

    if (p->shape == SHAPE_CONTIGUOUS && p->stride > 1)
        snprintf(to, room, "c%" PRIu64 "%s/%" PRIu64, shown, unit, p->stride);
    else
        snprintf(to, room, "%s%" PRIu64 "%s", shape_letter(p->shape), shown, unit);
}

/* The way through all cases, gone twice: first only to add up what they will cost. */
struct way {
    struct bench *b;
    struct teller teller;
    struct err *e;
    bool counting;
    uint64_t cases, done, all;
};

/* About how long a case takes, in no unit: by the entries that there are to look at. */
static uint64_t cost(const struct guest_plan *p)
{
    const struct tables_plan *t = &p->tables;
    uint64_t slots =
        t->shape == SHAPE_CONTIGUOUS || t->shape == SHAPE_LARGE ? t->mappings : 64 * t->mappings;

    return 20 * K + slots * (p->sync == SYNC_TRANSLATE || p->sync == SYNC_TRANSLATE_4K ? 4 : 1);
}

/* Before a case. True: it is only counted. */
static bool tell(struct way *w, const struct guest_plan *p, const char *about)
{
    char name[32], text[96];

    if (w->counting) {
        w->all += cost(p);
        return true;
    }

    case_name(&p->tables, name, sizeof(name));
    snprintf(text, sizeof(text), "%s %s, %u levels%s, %s, %s%s", about, name, p->tables.levels,
             p->tables.shuffled ? ", random" : "", sync_name(p->sync), listener_name(p->listener),
             p->checks ? ", checked" : "");
    w->teller.tell(w->teller.ctx, text, w->cases++, w->done, w->all);
    w->done += cost(p);
    return false;
}

static struct guest_plan plan(enum shape s, uint64_t n, enum sync_strategy sync)
{
    return (struct guest_plan){.tables = {.shape = s, .mappings = n, .stride = 1, .levels = 3},
                               .profile = "ideal",
                               .sync = sync,
                               .listener = LISTEN_VFIO};
}

static int one(struct way *w, const struct guest_plan *p)
{
    return tell(w, p, "case") ? 0 : measure_case(w->b, p, w->e);
}

static int some(struct way *w, const char *about, const struct guest_plan *p, const unsigned *which,
                size_t count, enum operation op, bool random)
{
    return tell(w, p, about) ? 0 : measure_ranges(w->b, p, which, count, op, random, w->e);
}

/* Slots that translating from the root visits are 512 times the tables here: not beyond 10,000. */
static bool too_long(enum shape s, uint64_t n, enum sync_strategy sync, enum extent how_much)
{
    bool wide = s == SHAPE_SPARSE || s == SHAPE_SHARED || s == SHAPE_EMPTY;

    return how_much != EXTENT_FULL && wide && sync == SYNC_TRANSLATE && n > 10 * K;
}

static int sizes(struct way *w, enum extent how_much)
{
    static const uint64_t most[][EXTENT_FULL + 1] = {[SHAPE_CONTIGUOUS] = {10 * K, K * K, K * K},
                                                     [SHAPE_SPARSE] = {K, 100 * K, 100 * K},
                                                     [SHAPE_SHARED] = {K, 100 * K, 100 * K},
                                                     [SHAPE_LARGE] = {10 * K, 100 * K, 100 * K},
                                                     [SHAPE_EMPTY] = {K, 100 * K, 100 * K}};
    int rc = 0;

    for (unsigned s = SHAPE_CONTIGUOUS; s <= SHAPE_EMPTY; s++)
        for (uint64_t n = K; n <= most[s][how_much]; n *= 10)
            for (size_t i = 0; i < COUNT_OF(strategies) && !rc; i++) {
                struct guest_plan p = plan(s, n, strategies[i]);

                if (!too_long(s, n, strategies[i], how_much))
                    rc = one(w, &p);
            }
    return rc;
}

/* The same under another order, depth and listener; and with the checks. */
static int variants(struct way *w, enum extent how_much)
{
    uint64_t c = how_much == EXTENT_QUICK ? K : 100 * K,
             s = how_much == EXTENT_QUICK ? 100 : 10 * K;
    int rc = 0;

    for (size_t i = 0; i < COUNT_OF(strategies); i++)
        for (unsigned shape = SHAPE_CONTIGUOUS; shape <= SHAPE_SPARSE; shape++) {
            struct guest_plan p = plan(shape, shape == SHAPE_SPARSE ? s : c, strategies[i]);

            p.tables.shuffled = true;
            if (!rc)
                rc = one(w, &p);
            p.tables.shuffled = false;
            for (p.tables.levels = 4; p.tables.levels <= 5 && !rc; p.tables.levels++)
                rc = one(w, &p);
            p.tables.levels = 3;
            p.listener = LISTEN_NONE;
            if (!rc)
                rc = one(w, &p);
            p.listener = LISTEN_VHOST;
            if (!rc)
                rc = one(w, &p);
        }
    return rc;
}

/* What the record, the container and the oracle hold, in every shape: so many that what is there
 * without any mapping does not count. */
static int memory(struct way *w, enum extent how_much)
{
    uint64_t n = how_much == EXTENT_QUICK ? 10 * K : 100 * K;
    int rc = 0;

    for (unsigned s = SHAPE_CONTIGUOUS; s <= SHAPE_LARGE; s++)
        for (unsigned i = 0; i < 3 && !rc; i++) {
            struct guest_plan p = plan(s, n, SYNC_WALK);

            p.listener = i ? LISTEN_VFIO : LISTEN_NONE;
            p.checks = i == 2;
            rc = one(w, &p);
        }
    return rc;
}

/* A range of 1 GiB, of which a page in `stride` is mapped. */
static int densities(struct way *w, enum extent how_much)
{
    static const enum sync_strategy all[] = {SYNC_WALK, SYNC_TRANSLATE, SYNC_TRANSLATE_4K,
                                             SYNC_DIRTY};
    static const unsigned whole = INVAL_AM_MAX;
    uint64_t pages = UINT64_C(1) << INVAL_AM_MAX;
    int rc = 0;

    for (uint64_t stride = 1; stride <= pages; stride *= how_much == EXTENT_QUICK ? 512 : 8)
        for (unsigned shuffled = 0; shuffled < 2; shuffled++)
            for (size_t i = 0; i < COUNT_OF(all) && !rc; i++) {
                struct guest_plan p = plan(SHAPE_CONTIGUOUS, pages / stride, all[i]);

                p.tables.stride = stride;
                p.tables.shuffled = shuffled;
                rc = some(w, "density", &p, &whole, 1, OP_UNCHANGED, false);
            }
    return rc;
}

/* Every granularity. */
static int ranges(struct way *w, enum extent how_much)
{
    static const unsigned all[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,         9,           10,
                                   11, 12, 13, 14, 15, 16, 17, 18, INVAL_DSI, INVAL_GLOBAL};
    static const unsigned page = 0;
    int rc = 0;

    for (size_t i = 0; i < COUNT_OF(strategies); i++)
        for (unsigned shape = SHAPE_CONTIGUOUS; shape <= SHAPE_SPARSE && !rc; shape++) {
            uint64_t n = how_much == EXTENT_QUICK ? K : shape == SHAPE_CONTIGUOUS ? K * K : 10 * K;
            struct guest_plan p = plan(shape, n, strategies[i]);

            rc = some(w, "ranges", &p, all, COUNT_OF(all), OP_UNCHANGED, false);
            for (unsigned random = 0; random < 2 && !rc; random++)
                rc = some(w, random ? "random pages" : "rising pages", &p, &page, 1, OP_CHANGED,
                          random);
            p.checks = true;
            if (!rc && shape == SHAPE_CONTIGUOUS)
                rc = some(w, "random pages, unchanged", &p, &page, 1, OP_UNCHANGED, true);
            if (!rc && shape == SHAPE_CONTIGUOUS)
                rc = some(w, "random pages", &p, &page, 1, OP_CHANGED, true);
        }
    return rc;
}

/* What the marks are taken from, and no more. */
static int for_marks(struct way *w)
{
    struct guest_plan cases[] = {
        plan(SHAPE_EMPTY, 100 * K, SYNC_WALK), plan(SHAPE_CONTIGUOUS, K * K, SYNC_WALK),
        plan(SHAPE_SPARSE, 100 * K, SYNC_WALK), plan(SHAPE_CONTIGUOUS, K * K, SYNC_DIRTY)};
    struct guest_plan page = plan(SHAPE_CONTIGUOUS, K * K, SYNC_WALK);
    static const unsigned one_page = 0;
    int rc = 0;

    for (size_t i = 0; i < COUNT_OF(cases) && !rc; i++)
        rc = one(w, &cases[i]);
    page.checks = true;
    if (!rc)
        rc = some(w, "random pages, unchanged", &page, &one_page, 1, OP_UNCHANGED, true);
    if (!rc)
        rc = some(w, "random pages", &page, &one_page, 1, OP_CHANGED, true);
    return rc ? rc : memory(w, EXTENT_DEFAULT);
}

static int all(struct way *w, enum extent how_much)
{
    int rc;

    if (how_much == EXTENT_MARKS)
        return for_marks(w);
    rc = sizes(w, how_much);
    if (!rc)
        rc = variants(w, how_much);
    if (!rc)
        rc = memory(w, how_much);
    if (!rc)
        rc = densities(w, how_much);
    return rc ? rc : ranges(w, how_much);
}

int points_run(struct bench *b, enum extent how_much, struct teller t, struct err *e)
{
    struct way w = {.b = b, .teller = t, .e = e, .counting = true};

    (void)all(&w, how_much);
    w.all += w.all / 20; /* whole traces come after it */
    w.counting = false;
    return all(&w, how_much);
}
