/* SPDX-License-Identifier: MIT */
/*
 * A correct driver of the unit, as Linux is one: what the workloads (workload.h) are made of. Its
 * queue is kept as Linux keeps it: each request is followed by a wait descriptor that writes its
 * status, and by the tail; a virtual time stands before each tail. Table pages are zeroed when they
 * are taken, and used again only when an invalidation that covers them has completed.
 *
 * It makes records (driver_step), which wait until they are handed out; one call of a workload's
 * step makes at most DRIVER_STEPS of them. Nothing is allocated once it has begun.
 */
#ifndef VTR_GEN_DRIVER_H
#define VTR_GEN_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/record.h"

#define DRIVER_STEPS   4096u
#define DRIVER_POOL    1024u /* table pages; a kernel has half of them */
#define DRIVER_DEVICES 16u
#define DRIVER_DOMAINS 24u
#define DRIVER_BUSES   4u
#define DRIVER_ORDERS  11u /* IOVA ranges of 2^0 to 2^10 pages */
#define DRIVER_SPARE   256u
#define DRIVER_LAZY    256u /* ranges that wait for one flush, as many as Linux has */
#define DRIVER_BDFS    4u   /* consumers that the trace names itself */

#define DRIVER_NONE (-1)
#define DRIVER_PASS 100 /* instead of a domain: pass-through */

#define PAGES_4K 1u /* bits of a set of page sizes */
#define PAGES_2M 2u
#define PAGES_1G 4u

/* A record, small; `kind` is an enum rec_kind. */
struct driver_step {
    uint8_t kind;
    bool on;     /* dma, miss: write; ats */
    uint16_t id; /* register, bdf, or index of a consumer */
    uint32_t n;  /* words, bytes */
    uint64_t at, val[2];
};

struct driver_spare {
    unsigned n;
    uint64_t iova[DRIVER_SPARE];
};

struct driver_domain {
    bool live;
    uint16_t did;
    int top; /* page of the pool */
    unsigned levels;
    uint64_t lowest;                          /* IOVAs are given out from here downwards */
    struct driver_spare spare[DRIVER_ORDERS]; /* given back, by size */
    struct {
        uint64_t iova;
        unsigned order;
    } wait[DRIVER_LAZY]; /* unmapped, not yet flushed */
    unsigned waits;
};

struct driver {
    /* Said before driver_boot; the rest is zero, but `at`: DRIVER_NONE. */
    uint64_t dice;
    unsigned levels, unit_levels; /* of tables; the most that the unit has */
    bool caching_mode, ats, intremap;
    uint16_t sid[DRIVER_DEVICES];
    unsigned devices;

    /* The unit. */
    unsigned kernel; /* 0, 1, ...: its memory is one of two regions in turn */
    uint32_t gcmd, gsts;
    unsigned tail;
    int root;
    int context[DRIVER_BUSES]; /* page of each bus that has devices */
    uint8_t bus[DRIVER_BUSES];
    unsigned buses;
    uint64_t now; /* ns */

    int at[DRIVER_DEVICES]; /* domain of a device, DRIVER_PASS, DRIVER_NONE */
    struct driver_domain domain[DRIVER_DOMAINS];
    uint64_t word[DRIVER_POOL][512];
    uint8_t owner[DRIVER_POOL]; /* who has the page: domain + 1, or a value of driver_memory.c */
    unsigned next_page;

    struct driver_step step[DRIVER_STEPS];
    unsigned steps, next;
    bool full; /* more records than DRIVER_STEPS: an error of a workload */
};

/* driver_push.c: records. */
uint64_t driver_below(struct driver *d, uint64_t n);
bool driver_one_in(struct driver *d, unsigned n);
struct driver_step *driver_push(struct driver *d, enum rec_kind kind);
void driver_store(struct driver *d, uint64_t at, uint64_t val);
void driver_w32(struct driver *d, unsigned off, uint32_t val);
void driver_w64(struct driver *d, unsigned off, uint64_t val);
void driver_r32(struct driver *d, unsigned off, uint32_t val);
/** Virtual time passes: it becomes a record with the next tail, or at once. */
void driver_wait_ns(struct driver *d, uint64_t ns);
void driver_at(struct driver *d);

/* driver_memory.c: table pages. */
uint64_t driver_region(const struct driver *d); /* of the kernel that runs */
uint64_t driver_page_at(int page);
int driver_page_of(uint64_t at);
/** A zeroed page for this domain (or DRIVER_PASS: the unit's own). DRIVER_NONE: there is none. */
int driver_take_page(struct driver *d, int domain);
void driver_set(struct driver *d, int page, unsigned index, uint64_t val);
/** The page and all below it wait for an invalidation of this domain. */
void driver_drop_tables(struct driver *d, int domain, int page, unsigned level);
/** An invalidation of this domain has completed: what was dropped is free. */
void driver_settle(struct driver *d, int domain);
/** All pages of this domain are free. */
void driver_free_pages(struct driver *d, int domain);

/* driver_unit.c: the unit at boot, its queue, commands. */
void driver_boot(struct driver *d);
/** Another kernel takes over a unit that translates: it copies root and context entries. */
void driver_kexec(struct driver *d);
/** A descriptor and the wait for it. */
void driver_submit(struct driver *d, uint64_t lo, uint64_t hi);
/** An interrupt entry changed. */
void driver_interrupt(struct driver *d);

/* driver_context.c: domains and devices. */
/** A new domain; DRIVER_NONE: no room. */
int driver_new_domain(struct driver *d);
void driver_end_domain(struct driver *d, int domain);
void driver_attach(struct driver *d, unsigned dev, int domain);
void driver_detach(struct driver *d, unsigned dev);
/** From one domain to another by one store, without an absent entry between. */
void driver_move(struct driver *d, unsigned dev, int domain);
/** How many devices are in this domain. */
unsigned driver_users(const struct driver *d, int domain);

/* driver_tables.c: mappings, and their invalidation. */
/** Leaves of the largest of `sizes` that fit, and under caching mode their announcement. At most
 * 512 leaves. False: there is no table page left. */
bool driver_map(struct driver *d, int domain, uint64_t iova, uint64_t gpa, uint64_t pages,
                unsigned sizes, unsigned perm);
/** Several pieces side by side as one (a scatter list): without, then with, their announcement. */
bool driver_map_silent(struct driver *d, int domain, uint64_t iova, uint64_t gpa, uint64_t pages,
                       unsigned sizes, unsigned perm);
void driver_announce(struct driver *d, int domain, uint64_t iova, uint64_t pages);
/** Clear all leaves of the range, drop tables that it covers. True: tables went. */
bool driver_clear(struct driver *d, int domain, uint64_t iova, uint64_t pages);
/** Strict: clear, invalidate, wait. */
void driver_unmap(struct driver *d, int domain, uint64_t iova, uint64_t pages);
/** The domain, or everything, and the device-TLBs behind it. */
void driver_flush(struct driver *d, int domain, bool global);
/** What the tables say of an address: the end of its leaf (0: nothing), target, rights. */
uint64_t driver_lookup(const struct driver *d, int domain, uint64_t iova, uint64_t *gpa,
                       unsigned *perm);

/* driver_iova.c: addresses of a domain. */
/** 2^order pages, aligned to that; 0: none left. */
uint64_t driver_take_iova(struct driver *d, int domain, unsigned order);
void driver_give_iova(struct driver *d, int domain, uint64_t iova, unsigned order);
/** Lazy: clear now, invalidate when DRIVER_LAZY ranges wait (or, by chance, earlier: a timer). */
void driver_unmap_later(struct driver *d, int domain, uint64_t iova, uint64_t pages, unsigned order,
                        bool global);
unsigned driver_order(uint64_t pages);

/* driver_data.c: what devices do with it. */
/** Some memory of a guest's data, `pages` long and aligned to `align` pages. */
uint64_t driver_data(struct driver *d, uint64_t pages, uint64_t align);
/** An access of the device within [iova, iova + pages): its tables allow it. */
void driver_dma(struct driver *d, unsigned dev, uint64_t iova, uint64_t pages);

#endif
