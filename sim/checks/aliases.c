/* SPDX-License-Identifier: MIT */
/*
 * Whose requests carry another id. Tables, caches and regions go by that id, so everything that
 * asks them for a device goes through chk_requester first.
 */
#include "checks/internal.h"

#include <stdlib.h>
#include <string.h>

/* First aliased device whose BDF is not below b. */
static size_t place_of(const struct checks *c, bdf_t b)
{
    size_t lo = 0, hi = c->alias_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->aliases[mid].bdf.v < b.v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

APART bdf_t chk_alias_of(const struct checks *c, bdf_t bdf)
{
    size_t at = place_of(c, bdf);

    return at < c->alias_count && c->aliases[at].bdf.v == bdf.v ? c->aliases[at].alias : bdf;
}

void chk_alias_joins(struct checks *c, bdf_t bdf, bdf_t alias)
{
    size_t at = place_of(c, bdf);
    struct alias *grown;

    chk_context_forget(c);
    if (at < c->alias_count && c->aliases[at].bdf.v == bdf.v) {
        c->aliases[at].alias = alias;
        return;
    }
    grown = realloc(c->aliases, (c->alias_count + 1) * sizeof *grown);
    if (!grown) {
        c->failed = true;
        return;
    }
    c->aliases = grown;
    memmove(grown + at + 1, grown + at, (c->alias_count - at) * sizeof *grown);
    grown[at] = (struct alias){bdf, alias};
    c->alias_count++;
}

void chk_alias_leaves(struct checks *c, bdf_t bdf)
{
    size_t at = place_of(c, bdf);

    if (at == c->alias_count || c->aliases[at].bdf.v != bdf.v)
        return;
    chk_context_forget(c);
    c->alias_count--;
    memmove(c->aliases + at, c->aliases + at + 1, (c->alias_count - at) * sizeof *c->aliases);
}

bool chk_is_alias(const struct checks *c, bdf_t bdf)
{
    for (size_t i = 0; i < c->alias_count; i++)
        if (c->aliases[i].alias.v == bdf.v)
            return true;
    return false;
}
