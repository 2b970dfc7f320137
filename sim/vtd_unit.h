/* SPDX-License-Identifier: MIT */
/* The inside of the unit, shared by its rooms (vtd_*.c) and by nobody else. */
#ifndef VTR_VTD_UNIT_H
#define VTR_VTD_UNIT_H

#include "base/apart.h"
#include "policy_fields.h"
#include "shadow.h"
#include "sync.h"
#include "vtd_model.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

#define REG_WORDS (VTD_REG_BYTES / 4)

/** A device's context entry as it was read and found good, and where its words and those of the
 * root entry stand: while they say the same, nothing need be judged again. `entry` NULL: none was.
 */
struct context_read {
    gpa_t root;
    const uint64_t *root_entry, *entry;
    uint64_t root_lo;
    struct context context;
};

/** One requester id: its region, its slot of the context cache, and what its notifiers were told.
 * What is added here or to struct vtd_unit, and cannot be derived, is saved in vtd_state.c. */
struct vtd_dev {
    bdf_t bdf;      /* the id that requests carry: of the device itself, or its alias */
    unsigned users; /* devices whose requests carry it */
    struct notify_region region;
    struct context context; /* cached, valid when the generations are equal */
    uint32_t context_gen;
    struct context_read read; /* derived */
    struct shadow shadow;
    struct visits visits; /* derived: after a restore everything is compared anew */
    bool recorded;        /* the shadow says what MAP notifiers hold */
    bool has_acted;
    struct context acted;      /* entry that all of the record follows: of the last switch or full
                                  synchronisation */
    struct sync_target target; /* all of this, as a synchronisation wants it */
    struct vtd_unit *unit;
};

/** One device behind the unit. */
struct vtd_seat {
    bdf_t bdf;
    struct vtd_dev *dev; /* not owned; its bdf is another one when the device is aliased */
};

#define IOTLB_ENTRIES 1024u
#define IOTLB_INDEX   4096u

struct iotlb_entry {
    uint64_t page; /* first byte of the page, IOVA */
    uint64_t mask; /* page size - 1 */
    gpa_t gpa;
    uint16_t sid;
    did_t did;
    uint8_t level;
    uint8_t perm;
    uint16_t next; /* chain of the hash: an entry's number and one; 0: end */
};

/** Empty when all before the entries is zero; of them, those that count are initialised. */
struct iotlb {
    unsigned count;
    uint16_t index[IOTLB_INDEX];
    struct iotlb_entry entry[IOTLB_ENTRIES];
};

#define DESC_TYPES 16u /* of which a queue may accept some */

/** Bits of a descriptor's two words. */
struct desc_bits {
    uint64_t lo, hi;
};

struct vtd_unit {
    const struct policy *policy;
    struct unit_config config;
    const struct sync_strategy_ops *sync;
    struct guest_mem *mem;
    struct funnel *funnel;
    struct fate *fate;
    struct entry_rules rules;
    struct desc_bits desc_reserved[DESC_TYPES]; /* must be zero, by type */
    uint64_t cap, ecap;
    uint32_t version;

    /* Registers: value, writable, write-1-to-clear and write-only masks (vtd-facts 1.1). */
    uint32_t reg[REG_WORDS], wmask[REG_WORDS], w1c[REG_WORDS], womask[REG_WORDS];

    /* Latched and derived state. */
    bool translating; /* TES as the hardware acts on it */
    bool blocked;     /* abort or reserved translation table mode (ttm_checked) */
    gpa_t root;
    bool qi_enabled;
    gpa_t iq_base;
    struct guest_mem_near iq_near; /* where descriptors were fetched last; derived */
    unsigned iq_size;              /* entries */
    unsigned iq_head, iq_tail;
    unsigned iq_last_type;
    enum iqei iqei;

    uint32_t context_gen; /* of the unit; a device's slot is valid when it has the same */

    struct vtd_dev **devs; /* ascending requester id */
    size_t dev_count;
    struct vtd_seat *seats; /* devices, ascending BDF */
    size_t seat_count;

    struct sync_counts sync_counts;
    uint64_t iec_invalidations, iotlb_hits, iotlb_misses;

    struct iotlb iotlb; /* last: vtd_new leaves its entries as they are */
};

/* vtd_regs.c: the register file. */
uint32_t reg32(const struct vtd_unit *u, unsigned off);
uint64_t reg64(const struct vtd_unit *u, unsigned off);
void reg32_set(struct vtd_unit *u, unsigned off, uint32_t val);
void reg64_set(struct vtd_unit *u, unsigned off, uint64_t val);
void reg32_change(struct vtd_unit *u, unsigned off, uint32_t clear, uint32_t set);
/** The guest's store, through the masks. */
void reg32_guest_write(struct vtd_unit *u, unsigned off, uint32_t val);
/** Masks and reset values of the whole file. */
void regs_reset(struct vtd_unit *u);

/* vtd_gcmd.c */
void gcmd_written(struct vtd_unit *u);
void gsts_change(struct vtd_unit *u, uint32_t clear, uint32_t set);

/* vtd_devices.c */
/** The address space of a requester id, or NULL. */
struct vtd_dev *dev_find(const struct vtd_unit *u, bdf_t requester);
/** The address space that the device of that BDF uses, or NULL. */
struct vtd_dev *dev_of(const struct vtd_unit *u, bdf_t device);
/** The address space of a requester id, made when missing; it has no user yet. NULL: out of memory.
 */
struct vtd_dev *dev_add(struct vtd_unit *u, bdf_t requester);

/* vtd_fault.c */
/** A DMA fault: record it unless FPD suppresses it. Says how it ended. */
enum xlat_end fault_report(struct vtd_unit *u, enum fault_reason why, bool fpd, bdf_t b, iova_t at,
                           bool write, bool from_walk);
/** A fault event, given FSTS before the new status bit. */
void fault_event(struct vtd_unit *u, uint32_t fsts_before);
void completion_event(struct vtd_unit *u);
void fsts_written(struct vtd_unit *u);
void fectl_written(struct vtd_unit *u);
void ics_written(struct vtd_unit *u);
void iectl_written(struct vtd_unit *u);
void frcd_written(struct vtd_unit *u);

/* vtd_walk.c: root and context entries, table views, translation from the root. */
void rules_init(struct entry_rules *r, const struct policy *p, const struct unit_config *c);
/** The context entry of a device as memory has it now. 0, or the fault reason; *c holds what could
 * be read. */
int context_load(const struct vtd_unit *u, bdf_t b, struct context *c);
/** The same for a device that remembers what it read. */
APART int dev_context_anew(struct vtd_dev *d, struct context *c);
static inline int dev_context(struct vtd_dev *d, struct context *c)
{
    const struct context_read *r = &d->read;

    if (!r->entry || r->root.v != d->unit->root.v || r->root_entry[0] != r->root_lo ||
        r->root_entry[1] || r->entry[0] != r->context.lo || r->entry[1] != r->context.hi)
        return dev_context_anew(d, c);
    *c = r->context;
    return 0;
}
struct table_view context_view(const struct vtd_unit *u, struct context c);
struct walk_result {
    int fault; /* 0, or a reason */
    gpa_t gpa; /* of the page */
    uint64_t mask;
    unsigned level;
    enum perm perm;
};
struct walk_result walk_translate(const struct vtd_unit *u, struct context c, iova_t at,
                                  bool write);

/* vtd_cache.c */
void iotlb_clear(struct iotlb *t);
const struct iotlb_entry *iotlb_find(const struct iotlb *t, uint16_t sid, iova_t at);
void iotlb_add(struct iotlb *t, const struct iotlb_entry *e);
void iotlb_drop_domain(struct iotlb *t, did_t d);
/** Page-selective: entries of the domain that meet 2^am pages at `at`, as the policy compares. */
void iotlb_drop_pages(struct iotlb *t, const struct policy *p, did_t d, iova_t at, unsigned am);
/** Everything out: IOTLB and context cache. */
void caches_reset(struct vtd_unit *u);

/* vtd_inval.c: what an accepted invalidation does. */
void inval_context_global(struct vtd_unit *u);
void inval_context_domain(struct vtd_unit *u, did_t d);
void inval_context_device(struct vtd_unit *u, did_t d, uint16_t sid, unsigned fm);
APART void inval_iotlb_global(struct vtd_unit *u);
APART void inval_iotlb_domain(struct vtd_unit *u, did_t d);
void inval_iotlb_pages(struct vtd_unit *u, did_t d, iova_t at, unsigned am);
/** A page-selective invalidation is about to be shown, and then done. Changes nothing. */
void inval_iotlb_expect(struct vtd_unit *u, did_t d, iova_t at);
APART void inval_devtlb(struct vtd_unit *u, uint16_t sid, iova_t at, bool large);

/* vtd_sync.c: what one device is told. */
/** Fill in `target`, of a device that is just made. */
void dev_target(struct vtd_dev *d);
/** Look at the context entry anew: translated or not. */
void dev_switch(struct vtd_dev *d);
void switch_all(struct vtd_unit *u);
/** Everybody is told that all of it is gone. */
void flush_all(struct vtd_unit *u);
/** Synchronise all of a device, by its context entry in memory. */
void sync_dev(struct vtd_dev *d);
void sync_all(struct vtd_unit *u);
/** The same by the context entry `c`, which cannot be used when `fault` is not 0; dev_synced must
 * follow. */
APART void sync_dev_as(struct vtd_dev *d, int fault, struct context c);
/** The page at `at` is about to be synchronised: what that will look at is brought near. */
void dev_expect_page(struct vtd_dev *d, iova_t at);
/** One device's part of a page-selective invalidation; dev_synced must follow. */
void sync_dev_pages(struct vtd_dev *d, struct context c, struct iova_range r);
/** UNMAP-only notifiers alone are told that the range is gone; dev_synced must follow. */
APART void sync_dev_unmap_only(struct vtd_dev *d, struct iova_range r);
/** All that an invalidation means for the device was delivered. */
void dev_synced(struct vtd_dev *d);
void dev_replay(struct vtd_dev *d, struct notifier *n);

/* vtd_queue.c */
/** What the policy says of descriptors, of a unit that is just made. */
void queue_rules(struct vtd_unit *u);
void queue_enable(struct vtd_unit *u, bool on);
void queue_tail_written(struct vtd_unit *u);
void queue_resume(struct vtd_unit *u);
void ccmd_written(struct vtd_unit *u);
void iotlb_reg_written(struct vtd_unit *u);

#endif
