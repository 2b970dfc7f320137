/* SPDX-License-Identifier: MIT */
/*
 * COH-SHADOW: after an invalidation, what a consumer was told against what the tables say.
 * Only what changed since the last look is compared (tables stored to, ranges notified about);
 * CHECK_FULL looks at the rest too.
 */
#include "checks/shadow.h"

#include <stdio.h>

typedef unsigned long long ull;

struct mismatch {
    enum mismatch_kind kind;
    uint64_t first, last;
    struct leaf leaf;
    struct span told;
    uint64_t bytes, pieces;
};

/* The usual: its side holds [first, last] of what it was told in one mapping, with that right. */
static inline bool held_whole(const struct checks *c, struct person *p, const struct span *s,
                              uint64_t first, uint64_t last)
{
    struct held_xlat h;

    return told_state(s->meta) == TOLD_HELD && c->cfg.world.held && chk_held(c, p, first, &h) &&
           h.range.first.v <= first && h.range.last.v >= last &&
           h.gpa.v - h.range.first.v == s->gpa - s->first && h.perm == told_perm(s->meta);
}

struct look {
    struct checks *c;
    struct person *p;
    const struct ctx *x;
    struct mismatch found;
    bool again; /* the part that did not change: only what is not known is new */
};

static void note_piece(struct look *k, enum mismatch_kind kind, uint64_t first, uint64_t last,
                       const struct leaf *leaf, const struct span *told)
{
    struct mismatch *m = &k->found;

    if (k->c->cfg.mode == CHECK_FULL) {
        struct span_pos pos;
        const struct span *s = spans_seek(&k->p->known, first, &pos);

        if (k->again && s && s->first <= first && s->last >= last)
            return;
        if (!spans_add(&k->p->known, first, last))
            k->c->failed = true;
    }
    m->bytes += last - first + 1;
    if (m->kind == kind && m->pieces == 1 && m->last + 1 == first && kind == STALE) {
        m->last = last;
        return;
    }
    if (!m->pieces++)
        *m = (struct mismatch){kind,     first, last, *leaf, told ? *told : (struct span){0},
                               m->bytes, 1};
}

/* Leave out what a refusal put into ERR-CONVERGE's hands. */
static void mismatch(struct look *k, enum mismatch_kind kind, uint64_t first, uint64_t last,
                     const struct leaf *leaf, const struct span *told)
{
    struct span_pos pos;

    for (struct span *s = spans_seek(&k->p->refused, first, &pos); s && s->first <= last;
         s = spans_step(&k->p->refused, &pos)) {
        if (s->first > first)
            note_piece(k, kind, first, s->first - 1, leaf, told);
        if (s->last >= last)
            return;
        first = s->last + 1;
    }
    note_piece(k, kind, first, last, leaf, told);
}

/* One answer of the tables, [first, last], against what the consumer was told there. */
APART static void compare_leaf(struct look *k, const struct leaf *leaf, uint64_t first,
                               uint64_t last)
{
    struct span_pos pos;
    struct span *s = spans_seek(&k->p->told, first, &pos);
    uint64_t at = first;

    for (; s && s->first <= last; s = spans_step(&k->p->told, &pos)) {
        uint64_t from = s->first > first ? s->first : first, to = s->last < last ? s->last : last;
        enum mismatch_kind kind = NOTHING_WRONG;

        if (leaf->present && from > at)
            mismatch(k, MISSING, at, from - 1, leaf, NULL);
        if (!leaf->present)
            kind = STALE;
        else if (s->gpa + (from - s->first) != leaf->gpa + (from - leaf->first) ||
                 told_perm(s->meta) != leaf->perm)
            kind = DIFFERENT;
        else if (!k->again)
            kind = shadow_judge_held(k->c, k->p, s, from, to);
        if (kind != NOTHING_WRONG)
            mismatch(k, kind, from, to, leaf, s);
        if (to == last)
            return;
        at = to + 1;
    }
    if (leaf->present)
        mismatch(k, MISSING, at, last, leaf, NULL);
}

/* The usual: all of it was told as it is, in one piece. */
static bool agrees(const struct look *k, const struct leaf *leaf, uint64_t first, uint64_t last)
{
    struct span_pos ignored;
    const struct span *s = spans_seek(&k->p->told, first, &ignored);

    return leaf->present && s && s->first <= first && s->last >= last &&
           s->gpa - s->first == leaf->gpa - leaf->first && told_perm(s->meta) == leaf->perm &&
           (k->again || held_whole(k->c, k->p, s, first, last) ||
            shadow_judge_held(k->c, k->p, s, first, last) == NOTHING_WRONG);
}

static void compare(struct look *k, uint64_t first, uint64_t last)
{
    struct leaf leaf;

    for (uint64_t at = first;;) {
        uint64_t end;

        chk_lookup_run(k->c, k->x, at, last, &leaf);
        end = leaf.last < last ? leaf.last : last;
        if (!agrees(k, &leaf, at, end))
            compare_leaf(k, &leaf, at, end);
        if (end == last)
            return;
        at = end + 1;
    }
}

/* The same of one page, by itself: nothing is wrong there, whoever registered for it. */
static bool page_agrees(struct checks *c, struct person *p, const struct ctx *x, uint64_t first,
                        uint64_t last)
{
    struct look k;
    struct leaf leaf;

    k.c = c;
    k.p = p;
    k.again = false; /* all that agrees() reads */
    chk_lookup(c, x, first, &leaf);
    return agrees(&k, &leaf, first, last);
}

/* CHECK_FULL: what did not change, too. */
APART static void compare_rest(struct look *k, uint64_t first, uint64_t last)
{
    uint64_t from, to;

    k->again = true;
    for (; dirty_seek(&k->p->dirty, first, last, &from, &to); first = to + 1) {
        if (from > first)
            compare(k, first, from - 1);
        if (to >= last)
            return;
    }
    compare(k, first, last);
}

static void compare_changed(struct look *k, uint64_t first, uint64_t last)
{
    uint64_t from, to;

    k->again = false;
    for (uint64_t at = first; dirty_seek(&k->p->dirty, at, last, &from, &to); at = to + 1) {
        uint64_t end = to < last ? to : last;

        from = from > first ? from : first;
        if (k->c->cfg.mode == CHECK_FULL && !spans_cut(&k->p->known, from, end))
            k->c->failed = true;
        compare(k, from, end);
        if (to >= last)
            break;
    }
    if (k->c->cfg.mode == CHECK_FULL)
        compare_rest(k, first, last);
}

static void tell(struct checks *c, const struct person *p, const struct mismatch *m,
                 const struct desc *d)
{
    char what[DESC_TEXT], more[64] = "", tables[96];
    struct ctx x = chk_context(c, p->bdf);
    struct leaf leaf;
    struct where w = {p, true, iova_range(m->first, m->last), 0};

    chk_lookup(c, &x, m->first, &leaf);
    w.cause = chk_story_of(c, leaf.word_gpa);
    if (!w.cause && m->kind != MISSING)
        w.cause = told_record(m->told.meta);
    if (m->pieces > 1)
        snprintf(more, sizeof more, " (and %llu more places, 0x%llx bytes in all)",
                 (ull)m->pieces - 1, (ull)m->bytes);
    if (m->leaf.present)
        snprintf(tables, sizeof tables, "to 0x%llx (%s)",
                 (ull)(m->leaf.gpa + (m->first - m->leaf.first)), chk_perm(m->leaf.perm));
    chk_describe(what, d);
    if (m->kind == MISSING)
        chk_find(c, COH_SHADOW, &w,
                 "After the %s the tables map 0x%llx-0x%llx %s, but %s was not told so and holds "
                 "nothing "
                 "there%s.",
                 what, (ull)m->first, (ull)m->last, tables, p->name, more);
    else if (m->kind == STALE)
        chk_find(c, COH_SHADOW, &w,
                 "After the %s the tables map nothing at 0x%llx-0x%llx, but %s was last told MAP "
                 "to 0x%llx "
                 "(%s, record %llu) and never UNMAP%s.",
                 what, (ull)m->first, (ull)m->last, p->name,
                 (ull)(m->told.gpa + (m->first - m->told.first)), chk_perm(told_perm(m->told.meta)),
                 (ull)told_record(m->told.meta), more);
    else if (m->kind == DIFFERENT)
        chk_find(c, COH_SHADOW, &w,
                 "After the %s the tables map 0x%llx-0x%llx %s, but %s was last told MAP to 0x%llx "
                 "(%s, record "
                 "%llu)%s.",
                 what, (ull)m->first, (ull)m->last, tables, p->name,
                 (ull)(m->told.gpa + (m->first - m->told.first)), chk_perm(told_perm(m->told.meta)),
                 (ull)told_record(m->told.meta), more);
    else
        chk_find(c, COH_SHADOW, &w,
                 "%s was told MAP 0x%llx-0x%llx %s in record %llu, all of it RAM; after the %s its "
                 "side should "
                 "hold that, but it %s%s.",
                 p->name, (ull)m->first, (ull)m->last, tables, (ull)told_record(m->told.meta), what,
                 m->kind == UNASKED ? "was never asked to" : "does not", more);
}

/* What was told in the notifiers' ranges, as far as the invalidation reaches. */
APART static void compare_registered(struct checks *c, struct person *p, const struct ctx *x,
                                     const struct desc *d)
{
    struct look k;

    k.c = c;
    k.p = p;
    k.x = x;
    k.again = false;
    k.found.kind = NOTHING_WRONG;
    k.found.bytes = k.found.pieces = 0; /* all that is read before the first */
    for (unsigned n = 0; n < p->regs; n++) {
        struct iova_range r = p->reg[n].range;

        if (d->first <= r.last.v && r.first.v <= d->last && r.first.v <= r.last.v &&
            (p->reg[n].flags & NOTIFY_MAP))
            compare_changed(&k, d->first > r.first.v ? d->first : r.first.v,
                            d->last < r.last.v ? d->last : r.last.v);
    }
    if (k.found.pieces)
        tell(c, p, &k.found, d);
}

static bool concerns(const struct checks *c, const struct person *p, const struct ctx *x,
                     const struct desc *d)
{
    bool of_domain = (x->kind == CTX_TABLES || x->kind == CTX_PASS) && x->did == d->did;

    if (d->scope == SCOPE_GLOBAL)
        return true;
    if (d->type == DESC_IOTLB || d->scope == SCOPE_DOMAIN)
        return of_domain;
    return arch_names(d, p->bdf.v) &&
           (of_domain || d->did == 0 || chk_had_domain(c, p->bdf, d->did));
}

/* An invalidation has completed. */
void chk_shadow(struct checks *c, const struct desc *d)
{
    uint64_t first = d->first, last = d->last;

    if (!(c->gsts & ARCH_TE) || c->root_bad || d->scope == SCOPE_BAD ||
        (d->type != DESC_IOTLB && d->type != DESC_CC))
        return;
    for (size_t i = 0; i < c->persons; i++) {
        struct person *p = c->people[i];
        const struct device_state *dev;
        const struct ctx *x;

        if (!chk_shadows(p) || !(dev = chk_device(c, p->bdf, false)) || !dev->translated)
            continue;
        if (c->cfg.mode == CHECK_FAST && !dirty_touch(&p->dirty, first, last) && !p->owes)
            continue;
        x = chk_context_of(c, p->bdf); /* nobody asks for another meanwhile */
        if (x->kind == CTX_PASS || !concerns(c, p, x, d))
            continue;
        if (p->owes)
            chk_converge(c, p, x, d);
        if (c->cfg.mode != CHECK_FAST || !dirty_page(first, last) ||
            !page_agrees(c, p, x, first, last))
            compare_registered(c, p, x, d);
        if (!dirty_cut(&p->dirty, first, last))
            c->failed = true;
    }
}
