/* SPDX-License-Identifier: MIT */
/* How the guest changes context entries: GST-C3, GST-C6. */
#include "checks/guest.h"

typedef unsigned long long ull;

/* Fields that are used together: present, type and table; width and domain. */
#define LO_USED (~UINT64_C(2)) /* all but fault processing disable */
#define HI_USED UINT64_C(0x00ffff07)

/* GST-C6: the domain id still names other tables to a cache. */
static void judge_reuse(struct checks *c, const struct ctx *x, uint64_t page, unsigned index)
{
    const struct registry *r = c->registry;

    for (const struct node *n = r->hist; n; n = n->past->hist_next) {
        if (n->role != ROLE_CTX || n->shared)
            continue;
        for (const struct item *i = node_items(n); i; i = i->next) {
            struct ctx was = arch_context(&c->arch, i->lo, i->hi);
            bdf_t b = bdf((uint16_t)(n->base << 8 | i->index));

            /* The same entry again is GST-CTX. */
            if (i->wild || was.kind != CTX_TABLES || was.did != x->did ||
                (was.top == x->top && was.levels == x->levels) ||
                (n->page == page && i->index == index) || !guest_on_since(c, i->record) ||
                !ctx_alive(r, i->until, b, &was))
                continue;
            chk_find(c, GST_C6, &(struct where){.cause = i->record},
                     "Domain %u gets the tables at 0x%llx, but it had those at 0x%llx for "
                     "%02x:%02x.%x until record %llu, and no context-cache and then IOTLB "
                     "invalidation of it completed since.",
                     (unsigned)x->did, (ull)x->top, (ull)was.top, b.v >> 8, b.v >> 3 & 31, b.v & 7,
                     (ull)i->record);
            return;
        }
    }
}

void contexts_change(struct checks *c, uint64_t page, unsigned index, const uint64_t old[2],
                     const uint64_t new[2])
{
    struct ctx x = arch_context(&c->arch, new[0], new[1]);

    if (!(c->gsts & ARCH_TE) || c->registry->wild)
        return;
    if ((old[0] & new[0] & 1) && c->watch->store_words == 1 &&
        (((old[0] ^ new[0]) & LO_USED) || ((old[1] ^ new[1]) & HI_USED)))
        chk_find(
            c, GST_C3, &(struct where){.cause = c->record},
            "Half of the present context entry at 0x%llx is rewritten (0x%llx 0x%llx to 0x%llx "
            "0x%llx); it should be one store of 16 bytes, or P=0 first.",
            (ull)page + 16 * (ull)index, (ull)old[0], (ull)old[1], (ull) new[0], (ull) new[1]);
    if (x.kind == CTX_TABLES)
        judge_reuse(c, &x, page, index);
}
