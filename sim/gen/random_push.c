/* SPDX-License-Identifier: MIT */
/* Records being made. */
#include <string.h>

#include "gen/random_inside.h"

struct rec *random_push(struct random_guest *g, enum rec_kind kind)
{
    struct rec *r = &g->pending[g->pendings++];

    *r = (struct rec){.kind = kind};
    return r;
}

void random_push_words(struct random_guest *g, uint64_t at, unsigned words, const uint64_t *val)
{
    uint64_t *own = g->pending_words[g->pendings];
    struct rec *r = random_push(g, REC_MEM);

    if (val)
        memcpy(own, val, words * sizeof(*val));
    r->u.mem.gpa = gpa(at);
    r->u.mem.words = words;
    r->u.mem.val = val ? own : g->long_words;
}

void random_push_mem(struct random_guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi)
{
    uint64_t w[2] = {lo, hi};

    random_push_words(g, at, words, w);
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

void random_push_slot(struct random_guest *g, uint64_t lo, uint64_t hi)
{
    random_push_mem(g, QUEUE + g->tail * 16, 2, lo, hi);
    g->tail = (g->tail + 1) % g->slots;
}

void random_push_desc(struct random_guest *g, uint64_t lo, uint64_t hi)
{
    random_push_slot(g, lo, hi);
    random_push_w32(g, REG_IQT, g->tail * 16);
}

void random_push_context(struct random_guest *g, unsigned device, uint64_t lo, uint64_t hi)
{
    g->context[device][0] = lo;
    g->context[device][1] = hi;
    random_push_mem(g, CONTEXT + (g->sids[device] & 0xffu) * 16u, 2, lo, hi);
}

void random_push_entry(struct random_guest *g, unsigned page, unsigned index, uint64_t entry)
{
    g->words[page][index] = entry;
    random_push_mem(g, random_table_page(g, page) + 8u * index, 1, entry, 0);
}
