/* SPDX-License-Identifier: MIT */
/* What no driver does on purpose: bad descriptors, recovery, commands by register, odd targets. */
#include "gen/random_inside.h"

static uint64_t next_bits(struct random_guest *g)
{
    uint64_t high = random_below(g, UINT64_C(1) << 32);

    return high << 32 | random_below(g, UINT64_C(1) << 32);
}

/* Descriptors that stop a queue: types, reserved bits, granularities, masks, waits. */
static void bad_descriptor(struct random_guest *g)
{
    static const struct {
        uint64_t lo, hi;
    } bad[] = {
        {0x00, 0}, /* no type */
        {0x0f, 0}, /* no such type */
        {0x06, 0}, /* process-based: scalable mode */
        {0x08, 0},
        {0x01, 0}, /* context cache, no granularity */
        {0x02, 0}, /* IOTLB, no granularity */
        {0x11, 1}, /* reserved bits of each type */
        {0x8031, 0},
        {0x12, 1},
        {0xf0000000000000d2, 0},
        {0x1000d2, 1},
        {0xf2 | 1 << 16, 0x80},
        {0xf2 | 1 << 16, 0x3f}, /* masks beyond what CAP says */
        {0xf2 | 1 << 16, 0x13},
        {0x05, STATUS},            /* a wait that does nothing */
        {0x200000025, STATUS | 2}, /* misaligned */
        {0x200000025, 0xf0000000}, /* no memory there */
        {0x200000125, STATUS},     /* reserved bit */
        {0x200000065, STATUS},     /* fence and status */
        {0x45, STATUS},            /* fence alone */
        {0x15, STATUS},            /* interrupt alone */
        {0x200000024, STATUS},     /* an interrupt-entry invalidation with such bits */
        {0x14, 0},
        {0x04 | UINT64_C(0x1f) << 27, 0},
    };
    uint64_t i = random_below(g, sizeof(bad) / sizeof(*bad) + 2), lo, hi;

    g->stuck = true;
    g->bad_slot = g->tail;
    if (random_one_in(g, 60)) { /* status and interrupt: QEMU 7.2 dies of it */
        random_push_desc(g, 0x200000035, STATUS);
        return;
    }
    if (i < sizeof(bad) / sizeof(*bad)) {
        random_push_desc(g, bad[i].lo, bad[i].hi);
        return;
    }
    lo = next_bits(g);
    lo = lo >> random_below(g, 60) << 4;
    lo |= 1 + random_below(g, 5);
    hi = random_one_in(g, 2) ? 0 : next_bits(g);
    random_push_desc(g, lo, hi >> random_below(g, 60));
}

/* As a driver would: mend the slot, clear the error, write the tail again. Or some of it. */
static void recover(struct random_guest *g)
{
    bool all = !random_one_in(g, 3);

    if (all || random_one_in(g, 2))
        random_push_mem(g, QUEUE + g->bad_slot * 16, 2, WAIT, STATUS);
    if (all || random_one_in(g, 2))
        random_push_w32(g, REG_FSTS, FSTS_IQE);
    if (all || random_one_in(g, 2))
        random_push_desc(g, WAIT, STATUS);
    g->stuck = !all;
}

static uint64_t iotlb_command(struct random_guest *g)
{
    uint64_t command = IOTLB_IVT | random_below(g, 4) << IOTLB_IIRG_SHIFT;

    return command | (uint64_t)random_did(g) << 32;
}

static uint64_t context_command(struct random_guest *g)
{
    uint64_t command = CCMD_ICC | random_below(g, 4) << CCMD_CIRG_SHIFT;

    command |= (uint64_t)random_sid(g) << 16;
    command |= random_below(g, 4) << 32; /* function mask */
    return command | random_did(g);
}

static uint64_t command_address(struct random_guest *g)
{
    uint64_t at = random_iova(g);

    return at | (random_one_in(g, 8) ? 19 : random_below(g, 10));
}

/* A command by register while the queue is on or off, in one write or in halves. */
static void by_register(struct random_guest *g)
{
    uint64_t command;

    if (random_one_in(g, 2)) {
        random_push_w64(g, REG_IVA, command_address(g));
        random_push_w64(g, REG_IOTLB, iotlb_command(g));
        return;
    }
    command = context_command(g);
    if (random_one_in(g, 2)) {
        random_push_w64(g, REG_CCMD, command);
    } else {
        random_push_w32(g, REG_CCMD, (uint32_t)command);
        random_push_w32(g, REG_CCMD_HI, (uint32_t)(command >> 32));
    }
}

/* Off, and on again, at another place or from another slot. */
static void restart_queue(struct random_guest *g)
{
    random_push_w32(g, REG_GCMD, g->gcmd & ~GCMD_QIE);
    if (random_one_in(g, 2))
        random_push_w64(g, REG_IQT, g->tail = random_one_in(g, 3) ? 3 : 0);
    if (random_one_in(g, 2))
        random_push_w64(g, REG_IQA, QUEUE | (random_one_in(g, 3) ? random_below(g, 8) : 0));
    while (random_one_in(g, 2) && g->pendings < 8)
        by_register(g);
    random_push_w32(g, REG_GCMD, g->gcmd);
    g->stuck = false;
}

/* Several descriptors behind one tail. */
static void batch(struct random_guest *g)
{
    unsigned n = 2 + (unsigned)random_below(g, 5);

    for (unsigned i = 0; i < n; i++) {
        uint64_t domain = (uint64_t)random_did(g) << 16, at = 0;
        bool psi = !random_one_in(g, 4);

        if (psi)
            at = random_iova(g);
        if (psi)
            at |= random_below(g, 4);
        random_push_mem(g, QUEUE + g->tail * 16, 2, psi ? 0xf2 | domain : 0xe2 | domain, at);
        g->tail = (g->tail + 1) % QUEUE_SLOTS;
    }
    random_push_desc(g, WAIT + (random_below(g, 4) << 32), STATUS);
}

/* A page of a table at once: whole, or only its beginning. */
static void fill_table(struct random_guest *g)
{
    unsigned page = (unsigned)random_below(g, 32), n = 2 + (unsigned)random_below(g, 6);
    uint64_t at = random_table_page(page), target = 0x20000000 + random_below(g, 64) * 0x200000;

    if (random_level_of_page(g, page) > 1)
        return;
    for (unsigned i = 0; i < n; i++)
        random_push_mem(g, at + 16u * i, 2, (target + 0x2000u * i) | 3,
                        (target + 0x2000u * i + 0x1000) | 3);
}

/* Large pages between table and leaf; targets at the ends of memory, and where there is none. */
static void odd_target(struct random_guest *g)
{
    static const uint64_t targets[] = {0x0,         0x40000000,  0x7fe00000,   0x80000000,
                                       0xc0000,     0xe0000,     0xfed90000,   0xfee00000,
                                       0xfef00000,  0xffff0000,  0xc0000000,   0x100000000,
                                       0x17ff00000, 0x180000000, 0x3fffe00000, 0x7fffffe00000};
    unsigned page = (unsigned)random_below(g, 32), level = random_level_of_page(g, page);
    unsigned index = random_index(g, level);
    uint64_t entry = targets[random_below(g, sizeof(targets) / sizeof(*targets))];

    if (level > 3 || random_must_be_table(g, level, index))
        return;
    if (level > 1)
        entry = (entry & ~((UINT64_C(1) << (12 + 9 * (level - 1))) - 1)) | 0x80;
    entry |= 1 + random_below(g, 3);
    random_push_mem(g, random_table_page(page) + 8u * index, 1, entry, 0);
}

/* A large page becomes a table or the other way round, and somebody is told of a part, or of all.
 */
static void split_or_join(struct random_guest *g)
{
    unsigned page = random_page_of_level(g, 2), index = random_index(g, 2);
    uint64_t domain = (uint64_t)random_did(g) << 16, at = (uint64_t)random_index(g, 3) << 30;
    bool join = random_one_in(g, 2);
    uint64_t entry = 0x20000000 + random_below(g, 8) * 0x200000 + 0x83;

    if (random_must_be_table(g, 2, index))
        return;
    if (!join)
        entry = random_table_page(random_page_of_level(g, 1)) | 3;
    random_push_mem(g, random_table_page(page) + 8u * index, 1, entry, 0);
    at |= (uint64_t)index << 21;
    if (random_one_in(g, 3)) {
        random_push_desc(g, 0xe2 | domain, 0);
        return;
    }
    if (random_one_in(g, 2))
        at |= (uint64_t)random_index(g, 1) << 12;
    random_push_desc(g, 0xf2 | domain, at | (random_one_in(g, 2) ? 9 : 0));
}

/* Registers a guest has no reason to write, or not so. No message that would wake the processor. */
static void odd_register(struct random_guest *g)
{
    static const uint16_t words[] = {REG_FSTS, REG_ICS, REG_FEUADDR, REG_IEUADDR, REG_IQERCD,
                                     0x64,     0x68,    0x6c,        0xdc,        0xe0,
                                     0x100,    0x22c,   0x230,       0x30};
    uint16_t off;

    switch (random_below(g, 7)) {
    case 0: random_push_w32(g, REG_FECTL, random_one_in(g, 2) ? ECTL_IM : 0); break;
    case 1: random_push_w32(g, REG_IECTL, random_one_in(g, 2) ? ECTL_IM : 0); break;
    case 2: random_push_w32(g, REG_IEDATA, (uint32_t)random_below(g, 0x100)); break;
    case 3:
        random_push_w32(g, REG_IEADDR, 0xfee00000 | (uint32_t)random_below(g, 256) << 12);
        break;
    case 4: random_push_w64(g, REG_IRTA, next_bits(g) & UINT64_C(0x7ffff80f)); break;
    case 5: random_push_w32(g, REG_IQT, (uint32_t)(g->tail * 16 | random_below(g, 16))); break;
    default:
        off = words[random_below(g, sizeof(words) / sizeof(*words))];
        random_push_w32(g, off, (uint32_t)next_bits(g));
        break;
    }
}

/* Device-TLB: of a page, of a power of two of them, of all. */
static void device_tlb(struct random_guest *g)
{
    uint64_t lo = 3 | (uint64_t)random_sid(g) << 32, at = random_iova(g);

    switch (random_below(g, 24)) {
    case 0: random_push_desc(g, lo, UINT64_C(0xfffffffffffff001)); break;
    case 1: random_push_desc(g, lo | UINT64_C(1) << 4, at); break; /* reserved */
    case 2:
    case 3:
    case 4: random_push_desc(g, lo, at | 1 | 0x7000); break;
    default: random_push_desc(g, lo, at); break;
    }
}

static void odd_command(struct random_guest *g)
{
    switch (random_below(g, 6)) {
    case 0: random_push_w32(g, REG_GCMD, g->gcmd ^= GCMD_IRE); break;
    case 1: random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SIRTP); break;
    case 2: random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP); break;
    case 3: random_push_w32(g, REG_GCMD, (g->gcmd ^= GCMD_TE) | GCMD_SRTP); break;
    case 4: random_push_w32(g, REG_GCMD, (uint32_t)next_bits(g) & 0x1affffff); break;
    default: random_push_w32(g, REG_GCMD, g->gcmd); break;
    }
}

bool random_wild(struct random_guest *g)
{
    if (g->stuck && random_one_in(g, 6)) {
        recover(g);
        return true;
    }
    switch (random_below(g, 60)) {
    case 0: bad_descriptor(g); return true;
    case 1: random_one_in(g, 3) ? restart_queue(g) : recover(g); return true;
    case 2:
    case 3: by_register(g); return true;
    case 4:
    case 5:
    case 6: batch(g); return true;
    case 7:
    case 8: fill_table(g); return g->pendings > 0;
    case 9:
    case 10:
    case 11: odd_target(g); return g->pendings > 0;
    case 12: odd_register(g); return true;
    case 14:
    case 15:
    case 16:
    case 17: split_or_join(g); return g->pendings > 0;
    case 13:
        if (random_one_in(g, 3))
            odd_command(g);
        else if (g->device_iotlb)
            device_tlb(g);
        return g->pendings > 0;
    default: return false;
    }
}
