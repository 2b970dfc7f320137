/* SPDX-License-Identifier: MIT */
/* What the two files of a range map share: where something is found, for who changes it. */
#ifndef VTR_BASE_RANGEMAP_INSIDE_H
#define VTR_BASE_RANGEMAP_INSIDE_H

#include "base/rangemap.h"

/** rangemap_find that did not end where the last one did. */
APART struct range_place rangemap_search(const struct rangemap *m, iova_t at);

/** The entry at `p`, if there is one, holds `at`. */
static inline bool rangemap_holds(const struct rangemap *m, struct range_place p, iova_t at)
{
    return p.chunk < m->chunks && p.index < m->dir[p.chunk].count &&
           iova_range_has(m->dir[p.chunk].entry[p.index].range, at);
}

/** First entry whose last byte is at or above `at`, the gap's included; chunk == chunks when there
 * is none. No chunk is empty. */
static inline struct range_place rangemap_find(const struct rangemap *m, iova_t at)
{
    return rangemap_holds(m, m->near, at) ? m->near : rangemap_search(m, at);
}

static inline bool rangemap_is_gap(const struct rangemap *m, struct range_place p)
{
    return m->gap && p.chunk == m->gap_chunk && p.index == m->gap_index;
}

/** The same without the gap's. */
static inline struct range_place rangemap_find_held(const struct rangemap *m, iova_t at)
{
    struct range_place p = rangemap_find(m, at);

    p.index += rangemap_is_gap(m, p);
    return p;
}

#endif
