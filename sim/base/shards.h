/* SPDX-License-Identifier: MIT */
/*
 * Work shared out: of `total` items (runs, seeds) shard I of N has the Ith and every Nth after it.
 * Here is which shards were done, and of those that were interrupted how far they came: their
 * first items. The total itself is the caller's.
 */
#ifndef VTR_BASE_SHARDS_H
#define VTR_BASE_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SHARDS_MAX  65536u /* N at most */
#define SHARD_WHOLE UINT64_MAX

struct shard {
    uint64_t number; /* from 1 */
    uint64_t done;   /* of its items the first so many; SHARD_WHOLE: all */
};

struct shards {
    uint64_t of;         /* N */
    struct shard *shard; /* by number */
    size_t count;
};

/** Items of shard `number`. */
uint64_t shard_items(uint64_t number, uint64_t of, uint64_t total);

/** One more. When all are there and whole, they are one of one, as if nothing had been shared out.
 * 0; -EEXIST: it is there; -ENOMEM. */
int shards_add(struct shards *s, struct shard one);

/** Those of `more`, of the same seed and N. 0; -EEXIST or -ENOMEM with a sentence: the ones before
 * stay added. */
int shards_merge(struct shards *s, const struct shards *more, uint64_t seed, struct err *e);

/** All there, none interrupted. */
bool shards_whole(const struct shards *s);

/** Some shard was interrupted. */
bool shards_cut(const struct shards *s);

/** Items done, of `total`. */
uint64_t shards_done(const struct shards *s, uint64_t total);

/** What s->shard holds is given back. */
void shards_free(struct shards *s);

#endif
