/* SPDX-License-Identifier: MIT */
/* An engine fed by hand, and who joins and leaves it as text: "RECORD:+BDF" and "RECORD:+NAME". */
#ifndef VTR_TESTS_ENGINE_RIG_H
#define VTR_TESTS_ENGINE_RIG_H

#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "suite.h"

/* Who joined and left, devices and consumers, each with its record's number. */
static char joins[4096];

static inline void see_joins(void *ctx, const struct obs *o)
{
    size_t used = strlen(joins);

    (void)ctx;
    if (o->kind == OBS_DEVICE)
        snprintf(joins + used, sizeof(joins) - used, "%llu:%c%x ", (unsigned long long)o->record,
                 o->u.device.on ? '+' : '-', o->u.device.bdf.v);
    else if (o->kind == OBS_CONSUMER)
        snprintf(joins + used, sizeof(joins) - used, "%llu:%c%s ", (unsigned long long)o->record,
                 o->u.consumer.joined ? '+' : '-', o->u.consumer.name);
}

static inline struct engine *engine(struct trace_header *h, const char *profile)
{
    struct engine_options o = {.policy = policy_find(profile)};
    struct engine *e;
    struct err err;

    if (!h->has_unit)
        h->unit = unit_config_default();
    h->has_unit = true;
    ck_assert_int_eq(engine_new(h, &o, &e, &err), 0);
    joins[0] = 0;
    ck_assert_int_eq(engine_observe(e, (struct observer){.see = see_joins}), 0);
    ck_assert_int_eq(engine_start(e, &err), 0);
    return e;
}

static inline int step(struct engine *e, struct rec r)
{
    struct err err = {""};
    int result = engine_step(e, &r, &err);

    ck_assert_msg(result >= 0 || err.text[0], "a refusal without a sentence");
    return result;
}

static inline struct rec reg(enum rec_kind k, unsigned off, uint64_t val)
{
    struct rec r = {.kind = k};

    r.u.reg.off = (uint16_t)off;
    r.u.reg.val = val;
    return r;
}

static inline struct rec mem2(uint64_t at, const uint64_t *words)
{
    struct rec r = {.kind = REC_MEM};

    r.u.mem.gpa = gpa(at);
    r.u.mem.words = 2;
    r.u.mem.val = words;
    return r;
}

#endif
