/* SPDX-License-Identifier: MIT */
/* The guest's duties about registers and descriptors: GST-G*, GST-Q*, GST-DESC. */
#include "checks/internal.h"

typedef unsigned long long ull;

static unsigned bits_set(uint32_t v)
{
    unsigned n = 0;

    for (; v; v &= v - 1)
        n++;
    return n;
}

static void judge_gcmd(struct checks *c, uint32_t val)
{
    struct where w = {.cause = c->record};
    uint32_t off = c->gsts & ~val, on = val & ~c->gsts;
    unsigned one_shots = bits_set(val & ARCH_ONE_SHOT);
    unsigned from_gsts = bits_set((val ^ c->gsts) & ARCH_LEVELS);
    unsigned from_last = bits_set((val ^ c->last_gcmd) & ARCH_LEVELS);

    /* A level that the unit did not take over counts once, not for ever. */
    if (one_shots + (from_gsts < from_last ? from_gsts : from_last) > 1)
        chk_find(c, GST_G1, &w,
                 "GCMD 0x%x asks for more than one change at once (GSTS is 0x%x); each should be a "
                 "write of its "
                 "own.",
                 (unsigned)val, (unsigned)c->gsts);
    c->last_gcmd = val & ARCH_LEVELS;
    if ((on & ARCH_TE) && !(c->gsts & ARCH_RTPS))
        chk_find(c, GST_G3, &w,
                 "GCMD 0x%x switches translation on, but no root table is set (GSTS.RTPS is 0).",
                 (unsigned)val);
    if ((on & ARCH_QIE) && (!c->iqa_written || (c->iqt & 0x7fff0)))
        chk_find(c, GST_Q1, &w, "GCMD 0x%x switches the invalidation queue on, but %s.",
                 (unsigned)val, c->iqa_written ? "IQT is not 0" : "IQA was never written");
    if (on & ARCH_QIE)
        c->queue_ran = false;
    if ((off & ARCH_QIE) && (c->queue_broken || (c->queue_ran && c->last_type != DESC_WAIT)))
        chk_find(c, GST_Q3, &w, "GCMD 0x%x switches the invalidation queue off, but %s.",
                 (unsigned)val,
                 c->queue_broken ? "it is not empty" : "its last descriptor was no wait");
}

static void judge_iqt(struct checks *c, uint64_t val)
{
    uint64_t size = UINT64_C(1) << ((c->iqa & 7) + 8);

    c->iqt = val;
    c->queue_broken = false; /* looked at anew: a queue error says so again */
    if ((c->gsts & ARCH_QIE) && (val >> 4 & 0x7fff) >= size)
        chk_find(c, GST_Q4, &(struct where){.cause = c->record},
                 "IQT 0x%llx names slot %llu, but the queue has %llu.", (ull)val,
                 (ull)(val >> 4 & 0x7fff), (ull)size);
}

static void judge_command(struct checks *c, const char *name)
{
    if (c->gsts & ARCH_QIE)
        chk_find(c, GST_Q5, &(struct where){.cause = c->record},
                 "%s is given a command, but with queued invalidation on it should not be.", name);
}

/* A register is about to be written. */
void chk_guest_record(struct checks *c, const struct rec *r)
{
    bool wide = r->kind == REC_W64;
    unsigned off = r->u.reg.off;
    uint64_t val = r->u.reg.val;

    if (off == ARCH_GCMD) {
        judge_gcmd(c, (uint32_t)val);
    } else if (off == ARCH_IQT) {
        judge_iqt(c, val);
    } else if (off == ARCH_IQA || off == ARCH_IQA + 4) {
        c->iqa_written = true;
        if (off == ARCH_IQA)
            c->iqa = val;
        if (c->gsts & ARCH_QIE)
            chk_find(c, GST_Q2, &(struct where){.cause = c->record},
                     "IQA is written (0x%llx) while the invalidation queue is on.", (ull)val);
    } else if (arch_clears_iqe(off, wide, val)) {
        c->queue_broken = false;
    } else if ((off == ARCH_CCMD && wide && val >> 63) || (off == ARCH_CCMD + 4 && val >> 31 & 1)) {
        judge_command(c, "CCMD");
    } else if ((off == c->arch.iotlb_reg && wide && val >> 63) ||
               (off == c->arch.iotlb_reg + 4 && val >> 31 & 1)) {
        judge_command(c, "the IOTLB register");
    }
}

/* A descriptor was taken from the queue, or a register command given. */
void chk_guest_desc(struct checks *c, uint64_t lo, uint64_t hi, bool by_register,
                    const struct desc *d)
{
    if (d->wrong)
        chk_find(c, GST_DESC, &(struct where){.cause = c->record}, "%s 0x%016llx 0x%016llx: %s.",
                 by_register ? "The register command that stands for" : "The descriptor", (ull)lo,
                 (ull)hi, d->wrong);
    if (!by_register) {
        c->last_type = d->type;
        c->queue_ran = true;
    }
}

/* An invalidation has completed: does it settle a new root table? */
void chk_guest_done(struct checks *c, const struct desc *d)
{
    if (d->scope != SCOPE_GLOBAL)
        return;
    if (d->type == DESC_CC && c->root_state == ROOT_NEEDS_CC)
        c->root_state = ROOT_NEEDS_IOTLB;
    else if (d->type == DESC_IOTLB && c->root_state == ROOT_NEEDS_IOTLB)
        c->root_state = ROOT_SETTLED;
}

/* A root table was latched. */
void chk_guest_root(struct checks *c)
{
    c->root_state = c->arch.esrtps ? ROOT_SETTLED : ROOT_NEEDS_CC;
    c->root_told = false;
    c->srtp_record = c->record;
}

void chk_guest_reset(struct checks *c)
{
    c->iqa_written = c->queue_broken = c->queue_ran = c->root_told = false;
    c->iqt = c->iqa = 0;
    c->last_type = 0;
    c->last_gcmd = 0;
    c->root_state = ROOT_SETTLED;
}
