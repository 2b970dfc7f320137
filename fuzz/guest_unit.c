/* SPDX-License-Identifier: MIT */
/* Descriptors, registers, accesses, resets. */
#include "guest_inside.h"

void fuzz_psi(struct fuzz_guest *g)
{
    uint64_t domain = fuzz_did(g), at = fuzz_iova(g);
    uint8_t b = choice8(&g->in);

    fuzz_desc(g, 0xf2 | domain << 16, (at & ~PAGE_4K_MASK) | (b & 0x40) | (b & 0x1f));
}

void fuzz_dsi(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);

    if (b & 0x80)
        fuzz_desc(g, 0x12, 0);
    else
        fuzz_desc(g, 0xe2 | (uint64_t)(5 + (b & 3)) << 16, 0);
}

void fuzz_cc(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);
    uint64_t domain = (uint64_t)(5 + (b >> 2 & 3)) << 16;

    switch (b & 3) {
    case 0: fuzz_desc(g, 0x11, 0); break;
    case 1: fuzz_desc(g, 0x21 | domain, 0); break;
    default:
        fuzz_desc(g, 0x31 | domain | (uint64_t)fuzz_bdf(g).v << 32 | (uint64_t)(b >> 6) << 48, 0);
        break;
    }
}

void fuzz_wait(struct fuzz_guest *g)
{
    static const uint64_t waits[] = {WAIT, 0x15, 0x45, WAIT | 0x10, 0x05, WAIT | 0x40, WAIT, WAIT};
    uint8_t b = choice8(&g->in);

    fuzz_desc(g, waits[b & 7], STATUS | (b >> 3 & 3));
}

void fuzz_devtlb(struct fuzz_guest *g)
{
    uint64_t b = fuzz_bdf(g).v, at = fuzz_iova(g);
    uint8_t how = choice8(&g->in);

    if (how & 1)
        at |= 1 | (uint64_t)(how >> 3) << 12;
    fuzz_desc(g, 3 | b << 32 | (uint64_t)(how >> 1 & 1) << 4, at);
}

void fuzz_any_desc(struct fuzz_guest *g)
{
    uint64_t lo = choice(&g->in, 8);

    fuzz_desc(g, lo, choice(&g->in, 8));
}

/* Descriptors behind one tail. */
void fuzz_batch(struct fuzz_guest *g)
{
    unsigned n = 2 + choice_below(&g->in, 6);

    for (unsigned i = 0; i < n; i++) {
        uint8_t b = choice8(&g->in);
        uint64_t domain = (uint64_t)(5 + (b & 3)) << 16;
        uint64_t lo = b & 4 ? 0xe2 | domain : 0xf2 | domain, hi = b & 4 ? 0 : fuzz_iova(g);

        if (b & 8)
            lo = WAIT + ((uint64_t)(b >> 4) << 32), hi = STATUS;
        fuzz_mem(g, QUEUE + g->tail * 16u, 2, lo, hi);
        g->tail = (g->tail + 1) % SLOTS;
    }
    fuzz_w32(g, REG_IQT, g->tail * 16u);
}

void fuzz_command(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);

    switch (b & 7) {
    case 0:
    case 1: g->gcmd ^= GCMD_TE; break;
    case 2: fuzz_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP); return;
    case 3: fuzz_w64(g, REG_RTADDR, b & 8 ? ROOT : ROOT + (uint64_t)(b >> 4) * 0x400); return;
    case 4: g->gcmd ^= GCMD_QIE; break;
    case 5: g->gcmd ^= GCMD_IRE; break;
    case 6: fuzz_w32(g, REG_GCMD, (uint32_t)choice(&g->in, 4)); return;
    default: fuzz_w32(g, REG_GCMD, (g->gcmd ^= GCMD_TE) | GCMD_SRTP); return;
    }
    fuzz_w32(g, REG_GCMD, g->gcmd);
}

void fuzz_any_register(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);

    if (b & 0x80) {
        uint64_t val = choice(&g->in, 8);

        fuzz_w64(g, (b & 0x7fu) * 8u, val);
        return;
    }
    fuzz_w32(g, (b & 0x7fu) * 4u + (b == 0x7f ? 0x30 : 0), (uint32_t)choice(&g->in, 4));
}

/* An invalidation by register, whole or in halves. */
void fuzz_by_register(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);
    uint64_t domain = fuzz_did(g);

    if (b & 1) {
        uint64_t command = CCMD_ICC | (uint64_t)(b >> 1 & 3) << CCMD_CIRG_SHIFT | domain;

        command |= (uint64_t)fuzz_bdf(g).v << 16;
        if (b & 8) {
            fuzz_w32(g, REG_CCMD, (uint32_t)command);
            fuzz_w32(g, REG_CCMD_HI, (uint32_t)(command >> 32));
        } else {
            fuzz_w64(g, REG_CCMD, command);
        }
        return;
    }
    fuzz_w64(g, REG_IVA, fuzz_iova(g) | (b >> 4));
    fuzz_w64(g, REG_IOTLB,
             IOTLB_IVT | (uint64_t)(b >> 1 & 3) << IOTLB_IIRG_SHIFT | domain << 32);
}

/* The queue's place, size, tail; off and on again. */
void fuzz_queue(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);

    switch (b & 3) {
    case 0: fuzz_w64(g, REG_IQA, QUEUE | (b >> 2 & 7)); break;
    case 1: fuzz_w64(g, REG_IQA, QUEUE + (uint64_t)(b >> 5) * 0x1000); break;
    case 2:
        g->tail = b >> 2;
        fuzz_w32(g, REG_IQT, g->tail * 16u);
        break;
    default:
        fuzz_w32(g, REG_GCMD, g->gcmd & ~GCMD_QIE);
        fuzz_w64(g, REG_IQT, 0);
        g->tail = 0;
        fuzz_w32(g, REG_GCMD, g->gcmd |= GCMD_QIE);
        break;
    }
}

/* As a driver mends a queue that stopped, or some of it. */
void fuzz_recover(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);

    if (b & 1)
        fuzz_w32(g, REG_FSTS, b & 2 ? 0x10 : 0xff);
    if (b & 4)
        fuzz_mem(g, QUEUE + ((g->tail + SLOTS - 1) % SLOTS) * 16u, 2, WAIT, STATUS);
    if (b & 8)
        fuzz_desc(g, WAIT, STATUS);
    if (b & 16)
        fuzz_w64(g, REG_FRCD_HI, FRCD_F);
    if (b & 32)
        fuzz_w32(g, REG_FECTL, b & 64 ? ECTL_IM : 0);
}

void fuzz_read(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);
    struct rec *r = fuzz_push(g, b & 0x80 ? REC_R64 : REC_R32);

    r->u.reg.off = (uint16_t)((b & 0x7fu) * (b & 0x80 ? 8u : 4u));
}

void fuzz_dma(struct fuzz_guest *g)
{
    bdf_t b = fuzz_bdf(g);
    uint64_t at = fuzz_iova(g);
    uint8_t how = choice8(&g->in);
    struct rec *r = fuzz_push(g, REC_DMA);

    r->u.dma.bdf = b;
    r->u.dma.access = (enum dma_access)(how % 3);
    r->u.dma.iova = iova(at + (how & 0xf8u));
    r->u.dma.bytes = 4;
    if (how == 0xff)
        r->u.dma.iova = iova(choice(&g->in, 8) & ~UINT64_C(7));
}

void fuzz_reset(struct fuzz_guest *g)
{
    struct rec *r = fuzz_push(g, REC_RESET);

    r->u.reset.unit_only = choice8(&g->in) & 1;
    g->gcmd = 0;
    g->tail = 0;
}
