/* SPDX-License-Identifier: MIT */
/*
 * What the rules about the guest remember between records (vtd-facts chapter 8;
 * docs/guest-rules.md). Everything here is bounded: where a list is full, less is known and nobody
 * is accused by it.
 */
#ifndef VTR_CHECKS_GUEST_H
#define VTR_CHECKS_GUEST_H

#include "checks/registry.h"

#define SLOTS_MAX     32768u /* descriptors of the largest queue */
#define BATCH_WAITS   64u
#define OWED_MAX      64u
#define GONE_MAX      4096u
#define ATS_MAX       64u
#define ATS_SPANS_MAX 4096u

/* The invalidation queue as the guest uses it (guest_queue.c). */
struct guest_queue {
    bool on;
    bool stopped; /* by an error not yet cleared */
    bool has_bad; /* `bad` are the words of the descriptor that stopped it */
    uint64_t bad[2];
    uint64_t iqa; /* as written */
    uint64_t base;
    uint32_t size, head, tail;      /* slots; size: a power of two */
    uint32_t from;                  /* the tail before the last write of IQT */
    uint64_t fresh[SLOTS_MAX / 64]; /* stored since the unit last took it */
    uint64_t late[SLOTS_MAX / 64];  /* handed over by the last tail write without being fresh */
    struct {
        uint64_t at;
        uint32_t data;
    } waits[BATCH_WAITS]; /* status writes of the current record */
    unsigned wait_count;
    bool mended; /* an error was cleared: a copy of a wait may stand where the bad one was */
};

/* A context-cache invalidation whose IOTLB invalidation has not followed (guest_order.c). */
struct owed_iotlb {
    uint64_t record;
    uint16_t did; /* 0: any domain will do */
    bool all;
};

/* A translation whose invalidation is done but not yet waited for (guest_reuse.c). */
struct gone {
    uint64_t top, first, last;
    uint64_t page; /* the table or the 4 KiB page it led to */
    uint64_t record;
    bool table;
};

/* A device with a device-TLB (guest_order.c). */
struct ats_watch {
    bdf_t bdf;
    bool on;
    bool told;    /* the trace says by `ats` when it is on; else the guest's invalidations do */
    uint64_t top; /* of the tables that `owed` belongs to */
    struct spans owed; /* the IOTLB forgot a translation, the device-TLB was not told yet */
};

struct guest_watch {
    unsigned store_words; /* of the current record, 0: it stores nothing */

    bool gsts_read; /* the trace shows reads of GSTS */
    uint32_t want_mask, want;
    uint64_t gcmd_record;
    unsigned ttm;
    bool root_latched;
    uint64_t sirtp_record; /* 0: nothing is owed */

    struct guest_queue q;
    bool by_register; /* the invalidation under way is a register command */
    bool waits;       /* this guest uses wait descriptors */

    struct owed_iotlb owed[OWED_MAX];
    unsigned oweds;
    struct gone *gones; /* GONE_MAX of them */
    unsigned gone_count;
    uint64_t partial_record, partial_first; /* GST-P3 is told once for a page and a record */
    struct ats_watch ats[ATS_MAX];
    unsigned ats_count;
};

/* Is translation on, and was it already when `record` acted? */
bool guest_on_since(const struct checks *c, uint64_t record);

/* May a cache still use some of this older value, for some domain? */
bool guest_alive(const struct checks *c, const struct node *n, const struct item *i);

/* Does anybody care what an invalidation takes from the caches? */
static inline bool guest_counts_gone(const struct checks *c)
{
    return c->watch->waits || c->watch->ats_count;
}

/* guest_queue.c: Q4, Q6, Q7, Q9 */
void queue_slots_stored(struct checks *c, const struct rec *r);
static inline void queue_stored(struct checks *c, const struct rec *r)
{
    const struct guest_queue *q = &c->watch->q;

    if (q->on && r->u.mem.gpa.v - q->base < (uint64_t)q->size * 16) /* below the base: far above */
        queue_slots_stored(c, r);
}
void queue_record(struct checks *c, const struct rec *r);
void queue_taken(struct checks *c); /* the unit took a descriptor */
void queue_wait(struct checks *c, uint64_t lo, uint64_t hi);
void queue_refused(struct checks *c, uint64_t lo, uint64_t hi);
void queue_error_seen(struct checks *c);
void queue_gsts(struct checks *c, uint32_t before, uint32_t after);

/* guest_order.c: G2, G5, G6, O1, O2 */
void order_record(struct checks *c, const struct rec *r);
void order_root(struct checks *c, uint64_t rtaddr);
void order_begin(struct checks *c, uint64_t lo, const struct desc *d);
void order_done(struct checks *c, const struct desc *d);
void order_retired(struct checks *c, const struct node *n, uint64_t first, uint64_t last);
void order_present(struct checks *c, const struct node *n, uint64_t first, uint64_t last);

/* guest_reuse.c: O6, O7, O8 */
void reuse_retired(struct checks *c, const struct node *n, const struct item *i);
void reuse_leaf(struct checks *c, const struct node *n, unsigned index);
void reuse_link(struct checks *c, const struct node *n, unsigned index, uint64_t word);
void reuse_table(struct checks *c, const struct node *like);

/* guest_pages.c: P1, P2, P3. True: something was said of this store. */
struct page_change {
    uint64_t old, word;
    enum entry_kind was, is; /* what they are at the level of the table */
};
bool pages_in_place(struct checks *c, const struct node *n, unsigned index,
                    const struct page_change *p);
bool pages_size(struct checks *c, const struct node *n, unsigned index, bool to_leaf);
static inline bool pages_change(struct checks *c, const struct node *n, unsigned index,
                                const struct page_change *p)
{
    bool leads = p->is == ENTRY_LEAF || p->is == ENTRY_TABLE;

    if (c->registry->wild || !leads)
        return false;
    if (p->was == ENTRY_LEAF || p->was == ENTRY_TABLE)
        return pages_in_place(c, n, index, p);
    return p->was == ENTRY_ABSENT && n->role > 1 && pages_size(c, n, index, p->is == ENTRY_LEAF);
}
void pages_partial(struct checks *c, const struct node *n, const struct item *i,
                   const struct desc *d);

/* guest_contexts.c: C3, C6 */
void contexts_change(struct checks *c, uint64_t page, unsigned index, const uint64_t old[2],
                     const uint64_t new[2]);

#endif
