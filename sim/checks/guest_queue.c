/* SPDX-License-Identifier: MIT */
/* How the guest uses the invalidation queue: GST-Q4 (a full queue), GST-Q6, GST-Q7, GST-Q9. */
#include "checks/guest.h"

#include <string.h>

typedef unsigned long long ull;

static bool bit(const uint64_t *map, uint32_t slot)
{
    return map[slot / 64] >> slot % 64 & 1;
}

static void set_bit(uint64_t *map, uint32_t slot)
{
    map[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void clear_bit(uint64_t *map, uint32_t slot)
{
    map[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

/* Slots from `from` on, round the end. */
static uint32_t distance(const struct guest_queue *q, uint32_t from, uint32_t to)
{
    return (to - from) & (q->size - 1);
}

/* The guest stores into slot `slot`; `lo`: the low word as it will be. */
static void slot_stored(struct checks *c, uint32_t slot, uint64_t lo, bool judge)
{
    struct guest_queue *q = &c->watch->q;

    /* Behind the tail and not fresh when it was handed over: the descriptor comes too late. A guest
     * that merely uses the slot again is a whole round ahead, and then another tail write was the
     * last. */
    if (judge && !q->stopped && (lo & 0xf) && bit(q->late, slot) &&
        distance(q, q->from, slot) < distance(q, q->from, q->tail)) {
        clear_bit(q->late, slot);
        chk_find(c, GST_Q6, &(struct where){.cause = c->record},
                 "A descriptor is stored to slot %u of the queue, but the tail passed it before "
                 "(IQT is 0x%x): the unit took what was there.",
                 (unsigned)slot, (unsigned)q->tail << 4);
    }
    set_bit(q->fresh, slot);
}

/* The store begins in the queue. */
void queue_slots_stored(struct checks *c, const struct rec *r)
{
    struct guest_queue *q = &c->watch->q;
    uint64_t at = r->u.mem.gpa.v, words = r->u.mem.words, offset = at - q->base;
    uint64_t lo;

    for (uint64_t w = 0; w < words && (offset + 8 * w) / 16 < q->size;) {
        uint64_t here = offset + 8 * w;

        if (here % 16 == 0)
            lo = r->u.mem.val[w];
        else if (!guest_mem_read(c->cfg.mem, gpa(q->base + here - 8), &lo))
            lo = 0;
        slot_stored(c, (uint32_t)(here / 16), lo, words <= 2);
        w += here % 16 ? 1 : 2;
    }
}

/* The slots [from, end): those not fresh come late; none is fresh any more. */
static void handed_over(struct guest_queue *q, uint32_t from, uint32_t end)
{
    while (from < end) {
        uint32_t w = from / 64, next = (w + 1) * 64 < end ? (w + 1) * 64 : end;
        uint64_t these = UINT64_MAX >> (64 - (next - from)) << from % 64;

        q->late[w] = (q->late[w] & ~these) | (~q->fresh[w] & these);
        q->fresh[w] &= ~these;
        from = next;
    }
}

static void tail_written(struct checks *c, uint64_t val)
{
    struct guest_queue *q = &c->watch->q;
    uint32_t to = (uint32_t)(val >> 4) & 0x7fff;

    q->wait_count = 0;
    if (!q->stopped && q->head == q->tail)
        q->mended = false;
    if (!q->on || to >= q->size) {
        q->tail = to;
        return;
    }
    if (q->stopped) {
        /* A guest may also take the tail back to the head; then it has stored nothing before it. */
        if (to == q->head && q->tail != to && q->tail < q->size && bit(q->fresh, q->tail) &&
            bit(q->fresh, (to - 1) & (q->size - 1)))
            chk_find(
                c, GST_Q4, &(struct where){.cause = c->record},
                "IQT 0x%llx moves the tail onto the head of a queue that stands still: full, it "
                "looks empty; one slot must stay free.",
                (ull)val);
    } else if (q->tail < q->size) {
        q->from = q->tail;
        handed_over(q, q->tail, to < q->tail ? q->size : to);
        if (to < q->tail)
            handed_over(q, 0, to);
    }
    q->tail = to;
}

/* FSTS.IQE is cleared: was anything done about what stopped the queue? */
static void error_cleared(struct checks *c)
{
    struct guest_queue *q = &c->watch->q;
    uint64_t at = q->base + (uint64_t)q->head * 16, lo, hi;

    if (q->on && q->stopped && q->has_bad && q->tail != q->head &&
        guest_mem_read(c->cfg.mem, gpa(at), &lo) && guest_mem_read(c->cfg.mem, gpa(at + 8), &hi) &&
        lo == q->bad[0] && hi == q->bad[1])
        chk_find(c, GST_Q7, &(struct where){.cause = c->record},
                 "FSTS.IQE is cleared, but the descriptor at the head (slot %u) is still "
                 "0x%016llx 0x%016llx, which stopped the queue.",
                 (unsigned)q->head, (ull)lo, (ull)hi);
    q->mended |= q->stopped;
    q->stopped = q->has_bad = false;
}

/* A register is about to be written. */
void queue_record(struct checks *c, const struct rec *r)
{
    struct guest_queue *q = &c->watch->q;
    bool wide = r->kind == REC_W64;

    if (r->u.reg.off == ARCH_IQT)
        tail_written(c, r->u.reg.val);
    else if (r->u.reg.off == ARCH_IQA)
        q->iqa = wide ? r->u.reg.val : (q->iqa >> 32 << 32) | (uint32_t)r->u.reg.val;
    else if (r->u.reg.off == ARCH_IQA + 4)
        q->iqa = (uint32_t)q->iqa | r->u.reg.val << 32;
    else if (arch_clears_iqe(r->u.reg.off, wide, r->u.reg.val))
        error_cleared(c);
}

void queue_taken(struct checks *c)
{
    struct guest_queue *q = &c->watch->q;

    if (q->on)
        q->head = (q->head + 1) & (q->size - 1);
}

/* A wait has landed: the same status, twice in one tail write, says nothing of the first. */
void queue_wait(struct checks *c, uint64_t lo, uint64_t hi)
{
    struct guest_queue *q = &c->watch->q;
    uint32_t data = (uint32_t)(lo >> 32);

    if (!(lo & 0x20) || q->mended)
        return;
    for (unsigned i = 0; i < q->wait_count; i++) {
        if (q->waits[i].at != hi || q->waits[i].data != data)
            continue;
        chk_find(c, GST_Q9, &(struct where){.cause = c->record},
                 "Two waits of one tail write store 0x%x to 0x%llx: when the first is done, the "
                 "second seems to be.",
                 (unsigned)data, (ull)hi);
        return;
    }
    if (q->wait_count < BATCH_WAITS) {
        q->waits[q->wait_count].at = hi;
        q->waits[q->wait_count++].data = data;
    }
}

void queue_refused(struct checks *c, uint64_t lo, uint64_t hi)
{
    struct guest_queue *q = &c->watch->q;

    q->has_bad = true;
    q->bad[0] = lo;
    q->bad[1] = hi;
}

void queue_error_seen(struct checks *c)
{
    c->watch->q.stopped = true;
}

void queue_gsts(struct checks *c, uint32_t before, uint32_t after)
{
    struct guest_queue *q = &c->watch->q;

    if (((before ^ after) & ARCH_QIE) == 0)
        return;
    q->on = after & ARCH_QIE;
    q->head = 0;
    if (!q->on)
        return;
    q->base = q->iqa & c->arch.addr_mask;
    q->size = UINT32_C(1) << ((q->iqa & 7) + 8);
    memset(q->fresh, 0, sizeof q->fresh);
    memset(q->late, 0, sizeof q->late);
}
