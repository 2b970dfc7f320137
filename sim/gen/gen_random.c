/* SPDX-License-Identifier: MIT */
#include "gen/gen_random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gen/random_guest.h"
#include "gen/random_vhost.h"
#include "trace/header.h"

/* Memory as a q35 machine with 4 GiB has it. */
static const struct ram_entry memory[] = {
    {{0x0}, 0xc0000, false},
    {{0xc0000}, 0x20000, true},
    {{0xe0000}, 0x10000, false},
    {{0xf0000}, 0x10000, true},
    {{0x100000}, 0x7ff00000, false},
    {{0xffff0000}, 0x10000, true},
    {{0x100000000}, 0x80000000, false},
};

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
    for (size_t i = 0; i < sizeof(memory) / sizeof(*memory) && !rc; i++)
        rc = header_add_ram(h, &memory[i], e);
    for (uint16_t slot = 2; slot <= 4 && !rc; slot++)
        rc = header_add_device(h, &(struct device_rec){.bdf = bdf((uint16_t)(slot << 3))}, e);
    return rc;
}

static const struct rec *next_record(struct random_guest *g, struct random_vhost *v)
{
    const struct rec *own = v->count ? random_vhost_own(v) : NULL;

    if (own)
        return own;
    return v->count ? random_vhost_change(v, random_guest_next(g)) : random_guest_next(g);
}

static int write_records(struct trace_writer *w, const struct gen_random *g,
                         const struct unit_config *u, struct random_guest *dice,
                         struct random_vhost *vhosts, struct err *e)
{
    bool careful = random_below(dice, 2); /* first: arguments have no order in C */
    struct random_guest guest;
    int rc = 0;

    random_guest_init(&guest, dice->state, u->aw_bits == 48 ? 4 : 3, careful);
    guest.wild = true;
    guest.tame = random_below(dice, 8) != 0;
    guest.device_iotlb = u->device_iotlb;
    random_guest_settle(&guest);
    for (uint64_t i = 0; i < g->events && !rc; i++)
        rc = trace_writer_add(w, next_record(&guest, vhosts), e);
    return rc ? rc : trace_writer_finish(w, e);
}

int gen_random_write(const struct gen_random *g, enum trace_form form, int level,
                     struct trace_sink sink, struct err *e)
{
    struct random_guest dice = {.state = g->seed};
    struct trace_header h = header_empty();
    struct random_vhost vhosts;
    struct trace_writer *w = NULL;
    int rc = make_header(&h, g, &dice, e);

    if (!rc)
        rc = random_vhost_begin(&vhosts, &h, g->vhost, g->vhosts, g->seed, e);
    if (!rc)
        rc = trace_writer_open(form, &h, level, sink, &w, e);
    if (!rc)
        rc = write_records(w, g, &h.unit, &dice, &vhosts, e);
    trace_writer_free(w);
    header_free(&h);
    return rc;
}
