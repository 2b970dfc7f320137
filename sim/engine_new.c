/* SPDX-License-Identifier: MIT */
/* What a simulation is made of, and its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "engine_inside.h"

static int add_ram(struct engine *e, const struct trace_header *h, struct err *err)
{
    unsigned bits = e->config.aw_bits < GUEST_MEM_BITS ? e->config.aw_bits : GUEST_MEM_BITS;
    struct ram_block low = {gpa(0), IR_WINDOW_FIRST, false};
    struct ram_block high = {gpa(IR_WINDOW_LAST + 1), (UINT64_C(1) << bits) - (IR_WINDOW_LAST + 1),
                             false};
    int fault = 0;

    if (h->rams == 0) {
        fault = guest_mem_add(e->mem, low, err);
        return fault ? fault : guest_mem_add(e->mem, high, err);
    }
    for (size_t i = 0; i < h->rams && !fault; i++) {
        struct ram_block b = {h->ram[i].gpa, h->ram[i].bytes, h->ram[i].rom};

        fault = guest_mem_add(e->mem, b, err);
    }
    return fault;
}

static const struct sync_strategy_ops *strategy(enum sync_strategy s)
{
    switch (s) {
    case SYNC_TRANSLATE: return &sync_translate;
    case SYNC_TRANSLATE_4K: return &sync_translate_4k;
    case SYNC_DIRTY: return &sync_dirty;
    case SYNC_WALK: break;
    }
    return &sync_walk;
}

/* A copy of `count` items, NULL for none. */
static void *copy_of(const void *items, size_t count, size_t bytes, bool *failed)
{
    void *copy = count ? malloc(count * bytes) : NULL;

    if (copy)
        memcpy(copy, items, count * bytes);
    *failed |= count && !copy;
    return copy;
}

static int follow_writes(struct engine *e, struct err *err)
{
    if (!policy_tells_differences(&e->policy))
        return err_set(err, ENOTSUP,
                       "profile %s notifies what did not change, too: --sync dirty would leave it "
                       "out",
                       policy_name(&e->policy));
    if (!guest_mem_follow(e->mem))
        return err_set(err, ENOMEM, "out of memory for a log of written pages");
    return 0;
}

#define IOAPIC_PAGE UINT64_C(0xfec00000) /* of every PC; nobody programs it here */

static int build(struct engine *e, const struct trace_header *h, const struct engine_options *o,
                 struct err *err)
{
    struct vtd_options v = {.policy = &e->policy,
                            .config = &e->config,
                            .sync = strategy(o->sync),
                            .funnel = &e->funnel,
                            .fate = &e->fate};
    bool failed = false;
    int fault;

    fault = engine_check_aliases(h, err);
    if (fault)
        return fault;
    e->header_devices = copy_of(h->devices, h->devices_count, sizeof(*h->devices), &failed);
    e->header_device_count = e->header_devices ? h->devices_count : 0;
    e->from_start = copy_of(o->attach, o->attach_count, sizeof(*o->attach), &failed);
    e->from_start_count = e->from_start ? o->attach_count : 0;
    e->mem_lent = o->mem;
    e->mem = v.mem = o->mem ? o->mem : guest_mem_new();
    if (failed || !e->mem)
        return err_set(err, ENOMEM, "out of memory for the simulation");
    fault = policy_check_unit(&e->policy, &e->config, err);
    if (!fault && o->sync == SYNC_DIRTY)
        fault = follow_writes(e, err);
    if (!fault)
        fault = add_ram(e, h, err);
    if (h->rams &&
        policy_window_reads_zero(&e->policy)) { /* of a machine that the trace describes */
        guest_mem_zeros(e->mem, gpa(IR_WINDOW_FIRST), IR_WINDOW_LAST - IR_WINDOW_FIRST + 1);
        guest_mem_zeros(e->mem, gpa(IOAPIC_PAGE), PAGE_4K_BYTES);
    }
    return fault ? fault : vtd_new(&v, &e->unit, err);
}

int engine_new(const struct trace_header *h, const struct engine_options *o, struct engine **out,
               struct err *err)
{
    struct engine *e = calloc(1, sizeof(*e));
    int fault;

    *out = NULL;
    if (!e)
        return err_set(err, ENOMEM, "out of memory for the simulation");
    e->policy = *o->policy;
    e->config = h->has_unit ? h->unit : unit_config_default();
    e->dma_limit = o->dma_limit;
    e->type1_way = o->type1_chain ? TYPE1_CHAIN : TYPE1_LIST;
    if (o->fail)
        e->fail_nth =
            (struct fail_nth){.op = o->fail->op, .nth = o->fail->nth, .error = o->fail->error};
    fault = build(e, h, o, err);
    if (fault) {
        engine_free(e);
        return fault;
    }
    *out = e;
    return 0;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    engine_free_consumers(e);
    vtd_free(e->unit);
    if (!e->mem_lent)
        guest_mem_free(e->mem);
    free(e->header_devices);
    free(e->from_start);
    free(e->leading);
    free(e->ats_on);
    free(e);
}
