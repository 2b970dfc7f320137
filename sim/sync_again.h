/* SPDX-License-Identifier: MIT */
/*
 * Asking again what was refused, when a range is synchronised (contract, ERR-CONVERGE). Only who
 * refused is asked, of what the device's record says. Nothing is done where nobody refused.
 */
#ifndef VTR_SYNC_AGAIN_H
#define VTR_SYNC_AGAIN_H

#include "base/apart.h"
#include "notifier_owed.h"
#include "sync.h"

/** sync_unmap_again and sync_map_again where something was refused. */
APART struct iova_range sync_unmap_refused(const struct sync_target *t, struct iova_range r);
APART void sync_map_refused(const struct sync_target *t, struct iova_range r);

/**
 * Removals that were refused and touch `r`, whole; before all else. Returns `r` grown by them:
 * mappings that were told meanwhile, and refused because of them, are due with them.
 */
static inline struct iova_range sync_unmap_again(const struct sync_target *t, struct iova_range r)
{
    return region_owes(t->region) ? sync_unmap_refused(t, r) : r;
}

/** Mappings in `r` that were refused and that the record still has; when all removals are told. */
static inline void sync_map_again(const struct sync_target *t, struct iova_range r)
{
    if (region_owes(t->region))
        sync_map_refused(t, r);
}

#endif
