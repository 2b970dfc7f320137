/* SPDX-License-Identifier: MIT */
/*
 * Guest memory: sparse, up to 2^46 bytes, 8-byte little-endian words. Only what the
 * trace names as RAM or ROM exists; reading elsewhere is an error that the unit turns
 * into the fault the architecture names. Words never written read as zero.
 */
#ifndef VTR_GUEST_MEM_H
#define VTR_GUEST_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/apart.h"
#include "base/err.h"
#include "base/state.h"
#include "guest_mem_radix.h"
#include "mem_log.h"

struct ram_block {
    gpa_t gpa;
    uint64_t bytes;
    bool rom; /* the guest cannot write it; consumers map it read-only */
};

/** An empty memory without RAM. Returns NULL when out of memory. The caller frees it. */
struct guest_mem *guest_mem_new(void);
void guest_mem_free(struct guest_mem *m);

/**
 * Back to an empty memory without RAM and without a log, as guest_mem_new makes it. Costs one page
 * of zeros for each page that was written; what was allocated stays and is used again.
 */
void guest_mem_reset(struct guest_mem *m);

/**
 * Add [gpa, gpa + bytes): 4 KiB multiples, at least one page, below 2^46, not overlapping an
 * earlier block. Returns 0, -EINVAL with a sentence, or -ENOMEM.
 */
int guest_mem_add(struct guest_mem *m, struct ram_block b, struct err *e);

/** The blocks in ascending order; `count` receives their number. Owned by the memory. */
const struct ram_block *guest_mem_blocks(const struct guest_mem *m, size_t *count);

/** The block that holds `a`, or NULL. */
const struct ram_block *guest_mem_block_at(const struct guest_mem *m, gpa_t a);

/** guest_mem_page of a page never written. */
RARELY const uint64_t *guest_mem_page_unheld(const struct guest_mem *m, gpa_t a);

/**
 * The 512 words of the 4 KiB page that holds `a`, to read; NULL when the page is not RAM or ROM.
 * The pointer stays valid until the memory is freed, but a page never written may be represented by
 * a shared page of zeros: ask again after a store. Cost: three loads.
 */
static inline const uint64_t *guest_mem_page(const struct guest_mem *m, gpa_t a)
{
    const struct mem_page *p = mem_page_held(m, a);

    return p ? p->words : guest_mem_page_unheld(m, a);
}

/**
 * [a, a + bytes), 4 KiB multiples and no RAM, reads as zeros from now on instead of not at all; it
 * cannot be written. For what a machine has there that answers (its interrupt controllers). At most
 * GUEST_MEM_ZEROS such ranges; further ones are ignored.
 */
void guest_mem_zeros(struct guest_mem *m, gpa_t a, uint64_t bytes);

/** Read the aligned 8-byte word at `a`. Returns false when it is not RAM or ROM. */
static inline bool guest_mem_read(const struct guest_mem *m, gpa_t a, uint64_t *val)
{
    const uint64_t *words = guest_mem_page(m, a);

    if (!words)
        return false;
    *val = words[a.v / 8 % WORDS_PER_PAGE];
    return true;
}

/** The two words at `a`, a multiple of 16, to read: of one page. NULL when it is not RAM or ROM. */
static inline const uint64_t *guest_mem_pair(const struct guest_mem *m, gpa_t a)
{
    const uint64_t *words = guest_mem_page(m, a);

    return words ? words + a.v / 16 % (WORDS_PER_PAGE / 2) * 2 : NULL;
}

/** The page asked for last, by who reads in order: only one that was written, for that stays where
 * it is as long as the memory is not reset. Zeros: none. */
struct guest_mem_near {
    const uint64_t *words;
    uint64_t page; /* number */
};

/** guest_mem_pair_near of a page that is not. */
APART const uint64_t *guest_mem_pair_far(const struct guest_mem *m, gpa_t a,
                                         struct guest_mem_near *near);

/** guest_mem_pair beside what is near; that is the page asked for from now on. */
static inline const uint64_t *guest_mem_pair_near(const struct guest_mem *m, gpa_t a,
                                                  struct guest_mem_near *near)
{
    if (!near->words || near->page != a.v / PAGE_4K_BYTES)
        return guest_mem_pair_far(m, a, near);
    return near->words + a.v / 16 % (WORDS_PER_PAGE / 2) * 2;
}

/**
 * Store the aligned 8-byte word at `a`, ROM included (a trace says what memory holds).
 * Returns 0, -EFAULT when it is not RAM or ROM, -ENOMEM.
 */
int guest_mem_store(struct guest_mem *m, gpa_t a, uint64_t val);

/** As a device writes: 32 bits at a 4-byte boundary; -EFAULT when not RAM (ROM refuses too). */
int guest_mem_write32(struct guest_mem *m, gpa_t a, uint32_t val);

/**
 * Clear [a, a + bytes), both multiples of 8. Only pages that were ever written are touched, so any
 * length is cheap. Returns 0, or -EFAULT when some of it is not RAM or ROM (then nothing changes).
 */
int guest_mem_zero(struct guest_mem *m, gpa_t a, uint64_t bytes);

/**
 * The first page at or above *at that was ever written: its 512 words, and *at is its first byte;
 * NULL when there is none.
 */
const uint64_t *guest_mem_written(const struct guest_mem *m, gpa_t *at);

/** What was written, as bytes: pages that hold anything but zeros, of them the words that do. */
void guest_mem_save(const struct guest_mem *m, struct state_out *o);

/** And back into a memory with the same RAM, where nothing was written yet. */
void guest_mem_load(struct guest_mem *m, struct state_in *i);

/**
 * From now on the memory logs which pages are written (mem_log.h). False when out of memory. The
 * log is the memory's; NULL when nobody asked for one.
 */
bool guest_mem_follow(struct guest_mem *m);
struct mem_log *guest_mem_log(const struct guest_mem *m);

/** Bytes of page contents held. */
uint64_t guest_mem_bytes_held(const struct guest_mem *m);

#endif
