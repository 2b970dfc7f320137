/* SPDX-License-Identifier: MIT */
#include "campaign/variants.h"

#include <string.h>

#include "vtd_regs.h"

static bool is_mem(const struct rec *r)
{
    return r->kind == REC_MEM;
}

static uint64_t mem_end(const struct rec *r)
{
    return r->u.mem.gpa.v + 8 * (uint64_t)r->u.mem.words;
}

static bool apart(const struct rec *a, const struct rec *b)
{
    return mem_end(a) <= b->u.mem.gpa.v || mem_end(b) <= a->u.mem.gpa.v;
}

/* Two stores that stand together and touch nothing in common have no order. */
static bool swap(const struct shrink_case *c, struct draft *to)
{
    bool changed = false;

    for (size_t i = 0; i < c->count; i++) {
        if (i + 1 < c->count && is_mem(c->rec[i]) && is_mem(c->rec[i + 1]) &&
            apart(c->rec[i], c->rec[i + 1])) {
            draft_add(to, c->rec[++i]);
            draft_add(to, c->rec[i - 1]);
            changed = true;
        } else {
            draft_add(to, c->rec[i]);
        }
    }
    return changed;
}

static bool split(const struct shrink_case *c, struct draft *to)
{
    bool changed = false;

    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (!is_mem(r) || r->u.mem.words == 1) {
            draft_add(to, r);
            continue;
        }
        changed = true;
        for (unsigned n = 0; n < r->u.mem.words; n++)
            draft_words(to, r->u.mem.gpa.v + 8u * n, &r->u.mem.val[n], 1);
    }
    return changed;
}

static bool join(const struct shrink_case *c, struct draft *to)
{
    bool changed = false;

    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];
        uint64_t words[WORDS_PER_PAGE];
        unsigned n = 0;

        if (!is_mem(r)) {
            draft_add(to, r);
            continue;
        }
        for (;;) {
            memcpy(words + n, c->rec[i]->u.mem.val, 8 * (size_t)c->rec[i]->u.mem.words);
            n += c->rec[i]->u.mem.words;
            if (i + 1 == c->count || !is_mem(c->rec[i + 1]) ||
                c->rec[i + 1]->u.mem.gpa.v != mem_end(c->rec[i]) ||
                !(mem_end(c->rec[i]) & PAGE_4K_MASK))
                break;
            i++;
            changed = true;
        }
        draft_words(to, r->u.mem.gpa.v, words, n);
    }
    return changed;
}

static bool writes_tail(const struct rec *r)
{
    return (r->kind == REC_W32 || r->kind == REC_W64) && r->u.reg.off == REG_IQT;
}

/* Tail, descriptor, tail, descriptor, tail, each a slot further: the one between may go. */
static bool tail_between(const struct shrink_case *c, size_t i, uint64_t queue)
{
    uint64_t at[3];

    if (i < 2 || i + 2 >= c->count)
        return false;
    for (unsigned n = 0; n < 3; n++) {
        const struct rec *r = c->rec[i - 2 + 2 * n];

        if (!writes_tail(r))
            return false;
        at[n] = r->u.reg.val;
    }
    for (unsigned n = 0; n < 2; n++) {
        const struct rec *r = c->rec[i - 1 + 2 * n];

        if (!is_mem(r) || r->u.mem.words != 2 || r->u.mem.gpa.v != queue + at[n] ||
            at[n + 1] != at[n] + 16 || at[n] & 15)
            return false;
    }
    return true;
}

static bool tail(const struct shrink_case *c, struct draft *to)
{
    uint64_t queue = 0;
    size_t dropped = 0;

    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_W64 && r->u.reg.off == REG_IQA)
            queue = r->u.reg.val & ~PAGE_4K_MASK;
        if ((!dropped || i - dropped > 2) && tail_between(c, i, queue))
            dropped = i;
        else
            draft_add(to, r);
    }
    return dropped != 0;
}

/* A page-selective command by register at record i: its address; false: none stands there. */
static bool page_command(const struct shrink_case *c, size_t i, uint64_t *at, uint64_t *command)
{
    const struct rec *a = i + 1 < c->count ? c->rec[i] : NULL, *b = a ? c->rec[i + 1] : NULL;

    if (!a || a->kind != REC_W64 || a->u.reg.off != REG_IVA || a->u.reg.val & PAGE_4K_MASK ||
        b->kind != REC_W64 || b->u.reg.off != REG_IOTLB)
        return false;
    *at = a->u.reg.val;
    *command = b->u.reg.val;
    return *command >> 63 && (*command >> 60 & 3) == 3;
}

/* How many commands from record i on say one page after the other: a power of two, aligned. */
static unsigned block_order(const struct shrink_case *c, size_t i)
{
    uint64_t at, command, next, other;
    unsigned n = 1, order = 0;

    if (!page_command(c, i, &at, &command))
        return 0;
    while (n < 512 && page_command(c, i + 2 * (size_t)n, &next, &other) && other == command &&
           next == at + n * PAGE_4K_BYTES)
        n++;
    while (2u << order <= n && !(at & ((PAGE_4K_BYTES << (order + 1)) - 1)))
        order++;
    return order;
}

/* What is refused is asked for again with each invalidation: then their number matters. */
static bool nobody_refuses(const struct shrink_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_FAIL || r->kind == REC_PIN ||
            (r->kind == REC_ATTACH &&
             (r->u.attach->has_limit || r->u.attach->has_leave || r->u.attach->has_container)))
            return false;
    }
    return true;
}

static bool block(const struct shrink_case *c, struct draft *to)
{
    bool changed = false;

    if (!nobody_refuses(c))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        unsigned order = block_order(c, i);

        if (!order) {
            draft_add(to, c->rec[i]);
            continue;
        }
        draft_w64(to, REG_IVA, c->rec[i]->u.reg.val | order);
        draft_add(to, c->rec[i + 1]);
        i += ((size_t)2 << order) - 1;
        changed = true;
    }
    return changed;
}

#define NEW_QUEUE UINT64_C(0x3ff000)
#define NEW_SLOTS 256u

/* A command by register as a descriptor. False: it is no whole and legal one. */
static bool descriptor(const struct rec *r, uint64_t iva, uint64_t *lo, uint64_t *hi)
{
    uint64_t v = r->u.reg.val;
    bool pages = (v >> 60 & 3) == 3;

    *hi = 0;
    if (r->kind != REC_W64 || !(v >> 63))
        return false;
    if (r->u.reg.off == REG_CCMD) {
        *lo = 1 | (v >> 61 & 3) << 4 | (v & 0xffff) << 16 | (v >> 16 & 0xffff) << 32 |
              (v >> 32 & 3) << 48;
        return (v >> 61 & 3) != 0;
    }
    *lo = 2 | (v >> 60 & 3) << 4 | (v >> 32 & 0xffff) << 16;
    if (pages)
        *hi = iva;
    return (v >> 60 & 3) != 0 && !(v & 0xffffffff) && !(v >> 48 & 3) &&
           (!pages || ((iva & 0x3f) <= 18 && !(iva & 0xf80)));
}

static bool is_command(const struct rec *r)
{
    unsigned off = r->u.reg.off & ~7u;

    return (r->kind == REC_W32 || r->kind == REC_W64) && (off == REG_CCMD || off == REG_IOTLB);
}

/* No queue in this trace, and nobody speaks of the page that is to hold one. */
static bool queue_is_free(const struct shrink_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];
        bool reg = r->kind == REC_W32 || r->kind == REC_W64;

        if (reg && r->u.reg.off >= REG_IQH && r->u.reg.off < REG_ICS)
            return false;
        if (reg && r->u.reg.off == REG_GCMD && r->u.reg.val & GCMD_QIE)
            return false;
        if ((r->kind == REC_W64 && r->u.reg.off == REG_RTADDR && r->u.reg.val >> 12 == 0x3ff) ||
            r->kind == REC_ZERO)
            return false;
        for (unsigned n = 0; is_mem(r) && n < r->u.mem.words; n++)
            if ((r->u.mem.gpa.v ^ NEW_QUEUE) < 0x1000 || (r->u.mem.val[n] ^ NEW_QUEUE) < 0x1000)
                return false;
    }
    return true;
}

struct requeue {
    struct draft *to;
    uint64_t iva;
    unsigned tail;
    bool on;
};

/* The queue is switched on before what first needs it, after a reset anew. */
static void ready(struct requeue *q)
{
    if (q->on)
        return;
    draft_w64(q->to, REG_IQA, NEW_QUEUE);
    draft_w32(q->to, REG_GCMD, GCMD_QIE);
    q->on = true;
    q->tail = 0;
}

static bool requeue_one(struct requeue *q, const struct rec *r)
{
    uint64_t lo, hi;

    if (!is_command(r)) {
        draft_add(q->to, r);
        return true;
    }
    if (!descriptor(r, q->iva, &lo, &hi))
        return false;
    ready(q);
    draft_pair(q->to, NEW_QUEUE + q->tail * 16, lo, hi);
    q->tail = (q->tail + 1) % NEW_SLOTS;
    draft_w32(q->to, REG_IQT, q->tail * 16);
    return true;
}

static bool queue(const struct shrink_case *c, struct draft *to)
{
    struct requeue q = {.to = to};
    bool changed = false;

    if (!queue_is_free(c))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        const struct rec *r = c->rec[i];

        if (r->kind == REC_W64 && r->u.reg.off == REG_IVA)
            q.iva = r->u.reg.val;
        changed = changed || is_command(r);
        if (r->kind == REC_RESET) {
            q.on = false;
            q.iva = 0;
        }
        if (r->kind == REC_W32 && r->u.reg.off == REG_GCMD) {
            ready(&q);
            draft_w32(to, REG_GCMD, (uint32_t)r->u.reg.val | GCMD_QIE);
        } else if (!requeue_one(&q, r)) {
            return false;
        }
    }
    return changed;
}

bool variant(enum comparison what, const struct shrink_case *c, struct draft *to)
{
    draft_init(to, c->header);
    switch (what) {
    case CMP_SWAP: return swap(c, to);
    case CMP_SPLIT: return split(c, to);
    case CMP_JOIN: return join(c, to);
    case CMP_TAIL: return tail(c, to);
    case CMP_BLOCK: return block(c, to);
    case CMP_QUEUE: return queue(c, to);
    default: return false;
    }
}
