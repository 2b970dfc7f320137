/* SPDX-License-Identifier: MIT */
#include "gen/workload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/memory.h"
#include "gen/workload_inside.h"
#include "trace/header.h"

#define STEPS_IN_VAIN 100000u /* without a record: an error of a workload */

#define RING (KNOB_PAGES | KNOB_DENSITY)
#define ALL  (RING | KNOB_SIZES)

static const struct workload workloads[] = {
    {"ring-strict", "network rings; each unmapping invalidated by page", RING, 4, 512,
     &workload_ring_strict},
    {"ring-lazy", "network rings; one flush for up to 256 unmappings", RING, 4, 512,
     &workload_ring_lazy},
    {"block", "block I/O: scatter lists of 4 KiB pages, and of 2 MiB", ALL, 4, 16384,
     &workload_block},
    {"static", "one long mapping with hugepages as DPDK has it, then DMA alone", ALL, 1, 1048576,
     &workload_static},
    {"rebind", "drivers unbound and bound again, each time a new domain", RING, 4, 128,
     &workload_rebind},
    {"move", "devices moved between domains that they share", RING, 4, 128, &workload_move},
    {"kexec", "another kernel takes over with translation on", RING, 4, 256, &workload_kexec},
    {"nested", "a guest's guest: a long-lived domain, ranges of every size", ALL, 4, 4194304,
     &workload_nested},
};
#define WORKLOADS (sizeof(workloads) / sizeof(*workloads))

const struct workload *workload_at(unsigned i)
{
    return i < WORKLOADS ? &workloads[i] : NULL;
}

const struct workload *workload_find(const char *name)
{
    for (unsigned i = 0; i < WORKLOADS; i++)
        if (!strcmp(workloads[i].name, name))
            return &workloads[i];
    return NULL;
}

unsigned work_draw(struct work *w, unsigned given, unsigned base, unsigned range)
{
    unsigned n = base + (unsigned)driver_below(&w->d, range);

    return given ? given : n;
}

void work_attach_all(struct work *w)
{
    for (unsigned i = 0; i < w->d.devices; i++) {
        int domain = driver_new_domain(&w->d);

        if (domain != DRIVER_NONE)
            driver_attach(&w->d, i, domain);
    }
}

static int refuse(struct err *e, const struct workload *l, const char *knob)
{
    return err_set(e, EINVAL, "%s: the workload %s does not have it", knob, l->name);
}

/* In pages of 4 KiB. */
static unsigned smallest(unsigned sizes)
{
    return sizes & PAGES_4K ? 1 : sizes & PAGES_2M ? 512 : 262144;
}

/* A knob that the workload has not is an error. */
static int check(const struct workload_options *o, const struct workload *l, struct err *e)
{
    const struct random_knobs *k = &o->knobs;
    unsigned knobs = l->knobs;

    if (k->pages && !(knobs & KNOB_PAGES))
        return refuse(e, l, "--pages");
    if (k->density && !(knobs & KNOB_DENSITY))
        return refuse(e, l, "--density");
    if (k->page_sizes && !(knobs & KNOB_SIZES))
        return refuse(e, l, "--page-sizes");
    if (l->inside == &workload_block && (k->page_sizes & PAGES_1G))
        return err_set(e, EINVAL, "--page-sizes: no request of block I/O is 1 GiB long");
    if (k->pages && (k->pages < l->pages_min || k->pages > l->pages_max))
        return err_set(e, EINVAL, "--pages: %u to %u expected of the workload %s", l->pages_min,
                       l->pages_max, l->name);
    if (k->pages && k->page_sizes && k->pages < smallest(k->page_sizes))
        return err_set(e, EINVAL,
                       "--pages: at least %u expected, as many as one of --page-sizes is",
                       smallest(k->page_sizes));
    if (l->inside == &workload_static && k->page_sizes == PAGES_4K && k->pages > 32768)
        return err_set(e, EINVAL, "--pages: at most 32768 expected of pages of 4 KiB alone");
    if (k->depth == 4 && o->aw_bits == 39)
        return err_set(e, EINVAL, "--depth: a unit of 39 bits has 3 levels");
    return 0;
}

static void draw_devices(struct work *w, const struct workload_options *o)
{
    struct driver *d = &w->d;
    bool many = w->workload->inside == &workload_move;

    d->devices = work_draw(w, o->knobs.devices, many ? 2 : 1, many ? 5 : 3);
    if (d->devices < o->places)
        d->devices = o->places;
    for (unsigned i = 0; i < d->devices; i++)
        d->sid[i] = (uint16_t)(0x10 + 8 * i);
    for (unsigned i = 0; i < o->places; i++) {
        unsigned to = d->devices - o->places + i, k = 0;

        while (k < to && d->sid[k] != o->place[i].v)
            k++;
        d->sid[k] = d->sid[to]; /* another device is there: they change places */
        d->sid[to] = o->place[i].v;
    }
}

static void draw_unit(struct work *w, const struct workload_options *o, struct unit_config *u)
{
    struct driver *d = &w->d;
    bool wide = driver_one_in(d, 4), deep = driver_one_in(d, 2), odd = driver_one_in(d, 4);
    bool lazy = w->workload->inside == &workload_ring_lazy;

    *u = unit_config_default();
    u->aw_bits = o->aw_bits ? (uint8_t)o->aw_bits : wide || o->knobs.depth == 4 ? 48 : 39;
    u->intremap = driver_one_in(d, 2);
    u->device_iotlb = o->ats;
    u->caching_mode = o->has_caching_mode ? o->caching_mode : !lazy || odd;
    d->levels = o->knobs.depth ? o->knobs.depth : u->aw_bits == 48 && deep ? 4 : 3;
    d->unit_levels = u->aw_bits == 48 ? 4 : 3;
    d->caching_mode = u->caching_mode;
    d->intremap = u->intremap;
    d->ats = o->ats;
}

static int describe(const struct work *w, const struct workload_options *o, struct trace_header *h,
                    struct err *e)
{
    char tool[64], seed[32];
    int n = snprintf(tool, sizeof(tool), "gen_trace --workload %s", w->workload->name), rc;

    rc = header_add_meta(h, "tool", tool, (size_t)n, e);
    n = snprintf(seed, sizeof(seed), "%" PRIu64, o->seed);
    if (!rc)
        rc = header_add_meta(h, "seed", seed, (size_t)n, e);
    if (!rc)
        rc = gen_add_memory(h, e);
    for (unsigned i = 0; i < w->d.devices && !rc; i++)
        rc =
            header_add_device(h, &(struct device_rec){.bdf = bdf(w->d.sid[i]), .ats = w->d.ats}, e);
    return rc;
}

static void begin(struct work *w, const struct workload_options *o)
{
    for (unsigned i = 0; i < DRIVER_DEVICES; i++)
        w->d.at[i] = DRIVER_NONE;
    w->attaches = o->attaches;
    for (unsigned i = 0; i < o->attaches; i++) {
        w->attach[i] = o->attach[i];
        driver_push(&w->d, REC_ATTACH)->id = (uint16_t)i;
    }
    w->pages = o->knobs.pages;
    w->density = o->knobs.density;
    w->sizes = o->knobs.page_sizes;
    w->odd = (unsigned)driver_below(&w->d, 1u << 20);
    w->workload->inside->draw(w);
    driver_boot(&w->d);
    w->workload->inside->begin(w);
}

int workload_open(const struct workload_options *o, struct trace_header *h, struct work **out,
                  struct err *e)
{
    const struct workload *l = o->workload ? o->workload : &workloads[o->seed % WORKLOADS];
    struct work *w;
    int rc = check(o, l, e);

    *out = NULL;
    if (rc)
        return rc;
    w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(e, ENOMEM, "out of memory");
    w->workload = l;
    w->d.dice = o->seed;
    draw_devices(w, o);
    draw_unit(w, o, &h->unit);
    h->has_unit = true;
    rc = describe(w, o, h, e);
    if (rc) {
        free(w);
        return rc;
    }
    begin(w, o);
    *out = w;
    return 0;
}

void workload_close(struct work *w)
{
    free(w);
}

bool workload_overrun(const struct work *w)
{
    return w->d.full;
}

/* Small records become whole ones. */
static void whole(struct work *w, const struct driver_step *s)
{
    struct rec *r = &w->rec;

    *r = (struct rec){.kind = (enum rec_kind)s->kind};
    switch (r->kind) {
    case REC_MEM:
        w->words[0] = s->val[0];
        w->words[1] = s->val[1];
        r->u.mem.gpa = gpa(s->at);
        r->u.mem.words = s->n;
        r->u.mem.val = w->words;
        break;
    case REC_ZERO:
        r->u.zero.gpa = gpa(s->at);
        r->u.zero.bytes = s->val[0];
        break;
    case REC_DMA:
        r->u.dma.bdf = bdf(s->id);
        r->u.dma.access = s->on ? DMA_W : DMA_R;
        r->u.dma.iova = iova(s->at);
        r->u.dma.bytes = s->n;
        r->u.dma.seen = DMA_SEEN_GPA;
        r->u.dma.gpa = gpa(s->val[0]);
        break;
    case REC_AT: r->u.at.ns = s->at; break;
    case REC_ATTACH: r->u.attach = &w->attach[s->id]; break;
    default:
        r->u.reg.off = s->id;
        r->u.reg.val = s->val[0];
        break;
    }
}

const struct rec *workload_next(struct work *w)
{
    struct driver *d = &w->d;

    if (d->next == d->steps)
        d->next = d->steps = 0;
    for (unsigned i = 0; d->steps == 0 && i < STEPS_IN_VAIN; i++)
        w->workload->inside->step(w);
    if (d->steps == 0) {
        d->full = true;
        driver_at(d);
    }
    whole(w, &d->step[d->next++]);
    return &w->rec;
}
