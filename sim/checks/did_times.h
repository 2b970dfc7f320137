/* SPDX-License-Identifier: MIT */
/* A time for each of the 65536 domain ids, 0 at first; few of them are ever in use. */
#ifndef VTR_CHECKS_DID_TIMES_H
#define VTR_CHECKS_DID_TIMES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct did_times {
    uint64_t *block[256]; /* of 256 ids; NULL: all 0 */
};

static inline uint64_t did_time(const struct did_times *t, uint16_t did)
{
    const uint64_t *block = t->block[did >> 8];

    return block ? block[did & 255] : 0;
}

/** False: out of memory. */
static inline bool did_time_set(struct did_times *t, uint16_t did, uint64_t time)
{
    uint64_t **block = &t->block[did >> 8];

    if (!*block)
        *block = calloc(256, sizeof(**block));
    if (*block)
        (*block)[did & 255] = time;
    return *block;
}

static inline void did_times_free(struct did_times *t)
{
    for (unsigned n = 0; n < 256; n++)
        free(t->block[n]);
}

#endif
