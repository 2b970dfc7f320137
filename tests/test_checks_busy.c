/* SPDX-License-Identifier: MIT */
/*
 * A busy guest under the whole simulation: few pages, only valid descriptors, so that stores,
 * invalidations and accesses meet all the time. `ideal` breaks nothing; fast and full checks find
 * the same, to the word.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "random_guest.h"
#include "rig.h"
#include "suite.h"

enum { ROOT = 0x100000, CTXS = 0x101000, QUEUE = 0x200000, STATUS = 0x280000, RECORDS = 3000 };

struct guest {
    uint64_t state;
    struct rec rec[16];
    uint64_t words[16][2];
    unsigned made, given, tail, step;
    bool contexts; /* context and root entries change, too */
};

static uint64_t below(struct guest *g, uint64_t n)
{
    return rig_random(&g->state) % n;
}

static void put_mem(struct guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi)
{
    struct rec *r = &g->rec[g->made];

    *r = (struct rec){.kind = REC_MEM};
    g->words[g->made][0] = lo;
    g->words[g->made][1] = hi;
    r->u.mem.gpa = gpa(at);
    r->u.mem.words = words;
    r->u.mem.val = g->words[g->made++];
}

static void put_reg(struct guest *g, uint16_t off, uint64_t val, enum rec_kind kind)
{
    struct rec *r = &g->rec[g->made++];

    *r = (struct rec){.kind = kind};
    r->u.reg.off = off;
    r->u.reg.val = val;
}

static void put_desc(struct guest *g, uint64_t lo, uint64_t hi)
{
    put_mem(g, QUEUE + g->tail * 16, 2, lo, hi);
    g->tail = (g->tail + 1) % 256;
    put_reg(g, 0x88, g->tail * 16, REC_W32);
}

static void put_dma(struct guest *g, uint64_t at)
{
    struct rec *r = &g->rec[g->made++];

    *r = (struct rec){.kind = REC_DMA};
    r->u.dma.bdf = bdf((uint16_t)(0x10 + 8 * below(g, 3)));
    r->u.dma.access = below(g, 2) ? DMA_W : DMA_R;
    r->u.dma.iova = iova(at);
    r->u.dma.bytes = 8;
}

/* Two devices of domain 5 share tables, one of domain 6 has its own; the leaf tables are
 * everyone's. */
static void begin_life(struct guest *g)
{
    put_mem(g, ROOT, 2, CTXS | 1, 0);
    put_mem(g, CTXS + 0x100, 2, 0x110001, 0x501);
    put_mem(g, CTXS + 0x180, 2, 0x110001, 0x501);
    put_mem(g, CTXS + 0x200, 2, 0x120001, 0x601);
    put_reg(g, 0x20, ROOT, REC_W64);
    put_reg(g, 0x18, 0x40000000, REC_W32);
    put_reg(g, 0x90, QUEUE, REC_W64);
    put_reg(g, 0x18, 0x04000000, REC_W32);
    put_desc(g, 0x11, 0);
    put_desc(g, 0x12, 0);
    put_reg(g, 0x18, 0x84000000, REC_W32);
}

static void change_contexts(struct guest *g)
{
    static const uint64_t lo[] = {0x110001, 0x120001, 0x110000, 0, 9, 0x110011};
    static const uint64_t hi[] = {0x501, 0x601, 0x501, 0x701};

    switch (below(g, 8)) {
    case 0: put_mem(g, ROOT, 2, below(g, 3) ? CTXS | 1 : 0, 0); break;
    case 1: put_reg(g, 0x18, 0xc4000000, REC_W32); break;
    case 2:
        put_reg(g, 0x18, 0x04000000, REC_W32);
        put_reg(g, 0x18, 0x84000000, REC_W32);
        break;
    default:
        put_mem(g, CTXS + 0x100 + 0x80 * below(g, 3), 2, lo[below(g, 6)], hi[below(g, 4)]);
        break;
    }
}

static void invalidate(struct guest *g, uint64_t did, uint64_t at)
{
    static const unsigned ams[] = {0, 0, 0, 1, 2, 9, 9, 18};
    uint64_t tag = did << 16;

    switch (below(g, 9)) {
    case 0: put_desc(g, 0xe2 | tag, 0); break;
    case 1: put_desc(g, 0xe2 | 7 << 16, 0); break;
    case 2: put_desc(g, 0xd2, 0); break;
    case 3: put_desc(g, below(g, 2) ? 0x11 : 0x21 | tag, 0); break;
    case 4: put_desc(g, 0x31 | (below(g, 2) ? tag : 0) | (0x10 + 8 * below(g, 3)) << 32, 0); break;
    case 5: put_desc(g, UINT64_C(0x200000025), STATUS); break;
    default: put_desc(g, 0xf2 | tag, at | (below(g, 6) ? 0 : 0x40) | ams[below(g, 8)]); break;
    }
}

static void live(struct guest *g)
{
    uint64_t did = below(g, 3) ? 5 : 6, top = did == 5 ? 0x110000 : 0x120000;
    uint64_t base = below(g, 8) ? 0x40000000 : 0xfec00000;
    uint64_t big = below(g, 3) * 0x200000, page = below(g, 6) * 0x1000, at = base + big + page;
    uint64_t l2 = top + (base == 0x40000000 ? 0x1000 : 0x2000),
             l1 = top + 0x3000 + 0x1000 * below(g, 3);
    const uint64_t middle[] = {0,        l1 | 3, l1 | 3, l1 | 1, 0x8000083 + (below(g, 4) << 21),
                               0x8000081};
    static const uint64_t leaf[] = {0,         0,         0x7000003,     0x7001003,
                                    0x7000001, 0x7000002, 0x400007000003};

    switch (below(g, g->contexts ? 12 : 11)) {
    case 0: put_mem(g, top + 8 * (base >> 30), 1, below(g, 5) ? l2 | 3 : 0, 0); break;
    case 1:
    case 2: put_mem(g, l2 + 8 * ((base + big) >> 21 & 511), 1, middle[below(g, 6)], 0); break;
    case 3:
    case 4:
    case 5: put_mem(g, l1 + (page >> 9), 1, leaf[below(g, 7)], 0); break;
    case 6:
    case 7: put_dma(g, at + 8); break;
    case 8:
    case 9:
    case 10: invalidate(g, did, at); break;
    default: change_contexts(g); break;
    }
}

static const struct rec *next(struct guest *g)
{
    if (g->given == g->made) {
        g->given = g->made = 0;
        if (g->step++)
            live(g);
        else
            begin_life(g);
    }
    return &g->rec[g->given++];
}

struct outcome {
    uint64_t hash; /* over every finding's text */
    uint64_t violations, accesses;
    char first[700];
};

static void feed(struct outcome *o, const char *text)
{
    for (; *text; text++)
        o->hash = (o->hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
}

static struct outcome play(const char *profile, struct guest g, bool cm, enum sync_strategy sync,
                           enum check_mode mode)
{
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct attach_rec attach[2] = {{.name = "low",
                                    .kind = CONSUMER_PROBE,
                                    .bdf = {0x10},
                                    .has_flags = true,
                                    .flags = 3,
                                    .has_range = true,
                                    .range = {{0x1000}, {0xfef02fff}}},
                                   {.name = "v", .kind = CONSUMER_VFIO, .bdf = {0x10}}};
    struct engine_options o = {.policy = policy_find(profile),
                               .sync = sync,
                               .attach = attach,
                               .attach_count = g.state & 1 ? 2 : 0};
    struct check_config c = {.mode = mode, .findings_kept = 1000};
    struct outcome out = {.hash = UINT64_C(0xcbf29ce484222325)};
    struct engine *engine;
    struct checks *checks;
    struct err e = {""};
    int result = 0;

    h.unit.caching_mode = cm;
    ck_assert_msg(!engine_new(&h, &o, &engine, &e), "%s", e.text);
    engine_check_config(engine, &c);
    checks = checks_new(&c, &e);
    ck_assert_ptr_nonnull(checks);
    ck_assert_int_eq(engine_observe(engine, checks_observer(checks)), 0);
    ck_assert_int_eq(engine_start(engine, &e), 0);
    for (unsigned i = 0; i < RECORDS && !result; i++)
        result = engine_step(engine, next(&g), &e);
    ck_assert_msg(result >= 0, "%s", e.text);
    checks_finish(checks);
    ck_assert(!checks_failed(checks));
    for (size_t i = 0; i < checks_findings(checks); i++) {
        const struct finding *f = checks_finding(checks, i);

        feed(&out, f->inv->id);
        feed(&out, f->text);
        if (f->inv->severity == SEV_VIOLATION && !out.violations++)
            snprintf(out.first, sizeof out.first, "record %" PRIu64 " %s: %s", f->record,
                     f->inv->id, f->text);
    }
    checks_free(checks);
    engine_free(engine);
    return out;
}

static struct guest guest_of(uint64_t seed, bool contexts)
{
    return (struct guest){.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1, .contexts = contexts};
}

/* _i: caching mode. */
START_TEST(ideal_breaks_nothing)
{
    for (uint64_t seed = 1; seed <= random_rounds(120); seed++) {
        struct outcome o = play("ideal", guest_of(seed, seed % 4 != 0), _i,
                                seed % 2 ? SYNC_WALK : SYNC_TRANSLATE, CHECK_FAST);

        ck_assert_msg(!o.violations, "seed %" PRIu64 " %s", seed, o.first);
    }
}
END_TEST

/* _i: profile. */
START_TEST(fast_and_full_say_the_same)
{
    static const char *const profiles[] = {"qemu-7.2", "qemu-10.0", "qemu-10.2", "ideal"};
    uint64_t violations = 0;

    for (uint64_t seed = 100; seed < 100 + random_rounds(30); seed++) {
        struct guest g = guest_of(seed, seed % 2);
        struct outcome fast = play(profiles[_i], g, true, SYNC_WALK, CHECK_FAST);
        struct outcome full = play(profiles[_i], g, true, SYNC_WALK, CHECK_FULL);

        ck_assert_msg(fast.hash == full.hash, "%s seed %" PRIu64 ": %s / %s", profiles[_i], seed,
                      fast.first, full.first);
        violations += fast.violations;
    }
    ck_assert(_i == 2 || violations > 0);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{ideal_breaks_nothing, 2}, {fast_and_full_say_the_same, 3}};

    return run_tests("checks: a busy guest", rows, COUNT(rows));
}
