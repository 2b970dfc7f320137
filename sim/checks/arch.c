/* SPDX-License-Identifier: MIT */
#include "checks/arch.h"

#include "checks/checks.h"

static unsigned field(uint64_t v, unsigned high, unsigned low)
{
    return (unsigned)(v >> low & arch_last(high - low + 1));
}

/* Bits that a paging entry of `level` may not have; ps: its page-size bit is set, and then it may
 * be that no such entry is right. */
static uint64_t reserved_bits(const struct arch *a, unsigned level, bool ps)
{
    bool leaf = level == 1 || ps;
    uint64_t reserved = a->beyond_mask;

    if (ps && (level > 3 || (level == 2 && !a->page_2m) || (level == 3 && !a->page_1g)))
        return UINT64_MAX;
    if (!leaf || !a->snp_allowed)
        reserved |= UINT64_C(1) << 11;
    if (!leaf || !a->tm_allowed)
        reserved |= UINT64_C(1) << 62;
    if (leaf && level > 1)
        reserved |= (arch_entry_bytes(level) - 1) & ~PAGE_4K_MASK;
    return reserved;
}

struct arch arch_of(const struct check_config *c)
{
    unsigned haw = c->aw_bits < 13 ? 13 : c->aw_bits > 52 ? 52 : c->aw_bits;

    struct arch a = {
        .addr_mask = arch_last(haw) & ~PAGE_4K_MASK,
        .beyond_mask = arch_last(52) & ~arch_last(haw),
        .sagaw = field(c->cap, 12, 8),
        .mgaw = field(c->cap, 21, 16) + 1,
        .mamv = field(c->cap, 53, 48),
        .did_bits = 4 + 2 * field(c->cap, 2, 0),
        .page_selective = field(c->cap, 39, 39),
        .pass_through = field(c->ecap, 6, 6),
        .device_tlb = field(c->ecap, 2, 2),
        .int_remap = field(c->ecap, 3, 3),
        .drain_page_requests = field(c->ecap, 42, 42),
        .caching_mode = c->caching_mode,
        .esrtps = field(c->cap, 63, 63),
        .esirtps = field(c->cap, 62, 62),
        .page_2m = field(c->cap, 34, 34),
        .page_1g = field(c->cap, 35, 35),
        .snp_allowed = c->snp_allowed,
        .tm_allowed = c->tm_allowed,
        .iotlb_reg = field(c->ecap, 17, 8) * 16 + 8,
    };

    for (unsigned level = 1; level <= 5; level++) {
        a.reserved[level][0] = reserved_bits(&a, level, false);
        a.reserved[level][1] = level > 1 ? reserved_bits(&a, level, true) : 0;
    }
    return a;
}

/* Frame bits that a root or context entry may not have: everything at the width and above. */
static uint64_t beyond_width(const struct arch *a)
{
    return ~(a->addr_mask | PAGE_4K_MASK);
}

enum root_kind arch_root(const struct arch *a, uint64_t lo, uint64_t hi, uint64_t *table)
{
    *table = lo & a->addr_mask;
    if (!(lo & 1))
        return ROOT_ABSENT;
    return (lo & 0xffe) || (lo & beyond_width(a)) || hi ? ROOT_BAD : ROOT_TABLE;
}

struct ctx arch_context(const struct arch *a, uint64_t lo, uint64_t hi)
{
    struct ctx x = {.did = (uint16_t)field(hi, 23, 8), .top = lo & a->addr_mask};
    unsigned type = field(lo, 3, 2), aw = field(hi, 2, 0);
    bool width_ok = aw <= 3 && aw >= 1 && (a->sagaw >> aw & 1);
    bool type_ok = type == 0 || (type == 1 && a->device_tlb) || (type == 2 && a->pass_through);
    unsigned largest = a->sagaw >> 3 & 1 ? 3 : a->sagaw >> 2 & 1 ? 2 : 1;

    if (!(lo & 1)) {
        x.kind = CTX_ABSENT;
        x.reasons = REASON(FR_CTX_ABSENT);
        return x;
    }
    if ((lo & 0xff0) || (lo & beyond_width(a)) || (hi & UINT64_C(0xffffffffff000080)))
        x.reasons |= REASON(FR_CTX_RESERVED);
    if (!width_ok || !type_ok)
        x.reasons |= REASON(FR_CTX_INVALID);
    x.levels = width_ok ? 2 + aw : 0;
    x.limit_bits = width_ok && 30 + 9 * aw < a->mgaw ? 30 + 9 * aw : a->mgaw;
    x.device_tlb = type == 1;
    x.kind = x.reasons ? CTX_BAD : type == 2 ? CTX_PASS : CTX_TABLES;
    /* Pass-through asks for the largest width; an implementation may insist or not. */
    if (x.kind == CTX_PASS && aw != largest)
        x.reasons = REASON(FR_CTX_INVALID);
    return x;
}

static const char misaligned[] = "the address is not aligned to the block that its mask names";
static const char empty_wait[] = "a wait asks for nothing: neither status, interrupt nor fence";

static const char *iotlb_wrong(const struct arch *a, const struct desc *d, uint64_t lo, uint64_t hi,
                               bool by_register)
{
    if (!by_register && ((lo & UINT64_C(0xffffffff0000f100)) || (hi & 0xf80)))
        return "reserved bits are set";
    if (d->scope == SCOPE_BAD)
        return "the granularity 0 does not exist";
    if (d->scope != SCOPE_FINE)
        return NULL;
    if (!a->page_selective)
        return "the unit has no page-selective invalidation";
    if (d->am > a->mamv)
        return "the address mask is beyond CAP.MAMV";
    return (hi & ~PAGE_4K_MASK) == d->first ? NULL : misaligned;
}

static const char *desc_wrong(const struct arch *a, const struct desc *d, uint64_t lo, uint64_t hi,
                              bool by_register)
{
    const char *bits = "reserved bits are set";

    switch (d->type) {
    case DESC_CC:
        if (!by_register && ((lo & UINT64_C(0xfffc00000000f1c0)) || hi))
            return bits;
        return d->scope == SCOPE_BAD ? "the granularity 0 does not exist" : NULL;
    case DESC_IOTLB: return iotlb_wrong(a, d, lo, hi, by_register);
    case DESC_DEVTLB:
        if (!a->device_tlb)
            return "the unit has no device-TLBs";
        return (lo & UINT64_C(0x000f0000ffe001f0)) || (hi & 0xffe) ? bits : NULL;
    case DESC_IEC:
        if (!a->int_remap)
            return "the unit has no interrupt remapping";
        return (lo & UINT64_C(0xffff000007fff1e0)) || hi ? bits : NULL;
    case DESC_WAIT:
        if ((lo & 0xfffff100) || (!a->drain_page_requests && (lo & 0x80)) || (hi & 3))
            return bits;
        return lo & 0xf0 ? NULL : empty_wait;
    default: return "the type does not exist in legacy mode";
    }
}

/* With S set the trailing ones of the address say how much: 8 KiB and up (6.5.2.5). */
static void devtlb_range(struct desc *d, uint64_t hi)
{
    uint64_t at = hi & ~PAGE_4K_MASK, mask = PAGE_4K_MASK;

    d->scope = SCOPE_FINE;
    if (hi & 1) {
        while (mask != UINT64_MAX && (at & (mask + 1)))
            mask = mask << 1 | 1;
        mask = mask << 1 | 1;
    }
    d->first = at & ~mask;
    d->last = at | mask;
}

void arch_desc(const struct arch *a, uint64_t lo, uint64_t hi, bool by_register, struct desc *d)
{
    d->type = field(lo, 3, 0) | field(lo, 11, 9) << 4;
    d->scope = (enum desc_scope)field(lo, 5, 4);
    d->did = (uint16_t)field(lo, 31, 16);
    d->sid = (uint16_t)field(lo, 47, 32);
    d->fm = field(lo, 49, 48);
    d->leaf_only = false;
    d->am = 0;
    d->first = 0;
    d->last = UINT64_MAX;
    if (d->type == DESC_IOTLB) {
        d->am = field(hi, 5, 0);
        d->leaf_only = hi >> 6 & 1;
        if (d->scope == SCOPE_FINE) {
            uint64_t mask = d->am >= 52 ? UINT64_MAX : (UINT64_C(1) << (12 + d->am)) - 1;

            d->first = (hi & ~PAGE_4K_MASK) & ~mask;
            d->last = d->first | mask;
        }
    }
    if (d->type == DESC_DEVTLB)
        devtlb_range(d, hi);
    d->wrong = desc_wrong(a, d, lo, hi, by_register);
    /* A misaligned address is the guest's own harm; of an empty wait nothing is said. */
    d->refusable = d->wrong && d->wrong != misaligned && d->wrong != empty_wait;
}
