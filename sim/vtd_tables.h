/* SPDX-License-Identifier: MIT */
/*
 * In-memory structures of legacy mode (specification chapter 9; vtd-facts chapter 3). No state.
 */
#ifndef VTR_VTD_TABLES_H
#define VTR_VTD_TABLES_H

#include <stdint.h>

#include "base/addr.h"

#define LEVELS_MAX 5u

/* Fault reasons of legacy mode (specification 7.1.3; vtd-facts 4.1) */
enum fault_reason {
    FR_ROOT_ABSENT = 0x1,
    FR_CONTEXT_ABSENT = 0x2,
    FR_CONTEXT_INVALID = 0x3,
    FR_BEYOND_WIDTH = 0x4,
    FR_WRITE = 0x5,
    FR_READ = 0x6,
    FR_TABLE_ACCESS = 0x7,
    FR_ROOT_ACCESS = 0x8,
    FR_CONTEXT_ACCESS = 0x9,
    FR_ROOT_RESERVED = 0xa,
    FR_CONTEXT_RESERVED = 0xb,
    FR_ENTRY_RESERVED = 0xc,
    FR_INTERRUPT_RANGE = 0xe,
    FR_ROOT_PROGRAMMING = 0x30,
};

#define ENTRY_P         UINT64_C(1)
#define ROOT_RSVD_LO    UINT64_C(0xffe)
#define CONTEXT_FPD     UINT64_C(2)
#define CONTEXT_RSVD_LO UINT64_C(0xff0)
#define CONTEXT_RSVD_HI UINT64_C(0xffffffffff000080)

enum { TT_MULTI_LEVEL = 0, TT_DEV_IOTLB = 1, TT_PASS_THROUGH = 2 };

#define SS_PERM  UINT64_C(3)
#define SS_LARGE UINT64_C(0x80)
#define SS_SNP   UINT64_C(0x800)
#define SS_TM    (UINT64_C(1) << 62)

#define LEVEL_BITS 9u

/** The lowest bit of an address that says which entry of a table at `level`. */
static inline unsigned level_shift(unsigned level)
{
    return 12 + LEVEL_BITS * (level - 1);
}

/** Size - 1 of what one entry of a table at `level` covers; level 1 is the leaf table. */
static inline uint64_t level_mask(unsigned level)
{
    return (UINT64_C(1) << level_shift(level)) - 1;
}

/** Index of `a` in its table at `level`. */
static inline unsigned level_index(iova_t a, unsigned level)
{
    return (unsigned)(a.v >> level_shift(level)) & (WORDS_PER_PAGE - 1);
}

/** Bits [bits-1:12] of an entry: the address it holds; never above bit 51, where ignored bits
 * begin. */
static inline gpa_t entry_gpa(uint64_t entry, unsigned bits)
{
    return gpa(entry & ((UINT64_C(1) << (bits < 52 ? bits : 52)) - 1) & ~PAGE_4K_MASK);
}

/** A context entry as decoded. */
struct context {
    uint64_t lo, hi;
};

static inline unsigned context_tt(struct context c)
{
    return (unsigned)(c.lo >> 2) & 3;
}

static inline unsigned context_aw(struct context c)
{
    return (unsigned)c.hi & 7;
}

static inline unsigned context_levels(struct context c)
{
    return context_aw(c) + 2;
}

static inline did_t context_did(struct context c)
{
    return did((uint16_t)(c.hi >> 8));
}

#endif
