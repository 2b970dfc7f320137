/* SPDX-License-Identifier: MIT */
/* The register file: masks and reset values (vtd-facts 1.1, 1.2). */
#include <string.h>

#include "vtd_unit.h"

uint32_t reg32(const struct vtd_unit *u, unsigned off)
{
    return u->reg[off / 4];
}

uint64_t reg64(const struct vtd_unit *u, unsigned off)
{
    return u->reg[off / 4] | (uint64_t)u->reg[off / 4 + 1] << 32;
}

void reg32_set(struct vtd_unit *u, unsigned off, uint32_t val)
{
    u->reg[off / 4] = val;
}

void reg64_set(struct vtd_unit *u, unsigned off, uint64_t val)
{
    u->reg[off / 4] = (uint32_t)val;
    u->reg[off / 4 + 1] = (uint32_t)(val >> 32);
}

void reg32_change(struct vtd_unit *u, unsigned off, uint32_t clear, uint32_t set)
{
    u->reg[off / 4] = (u->reg[off / 4] & ~clear) | set;
}

void reg32_guest_write(struct vtd_unit *u, unsigned off, uint32_t val)
{
    unsigned i = off / 4;
    uint32_t old = u->reg[i];

    u->reg[i] = ((old & ~u->wmask[i]) | (val & u->wmask[i])) & ~(u->w1c[i] & val);
}

struct reg_row {
    uint16_t off;
    uint8_t bytes;
    uint64_t reset, wmask, w1c, womask;
};

static const struct reg_row rows[] = {
    {REG_GCMD, 4, 0, 0xff800000, 0, 0xffffffff},
    {REG_RTADDR, 8, 0, 0xfffffffffffffc00, 0, 0},
    {REG_CCMD, 8, 0, 0xe0000003ffffffff, 0, 0x00000003ffff0000},
    {REG_FSTS, 4, 0, 0, FSTS_PFO | FSTS_IQE, 0},
    {REG_FECTL, 4, ECTL_IM, ECTL_IM, 0, 0},
    {REG_FEDATA, 4, 0, 0x0000ffff, 0, 0},
    {REG_FEADDR, 4, 0, 0xfffffffc, 0, 0},
    {REG_IQT, 8, 0, 0x7fff0, 0, 0},
    {REG_IQA, 8, 0, 0xfffffffffffff807, 0, 0},
    {REG_ICS, 4, 0, 0, ICS_IWC, 0},
    {REG_IECTL, 4, ECTL_IM, ECTL_IM, 0, 0},
    {REG_IEDATA, 4, 0, 0xffffffff, 0, 0},
    {REG_IEADDR, 4, 0, 0xfffffffc, 0, 0},
    {REG_IRTA, 8, 0, 0xfffffffffffff80f, 0, 0},
    {REG_IVA, 8, 0, 0xfffffffffffff07f, 0, 0xfffffffffffff07f},
    {REG_IOTLB, 8, 0, 0xb003ffff00000000, 0, 0},
    {REG_FRCD_HI, 8, 0, 0, FRCD_F, 0},
};

static void set_row(struct vtd_unit *u, const struct reg_row *r)
{
    unsigned i = r->off / 4;

    for (unsigned half = 0; half < r->bytes / 4u; half++) {
        u->reg[i + half] = (uint32_t)(r->reset >> 32 * half);
        u->wmask[i + half] = (uint32_t)(r->wmask >> 32 * half);
        u->w1c[i + half] = (uint32_t)(r->w1c >> 32 * half);
        u->womask[i + half] = (uint32_t)(r->womask >> 32 * half);
    }
}

void regs_reset(struct vtd_unit *u)
{
    memset(u->reg, 0, sizeof(u->reg));
    memset(u->wmask, 0, sizeof(u->wmask));
    memset(u->w1c, 0, sizeof(u->w1c));
    memset(u->womask, 0, sizeof(u->womask));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        set_row(u, &rows[i]);
    if (u->policy->upper_msi_writable && (u->ecap & ECAP_EIM)) {
        u->wmask[REG_FEUADDR / 4] = UINT32_MAX;
        u->wmask[REG_IEUADDR / 4] = UINT32_MAX;
    }
    reg32_set(u, REG_VER, u->version);
    reg64_set(u, REG_CAP, u->cap);
    reg64_set(u, REG_ECAP, u->ecap);
}
