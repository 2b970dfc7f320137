/* SPDX-License-Identifier: MIT */
/* What guest memory says now: a device's context entry, the leaf of an address (tables.c). */
#ifndef VTR_CHECKS_MEMORY_H
#define VTR_CHECKS_MEMORY_H

#include "checks/state.h"

bdf_t chk_alias_of(const struct checks *c, bdf_t bdf); /* itself where it has none */
/* The id that a device's requests carry. */
static inline bdf_t chk_requester(const struct checks *c, bdf_t bdf)
{
    return c->alias_count ? chk_alias_of(c, bdf) : bdf;
}

#define LARGEST_LEAF (UINT64_C(1) << 30) /* in bytes */
struct leaf {
    bool present;
    uint64_t first, last; /* where this answer holds: the whole entry's range */
    uint64_t gpa;         /* of `first` */
    enum perm perm;       /* AND over all levels */
    uint64_t word_gpa;    /* the entry that decided */
};
/*
 * What was read of memory lately, as long as no store touches it. Most looks are at the device and
 * beside the page that was looked at last.
 */
#define CONTEXTS_HELD 4u /* a power of two */
struct context_memo {
    bool storing; /* the current record changes memory: what is read now is not held */
    struct held_context {
        bool held; /* ctx, for root and bdf */
        bdf_t bdf;
        uint64_t root; /* of the table latched */
        struct ctx ctx;
        uint64_t read[2]; /* pages that it was read from */
    } of[CONTEXTS_HELD];
    unsigned near_id; /* whom was asked for last, as asked, and 1; 0: nobody */
    const struct ctx *near;
    /* The way below `top`: of each level the table last gone through, an address that it translates
     * and the rights so far. */
    uint64_t top;
    unsigned levels;
    unsigned known; /* bit n: of level n */
    struct {
        uint64_t page, iova;
        unsigned perm;
        const uint64_t *words; /* of the page; NULL: to be asked for */
    } way[6];
    uint64_t upper; /* a bit for each page above that is not of level 1: others are none of them */
};
/* Memory is about to change, or may have: forget what was read there. */
void chk_memory_changes(struct checks *c, uint64_t gpa, uint64_t bytes);
void chk_memory_forget(struct checks *c);

/* chk_context_of another than the last. */
const struct ctx *chk_context_look(const struct checks *c, bdf_t bdf);
/* Another root, or other ids: who was asked for last is looked for anew. */
static inline void chk_context_forget(struct checks *c)
{
    c->context->near_id = 0;
}
/* Valid until another device is asked for, or memory changes. */
static inline const struct ctx *chk_context_of(const struct checks *c, bdf_t bdf)
{
    const struct context_memo *m = c->context;

    return m->near_id == bdf.v + 1u ? m->near : chk_context_look(c, bdf);
}
static inline struct ctx chk_context(const struct checks *c, bdf_t bdf)
{
    return *chk_context_of(c, bdf);
}

/* The leaf of iova in the table of leaves last gone through. False: there is none. */
static inline bool chk_lookup_leaf(const struct checks *c, uint64_t iova, struct leaf *out)
{
    const struct context_memo *m = c->context;
    unsigned index = arch_index(1, iova), perm;
    uint64_t word = m->way[1].words[index];

    perm = m->way[1].perm & (unsigned)word & PERM_RW;
    if (!perm || (word & c->arch.reserved[1][0]))
        return false;
    *out = (struct leaf){true,
                         iova & ~PAGE_4K_MASK,
                         iova | PAGE_4K_MASK,
                         word & c->arch.addr_mask,
                         (enum perm)perm,
                         m->way[1].page + 8 * (uint64_t)index};
    return true;
}
/* chk_lookup_run where the leaf does not stand in the table last looked at. */
void chk_lookup_far(const struct checks *c, const struct ctx *x, uint64_t iova, uint64_t until,
                    struct leaf *out);
/* The leaf of iova, where it stands in the table last looked at. */
static inline bool chk_lookup_near(const struct checks *c, const struct ctx *x, uint64_t iova,
                                   struct leaf *out)
{
    const struct context_memo *m = c->context;

    return (m->known & 2) && !((m->way[1].iova ^ iova) >> 21) && m->top == x->top &&
           m->levels == x->levels && x->kind == CTX_TABLES && m->way[1].words &&
           (x->limit_bits >= 64 || !(iova >> x->limit_bits)) && chk_lookup_leaf(c, iova, out);
}
/* One address; a hole may be answered for as a whole, up to `until`. */
static inline void chk_lookup_run(const struct checks *c, const struct ctx *x, uint64_t iova,
                                  uint64_t until, struct leaf *out)
{
    if (!chk_lookup_near(c, x, iova, out))
        chk_lookup_far(c, x, iova, until, out);
}
static inline void chk_lookup(const struct checks *c, const struct ctx *x, uint64_t iova,
                              struct leaf *out)
{
    chk_lookup_run(c, x, iova, iova, out);
}

#endif
