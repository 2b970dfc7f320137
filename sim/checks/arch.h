/* SPDX-License-Identifier: MIT */
/*
 * What the architecture says about bits, for the checks alone: their own constants, so that an
 * error in the unit's glossary does not hide itself here. Legacy mode (specification
 * chapters 3, 6, 9; vtd-facts 1.4, 1.6, 3.1, 3.3, 3.6, 5.4, 5.5).
 */
#ifndef VTR_CHECKS_ARCH_H
#define VTR_CHECKS_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct check_config;

/* Register offsets. */
enum { ARCH_GCMD = 0x18, ARCH_CCMD = 0x28, ARCH_FSTS = 0x34, ARCH_IQT = 0x88, ARCH_IQA = 0x90 };

/** Whether a write clears FSTS.IQE: to FSTS, or of 64 bits whose upper half it is. */
static inline bool arch_clears_iqe(unsigned off, bool wide, uint64_t val)
{
    return (off == ARCH_FSTS && (val & 0x10)) ||
           (wide && off == ARCH_FSTS - 4 && (val >> 32 & 0x10));
}

#define ARCH_TE       UINT32_C(0x80000000)
#define ARCH_SRTP     UINT32_C(0x40000000)
#define ARCH_QIE      UINT32_C(0x04000000)
#define ARCH_RTPS     ARCH_SRTP
#define ARCH_LEVELS   UINT32_C(0x86800000) /* TE, QIE, IRE, CFI */
#define ARCH_ONE_SHOT UINT32_C(0x69000000) /* SRTP, SFL, WBF, SIRTP */

/* Reasons of a DMA fault (specification 7.1.3). */
enum {
    FR_ROOT_ABSENT = 1,
    FR_CTX_ABSENT = 2,
    FR_CTX_INVALID = 3,
    FR_BEYOND = 4,
    FR_WRITE = 5,
    FR_READ = 6,
    FR_TABLE_ACCESS = 7,
    FR_ROOT_ACCESS = 8,
    FR_CTX_ACCESS = 9,
    FR_ROOT_RESERVED = 10,
    FR_CTX_RESERVED = 11,
    FR_ENTRY_RESERVED = 12,
    FR_TO_WINDOW = 14
};

#define REASON(r) (UINT32_C(1) << (r))

/** What this unit is, from CAP, ECAP and its width. */
struct arch {
    uint64_t addr_mask;   /* frame bits of an entry: 12 up to the address width */
    uint64_t beyond_mask; /* address width up to bit 51: reserved in paging entries */
    unsigned sagaw, mgaw; /* mgaw in bits */
    unsigned mamv, did_bits;
    bool page_selective, pass_through, device_tlb, int_remap, drain_page_requests, caching_mode,
        esrtps, esirtps;
    bool page_2m, page_1g;
    bool snp_allowed, tm_allowed;
    unsigned iotlb_reg;      /* offset of the IOTLB register */
    uint64_t reserved[6][2]; /* bits of a paging entry of that level; [1]: with PS set */
};

struct arch arch_of(const struct check_config *c);

enum root_kind { ROOT_ABSENT, ROOT_BAD, ROOT_TABLE };

/** A root entry (legacy): where its context table is. */
enum root_kind arch_root(const struct arch *a, uint64_t lo, uint64_t hi, uint64_t *table);

enum ctx_kind { CTX_ABSENT, CTX_BAD, CTX_PASS, CTX_TABLES };

/** A context entry. `reasons` are the faults it may give: for CTX_PASS those an implementation may
 * give instead. */
struct ctx {
    enum ctx_kind kind;
    uint32_t reasons;
    uint16_t did;
    uint64_t top;    /* CTX_TABLES: page of the top table */
    unsigned levels; /* CTX_TABLES: 3, 4 or 5 */
    unsigned limit_bits;
    bool device_tlb; /* translation type 1: the device may use ATS */
};

struct ctx arch_context(const struct arch *a, uint64_t lo, uint64_t hi);

/** The domain id under which a context entry is cached: a faulting one under 0
 * (specification 6.2.2.1). */
static inline uint16_t arch_tag(const struct ctx *x)
{
    return x->kind == CTX_PASS || x->kind == CTX_TABLES ? x->did : 0;
}

enum entry_kind { ENTRY_ABSENT, ENTRY_BAD, ENTRY_TABLE, ENTRY_LEAF };

/** A second-stage paging entry of `level` (1: 4 KiB pages, to 5). */
static inline enum entry_kind arch_entry(const struct arch *a, unsigned level, uint64_t word)
{
    bool ps = level > 1 && (word & 0x80);

    if (!(word & 3))
        return ENTRY_ABSENT;
    if (word & a->reserved[level][ps])
        return ENTRY_BAD;
    return ps || level == 1 ? ENTRY_LEAF : ENTRY_TABLE;
}

/** Bytes that one entry of `level` covers. */
static inline uint64_t arch_entry_bytes(unsigned level)
{
    return UINT64_C(1) << (12 + 9 * (level - 1));
}

/** Index of the entry of `level` that translates x. */
static inline unsigned arch_index(unsigned level, uint64_t x)
{
    return (unsigned)(x >> (12 + 9 * (level - 1))) & 511u;
}

/** The last address below a limit of `bits`. */
static inline uint64_t arch_last(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

enum desc_type { DESC_CC = 1, DESC_IOTLB, DESC_DEVTLB, DESC_IEC, DESC_WAIT };
enum desc_scope { SCOPE_BAD, SCOPE_GLOBAL, SCOPE_DOMAIN, SCOPE_FINE /* device, page */ };

/** An invalidation, from its raw words. */
struct desc {
    unsigned type; /* enum desc_type, or something unknown */
    enum desc_scope scope;
    uint16_t did, sid;
    unsigned fm;
    bool leaf_only; /* IH */
    unsigned am;
    uint64_t first, last; /* IOTLB page: the naturally aligned block; wider scopes: everything */
    const char *wrong;    /* what the guest did wrong in it, NULL when nothing */
    bool refusable;       /* wrong, and such that the queue must stop at it */
};

/** Into *d, all of it: who copied it at once would wait until the writes have left the processor.
 */
void arch_desc(const struct arch *a, uint64_t lo, uint64_t hi, bool by_register, struct desc *d);

/** True when a device-selective context-cache invalidation names `sid`. */
static inline bool arch_names(const struct desc *d, uint16_t sid)
{
    static const uint16_t ignored[4] = {0, 4, 6, 7};

    return ((d->sid ^ sid) & ~(unsigned)ignored[d->fm & 3]) == 0;
}

#endif
