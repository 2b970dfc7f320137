/* SPDX-License-Identifier: MIT */
/* What the two files of a range map share: where something is found, for who changes it. */
#ifndef VTR_BASE_RANGEMAP_INSIDE_H
#define VTR_BASE_RANGEMAP_INSIDE_H

#include "base/rangemap.h"

struct place {
    size_t chunk;
    unsigned index;
};

/** First entry whose last byte is at or above `at`, the gap's included; chunk == chunks when there
 * is none. No chunk is empty. */
struct place rangemap_find(const struct rangemap *m, iova_t at);

/** The same without the gap's. */
struct place rangemap_find_held(const struct rangemap *m, iova_t at);

static inline bool rangemap_is_gap(const struct rangemap *m, struct place p)
{
    return m->gap && p.chunk == m->gap_chunk && p.index == m->gap_index;
}

#endif
