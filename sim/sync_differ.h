/* SPDX-License-Identifier: MIT */
/* The differ, as the ways of synchronising use it. Nobody but sync*.c includes it. */
#ifndef VTR_SYNC_DIFFER_H
#define VTR_SYNC_DIFFER_H

#include "base/apart.h"
#include "base/rangemap.h"
#include "sync.h"

/** One comparison of tables with the record of what was notified, or a part of one. */
struct differ {
    const struct sync_target *t;
    struct notifier *only;    /* replay: tell this one alone, MAPs alone */
    bool additions;           /* merged removals: second pass */
    bool adds_waiting;        /* first pass saw something to add */
    struct iova_range extent; /* grown by larger leaves taken away whole */
    struct iova_range run;    /* removals not told yet */
    bool has_run;
    uint64_t
        becomes;    /* of the leaf that goes: what takes its place, of the same size; 0: nothing */
    uint64_t taken; /* shadow->changes when a page was taken away alone; 0: none was */
    uint64_t sets;  /* of the record, since it was last asked about a table */
    struct rangemap replaced; /* first pass: leaves that went, for those told finer kinds alone */
};

/** How a walk shows what it finds. `place` is kept from one enumeration to the next. */
struct slot_sink differ_sink(struct differ *d, struct sync_place *place);

/** The second pass over a range that is the one slot `s`. */
void differ_add_one(struct differ *d, const struct slot_sink *sink, const struct slot *s);

/** Tell whom it concerns. */
void differ_tell(struct differ *d, const struct iommu_event *e);

/** Forget what overlaps; it is to be told. */
APART void differ_drop(struct differ *d, struct iova_range r);

/** Tell the removals that were not told yet. */
void differ_flush(struct differ *d);

/** Somebody on the device asked for finer kinds. */
static inline bool differ_finer(const struct differ *d)
{
    return d->t->region->flags & NOTIFY_FINER;
}

/** Those who asked for finer kinds hear of the rights that come. */
APART void differ_added(struct differ *d, struct iova_range r, uint64_t leaf);

#endif
