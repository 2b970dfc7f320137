/* SPDX-License-Identifier: MIT */
/*
 * CST-OVERREACH: an IOTLB invalidation that names more than the smallest one that covers what had
 * changed. The oracle's memory of older values says what that is: an entry has one exactly while a
 * cache may hold something of it that is no longer true (registry.h).
 */
#include "checks/registry.h"

typedef unsigned long long ull;

/* An entry below `top` that translates [first, last] had changed. */
void chk_changed(struct checks *c, uint64_t top, uint64_t first, uint64_t last)
{
    struct changed *h = &c->changed;

    if (!h->judged)
        return;
    if (!h->some) {
        h->first = first;
        h->last = last;
        h->top = top;
        h->some = true;
        return;
    }
    h->several |= top != h->top;
    if (!h->split && first <= h->last + 1 && h->first <= last + 1) {
        h->first = first < h->first ? first : h->first;
        h->last = last > h->last ? last : h->last;
        return;
    }
    if (!h->split && !spans_add(&h->parts, h->first, h->last))
        c->failed = true;
    if (!spans_add(&h->parts, first, last))
        c->failed = true;
    h->split = true;
    h->first = first < h->first ? first : h->first;
    h->last = last > h->last ? last : h->last;
}

static uint64_t pages_changed(struct changed *h)
{
    struct span_pos pos;
    uint64_t pages = 0;

    if (!h->some)
        return 0;
    if (!h->split)
        return ((h->last - h->first) >> 12) + 1;
    for (struct span *s = spans_seek(&h->parts, 0, &pos); s; s = spans_step(&h->parts, &pos))
        pages += ((s->last - s->first) >> 12) + 1;
    return pages;
}

/* The mask of the smallest naturally aligned block of pages that holds [first, last]. */
static uint64_t block_mask(uint64_t first, uint64_t last)
{
    uint64_t mask = PAGE_4K_MASK;

    while ((first | mask) < last)
        mask = mask << 1 | 1;
    return mask;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A context-cache invalidation must be followed by an IOTLB invalidation as wide: was there one
 * since? */
APART static bool owed_to_contexts(const struct registry *r, const struct desc *d)
{
    uint64_t cc = r->cc_all, io = r->iotlb_all;

    if (d->scope == SCOPE_DOMAIN) {
        cc = later(cc, did_time(&r->cc_did, d->did));
        io = later(io, did_time(&r->iotlb_did, d->did));
    }
    for (size_t i = 0; i < r->cc_dev_count; i++)
        if (d->scope == SCOPE_GLOBAL || (uint16_t)r->cc_dev[i].key == d->did ||
            (uint16_t)r->cc_dev[i].key == 0)
            cc = later(cc, r->cc_dev[i].at);
    return cc > io;
}

/* Is enough known to say what had changed? The times are those before this invalidation. */
static bool can_judge(const struct checks *c, const struct desc *d)
{
    struct registry *r = c->registry;

    if (d->type != DESC_IOTLB || d->wrong || !(c->gsts & ARCH_TE) || r->wild || r->shared_nodes ||
        !(r->iotlb_all || did_time(&r->iotlb_did, d->did)))
        return false;
    if (d->scope != SCOPE_FINE && owed_to_contexts(r, d))
        return false;
    return d->scope == SCOPE_GLOBAL || reg_domain(r, d->did)->alone;
}

APART static void tell(struct checks *c, const struct desc *d, uint64_t pages)
{
    struct changed *h = &c->changed;
    struct where w = {
        .has_range = true, .range = iova_range(d->first, d->last), .cause = c->record};
    char what[DESC_TEXT];
    ull named = (ull)((d->last - d->first) >> 12) + 1;

    if (chk_found_enough(c, CST_OVERREACH))
        return;
    chk_describe(what, d);
    if (!pages && d->scope == SCOPE_FINE)
        chk_find(c, CST_OVERREACH, &w,
                 "The %s names %llu page%s, but none had changed since the last invalidation that "
                 "covered them.",
                 what, named, named == 1 ? "" : "s");
    else if (!pages)
        chk_find(c, CST_OVERREACH, &w,
                 "The %s names every page, but none had changed since the last invalidation that "
                 "covered them.",
                 what);
    else if (d->scope == SCOPE_FINE)
        chk_find(c, CST_OVERREACH, &w,
                 "The %s names %llu pages, but only %llu had changed, all inside 0x%llx-0x%llx, "
                 "which a smaller block covers.",
                 what, named, (ull)pages, (ull)h->first, (ull)h->last);
    else
        chk_find(c, CST_OVERREACH, &w,
                 "The %s names every page, but only %llu had changed, all inside 0x%llx-0x%llx, "
                 "which one page-selective invalidation covers.",
                 what, (ull)pages, (ull)h->first, (ull)h->last);
}

/* Before an invalidation covers anything. */
void chk_changed_begin(struct checks *c, const struct desc *d)
{
    struct changed *h = &c->changed;

    if (h->parts.chunks)
        spans_free(&h->parts);
    h->some = h->several = h->split = false;
    h->judged = can_judge(c, d);
}

/* It has covered what it covers. */
void chk_overreach(struct checks *c, const struct desc *d)
{
    struct changed *h = &c->changed;
    uint64_t mask;

    if (!h->judged)
        return;
    mask = h->some ? block_mask(h->first, h->last) : PAGE_4K_MASK;
    if (h->some && d->scope == SCOPE_FINE && mask >= d->last - d->first)
        return;
    if (h->some && d->scope != SCOPE_FINE &&
        (h->several || !c->arch.page_selective ||
         mask >> 12 >= (UINT64_C(1) << c->arch.mamv) - 1)) /* the largest block is no less */
        return;
    tell(c, d, pages_changed(h));
}
