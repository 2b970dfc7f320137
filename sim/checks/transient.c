/* SPDX-License-Identifier: MIT */
/*
 * COH-TRANSIENT: an UNMAP of what the tables still say, word for word. An UNMAP is right when the
 * leaf it takes away is another one now, or none; when the device leaves translation; and when
 * translation as a whole is switched (but not of what switching it on has just brought). Anything
 * else is a gap in which an access fails.
 */
#include "checks/internal.h"

typedef unsigned long long ull;

/* Does what happens now follow the device's context entry as memory has it? An IOTLB invalidation
 * of another domain may be meant for the entry that was there before. */
bool chk_follows_memory(const struct checks *c, const struct ctx *x)
{
    return !c->in_inval || c->inval.type != DESC_IOTLB || c->inval.scope == SCOPE_GLOBAL ||
           x->did == c->inval.did;
}

/* True when `held` can be no part of a larger leaf that was cut at the border of a notifier: a cut
 * leaves pieces as large as the border is aligned, or larger. */
static bool surely_whole(const struct person *p, const struct span *held)
{
    uint64_t block = held->first & ~(LARGEST_LEAF - 1), bytes = held->last - held->first + 1;

    for (unsigned i = 0; i < p->regs && !p->regs_lost; i++) {
        uint64_t first = p->reg[i].range.first.v, end = p->reg[i].range.last.v + 1;

        if (held->first < first || held->last > p->reg[i].range.last.v)
            continue;
        return (block >= first || bytes < (first & -first)) &&
               (block + (LARGEST_LEAF - 1) <= end - 1 || bytes < (end & -end));
    }
    return false;
}

/* `held` is (partly) unmapped by n. A piece of a leaf says nothing of the leaf's size: only whole
 * leaves are judged. */
void chk_transient_unmapped(struct checks *c, const struct person *p, const struct note *n,
                            const struct span *held)
{
    const struct device_state *dev = chk_device(c, p->bdf, false);
    const struct ctx *x;
    struct leaf leaf;

    if (n->via != VIA_NOTIFIER || !told_by_tables(held->meta) || !(c->gsts & ARCH_TE) ||
        c->te_falls || (c->te_moves && told_record(held->meta) != c->record) || c->root_bad ||
        c->rec_kind == REC_RESET || !dev || !dev->translated || !surely_whole(p, held))
        return;
    x = chk_context_of(c, p->bdf);
    if (x->kind != CTX_TABLES || !chk_follows_memory(c, x))
        return;
    if (!chk_lookup_near(c, x, held->first, &leaf))
        chk_lookup_far(c, x, held->first, held->first, &leaf);
    if (!leaf.present || leaf.first != held->first || leaf.last != held->last ||
        leaf.gpa != held->gpa || leaf.perm != told_perm(held->meta))
        return;
    chk_find(
        c, COH_TRANSIENT, &(struct where){p, true, iova_range(held->first, held->last), c->record},
        "%s holds 0x%llx-0x%llx as 0x%llx (%s) since record %llu, and the tables say the same "
        "still, so it should keep it throughout; however it was told to UNMAP "
        "0x%llx-0x%llx.",
        p->name, (ull)held->first, (ull)held->last, (ull)held->gpa, chk_perm(told_perm(held->meta)),
        (ull)told_record(held->meta), (ull)n->range.first.v, (ull)n->range.last.v);
}
