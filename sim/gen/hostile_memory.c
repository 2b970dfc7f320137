/* SPDX-License-Identifier: MIT */
/* Memory in a hostile guest's hands: descriptors, tables, root and context entries. */
#include "gen/dice.h"
#include "gen/hostile_inside.h"

#define ENTRIES 6u /* of a table page: more would be 512 to the power of the levels */

void hostile_store(struct hostile *g, uint64_t at, unsigned words)
{
    g->rec = (struct rec){.kind = REC_MEM};
    g->rec.u.mem.gpa = gpa(at);
    g->rec.u.mem.words = words;
    g->rec.u.mem.val = g->words;
}

void hostile_descriptor(struct hostile *g)
{
    uint64_t type = hostile_below(g, 8), lo = type | hostile_below(g, 4) << 4,
             hi = hostile_value(g);
    uint64_t sid = g->sid[hostile_below(g, g->devices)], did = hostile_below(g, 6);
    bool garbage = hostile_one_in(g, 4);
    unsigned slot = hostile_one_in(g, 8) ? (unsigned)hostile_below(g, 32768) : g->tail;

    g->words[0] =
        garbage ? hostile_value(g) : lo | did << 16 | sid << 32 | 0xc0 * (type == DESC_IOTLB);
    g->words[1] = hi;
    if (type == DESC_IOTLB && !garbage && hostile_one_in(g, 2))
        g->words[1] = (hi & ~UINT64_C(0xfbf)) | hostile_below(g, 20);
    if (type == DESC_WAIT && !garbage) {
        uint64_t flags = hostile_below(g, 8) << 4;

        g->words[0] = DESC_WAIT | flags | hi << 32;
        g->words[1] = STATUS + hostile_below(g, 1024);
    }
    hostile_store(g, QUEUE + slot * 16, 2);
}

/* Entries of one page. A few, because each may lead to a page with as many. */
static uint64_t entry(struct hostile *g)
{
    uint64_t at = hostile_place(g), perm = hostile_below(g, 4), odd;

    if (hostile_below(g, 100) >= g->density)
        return 0;
    switch (hostile_below(g, 6)) {
    case 0: odd = hostile_value(g); return odd;
    case 1: return at | perm | SS_LARGE;
    case 2: odd = hostile_below(g, 4096); return at | odd;
    case 3:
        odd = UINT64_C(1) << (g->aw_bits + hostile_below(g, 64 - g->aw_bits));
        return at | perm | odd;
    default: at = hostile_table_page(g); return at | SS_PERM;
    }
}

/* The first few, the last ones, and those at the interrupt window. */
static unsigned slot(struct hostile *g)
{
    static const uint16_t slots[ENTRIES] = {0, 1, 3, 511, 0x1f7, 0x1f6};

    return slots[hostile_below(g, ENTRIES)];
}

void hostile_table(struct hostile *g)
{
    uint64_t at = hostile_table_page(g);

    g->words[0] = entry(g);
    hostile_store(g, at + slot(g) * 8u, 1);
}

/* A page full of what is no table: leaves, holes and garbage above what a table may be. */
void hostile_full_page(struct hostile *g)
{
    uint64_t base = gen_bits(&g->dice),
             keep_out = hostile_one_in(g, 2) ? SS_LARGE : UINT64_C(0x800);

    for (unsigned i = 0; i < 512; i++)
        g->words[i] = (gen_bits(&g->dice) & (base | 0xfff) & UINT64_C(0xfffffffff)) | keep_out;
    hostile_store(g, FULL, 512);
}

void hostile_context(struct hostile *g)
{
    uint64_t sid = g->sid[hostile_below(g, g->devices)], at = hostile_place(g),
             low = hostile_below(g, 16);
    uint64_t did = hostile_below(g, 6), aw = hostile_below(g, 8);
    bool sane = hostile_one_in(g, 2);
    uint64_t top = hostile_table_page(g), half = hostile_below(g, 3);

    if (hostile_one_in(g, 16))
        sid = hostile_below(g, 256);
    g->words[0] = sane ? top | ENTRY_P : at | low;
    g->words[1] = did << 8 | (sane ? (g->aw_bits == 48 ? 1 + aw % 2 : 1) : aw);
    if (hostile_one_in(g, 8))
        g->words[half % 2] = hostile_value(g);
    if (half == 2)
        hostile_store(g, CONTEXT + (sid & 0xff) * 16, 2);
    else
        hostile_store(g, CONTEXT + (sid & 0xff) * 16, 1);
}

void hostile_root(struct hostile *g)
{
    bool sane = hostile_one_in(g, 2);
    uint64_t at = hostile_place(g), low = hostile_below(g, 4096), high = hostile_value(g);

    g->words[0] = sane ? CONTEXT | ENTRY_P : at | low;
    g->words[1] = sane ? 0 : high;
    hostile_store(g, ROOT + (hostile_one_in(g, 8) ? hostile_below(g, 256) : 0) * 16, 2);
}

/* Garbage where nobody expects it; ROM takes a guest's stores like nothing. */
void hostile_anywhere(struct hostile *g)
{
    static const uint64_t places[] = {ROOT, CONTEXT, QUEUE, QUEUE + 0x7000, STATUS};
    uint64_t at =
        places[hostile_below(g, sizeof(places) / sizeof(*places))] + hostile_below(g, 496) * 8;
    unsigned n = 1 + (unsigned)hostile_below(g, 16);

    for (unsigned i = 0; i < n; i++)
        g->words[i] = hostile_value(g);
    hostile_store(g, at, n);
}

void hostile_zero(struct hostile *g)
{
    uint64_t at = hostile_one_in(g, 4) ? FULL : hostile_table_page(g);

    g->rec = (struct rec){.kind = REC_ZERO};
    g->rec.u.zero.gpa = gpa(at);
    g->rec.u.zero.bytes = 4096;
}
