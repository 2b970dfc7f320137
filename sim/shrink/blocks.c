/* SPDX-License-Identifier: MIT */
/* Records in blocks, and in pairs. */
#include <string.h>

#include "shrink/inside.h"

#define PAIRS_MAX 40u /* records among which every two are tried */

/* One way through, from the end. */
static size_t sweep(struct shrink *s, size_t count, size_t size, blocks_drop drop, void *arg)
{
    size_t to = count;

    while (to > 0 && !shrink_over(s)) {
        size_t from = to > size ? to - size : 0;

        count = drop(arg, from, to);
        to = from < count ? from : count;
    }
    return count;
}

void blocks(struct shrink *s, size_t count, blocks_drop drop, void *arg)
{
    size_t size = 1, before;

    while (size < count / 2)
        size *= 2;
    for (; size > 1; size /= 2)
        count = sweep(s, count, size, drop, arg);
    do {
        before = count;
        count = sweep(s, count, 1, drop, arg);
    } while (count < before && !shrink_over(s));
}

static size_t drop_records(void *arg, size_t from, size_t to)
{
    struct shrink *s = arg;
    struct arena_mark m = arena_mark(&s->t->arena);
    const struct shrink_list *l = &s->t->now;
    struct shrink_list fewer;

    if (!shrink_list_new(s, l->count, &fewer))
        return l->count;
    fewer.count = l->count - (to - from);
    memcpy(fewer.rec, l->rec, from * sizeof(*l->rec));
    memcpy(fewer.origin, l->origin, from * sizeof(*l->origin));
    memcpy(fewer.rec + from, l->rec + to, (l->count - to) * sizeof(*l->rec));
    memcpy(fewer.origin + from, l->origin + to, (l->count - to) * sizeof(*l->origin));
    if (!shrink_try(s, &fewer))
        arena_release(&s->t->arena, m);
    return s->t->now.count;
}

void pass_blocks(struct shrink *s)
{
    blocks(s, s->t->now.count, drop_records, s);
}

/* What belongs together and stands apart: on and off, there and back. */
void pass_pairs(struct shrink *s)
{
    bool drop[PAIRS_MAX] = {false};
    size_t n = s->t->now.count;

    if (n > PAIRS_MAX)
        return;
    for (size_t j = n; j-- > 1;)
        for (size_t i = j; i-- > 0 && !shrink_over(s);) {
            drop[i] = drop[j] = true;
            if (shrink_try_without(s, drop, NULL))
                return; /* others may go alone now: the next round */
            drop[i] = drop[j] = false;
        }
}
