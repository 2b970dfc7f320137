/* SPDX-License-Identifier: MIT */
/* What the tables in guest memory say now: one address, from the root, without any cache. */
#include "checks/internal.h"

void chk_context_seen(struct checks *c, const struct obs *o)
{
    if (o->kind == OBS_RECORD)
        c->context->storing = o->u.rec->kind == REC_MEM || o->u.rec->kind == REC_ZERO;
    if (c->context->storing || o->kind == OBS_UNIT_STORE || o->kind == OBS_RESET) {
        c->context->held = false;
        c->context->words = NULL;
    }
}

static struct ctx read_context(const struct checks *c, bdf_t bdf)
{
    struct ctx none = {.kind = CTX_ABSENT, .reasons = REASON(FR_ROOT_ABSENT)};
    uint64_t lo, hi, table, at;

    at = c->root + (uint64_t)(bdf.v >> 8) * 16;
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
    if (!guest_mem_read(c->cfg.mem, gpa(at), &lo) ||
        !guest_mem_read(c->cfg.mem, gpa(at + 8), &hi)) {
        none.kind = CTX_BAD;
        none.reasons = REASON(FR_CTX_ACCESS);
        return none;
    }
    return arch_context(&c->arch, lo, hi);
}

/* Within one record a context entry is asked for again and again. */
struct ctx chk_context(const struct checks *c, bdf_t bdf)
{
    struct context_memo *m = c->context;

    bdf = chk_requester(c, bdf);
    if (m->held && c->root_known && m->root == c->root && m->bdf.v == bdf.v)
        return m->ctx;
    m->ctx = read_context(c, bdf);
    m->bdf = bdf;
    m->root = c->root;
    m->held = c->root_known && !m->storing;
    return m->ctx;
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

#define LEAVES_MASK ((UINT64_C(1) << 21) - 1) /* of what a table of leaves translates */

/* Most looks are beside the last one, or there again. */
static void keep_leaves(struct context_memo *m, const struct ctx *x, uint64_t iova,
                        const uint64_t *words, uint64_t page, unsigned perm)
{
    m->words = words;
    m->words_page = page;
    m->words_perm = perm;
    m->words_top = x->top;
    m->words_levels = x->levels;
    m->words_base = iova & ~LEAVES_MASK;
}

void chk_lookup_run(const struct checks *c, const struct ctx *x, uint64_t iova, uint64_t until,
                    struct leaf *out)
{
    struct context_memo *m = c->context;
    uint64_t page = x->top;
    unsigned perm = PERM_RW, level = x->levels;

    if (x->kind != CTX_TABLES) {
        absent(out, 0, UINT64_MAX, 0);
        return;
    }
    if (iova > arch_last(x->limit_bits)) {
        *out = (struct leaf){.first = arch_last(x->limit_bits) + 1, .last = UINT64_MAX};
        return;
    }
    if (m->words && m->words_base == (iova & ~LEAVES_MASK) && m->words_top == x->top &&
        m->words_levels == x->levels) {
        page = m->words_page;
        perm = m->words_perm;
        level = 1;
    }
    for (; level; level--) {
        uint64_t mask = arch_entry_bytes(level) - 1;
        const uint64_t *words = level == 1 && m->words && m->words_page == page
                                    ? m->words
                                    : guest_mem_page(c->cfg.mem, gpa(page));
        unsigned index = arch_index(level, iova);

        if (!words) {
            absent(out, iova, mask << 9 | 0x1ff, 0);
            return;
        }

        if (level == 1 && !m->storing)
            keep_leaves(m, x, iova, words, page, perm);

        uint64_t word = words[index], at = page + 8 * (uint64_t)index;
        enum entry_kind kind = arch_entry(&c->arch, level, word);

        perm &= (unsigned)word;
        if (kind == ENTRY_ABSENT || kind == ENTRY_BAD || !(perm & PERM_RW)) {
            absent(out, iova, mask, at);
            widen(out, words, index, mask + 1, until);
            return;
        }
        page = word & c->arch.addr_mask;
        if (kind == ENTRY_LEAF) {
            *out = (struct leaf){true,         iova & ~mask,          iova | mask,
                                 page & ~mask, (enum perm)(perm & 3), at};
            return;
        }
    }
}

void chk_lookup(const struct checks *c, const struct ctx *x, uint64_t iova, struct leaf *out)
{
    chk_lookup_run(c, x, iova, iova, out);
}
