/* SPDX-License-Identifier: MIT */
#include "base/shards.h"

#include <errno.h>
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
