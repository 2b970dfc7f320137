/* SPDX-License-Identifier: MIT */
/*
 * The inside of guest memory: where a page stands. Here, so that the compiler sees it where pages
 * are read; nobody but guest_mem.h and guest_mem*.c uses it.
 */
#ifndef VTR_GUEST_MEM_RADIX_H
#define VTR_GUEST_MEM_RADIX_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define GUEST_MEM_BITS  46u
#define GUEST_MEM_ZEROS 2u

/* A page number has 34 bits: a radix of 11 + 11 + 12, so that a page is three loads away. */
#define MEM_ROOT_SLOTS 2048u
#define MEM_MID_SLOTS  2048u
#define MEM_LEAF_SLOTS 4096u

struct mem_page {
    uint64_t words[WORDS_PER_PAGE];
    uint64_t stamp;        /* of the log */
    struct mem_page *next; /* in the list of those held, or of the spare ones */
    uint64_t number;
};

struct mem_leaf {
    struct mem_page *page[MEM_LEAF_SLOTS];
};

struct mem_mid {
    struct mem_leaf *leaf[MEM_MID_SLOTS];
};

struct mem_log;
struct ram_block;

struct guest_mem {
    struct mem_mid *root[MEM_ROOT_SLOTS];
    struct ram_block *blocks;
    size_t count;
    uint64_t pages;
    struct mem_log *log; /* NULL: nobody follows */
    struct {
        uint64_t first, end;
    } zeros[GUEST_MEM_ZEROS]; /* not RAM, but reads as zeros */
    unsigned zeros_count;
    struct mem_page *held;  /* all pages of the radix, newest first */
    struct mem_page *spare; /* all zero; from before a reset, to be used again */
    struct mem_log *spare_log;
};

/** The page of `a`, NULL when it was never written. */
static inline struct mem_page *mem_page_held(const struct guest_mem *m, gpa_t a)
{
    uint64_t n = a.v / PAGE_4K_BYTES;
    const struct mem_mid *mid;
    const struct mem_leaf *leaf;

    if (a.v >> GUEST_MEM_BITS)
        return NULL;
    mid = m->root[n / ((uint64_t)MEM_MID_SLOTS * MEM_LEAF_SLOTS)];
    if (!mid)
        return NULL;
    leaf = mid->leaf[n / MEM_LEAF_SLOTS % MEM_MID_SLOTS];
    return leaf ? leaf->page[n % MEM_LEAF_SLOTS] : NULL;
}

#endif
