/* SPDX-License-Identifier: MIT */
#include "gen/random_inside.h"

static uint64_t next64(struct random_guest *g)
{
    uint64_t z = (g->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_below(struct random_guest *g, uint64_t n)
{
    return next64(g) % n;
}

bool random_one_in(struct random_guest *g, unsigned n)
{
    return random_below(g, n) == 0;
}

struct rec *random_push(struct random_guest *g, enum rec_kind kind)
{
    struct rec *r = &g->pending[g->pendings++];

    *r = (struct rec){.kind = kind};
    return r;
}

void random_push_mem(struct random_guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi)
{
    uint64_t *w = g->pending_words[g->pendings];
    struct rec *r = random_push(g, REC_MEM);

    w[0] = lo;
    w[1] = hi;
    r->u.mem.gpa = gpa(at);
    r->u.mem.words = words;
    r->u.mem.val = w;
}

void random_push_w32(struct random_guest *g, unsigned off, uint32_t val)
{
    struct rec *r = random_push(g, REC_W32);

    r->u.reg.off = (uint16_t)off;
    r->u.reg.val = val;
}

void random_push_w64(struct random_guest *g, unsigned off, uint64_t val)
{
    struct rec *r = random_push(g, REC_W64);

    r->u.reg.off = (uint16_t)off;
    r->u.reg.val = val;
}

void random_push_desc(struct random_guest *g, uint64_t lo, uint64_t hi)
{
    random_push_mem(g, QUEUE + g->tail * 16, 2, lo, hi);
    g->tail = (g->tail + 1) % 256;
    random_push_w32(g, REG_IQT, g->tail * 16);
}

/* Table page t of 32; each is tied to one level, so that trees are sane most of the time. */
unsigned random_level_of_page(const struct random_guest *g, unsigned page)
{
    static const unsigned levels[8] = {1, 1, 1, 2, 2, 3, 4, 5};
    unsigned level = levels[page % 8];

    return level > g->levels_max ? 2 : level;
}

uint64_t random_table_page(unsigned page)
{
    return TABLES + page * 0x1000u;
}

unsigned random_page_of_level(struct random_guest *g, unsigned level)
{
    for (;;) {
        unsigned page = (unsigned)random_below(g, 32);

        if (random_level_of_page(g, page) == level)
            return page;
    }
}

/* Few indices, so that changes meet; around the interrupt window at 0xfee00000 too. */
unsigned random_index(struct random_guest *g, unsigned level)
{
    static const unsigned near_window[4] = {0, 0x1f6, 0x1f7, 0x1f8};

    if (level == 3)
        return random_one_in(g, 2) ? 3 : (unsigned)random_below(g, 5);
    if (level == 2)
        return near_window[random_below(g, 4)];
    if (level >= 4)
        return (unsigned)random_below(g, 2);
    return random_one_in(g, 4) ? 0xf0 + (unsigned)random_below(g, 32)
                               : (unsigned)random_below(g, 6);
}

static uint64_t random_entry(struct random_guest *g, unsigned level)
{
    uint64_t rights = random_one_in(g, 4) ? 1 + random_below(g, 3) : 3;
    uint64_t frame = random_one_in(g, 12) ? 0xfee00000 : 0x10000000 + (random_below(g, 16) << 12);
    uint64_t entry;

    if (random_one_in(g, 3))
        return 0;
    if (level == 1)
        entry = frame | rights;
    else if (level <= 3 && random_one_in(g, 3))
        entry = (random_below(g, 4) << (12 + 9 * (level - 1))) | 0x80 | rights;
    else
        entry = random_table_page(random_page_of_level(g, level - 1)) | rights;
    if (random_one_in(g, 25))
        entry |= UINT64_C(1) << (random_one_in(g, 2) ? 11 : 62);
    if (random_one_in(g, 60))
        entry = UINT64_MAX;
    return entry;
}

static void change_entry(struct random_guest *g)
{
    unsigned page = (unsigned)random_below(g, 32), level = random_level_of_page(g, page);

    unsigned index = random_index(g, level);

    uint64_t entry = random_entry(g, level);

    if (random_must_be_table(g, level, index))
        entry = random_table_page(random_page_of_level(g, level - 1)) | 3;
    random_push_mem(g, random_table_page(page) + 8u * index, 1, entry, 0);
}

uint16_t random_sid(struct random_guest *g)
{
    return (uint16_t)(0x10 + 8 * random_below(g, 3));
}

uint16_t random_did(struct random_guest *g)
{
    return (uint16_t)(1 + random_below(g, 3));
}

static void change_context(struct random_guest *g)
{
    unsigned levels = 3 + (unsigned)random_below(g, g->levels_max - 2);
    uint64_t lo = random_table_page(random_page_of_level(g, levels)) | 1;
    uint64_t hi = (uint64_t)random_did(g) << 8 | (levels - 2);
    uint16_t sid = random_sid(g);

    if (random_one_in(g, 4))
        lo = 0;
    else if (random_one_in(g, 6))
        lo |= 8; /* pass-through */
    else if (random_one_in(g, 15))
        lo |= 0x10; /* reserved */
    else if (random_one_in(g, 15))
        hi |= 7; /* no such width */
    if (random_one_in(g, 10))
        lo |= 2; /* fault processing disabled */
    random_push_mem(g, CONTEXT + sid * 16u, 2, lo, hi);
    if (g->careful || random_one_in(g, 2)) {
        random_push_desc(g, 0x31 | (uint64_t)sid << 32, 0);
        random_push_desc(g, 0xd2, 0);
    }
}

/* Each random number in a statement of its own: operands have no order in C. */
uint64_t random_iova(struct random_guest *g)
{
    uint64_t at = (uint64_t)random_index(g, 3) << 30;

    at |= (uint64_t)random_index(g, 2) << 21;
    at |= (uint64_t)random_index(g, 1) << 12;
    if (random_one_in(g, 20))
        at |= UINT64_C(1) << (38 + random_below(g, 18));
    return at;
}

static void invalidate(struct random_guest *g)
{
    static const unsigned masks[] = {0, 0, 0, 1, 2, 9, 9, 18};
    uint64_t domain = (uint64_t)random_did(g) << 16, at;

    switch (random_below(g, 10)) {
    case 0: random_push_desc(g, 0x11, 0); break;
    case 1: random_push_desc(g, 0x21 | domain, 0); break;
    case 2:
        at = (uint64_t)random_sid(g) << 32;
        random_push_desc(g, 0x31 | domain | at | random_below(g, 4) << 48, 0);
        break;
    case 3: random_push_desc(g, 0xd2, 0); break;
    case 4: random_push_desc(g, 0xe2 | domain, 0); break;
    case 5: random_push_desc(g, 4, 0); break;
    default:
        at = random_iova(g);
        random_push_desc(g, 0xf2 | domain, at | masks[random_below(g, 8)]);
        break;
    }
}

static void command(struct random_guest *g)
{
    switch (random_below(g, 6)) {
    case 0: g->gcmd ^= GCMD_TE; break;
    case 1: random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP); return;
    case 2: random_push_w64(g, REG_RTADDR, random_one_in(g, 3) ? 0x7000000 : ROOT); return;
    case 3: random_push_mem(g, ROOT, 2, random_one_in(g, 3) ? 0 : CONTEXT | 1, 0); return;
    case 4:
        random_push_desc(g, random_one_in(g, 2) ? 0 : 0xf, 0); /* no such type: the queue stops */
        random_push_w32(g, REG_FSTS, FSTS_IQE);
        random_push_mem(g, QUEUE + (g->tail + 255) % 256 * 16, 2, WAIT, STATUS);
        random_push_w32(g, REG_FSTS, FSTS_IQE);
        random_push_desc(g, WAIT, STATUS);
        return;
    default: random_push_desc(g, WAIT, STATUS); return;
    }
    random_push_w32(g, REG_GCMD, g->gcmd);
}

static void access_memory(struct random_guest *g)
{
    struct rec *r = random_push(g, REC_DMA);

    r->u.dma.bdf = bdf(random_sid(g));
    r->u.dma.access = random_one_in(g, 3) ? DMA_W : DMA_R;
    r->u.dma.iova = iova(random_iova(g));
    r->u.dma.iova.v += random_below(g, 4096);
    r->u.dma.bytes = 1;
}

/* What a fault handler does. */
static void service_faults(struct random_guest *g)
{
    random_push_w32(g, REG_FRCD_HI + 4, 0x80000000);
    random_push_w32(g, REG_FSTS, FSTS_PFO);
}

void random_start_up(struct random_guest *g)
{
    random_push_mem(g, ROOT, 2, CONTEXT | 1, 0);
    random_push_w64(g, REG_RTADDR, ROOT);
    random_push_w32(g, REG_GCMD, GCMD_SRTP);
    random_push_w64(g, REG_IQT, 0);
    random_push_w64(g, REG_IQA, QUEUE);
    g->tail = 0;
    g->gcmd = GCMD_QIE;
    random_push_w32(g, REG_GCMD, g->gcmd);
    g->gcmd |= GCMD_TE;
    random_push_w32(g, REG_GCMD, g->gcmd);
}

static void choose(struct random_guest *g)
{
    uint64_t dice = random_below(g, 100);

    if (g->wild && random_wild(g))
        return;
    if (dice < 40)
        change_entry(g);
    else if (dice < 70)
        invalidate(g);
    else if (dice < 88)
        access_memory(g);
    else if (dice < 93)
        change_context(g);
    else if (dice < 96)
        service_faults(g);
    else if (dice < 99 || !random_one_in(g, 8))
        command(g);
    else {
        random_push(g, REC_RESET);
        random_start_up(g);
    }
}

void random_guest_init(struct random_guest *g, uint64_t seed, unsigned levels_max, bool careful)
{
    *g = (struct random_guest){.state = seed, .levels_max = levels_max, .careful = careful};
    random_start_up(g);
}

const struct rec *random_guest_next(struct random_guest *g)
{
    struct rec *r;

    if (g->next == g->pendings)
        g->next = g->pendings = 0;
    while (g->pendings == 0)
        choose(g);
    r = &g->pending[g->next];
    if (r->kind == REC_MEM)
        r->u.mem.val = g->pending_words[g->next];
    g->next++;
    return r;
}
