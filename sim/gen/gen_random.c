/* SPDX-License-Identifier: MIT */
#include "gen/gen_random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gen/memory.h"
#include "gen/random_guest.h"
#include "gen/random_vhost.h"
#include "trace/header.h"

static int describe(struct trace_header *h, const struct gen_random *g, struct err *e)
{
    static const char tool[] = "gen_trace --random";
    char seed[32];
    int n = snprintf(seed, sizeof(seed), "%" PRIu64, g->seed);
    int rc = header_add_meta(h, "tool", tool, strlen(tool), e);

    return rc ? rc : header_add_meta(h, "seed", seed, (size_t)n, e);
}

static void draw_unit(struct unit_config *u, const struct gen_random *g, struct random_guest *dice)
{
    *u = unit_config_default();
    u->aw_bits = random_below(dice, 2) ? 39 : 48;
    if (g->aw_bits)
        u->aw_bits = (uint8_t)g->aw_bits;
    u->pt = random_below(dice, 4) != 0;
    u->device_iotlb = random_below(dice, 4) == 0;
    u->snoop_control = random_below(dice, 32) == 0; /* refuses every notifier */
    u->intremap = random_below(dice, 4) == 0;
    u->dma_drain = random_below(dice, 4) != 0;
}

static int make_header(struct trace_header *h, const struct gen_random *g,
                       struct random_guest *dice, struct err *e)
{
    int rc = describe(h, g, e);

    draw_unit(&h->unit, g, dice);
    h->has_unit = true;
    return rc ? rc : gen_add_memory(h, e);
}

const struct rec *gen_random_next(struct gen_run *run)
{
    struct random_vhost *v = &run->vhosts;
    const struct rec *own = v->count ? random_vhost_own(v) : NULL;

    if (own)
        return own;
    return v->count ? random_vhost_change(v, random_guest_next(&run->guest))
                    : random_guest_next(&run->guest);
}

static void begin_guest(struct gen_run *run, const struct gen_random *g, struct random_guest *dice)
{
    const struct unit_config *u = &run->header.unit;
    bool careful = random_below(dice, 2); /* first: arguments have no order in C */

    bool tame = random_below(dice, 12) != 0;

    random_guest_init(&run->guest, dice->state, u->aw_bits == 48 ? 4 : 3, careful);
    run->guest.wild = true;
    run->guest.tame = tame;
    run->guest.device_iotlb = u->device_iotlb;
    run->guest.intremap = u->intremap;
    run->guest.knobs = g->knobs;
    random_guest_settle(&run->guest);
}

int gen_random_open(const struct gen_random *g, struct gen_run *run, struct err *e)
{
    struct random_guest *dice = &run->guest; /* until it begins */
    int rc;

    run->header = header_empty();
    dice->state = g->seed;
    rc = make_header(&run->header, g, dice, e);
    begin_guest(run, g, dice);
    for (unsigned i = 0; i < run->guest.devices && !rc; i++)
        rc = header_add_device(&run->header, &(struct device_rec){.bdf = bdf(run->guest.sids[i])},
                               e);
    if (!rc)
        rc = random_vhost_begin(&run->vhosts, &run->header, g->vhost, g->vhosts, g->seed, e);
    run->guest.device_iotlb = run->header.unit.device_iotlb;
    return rc;
}

void gen_random_close(struct gen_run *run)
{
    header_free(&run->header);
}

static int write_records(struct trace_writer *w, const struct gen_random *g, struct gen_run *run,
                         struct err *e)
{
    int rc = 0;

    for (uint64_t i = 0; i < g->events && !rc; i++)
        rc = trace_writer_add(w, gen_random_next(run), e);
    return rc ? rc : trace_writer_finish(w, e);
}

int gen_random_write(const struct gen_random *g, enum trace_form form, int level,
                     struct trace_sink sink, struct err *e)
{
    struct trace_writer *w = NULL;
    struct gen_run run;
    int rc = gen_random_open(g, &run, e);

    if (!rc)
        rc = trace_writer_open(form, &run.header, level, sink, &w, e);
    if (!rc)
        rc = write_records(w, g, &run, e);
    trace_writer_free(w);
    gen_random_close(&run);
    return rc;
}
