/* SPDX-License-Identifier: MIT */
/* What the tables in guest memory say now: one address, from the root, without any cache. */
#include "checks/internal.h"

void chk_memory_forget(struct checks *c)
{
    for (unsigned i = 0; i < CONTEXTS_HELD; i++)
        c->context->of[i].held = false;
    c->context->known = 0;
    c->context->near_id = 0;
    c->context->way[1].words = NULL;
}

static bool in(uint64_t page, uint64_t first, uint64_t last)
{
    return page >= first && page <= last;
}

static uint64_t page_bit(uint64_t page)
{
    return UINT64_C(1) << ((page >> 12) * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

/* Mark the pages of all but the lowest level, which change seldom. */
static void mark_upper(struct context_memo *m)
{
    m->upper = 0;
    for (unsigned i = 0; i < CONTEXTS_HELD; i++)
        if (m->of[i].held)
            m->upper |= page_bit(m->of[i].read[0]) | page_bit(m->of[i].read[1]);
    for (unsigned level = 2; m->known >> level; level++)
        m->upper |= page_bit(m->way[level].page);
}

void chk_memory_changes(struct checks *c, uint64_t gpa, uint64_t bytes)
{
    struct context_memo *m = c->context;
    uint64_t first = gpa & ~PAGE_4K_MASK, last = (gpa + (bytes - 1)) & ~PAGE_4K_MASK;

    if (in(m->way[1].page, first, last))
        m->way[1].words = NULL; /* where it was never written it stands elsewhere from now on */
    if (first == last && !(m->upper & page_bit(first)))
        return;
    m->near_id = 0;
    for (unsigned i = 0; i < CONTEXTS_HELD; i++)
        if (in(m->of[i].read[0], first, last) || in(m->of[i].read[1], first, last))
            m->of[i].held = false;
    for (unsigned level = 2; m->known >> level; level++) {
        if (!(m->known >> level & 1) || !in(m->way[level].page, first, last))
            continue;
        m->known &= ~0u << level; /* nothing is known of where its entries lead */
        m->way[level].words = NULL;
    }
}

/* read[]: the pages looked at. */
static struct ctx read_context(const struct checks *c, bdf_t bdf, uint64_t read[2])
{
    struct ctx none = {.kind = CTX_ABSENT, .reasons = REASON(FR_ROOT_ABSENT)};
    uint64_t lo, hi, table, at;

    at = c->root + (uint64_t)(bdf.v >> 8) * 16;
    read[0] = read[1] = at & ~PAGE_4K_MASK;
    if (!c->root_known || !guest_mem_read(c->cfg.mem, gpa(at), &lo) ||
        !guest_mem_read(c->cfg.mem, gpa(at + 8), &hi)) {
        none.reasons = REASON(FR_ROOT_ACCESS);
        return none;
    }
    switch (arch_root(&c->arch, lo, hi, &table)) {
    case ROOT_ABSENT: return none;
    case ROOT_BAD:
        none.kind = CTX_BAD;
        none.reasons = REASON(FR_ROOT_RESERVED);
        return none;
    case ROOT_TABLE: break;
    }
    at = table + (uint64_t)(bdf.v & 0xff) * 16;
    read[1] = at & ~PAGE_4K_MASK;
    if (!guest_mem_read(c->cfg.mem, gpa(at), &lo) ||
        !guest_mem_read(c->cfg.mem, gpa(at + 8), &hi)) {
        none.kind = CTX_BAD;
        none.reasons = REASON(FR_CTX_ACCESS);
        return none;
    }
    return arch_context(&c->arch, lo, hi);
}

const struct ctx *chk_context_look(const struct checks *c, bdf_t bdf)
{
    struct context_memo *m = c->context;
    bdf_t id = chk_requester(c, bdf);
    /* Of devices in a row each has a place of its own. */
    struct held_context *h = &m->of[(id.v ^ id.v >> 3) & (CONTEXTS_HELD - 1)];

    if (!h->held || !c->root_known || h->root != c->root || h->bdf.v != id.v) {
        h->ctx = read_context(c, id, h->read);
        h->bdf = id;
        h->root = c->root;
        h->held = c->root_known && !m->storing;
        mark_upper(m);
    }
    m->near_id = h->held ? bdf.v + 1u : 0;
    m->near = &h->ctx;
    return &h->ctx;
}

static void absent(struct leaf *out, uint64_t first, uint64_t bytes_mask, uint64_t word_gpa)
{
    *out = (struct leaf){
        .first = first & ~bytes_mask, .last = first | bytes_mask, .word_gpa = word_gpa};
}

/* A hole goes on while the entries beside it are as empty, up to `until`. */
static void widen(struct leaf *out, const uint64_t *words, unsigned index, uint64_t bytes,
                  uint64_t until)
{
    while (out->last < until && ++index < WORDS_PER_PAGE && !(words[index] & 3))
        out->last += bytes;
}

/* The first address bit that a table of `level` does not translate. */
#define TABLE_SHIFT(level) (12 + 9 * (level))

/* The table to begin at: the lowest on the way to iova that is known. */
static unsigned begin(struct context_memo *m, const struct ctx *x, uint64_t iova)
{
    if (m->top != x->top || m->levels != x->levels || !m->known) {
        m->top = m->way[x->levels].page = x->top;
        m->levels = x->levels;
        m->way[x->levels].perm = PERM_RW;
        m->way[x->levels].words = NULL;
        m->known = 1u << x->levels;
        mark_upper(m);
    }
    for (unsigned level = 1, shift = TABLE_SHIFT(1); level < x->levels; level++, shift += 9)
        if ((m->known >> level & 1) && !((m->way[level].iova ^ iova) >> shift))
            return level;
    return x->levels;
}

static const uint64_t *words_of(const struct checks *c, unsigned level)
{
    struct context_memo *m = c->context;
    const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(m->way[level].page));

    if (!m->storing)
        m->way[level].words = words;
    return words;
}

/* From the table of `level` to the one that its entry names. */
static void go_down(struct context_memo *m, unsigned level, uint64_t iova, uint64_t page,
                    unsigned perm)
{
    m->way[level].page = page;
    m->way[level].iova = iova;
    m->way[level].perm = perm;
    m->way[level].words = NULL;
    m->known = (m->known | 1u << level) & (~0u << level); /* those below are of another */
    if (level > 1)
        mark_upper(m);
}

/* From the table above the leaves, which is known, to another table of leaves: the way of most
 * look-ups that end in another one. False: not for this address. */
static bool next_table(const struct checks *c, const struct ctx *x, uint64_t iova)
{
    struct context_memo *m = c->context;
    uint64_t word;

    if (!(m->known & 4) || (m->way[2].iova ^ iova) >> TABLE_SHIFT(2) || m->top != x->top ||
        m->levels != x->levels || !m->way[2].words || m->storing)
        return false;
    word = m->way[2].words[arch_index(2, iova)];
    if (!(word & m->way[2].perm & PERM_RW) || (word & (c->arch.reserved[2][0] | 0x80)))
        return false;
    go_down(m, 1, iova, word & c->arch.addr_mask, m->way[2].perm & (unsigned)word);
    return words_of(c, 1);
}

/* From the lowest table known, or the top. */
APART static void walk_down(const struct checks *c, const struct ctx *x, uint64_t iova,
                            uint64_t until, struct leaf *out)
{
    struct context_memo *m = c->context;

    for (unsigned level = begin(m, x, iova), shift = TABLE_SHIFT(level - 1);; level--, shift -= 9) {
        const uint64_t *words = m->way[level].words ? m->way[level].words : words_of(c, level);
        uint64_t mask = (UINT64_C(1) << shift) - 1, at, word;
        unsigned index = (unsigned)(iova >> shift) & 511u, perm;
        bool ps;

        if (!words) {
            absent(out, iova, mask << 9 | 0x1ff, 0);
            break;
        }
        word = words[index];
        ps = level > 1 && (word & 0x80);
        at = m->way[level].page + 8 * (uint64_t)index;
        perm = m->way[level].perm & (unsigned)word;
        if (!(perm & PERM_RW) || (word & c->arch.reserved[level][ps])) { /* empty, or nonsense */
            absent(out, iova, mask, at);
            widen(out, words, index, mask + 1, until);
            break;
        }
        word &= c->arch.addr_mask;
        if (ps || level == 1) {
            *out = (struct leaf){true,         iova & ~mask,          iova | mask,
                                 word & ~mask, (enum perm)(perm & 3), at};
            break;
        }
        go_down(m, level - 1, iova, word, perm);
    }
    if (m->storing)
        m->known = 0;
}

void chk_lookup_far(const struct checks *c, const struct ctx *x, uint64_t iova, uint64_t until,
                    struct leaf *out)
{
    if (x->kind != CTX_TABLES) {
        absent(out, 0, UINT64_MAX, 0);
        return;
    }
    if (x->limit_bits < 64 && iova >> x->limit_bits) {
        *out = (struct leaf){.first = arch_last(x->limit_bits) + 1, .last = UINT64_MAX};
        return;
    }
    if (!next_table(c, x, iova) || !chk_lookup_leaf(c, iova, out))
        walk_down(c, x, iova, until, out);
}
