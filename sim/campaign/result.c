/* SPDX-License-Identifier: MIT */
#include "campaign/result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void campaign_result_free(struct campaign_result *r)
{
    for (size_t i = 0; i < r->parts; i++)
        shards_free(&r->part[i].shards);
    for (size_t i = 0; i < r->findings; i++)
        free(r->finding[i].trace);
    for (size_t i = 0; i < r->canaries; i++)
        free(r->canary[i].trace);
    free(r->part);
    free(r->finding);
    free(r->canary);
    memset(r, 0, sizeof(*r));
}

static void set(char *to, const char *from)
{
    snprintf(to, CAMPAIGN_WORD, "%.63s", from);
}

struct campaign_finding *campaign_finding(struct campaign_result *r, const char *comparison,
                                          const char *profile, const char *key)
{
    struct campaign_finding *f = NULL;
    void *array = r->finding;
    size_t at = 0;

    for (; at < r->findings; at++) {
        int order = strcmp(comparison, r->finding[at].comparison);

        order = order ? order : strcmp(profile, r->finding[at].profile);
        order = order ? order : strcmp(key, r->finding[at].key);
        if (order == 0)
            return &r->finding[at];
        if (order < 0)
            break;
    }
    f = array_insert(&array, &r->findings, at, sizeof(*f));
    r->finding = array;
    if (!f)
        return NULL;
    set(f->comparison, comparison);
    set(f->profile, profile);
    set(f->key, key);
    return f;
}

struct campaign_canary *campaign_canary(struct campaign_result *r, const char *quirk)
{
    struct campaign_canary *c;
    void *array = r->canary;
    size_t at = 0;

    while (at < r->canaries && strcmp(quirk, r->canary[at].quirk) > 0)
        at++;
    if (at < r->canaries && !strcmp(quirk, r->canary[at].quirk))
        return &r->canary[at];
    c = array_insert(&array, &r->canaries, at, sizeof(*c));
    r->canary = array;
    if (c)
        set(c->quirk, quirk);
    return c;
}

/* By seed, then by what else makes it another campaign. */
static int order(const struct campaign_part *a, const struct campaign_part *b)
{
    const uint64_t x[] = {a->seed, a->runs, a->events, a->canary, a->shards.of};
    const uint64_t y[] = {b->seed, b->runs, b->events, b->canary, b->shards.of};

    for (size_t i = 0; i < sizeof(x) / sizeof(*x); i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

int campaign_part_add(struct campaign_result *r, const struct campaign_part *p, struct err *e)
{
    void *array = r->part;
    struct campaign_part *to;
    size_t at = 0;

    for (size_t i = 0; i < r->parts; i++)
        if (r->part[i].seed == p->seed && order(&r->part[i], p))
            return err_set(e, EEXIST,
                           "two campaigns with seed %" PRIu64
                           " that differ otherwise share runs: another seed expected",
                           p->seed);
    while (at < r->parts && order(&r->part[at], p) < 0)
        at++;
    if (at == r->parts || order(&r->part[at], p)) {
        to = array_insert(&array, &r->parts, at, sizeof(*to));
        r->part = array;
        if (!to)
            return err_set(e, ENOMEM, "out of memory");
        *to = *p;
        to->shards = (struct shards){.of = p->shards.of};
    }
    to = &r->part[at];
    return shards_merge(&to->shards, &p->shards, p->seed, e);
}

bool campaign_whole(const struct campaign_result *r)
{
    for (size_t i = 0; i < r->parts; i++)
        if (!shards_whole(&r->part[i].shards))
            return false;
    return true;
}

bool campaign_cut(const struct campaign_result *r)
{
    for (size_t i = 0; i < r->parts; i++)
        if (shards_cut(&r->part[i].shards))
            return true;
    return false;
}

static int take_text(char **to, const char *from, struct err *e)
{
    size_t n = from ? strlen(from) + 1 : 0;
    char *more = from ? malloc(n) : NULL;

    if (from && !more)
        return err_set(e, ENOMEM, "out of memory");
    if (from)
        memcpy(more, from, n);
    free(*to);
    *to = more;
    return 0;
}

static bool earlier(uint64_t seed, uint64_t run, uint64_t than_seed, uint64_t than_run)
{
    return seed != than_seed ? seed < than_seed : run < than_run;
}

static int merge_finding(struct campaign_result *to, const struct campaign_finding *f,
                         struct err *e)
{
    struct campaign_finding *x = campaign_finding(to, f->comparison, f->profile, f->key);
    struct campaign_finding old;
    int rc = 0;

    if (!x)
        return err_set(e, ENOMEM, "out of memory");
    old = *x;
    if (!old.count || earlier(f->seed, f->run, old.seed, old.run)) {
        *x = *f;
        x->trace = old.trace;
        rc = take_text(&x->trace, f->trace, e);
    }
    x->count = old.count + f->count;
    return rc;
}

static int merge_canary(struct campaign_result *to, const struct campaign_canary *c, struct err *e)
{
    struct campaign_canary *x = campaign_canary(to, c->quirk);
    struct campaign_canary old;
    int rc = 0;

    if (!x)
        return err_set(e, ENOMEM, "out of memory");
    old = *x;
    if (c->caught && (!old.caught || c->after < old.after ||
                      (c->after == old.after && earlier(c->seed, c->run, old.seed, old.run)))) {
        *x = *c;
        x->trace = old.trace;
        rc = take_text(&x->trace, c->trace, e);
    }
    x->tries = old.tries + c->tries;
    x->caught = old.caught + c->caught;
    return rc;
}

int campaign_merge(struct campaign_result *to, const struct campaign_result *from, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; i < from->parts && !rc; i++)
        rc = campaign_part_add(to, &from->part[i], e);
    to->runs += from->runs;
    to->records += from->records;
    to->executions += from->executions;
    for (size_t i = 0; i < COMPARISONS; i++) {
        to->asked[i] += from->asked[i];
        to->said[i] += from->said[i];
    }
    for (size_t i = 0; i < from->findings && !rc; i++)
        rc = merge_finding(to, &from->finding[i], e);
    for (size_t i = 0; i < from->canaries && !rc; i++)
        rc = merge_canary(to, &from->canary[i], e);
    return rc;
}

bool campaign_failed(const struct campaign_result *r)
{
    if (r->findings)
        return true;
    for (size_t i = 0; i < r->canaries && campaign_whole(r); i++)
        if (!r->canary[i].caught)
            return true;
    return false;
}
