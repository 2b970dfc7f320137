/* SPDX-License-Identifier: MIT */
/*
 * What a consumer's side refused: the notifier core remembers it for each notifier, and a unit that
 * repairs refusals (policy: refusals_repaired) asks again when the range is next invalidated. Two
 * sets of ranges: where a MAP was refused, so that the consumer lacks what the record says; and
 * where an UNMAP was refused, so that it keeps what the record no longer says. Nothing is allocated
 * before the first refusal. (Contract: ERR-CONVERGE; the answers travel back as the reviews of seed
 * 001 wanted.)
 */
#ifndef VTR_NOTIFIER_OWED_H
#define VTR_NOTIFIER_OWED_H

#include "base/apart.h"
#include "base/rangemap.h"
#include "base/state.h"
#include "notifier.h"

struct owed {
    struct rangemap lacks; /* MAP refused; ranges alone, targets are the record's */
    struct rangemap keeps; /* UNMAP refused */
    struct owed *next;     /* of the region */
};

/** The side of `n` answered `e` so (e as delivered): remember a refusal, strike out what is
 * repaired. Sets the fate's no_memory. */
RARELY void owed_answered(struct notifier *n, const struct iommu_event *e, int answer);

/** `n` leaves: nothing is owed to it. */
void owed_forget(struct notifier *n);

/** An UNMAP, without the places where `n` lacks what goes; those are forgotten. Returns the first
 * refusal, or 0. */
int owed_unmap(struct notifier *n, const struct iommu_event *e);

/** True when some notifier of the region may be owed something. */
static inline bool region_owes(const struct notify_region *r)
{
    return r->owed;
}

/** `r` grown by all refused UNMAPs of `n` that overlap it. */
struct iova_range owed_grown(const struct notifier *n, struct iova_range r);

/** Ask `n` again for each refused UNMAP that overlaps `r`, whole. Returns `r` grown by them. */
struct iova_range owed_unmap_again(struct notifier *n, struct iova_range r);

/**
 * Tell `n` the refused MAPs that overlap `r`: `leaves` must call owed_map for each mapping that the
 * record has in the range it is given. What the record no longer has is forgotten.
 */
struct owed_maps {
    struct notifier *n;
    struct iova_range lacking; /* the refused stretch; pieces outside it were taken */
};
void owed_map_again(struct notifier *n, struct iova_range r,
                    void (*leaves)(void *arg, struct iova_range r, const struct owed_maps *m),
                    void *arg);
void owed_map(const struct owed_maps *m, const struct iommu_event *e);

/**
 * What is owed to `n`, and how many events it was told, as bytes and back. Loaded into a registered
 * notifier that is owed nothing. Damage is told by `i` (state_trouble); out of memory by the fate.
 */
void owed_save(const struct notifier *n, struct state_out *o);
void owed_load(struct notifier *n, struct state_in *i);

/** The core's own, for owed_*: cut `e` to the range of `n` in aligned pieces and deliver those that
 * overlap `within`. */
int notify_pieces(struct notifier *n, const struct iommu_event *e, struct iova_range within);

#endif
