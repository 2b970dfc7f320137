/* SPDX-License-Identifier: MIT */
/* What the guest writes to its memory: root, contexts, tables. */
#include "guest_inside.h"

static void context(struct fuzz_guest *g, bdf_t b, uint64_t lo, uint64_t hi)
{
    uint64_t table = b.v >> 8 ? BUS0 + PAGE_4K_BYTES : BUS0;

    fuzz_mem(g, table + (b.v & 0xffu) * 16u, 2, lo, hi);
}

/* Two roots, two contexts, queue and translation on. A bit each leaves something out. */
void fuzz_start(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);
    unsigned other = b & 1 ? 0 : 1; /* the second device's domain and table */

    fuzz_mem(g, ROOT, 2, BUS0 | 1, 0);
    fuzz_mem(g, ROOT + 16, 2, (BUS0 + PAGE_4K_BYTES) | 1, 0);
    if (!(b & 2))
        context(g, bdf(0x10), fuzz_table(g->levels, 0) | 1, (5u << 8) | (g->levels - 2));
    if (!(b & 4))
        context(g, bdf(0x18), fuzz_table(g->levels, other) | 1,
                (uint64_t)(5 + other) << 8 | (g->levels - 2));
    fuzz_w64(g, REG_RTADDR, ROOT);
    fuzz_w64(g, REG_IQA, QUEUE);
    fuzz_w64(g, REG_IQT, 0);
    g->tail = 0;
    g->gcmd = GCMD_QIE;
    fuzz_w32(g, REG_GCMD, g->gcmd | (b & 8 ? 0 : GCMD_SRTP));
    if (!(b & 0x10))
        fuzz_desc(g, 0x11, 0);
    if (!(b & 0x20))
        fuzz_desc(g, 0x12, 0);
    if (b & 0x40)
        return;
    g->gcmd |= GCMD_TE;
    fuzz_w32(g, REG_GCMD, g->gcmd);
}

static unsigned index_of(uint64_t at, unsigned level)
{
    return (unsigned)(at >> (12 + 9 * (level - 1))) & (WORDS_PER_PAGE - 1);
}

/* Walk down to the table of `level` for `at` below top table `k`; the tables on the way are
 * written. */
static uint64_t table_for(struct fuzz_guest *g, unsigned k, uint64_t at, unsigned level)
{
    uint64_t table = fuzz_table(g->levels, k);

    for (unsigned l = g->levels; l > level; l--) {
        unsigned i = index_of(at, l);
        uint64_t below = fuzz_table(l - 1, i + k);

        fuzz_mem(g, table + 8u * i, 1, below | 3, 0);
        table = below;
    }
    return table;
}

/* Which top table, leaf level, rights, and who is told: one byte. */
static void change(struct fuzz_guest *g, bool map)
{
    uint64_t at = fuzz_iova(g), entry = 0;
    uint8_t b = choice8(&g->in), target = map ? choice8(&g->in) : 0;
    unsigned k = b & 1, level = (b & 6) == 2 ? 2 : (b & 6) == 4 ? 3 : 1;
    unsigned tell = b >> 5;
    uint64_t size = (UINT64_C(1) << (12 + 9 * (level - 1)));

    if (map) {
        entry = (UINT64_C(0x20000000) + target * UINT64_C(0x1000)) & ~(size - 1);
        if (target >= 0xf0) /* no RAM, the window, the end of RAM, ROM or not */
            entry = (UINT64_C(0xfede0000) + (target & 15) * UINT64_C(0x10000)) & ~(size - 1);
        entry |= level > 1 ? 0x80 : 0;
        entry |= b & 0x18 ? (b >> 3 & 3) : 3;
    }
    fuzz_mem(g, table_for(g, k, at, level) + 8u * index_of(at, level), 1, entry, 0);
    if (tell < 5)
        fuzz_desc(g, 0xf2 | (uint64_t)(5 + k) << 16, (at & ~(size - 1)) | 9u * (level - 1));
    else if (tell == 5)
        fuzz_desc(g, 0xe2 | (uint64_t)(5 + k) << 16, 0);
}

void fuzz_map(struct fuzz_guest *g)
{
    change(g, true);
}

void fuzz_unmap(struct fuzz_guest *g)
{
    change(g, false);
}

/* An entry of a table: to a table below, a leaf, itself, or anything. */
void fuzz_entry(struct fuzz_guest *g)
{
    uint8_t b = choice8(&g->in);
    unsigned level = 1 + (b & 7) % g->levels, k = b >> 3;
    uint64_t at = fuzz_table(level, k) + 8u * index_of(fuzz_iova(g), level < 3 ? level : 3);
    uint8_t what = choice8(&g->in);
    uint64_t entry = what & 3;

    switch (what >> 2 & 7) {
    case 0: entry = 0; break;
    case 1:
    case 2:
    case 3: entry |= fuzz_table(level > 1 ? level - 1 : 1, what >> 5); break;
    case 4: entry |= fuzz_table(1 + (what >> 5) % g->levels, k); break; /* loops, too */
    case 5: entry |= (uint64_t)(what >> 5) << 30 | 0x80; break;
    case 6: entry |= UINT64_C(0x20000000) + ((uint64_t)(what >> 5) << 21) + 0x80; break;
    default: entry = choice(&g->in, 8); break;
    }
    fuzz_mem(g, at, 1, entry, 0);
}

void fuzz_context(struct fuzz_guest *g)
{
    bdf_t b = fuzz_bdf(g);
    uint8_t how = choice8(&g->in);
    unsigned k = how & 3, levels = g->levels;
    uint64_t hi = (uint64_t)fuzz_did(g) << 8;
    uint64_t lo = fuzz_table(levels, k) | 1;

    switch (how >> 2 & 7) {
    case 0: lo = hi = 0; break;
    case 1: lo |= 2 << 2; break; /* pass-through */
    case 2: lo |= 1 << 2; break; /* device IOTLB */
    case 3: lo |= 2; break;      /* faults off */
    case 4: levels = 3; break;
    case 5: lo ^= choice(&g->in, 2); break;
    case 6: hi ^= choice(&g->in, 2); break;
    default: break;
    }
    if (hi)
        hi |= levels - 2;
    if (how & 0x20) { /* a word at a time */
        fuzz_mem(g, (b.v >> 8 ? BUS0 + PAGE_4K_BYTES : BUS0) + (b.v & 0xffu) * 16u, 1, lo, 0);
        return;
    }
    context(g, b, lo, hi);
    if (how & 0x40)
        fuzz_desc(g, 0x31 | (uint64_t)b.v << 32 | (hi >> 8 & 0xffff) << 16, 0);
    if (how & 0x80)
        fuzz_desc(g, 0xe2 | (hi >> 8 & 0xffff) << 16, 0);
}

/* Where anything of interest lies: a page, and a word of it. */
static uint64_t somewhere(struct fuzz_guest *g)
{
    static const uint64_t pages[] = {ROOT,   BUS0,       BUS0 + 0x1000, QUEUE,
                                     STATUS, 0xfedff000, 0xfef00000,    0};
    uint8_t b = choice8(&g->in);
    uint64_t page = b & 0x80 ? pages[b & 7] : fuzz_table(1 + (b >> 2) % g->levels, b);

    return page + (choice(&g->in, 2) & 0xff8);
}

/* One to eight words of any content. */
void fuzz_store(struct fuzz_guest *g)
{
    uint64_t at = somewhere(g);
    unsigned words = 1 + choice_below(&g->in, 8);
    uint64_t *w = g->words[g->pendings];
    struct rec *r = fuzz_push(g, REC_MEM);

    if ((at & PAGE_4K_MASK) + words * 8u > PAGE_4K_BYTES)
        words = 1;
    for (unsigned n = 0; n < words; n++)
        w[n] = choice(&g->in, 8);
    r->u.mem.gpa = gpa(at);
    r->u.mem.words = words;
    r->u.mem.val = w;
}

void fuzz_zero(struct fuzz_guest *g)
{
    uint64_t at = somewhere(g);
    struct rec *r = fuzz_push(g, REC_ZERO);

    r->u.zero.gpa = gpa(at);
    r->u.zero.bytes = (1 + choice(&g->in, 2)) * 8;
    if (at >= UINT64_C(0xfed00000)) /* not into the window, where there is no RAM */
        r->u.zero.bytes = 8;
}
