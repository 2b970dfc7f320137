/* SPDX-License-Identifier: MIT */
#include "gen/reach_run.h"

#include "engine.h"

static int replay(struct reach *r, const struct gen_random *g, const struct policy *policy,
                  struct gen_run *run, struct err *e)
{
    struct engine_options o = {.policy = policy, .dma_limit = 65535};
    struct engine *engine = NULL;
    int rc = engine_new(&run->header, &o, &engine, e);

    if (!rc)
        rc = reach_begin(r, &run->header, e);
    if (!rc)
        rc = engine_observe(engine, reach_observer(r));
    if (!rc)
        rc = engine_start(engine, e);
    for (uint64_t i = 0; i < g->events && !rc; i++)
        rc = engine_step(engine, random_guest_next(&run->guest), e);
    engine_free(engine);
    return rc < 0 ? rc : 0;
}

int reach_random(struct reach *r, const struct gen_random *g, uint64_t seeds,
                 const struct policy *policy, struct err *e)
{
    struct gen_random one = *g;
    int rc = 0;

    for (uint64_t i = 0; i < seeds && !rc; i++, one.seed++) {
        struct gen_run run;

        rc = gen_random_open(&one, &run, e);
        if (!rc)
            rc = replay(r, &one, policy, &run, e);
        gen_random_close(&run);
    }
    return rc;
}
