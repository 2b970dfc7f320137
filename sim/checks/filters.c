/* SPDX-License-Identifier: MIT */
/* One notification against what its receiver asked for: FLT-*, ISO-*. */
#include "checks/registry.h"

typedef unsigned long long ull;

static const char *type_name(enum note_type t)
{
    static const char *const names[] = {"MAP",       "UNMAP",      "device-TLB UNMAP", "READ-MAP",
                                        "WRITE-MAP", "READ-UNMAP", "WRITE-UNMAP",      "SYNC"};

    return names[t];
}

static uint32_t type_flag(enum note_type t)
{
    static const uint32_t flags[] = {
        [NOTE_MAP] = NOTIFY_MAP,
        [NOTE_UNMAP] = NOTIFY_UNMAP,
        [NOTE_DEVTLB] = NOTIFY_DEVTLB,
        [NOTE_READ_MAP] = NOTIFY_READ_MAP,
        [NOTE_WRITE_MAP] = NOTIFY_WRITE_MAP,
        [NOTE_READ_UNMAP] = NOTIFY_READ_UNMAP,
        [NOTE_WRITE_UNMAP] = NOTIFY_WRITE_UNMAP,
        [NOTE_SYNC] = NOTIFY_SYNC,
    };

    return flags[t];
}

/* Nothing about range or kind to look at: some registration asks for it all. */
static bool asked_for(const struct person *p, const struct note *n)
{
    uint32_t flag = type_flag(n->type);

    for (unsigned i = 0; i < p->regs; i++)
        if (iova_range_covers(p->reg[i].range, n->range) && (p->reg[i].flags & flag))
            return true;
    return false;
}

APART static void judge_range(struct checks *c, const struct person *p, const struct note *n)
{
    struct where w = {p, true, n->range, c->record};
    uint32_t near = 0, all = 0;
    bool inside = p->regs_lost, touches = false;

    for (unsigned i = 0; i < p->regs; i++) {
        all |= p->reg[i].flags;
        if (!iova_range_overlap(p->reg[i].range, n->range))
            continue;
        touches = true;
        near |= p->reg[i].flags;
        inside |= iova_range_covers(p->reg[i].range, n->range);
    }
    if (!((near ? near : all) & type_flag(n->type)))
        chk_find(c, FLT_KIND, &w, "%s asked for kinds 0x%x only, but it was told %s 0x%llx-0x%llx.",
                 p->name, (unsigned)(near ? near : all), type_name(n->type), (ull)n->range.first.v,
                 (ull)n->range.last.v);
    if (!inside)
        chk_find(
            c, FLT_RANGE, &w,
            "%s registered no notifier that covers 0x%llx-0x%llx (%s), but it was told %s for it.",
            p->name, (ull)n->range.first.v, (ull)n->range.last.v,
            touches ? "it should have been clipped" : "it should have heard nothing",
            type_name(n->type));
}

/* Any range will do. */
APART static bool any_shape(const struct person *p, const struct note *n)
{
    return n->type == NOTE_SYNC || (n->type != NOTE_DEVTLB && !note_maps(n->type) &&
                                    !((p->flags | p->registered) & NOTIFY_MAP));
}

static bool well_shaped(const struct person *p, const struct note *n)
{
    uint64_t first = n->range.first.v, mask = n->range.last.v - first;
    uint64_t at = first;

    if (note_maps(n->type) != (n->perm != PERM_NONE))
        return false;
    if (n->perm != PERM_NONE)
        at |= n->gpa.v;
    return !((mask & (mask + 1)) || (at & mask)) || any_shape(p, n);
}

APART static void judge_shape(struct checks *c, const struct person *p, const struct note *n)
{
    struct where w = {p, true, n->range, c->record};
    uint64_t first = n->range.first.v, mask = n->range.last.v - first;

    if (note_maps(n->type) != (n->perm != PERM_NONE))
        chk_find(c, FLT_PERM, &w, "%s was told %s 0x%llx-0x%llx with %s; %s.", p->name,
                 type_name(n->type), (ull)first, (ull)n->range.last.v, chk_perm(n->perm),
                 note_maps(n->type) ? "a MAP carries a right" : "an UNMAP carries none");
    if (any_shape(p, n))
        return;
    if (mask & (mask + 1))
        chk_find(
            c, FLT_MASK, &w,
            "%s was told %s 0x%llx-0x%llx, whose size is no power of two; it should have come in "
            "naturally aligned pieces.",
            p->name, type_name(n->type), (ull)first, (ull)n->range.last.v);
    else if ((first & mask) || (note_maps(n->type) && (n->gpa.v & mask)))
        chk_find(
            c, FLT_MASK, &w,
            "%s was told %s 0x%llx-0x%llx (target 0x%llx), whose %s is not aligned to its size.",
            p->name, type_name(n->type), (ull)first, (ull)n->range.last.v, (ull)n->gpa.v,
            first & mask ? "IOVA" : "target");
}

/* Would clipping that page to some range make this notification: all that is left, or a piece? Else
 * it speaks of another page, of a table or context entry still cached. */
static bool clip_of(const struct person *p, const struct leaf *leaf, const struct note *n)
{
    uint64_t first = n->range.first.v;

    for (unsigned i = 0; i < p->regs; i++) {
        struct iova_range r = p->reg[i].range;
        uint64_t last = leaf->last < r.last.v ? leaf->last : r.last.v;

        uint64_t at = leaf->first > r.first.v ? leaf->first : r.first.v;

        if (first < at || first > last)
            continue;
        if (first == at && n->range.last.v == last)
            return true;
        while (at < first) /* few steps: the pieces grow and shrink by powers of two */
            at += aligned_block_mask(at, last) + 1;
        if (at == first && n->range.last.v == first + aligned_block_mask(first, last))
            return true;
    }
    return false;
}

/* The MAP speaks of what an entry on the way held before, not invalidated since. */
static bool from_the_past(struct checks *c, const struct person *p, const struct note *n)
{
    struct allowed a;

    chk_allowed_now(c, p->bdf, n->range.first.v, n->perm & PERM_R ? DMA_R : DMA_W, &a);
    return chk_may_be_told(&a, n->gpa.v);
}

/* No leaf is larger than this block: where a notifier has asked for all of it none is clipped. */
APART static bool clips_none(const struct person *p, const struct note *n)
{
    uint64_t block = n->range.first.v & ~(LARGEST_LEAF - 1);

    for (unsigned i = 0; i < p->regs; i++)
        if (iova_range_covers(p->reg[i].range, iova_range(block, block | (LARGEST_LEAF - 1))))
            return true;
    return false;
}

/* A MAP that does not begin where its page begins must have moved its target along. */
APART static void judge_offset(struct checks *c, const struct person *p, const struct note *n)
{
    struct ctx x;
    struct leaf leaf;
    uint64_t first = n->range.first.v;

    x = chk_context(c, p->bdf);
    if (!chk_follows_memory(c, &x))
        return; /* another context entry's pages, still cached */
    chk_lookup(c, &x, first, &leaf);
    for (unsigned i = 0; i < p->regs; i++)
        if (iova_range_covers(p->reg[i].range, iova_range(leaf.first, leaf.last)))
            return; /* nothing to clip */
    if (!leaf.present || leaf.last < n->range.last.v || leaf.first == first ||
        leaf.gpa + (first - leaf.first) == n->gpa.v)
        return;
    if (n->gpa.v - leaf.gpa > leaf.last - leaf.first)
        return; /* another page altogether, of a context entry still cached: not a matter of step */
    if (!clip_of(p, &leaf, n) || from_the_past(c, p, n))
        return;
    chk_find(c, FLT_OFFSET, &(struct where){p, true, n->range, chk_story_of(c, leaf.word_gpa)},
             "The page 0x%llx-0x%llx maps to 0x%llx; clipped to 0x%llx it should be told to %s as "
             "0x%llx, "
             "but the MAP says 0x%llx.",
             (ull)leaf.first, (ull)leaf.last, (ull)leaf.gpa, (ull)first, p->name,
             (ull)(leaf.gpa + (first - leaf.first)), (ull)n->gpa.v);
}

/* Inside an invalidation of one domain, of which the device is not by its context entry. */
static bool of_another(const struct checks *c, const struct person *p)
{
    const struct ctx *x;

    if (!c->inval_of_domain)
        return false;
    x = chk_context_of(c, p->bdf);
    return x->did != c->inval.did && (x->kind == CTX_TABLES || x->kind == CTX_PASS);
}

/* No device of another domain is told anything. */
APART static void judge_domain(struct checks *c, struct person *p, const struct note *n)
{
    unsigned did = chk_context_of(c, p->bdf)->did;

    if (chk_had_domain(c, p->bdf, c->inval.did))
        return;
    if (n->type == NOTE_UNMAP && chk_shadows(p) &&
        !spans_touch(&p->told, n->range.first.v, n->range.last.v))
        return;
    chk_find(
        c, ISO_DOMAIN, &(struct where){p, true, n->range, c->record},
        "The invalidation names domain %u and %s belongs to domain %u, so it should change nothing "
        "there, but %s was told %s 0x%llx-0x%llx.",
        (unsigned)c->inval.did, p->name, did, p->name, type_name(n->type), (ull)n->range.first.v,
        (ull)n->range.last.v);
}

APART static void judge_gone(struct checks *c, const struct person *p, const struct note *n)
{
    chk_find(c, ISO_GONE, &(struct where){p, true, n->range, p->left_record},
             "%s is not registered any more (since record %llu), but it was told %s 0x%llx-0x%llx.",
             p->name, (ull)p->left_record, type_name(n->type), (ull)n->range.first.v,
             (ull)n->range.last.v);
}

/* The usual, of both: one registration asks for this kind, and for all of the blocks concerned. */
static bool asked_widely(const struct person *p, const struct note *n)
{
    return n->range.first.v >= p->wide.first.v && n->range.last.v <= p->wide.last.v &&
           (p->wide_flags & type_flag(n->type));
}

/* Whole blocks about the note that a registration asks for: those that come next are mostly there,
 * too. */
static bool some_asks_widely(struct person *p, const struct note *n)
{
    for (unsigned i = 0; i < p->regs; i++) {
        struct iova_range r = p->reg[i].range;
        uint64_t first = (r.first.v + (LARGEST_LEAF - 1)) & ~(LARGEST_LEAF - 1);
        uint64_t end = (r.last.v + 1) & ~(LARGEST_LEAF - 1);

        if (first < r.first.v || (end <= first && r.last.v != UINT64_MAX))
            continue;
        p->wide = iova_range(first, end - 1);
        p->wide_flags = p->reg[i].flags;
        if (asked_widely(p, n))
            return true;
    }
    p->wide_flags = 0;
    return false;
}

/* The same of another registration than the last; else its range and kind are looked at. */
APART static bool asked_far(struct checks *c, struct person *p, const struct note *n)
{
    if (some_asks_widely(p, n))
        return true;
    if (!asked_for(p, n))
        judge_range(c, p, n);
    return false;
}

void chk_filters(struct checks *c, struct person *p, const struct note *n)
{
    bool wide;

    if (!p->joined || (n->via == VIA_NOTIFIER && !p->regs)) {
        judge_gone(c, p, n);
        return;
    }
    if (n->via == VIA_REGION)
        return;
    wide = asked_widely(p, n) || asked_far(c, p, n);
    if (!well_shaped(p, n))
        judge_shape(c, p, n);
    if (!wide && note_maps(n->type) && !clips_none(p, n))
        judge_offset(c, p, n);
    if (of_another(c, p))
        judge_domain(c, p, n);
}
