/* SPDX-License-Identifier: MIT */
/* The numbers of records other than stores, and what an `attach` or a `device` says. */
#include <string.h>

#include "shrink/inside.h"
#include "vtd_regs.h"

uint64_t smaller_number(struct shrink *s, uint64_t value, uint64_t may, number_set set, void *arg)
{
    if (!(value & may) || shrink_over(s))
        return value;
    if (set(arg, value & ~may))
        return value & ~may;
    if (is_pow2(value & may))
        return value;
    for (unsigned bit = 64; bit-- > 0 && !shrink_over(s);) {
        uint64_t fewer = value & ~(UINT64_C(1) << bit);

        if ((may >> bit & 1) && fewer != value && set(arg, fewer))
            value = fewer;
    }
    return value;
}

/* One number of one record, by its place in the record. */
struct field {
    struct shrink *s;
    size_t at;
    size_t offset, bytes;
};

static void put(struct rec *r, const struct field *f, uint64_t value)
{
    unsigned char *to = (unsigned char *)r + f->offset;
    uint32_t half = (uint32_t)value;

    if (f->bytes == 8)
        memcpy(to, &value, 8);
    else
        memcpy(to, &half, 4);
}

static bool set(void *arg, uint64_t value)
{
    const struct field *f = arg;
    struct rec r;

    if (f->at >= f->s->t->now.count)
        return false;
    r = *f->s->t->now.rec[f->at];
    put(&r, f, value);
    return shrink_try_rec(f->s, f->at, &r);
}

static void number(struct shrink *s, size_t at, size_t offset, size_t bytes, uint64_t may)
{
    struct field f = {s, at, offset, bytes};
    const unsigned char *from;
    uint64_t value = 0;
    uint32_t half = 0;

    if (at >= s->t->now.count)
        return;
    from = (const unsigned char *)s->t->now.rec[at] + offset;
    if (bytes == 8)
        memcpy(&value, from, 8);
    else
        memcpy(&half, from, 4);
    smaller_number(s, bytes == 8 ? value : half, may, set, &f);
}

#define NUMBER(field, may)                                                                         \
    number(s, at, offsetof(struct rec, field), sizeof(((struct rec *)0)->field), may)

/* A count or a size: 1 (or the least there is), else bits away. */
static void count(struct shrink *s, size_t at, size_t offset, size_t bytes, uint64_t least)
{
    struct field f = {s, at, offset, bytes};

    if (!set(&f, least))
        number(s, at, offset, bytes, UINT64_MAX);
}

#define SIZE(field, least)                                                                         \
    do {                                                                                           \
        if (at < s->t->now.count && s->t->now.rec[at]->field != (least))                           \
            count(s, at, offsetof(struct rec, field), sizeof(((struct rec *)0)->field), least);    \
    } while (0)

/* The tables' addresses are renamed by pages; here they go away or stay. */
static void reg(struct shrink *s, size_t at)
{
    uint16_t off = s->t->now.rec[at]->u.reg.off;
    bool address = off == REG_RTADDR || off == REG_IQA || off == REG_IRTA;

    if (address)
        NUMBER(u.reg.val, PAGE_4K_MASK);
    else if (off != REG_IQT) /* pass_queue has said what it is to be */
        NUMBER(u.reg.val, UINT64_MAX);
}

static void dma(struct shrink *s, size_t at)
{
    struct rec r = *s->t->now.rec[at];

    if (r.u.dma.seen != DMA_SEEN_NOTHING) {
        r.u.dma.seen = DMA_SEEN_NOTHING;
        r.u.dma.gpa = gpa(0);
        r.u.dma.reason = 0;
        shrink_try_rec(s, at, &r);
    }
    SIZE(u.dma.bytes, 1);
    NUMBER(u.dma.iova.v, UINT64_MAX);
    if (at < s->t->now.count && s->t->now.rec[at]->u.dma.seen == DMA_SEEN_GPA)
        NUMBER(u.dma.gpa.v, UINT64_MAX);
}

static void expect(struct shrink *s, size_t at)
{
    struct rec r = *s->t->now.rec[at];

    if (r.u.expect.has_result) {
        r.u.expect.has_result = false;
        r.u.expect.result = 0;
        shrink_try_rec(s, at, &r);
    }
    NUMBER(u.expect.iova.v, UINT64_MAX);
    if (at < s->t->now.count && s->t->now.rec[at]->u.expect.op == EXPECT_MAP)
        NUMBER(u.expect.gpa.v, UINT64_MAX);
}

static void device(struct shrink *s, size_t at)
{
    struct rec r = *s->t->now.rec[at];

    if (r.u.device.ats) {
        r.u.device.ats = false;
        shrink_try_rec(s, at, &r);
    }
    if (at >= s->t->now.count || !s->t->now.rec[at]->u.device.has_alias)
        return;
    r = *s->t->now.rec[at];
    r.u.device.has_alias = false;
    r.u.device.alias = bdf(0);
    shrink_try_rec(s, at, &r);
}

/* Without key number `key`, as a reader gives what was not said. False: it is not said. */
static bool unsay(struct attach_rec *a, unsigned key)
{
    struct {
        bool *said;
        void *value;
        size_t bytes;
    } const keys[] = {
        {&a->has_flags, &a->flags, sizeof(a->flags)},
        {&a->has_range, &a->range, sizeof(a->range)},
        {&a->has_container, a->container, sizeof(a->container)},
        {&a->has_limit, &a->limit, sizeof(a->limit)},
        {&a->has_aperture, &a->aperture_bits, sizeof(a->aperture_bits)},
        {&a->has_type1, &a->type1, sizeof(a->type1)},
        {&a->has_backend, &a->backend, sizeof(a->backend)},
        {&a->has_unpin, &a->unpin, sizeof(a->unpin)},
        {&a->has_dma_unmap, &a->dma_unmap, sizeof(a->dma_unmap)},
        {&a->has_leave, &a->leave, sizeof(a->leave)},
    };

    if (key >= sizeof(keys) / sizeof(*keys) || !*keys[key].said)
        return false;
    *keys[key].said = false;
    memset(keys[key].value, 0, keys[key].bytes);
    return true;
}

/* What an `attach` says goes word by word. */
static void attach(struct shrink *s, size_t at)
{
    for (unsigned key = 0; key < 10 && at < s->t->now.count; key++) {
        struct rec r = *s->t->now.rec[at];
        struct attach_rec a = *r.u.attach;

        r.u.attach = &a;
        if (unsay(&a, key))
            shrink_try_rec(s, at, &r);
    }
}

static void record(struct shrink *s, size_t at)
{
    switch (s->t->now.rec[at]->kind) {
    case REC_W32:
    case REC_W64:
    case REC_R32:
    case REC_R64: reg(s, at); break;
    case REC_DMA: dma(s, at); break;
    case REC_ZERO: SIZE(u.zero.bytes, 8); break;
    case REC_MISS: NUMBER(u.miss.iova.v, UINT64_MAX); break;
    case REC_PIN:
    case REC_UNPIN:
        SIZE(u.pin.pages, 1);
        NUMBER(u.pin.iova.v, UINT64_MAX);
        break;
    case REC_FAIL: SIZE(u.fail.count, 1); break;
    case REC_AT: NUMBER(u.at.ns, UINT64_MAX); break;
    case REC_EXPECT: expect(s, at); break;
    case REC_DEVICE: device(s, at); break;
    case REC_ATTACH: attach(s, at); break;
    default: break;
    }
}

void pass_fields(struct shrink *s)
{
    if (s->t->now.count > SHRINK_SHORT)
        return;
    for (size_t at = s->t->now.count; at-- > 0 && !shrink_over(s);)
        if (at < s->t->now.count)
            record(s, at);
}
