/* SPDX-License-Identifier: MIT */
/*
 * The glossary: addresses of different kinds are different types, so that a
 * swapped IOVA and GPA does not compile.
 *
 *   IOVA   what a device puts on the bus; input of translation
 *   GPA    guest-physical address; output of translation, home of the tables
 *   BDF    requester id (SID): bus [15:8], device [7:3], function [2:0]
 *   DID    domain id
 *   end    one past; last: inclusive. A range is {first, last}, so that
 *          [0, 2^64-1] can be said.
 */
#ifndef VTR_BASE_ADDR_H
#define VTR_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t v;
} iova_t;

typedef struct {
    uint64_t v;
} gpa_t;

typedef struct {
    uint16_t v;
} bdf_t;

typedef struct {
    uint16_t v;
} did_t;

/** Inclusive range of IOVA; first <= last always. */
struct iova_range {
    iova_t first;
    iova_t last;
};

/** Rights of a translation; the bits are those of a second-stage entry. */
enum perm { PERM_NONE = 0, PERM_R = 1, PERM_W = 2, PERM_RW = 3 };

#define PAGE_4K_BYTES  UINT64_C(0x1000)
#define PAGE_4K_MASK   UINT64_C(0xfff)
#define WORDS_PER_PAGE 512u

/** The interrupt window: never translated (specification section 3.14; vtd-facts 3.9). */
#define IR_WINDOW_FIRST UINT64_C(0xfee00000)
#define IR_WINDOW_LAST  UINT64_C(0xfeefffff)

static inline iova_t iova(uint64_t v)
{
    return (iova_t){v};
}

static inline gpa_t gpa(uint64_t v)
{
    return (gpa_t){v};
}

static inline bdf_t bdf(uint16_t v)
{
    return (bdf_t){v};
}

static inline did_t did(uint16_t v)
{
    return (did_t){v};
}

static inline gpa_t gpa_add(gpa_t a, uint64_t bytes)
{
    return (gpa_t){a.v + bytes};
}

static inline iova_t iova_add(iova_t a, uint64_t bytes)
{
    return (iova_t){a.v + bytes};
}

static inline struct iova_range iova_range(uint64_t first, uint64_t last)
{
    return (struct iova_range){{first}, {last}};
}

static inline bool iova_range_overlap(struct iova_range a, struct iova_range b)
{
    return a.first.v <= b.last.v && b.first.v <= a.last.v;
}

static inline bool iova_range_has(struct iova_range r, iova_t a)
{
    return r.first.v <= a.v && a.v <= r.last.v;
}

/** True when `inner` lies wholly in `outer`. */
static inline bool iova_range_covers(struct iova_range outer, struct iova_range inner)
{
    return outer.first.v <= inner.first.v && inner.last.v <= outer.last.v;
}

/** True when v is a power of two; 0 is none. */
static inline bool is_pow2(uint64_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

/**
 * Mask (size - 1) of the largest naturally aligned power-of-two block that starts
 * at `first` and does not pass `last` (inclusive). Requires first <= last. A block of
 * 2^64 bytes is the mask ~0. This is the cut used for whole-range unmaps (vtd-facts 9.2.4).
 */
static inline uint64_t aligned_block_mask(uint64_t first, uint64_t last)
{
    uint64_t align = first ? (first & -first) - 1 : UINT64_MAX;
    uint64_t span = last - first; /* bytes - 1 */
    uint64_t fit = UINT64_MAX;

    if (span != UINT64_MAX)
        fit = (UINT64_C(1) << (63 - __builtin_clzll(span + 1))) - 1;
    return fit < align ? fit : align;
}

#endif
