/* SPDX-License-Identifier: MIT */
/* Global commands: translation on and off, the root table, and the order in which one write is
 * taken (vtd-facts 2.2). */
#include "vtd_unit.h"

void gsts_change(struct vtd_unit *u, uint32_t clear, uint32_t set)
{
    struct obs o = {.kind = OBS_GSTS};

    o.u.gsts.old_val = reg32(u, REG_GSTS);
    o.u.gsts.new_val = (o.u.gsts.old_val & ~clear) | set;
    reg32_set(u, REG_GSTS, o.u.gsts.new_val);
    if (o.u.gsts.old_val != o.u.gsts.new_val)
        funnel_show(u->funnel, &o);
}

static void translation_work(struct vtd_unit *u, bool on)
{
    u->translating = on;
    if (u->policy->edge_switches_alone) {
        switch_all(u);
        return;
    }
    caches_reset(u);
    if (!on && u->policy->te_off_keeps_region)
        return;
    if (!u->policy->switch_unmaps) /* there the switch tells what goes */
        flush_all(u);
    switch_all(u);
}

static void translation_shown(struct vtd_unit *u, bool on)
{
    gsts_change(u, on ? 0 : GCMD_TE, on ? GCMD_TE : 0);
}

/* No unit here offers scalable mode (policy_check_unit), so its table mode (1) is a reserved one:
 * the emulation looks at that bit only where it offers it (11.1). */
static void set_root(struct vtd_unit *u)
{
    uint64_t rtaddr = reg64(u, REG_RTADDR);
    unsigned ttm = (unsigned)(rtaddr >> RTADDR_TTM_SHIFT) & 3;
    struct obs o = {.kind = OBS_ROOT};

    u->root = entry_gpa(rtaddr, u->config.aw_bits);
    u->blocked = u->policy->ttm_checked && ttm != 0;
    o.u.root.gpa = u->root;
    o.u.root.rtaddr = rtaddr;
    funnel_show(u->funnel, &o);
    if (u->policy->gsts_first)
        gsts_change(u, 0, GCMD_SRTP);
    if (u->policy->root_latched_alone) {
        gsts_change(u, 0, GCMD_SRTP);
        return;
    }
    caches_reset(u);
    if (u->policy->root_flushes)
        flush_all(u);
    switch_all(u);
    if (!u->policy->root_flushes)
        sync_all(u);
    gsts_change(u, 0, GCMD_SRTP);
}

/* What changed is taken once, before anything happens. */
void gcmd_written(struct vtd_unit *u)
{
    uint32_t val = reg32(u, REG_GCMD);
    uint32_t changed = val ^ reg32(u, REG_GSTS);

    if (changed & GCMD_TE && u->policy->gsts_first)
        translation_shown(u, val & GCMD_TE);
    if (changed & GCMD_TE)
        translation_work(u, val & GCMD_TE);
    if (val & GCMD_SRTP && !fate_ended(u->fate))
        set_root(u);
    if (changed & GCMD_TE && !u->policy->gsts_first)
        translation_shown(u, val & GCMD_TE); /* a new root of the same write is work of it, too */
    if (changed & GCMD_QIE && !fate_ended(u->fate))
        queue_enable(u, val & GCMD_QIE);
    if (val & GCMD_SIRTP)
        gsts_change(u, 0, GCMD_SIRTP);
    if ((changed & GCMD_IRE) && (u->ecap & ECAP_IR))
        gsts_change(u, val & GCMD_IRE ? 0 : GCMD_IRE, val & GCMD_IRE);
}
