/* SPDX-License-Identifier: MIT */
/*
 * What the guest gives to somebody else too early: GST-O6, GST-O7, GST-O8. That no invalidation
 * came at all is GST-NOFLUSH; here are those that came, but were not waited for, or left pointers
 * to tables in the caches.
 */
#include "checks/guest.h"

typedef unsigned long long ull;

bool guest_on_since(const struct checks *c, uint64_t record)
{
    return (c->gsts & ARCH_TE) && record > c->te_record;
}

bool guest_alive(const struct checks *c, const struct node *n, const struct item *i)
{
    const struct registry *r = c->registry;

    if (i->wild || i->forsaken || r->wild || (i->covered && i->covered->vague))
        return false;
    for (size_t k = 0; k < r->link_count; k++)
        if (r->links[k].top == n->top && i->until > r->iotlb_all &&
            i->until > did_time(&r->iotlb_did, r->links[k].did))
            return true;
    return false;
}

/* An invalidation took an older value from the caches; no wait has told the guest so yet. */
void reuse_retired(struct checks *c, const struct node *n, const struct item *i)
{
    struct guest_watch *w = c->watch;
    bool awaited = c->in_inval && !w->by_register && w->waits && w->gone_count < GONE_MAX;
    uint64_t bytes, first, page;
    enum entry_kind kind;

    if ((!awaited && !w->ats_count) || n->role >= ROLE_CTX || n->shared || i->forsaken ||
        !guest_on_since(c, i->record))
        return;
    kind = arch_entry(&c->arch, n->role, i->lo);
    bytes = arch_entry_bytes(n->role);
    first = n->base + i->index * bytes;
    page = i->lo & c->arch.addr_mask;
    if (kind == ENTRY_LEAF && w->ats_count)
        order_retired(c, n, first, first + (bytes - 1));
    if (!awaited || (kind != ENTRY_LEAF && kind != ENTRY_TABLE))
        return;
    w->gones[w->gone_count++] =
        (struct gone){.top = n->top,
                      .first = first,
                      .last = first + (bytes - 1),
                      .page = kind == ENTRY_TABLE || n->role == 1 ? page : UINT64_MAX,
                      .record = c->record,
                      .table = kind == ENTRY_TABLE};
}

/* A leaf becomes present. */
void reuse_leaf(struct checks *c, const struct node *n, unsigned index)
{
    struct guest_watch *w = c->watch;
    uint64_t bytes = arch_entry_bytes(n->role), first = n->base + index * bytes;
    uint64_t last = first + (bytes - 1);

    if (w->ats_count)
        order_present(c, n, first, last);
    for (unsigned i = 0; i < w->gone_count; i++) {
        const struct gone *g = &w->gones[i];

        if (g->table || g->top != n->top || g->first > last || g->last < first)
            continue;
        chk_find(c, GST_O6,
                 &(struct where){
                     .has_range = true, .range = iova_range(first, last), .cause = g->record},
                 "0x%llx is made present again after its invalidation in record %llu, but before a "
                 "wait has told that this is complete.",
                 (ull)first, (ull)g->record);
        return;
    }
}

/* A table is linked where there was another: may caches still hold the way to that one? */
void reuse_link(struct checks *c, const struct node *n, unsigned index, uint64_t word)
{
    uint64_t bytes = arch_entry_bytes(n->role), first = n->base + index * bytes;

    if (!node_marked(n, index))
        return;
    for (const struct item *i = node_items(n); i; i = i->next) {
        uint64_t before = i->lo & c->arch.addr_mask;

        if (i->index != index || i->covered || !guest_on_since(c, i->record) ||
            arch_entry(&c->arch, n->role, i->lo) != ENTRY_TABLE ||
            before == (word & c->arch.addr_mask) || !guest_alive(c, n, i))
            continue;
        chk_find(c, i->hinted ? GST_O8 : GST_O7,
                 &(struct where){.has_range = true,
                                 .range = iova_range(first, first + (bytes - 1)),
                                 .cause = i->record},
                 i->hinted
                     ? "The table at 0x%llx was unlinked from 0x%llx in record %llu and another "
                       "takes its place, but the invalidation between said by IH that only leaves "
                       "had changed."
                     : "The table at 0x%llx was unlinked from 0x%llx in record %llu and another "
                       "takes its place, but no invalidation of it with IH=0 completed between.",
                 (ull)before, (ull)first, (ull)i->record);
        return;
    }
}

/* A table below a context entry that was taken away and not invalidated becomes another table. */
static bool old_context(struct checks *c, const struct node *like)
{
    const struct registry *r = c->registry;
    const struct node *top = NULL;

    for (const struct node *m = reg_nodes_of(r, like->page); m && !top; m = m->page_next)
        if (m->page == like->page && m->role < ROLE_CTX && !m->shared && !m->forsaken &&
            m->top != like->top)
            top = reg_find(r, m->top, m->top_level);
    if (!top || top->refs_now || r->wild)
        return false;
    for (const struct node *n = r->hist; n; n = n->past->hist_next) {
        if (n->role != ROLE_CTX || n->shared)
            continue;
        for (const struct item *i = node_items(n); i; i = i->next) {
            struct ctx x = arch_context(&c->arch, i->lo, i->hi);
            bdf_t b = bdf((uint16_t)(n->base << 8 | i->index));

            if (i->wild || x.kind != CTX_TABLES || x.top != top->page ||
                !guest_on_since(c, i->record) || !ctx_alive(r, i->until, b, &x))
                continue;
            chk_find(c, GST_O7, &(struct where){.cause = i->record},
                     "The page 0x%llx was a table of domain %u, whose context entry for "
                     "%02x:%02x.%x was taken away in record %llu without context-cache and then "
                     "IOTLB invalidation since, but it becomes a table of level %u elsewhere.",
                     (ull)like->page, (unsigned)x.did, b.v >> 8, b.v >> 3 & 31, b.v & 7,
                     (ull)i->record, (unsigned)like->role);
            return true;
        }
    }
    return false;
}

/* A page becomes a table. */
void reuse_table(struct checks *c, const struct node *like)
{
    struct guest_watch *w = c->watch;

    if (old_context(c, like))
        return;
    for (unsigned i = 0; i < w->gone_count; i++) {
        const struct gone *g = &w->gones[i];

        if (g->page != like->page)
            continue;
        chk_find(c, g->table ? GST_O7 : GST_O6, &(struct where){.cause = g->record},
                 "The page 0x%llx was %s until its invalidation in record %llu and becomes a table "
                 "of level %u before a wait has told that this is complete.",
                 (ull)like->page, g->table ? "a table" : "mapped", (ull)g->record,
                 (unsigned)like->role);
        return;
    }
}
