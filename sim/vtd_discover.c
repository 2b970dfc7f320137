/* SPDX-License-Identifier: MIT */
/*
 * Which devices a register write is about to find: those whose context entries it makes the unit
 * look at, as far as they are present (contract, section 2, "Devices exist from").
 */
#include "vtd_unit.h"

struct search {
    const struct vtd_unit *u;
    uint16_t sid, mask; /* only requesters that agree with sid in these bits */
    void (*found)(void *arg, bdf_t b);
    void *arg;
};

/* The first present entry of a root or context table at or after `from`; 256: none. */
static unsigned next_present(const uint64_t *table, unsigned from)
{
    while (table && from < 256) {
        const uint64_t *e = table + 2 * from;

        if (*e & ENTRY_P)
            return from;
        from += from % 4 == 0 && !((e[2] | e[4] | e[6]) & ENTRY_P) ? 4 : 1;
    }
    return 256;
}

static void search_root(const struct search *s, gpa_t root)
{
    const uint64_t *roots = guest_mem_page(s->u->mem, root);

    for (unsigned bus = 0; (bus = next_present(roots, bus)) < 256; bus++) {
        const uint64_t *contexts =
            guest_mem_page(s->u->mem, entry_gpa(roots[2 * bus], s->u->config.aw_bits));

        for (unsigned devfn = 0; (devfn = next_present(contexts, devfn)) < 256; devfn++) {
            uint16_t sid = (uint16_t)(bus << 8 | devfn);

            if ((sid & s->mask) == (s->sid & s->mask))
                s->found(s->arg, bdf(sid));
        }
    }
}

static bool root_latched(const struct vtd_unit *u)
{
    return reg32(u, REG_GSTS) & GCMD_SRTP;
}

/* A context-cache invalidation, as a descriptor says it. */
static void search_context(struct search *s, uint64_t lo)
{
    static const uint16_t ignored[4] = {0, 4, 6, 7};

    s->sid = s->mask = 0;
    if (((lo >> 4) & 3) == GRAN_FINE) {
        s->sid = (uint16_t)(lo >> 32);
        s->mask = (uint16_t)~ignored[(lo >> 48) & 3];
    }
    if (root_latched(s->u))
        search_root(s, s->u->root);
}

static void search_queue(struct search *s, gpa_t base, unsigned size, unsigned tail)
{
    const struct vtd_unit *u = s->u;
    struct guest_mem_near near = {0};

    if ((reg32(u, REG_FSTS) & FSTS_IQE) || tail >= size)
        return;
    for (unsigned head = u->iq_head; head != tail; head = (head + 1) & (size - 1)) {
        const uint64_t *desc =
            guest_mem_pair_near(u->mem, gpa_add(base, (uint64_t)head * 16), &near);

        if (!desc)
            return;
        if ((*desc & 0xf) == DESC_CC)
            search_context(s, *desc);
    }
}

static void search_gcmd(struct search *s, uint32_t val)
{
    const struct vtd_unit *u = s->u;
    uint32_t changed = val ^ reg32(u, REG_GSTS);

    if ((changed & GCMD_TE) && root_latched(u))
        search_root(s, u->root);
    if ((val & GCMD_SRTP) && (val & GCMD_TE))
        search_root(s, entry_gpa(reg64(u, REG_RTADDR), u->config.aw_bits));
    if ((changed & val & GCMD_QIE) && u->iq_tail && !u->policy->qie_needs_tail_0) {
        uint64_t iqa = reg64(u, REG_IQA);

        search_queue(s, entry_gpa(iqa, u->config.aw_bits), 1u << ((iqa & IQA_QS) + 8), u->iq_tail);
    }
}

void vtd_write_discovers(const struct vtd_unit *u, unsigned off, unsigned bytes, uint64_t val,
                         void (*found)(void *arg, bdf_t b), void *arg)
{
    struct search s = {.u = u, .found = found, .arg = arg};
    uint64_t ccmd = reg64(u, REG_CCMD);

    switch (off) {
    case REG_GCMD: search_gcmd(&s, (uint32_t)val); return;
    case REG_IQT:
        if (u->qi_enabled)
            search_queue(&s, u->iq_base, u->iq_size, (unsigned)(val >> 4) & 0x7fff);
        return;
    case REG_CCMD_HI: ccmd = (uint32_t)ccmd | val << 32; break;
    case REG_CCMD:
        if (bytes != 8)
            return;
        ccmd = val;
        break;
    default: return;
    }
    if ((ccmd & CCMD_ICC) && !u->qi_enabled)
        search_context(&s, (ccmd >> CCMD_CIRG_SHIFT & 3) << 4 | (ccmd >> 16 & 0xffff) << 32 |
                               (ccmd >> 32 & 3) << 48);
}
