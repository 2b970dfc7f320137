/* SPDX-License-Identifier: MIT */
#include "gen/reach_run.h"

#include <errno.h>
#include <stdio.h>

#include "base/shards.h"
#include "engine.h"

#define WITH 5

/* In place of a vfio on each device: one of each kind, who hears of device IOTLBs, and who asks for
 * less. */
static size_t attach_others(struct attach_rec *a, const struct trace_header *h)
{
    static const char *const names[WITH] = {"vhost", "probe", "vfio", "mdev", "other"};
    static const enum consumer_kind kinds[WITH] = {CONSUMER_VHOST, CONSUMER_PROBE, CONSUMER_VFIO,
                                                   CONSUMER_MDEV, CONSUMER_PROBE};

    for (unsigned i = 0; i < WITH; i++) {
        a[i] = (struct attach_rec){.kind = kinds[i], .bdf = h->devices[i % h->devices_count].bdf};
        snprintf(a[i].name, sizeof(a[i].name), "%s", names[i]);
    }
    a[1].has_flags = true;
    a[1].flags = NOTIFY_UNMAP | (h->unit.device_iotlb ? NOTIFY_DEVTLB : 0u);
    a[4].has_flags = true;
    a[4].flags = NOTIFY_UNMAP | NOTIFY_MAP;
    return h->unit.caching_mode ? WITH : WITH - 1; /* nobody is told of MAPs without it */
}

static int replay(struct reach *r, const struct gen_options *g, const struct policy *policy,
                  struct gen *run, const struct reach_watch *watch, struct err *e)
{
    struct attach_rec attach[WITH];
    struct engine_options o = {.policy = policy, .dma_limit = g->seed % 4 == 1 ? 60 : 65535};
    struct engine_fail fail = {.op = FAIL_UNMAP, .nth = 1 + g->seed % 7, .error = 12};
    struct engine *engine = NULL;
    int rc;

    if (g->seed % 4 == 2) {
        o.attach = attach;
        o.attach_count = attach_others(attach, &run->header);
    }
    if (g->seed % 4 == 3)
        o.fail = &fail;
    rc = engine_new(&run->header, &o, &engine, e);
    if (!rc)
        rc = reach_begin(r, &run->header, e);
    if (!rc)
        rc = engine_observe(engine, reach_observer(r));
    if (!rc)
        rc = engine_start(engine, e);
    for (uint64_t i = 0; i < g->events && !rc && !progress_stop(&watch->progress); i++) {
        const struct rec *rec = gen_next(run);

        rc = rec ? engine_step(engine, rec, e)
                 : err_set(e, ENOBUFS, "the workload made too many records at once, or none");
    }
    engine_free(engine);
    return rc < 0 ? rc : 0;
}

int reach_run(struct reach *r, const struct gen_options *o, const struct reach_span *span,
              const struct policy *policy, struct reach_watch *watch, struct err *e)
{
    struct reach_watch nobody = {.done = 0};
    uint64_t items = shard_items(span->shard, span->of, span->seeds);
    struct gen_options one = *o;
    int rc = 0;

    watch = watch ? watch : &nobody;
    watch->done = 0;
    for (uint64_t i = span->shard - 1; i < span->seeds && !rc; i += span->of) {
        const struct progress *p = &watch->progress;
        struct gen run;

        if (progress_stop(p))
            break;

        one.seed = o->seed + i;
        one.vhosts = o->vhosts;
        if (o->kind != GEN_HOSTILE && !o->vhosts &&
            one.seed % 16 == 6) { /* one that switches ATS */
            one.vhost[0] = bdf(0x0100);
            one.vhosts = 1;
        }
        rc = gen_open(&one, &run, e);
        if (!rc)
            rc = replay(r, &one,
                        policy ? policy : policy_find(one.seed / 4 % 2 ? "qemu-10.2" : "ideal"),
                        &run, watch, e);
        gen_close(&run);
        watch->done += !progress_stop(p);
        if (p->show)
            p->show(p->ctx, watch->done, watch->done, items);
    }
    return rc;
}
