/* SPDX-License-Identifier: MIT */
/* Queued invalidation and the register commands (specification 6.5; vtd-facts chapters 5 and 6). */
#include "vtd_unit.h"

APART static void show_inval(struct vtd_unit *u, enum obs_kind kind, uint64_t lo, uint64_t hi,
                             bool by_reg)
{
    struct obs o;

    if (!funnel_wants(u->funnel, kind))
        return;
    o.kind = kind;
    o.u.inval.lo = lo;
    o.u.inval.hi = hi;
    o.u.inval.by_register = by_reg;
    funnel_show(u->funnel, &o);
}

RARELY static void queue_error(struct vtd_unit *u, enum iqei why, uint64_t lo, uint64_t hi)
{
    uint32_t before = reg32(u, REG_FSTS);

    reg32_change(u, REG_FSTS, 0, FSTS_IQE);
    u->iqei = why;
    if (u->policy->iqercd)
        reg64_set(u, REG_IQERCD, (uint64_t)why);
    show_inval(u, OBS_QUEUE_ERROR, lo, hi, false);
    fault_event(u, before);
}

/* Bits that must be zero (vtd-facts 5.5). */
static struct desc_bits reserved_of(const struct policy *p, unsigned type)
{
    struct desc_bits r = {0, 0};

    switch (type) {
    case DESC_CC: r = (struct desc_bits){0xfffc00000000f1c0, UINT64_MAX}; break;
    case DESC_IOTLB: r = (struct desc_bits){0xffffffff0000f100, 0xf80}; break;
    case DESC_DEVTLB:
        r = (struct desc_bits){0xffff0000ffe0f1f0, 0xffe};
        if (p->pfsid_allowed)
            r.lo &= ~UINT64_C(0xfff000000000f000);
        break;
    case DESC_IEC:
        if (!p->iec_reserved)
            return r;
        r = (struct desc_bits){0xffff000007fff1e0, UINT64_MAX};
        break;
    case DESC_WAIT: r = (struct desc_bits){0xfffff180, 3}; break;
    case 9: return (struct desc_bits){0xfff00000000001e0, 0xfffffffffffff003};
    default: return r; /* 6, 7: taken without a look */
    }
    if (!p->type_has_upper_bits)
        r.lo |= 0xe00;
    return r;
}

void queue_rules(struct vtd_unit *u)
{
    for (unsigned type = 0; type < DESC_TYPES; type++)
        u->desc_reserved[type] = reserved_of(u->policy, type);
}

static unsigned desc_type(const struct vtd_unit *u, uint64_t lo)
{
    unsigned type = (unsigned)lo & 0xf;

    if (u->policy->type_has_upper_bits)
        type |= (unsigned)(lo >> 5) & 0x70;
    return type;
}

static enum iqei desc_fault(const struct vtd_unit *u, unsigned type, uint64_t lo, uint64_t hi)
{
    unsigned gran = (unsigned)(lo >> 4) & 3;

    if (type >= DESC_TYPES || !(u->policy->types_accepted >> type & 1))
        return IQEI_TYPE;
    if (u->policy->types_need_caps && ((type == DESC_DEVTLB && !(u->ecap & ECAP_DT)) ||
                                       (type == DESC_IEC && !(u->ecap & ECAP_IR))))
        return IQEI_TYPE;
    if ((lo & u->desc_reserved[type].lo) || (hi & u->desc_reserved[type].hi))
        return IQEI_RESERVED;
    if ((type == DESC_CC || type == DESC_IOTLB) && gran == GRAN_NONE)
        return IQEI_RESERVED;
    if (type == DESC_IOTLB && gran == GRAN_FINE && (hi & 0x3f) > CAP_MAMV)
        return IQEI_RESERVED;
    if (type == 9 && !(lo & 0x10))
        return IQEI_RESERVED;
    return IQEI_NONE;
}

APART static void execute_context(struct vtd_unit *u, uint64_t lo)
{
    did_t domain = did((uint16_t)(lo >> 16));

    switch ((unsigned)(lo >> 4) & 3) {
    case GRAN_GLOBAL: inval_context_global(u); break;
    case GRAN_DOMAIN: inval_context_domain(u, domain); break;
    case GRAN_FINE:
        inval_context_device(u, domain, (uint16_t)(lo >> 32), (unsigned)(lo >> 48) & 3);
        break;
    default: break;
    }
}

static void execute_iotlb(struct vtd_unit *u, uint64_t lo, uint64_t hi)
{
    did_t domain = did((uint16_t)(lo >> 16));

    switch ((unsigned)(lo >> 4) & 3) {
    case GRAN_GLOBAL: inval_iotlb_global(u); break;
    case GRAN_DOMAIN: inval_iotlb_domain(u, domain); break;
    case GRAN_FINE:
        inval_iotlb_pages(u, domain, iova(hi & ~PAGE_4K_MASK), (unsigned)hi & 0x3f);
        break;
    default: break;
    }
}

/* A wait: status first, then the interrupt. Returns false when it is refused. */
APART static bool execute_wait(struct vtd_unit *u, uint64_t lo, uint64_t hi)
{
    const struct policy *p = u->policy;
    bool wrong = !(lo & (WAIT_SW | WAIT_IF)) && !((lo & WAIT_FN) && p->wait_fence_only);

    if ((lo & WAIT_SW) && (lo & WAIT_IF) && p->wait_sw_if_aborts) {
        fate_abort(u->fate, "a wait descriptor with status write and interrupt: assertion");
        return true;
    }
    if (lo & WAIT_SW) {
        struct obs o;

        o.kind = OBS_UNIT_STORE;
        o.u.store.gpa = gpa(hi);
        o.u.store.val = (uint32_t)(lo >> 32);
        if (guest_mem_write32(u->mem, o.u.store.gpa, o.u.store.val))
            wrong = true;
        else
            funnel_show(u->funnel, &o);
    }
    if ((lo & WAIT_IF) && (!wrong || p->wait_if_after_error))
        completion_event(u);
    if (!wrong)
        show_inval(u, OBS_WAIT_LANDED, lo, hi, false);
    return !wrong;
}

/* Validate and execute one descriptor. False: refused, the queue stops at it. */
static bool process(struct vtd_unit *u, uint64_t lo, uint64_t hi)
{
    unsigned type = desc_type(u, lo);
    enum iqei fault = desc_fault(u, type, lo, hi);

    u->iq_last_type = type;
    if (!fault && type == DESC_WAIT && !execute_wait(u, lo, hi))
        fault = IQEI_RESERVED;
    if (fault) {
        show_inval(u, OBS_INVAL_REFUSED, lo, hi, false);
        queue_error(u, fault, lo, hi);
        return false;
    }
    if (type == DESC_WAIT)
        return true;
    show_inval(u, OBS_INVAL_BEGIN, lo, hi, false);
    switch (type) {
    case DESC_CC: execute_context(u, lo); break;
    case DESC_IOTLB: execute_iotlb(u, lo, hi); break;
    case DESC_DEVTLB:
        inval_devtlb(u, (uint16_t)(lo >> 32), iova(hi & ~PAGE_4K_MASK), hi & 1);
        break;
    case DESC_IEC: u->iec_invalidations++; break;
    default: break;
    }
    if (!fate_ended(u->fate))
        show_inval(u, OBS_INVAL_DONE, lo, hi, false);
    return true;
}

/* The two words of a descriptor; NULL: there is no RAM. */
static const uint64_t *descriptor(struct vtd_unit *u, unsigned at)
{
    return guest_mem_pair_near(u->mem, gpa_add(u->iq_base, (uint64_t)at * 16), &u->iq_near);
}

/* What a descriptor will want of a page is far away, and comes while the one before is executed. */
static void look_ahead(struct vtd_unit *u, unsigned at)
{
    const uint64_t *desc;

    if (at == u->iq_tail)
        return;
    desc = descriptor(u, at);
    if (desc && (desc[0] & 0x3f) == (DESC_IOTLB | GRAN_FINE << 4) && !(desc[1] & 0x3f))
        inval_iotlb_expect(u, did((uint16_t)(desc[0] >> 16)), iova(desc[1] & ~PAGE_4K_MASK));
}

void queue_resume(struct vtd_unit *u)
{
    if (!u->qi_enabled || (reg32(u, REG_FSTS) & FSTS_IQE) || u->iq_head == u->iq_tail)
        return;
    if (u->policy->dw_needs_smts && (reg64(u, REG_IQA) & IQA_DW)) {
        queue_error(u, IQEI_WIDTH, 0, 0);
        return;
    }
    if (u->iq_tail >= u->iq_size) {
        queue_error(u, IQEI_TAIL, 0, 0);
        return;
    }
    look_ahead(u, u->iq_head);
    while (u->iq_head != u->iq_tail && !fate_ended(u->fate)) {
        unsigned next = (u->iq_head + 1) & (u->iq_size - 1); /* a power of two */
        const uint64_t *desc = descriptor(u, u->iq_head);

        if (!desc) {
            u->iq_last_type = 0;
            queue_error(u, IQEI_FETCH, 0, 0);
            return;
        }
        look_ahead(u, next);
        if (!process(u, desc[0], desc[1]))
            return;
        u->iq_head = next;
        reg64_set(u, REG_IQH, (uint64_t)u->iq_head << 4);
    }
}

void queue_tail_written(struct vtd_unit *u)
{
    u->iq_tail = (unsigned)(reg64(u, REG_IQT) >> 4) & 0x7fff;
    queue_resume(u);
}

void queue_enable(struct vtd_unit *u, bool on)
{
    uint64_t iqa = reg64(u, REG_IQA);

    if (on && u->policy->qie_needs_tail_0 && u->iq_tail)
        return;
    if (on) {
        u->iq_base = entry_gpa(iqa, u->config.aw_bits);
        u->iq_size = 1u << ((iqa & IQA_QS) + 8);
        u->qi_enabled = true;
        gsts_change(u, 0, GCMD_QIE);
        queue_resume(u);
    } else if (u->iq_head == u->iq_tail && u->iq_last_type == DESC_WAIT) {
        u->iq_head = 0;
        reg64_set(u, REG_IQH, 0);
        u->qi_enabled = false;
        gsts_change(u, GCMD_QIE, 0);
    }
}

/* A register command: show it as the descriptor that says the same, and execute it. */
static void command(struct vtd_unit *u, unsigned type, uint64_t lo, uint64_t hi)
{
    show_inval(u, OBS_INVAL_BEGIN, lo, hi, true);
    if (type == DESC_CC)
        execute_context(u, lo);
    else
        execute_iotlb(u, lo, hi);
    if (!fate_ended(u->fate))
        show_inval(u, OBS_INVAL_DONE, lo, hi, true);
}

void ccmd_written(struct vtd_unit *u)
{
    uint64_t ccmd = reg64(u, REG_CCMD);
    unsigned gran = (unsigned)(ccmd >> CCMD_CIRG_SHIFT) & 3, done = gran;
    uint64_t lo = DESC_CC | (uint64_t)gran << 4 | (ccmd & 0xffff) << 16 |
                  (ccmd >> 16 & 0xffff) << 32 | (ccmd >> 32 & 3) << 48;

    if (!(ccmd & CCMD_ICC) || (u->qi_enabled && u->policy->busy_under_qi))
        return;
    if (u->qi_enabled || u->blocked || gran == GRAN_NONE) {
        done = GRAN_NONE;
        show_inval(u, OBS_INVAL_REFUSED, lo, 0, true);
    } else {
        command(u, DESC_CC, lo, 0);
        if (gran == GRAN_DOMAIN && !u->policy->cc_domain_exact)
            done = GRAN_GLOBAL;
    }
    ccmd &= ~(CCMD_ICC | UINT64_C(3) << CCMD_CAIG_SHIFT);
    reg64_set(u, REG_CCMD, ccmd | (uint64_t)done << CCMD_CAIG_SHIFT);
}

void iotlb_reg_written(struct vtd_unit *u)
{
    uint64_t reg = reg64(u, REG_IOTLB), iva = reg64(u, REG_IVA);
    unsigned gran = (unsigned)(reg >> IOTLB_IIRG_SHIFT) & 3, done = gran;
    uint64_t lo = DESC_IOTLB | (uint64_t)gran << 4 | (reg >> 48 & 1) << 6 | (reg >> 49 & 1) << 7 |
                  (reg >> 32 & 0xffff) << 16;
    uint64_t hi = gran == GRAN_FINE ? iva : 0;

    if (!(reg & IOTLB_IVT) || (u->qi_enabled && u->policy->busy_under_qi))
        return;
    if (u->qi_enabled || u->blocked || gran == GRAN_NONE ||
        (gran == GRAN_FINE && (iva & IVA_AM) > CAP_MAMV)) {
        done = GRAN_NONE;
        show_inval(u, OBS_INVAL_REFUSED, lo, hi, true);
    } else {
        command(u, DESC_IOTLB, lo, hi);
    }
    reg &= ~(IOTLB_IVT | UINT64_C(3) << IOTLB_IAIG_SHIFT);
    reg64_set(u, REG_IOTLB, reg | (uint64_t)done << IOTLB_IAIG_SHIFT);
}
