/* SPDX-License-Identifier: MIT */
/* Guest pages get small numbers, in the order in which the trace first speaks of them. */
#include <errno.h>
#include <string.h>

#include "shrink/inside.h"
#include "vtd_regs.h"

#define PAGES_MAX 256u

struct page_list {
    uint64_t page[PAGES_MAX];
    size_t count;
};

static void note(struct page_list *p, uint64_t page)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->page[i] == page)
            return;
    if (page && p->count < PAGES_MAX)
        p->page[p->count++] = page;
}

static bool is_address(uint16_t off)
{
    return off == REG_RTADDR || off == REG_IQA || off == REG_IRTA;
}

/* Is word `i` of a store no address for sure? The first half of a descriptor is none. */
static bool no_address(const struct queue_places *q, const struct rec *r, uint32_t i)
{
    uint64_t at = r->u.mem.gpa.v + UINT64_C(8) * i;

    return queue_at(q, at) < q->count && at % 16 == 0;
}

/* In the second half of one, it is where a wait stores its status, or an IOVA. */
static bool is_iova(const struct queue_places *q, const struct rec *r, uint32_t i)
{
    uint64_t at = r->u.mem.gpa.v + UINT64_C(8) * i;

    return queue_at(q, at) < q->count && at % 16 != 0 &&
           (i == 0 || (r->u.mem.val[i - 1] & 15) != 5);
}

static bool skipped(const struct queue_places *q, const struct rec *r, uint32_t i)
{
    return no_address(q, r, i) || is_iova(q, r, i);
}

static void pages_of(struct page_list *p, const struct queue_places *q, const struct rec *r)
{
    switch (r->kind) {
    case REC_MEM:
        note(p, r->u.mem.gpa.v >> 12);
        for (uint32_t i = 0; i < r->u.mem.words; i++)
            if (!skipped(q, r, i))
                note(p, (r->u.mem.val[i] & ADDR_FIELD) >> 12);
        break;
    case REC_ZERO: note(p, r->u.zero.gpa.v >> 12); break;
    case REC_W32:
    case REC_W64:
        if (is_address(r->u.reg.off))
            note(p, (r->u.reg.val & ADDR_FIELD) >> 12);
        break;
    case REC_DMA:
        if (r->u.dma.seen == DMA_SEEN_GPA)
            note(p, r->u.dma.gpa.v >> 12);
        break;
    case REC_EXPECT:
        if (r->u.expect.op == EXPECT_MAP)
            note(p, r->u.expect.gpa.v >> 12);
        break;
    default: break;
    }
}

/* Page `a` becomes `b`, and `b` becomes `a`. */
static uint64_t swapped(uint64_t v, uint64_t a, uint64_t b)
{
    uint64_t page = (v & ADDR_FIELD) >> 12;

    if (page != a && page != b)
        return v;
    return (v & ~ADDR_FIELD) | (page == a ? b : a) << 12;
}

static struct rec swap_in(const struct queue_places *q, const struct rec *from, uint64_t a,
                          uint64_t b, uint64_t *val)
{
    struct rec r = *from;

    switch (r.kind) {
    case REC_MEM:
        for (uint32_t i = 0; i < r.u.mem.words; i++)
            val[i] = skipped(q, from, i) ? from->u.mem.val[i] : swapped(from->u.mem.val[i], a, b);
        r.u.mem.val = val;
        r.u.mem.gpa.v = swapped(r.u.mem.gpa.v, a, b);
        break;
    case REC_ZERO: r.u.zero.gpa.v = swapped(r.u.zero.gpa.v, a, b); break;
    case REC_W32:
    case REC_W64:
        if (is_address(r.u.reg.off))
            r.u.reg.val = swapped(r.u.reg.val, a, b);
        break;
    case REC_DMA: r.u.dma.gpa.v = swapped(r.u.dma.gpa.v, a, b); break;
    case REC_EXPECT: r.u.expect.gpa.v = swapped(r.u.expect.gpa.v, a, b); break;
    default: break;
    }
    return r;
}

static bool try_swap(struct shrink *s, const struct queue_places *q, uint64_t a, uint64_t b)
{
    struct arena_mark m = arena_mark(&s->t->arena);
    const struct shrink_list *l = &s->t->now;
    uint64_t val[WORDS_PER_PAGE];
    struct shrink_list renamed;

    if (shrink_over(s) || !shrink_list_new(s, l->count, &renamed))
        return false;
    for (size_t i = 0; i < l->count; i++) {
        struct rec r = swap_in(q, l->rec[i], a, b, val);

        renamed.rec[i] = shrink_rec_copy(&s->t->arena, &r);
        renamed.origin[i] = l->origin[i];
        if (!renamed.rec[i])
            s->fault = -ENOMEM;
    }
    renamed.count = l->count;
    if (!s->fault && shrink_try(s, &renamed))
        return true;
    arena_release(&s->t->arena, m);
    return false;
}

static bool settled(const struct page_list *p, size_t ranks, uint64_t page)
{
    for (size_t i = 0; i < ranks; i++)
        if (p->page[i] == page)
            return true;
    return false;
}

/* The least number that is a multiple of `align` and that no page before has. */
static uint64_t next_free(const struct page_list *p, size_t ranks, uint64_t align)
{
    uint64_t to = align;

    while (settled(p, ranks, to))
        to += align;
    return to;
}

void pass_pages(struct shrink *s)
{
    static const uint64_t aligns[] = {1, 512, UINT64_C(1) << 18}; /* of 4 KiB, 2 MiB, 1 GiB */

    if (s->t->now.count > SHRINK_SHORT)
        return;
    for (size_t rank = 0; rank < PAGES_MAX && !shrink_over(s); rank++) {
        struct page_list p = {.count = 0};
        struct queue_places q = queue_places(&s->t->now);

        for (size_t i = 0; i < s->t->now.count; i++)
            pages_of(&p, &q, s->t->now.rec[i]);
        if (rank >= p.count)
            return;
        for (size_t i = 0; i < sizeof(aligns) / sizeof(*aligns); i++) {
            uint64_t to = next_free(&p, rank, aligns[i]);

            if (to >= p.page[rank] || try_swap(s, &q, p.page[rank], to))
                break;
        }
    }
}
