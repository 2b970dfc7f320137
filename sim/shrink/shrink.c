/* SPDX-License-Identifier: MIT */
#include "shrink/shrink.h"

#include <errno.h>
#include <string.h>

#include "shrink/inside.h"

/* Each round makes the trace smaller or is the last; this many were never seen. */
#define ROUNDS_MAX 100u

/* What is dropped most cheaply comes first. */
static void (*const passes[])(struct shrink *s) = {
    pass_header_text, pass_kinds,  pass_queue, pass_blocks, pass_groups, pass_header,
    pass_words,       pass_fields, pass_pages, pass_slots,  pass_pairs,
};

/* As it is: it must fail. Then what stands behind goes at once. */
static int begin(struct shrink *s, struct err *e)
{
    struct shrink_list all = s->t->now;

    if (shrink_try(s, &all) || s->fault)
        return s->fault;
    return err_set(e, ENODATA, "it does not fail");
}

int shrink_run(struct shrink_trace *t, const struct shrink_options *o, struct shrink_stats *stats,
               struct err *e)
{
    struct shrink s = {.o = o, .t = t, .stats = stats};
    int rc;

    *stats = (struct shrink_stats){.before = t->now.count};
    e->text[0] = 0;
    rc = begin(&s, e);
    for (unsigned round = 0; rc == 0 && round < ROUNDS_MAX; round++) {
        s.changed = false;
        for (size_t i = 0; i < sizeof(passes) / sizeof(*passes) && !shrink_over(&s); i++)
            passes[i](&s);
        rc = s.fault;
        if (!s.changed || shrink_over(&s))
            break;
    }
    stats->after = t->now.count;
    seen_free(&s.seen);
    if (rc < 0 && !*e->text)
        err_set(e, -rc, "%s",
                rc == -ENOMEM ? "out of memory" : "it could not be told whether it fails");
    return rc;
}
