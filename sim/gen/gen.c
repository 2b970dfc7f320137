/* SPDX-License-Identifier: MIT */
#include "gen/gen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/hostile.h"

static int open_random(const struct gen_options *o, struct gen *g, struct err *e)
{
    struct gen_random r = {.seed = o->seed,
                           .events = o->events,
                           .aw_bits = o->aw_bits,
                           .vhosts = o->vhosts,
                           .knobs = o->knobs};
    struct gen_run *run = malloc(sizeof(*run));
    int rc;

    if (!run)
        return err_set(e, ENOMEM, "out of memory");
    memcpy(r.vhost, o->vhost, sizeof(r.vhost));
    rc = gen_random_open(&r, run, e);
    g->header = run->header; /* owned here from now on */
    g->guest = run;
    return rc;
}

static int open_hostile(const struct gen_options *o, struct gen *g, struct err *e)
{
    struct hostile_options h = {.seed = o->seed, .aw_bits = o->aw_bits, .knobs = o->knobs};

    g->guest = malloc(sizeof(struct hostile));
    if (!g->guest)
        return err_set(e, ENOMEM, "out of memory");
    return hostile_open(&h, &g->header, g->guest, e);
}

/* A vhost is a consumer like others; its device stands where the last one stood. */
static int add_vhosts(const struct gen_options *o, struct workload_options *w, struct err *e)
{
    for (unsigned i = 0; i < o->vhosts; i++) {
        struct attach_rec *a = &w->attach[w->attaches++];

        if (w->attaches > WORKLOAD_ATTACH)
            return err_set(e, EINVAL, "--attach, --vhost: at most %u consumers expected",
                           WORKLOAD_ATTACH);
        *a = (struct attach_rec){.kind = CONSUMER_VHOST, .bdf = o->vhost[i]};
        snprintf(a->name, sizeof(a->name), "vhost%u", i);
        w->place[w->places++] = o->vhost[i];
    }
    return 0;
}

static int open_workload(const struct gen_options *o, struct gen *g, struct err *e)
{
    struct workload_options w = {.workload = o->workload,
                                 .seed = o->seed,
                                 .aw_bits = o->aw_bits,
                                 .knobs = o->knobs,
                                 .has_caching_mode = o->has_caching_mode,
                                 .caching_mode = o->caching_mode,
                                 .ats = o->ats,
                                 .attaches = o->attaches};
    struct work *work = NULL;
    int rc;

    memcpy(w.attach, o->attach, sizeof(w.attach));
    rc = add_vhosts(o, &w, e);
    if (!rc)
        rc = workload_open(&w, &g->header, &work, e);
    g->guest = work;
    return rc;
}

int gen_open(const struct gen_options *o, struct gen *g, struct err *e)
{
    *g = (struct gen){.header = header_empty(), .kind = o->kind};
    if (o->kind != GEN_WORKLOAD && (o->attaches || o->ats || o->has_caching_mode))
        return err_set(e, EINVAL, "--attach, --ats, --caching-mode: workloads alone have them");
    if (o->kind == GEN_HOSTILE && o->vhosts)
        return err_set(e, EINVAL, "--vhost: a hostile guest does not have it");
    switch (o->kind) {
    case GEN_RANDOM: return open_random(o, g, e);
    case GEN_HOSTILE: return open_hostile(o, g, e);
    default: return open_workload(o, g, e);
    }
}

void gen_close(struct gen *g)
{
    if (g->kind == GEN_WORKLOAD)
        workload_close(g->guest);
    else
        free(g->guest);
    header_free(&g->header);
    g->guest = NULL;
}

const struct rec *gen_next(struct gen *g)
{
    const struct rec *r;

    switch (g->kind) {
    case GEN_RANDOM: return gen_random_next(g->guest);
    case GEN_HOSTILE: return hostile_next(g->guest);
    default: r = workload_next(g->guest); return workload_overrun(g->guest) ? NULL : r;
    }
}

int gen_write(const struct gen_options *o, enum trace_form form, int level, struct trace_sink sink,
              struct err *e)
{
    struct trace_writer *w = NULL;
    struct gen g;
    int rc = gen_open(o, &g, e);

    if (!rc)
        rc = trace_writer_open(form, &g.header, level, sink, &w, e);
    for (uint64_t i = 0; i < o->events && !rc; i++) {
        const struct rec *r = gen_next(&g);

        rc = r ? trace_writer_add(w, r, e)
               : err_set(e, ENOBUFS, "the workload made too many records at once, or none");
    }
    if (!rc)
        rc = trace_writer_finish(w, e);
    trace_writer_free(w);
    gen_close(&g);
    return rc;
}
