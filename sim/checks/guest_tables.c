/* SPDX-License-Identifier: MIT */
/*
 * The guest's duties about tables: GST-NOFLUSH, GST-CM, GST-CTX, GST-C*. Judged only where the
 * guest's own stores leave no doubt; snapshots never are, nor what happened before translation was
 * on.
 */
#include "checks/guest.h"

typedef unsigned long long ull;

#define LOOK_MAX 4096u /* items looked at for one newly linked table */

static struct where at_iova(uint64_t iova, uint64_t cause)
{
    return (struct where){.has_range = true, .range = iova_range(iova, iova), .cause = cause};
}

static bool on_since(const struct checks *c, uint64_t record)
{
    return (c->gsts & ARCH_TE) && record > c->te_record;
}

/* GST-C2: another present entry gives the same domain id other tables. */
static void judge_same_domain(struct checks *c, uint64_t page, unsigned index, const struct ctx *x)
{
    const struct registry *r = c->registry;
    bool other = false;

    for (size_t i = 0; i < r->link_count; i++)
        other |= r->links[i].did == x->did &&
                 (r->links[i].top != x->top || r->links[i].levels != x->levels);
    for (size_t s = 0; other && s < r->slots; s++) {
        for (const struct node *n = r->by_page[s]; n; n = n->page_next) {
            const uint64_t *words = guest_mem_page(c->cfg.mem, gpa(n->page));

            if (n->role != ROLE_CTX || !n->refs_now)
                continue;
            for (unsigned i = 0; (i = reg_present(words, n->role, i)) < WORDS_PER_PAGE; i++) {
                uint64_t lo, hi;
                struct ctx y;

                reg_entry(c, n, i, &lo, &hi);
                y = arch_context(&c->arch, lo, hi);
                if ((n->page == page && i == index) || y.kind != CTX_TABLES || y.did != x->did ||
                    (y.top == x->top && y.levels == x->levels))
                    continue;
                chk_find(c, GST_C2,
                         &(struct where){.cause = chk_story_of(c, n->page + 16 * (uint64_t)i)},
                         "The context entry at 0x%llx gives domain %u the tables at 0x%llx (%u "
                         "levels), but the "
                         "present entry at 0x%llx gives it those at 0x%llx (%u levels).",
                         (ull)page + 16 * index, (unsigned)x->did, (ull)x->top, x->levels,
                         (ull)n->page + 16 * i, (ull)y.top, y.levels);
                return;
            }
        }
    }
}

APART static void judge_context(struct checks *c, const struct node *n, unsigned index,
                                const uint64_t old[2], const uint64_t new[2])
{
    struct ctx x = arch_context(&c->arch, new[0], new[1]);
    struct where w = {.cause = c->record};
    unsigned type = new[0] >> 2 & 3, aw = new[1] & 7;
    unsigned largest = c->arch.sagaw >> 3 & 1 ? 3 : c->arch.sagaw >> 2 & 1 ? 2 : 1;
    ull at = n->page + 16 * (uint64_t)index;

    if (!(new[0] & 1))
        return;
    if (c->arch.caching_mode && !x.did)
        chk_find(c, GST_C1, &w,
                 "The context entry at 0x%llx became present with domain 0, which under caching "
                 "mode is kept "
                 "for faulting entries.",
                 at);
    if (x.did >= UINT32_C(1) << c->arch.did_bits)
        chk_find(c, GST_C8, &w,
                 "The context entry at 0x%llx names domain %u, but the unit has %u-bit ids.", at,
                 (unsigned)x.did, c->arch.did_bits);
    if ((type == 2 && (!c->arch.pass_through || aw != largest)) ||
        (type == 1 && !c->arch.device_tlb))
        chk_find(c, GST_C7, &w,
                 "The context entry at 0x%llx has translation type %u with address width code %u, "
                 "which this "
                 "unit does not offer.",
                 at, type, aw);
    if (x.kind == CTX_TABLES)
        judge_same_domain(c, n->page, index, &x);
    if (x.kind == CTX_BAD || n->shared)
        return;
    for (const struct item *i = node_items(n); i; i = i->next) {
        struct ctx was = arch_context(&c->arch, i->lo, i->hi);
        bdf_t bdf = {(uint16_t)(n->base << 8 | index)};

        if (i->index != index || i->wild || !on_since(c, i->record) || (old[0] & 1) ||
            (was.kind != CTX_TABLES && was.kind != CTX_PASS) ||
            (i->lo == new[0] && i->hi == new[1]) || !ctx_alive(c->registry, i->until, bdf, &was))
            continue;
        chk_find(c, GST_CTX, &(struct where){.cause = i->record},
                 "The context entry at 0x%llx of domain %u was taken away in record %llu and a new "
                 "one stored, but "
                 "no context-cache and then IOTLB invalidation of the old one completed between.",
                 at, (unsigned)was.did, (ull)i->record);
        return;
    }
}

/* An IOVA becomes present while an older translation of it may still be cached. */
APART static void judge_present_again(struct checks *c, const struct node *n, unsigned index)
{
    const struct registry *r = c->registry;
    uint64_t iova;

    if (!r->item_count)
        return;
    iova = n->base + index * arch_entry_bytes(n->role);
    for (size_t k = 0; k < r->link_count; k++) {
        const struct domain_link *l = &r->links[k];
        struct ctx x = {.kind = CTX_TABLES,
                        .did = l->did,
                        .top = l->top,
                        .levels = l->levels,
                        .limit_bits = 64};
        struct allowed a;

        if (l->top != n->top)
            continue;
        for (int write = 0; write < 2; write++) {
            allowed_from(c, &x, iova, write, &a);
            for (unsigned i = 0; i < a.oks && !a.wild; i++) {
                if (a.ok[i].old != OLD_ENTRY || !on_since(c, a.ok[i].record))
                    continue;
                struct where w = at_iova(iova, a.ok[i].record);

                chk_find(c, GST_NOFLUSH, &w,
                         "0x%llx of domain %u was taken away in record %llu (it led to 0x%llx) and "
                         "is made present "
                         "again, but no invalidation of it completed between.",
                         (ull)iova, (unsigned)l->did, (ull)a.ok[i].record, (ull)a.ok[i].gpa);
                return;
            }
        }
    }
}

/* An entry of a table is about to change by a store of the guest. */
void chk_guest_entry(struct checks *c, const struct node *n, unsigned index, const uint64_t old[2],
                     const uint64_t new[2])
{
    enum entry_kind was, is;
    bool said;

    if (n->role == ROLE_CTX) {
        judge_context(c, n, index, old, new);
        contexts_change(c, n->page, index, old, new);
        return;
    }
    if (n->role > ROLE_CTX || !(c->gsts & ARCH_TE) || n->shared || !n->refs_now)
        return;
    was = arch_entry(&c->arch, n->role, old[0]);
    is = arch_entry(&c->arch, n->role, new[0]);
    said = pages_change(c, n, index, &(struct page_change){old[0], new[0], was, is});
    if (was != ENTRY_ABSENT)
        return;
    if (is == ENTRY_LEAF) {
        if (!said)
            judge_present_again(c, n, index);
        reuse_leaf(c, n, index);
    } else if (is == ENTRY_TABLE && !said) {
        reuse_link(c, n, index, new[0]);
    }
}

/* Does this item still lead to `page`, as its table or its 4 KiB target, for some domain? */
static bool leads_to(const struct checks *c, const struct node *n, const struct item *i,
                     uint64_t page)
{
    const struct registry *r = c->registry;
    uint64_t table, iova = n->base + i->index * arch_entry_bytes(n->role);
    unsigned role;

    if (n->role == 1) {
        if (arch_entry(&c->arch, 1, i->lo) != ENTRY_LEAF || (i->lo & c->arch.addr_mask) != page)
            return false;
    } else if (!reg_child(c, n->role, i->lo, 0, &table, &role) || table != page || i->covered) {
        return false; /* an invalidation of any page below drops a remembered pointer to a table */
    }
    for (size_t k = 0; k < r->link_count; k++)
        if (r->links[k].top == n->top && item_alive(r, i, r->links[k].did, iova))
            return true;
    return false;
}

/* The guest linked a table: was its page unmapped, or a table elsewhere, without invalidation
 * since? */
void chk_guest_table_linked(struct checks *c, const struct node *like)
{
    unsigned looked = 0;

    if (!(c->gsts & ARCH_TE) || like->role >= ROLE_CTX)
        return;
    reuse_table(c, like);
    for (const struct node *n = c->registry->hist; n; n = n->past->hist_next) {
        if (n->role >= ROLE_CTX || n->shared || n->forsaken)
            continue;
        for (const struct item *i = node_items(n); i; i = i->next) {
            uint64_t iova = n->base + i->index * arch_entry_bytes(n->role);

            if (++looked > LOOK_MAX)
                return;
            if (i->wild || i->forsaken || !on_since(c, i->record) ||
                !leads_to(c, n, i, like->page) ||
                (n->role == like->role + 1u && n->top == like->top && iova == like->base))
                continue;
            struct where w = at_iova(iova, i->record);

            chk_find(c, GST_NOFLUSH, &w,
                     "The page 0x%llx was %s until record %llu, and no invalidation of 0x%llx "
                     "completed since, but "
                     "it becomes a table of level %u.",
                     (ull)like->page, n->role == 1 ? "mapped" : "a table below", (ull)i->record,
                     (ull)iova, (unsigned)like->role);
            return;
        }
    }
}

/* A device uses what changed. */
void chk_guest_dma(struct checks *c, bdf_t bdf, uint64_t iova, const struct allowed *a)
{
    bool now_ok = false;
    struct ctx x;

    if (c->root_state != ROOT_SETTLED && !c->root_told) {
        c->root_told = true;
        chk_find(
            c, GST_G4, &(struct where){.cause = c->srtp_record},
            "A root table was latched in record %llu; before a device relies on it the context "
            "cache and then "
            "the IOTLB need a global invalidation, but %02x:%02x.%x accesses 0x%llx without it.",
            (ull)c->srtp_record, bdf.v >> 8, bdf.v >> 3 & 31, bdf.v & 7, (ull)iova);
    }
    if (a->wild)
        return;
    for (unsigned i = 0; i < a->oks; i++)
        now_ok |= !a->ok[i].old;
    if (now_ok && a->hole_record && on_since(c, a->hole_record)) {
        struct where w = at_iova(iova, a->hole_record);

        chk_find(c, GST_CM, &w,
                 "%02x:%02x.%x uses 0x%llx, whose entry became present in record %llu, but under "
                 "caching mode an "
                 "invalidation should have completed first.",
                 bdf.v >> 8, bdf.v >> 3 & 31, bdf.v & 7, (ull)iova, (ull)a->hole_record);
    }
    for (unsigned i = 0; i < a->oks; i++) {
        struct where w = at_iova(iova, a->ok[i].record);

        if (!a->ok[i].old || !on_since(c, a->ok[i].record))
            continue;
        if (a->ok[i].old == OLD_ENTRY) {
            chk_find(c, GST_NOFLUSH, &w,
                     "%02x:%02x.%x accesses 0x%llx, whose translation to 0x%llx was taken away in "
                     "record %llu, but "
                     "no invalidation of it has completed since.",
                     bdf.v >> 8, bdf.v >> 3 & 31, bdf.v & 7, (ull)iova, (ull)a->ok[i].gpa,
                     (ull)a->ok[i].record);
            return;
        }
        x = chk_context(c, bdf);
        if (!(a->ok[i].old & OLD_CTX) || (x.kind != CTX_TABLES && x.kind != CTX_PASS))
            continue;
        chk_find(c, GST_CTX, &w,
                 "%02x:%02x.%x accesses 0x%llx, and its context entry changed in record %llu, but "
                 "no context-cache "
                 "and then IOTLB invalidation of the old one has completed since.",
                 bdf.v >> 8, bdf.v >> 3 & 31, bdf.v & 7, (ull)iova, (ull)a->ok[i].record);
        return;
    }
}
