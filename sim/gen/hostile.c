/* SPDX-License-Identifier: MIT */
#include "gen/hostile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gen/dice.h"
#include "gen/memory.h"
#include "trace/header.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

#define ROOT     UINT64_C(0x100000)
#define CONTEXT  UINT64_C(0x101000)
#define QUEUE    UINT64_C(0x200000) /* up to 512 KiB */
#define STATUS   UINT64_C(0x300000)
#define TABLES   UINT64_C(0x400000)
#define FULL     UINT64_C(0x500000) /* a page of 512 entries, none of them a table */
#define ROM      UINT64_C(0xc0000)
#define ENTRIES  6u /* of a table page: more would be 512 to the power of the levels */

static uint64_t below(struct hostile *g, uint64_t n)
{
    return gen_below(&g->dice, n);
}

static bool one_in(struct hostile *g, unsigned n)
{
    return gen_one_in(&g->dice, n);
}

static uint64_t table_page(struct hostile *g)
{
    return TABLES + below(g, g->pages) * 4096;
}

/* Something that may mean something. */
static uint64_t place(struct hostile *g)
{
    switch (below(g, 9)) {
    case 0: return ROOT;
    case 1: return CONTEXT;
    case 2: return QUEUE;
    case 3: return STATUS;
    case 4: return UINT64_C(0xd0000000); /* no memory */
    case 5: return UINT64_C(1) << (g->aw_bits - 1 - below(g, 3));
    case 6: return FULL;
    default: return table_page(g);
    }
}

static uint64_t keep(struct hostile *g, uint64_t v)
{
    g->recent[g->recents++ % 8] = v;
    return v;
}

/* A value: nothing, everything, a bit, an address with odd low bits, an old one with a bit changed. */
static uint64_t value(struct hostile *g)
{
    uint64_t v, bit = UINT64_C(1) << below(g, 64);

    switch (below(g, 10)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return keep(g, bit);
    case 3: return keep(g, gen_bits(&g->dice));
    case 4: return keep(g, gen_bits(&g->dice) & UINT32_MAX);
    case 5: return keep(g, below(g, 256));
    case 6:
    case 7: v = place(g); return keep(g, v | below(g, 4096));
    default: v = g->recent[below(g, 8)]; return keep(g, v ^ bit);
    }
}

static void reg(struct hostile *g, bool wide, unsigned off, uint64_t v)
{
    g->rec = (struct rec){.kind = wide ? REC_W64 : REC_W32};
    g->rec.u.reg.off = (uint16_t)off;
    g->rec.u.reg.val = wide ? v : (uint32_t)v;
    if (off == REG_IQT)
        g->tail = (unsigned)(v >> 4) & 0x7fff;
}

static void store(struct hostile *g, uint64_t at, unsigned words)
{
    g->rec = (struct rec){.kind = REC_MEM};
    g->rec.u.mem.gpa = gpa(at);
    g->rec.u.mem.words = words;
    g->rec.u.mem.val = g->words;
}

/* What registers are there, and what a driver would mean by them; sometimes nonsense. */
static void any_register(struct hostile *g)
{
    static const uint16_t offs[] = {
        REG_GCMD,   REG_RTADDR, REG_CCMD,   REG_CCMD_HI,  REG_FSTS,   REG_FECTL, REG_FEDATA,
        REG_FEADDR, REG_IQT,    REG_IQA,    REG_ICS,      REG_IECTL,  REG_IRTA,  REG_IVA,
        REG_IOTLB,  REG_IOTLB_HI, REG_FRCD, REG_FRCD_HI, REG_IQH,     REG_VER,   REG_CAP};
    bool wide = one_in(g, 2), anywhere = one_in(g, 4);
    unsigned off = anywhere ? (unsigned)below(g, 1024) * 4
                            : offs[below(g, sizeof(offs) / sizeof(*offs))];
    uint64_t v = value(g);

    if (wide)
        off &= ~7u;
    reg(g, wide, off, v);
}

static void command(struct hostile *g)
{
    static const uint32_t bits[] = {GCMD_TE,    GCMD_SRTP, GCMD_QIE,          GCMD_IRE,
                                    GCMD_SIRTP, UINT32_C(1) << 29, UINT32_C(1) << 27};
    uint32_t v = GCMD_TE | GCMD_QIE;

    for (unsigned n = (unsigned)below(g, 3); n > 0; n--)
        v ^= bits[below(g, sizeof(bits) / sizeof(*bits))];
    reg(g, false, REG_GCMD, one_in(g, 16) ? (uint32_t)value(g) : v);
}

static void queue_register(struct hostile *g)
{
    uint64_t size = below(g, 8), v;

    switch (below(g, 6)) {
    case 0: reg(g, true, REG_IQA, one_in(g, 2) ? QUEUE | size : value(g)); break;
    case 1: v = value(g); reg(g, one_in(g, 2), REG_IQT, v); break;
    case 2: reg(g, false, REG_IQT, (uint32_t)below(g, 0x8000) << 4); break;
    case 3: v = value(g); reg(g, true, REG_IQH, v); break;
    case 4: reg(g, false, REG_FSTS, UINT32_C(0x7f)); break;
    default: reg(g, false, REG_IQT, (g->tail + 1) % 256 * 16); break;
    }
}

static void root_register(struct hostile *g)
{
    bool sane = one_in(g, 3);
    uint64_t v = place(g), low = below(g, 4096);

    reg(g, true, REG_RTADDR, sane ? ROOT : v | low);
}

static void descriptor(struct hostile *g)
{
    uint64_t type = below(g, 8), lo = type | below(g, 4) << 4, hi = value(g);
    uint64_t sid = g->sid[below(g, g->devices)], did = below(g, 6);
    bool garbage = one_in(g, 4);
    unsigned slot = one_in(g, 8) ? (unsigned)below(g, 32768) : g->tail;

    g->words[0] = garbage ? value(g) : lo | did << 16 | sid << 32 | 0xc0 * (type == DESC_IOTLB);
    g->words[1] = hi;
    if (type == DESC_IOTLB && !garbage && one_in(g, 2))
        g->words[1] = (hi & ~UINT64_C(0xfbf)) | below(g, 20);
    if (type == DESC_WAIT && !garbage) {
        uint64_t flags = below(g, 8) << 4;

        g->words[0] = DESC_WAIT | flags | hi << 32;
        g->words[1] = STATUS + below(g, 1024);
    }
    store(g, QUEUE + slot * 16, 2);
}

/* Entries of one page. A few, because each may lead to a page with as many. */
static uint64_t entry(struct hostile *g)
{
    uint64_t at = place(g), perm = below(g, 4), odd;

    if (below(g, 100) >= g->density)
        return 0;
    switch (below(g, 6)) {
    case 0: odd = value(g); return odd;
    case 1: return at | perm | SS_LARGE;
    case 2: odd = below(g, 4096); return at | odd;
    case 3: odd = UINT64_C(1) << (g->aw_bits + below(g, 64 - g->aw_bits)); return at | perm | odd;
    default: at = table_page(g); return at | SS_PERM;
    }
}

/* The first few, the last ones, and those at the interrupt window. */
static unsigned slot(struct hostile *g)
{
    static const uint16_t slots[ENTRIES] = {0, 1, 3, 511, 0x1f7, 0x1f6};

    return slots[below(g, ENTRIES)];
}

static void table(struct hostile *g)
{
    uint64_t at = table_page(g);

    g->words[0] = entry(g);
    store(g, at + slot(g) * 8u, 1);
}

/* A page full of what is no table: leaves, holes and garbage above what a table may be. */
static void full_page(struct hostile *g)
{
    uint64_t base = gen_bits(&g->dice), keep_out = one_in(g, 2) ? SS_LARGE : UINT64_C(0x800);

    for (unsigned i = 0; i < 512; i++)
        g->words[i] = (gen_bits(&g->dice) & (base | 0xfff) & UINT64_C(0xfffffffff)) | keep_out;
    store(g, FULL, 512);
}

static void context(struct hostile *g)
{
    uint64_t sid = g->sid[below(g, g->devices)], at = place(g), low = below(g, 16);
    uint64_t did = below(g, 6), aw = below(g, 8);
    bool sane = one_in(g, 2);
    uint64_t top = table_page(g), half = below(g, 3);

    if (one_in(g, 16))
        sid = below(g, 256);
    g->words[0] = sane ? top | ENTRY_P : at | low;
    g->words[1] = did << 8 | (sane ? (g->aw_bits == 48 ? 1 + aw % 2 : 1) : aw);
    if (one_in(g, 8))
        g->words[half % 2] = value(g);
    if (half == 2)
        store(g, CONTEXT + (sid & 0xff) * 16, 2);
    else
        store(g, CONTEXT + (sid & 0xff) * 16, 1);
}

static void root(struct hostile *g)
{
    bool sane = one_in(g, 2);
    uint64_t at = place(g), low = below(g, 4096), high = value(g);

    g->words[0] = sane ? CONTEXT | ENTRY_P : at | low;
    g->words[1] = sane ? 0 : high;
    store(g, ROOT + (one_in(g, 8) ? below(g, 256) : 0) * 16, 2);
}

/* Garbage where nobody expects it; ROM takes a guest's stores like nothing. */
static void anywhere(struct hostile *g)
{
    static const uint64_t places[] = {ROOT, CONTEXT, QUEUE, QUEUE + 0x7000, STATUS};
    uint64_t at = places[below(g, sizeof(places) / sizeof(*places))] + below(g, 496) * 8;
    unsigned n = 1 + (unsigned)below(g, 16);

    for (unsigned i = 0; i < n; i++)
        g->words[i] = value(g);
    store(g, at, n);
}

static void zero(struct hostile *g)
{
    uint64_t at = one_in(g, 4) ? FULL : table_page(g);

    g->rec = (struct rec){.kind = REC_ZERO};
    g->rec.u.zero.gpa = gpa(at);
    g->rec.u.zero.bytes = 4096;
}

static void by_register(struct hostile *g)
{
    uint64_t v = value(g), did = below(g, 6), kind = below(g, 4), am = below(g, 64);

    switch (below(g, 3)) {
    case 0: reg(g, true, REG_CCMD, CCMD_ICC | kind << CCMD_CIRG_SHIFT | did); break;
    case 1: reg(g, true, REG_IVA, (v & ~UINT64_C(0xfff)) | am); break;
    default: reg(g, true, REG_IOTLB, IOTLB_IVT | kind << IOTLB_IIRG_SHIFT | did << 32); break;
    }
}

static void access(struct hostile *g)
{
    uint64_t at = value(g) & ~UINT64_C(0xfff), off = below(g, 4096), id = below(g, 65536);
    bool known = !one_in(g, 16), low = one_in(g, 2);
    uint64_t page = below(g, 4), big = below(g, 4);
    struct rec r = {.kind = REC_DMA};

    if (low)
        at = page << 12 | big << 30;
    r.u.dma.bdf = bdf(known ? g->sid[below(g, g->devices)] : (uint16_t)(id & 0x3ff));
    r.u.dma.access = one_in(g, 2) ? DMA_W : DMA_R;
    r.u.dma.iova = iova(at | off);
    r.u.dma.bytes = 1 + (uint32_t)below(g, 4096 - off);
    g->rec = r;
}

static void read(struct hostile *g)
{
    bool wide = one_in(g, 2);
    unsigned off = (unsigned)below(g, one_in(g, 4) ? 1024 : 0x8c) * 4;

    g->rec = (struct rec){.kind = wide ? REC_R64 : REC_R32};
    g->rec.u.reg.off = (uint16_t)(wide ? off & ~7u : off);
}

static void seldom(struct hostile *g)
{
    bool on = one_in(g, 2);
    uint16_t sid = g->sid[below(g, g->devices)];

    switch (below(g, 4)) {
    case 0:
        g->rec = (struct rec){.kind = REC_RESET};
        g->begun = 0;
        break;
    case 1:
        g->rec = (struct rec){.kind = REC_ATS};
        g->rec.u.ats.bdf = bdf(sid);
        g->rec.u.ats.on = on;
        break;
    default: full_page(g); break;
    }
}

/* A unit that works, now and then: what is broken stays broken otherwise. */
static bool begin(struct hostile *g)
{
    switch (g->begun++) {
    case 0:
        g->words[0] = CONTEXT | ENTRY_P;
        g->words[1] = 0;
        store(g, ROOT, 2);
        return true;
    case 1: reg(g, true, REG_RTADDR, ROOT); return true;
    case 2: reg(g, false, REG_GCMD, GCMD_SRTP); return true;
    case 3: reg(g, true, REG_IQT, 0); return true;
    case 4: reg(g, true, REG_IQA, QUEUE); return true;
    case 5: reg(g, false, REG_FSTS, UINT32_C(0x7f)); return true;
    case 6: reg(g, false, REG_GCMD, GCMD_QIE); return true;
    case 7: reg(g, false, REG_GCMD, GCMD_QIE | GCMD_TE); return true;
    default: g->begun = 8; return false;
    }
}

const struct rec *hostile_next(struct hostile *g)
{
    static void (*const acts[])(struct hostile *) = {
        any_register, any_register, command, queue_register, queue_register, root_register,
        descriptor,   descriptor,   descriptor, table,       table,          table,
        table,        context,      context, root,           anywhere,       zero,
        by_register,  access,       access,  access,         read,           seldom};

    if (begin(g))
        return &g->rec;
    if (one_in(g, 100))
        g->begun = 0;
    if (below(g, 16) < g->calm) {
        unsigned dice = (unsigned)below(g, 4);

        if (dice == 0)
            descriptor(g);
        else if (dice == 1)
            table(g);
        else if (dice == 2)
            access(g);
        else
            reg(g, false, REG_IQT, (g->tail + 1) % 256 * 16);
        return &g->rec;
    }
    acts[below(g, sizeof(acts) / sizeof(*acts))](g);
    return &g->rec;
}

static unsigned drawn(struct hostile *g, unsigned given, unsigned base, unsigned range)
{
    unsigned n = base + (unsigned)below(g, range);

    return given ? given : n;
}

static void draw_unit(struct hostile *g, const struct hostile_options *o, struct unit_config *u)
{
    bool wide = one_in(g, 2);

    *u = unit_config_default();
    u->aw_bits = o->aw_bits ? (uint8_t)o->aw_bits : wide ? 48 : 39;
    u->caching_mode = !one_in(g, 4);
    u->pt = !one_in(g, 4);
    u->device_iotlb = one_in(g, 4);
    u->intremap = one_in(g, 2);
    u->dma_drain = !one_in(g, 4);
    g->aw_bits = u->aw_bits;
}

int hostile_open(const struct hostile_options *o, struct trace_header *h, struct hostile *g,
                 struct err *e)
{
    static const char tool[] = "gen_trace --hostile";
    char seed[32];
    int n = snprintf(seed, sizeof(seed), "%" PRIu64, o->seed), rc;

    memset(g, 0, sizeof(*g));
    g->dice = o->seed;
    if (o->knobs.depth || o->knobs.page_sizes)
        return err_set(e, EINVAL, "%s: a hostile guest does not have it",
                       o->knobs.depth ? "--depth" : "--page-sizes");
    if (o->knobs.pages > HOSTILE_PAGES)
        return err_set(e, EINVAL, "--pages: 1 to %u expected of a hostile guest", HOSTILE_PAGES);
    draw_unit(g, o, &h->unit);
    h->has_unit = true;
    g->devices = drawn(g, o->knobs.devices, 1, 4);
    g->pages = drawn(g, o->knobs.pages, 3, 10);
    g->density = drawn(g, o->knobs.density, 40, 61);
    g->calm = (unsigned)below(g, 12);
    for (unsigned i = 0; i < g->devices; i++)
        g->sid[i] = (uint16_t)(0x10 + 8 * i);
    rc = header_add_meta(h, "tool", tool, strlen(tool), e);
    if (!rc)
        rc = header_add_meta(h, "seed", seed, (size_t)n, e);
    if (!rc)
        rc = gen_add_memory(h, e);
    for (unsigned i = 0; i < g->devices && !rc; i++)
        rc = header_add_device(h, &(struct device_rec){.bdf = bdf(g->sid[i])}, e);
    return rc;
}
