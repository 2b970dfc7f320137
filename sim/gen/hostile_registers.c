/* SPDX-License-Identifier: MIT */
/* Registers in a hostile guest's hands. */
#include "gen/hostile_inside.h"

void hostile_reg(struct hostile *g, bool wide, unsigned off, uint64_t v)
{
    g->rec = (struct rec){.kind = wide ? REC_W64 : REC_W32};
    g->rec.u.reg.off = (uint16_t)off;
    g->rec.u.reg.val = wide ? v : (uint32_t)v;
    if (off == REG_IQT)
        g->tail = (unsigned)(v >> 4) & 0x7fff;
}

/* What registers are there, and what a driver would mean by them; sometimes nonsense. */
void hostile_any_register(struct hostile *g)
{
    static const uint16_t offs[] = {
        REG_GCMD,   REG_RTADDR,   REG_CCMD, REG_CCMD_HI, REG_FSTS,  REG_FECTL, REG_FEDATA,
        REG_FEADDR, REG_IQT,      REG_IQA,  REG_ICS,     REG_IECTL, REG_IRTA,  REG_IVA,
        REG_IOTLB,  REG_IOTLB_HI, REG_FRCD, REG_FRCD_HI, REG_IQH,   REG_VER,   REG_CAP};
    bool wide = hostile_one_in(g, 2), anywhere = hostile_one_in(g, 4);
    unsigned off = anywhere ? (unsigned)hostile_below(g, 1024) * 4
                            : offs[hostile_below(g, sizeof(offs) / sizeof(*offs))];
    uint64_t v = hostile_value(g);

    if (wide)
        off &= ~7u;
    hostile_reg(g, wide, off, v);
}

void hostile_command(struct hostile *g)
{
    static const uint32_t bits[] = {GCMD_TE,    GCMD_SRTP,         GCMD_QIE,         GCMD_IRE,
                                    GCMD_SIRTP, UINT32_C(1) << 29, UINT32_C(1) << 27};
    uint32_t v = GCMD_TE | GCMD_QIE;

    for (unsigned n = (unsigned)hostile_below(g, 3); n > 0; n--)
        v ^= bits[hostile_below(g, sizeof(bits) / sizeof(*bits))];
    hostile_reg(g, false, REG_GCMD, hostile_one_in(g, 16) ? (uint32_t)hostile_value(g) : v);
}

void hostile_queue_register(struct hostile *g)
{
    uint64_t size = hostile_below(g, 8), v;

    switch (hostile_below(g, 6)) {
    case 0:
        hostile_reg(g, true, REG_IQA, hostile_one_in(g, 2) ? QUEUE | size : hostile_value(g));
        break;
    case 1:
        v = hostile_value(g);
        hostile_reg(g, hostile_one_in(g, 2), REG_IQT, v);
        break;
    case 2: hostile_reg(g, false, REG_IQT, (uint32_t)hostile_below(g, 0x8000) << 4); break;
    case 3:
        v = hostile_value(g);
        hostile_reg(g, true, REG_IQH, v);
        break;
    case 4: hostile_reg(g, false, REG_FSTS, UINT32_C(0x7f)); break;
    default: hostile_reg(g, false, REG_IQT, (g->tail + 1) % 256 * 16); break;
    }
}

void hostile_root_register(struct hostile *g)
{
    bool sane = hostile_one_in(g, 3);
    uint64_t v = hostile_place(g), low = hostile_below(g, 4096);

    hostile_reg(g, true, REG_RTADDR, sane ? ROOT : v | low);
}

void hostile_by_register(struct hostile *g)
{
    uint64_t v = hostile_value(g), did = hostile_below(g, 6), kind = hostile_below(g, 4),
             am = hostile_below(g, 64);

    switch (hostile_below(g, 3)) {
    case 0: hostile_reg(g, true, REG_CCMD, CCMD_ICC | kind << CCMD_CIRG_SHIFT | did); break;
    case 1: hostile_reg(g, true, REG_IVA, (v & ~UINT64_C(0xfff)) | am); break;
    default:
        hostile_reg(g, true, REG_IOTLB, IOTLB_IVT | kind << IOTLB_IIRG_SHIFT | did << 32);
        break;
    }
}

void hostile_read(struct hostile *g)
{
    bool wide = hostile_one_in(g, 2);
    unsigned off = (unsigned)hostile_below(g, hostile_one_in(g, 4) ? 1024 : 0x8c) * 4;

    g->rec = (struct rec){.kind = wide ? REC_R64 : REC_R32};
    g->rec.u.reg.off = (uint16_t)(wide ? off & ~7u : off);
}
