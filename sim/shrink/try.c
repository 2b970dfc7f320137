/* SPDX-License-Identifier: MIT */
/* One smaller trace: asked for, and taken when it still fails. */
#include <errno.h>
#include <string.h>

#include "shrink/inside.h"

bool shrink_over(const struct shrink *s)
{
    return s->fault || s->stats->limited;
}

void *shrink_take(struct shrink *s, size_t n, size_t bytes)
{
    void *p = arena_take(&s->t->arena, n ? n * bytes : 1);

    if (!p)
        s->fault = -ENOMEM;
    return p;
}

bool shrink_list_new(struct shrink *s, size_t count, struct shrink_list *l)
{
    l->rec = shrink_take(s, count, sizeof(*l->rec));
    l->origin = shrink_take(s, count, sizeof(*l->origin));
    l->count = 0;
    return l->rec && l->origin;
}

/* Does it fail? *needed is what the predicate said of it. */
static bool fails(struct shrink *s, const struct trace_header *h, const struct shrink_list *l,
                  size_t *needed)
{
    struct shrink_case c = {h, l->rec, l->origin, l->count};
    uint64_t hash = seen_hash(&s->seen, &c);
    int rc;

    *needed = l->count;
    if (shrink_over(s) || seen_has(&s->seen, hash))
        return false;
    if (s->o->runs && s->stats->runs == s->o->runs) {
        s->stats->limited = true;
        return false;
    }
    s->stats->runs++;
    rc = s->o->fails(s->o->arg, &c, needed);
    if (rc < 0)
        s->fault = rc;
    if (rc == 0)
        seen_add(&s->seen, hash);
    return rc > 0;
}

/* Behind the record at which it showed nothing is needed; without it, it may show earlier still. */
static void cut(struct shrink *s, size_t needed)
{
    struct shrink_list *l = &s->t->now;

    while (needed < l->count) {
        struct shrink_list shorter = {l->rec, l->origin, needed};

        if (!fails(s, s->t->header, &shorter, &needed))
            return;
        l->count = shorter.count;
    }
}

bool shrink_try(struct shrink *s, const struct shrink_list *l)
{
    size_t needed;

    if (!fails(s, s->t->header, l, &needed))
        return false;
    s->t->now = *l;
    s->changed = true;
    cut(s, needed);
    return true;
}

bool shrink_try_header(struct shrink *s, struct trace_header *h)
{
    size_t needed;

    if (!fails(s, h, &s->t->now, &needed))
        return false;
    s->t->header = h;
    s->changed = true;
    cut(s, needed);
    return true;
}

bool shrink_try_rec(struct shrink *s, size_t at, const struct rec *r)
{
    struct shrink_list *l = &s->t->now;
    struct arena_mark m = arena_mark(&s->t->arena);
    const struct rec *was = l->rec[at];
    size_t needed;

    if (shrink_over(s))
        return false;
    l->rec[at] = shrink_rec_copy(&s->t->arena, r);
    if (!l->rec[at])
        s->fault = -ENOMEM;
    if (l->rec[at] && fails(s, s->t->header, l, &needed)) {
        s->changed = true;
        cut(s, needed);
        return true;
    }
    l->rec[at] = was;
    arena_release(&s->t->arena, m);
    return false;
}

bool shrink_try_without(struct shrink *s, const bool *drop, struct trace_header *header)
{
    const struct shrink_list *l = &s->t->now;
    struct arena_mark m = arena_mark(&s->t->arena);
    struct trace_header *was = s->t->header;
    struct shrink_list fewer;

    if (shrink_over(s) || !shrink_list_new(s, l->count, &fewer))
        return false;
    for (size_t i = 0; i < l->count; i++)
        if (!drop[i]) {
            fewer.rec[fewer.count] = l->rec[i];
            fewer.origin[fewer.count++] = l->origin[i];
        }
    if (header)
        s->t->header = header;
    if ((fewer.count < l->count || header) && shrink_try(s, &fewer))
        return true;
    s->t->header = was;
    arena_release(&s->t->arena, m);
    return false;
}
