/* SPDX-License-Identifier: MIT */
/* Registers, beside commands and the queue's. */
#include "gen/random_inside.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static uint64_t context_command(struct random_guest *g)
{
    uint64_t command = CCMD_ICC | random_below(g, 4) << CCMD_CIRG_SHIFT;

    command |= (uint64_t)random_sid(g) << 16;
    command |= random_below(g, 4) << 32; /* function mask */
    return command | random_did(g);
}

/* Of a place in use; IVA first. */
static uint64_t iotlb_command(struct random_guest *g, uint64_t *address)
{
    uint64_t command = IOTLB_IVT | random_below(g, 4) << IOTLB_IIRG_SHIFT, did = random_did(g);
    struct spot s;
    unsigned am = (unsigned)random_below(g, random_one_in(g, 8) ? 64 : 19);

    *address = random_iova(g) & ~PAGE_4K_MASK;
    if (!random_one_in(g, 3) && random_spot(g, 1, &s)) {
        *address = s.iova;
        did = s.did;
    }
    if (random_one_in(g, 2) && am < 40)
        *address &= ~((UINT64_C(4096) << am) - 1);
    *address |= random_one_in(g, 3) ? 0 : am;
    return command | did << 32;
}

/* A command by register, in one write or in halves. */
static void one_command(struct random_guest *g)
{
    uint64_t command, address;
    bool halves = random_one_in(g, 4);

    if (random_one_in(g, 3)) {
        command = context_command(g);
        if (halves) {
            random_push_w32(g, REG_CCMD, (uint32_t)command);
            random_push_w32(g, REG_CCMD_HI, (uint32_t)(command >> 32));
        } else {
            random_push_w64(g, REG_CCMD, command);
        }
        return;
    }
    command = iotlb_command(g, &address);
    if (halves) {
        random_push_w32(g, REG_IVA, (uint32_t)address);
        random_push_w32(g, REG_IVA + 4, (uint32_t)(address >> 32));
        random_push_w32(g, REG_IOTLB_HI, (uint32_t)(command >> 32));
    } else {
        random_push_w64(g, REG_IVA, address);
        random_push_w64(g, REG_IOTLB, command);
    }
}

/* While the queue is off, most often. */
void random_by_register(struct random_guest *g)
{
    unsigned n = 1 + (unsigned)random_below(g, 4);

    if (g->pendings > 0 || random_one_in(g, 4)) {
        one_command(g);
        return;
    }
    random_push_desc(g, WAIT, STATUS);
    random_push_w32(g, REG_GCMD, g->gcmd & ~GCMD_QIE);
    while (n-- > 0) {
        if (random_one_in(g, 3))
            random_change_entry(g);
        one_command(g);
    }
    random_push_w64(g, REG_IQT, g->tail = 0);
    random_push_w32(g, REG_GCMD, g->gcmd);
}

/* Registers a guest has no reason to write, or not so. No message that would wake the processor. */
void random_odd_register(struct random_guest *g)
{
    static const uint16_t words[] = {
        REG_VER, REG_CAP,     REG_ECAP,   REG_GSTS, REG_FSTS, REG_ICS, REG_FEUADDR, 0x58,
        0x60,    0x64,        0x68,       0x6c,     0x70,     0x78,    REG_IQH,     0x84,
        0x8c,    REG_IEUADDR, REG_IQERCD, 0xb4,     0xc0,     0xc8,    0xd0,        0xdc,
        0xe0,    0xe4,        0xec,       0x100,    0x108,    0x200,   REG_FRCD,    0x224,
        0x228,   0x22c,       0x230,      0x30,     0xffc};
    static const uint16_t doubles[] = {REG_VER, REG_CAP, REG_ECAP, 0x58,  0x70,  0x78,
                                       REG_IQH, 0xb0,    0xc0,     0xc8,  0xd0,  0x100,
                                       0x108,   0x210,   0x220,    0x228, 0x230, UINT16_C(0xff8)};
    uint64_t bits = random_bits(g);

    if (random_one_in(g, 4))
        bits = UINT64_MAX;
    if (random_one_in(g, 4))
        random_push_w64(g, doubles[random_below(g, COUNT(doubles))], bits);
    else if (random_one_in(g, 6))
        random_push_w64(g, REG_IRTA, bits & UINT64_C(0x7ffff80f));
    else
        random_push_w32(g, words[random_below(g, COUNT(words))], (uint32_t)bits);
}

/* Masks, messages and status of the two events. */
void random_event_register(struct random_guest *g)
{
    uint32_t address = 0xfee00000 | (uint32_t)random_below(g, 256) << 12;

    switch (random_below(g, 8)) {
    case 0: random_push_w32(g, REG_FECTL, random_one_in(g, 2) ? ECTL_IM : 0); break;
    case 1: random_push_w32(g, REG_IECTL, random_one_in(g, 2) ? ECTL_IM : 0); break;
    case 2: random_push_w32(g, REG_IEDATA, (uint32_t)random_below(g, 0x100)); break;
    case 3: random_push_w32(g, REG_FEDATA, (uint32_t)random_below(g, 0x100)); break;
    case 4: random_push_w32(g, REG_IEADDR, address); break;
    case 5: random_push_w32(g, REG_FEADDR, address); break;
    case 6: random_push_w32(g, REG_ICS, ICS_IWC); break;
    default: /* an interrupt from each, one after the other */
        random_push_w32(g, REG_FECTL, 0);
        random_push_w32(g, REG_IECTL, 0);
        random_push_desc(g, DESC_WAIT | WAIT_IF, 0);
        random_access(g);
        random_push_w32(g, REG_IECTL, ECTL_IM);
        break;
    }
}

/* 64-bit registers in halves. */
void random_half_register(struct random_guest *g)
{
    uint64_t bits;

    switch (random_below(g, 8)) {
    case 0:
        random_push_w32(g, REG_RTADDR, (uint32_t)ROOT);
        random_push_w32(g, REG_RTADDR + 4, 0);
        break;
    case 1: random_push_w32(g, REG_IQA, (uint32_t)QUEUE); break;
    case 2: random_push_w32(g, REG_IQA + 4, 0); break;
    case 3: random_push_w64(g, REG_IQT, g->tail * 16); break;
    case 4:
        bits = random_bits(g);
        random_push_w32(g, REG_IOTLB, (uint32_t)bits);
        break;
    case 5:
        bits = random_bits(g) & UINT64_C(0x7ffff80f);
        random_push_w32(g, REG_IRTA, (uint32_t)bits);
        random_push_w32(g, REG_IRTA + 4, 0);
        break;
    case 6: random_push_w64(g, REG_FRCD_HI, FRCD_F); break;
    default: one_command(g); break;
    }
}

/* 64 bits where 32 are meant: QEMU ends by an assertion at most of them. */
void random_wide_register(struct random_guest *g)
{
    static const uint16_t offs[] = {REG_FECTL, REG_IECTL, REG_IEADDR, 0x30, 0x98, 0x68, 0xd8, 0xe0};
    uint64_t bits = random_bits(g) & UINT64_C(0x800000ff00000000);

    switch (random_below(g, 4)) {
    case 0: random_push_w64(g, REG_FEADDR, 0xfee01000); break;
    case 1:
    case 2: random_push_w64(g, REG_GCMD, g->gcmd | bits << 1); break;
    default: random_push_w64(g, offs[random_below(g, COUNT(offs))], bits); break;
    }
}

void random_read_register(struct random_guest *g)
{
    static const uint16_t offs[] = {
        REG_VER,     REG_CAP,    REG_ECAP,     REG_GCMD,   REG_GSTS,   REG_RTADDR,  REG_CCMD,
        REG_CCMD_HI, REG_FSTS,   REG_FECTL,    REG_FEDATA, REG_FEADDR, REG_FEUADDR, 0x58,
        0x64,        0x70,       REG_IQH,      REG_IQT,    REG_IQA,    REG_ICS,     REG_IECTL,
        REG_IEDATA,  REG_IEADDR, REG_IEUADDR,  REG_IQERCD, REG_IRTA,   0xc0,        0xdc,
        REG_IVA,     REG_IOTLB,  REG_IOTLB_HI, 0x100,      REG_FRCD,   0x224,       REG_FRCD_HI,
        0x22c,       0x230,      0xff8,        0xffc};
    uint16_t off = offs[random_below(g, COUNT(offs))];
    bool wide = random_one_in(g, 2);
    struct rec *r = random_push(g, wide ? REC_R64 : REC_R32);

    r->u.reg.off = wide ? off & (uint16_t)~7u : off;
}
