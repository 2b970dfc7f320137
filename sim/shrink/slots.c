/* SPDX-License-Identifier: MIT */
/*
 * Entries move to the first free slot of their table, and the IOVAs that lead there move with
 * them. Which level a table has is not asked: all four are tried, and the wrong ones do not fail.
 */
#include <errno.h>
#include <string.h>

#include "shrink/inside.h"
#include "vtd_regs.h"

struct move {
    uint64_t page; /* of the table */
    bool all;      /* in every table */
    uint64_t from, to;
    unsigned shift; /* of the index in an IOVA */
};

static uint64_t moved(const struct move *m, uint64_t at)
{
    uint64_t mask = UINT64_C(0x1ff) << m->shift;

    return (at & mask) == m->from << m->shift ? (at & ~mask) | m->to << m->shift : at;
}

static bool is_entry(const struct queue_places *q, const struct rec *r)
{
    return r->kind == REC_MEM && r->u.mem.words == 1 && queue_at(q, r->u.mem.gpa.v) == q->count;
}

static bool concerns(const struct move *m, const struct queue_places *q, const struct rec *r)
{
    uint64_t at = r->kind == REC_MEM ? r->u.mem.gpa.v : 0;

    return is_entry(q, r) && (m->all || at >> 12 == m->page) && (at >> 3 & 0x1ff) == m->from;
}

/* The IOVA of a descriptor that invalidates pages. */
static struct rec move_desc(const struct move *m, const struct rec *from, uint64_t *val)
{
    struct rec r = *from;

    for (uint32_t i = 0; i < r.u.mem.words; i++) {
        bool second = (r.u.mem.gpa.v / 8 + i) % 2 && i > 0;
        uint64_t type = second ? from->u.mem.val[i - 1] & 15 : 0;

        val[i] = from->u.mem.val[i];
        if (type == 2 || type == 3) /* of the IOTLB, of a device's */
            val[i] = moved(m, val[i]);
    }
    r.u.mem.val = val;
    return r;
}

static struct rec move_in(const struct move *m, const struct queue_places *q,
                          const struct rec *from, uint64_t *val)
{
    struct rec r = *from;

    if (concerns(m, q, from)) {
        r.u.mem.gpa.v += 8 * m->to - 8 * m->from;
        return r;
    }
    switch (r.kind) {
    case REC_MEM: return queue_at(q, r.u.mem.gpa.v) < q->count ? move_desc(m, from, val) : r;
    case REC_DMA: r.u.dma.iova.v = moved(m, r.u.dma.iova.v); break;
    case REC_MISS: r.u.miss.iova.v = moved(m, r.u.miss.iova.v); break;
    case REC_PIN:
    case REC_UNPIN: r.u.pin.iova.v = moved(m, r.u.pin.iova.v); break;
    case REC_EXPECT: r.u.expect.iova.v = moved(m, r.u.expect.iova.v); break;
    case REC_W64:
        if (r.u.reg.off == REG_IVA)
            r.u.reg.val = moved(m, r.u.reg.val);
        break;
    default: break;
    }
    return r;
}

static bool try_move(struct shrink *s, const struct move *m)
{
    struct arena_mark mark = arena_mark(&s->t->arena);
    const struct shrink_list *l = &s->t->now;
    struct queue_places q = queue_places(l);
    uint64_t val[WORDS_PER_PAGE];
    struct shrink_list other;

    if (shrink_over(s) || !shrink_list_new(s, l->count, &other))
        return false;
    for (size_t i = 0; i < l->count; i++) {
        struct rec r = move_in(m, &q, l->rec[i], val);

        other.rec[i] = shrink_rec_copy(&s->t->arena, &r);
        other.origin[i] = l->origin[i];
        if (!other.rec[i])
            s->fault = -ENOMEM;
    }
    other.count = l->count;
    if (!s->fault && shrink_try(s, &other))
        return true;
    arena_release(&s->t->arena, mark);
    return false;
}

/* Does a record store into this slot of the table (of any)? */
static bool used(const struct shrink_list *l, uint64_t page, bool all, uint64_t slot)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct rec *r = l->rec[i];
        uint64_t first = r->kind == REC_MEM ? r->u.mem.gpa.v / 8 : 0;

        if (r->kind == REC_MEM && (all || first / 512 == page) && first % 512 <= slot &&
            slot - first % 512 < r->u.mem.words)
            return true;
    }
    return false;
}

static void one(struct shrink *s, uint64_t at, bool all)
{
    struct move m = {.page = at >> 12, .all = all, .from = at >> 3 & 0x1ff};

    while (m.to < m.from && used(&s->t->now, m.page, all, m.to))
        m.to++;
    for (unsigned level = 1; m.to < m.from && level <= 4; level++) {
        m.shift = 3 + 9 * level;
        if (try_move(s, &m))
            return;
    }
}

void pass_slots(struct shrink *s)
{
    const struct shrink_list *l = &s->t->now;

    if (l->count > SHRINK_SHORT)
        return;
    for (unsigned all = 0; all < 2; all++)
        for (size_t i = 0; i < l->count && !shrink_over(s); i++) {
            struct queue_places q = queue_places(l);

            if (is_entry(&q, l->rec[i]))
                one(s, l->rec[i]->u.mem.gpa.v, all);
        }
}
