/* SPDX-License-Identifier: MIT */
/* Short traces that were tried and did not fail, by a hash of their text: nothing is tried twice.
 * Private to sim/shrink/. */
#ifndef VTR_SHRINK_SEEN_H
#define VTR_SHRINK_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shrink/shrink.h"

struct seen {
    uint64_t *hash; /* open addressing; 0: free */
    size_t count, room;
    char *text; /* room for one record */
};

/** Hash of its canonical text; 0 when it is too long to be remembered, or memory is out. */
uint64_t seen_hash(struct seen *s, const struct shrink_case *c);

/** Was it seen before? */
bool seen_has(const struct seen *s, uint64_t hash);
/** Keep it in mind; when memory is out it is not. */
void seen_add(struct seen *s, uint64_t hash);

void seen_free(struct seen *s);

#endif
