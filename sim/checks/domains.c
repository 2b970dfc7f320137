/* SPDX-License-Identifier: MIT */
/* Which domains a device may still be in, by entries that a context cache may hold. */
#include "checks/arch.h"
#include "checks/registry.h"

static bool of_domain(const struct checks *c, uint64_t lo, uint64_t hi, uint16_t did)
{
    struct ctx x = arch_context(&c->arch, lo, hi);

    return (x.kind == CTX_TABLES || x.kind == CTX_PASS) && x.did == did;
}

/* By the context table that a root entry names or named: an entry need not have changed itself. */
static bool by_root_entry(const struct checks *c, bdf_t bdf, uint64_t lo, uint64_t hi, uint16_t did)
{
    uint64_t page, clo, chi;
    struct node here;

    if (arch_root(&c->arch, lo, hi, &page) != ROOT_TABLE || !guest_mem_page(c->cfg.mem, gpa(page)))
        return false;
    here = (struct node){.page = page, .role = ROLE_CTX};
    reg_entry(c, &here, bdf.v & 0xff, &clo, &chi);
    return of_domain(c, clo, chi, did);
}

static bool by_root_table(const struct checks *c, bdf_t bdf, uint64_t page, uint16_t did)
{
    struct node here = {.page = page, .role = ROLE_ROOT};
    const struct node *n = reg_find(c->registry, page, ROLE_ROOT);
    uint64_t lo, hi;

    if (!guest_mem_page(c->cfg.mem, gpa(page)))
        return false;
    reg_entry(c, &here, bdf.v >> 8, &lo, &hi);
    if (by_root_entry(c, bdf, lo, hi, did))
        return true;
    for (const struct item *i = n ? node_items(n) : NULL; i; i = i->next)
        if (i->index == bdf.v >> 8 && (i->wild || by_root_entry(c, bdf, i->lo, i->hi, did)))
            return true;
    return false;
}

bool chk_had_domain(const struct checks *c, bdf_t bdf, uint16_t did)
{
    const struct registry *r = c->registry;

    if (r->wild)
        return true; /* what entries held before is not known */
    for (const struct node *n = r->hist; n; n = n->past->hist_next) {
        if (n->role != ROLE_CTX || (n->base != (uint64_t)(bdf.v >> 8) && !n->shared))
            continue;
        for (const struct item *i = node_items(n); i; i = i->next)
            if (i->index == (bdf.v & 0xff) &&
                (i->wild || arch_context(&c->arch, i->lo, i->hi).did == did))
                return true;
    }
    if (c->root_known && by_root_table(c, bdf, c->root, did))
        return true;
    for (unsigned i = 0; i < r->old_root_count; i++)
        if (by_root_table(c, bdf, r->old_roots[i].page, did))
            return true;
    return false;
}
