/* SPDX-License-Identifier: MIT */
#include "gen/reach_result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/shards_out.h"

int reach_result_new(struct reach_result *r)
{
    *r = (struct reach_result){.reach = reach_new()};
    return r->reach ? 0 : -ENOMEM;
}

void reach_result_free(struct reach_result *r)
{
    for (size_t i = 0; i < r->parts; i++)
        shards_free(&r->part[i].shards);
    free(r->part);
    reach_free(r->reach);
    memset(r, 0, sizeof(*r));
}

static bool same_traces(const struct reach_part *a, const struct reach_part *b)
{
    return !strcmp(a->what, b->what) && a->events == b->events;
}

static bool same_seeds(const struct reach_part *a, const struct reach_part *b)
{
    return a->seed == b->seed && a->seeds == b->seeds && a->shards.of == b->shards.of;
}

static bool before(const struct reach_part *a, const struct reach_part *b)
{
    int order = strcmp(a->what, b->what);

    if (order)
        return order < 0;
    return a->events != b->events ? a->events < b->events : a->seed < b->seed;
}

/* Seeds are 64 bits and go round. */
static bool overlap(const struct reach_part *a, const struct reach_part *b)
{
    return a->seed - b->seed < b->seeds || b->seed - a->seed < a->seeds;
}

static struct reach_part *part_for(struct reach_result *r, const struct reach_part *p)
{
    void *array = r->part;
    struct reach_part *to;
    size_t at = 0;

    for (size_t i = 0; i < r->parts; i++)
        if (same_traces(&r->part[i], p) && same_seeds(&r->part[i], p))
            return &r->part[i];
    while (at < r->parts && before(&r->part[at], p))
        at++;
    to = array_insert(&array, &r->parts, at, sizeof(*to));
    r->part = array;
    if (to) {
        *to = *p;
        to->shards = (struct shards){.of = p->shards.of};
    }
    return to;
}

int reach_result_add(struct reach_result *r, const struct reach_part *p, struct err *e)
{
    struct reach_part *to;

    for (size_t i = 0; i < r->parts; i++)
        if (same_traces(&r->part[i], p) && !same_seeds(&r->part[i], p) && overlap(&r->part[i], p))
            return err_set(e, EEXIST,
                           "seeds %" PRIu64 " and the following are there already, or shared out "
                           "otherwise",
                           p->seed);
    to = part_for(r, p);
    if (!to)
        return err_set(e, ENOMEM, "out of memory");
    return shards_merge(&to->shards, &p->shards, p->seed, e);
}

int reach_result_merge(struct reach_result *to, const struct reach_result *from, struct err *e)
{
    for (size_t i = 0; i < from->parts; i++) {
        int rc = reach_result_add(to, &from->part[i], e);

        if (rc)
            return rc;
    }
    for (unsigned t = 0; t < REACH_TABLES; t++)
        for (unsigned i = 0; i < REACH_ROWS; i++)
            for (unsigned k = 0; k < REACH_COLUMNS; k++)
                reach_add(to->reach, (enum reach_table)t, i, k,
                          reach_count(from->reach, (enum reach_table)t, i, k));
    return 0;
}

int reach_result_print(FILE *out, const struct reach_result *r)
{
    char line[512];

    for (size_t i = 0; i < r->parts; i++) {
        const struct reach_part *p = &r->part[i];

        if (shards_whole(&p->shards))
            continue;
        fprintf(out, "%s, seed %" PRIu64 ", %" PRIu64 " seeds", p->what, p->seed, p->seeds);
        if (p->shards.of > 1)
            fprintf(out, ", %zu of %" PRIu64 " shards", p->shards.count, p->shards.of);
        fputc('\n', out);
        if (shards_print_missing(out, &p->shards, p->seeds, "seeds"))
            return -EIO;
    }
    for (unsigned i = 0; reach_line(r->reach, i, line, sizeof(line)); i++)
        if (fputs(line, out) < 0 || fputc('\n', out) < 0)
            return -EIO;
    return fflush(out) ? -EIO : 0;
}
