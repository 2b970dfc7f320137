/* SPDX-License-Identifier: MIT */
/*
 * The oracle against a reference that remembers every store and every invalidation and searches the
 * lists; and the checks against observations that make no sense.
 */
#include "test_checks_stage.h"

#include "checks/registry.h"

enum { T1 = 0x110000, T2 = 0x111000, X0 = 0x40200000, EVENTS = 4000, PAGES = 4 };

static uint64_t draw(uint64_t *x, uint64_t below)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x % below;
}

/* ---- the reference: two lists ---- */

struct past {
    uint64_t at, old, time;
};

struct covers {
    uint64_t lo, hi, time;
};

struct reference {
    struct past past[EVENTS];
    struct covers covers[EVENTS];
    unsigned pasts, coverss;
    uint64_t time;
    bool cm;
    uint64_t ok[64];
    unsigned oks;
    uint32_t reasons;
};

static bool is_leaf(unsigned level, uint64_t word)
{
    return level == 1 || ((word & 3) && (word & 0x80));
}

/* Has an invalidation since `time` covered this value of a level's entry for x? */
static bool is_covered(const struct reference *r, uint64_t time, unsigned level, uint64_t word,
                       uint64_t x)
{
    for (unsigned i = 0; i < r->coverss; i++) {
        const struct covers *c = &r->covers[i];
        unsigned scope = c->lo >> 4 & 3, am = c->hi & 0x3f;

        if (c->time < time || (c->lo & 0xf) != 2)
            continue;
        if (scope == 1)
            return true;
        if ((c->lo >> 16 & 0xffff) != DID)
            continue;
        if (scope == 2)
            return true;
        if (x >> (12 + am) == (c->hi & ~UINT64_C(0xfff)) >> (12 + am) &&
            (!(c->hi & 0x40) || is_leaf(level, word)))
            return true;
    }
    return false;
}

static void ref_walk(struct reference *r, struct stage *s, uint64_t table, unsigned level,
                     uint64_t x, bool write, bool denied);

static void ref_value(struct reference *r, struct stage *s, unsigned level, uint64_t word,
                      uint64_t x, bool write, bool denied)
{
    uint64_t size = level == 1 ? 0xfff : level == 2 ? 0x1fffff : 0x3fffffff;

    if (!(word & (write ? 2 : 1))) {
        r->reasons |= denied ? 0 : 1u << (write ? 5 : 6);
        denied = true;
    }
    if (!(word & 3))
        return;
    if ((word & UINT64_C(0x400fff8000000800)) ||
        (is_leaf(level, word) && (word & size & ~UINT64_C(0xfff)))) {
        r->reasons |= 1u << 12;
    } else if (!is_leaf(level, word)) {
        ref_walk(r, s, word & 0x7ffffff000, level - 1, x, write, denied);
    } else if (!denied) {
        uint64_t target = (word & 0x7ffffff000 & ~size) | (x & size);
        unsigned i = 0;

        while (i < r->oks && r->ok[i] != target)
            i++;
        ck_assert_uint_lt(i, 64);
        r->ok[i] = target;
        r->oks += i == r->oks;
    }
}

static void ref_walk(struct reference *r, struct stage *s, uint64_t table, unsigned level,
                     uint64_t x, bool write, bool denied)
{
    uint64_t at = table + 8 * (x >> (12 + 9 * (level - 1)) & 511), now = 0;

    guest_mem_read(s->mem, gpa(at), &now);
    ref_value(r, s, level, now, x, write, denied);
    for (unsigned i = 0; i < r->pasts; i++) {
        const struct past *p = &r->past[i];
        bool faulty = !(p->old & 3) || (p->old & UINT64_C(0x4000000000000000));

        if (p->at == at && (r->cm || !faulty) && !is_covered(r, p->time, level, p->old, x))
            ref_value(r, s, level, p->old, x, write, denied);
    }
}

/* May some cache still lead to this table? Only then does what it held count. */
static bool ref_linked(const struct reference *r, struct stage *s, uint64_t table)
{
    uint64_t now = 0;

    guest_mem_read(s->mem, gpa(L2 + 8), &now);
    if ((now & ~UINT64_C(0xfff)) == table && !(now & 0x80) && (now & 3))
        return true;
    for (unsigned i = 0; i < r->pasts; i++)
        for (uint64_t x = X0; x < X0 + SIZE_2M; x += 0x1000)
            if (r->past[i].at == L2 + 8 && (r->past[i].old & ~UINT64_C(0xfff)) == table &&
                !(r->past[i].old & 0x80) && !is_covered(r, r->past[i].time, 2, r->past[i].old, x))
                return true;
    return false;
}

static void ref_store(struct reference *r, struct stage *s, uint64_t at, uint64_t val)
{
    uint64_t old = 0;

    guest_mem_read(s->mem, gpa(at), &old);
    if (old != val)
        r->past[r->pasts++] = (struct past){at, old, ++r->time};
    store(s, at, val);
}

static void ref_inval(struct reference *r, struct stage *s, uint64_t lo, uint64_t hi)
{
    r->covers[r->coverss++] = (struct covers){lo, hi, ++r->time};
    inval(s, lo, hi);
}

/* ---- one random step ---- */

static void change(struct reference *r, struct stage *s, uint64_t *seed)
{
    static const uint64_t leaves[] = {0,         0x7000003, 0x7001003,
                                      0x7000001, 0x7000002, 0x4000000007000003};
    static const uint64_t middles[] = {
        0, T1 | 3, T2 | 3, T1 | 1, 0x8000083, 0x8000081, 0x4000000000110003};
    uint64_t table = draw(seed, 2) ? T1 : T2;

    if (draw(seed, 4) == 0)
        ref_store(r, s, L2 + 8, middles[draw(seed, COUNT(middles))]);
    else if (ref_linked(r, s, table))
        ref_store(r, s, table + 8 * draw(seed, PAGES), leaves[draw(seed, COUNT(leaves))]);
}

static void invalidate(struct reference *r, struct stage *s, uint64_t *seed)
{
    static const unsigned ams[] = {0, 0, 0, 1, 2, 9, 18};
    uint64_t page = X0 + (draw(seed, PAGES) << 12);

    switch (draw(seed, 12)) {
    case 0: ref_inval(r, s, IOTLB_GLOBAL, 0); break;
    case 1: ref_inval(r, s, DSI(DID), 0); break;
    case 2: ref_inval(r, s, DSI(7), 0); break;
    case 3: ref_inval(r, s, PSI(7), page); break;
    case 4: ref_inval(r, s, PSI(DID), page | 0x40 | ams[draw(seed, COUNT(ams))]); break;
    default: ref_inval(r, s, PSI(DID), page | ams[draw(seed, COUNT(ams))]); break;
    }
}

static void compare(struct reference *r, struct stage *s, uint64_t x, bool write)
{
    struct allowed a;

    r->oks = 0;
    r->reasons = 0;
    ref_walk(r, s, L3, 3, x, write, false);
    allowed_for(s->checks, bdf(DEV), x, write, &a);
    ck_assert(!a.wild);
    ck_assert_uint_eq(a.reasons, r->reasons);
    ck_assert_uint_eq(a.oks, r->oks);
    for (unsigned i = 0; i < a.oks; i++) {
        unsigned k = 0;

        while (k < r->oks && r->ok[k] != a.ok[i].gpa)
            k++;
        ck_assert_uint_lt(k, r->oks);
    }
}

/* _i: caching mode. */
START_TEST(outcomes_are_those_of_the_reference)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct stage *s = stage_new((struct stage_how){.no_cm = !_i});
        struct reference *r = calloc(1, sizeof *r);
        uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15);

        r->cm = _i;
        ref_store(r, s, L2 + 8, 0); /* L1 of the stage is not used */
        ref_inval(r, s, IOTLB_GLOBAL, 0);
        for (unsigned step = 0; step < 250; step++) {
            if (draw(&x, 3))
                change(r, s, &x);
            else
                invalidate(r, s, &x);
            compare(r, s, X0 + (draw(&x, PAGES) << 12) + 0x123, draw(&x, 2));
        }
        free(r);
        stage_free(s);
    }
}
END_TEST

/* When everything was invalidated nothing is remembered: memory returns to what the tables need. */
START_TEST(memory_is_given_back)
{
    struct stage *s = stage_new((struct stage_how){0});
    uint64_t seed = 77;

    for (unsigned i = 0; i < 3000; i++)
        store(s, (draw(&seed, 2) ? L1 : L2) + 8 * draw(&seed, 512),
              draw(&seed, 2) ? 0 : (T1 + 0x1000 * draw(&seed, 40)) | 3);
    ck_assert_uint_gt(s->checks->registry->item_count, 100);
    inval(s, IOTLB_GLOBAL, 0);
    ck_assert_uint_eq(s->checks->registry->item_count, 0);
    ck_assert_ptr_null(s->checks->registry->hist);
    for (unsigned i = 0; i < 512; i++)
        store(s, L2 + 8 * i, 0);
    inval(s, DSI(DID), 0);
    ck_assert_uint_eq(s->checks->registry->nodes, 4); /* root, contexts, L3, L2 */
    stage_free(s);
}
END_TEST

/* ---- nonsense ---- */

static uint64_t odd_address(uint64_t *x)
{
    static const uint64_t some[] = {ROOT, CTXS, L3, L2, L1, 0, T1, T2};

    switch (draw(x, 8)) {
    case 0: return (draw(x, 1u << 20) << 20) & ~UINT64_C(7);
    case 1: return UINT64_MAX & ~UINT64_C(7);
    default: return some[draw(x, COUNT(some))] + 8 * draw(x, 512);
    }
}

static uint64_t odd_word(uint64_t *x)
{
    static const uint64_t some[] = {0,        UINT64_MAX, L1 | 3,     L2 | 3, L3 | 3,
                                    CTXS | 1, ROOT | 3,   0x40000083, T1 | 3};

    return draw(x, 5) ? some[draw(x, COUNT(some))] : draw(x, UINT64_MAX);
}

static struct iova_range odd_range(uint64_t *x)
{
    uint64_t first = draw(x, 3) ? X0 + (draw(x, 64) << 12) : draw(x, UINT64_MAX);
    uint64_t last = draw(x, 20) ? first + (draw(x, 9) << 12) - 1 : draw(x, UINT64_MAX);

    return iova_range(first, last);
}

static void odd_observation(struct stage *s, uint64_t *x)
{
    static const char *const names[] = {"vfio0", "a", "b"};
    static const char *const whys[] = {NULL, "not-ram"};
    struct obs o = {.kind = (enum obs_kind)draw(x, OBS_KINDS)};
    const char *name = names[draw(x, 3)];
    struct note n;

    switch (o.kind) {
    case OBS_RECORD:
    case OBS_RECORD_END: o.u.rec = &s->rec; break;
    case OBS_UNIT_STORE: o.u.store.gpa = gpa(odd_address(x)); break;
    case OBS_GSTS: o.u.gsts.new_val = (uint32_t)draw(x, 4) << 30; break;
    case OBS_ROOT: o.u.root.gpa = gpa(odd_address(x) & ~UINT64_C(0xfff)); break;
    case OBS_DEVICE:
    case OBS_SWITCH:
        o.u.device.bdf = bdf((uint16_t)(DEV + draw(x, 2)));
        o.u.device.on = draw(x, 2);
        break;
    case OBS_CONSUMER:
        joined(s, name, (enum consumer_kind)draw(x, 4), (uint32_t)draw(x, 8), draw(x, 4));
        return;
    case OBS_REGISTER:
    case OBS_UNREGISTER:
    case OBS_REPLAY_BEGIN:
    case OBS_REPLAY_END: {
        struct iova_range r = odd_range(x);

        reg(s, o.kind, name, r.first.v, r.last.v, (uint32_t)draw(x, 8), draw(x, 3) ? 0 : -22);
        return;
    }
    case OBS_FLAGS: flags(s, (uint32_t)draw(x, 8), (uint32_t)draw(x, 8)); return;
    case OBS_NOTE:
        n = (struct note){.consumer = name,
                          .bdf = bdf(DEV),
                          .via = (enum note_via)draw(x, 2),
                          .type = (enum note_type)draw(x, 3),
                          .range = odd_range(x),
                          .gpa = gpa(draw(x, 2) ? T1 : draw(x, UINT64_MAX)),
                          .perm = (enum perm)draw(x, 4),
                          .asked = draw(x, 2),
                          .result = draw(x, 3) ? 0 : -17,
                          .why = whys[draw(x, 2)]};
        o.u.note = &n;
        show(s, o);
        return;
    case OBS_DMA:
    case OBS_DMA_SHADOW: {
        struct rec r = dma_rec(draw(x, 2) ? X0 + (draw(x, 8) << 12) : draw(x, UINT64_MAX),
                               (enum dma_access)draw(x, 3));

        if (o.kind == OBS_DMA) {
            o.u.dma.rec = &r;
            o.u.dma.access = r.u.dma.access;
            o.u.dma.result = (struct xlat_result){.end = (enum xlat_end)draw(x, 5),
                                                  .gpa = gpa(odd_address(x)),
                                                  .mask = draw(x, 2) ? 0xfff : UINT64_MAX,
                                                  .reason = (uint8_t)draw(x, 256)};
        } else {
            o.u.shadow.rec = &r;
            o.u.shadow.consumer = name;
            o.u.shadow.held = o.u.shadow.present = draw(x, 2);
        }
        show(s, o);
        return;
    }
    case OBS_LOCK:
        o.u.lock.container = draw(x, 9) ? "c" : NULL;
        o.u.lock.lock = (enum type1_lock)draw(x, 4);
        o.u.lock.taken = draw(x, 2);
        break;
    case OBS_TYPE1:
        o.u.type1.container = "c";
        o.u.type1.unmap = draw(x, 2);
        o.u.type1.begin = draw(x, 2);
        o.u.type1.range = odd_range(x);
        o.u.type1.result = draw(x, 3) ? 0 : -28;
        o.u.type1.maps = draw(x, 3);
        o.u.type1.limit = draw(x, 3);
        break;
    case OBS_TYPE1_DEVICE:
        o.u.type1_device.container = "c";
        o.u.type1_device.consumer = draw(x, 9) ? name : NULL;
        o.u.type1_device.on = draw(x, 2);
        o.u.type1_device.has_dma_unmap = draw(x, 2);
        o.u.type1_device.result = draw(x, 3) ? 0 : -22;
        break;
    case OBS_DMA_UNMAP:
        o.u.dma_unmap.container = "c";
        o.u.dma_unmap.consumer = draw(x, 9) ? name : NULL;
        o.u.dma_unmap.range = odd_range(x);
        o.u.dma_unmap.begin = draw(x, 2);
        break;
    case OBS_PIN:
        o.u.pin.container = "c";
        o.u.pin.consumer = draw(x, 9) ? name : NULL;
        o.u.pin.unpin = draw(x, 2);
        o.u.pin.iova = iova(draw(x, 3) ? X0 + (draw(x, 64) << 12) : draw(x, UINT64_MAX));
        o.u.pin.pages = draw(x, 3) ? 1 + draw(x, 512) : draw(x, UINT64_MAX);
        break;
    case OBS_INVAL_BEGIN:
    case OBS_INVAL_DONE:
    case OBS_INVAL_REFUSED:
    case OBS_QUEUE_ERROR:
    case OBS_WAIT_LANDED:
        inval_obs(s, o.kind, draw(x, 4) ? 2 | draw(x, 4) << 4 | DID << 16 : draw(x, UINT64_MAX),
                  draw(x, 3) ? X0 + draw(x, 64) : draw(x, UINT64_MAX));
        return;
    case OBS_KINDS: return;
    default: break;
    }
    show(s, o);
}

/* _i: seed; odd seeds under CHECK_FULL. Whatever is observed, nothing falls over. */
START_TEST(nonsense_is_survived)
{
    struct stage *s = stage_new(
        (struct stage_how){.full = _i & 1, .no_cm = _i & 2, .judge = _i & 4, .esrtps = _i & 8});
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1);

    for (unsigned step = 0; step < 6000; step++) {
        uint64_t words[8], at = odd_address(&x);
        uint32_t n = draw(&x, 4) ? 1 + (uint32_t)draw(&x, 2) : 8;

        for (unsigned i = 0; i < 8; i++)
            words[i] = odd_word(&x);
        if (draw(&x, 3) || !guest_mem_page(s->mem, gpa(at)) || (at & 0xfff) + 8 * n > 0x1000) {
            odd_observation(s, &x);
        } else if (draw(&x, 50)) {
            store_words(s, at, n, words);
        } else {
            struct rec r = {.kind = REC_ZERO};

            r.u.zero.gpa = gpa(at);
            r.u.zero.bytes = 8 << draw(&x, 24);
            begin(s, r);
            guest_mem_zero(s->mem, r.u.zero.gpa, r.u.zero.bytes);
            end(s);
        }
    }
    checks_finish(s->checks);
    stage_free(s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{outcomes_are_those_of_the_reference, 2},
                                    {memory_is_given_back, 1},
                                    {nonsense_is_survived, 32}};

    return run_tests("checks: the oracle", rows, COUNT(rows));
}
