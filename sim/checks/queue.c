/* SPDX-License-Identifier: MIT */
/*
 * LIVE-QUEUE: the invalidation queue and the register commands make progress. Which descriptor is
 * next follows from the observations; IQH, IQT, FSTS and the busy bits are asked for at the end of
 * each record that writes a register (specification 6.5.1, 6.5.2, 11.4.9; vtd-facts 5.1-5.3, 6).
 */
#include "checks/internal.h"

typedef unsigned long long ull;

enum { REG_IQH = 0x80, REG_IQERCD = 0xb0 };

#define ARCH_IQE    UINT32_C(0x10)
#define ARCH_IQA_DW UINT64_C(0x800)

/* A register record is about to act. */
void chk_queue_record(struct checks *c, const struct rec *r)
{
    struct queue_watch *q = &c->queue;
    bool wide = r->kind == REC_W64;
    unsigned off = r->u.reg.off;
    uint64_t val = r->u.reg.val;

    chk_queue_untouched(c);
    q->wrote = true;
    if (off == ARCH_GCMD) {
        c->te_moves = (val ^ c->gsts) & ARCH_TE;
        c->te_falls = c->te_moves && !(val & ARCH_TE);
    } else if (arch_clears_iqe(off, wide, val))
        q->stopped = false;
    else if (off == ARCH_CCMD || off == ARCH_CCMD + 4)
        q->ccmd = wide ? val >> 63 : off == ARCH_CCMD + 4 && (val >> 31 & 1);
    else if (off == c->arch.iotlb_reg || off == c->arch.iotlb_reg + 4)
        q->iotlb = wide ? val >> 63 : off == c->arch.iotlb_reg + 4 && (val >> 31 & 1);
}

void chk_queue_gsts(struct checks *c, uint32_t new)
{
    struct queue_watch *q = &c->queue;

    if ((new ^ c->gsts) & ARCH_QIE)
        *q = (struct queue_watch){.on = new &ARCH_QIE,
                                  .wrote = q->wrote,
                                  .ccmd = q->ccmd,
                                  .iotlb = q->iotlb,
                                  .size = 1u << ((c->iqa & 7) + 8)};
}

/* A descriptor is executed. */
void chk_queue_taken(struct checks *c, uint64_t lo, uint64_t hi, const struct desc *d)
{
    struct queue_watch *q = &c->queue;

    if (q->stopped)
        chk_find(c, LIVE_QUEUE, &(struct where){.cause = c->record},
                 "The queue has stopped with an error that is not cleared, and should execute "
                 "nothing; however it executed the descriptor 0x%016llx 0x%016llx.",
                 (ull)lo, (ull)hi);
    else if (d->refusable)
        chk_find(c, LIVE_QUEUE, &(struct where){.cause = c->record},
                 "The descriptor 0x%016llx 0x%016llx should stop the queue, because %s; however "
                 "it was executed.",
                 (ull)lo, (ull)hi, d->wrong);
    if (!q->on)
        return;
    q->head = (q->head + 1) & (q->size - 1);
    q->told_stuck = q->told_head = false;
}

/* Can a wait's status be written? Where not, the refusal may be right. */
static bool status_fits(const struct checks *c, const struct desc *d, uint64_t lo, uint64_t hi)
{
    const struct ram_block *b;

    if (d->type != DESC_WAIT || !(lo & 0x20))
        return true;
    b = guest_mem_block_at(c->cfg.mem, gpa(hi & ~UINT64_C(7)));
    return b && !b->rom;
}

void chk_queue_refused(struct checks *c, uint64_t lo, uint64_t hi)
{
    struct desc d;

    arch_desc(&c->arch, lo, hi, false, &d);
    c->queue.refused = true;
    if ((d.wrong && d.refusable) || (c->iqa & ARCH_IQA_DW) || !status_fits(c, &d, lo, hi) ||
        (d.type == DESC_WAIT && !(lo & 0x70)))
        return;
    chk_find(c, LIVE_QUEUE, &(struct where){.cause = c->record},
             "The descriptor 0x%016llx 0x%016llx is valid and should be executed; however the "
             "queue stopped at it.",
             (ull)lo, (ull)hi);
}

void chk_queue_error(struct checks *c)
{
    c->queue.stopped = c->queue.error = true;
    c->queue.no_words = !c->queue.refused;
    c->queue.refused = false;
}

static uint64_t ask(const struct checks *c, unsigned off, unsigned bytes)
{
    return c->cfg.world.reg(c->cfg.world.sim, off, bytes);
}

static void judge_busy(struct checks *c, bool given, unsigned off, const char *name)
{
    if (given && (ask(c, off, 8) >> 63))
        chk_find(c, LIVE_QUEUE, &(struct where){.cause = c->record},
                 "A command was given by %s, and its busy bit should clear, done or refused; "
                 "however it is still set.",
                 name);
}

/* FSTS and IQERCD after an error; an IQERCD of 0 says that the cause is not available. */
static void judge_error(struct checks *c, uint32_t fsts)
{
    static const unsigned allowed[2] = {1u << 0 | 1u << 3 | 1u << 4,
                                        1u << 0 | 1u << 1 | 1u << 2 | 1u << 5 | 1u << 6 | 1u << 7};
    unsigned cause = (unsigned)ask(c, REG_IQERCD, 8) & 0xf;
    struct where w = {.cause = c->record};

    if (!(fsts & ARCH_IQE))
        chk_find(c, LIVE_QUEUE, &w,
                 "The queue has stopped with an error, so FSTS should say IQE; however it reads "
                 "0x%x.",
                 (unsigned)fsts);
    if (!(allowed[c->queue.no_words] >> cause & 1))
        chk_find(
            c, LIVE_QUEUE, &w, "The queue has stopped %s; however IQERCD gives the cause as %u.",
            c->queue.no_words ? "without a descriptor at fault" : "at a bad descriptor", cause);
}

static void judge_head(struct checks *c, uint32_t fsts)
{
    struct queue_watch *q = &c->queue;
    uint64_t head = ask(c, REG_IQH, 8), tail = ask(c, ARCH_IQT, 8) & 0x7fff0;

    if (head != (uint64_t)q->head << 4 && !q->told_head) {
        q->told_head = true;
        chk_find(c, LIVE_QUEUE, &(struct where){.cause = c->record},
                 "IQH should be at 0x%llx, where the descriptor %s is; however it reads 0x%llx.",
                 (ull)q->head << 4, fsts & ARCH_IQE ? "at fault" : "to be taken next", (ull)head);
    }
    if ((fsts & ARCH_IQE) || head == tail || q->told_stuck)
        return;
    q->told_stuck = true;
    chk_find(c, LIVE_QUEUE, &(struct where){.cause = c->record},
             "The queue is on, no error stands, and IQT is 0x%llx, so it should be drained; "
             "however it stands still at IQH 0x%llx.",
             (ull)tail, (ull)head);
}

void chk_queue_record_end(struct checks *c)
{
    struct queue_watch *q = &c->queue;
    uint32_t fsts;

    if (!q->wrote || c->aborted || !c->cfg.world.reg)
        return;
    judge_busy(c, q->ccmd, ARCH_CCMD, "CCMD");
    judge_busy(c, q->iotlb, c->arch.iotlb_reg, "the IOTLB register");
    if (!q->on)
        return;
    fsts = (uint32_t)ask(c, ARCH_FSTS, 4);
    if (q->error)
        judge_error(c, fsts);
    q->stopped = fsts & ARCH_IQE;
    judge_head(c, fsts);
}
