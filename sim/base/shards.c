/* SPDX-License-Identifier: MIT */
#include "base/shards.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"

uint64_t shard_items(uint64_t number, uint64_t of, uint64_t total)
{
    return total < number ? 0 : (total - number) / of + 1;
}

bool shards_cut(const struct shards *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->shard[i].done != SHARD_WHOLE)
            return true;
    return false;
}

bool shards_whole(const struct shards *s)
{
    return s->count == s->of && !shards_cut(s);
}

int shards_add(struct shards *s, struct shard one)
{
    void *array = s->shard;
    size_t at = 0;
    struct shard *new;

    while (at < s->count && s->shard[at].number < one.number)
        at++;
    if (at < s->count && s->shard[at].number == one.number)
        return -EEXIST;
    new = array_insert(&array, &s->count, at, sizeof(*new));
    s->shard = array;
    if (!new)
        return -ENOMEM;
    *new = one;
    if (shards_whole(s))
        s->of = s->count = 1; /* number 1 stands first */
    return 0;
}

int shards_merge(struct shards *s, const struct shards *more, uint64_t seed, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; i < more->count && !rc; i++) {
        rc = shards_add(s, more->shard[i]);
        if (rc == -EEXIST)
            err_set(e, EEXIST, "shard %" PRIu64 "/%" PRIu64 " of seed %" PRIu64 " is there twice",
                    more->shard[i].number, more->of, seed);
        else if (rc)
            err_set(e, ENOMEM, "out of memory");
    }
    return rc;
}

uint64_t shards_done(const struct shards *s, uint64_t total)
{
    uint64_t done = 0;

    for (size_t i = 0; i < s->count; i++)
        done += s->shard[i].done == SHARD_WHOLE ? shard_items(s->shard[i].number, s->of, total)
                                                : s->shard[i].done;
    return done;
}

void shards_free(struct shards *s)
{
    free(s->shard);
    s->shard = NULL;
    s->count = 0;
}
