/* SPDX-License-Identifier: MIT */
/*
 * Finer kinds of events: which right comes or goes, by the previous and the new mapping (review of
 * seed 001). A page that keeps a right and its target keeps it without a word; another target is
 * both a removal and an addition; so is another page size. They are told a page at a time, in
 * aligned pieces, beside MAP and UNMAP.
 */
#ifndef VTR_SYNC_FINER_H
#define VTR_SYNC_FINER_H

#include "sync.h"

/** The leaf `old` at `r` goes; `becomes` takes its place (0: nothing does). */
void sync_finer_unmap(const struct sync_target *t, struct iova_range r, uint64_t old,
                      uint64_t becomes);

/** `leaf` comes at `r` in place of `old` (0: of nothing). To `only`, or (NULL) to all. */
void sync_finer_map(const struct sync_target *t, struct notifier *only, struct iova_range r,
                    uint64_t old, uint64_t leaf);

#endif
