/* SPDX-License-Identifier: MIT */
#include "gen/hostile_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gen/memory.h"
#include "trace/header.h"

static void access(struct hostile *g)
{
    uint64_t at = hostile_value(g) & ~UINT64_C(0xfff), off = hostile_below(g, 4096),
             id = hostile_below(g, 65536);
    bool known = !hostile_one_in(g, 16), low = hostile_one_in(g, 2);
    uint64_t page = hostile_below(g, 4), big = hostile_below(g, 4);
    struct rec r = {.kind = REC_DMA};

    if (low)
        at = page << 12 | big << 30;
    r.u.dma.bdf = bdf(known ? g->sid[hostile_below(g, g->devices)] : (uint16_t)(id & 0x3ff));
    r.u.dma.access = hostile_one_in(g, 2) ? DMA_W : DMA_R;
    r.u.dma.iova = iova(at | off);
    r.u.dma.bytes = 1 + (uint32_t)hostile_below(g, 4096 - off);
    g->rec = r;
}

static void seldom(struct hostile *g)
{
    bool on = hostile_one_in(g, 2);
    uint16_t sid = g->sid[hostile_below(g, g->devices)];

    switch (hostile_below(g, 4)) {
    case 0:
        g->rec = (struct rec){.kind = REC_RESET};
        g->begun = 0;
        break;
    case 1:
        g->rec = (struct rec){.kind = REC_ATS};
        g->rec.u.ats.bdf = bdf(sid);
        g->rec.u.ats.on = on;
        break;
    default: hostile_full_page(g); break;
    }
}

/* A unit that works, now and then: what is broken stays broken otherwise. */
static bool begin(struct hostile *g)
{
    switch (g->begun++) {
    case 0:
        g->words[0] = CONTEXT | ENTRY_P;
        g->words[1] = 0;
        hostile_store(g, ROOT, 2);
        return true;
    case 1: hostile_reg(g, true, REG_RTADDR, ROOT); return true;
    case 2: hostile_reg(g, false, REG_GCMD, GCMD_SRTP); return true;
    case 3: hostile_reg(g, true, REG_IQT, 0); return true;
    case 4: hostile_reg(g, true, REG_IQA, QUEUE); return true;
    case 5: hostile_reg(g, false, REG_FSTS, UINT32_C(0x7f)); return true;
    case 6: hostile_reg(g, false, REG_GCMD, GCMD_QIE); return true;
    case 7: hostile_reg(g, false, REG_GCMD, GCMD_QIE | GCMD_TE); return true;
    default: g->begun = 8; return false;
    }
}

const struct rec *hostile_next(struct hostile *g)
{
    static void (*const acts[])(struct hostile *) = {hostile_any_register,
                                                     hostile_any_register,
                                                     hostile_command,
                                                     hostile_queue_register,
                                                     hostile_queue_register,
                                                     hostile_root_register,
                                                     hostile_descriptor,
                                                     hostile_descriptor,
                                                     hostile_descriptor,
                                                     hostile_table,
                                                     hostile_table,
                                                     hostile_table,
                                                     hostile_table,
                                                     hostile_context,
                                                     hostile_context,
                                                     hostile_root,
                                                     hostile_anywhere,
                                                     hostile_zero,
                                                     hostile_by_register,
                                                     access,
                                                     access,
                                                     access,
                                                     hostile_read,
                                                     seldom};

    if (begin(g))
        return &g->rec;
    if (hostile_one_in(g, 100))
        g->begun = 0;
    if (hostile_below(g, 16) < g->calm) {
        unsigned dice = (unsigned)hostile_below(g, 4);

        if (dice == 0)
            hostile_descriptor(g);
        else if (dice == 1)
            hostile_table(g);
        else if (dice == 2)
            access(g);
        else
            hostile_reg(g, false, REG_IQT, (g->tail + 1) % 256 * 16);
        return &g->rec;
    }
    acts[hostile_below(g, sizeof(acts) / sizeof(*acts))](g);
    return &g->rec;
}

static unsigned drawn(struct hostile *g, unsigned given, unsigned base, unsigned range)
{
    unsigned n = base + (unsigned)hostile_below(g, range);

    return given ? given : n;
}

static void draw_unit(struct hostile *g, const struct hostile_options *o, struct unit_config *u)
{
    bool wide = hostile_one_in(g, 2);

    *u = unit_config_default();
    u->aw_bits = o->aw_bits ? (uint8_t)o->aw_bits : wide ? 48 : 39;
    u->caching_mode = !hostile_one_in(g, 4);
    u->pt = !hostile_one_in(g, 4);
    u->device_iotlb = hostile_one_in(g, 4);
    u->intremap = hostile_one_in(g, 2);
    u->dma_drain = !hostile_one_in(g, 4);
    g->aw_bits = u->aw_bits;
}

int hostile_open(const struct hostile_options *o, struct trace_header *h, struct hostile *g,
                 struct err *e)
{
    static const char tool[] = "gen_trace --hostile";
    char seed[32];
    int n = snprintf(seed, sizeof(seed), "%" PRIu64, o->seed), rc;

    memset(g, 0, sizeof(*g));
    g->dice = o->seed;
    if (o->knobs.depth || o->knobs.page_sizes)
        return err_set(e, EINVAL, "%s: a hostile guest does not have it",
                       o->knobs.depth ? "--depth" : "--page-sizes");
    if (o->knobs.pages > HOSTILE_PAGES)
        return err_set(e, EINVAL, "--pages: 1 to %u expected of a hostile guest", HOSTILE_PAGES);
    draw_unit(g, o, &h->unit);
    h->has_unit = true;
    g->devices = drawn(g, o->knobs.devices, 1, 4);
    g->pages = drawn(g, o->knobs.pages, 3, 10);
    g->density = drawn(g, o->knobs.density, 40, 61);
    g->calm = (unsigned)hostile_below(g, 12);
    for (unsigned i = 0; i < g->devices; i++)
        g->sid[i] = (uint16_t)(0x10 + 8 * i);
    rc = header_add_meta(h, "tool", tool, strlen(tool), e);
    if (!rc)
        rc = header_add_meta(h, "seed", seed, (size_t)n, e);
    if (!rc)
        rc = gen_add_memory(h, e);
    for (unsigned i = 0; i < g->devices && !rc; i++)
        rc = header_add_device(h, &(struct device_rec){.bdf = bdf(g->sid[i])}, e);
    return rc;
}
