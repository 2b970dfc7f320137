/* SPDX-License-Identifier: MIT */
/* What may be wrong with a map of spans: for tests. */
#include "checks/spans.h"

/* What was found last must still be the answer from found_from to found_to. */
static const char *found_wrong(const struct spans *s)
{
    const struct span_pos *p = &s->found_pos;

    if (!s->found)
        return NULL;
    if (p->chunk >= s->chunks || p->at >= s->dir[p->chunk].chunk->used ||
        s->found != &s->dir[p->chunk].chunk->at[p->at] ||
        (s->hole && p->chunk == s->hole_chunk && p->at == s->hole_at))
        return "what was found last is not where it was";
    if (s->found_from > s->found_to || s->found_to > s->found->last)
        return "what was found last answers for too much";
    for (size_t i = 0; i < s->chunks; i++)
        for (unsigned k = 0; k < s->dir[i].chunk->used; k++) {
            const struct span *x = &s->dir[i].chunk->at[k];

            if (x != s->found && x->first < s->found->first && x->last >= s->found_from &&
                !(s->hole && i == s->hole_chunk && k == s->hole_at))
                return "what was found last answers for another";
        }
    return NULL;
}

const char *spans_check(const struct spans *s)
{
    size_t count = 0;
    const struct span *before = NULL;

    for (size_t i = 0; i < s->chunks; i++) {
        const struct span_chunk *c = s->dir[i].chunk;

        if (!c->used || c->used > SPANS_PER_CHUNK)
            return "a chunk is empty or overfull";
        if (s->dir[i].first != c->at[0].first)
            return "the directory does not name the chunk's first address";
        for (unsigned k = 0; k < c->used; k++) {
            if (c->at[k].first > c->at[k].last)
                return "a range is inverted";
            if (s->hole && i == s->hole_chunk && k == s->hole_at)
                continue;
            if (before && before->last >= c->at[k].first)
                return "two ranges overlap or are out of order";
            before = &c->at[k];
            count++;
        }
    }
    if (s->hole && (s->hole_chunk >= s->chunks || !s->hole_at ||
                    s->hole_at + 1 >= s->dir[s->hole_chunk].chunk->used))
        return "a hole is at the end of its chunk";
    return count == s->count ? found_wrong(s) : "the count is wrong";
}
