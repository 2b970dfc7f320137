/* SPDX-License-Identifier: MIT */
/*
 * A stage for the checks: guest memory, a device 00:02.0 with tables as in vtd-facts 12.3, a
 * consumer with a container of its own, and one call for each thing that can be observed. The
 * simulation is not here: each test says what "happens", right or wrong.
 */
#ifndef TEST_CHECKS_STAGE_H
#define TEST_CHECKS_STAGE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "checks/checks.h"
#include "suite.h"

enum {
    ROOT = 0x100000,
    CTXS = 0x101000,
    L3 = 0x102000,
    L2 = 0x103000,
    L1 = 0x104000,
    DEV = 0x0010,
    DID = 5,
    SIZE_4K = 0x1000,
    SIZE_2M = 0x200000
};

#define CAP_CM     UINT64_C(0x00d2008c22260286)
#define CAP_NO_CM  UINT64_C(0x00d2008c22260206)
#define CAP_ESRTPS UINT64_C(0x8000000000000000)
#define ECAP_PLAIN UINT64_C(0xf00f4a)

struct stage_map {
    uint64_t first, last, gpa;
    enum perm perm;
};

struct stage {
    struct guest_mem *mem;
    struct checks *checks;
    struct observer see;
    uint64_t record, seq;
    struct rec rec;
    struct stage_map held[4096];
    size_t helds;
    struct cached_xlat cached[64];
    size_t cacheds;
    const char *name;
    bool no_cm;
    struct {
        uint64_t fsts, iqh, iqt, iqercd, ccmd, iotlb;
    } reg; /* what the guest would read */
};

static bool stage_held(void *sim, const char *consumer, iova_t at, struct held_xlat *out)
{
    const struct stage *s = sim;

    (void)consumer;
    for (size_t i = 0; i < s->helds; i++) {
        const struct stage_map *m = &s->held[i];

        if (m->first <= at.v && at.v <= m->last) {
            *out = (struct held_xlat){iova_range(m->first, m->last), gpa(m->gpa), m->perm};
            return true;
        }
    }
    return false;
}

static void stage_visit(void *sim, void (*show)(void *arg, const struct cached_xlat *c), void *arg)
{
    const struct stage *s = sim;

    for (size_t i = 0; i < s->cacheds; i++)
        show(arg, &s->cached[i]);
}

static uint64_t stage_reg(void *sim, unsigned off, unsigned bytes)
{
    const struct stage *s = sim;

    ck_assert_uint_eq(bytes, off == 0x34 ? 4 : 8);
    switch (off) {
    case 0x28: return s->reg.ccmd;
    case 0x34: return s->reg.fsts;
    case 0x80: return s->reg.iqh;
    case 0x88: return s->reg.iqt;
    case 0xb0: return s->reg.iqercd;
    case 0xf8: return s->reg.iotlb;
    default: ck_abort_msg("the checks ask for register 0x%x", off);
    }
    return 0;
}

static inline void show(struct stage *s, struct obs o)
{
    o.record = s->record;
    if (!(s->see.skips & OBS_BIT(o.kind))) /* as the funnel does */
        s->see.see(s->see.ctx, &o);
}

struct stage_how {
    bool no_cm, full, judge, esrtps, bare; /* bare: no bring-up */
    bool regs;                             /* registers can be asked for */
    const struct expectations_rec *expectations;
    size_t expectations_count;
};

static inline void begin(struct stage *s, struct rec r)
{
    s->record++;
    s->rec = r;
    show(s, (struct obs){.kind = OBS_RECORD, .u.rec = &s->rec});
}

static inline void end(struct stage *s)
{
    show(s, (struct obs){.kind = OBS_RECORD_END, .u.rec = &s->rec});
}

static inline void store_words(struct stage *s, uint64_t at, uint32_t n, const uint64_t *val)
{
    struct rec r = {.kind = REC_MEM};

    r.u.mem.gpa = gpa(at);
    r.u.mem.words = n;
    r.u.mem.val = val;
    begin(s, r);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_int_eq(guest_mem_store(s->mem, gpa(at + 8 * i), val[i]), 0);
    end(s);
}

static inline void store(struct stage *s, uint64_t at, uint64_t val)
{
    store_words(s, at, 1, &val);
}

static inline void store2(struct stage *s, uint64_t at, uint64_t lo, uint64_t hi)
{
    uint64_t val[2] = {lo, hi};

    store_words(s, at, 2, val);
}

/* Memory before the story begins. */
static inline void poke(struct stage *s, uint64_t at, uint64_t val)
{
    ck_assert_int_eq(guest_mem_store(s->mem, gpa(at), val), 0);
}

static inline void begin_write(struct stage *s, uint16_t off, uint64_t val)
{
    struct rec r = {.kind = REC_W32};

    r.u.reg.off = off;
    r.u.reg.val = val;
    begin(s, r);
}

static inline void write_reg(struct stage *s, uint16_t off, uint64_t val)
{
    begin_write(s, off, val);
    end(s);
}

static inline void gsts(struct stage *s, uint32_t old_val, uint32_t new_val)
{
    struct obs o = {.kind = OBS_GSTS};

    o.u.gsts.old_val = old_val;
    o.u.gsts.new_val = new_val;
    show(s, o);
}

static inline void inval_obs(struct stage *s, enum obs_kind k, uint64_t lo, uint64_t hi)
{
    struct obs o = {.kind = k};

    o.u.inval.lo = lo;
    o.u.inval.hi = hi;
    show(s, o);
}

#define CC_GLOBAL    UINT64_C(0x11)
#define CC_DEV(did)  (UINT64_C(0x1000000031) | (uint64_t)(did) << 16)
#define IOTLB_GLOBAL UINT64_C(0x12)
#define DSI(did)     (UINT64_C(0x22) | (uint64_t)(did) << 16)
#define PSI(did)     (UINT64_C(0x32) | (uint64_t)(did) << 16)

/* One invalidation, alone in its record, that tells nobody. */
static inline void inval(struct stage *s, uint64_t lo, uint64_t hi)
{
    begin_write(s, 0x88, 0);
    inval_obs(s, OBS_INVAL_BEGIN, lo, hi);
    inval_obs(s, OBS_INVAL_DONE, lo, hi);
    end(s);
}

/* Open an invalidation; end it with close_inval. */
static inline void open_inval(struct stage *s, uint64_t lo, uint64_t hi)
{
    begin_write(s, 0x88, 0);
    inval_obs(s, OBS_INVAL_BEGIN, lo, hi);
}

static inline void close_inval(struct stage *s, uint64_t lo, uint64_t hi)
{
    inval_obs(s, OBS_INVAL_DONE, lo, hi);
    end(s);
}

static inline void joined(struct stage *s, const char *name, enum consumer_kind kind,
                          uint32_t flags, bool on)
{
    struct obs o = {.kind = OBS_CONSUMER};

    o.u.consumer.name = name;
    o.u.consumer.bdf = bdf(DEV);
    o.u.consumer.kind = kind;
    o.u.consumer.joined = on;
    o.u.consumer.flags = flags;
    o.u.consumer.range = iova_range(0, UINT64_MAX);
    show(s, o);
}

static inline void flags(struct stage *s, uint32_t old_flags, uint32_t new_flags)
{
    struct obs o = {.kind = OBS_FLAGS};

    o.u.flags.bdf = bdf(DEV);
    o.u.flags.old_flags = old_flags;
    o.u.flags.new_flags = new_flags;
    show(s, o);
}

static inline void reg(struct stage *s, enum obs_kind k, const char *name, uint64_t first,
                       uint64_t last, uint32_t kinds, int result)
{
    struct obs o = {.kind = k};

    o.u.reg.consumer = name;
    o.u.reg.bdf = bdf(DEV);
    o.u.reg.flags = kinds;
    o.u.reg.range = iova_range(first, last);
    o.u.reg.result = result;
    show(s, o);
}

static inline void switched(struct stage *s, bool on)
{
    struct obs o = {.kind = OBS_SWITCH};

    o.u.device.bdf = bdf(DEV);
    o.u.device.on = on;
    show(s, o);
}

static inline void container_unmap(struct stage *s, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < s->helds;)
        if (s->held[i].first <= last && s->held[i].last >= first)
            s->held[i] = s->held[--s->helds];
        else
            i++;
}

static inline void note_as(struct stage *s, struct note n)
{
    n.seq = ++s->seq;
    n.record = s->record;
    if (!n.consumer)
        n.consumer = "vfio0";
    n.bdf = bdf(DEV);
    if (n.asked && n.result == 0) {
        container_unmap(s, n.range.first.v, n.range.last.v);
        if (n.type == NOTE_MAP)
            s->held[s->helds++] = (struct stage_map){n.range.first.v, n.range.last.v, n.gpa.v,
                                                     n.perm == PERM_W ? PERM_RW : n.perm};
    }
    ck_assert_uint_lt(s->helds, 4096);
    show(s, (struct obs){.kind = OBS_NOTE, .u.note = &n});
}

static inline void told_map(struct stage *s, uint64_t first, uint64_t size, uint64_t target,
                            enum perm perm)
{
    note_as(s, (struct note){.type = NOTE_MAP,
                             .range = iova_range(first, first + size - 1),
                             .gpa = gpa(target),
                             .perm = perm,
                             .asked = true});
}

static inline void told_unmap(struct stage *s, uint64_t first, uint64_t size)
{
    note_as(s, (struct note){.type = NOTE_UNMAP,
                             .range = iova_range(first, first + size - 1),
                             .asked = true});
}

static inline void register_vfio(struct stage *s)
{
    flags(s, 0, 3);
    reg(s, OBS_REGISTER, s->name, 0, 0xfedfffff, 3, 0);
    reg(s, OBS_REGISTER, s->name, 0xfef00000, UINT64_MAX, 3, 0);
}

static inline struct rec dma_rec(uint64_t at, enum dma_access a)
{
    struct rec r = {.kind = REC_DMA};

    r.u.dma.bdf = bdf(DEV);
    r.u.dma.access = a;
    r.u.dma.iova = iova(at);
    r.u.dma.bytes = 8;
    return r;
}

static inline void dma_result(struct stage *s, uint64_t at, enum dma_access a, struct xlat_result x)
{
    struct obs o = {.kind = OBS_DMA};

    begin(s, dma_rec(at, a));
    o.u.dma.rec = &s->rec;
    o.u.dma.access = a;
    o.u.dma.result = x;
    show(s, o);
    end(s);
}

static inline void dma_ok(struct stage *s, uint64_t at, enum dma_access a, uint64_t target)
{
    dma_result(
        s, at, a,
        (struct xlat_result){.end = XLAT_OK, .gpa = gpa(target), .mask = 0xfff, .perm = PERM_RW});
}

static inline void dma_fault(struct stage *s, uint64_t at, enum dma_access a, uint8_t reason)
{
    dma_result(s, at, a, (struct xlat_result){.end = XLAT_FAULT, .reason = reason});
}

/* The tables of vtd-facts 12.3: IOVA 0x40200000 and on is in L1. */
static inline void bring_up(struct stage *s)
{
    poke(s, ROOT, CTXS | 1);
    poke(s, CTXS + DEV * 16, L3 | 1);
    poke(s, CTXS + DEV * 16 + 8, (uint64_t)DID << 8 | 1);
    poke(s, L3 + 8, L2 | 3);
    poke(s, L2 + 8, L1 | 3);
    joined(s, s->name, CONSUMER_VFIO, 3, true);
    begin_write(s, 0x18, 0x40000000);
    struct obs o = {.kind = OBS_ROOT};
    o.u.root.gpa = gpa(ROOT);
    o.u.root.rtaddr = ROOT;
    show(s, o);
    gsts(s, 0, 0x40000000);
    end(s);
    inval(s, CC_GLOBAL, 0);
    inval(s, IOTLB_GLOBAL, 0);
    begin_write(s, 0x18, 0x80000000);
    if (s->no_cm)
        reg(s, OBS_REGISTER, s->name, 0, 0xfedfffff, 3, -95);
    else
        register_vfio(s);
    switched(s, true);
    gsts(s, 0x40000000, 0xc0000000);
    end(s);
}

static inline struct stage *stage_new(struct stage_how how)
{
    struct stage *s = calloc(1, sizeof *s);
    struct err e;
    struct check_config cfg = {.mode = how.full ? CHECK_FULL : CHECK_FAST,
                               .judge_observed = how.judge,
                               .caching_mode = !how.no_cm,
                               .cap =
                                   (how.no_cm ? CAP_NO_CM : CAP_CM) | (how.esrtps ? CAP_ESRTPS : 0),
                               .ecap = ECAP_PLAIN,
                               .aw_bits = 39,
                               .world = {.sim = s, .visit_cached = stage_visit, .held = stage_held},
                               .findings_kept = 10,
                               .expectations = how.expectations,
                               .expectations_count = how.expectations_count};

    ck_assert_ptr_nonnull(s);
    if (how.regs)
        cfg.world.reg = stage_reg;
    s->name = "vfio0";
    s->no_cm = how.no_cm;
    s->mem = guest_mem_new();
    ck_assert_int_eq(guest_mem_add(s->mem, (struct ram_block){gpa(0), 0xfee00000, false}, &e), 0);
    ck_assert_int_eq(
        guest_mem_add(s->mem, (struct ram_block){gpa(0xfef00000), 0x4000000000 - 0xfef00000, false},
                      &e),
        0);
    cfg.mem = s->mem;
    s->checks = checks_new(&cfg, &e);
    ck_assert_ptr_nonnull(s->checks);
    s->see = checks_observer(s->checks);
    if (!how.bare)
        bring_up(s);
    return s;
}

static inline void stage_free(struct stage *s)
{
    ck_assert(!checks_failed(s->checks));
    checks_free(s->checks);
    guest_mem_free(s->mem);
    free(s);
}

/* Map one 4 KiB page at IOVA 0x40200000 + page * 4 KiB and tell everyone, as it should be. */
static inline void map_page(struct stage *s, unsigned page, uint64_t target)
{
    uint64_t at = 0x40200000 + (uint64_t)page * 0x1000;

    store(s, L1 + 8 * page, target | 3);
    open_inval(s, PSI(DID), at);
    told_map(s, at, SIZE_4K, target, PERM_RW);
    close_inval(s, PSI(DID), at);
}

static inline uint64_t count_of(const struct stage *s, const char *id)
{
    size_t n;
    const struct invariant *rows = invariants(&n);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].id, id))
            return checks_count(s->checks, i);
    ck_abort_msg("no invariant %s", id);
    return 0;
}

/* Finding number `n`, from 0, of those that are no mere cost, or, with costs, of all. */
static inline const struct finding *finding_at(const struct stage *s, bool costs, size_t n)
{
    for (size_t i = 0; i < checks_findings(s->checks); i++) {
        const struct finding *f = checks_finding(s->checks, i);

        if ((costs || f->inv->severity != SEV_COST) && !n--)
            return f;
    }
    return NULL;
}

/* Nothing was found, costs apart. */
static inline void nothing_found(const struct stage *s)
{
    const struct finding *f = finding_at(s, false, 0);

    if (f)
        ck_abort_msg("unexpected: %s: %s", f->inv->id, f->text);
}

/* Exactly one finding (costs apart, unless it is one), of this invariant, at this record, whose
 * sentence contains the fragment; then free. */
static inline void only(struct stage *s, const char *id, uint64_t record, const char *fragment)
{
    bool costs = !strncmp(id, "CST-", 4);
    const struct finding *f, *more;

    checks_finish(s->checks);
    f = finding_at(s, costs, 0);
    more = finding_at(s, costs, 1);
    ck_assert_msg(f != NULL, "%s was not found", id);
    ck_assert_msg(!strcmp(f->inv->id, id), "%s, not %s: %s", f->inv->id, id, f->text);
    ck_assert_msg(!more, "also: %s", more ? more->text : "");
    ck_assert_uint_eq(f->record, record);
    ck_assert_msg(strstr(f->text, fragment) != NULL, "\"%s\" is not in: %s", fragment, f->text);
    stage_free(s);
}

/* The same where the guest breaks a rule of its own too: exactly one violation. */
static inline void only_violation(struct stage *s, const char *id, uint64_t record,
                                  const char *fragment)
{
    const struct finding *f = NULL;

    checks_finish(s->checks);
    ck_assert_uint_eq(checks_total(s->checks, SEV_VIOLATION), 1);
    for (size_t i = 0; i < checks_findings(s->checks); i++)
        if (checks_finding(s->checks, i)->inv->severity == SEV_VIOLATION)
            f = checks_finding(s->checks, i);
    ck_assert_ptr_nonnull(f);
    ck_assert_str_eq(f->inv->id, id);
    ck_assert_uint_eq(f->record, record);
    ck_assert_msg(strstr(f->text, fragment) != NULL, "\"%s\" is not in: %s", fragment, f->text);
    stage_free(s);
}

static inline void clean(struct stage *s)
{
    checks_finish(s->checks);
    nothing_found(s);
    stage_free(s);
}

/* GCMD is written and obeyed at once. */
static inline void gcmd(struct stage *s, uint32_t val, uint32_t before, uint32_t after)
{
    begin_write(s, 0x18, val);
    if (before != after)
        gsts(s, before, after);
    end(s);
}

#endif
