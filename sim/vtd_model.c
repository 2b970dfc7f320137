/* SPDX-License-Identifier: MIT */
/* The unit: configuration, register dispatch, reset. */
#include "vtd_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vtd_unit.h"

static uint64_t cap_of(const struct policy *p, const struct unit_config *c)
{
    uint64_t cap = CAP_FIXED | (uint64_t)(c->aw_bits - 1) << CAP_MGAW_SHIFT;

    for (unsigned aw = 1, bits = 39; bits <= c->aw_bits; aw++, bits += 9)
        cap |= UINT64_C(1) << (CAP_SAGAW_SHIFT + aw);
    if (c->caching_mode)
        cap |= CAP_CM;
    if (c->dma_drain && !p->no_drain)
        cap |= CAP_DRAIN;
    if (p->esrtps)
        cap |= CAP_ESRTPS;
    return cap;
}

static uint64_t ecap_of(const struct unit_config *c)
{
    uint64_t ecap = ECAP_QI | ECAP_IRO;

    if (c->pt)
        ecap |= ECAP_PT;
    if (c->device_iotlb)
        ecap |= ECAP_DT;
    if (c->snoop_control)
        ecap |= ECAP_SC;
    if (c->intremap)
        ecap |= ECAP_IR | ECAP_MHMV;
    if (c->eim)
        ecap |= ECAP_EIM;
    return ecap;
}

/* cap= and ecap= verbatim must not contradict the structure that is modelled. */
static int set_capabilities(struct vtd_unit *u, struct err *e)
{
    const struct unit_config *c = &u->config;
    /* CM, SAGAW, MGAW, FRO, SSLPS, PSI, NFR, MAMV are structure; the rest are promises. */
    const uint64_t structure = UINT64_C(0x1f80) | UINT64_C(0x3f0000) | UINT64_C(0x3ff000000) |
                               UINT64_C(0xbc00000000) | UINT64_C(0xff) << 40 | UINT64_C(0x3f) << 48;

    u->cap = cap_of(u->policy, c);
    u->ecap = ecap_of(c);
    u->version = c->has_version ? c->version : 0x10;
    if (c->has_cap) {
        if ((c->cap ^ u->cap) & structure)
            return err_set(e, EINVAL,
                           "cap=0x%" PRIx64
                           " contradicts the unit's other keys, which make 0x%" PRIx64
                           " (width, levels, caching mode, fault records must agree)",
                           c->cap, u->cap);
        u->cap = c->cap;
    }
    if (c->has_ecap) {
        if ((c->ecap ^ u->ecap) & (ECAP_QI | UINT64_C(0x3ff00) | ECAP_PT | ECAP_DT | ECAP_IR))
            return err_set(e, EINVAL,
                           "ecap=0x%" PRIx64
                           " contradicts the unit's other keys, which make 0x%" PRIx64
                           " (pass-through, device IOTLB, interrupt remapping must agree)",
                           c->ecap, u->ecap);
        u->ecap = c->ecap;
    }
    return 0;
}

/* Everything back to the reset state but devices and what they were told. */
static void state_reset(struct vtd_unit *u)
{
    regs_reset(u);
    u->translating = u->blocked = u->qi_enabled = false;
    u->root = u->iq_base = gpa(0);
    u->iq_size = 0;
    u->iq_head = u->iq_tail = 0;
    u->iq_last_type = 0;
    u->iqei = IQEI_NONE;
    caches_reset(u);
}

int vtd_new(const struct vtd_options *o, struct vtd_unit **out, struct err *e)
{
    struct vtd_unit *u;
    int fault;

    *out = NULL;
    fault = policy_check_unit(o->policy, o->config, e);
    if (fault)
        return fault;
    u = malloc(sizeof(*u));
    if (!u)
        return err_set(e, ENOMEM, "out of memory for the unit");
    memset(u, 0, offsetof(struct vtd_unit, iotlb.entry));
    u->policy = o->policy;
    u->config = *o->config;
    u->sync = o->sync;
    u->mem = o->mem;
    u->funnel = o->funnel;
    u->fate = o->fate;
    rules_init(&u->rules, u->policy, &u->config);
    queue_rules(u);
    fault = set_capabilities(u, e);
    if (fault) {
        free(u);
        return fault;
    }
    u->context_gen = 1; /* a device's slot starts at 0: nothing cached */
    state_reset(u);
    *out = u;
    return 0;
}

void vtd_free(struct vtd_unit *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < u->dev_count; i++) {
        shadow_clear(&u->devs[i]->shadow);
        visits_clear(&u->devs[i]->visits);
        notify_region_clear(&u->devs[i]->region);
        free(u->devs[i]);
    }
    free(u->devs);
    free(u->seats);
    free(u);
}

uint64_t vtd_cap(const struct vtd_unit *u)
{
    return u->cap;
}

uint64_t vtd_ecap(const struct vtd_unit *u)
{
    return u->ecap;
}

/* Registers of 32 bits at 8-byte boundaries that must not be written in one go with the next (#43).
 * Reading them so is harmless (seen on QEMU 7.2). */
static bool wrong_size(const struct vtd_unit *u, unsigned off, unsigned bytes)
{
    if (bytes != 8 || (off != REG_FECTL && off != REG_IECTL && off != REG_IEADDR &&
                       !(off == REG_FEADDR && u->policy->feaddr_64_aborts)))
        return false;
    if (u->policy->wrong_size_aborts)
        fate_abort(u->fate, "a 64-bit access to a 32-bit register: assertion");
    return true;
}

static void dispatch(struct vtd_unit *u, unsigned off, unsigned bytes)
{
    switch (off) {
    case REG_GCMD: gcmd_written(u); break;
    case REG_CCMD:
        if (bytes == 8)
            ccmd_written(u);
        break;
    case REG_CCMD_HI: ccmd_written(u); break;
    case REG_FSTS: fsts_written(u); break;
    case REG_FECTL: fectl_written(u); break;
    case REG_IQT: queue_tail_written(u); break;
    case REG_ICS: ics_written(u); break;
    case REG_IECTL: iectl_written(u); break;
    case REG_IOTLB:
        if (bytes == 8)
            iotlb_reg_written(u);
        break;
    case REG_IOTLB_HI: iotlb_reg_written(u); break;
    case REG_FRCD_HI:
        if (bytes == 8)
            frcd_written(u);
        break;
    case REG_FRCD_HI + 4: frcd_written(u); break;
    default: break;
    }
}

void vtd_write(struct vtd_unit *u, unsigned off, unsigned bytes, uint64_t val)
{
    if (off + bytes > VTD_REG_BYTES)
        return;
    if (wrong_size(u, off, bytes) && fate_ended(u->fate))
        return;
    reg32_guest_write(u, off, (uint32_t)val);
    if (bytes == 8)
        reg32_guest_write(u, off + 4, (uint32_t)(val >> 32));
    dispatch(u, off, bytes);
    /* The status registers in an upper half act, too, where no such write is an end. */
    if (bytes == 8 && !u->policy->wrong_size_aborts && (off + 4 == REG_FSTS || off + 4 == REG_ICS))
        dispatch(u, off + 4, 4);
}

static uint32_t read_half(const struct vtd_unit *u, unsigned off)
{
    const struct policy *p = u->policy;

    if (p->iqa_reads_latched && off == REG_IQA) {
        uint32_t kept = (uint32_t)(IQA_QS | (p->iqa_loses_dw ? 0 : IQA_DW));

        return (uint32_t)u->iq_base.v | (reg32(u, REG_IQA) & kept);
    }
    if (p->iqa_reads_latched && off == REG_IQA + 4)
        return (uint32_t)(u->iq_base.v >> 32);
    return u->reg[off / 4] & ~u->womask[off / 4];
}

uint64_t vtd_read(const struct vtd_unit *u, unsigned off, unsigned bytes)
{
    if (off + bytes > VTD_REG_BYTES)
        return 0; /* nobody's: unassigned memory (seen on QEMU 7.2) */
    if (bytes == 4)
        return read_half(u, off);
    return read_half(u, off) | (uint64_t)read_half(u, off + 4) << 32;
}

void vtd_reset(struct vtd_unit *u)
{
    struct obs o = {.kind = OBS_RESET};
    uint32_t gsts = reg32(u, REG_GSTS);

    state_reset(u);
    if (gsts && u->policy->gsts_first) {
        struct obs g = {.kind = OBS_GSTS};

        g.u.gsts.old_val = gsts;
        funnel_show(u->funnel, &g);
    }
    if (!u->policy->switch_unmaps)
        flush_all(u);
    if (!u->policy->reset_keeps_region)
        switch_all(u);
    funnel_show(u->funnel, &o);
}

struct vtd_counts vtd_counts(const struct vtd_unit *u)
{
    struct vtd_counts c = {.sync = u->sync_counts,
                           .iec_invalidations = u->iec_invalidations,
                           .iotlb_hits = u->iotlb_hits,
                           .iotlb_misses = u->iotlb_misses};

    for (size_t i = 0; i < u->dev_count; i++) {
        c.shadow_leaves += u->devs[i]->shadow.leaves;
        c.shadow_bytes += shadow_bytes(&u->devs[i]->shadow);
    }
    return c;
}
