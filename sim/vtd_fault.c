/* SPDX-License-Identifier: MIT */
/* Fault recording, fault and completion events (specification 7.2, 7.3; vtd-facts 4.3-4.5). */
#include "vtd_unit.h"

#define FSTS_EVENTS (FSTS_PFO | FSTS_PPF | FSTS_IQE)

static void show_fault(struct vtd_unit *u, bdf_t b, iova_t at, enum fault_reason why,
                       enum xlat_end end)
{
    struct obs o = {.kind = OBS_FAULT};

    o.u.fault.bdf = b;
    o.u.fault.iova = at;
    o.u.fault.reason = (uint8_t)why;
    o.u.fault.end = end;
    funnel_show(u->funnel, &o);
}

static void send_message(struct vtd_unit *u, unsigned addr, unsigned data, bool fault)
{
    struct obs o = {.kind = OBS_INTERRUPT};

    o.u.msi.address = reg32(u, addr);
    o.u.msi.data = reg32(u, data);
    o.u.msi.fault_event = fault;
    funnel_show(u->funnel, &o);
}

/* Raise or deliver an event whose control register is `ctl`: pending, or sent at once when not
 * masked. */
static void raise_event(struct vtd_unit *u, unsigned ctl, unsigned addr, unsigned data, bool fault)
{
    reg32_change(u, ctl, 0, ECTL_IP);
    if (reg32(u, ctl) & ECTL_IM)
        return;
    send_message(u, addr, data, fault);
    reg32_change(u, ctl, ECTL_IP, 0);
}

void fault_event(struct vtd_unit *u, uint32_t fsts_before)
{
    if (!(fsts_before & FSTS_EVENTS))
        raise_event(u, REG_FECTL, REG_FEADDR, REG_FEDATA, true);
}

void completion_event(struct vtd_unit *u)
{
    if (reg32(u, REG_ICS) & ICS_IWC)
        return;
    reg32_change(u, REG_ICS, 0, ICS_IWC);
    raise_event(u, REG_IECTL, REG_IEADDR, REG_IEDATA, false);
}

static bool qualified(const struct vtd_unit *u, enum fault_reason why)
{
    switch (why) {
    case FR_ROOT_ABSENT:
    case FR_ROOT_ACCESS:
    case FR_CONTEXT_ACCESS:
    case FR_ROOT_RESERVED:
    case FR_ROOT_PROGRAMMING: return false;
    case FR_CONTEXT_RESERVED: return u->policy->fault_b_qualified;
    default: return true;
    }
}

static void update_ppf(struct vtd_unit *u)
{
    bool pending = reg64(u, REG_FRCD_HI) & FRCD_F;

    reg32_change(u, REG_FSTS, FSTS_PPF, pending ? FSTS_PPF : 0);
}

/* There is one fault record (NFR = 0). True when the fault was recorded. */
static bool record(struct vtd_unit *u, enum fault_reason why, bdf_t b, iova_t at, bool write,
                   bool from_walk)
{
    uint32_t fsts = reg32(u, REG_FSTS);
    uint64_t hi = reg64(u, REG_FRCD_HI);

    if (fsts & FSTS_PFO)
        return false;
    if ((hi & FRCD_F) && (hi & 0xffff) == b.v)
        return false;
    if (hi & FRCD_F) {
        reg32_change(u, REG_FSTS, 0, FSTS_PFO);
        return false;
    }
    hi = FRCD_F | (write ? 0 : FRCD_T1_READ) | (uint64_t)why << FRCD_FR_SHIFT | b.v;
    if (from_walk && u->policy->pv_all_ones)
        hi |= UINT64_C(0xffff) << FRCD_PV_SHIFT;
    reg64_set(u, REG_FRCD, at.v & ~PAGE_4K_MASK);
    reg64_set(u, REG_FRCD_HI, hi);
    if (!(fsts & FSTS_PPF)) {
        reg32_change(u, REG_FSTS, FSTS_FRI_MASK, 0);
        update_ppf(u);
        fault_event(u, fsts);
    }
    return true;
}

enum xlat_end fault_report(struct vtd_unit *u, enum fault_reason why, bool fpd, bdf_t b, iova_t at,
                           bool write, bool from_walk)
{
    enum xlat_end end = XLAT_COLLAPSED;

    if (!(fpd && qualified(u, why)) && record(u, why, b, at, write, from_walk))
        end = XLAT_FAULT;
    show_fault(u, b, at, why, end);
    return end;
}

void fsts_written(struct vtd_unit *u)
{
    if (!(reg32(u, REG_FSTS) & FSTS_EVENTS))
        reg32_change(u, REG_FECTL, ECTL_IP, 0);
    if (!(reg32(u, REG_FSTS) & FSTS_IQE)) {
        u->iqei = IQEI_NONE;
        if (u->policy->iqercd)
            reg64_set(u, REG_IQERCD, 0);
        if (u->policy->iqe_clear_resumes)
            queue_resume(u);
    }
}

void fectl_written(struct vtd_unit *u)
{
    uint32_t ctl = reg32(u, REG_FECTL);

    if ((ctl & ECTL_IP) && !(ctl & ECTL_IM)) {
        send_message(u, REG_FEADDR, REG_FEDATA, true);
        reg32_change(u, REG_FECTL, ECTL_IP, 0);
    }
}

void ics_written(struct vtd_unit *u)
{
    if (!(reg32(u, REG_ICS) & ICS_IWC))
        reg32_change(u, REG_IECTL, ECTL_IP, 0);
}

void iectl_written(struct vtd_unit *u)
{
    uint32_t ctl = reg32(u, REG_IECTL);

    if ((ctl & ECTL_IP) && !(ctl & ECTL_IM)) {
        send_message(u, REG_IEADDR, REG_IEDATA, false);
        reg32_change(u, REG_IECTL, ECTL_IP, 0);
    }
}

void frcd_written(struct vtd_unit *u)
{
    update_ppf(u);
    if (u->policy->ip_clears_with_frcd && !(reg32(u, REG_FSTS) & FSTS_EVENTS))
        reg32_change(u, REG_FECTL, ECTL_IP, 0);
}
