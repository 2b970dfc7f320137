/* SPDX-License-Identifier: MIT */
/* The inside of the correct driver: its state, and what its two files use of each other. */
#ifndef VTR_TESTS_CORRECT_GUEST_INSIDE_H
#define VTR_TESTS_CORRECT_GUEST_INSIDE_H

#include "correct_guest.h"

#define ROOT    UINT64_C(0x100000)
#define CONTEXT UINT64_C(0x101000)
#define QUEUE   UINT64_C(0x200000)
#define STATUS  UINT64_C(0x300000)
#define POOL    UINT64_C(0x400000) /* pages for tables */
#define DATA    UINT64_C(0x10000000)

enum { PAGES = 128, REGIONS = 12, SMALLS = 8, DOMAINS = 3, DEVICES = 4, PASS_DID = 9 };

/* 2 MiB of IOVA. */
struct region {
    bool big, big_waits;
    unsigned used, wait; /* small pages, by bit: mapped; unmapped, not yet flushed */
    int table;           /* page of the pool, -1: none */
    bool table_waits;    /* one was unlinked and is not yet flushed */
};

struct domain {
    bool live;
    uint16_t did;
    int top;
    struct region region[REGIONS];
};

struct guest {
    struct engine *engine;
    const struct correct_how *how;
    uint64_t random;
    unsigned records, tail, seq;
    uint32_t gsts, gcmd;
    int result;
    uint64_t pool[PAGES][512];
    int owner[PAGES]; /* domain + 1; 0: free; -(domain + 1): freed, not yet flushed */
    struct domain domain[DOMAINS];
    int last_freed;
    int at[DEVICES]; /* domain of a device, DOMAINS: pass-through, -1: none */
};

/* correct_guest.c */
uint64_t below(struct guest *g, uint64_t n);
bool forgets(struct guest *g, enum sloppy s);
void step(struct guest *g, struct rec r);
void mem(struct guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi);
void wait_done(struct guest *g);
void put(struct guest *g, uint64_t lo, uint64_t hi);
void submit(struct guest *g, uint64_t lo, uint64_t hi);
uint16_t sid(unsigned dev);

/* correct_guest_pages.c */
uint64_t page_at(int page);
int take_page(struct guest *g, const struct domain *d);
void released(struct guest *g, struct domain *d);
uint64_t region_iova(const struct guest *g, unsigned r);
void map(struct guest *g, struct domain *d);
void unmap(struct guest *g, struct domain *d);
void change(struct guest *g, struct domain *d);
void devtlb(struct guest *g, const struct domain *d, uint64_t at, unsigned am);

#endif
