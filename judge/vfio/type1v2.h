/* SPDX-License-Identifier: MIT */
/*
 * The rules of Linux' vfio_iommu_type1, version 2, as seen from its callers: which map and unmap
 * calls are granted, and with which error the others are refused (observed on Linux 6.1, 20,000
 * random calls). Written apart from the simulation, which it helps to judge.
 */
#ifndef VTR_JUDGE_TYPE1V2_H
#define VTR_JUDGE_TYPE1V2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held_map {
    uint64_t iova, bytes;
};

/** One container. All zero but `limit` and `aperture_last` is an empty one. */
struct type1v2 {
    struct held_map *maps; /* ascending */
    size_t count, room;
    uint64_t limit; /* mappings it may hold; 0: no limit */
    uint64_t aperture_last;
    bool version_1; /* an unmap takes whole mappings, and stops at one that begins before it */
};

#define APERTURE_LAST ((UINT64_C(1) << 48) - 1) /* what is usual */

#define CALL_READ  UINT32_C(1) /* VFIO_DMA_MAP_FLAG_READ */
#define CALL_WRITE UINT32_C(2)
#define CALL_ALL   UINT32_C(2) /* VFIO_DMA_UNMAP_FLAG_ALL */

/** Map: 0 or a negative errno. `target` is a user address; only its alignment counts. */
int type1v2_map(struct type1v2 *t, uint64_t iova, uint64_t bytes, uint64_t target, uint32_t flags);

/** Unmap: 0 and *removed bytes, or a negative errno. */
int type1v2_unmap(struct type1v2 *t, uint64_t iova, uint64_t bytes, uint32_t flags,
                  uint64_t *removed);

void type1v2_clear(struct type1v2 *t);

#endif
