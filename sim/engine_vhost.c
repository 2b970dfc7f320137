/* SPDX-License-Identifier: MIT */
/* vhost consumers and the ATS of their devices: records about them, and accesses that start there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumers/vhost.h"
#include "engine_inside.h"

/* --- ATS --------------------------------------------------------------------------------- */

bool engine_ats(const struct engine *e, bdf_t b)
{
    for (size_t i = 0; i < e->ats_count; i++)
        if (e->ats_on[i].v == b.v)
            return true;
    return false;
}

static void forget_ats(struct engine *e, bdf_t b)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->ats_count; i++)
        if (e->ats_on[i].v != b.v)
            e->ats_on[kept++] = e->ats_on[i];
    e->ats_count = kept;
}

int engine_ats_note(struct engine *e, bdf_t b, bool on, struct err *err)
{
    bdf_t *grown;

    forget_ats(e, b);
    if (!on)
        return 0;
    grown = realloc(e->ats_on, (e->ats_count + 1) * sizeof(*grown));
    if (!grown)
        return err_set(err, ENOMEM, "out of memory for a device's ATS");
    e->ats_on = grown;
    grown[e->ats_count++] = b;
    return 0;
}

static bool is_vhost_of(const struct consumer *c, bdf_t b)
{
    return c->how.kind == CONSUMER_VHOST && c->how.bdf.v == b.v;
}

static void flip(struct engine *e, bdf_t b, bool on)
{
    for (size_t i = 0; i < e->consumer_count && !fate_ended(&e->fate); i++)
        if (is_vhost_of(e->consumers[i], b))
            vhost_ats(e->consumers[i], on);
}

int engine_ats_record(struct engine *e, bdf_t b, bool on, struct err *err)
{
    int fault = engine_device(e, b, true, err);

    if (!fault)
        fault = engine_ats_note(e, b, on, err);
    if (!fault)
        flip(e, b, on);
    return fault;
}

void engine_vhost_prepare(struct engine *e, struct consumer *c)
{
    if (c->how.kind == CONSUMER_VHOST)
        vhost_prepare(c, engine_ats(e, c->how.bdf), e->config.device_iotlb);
}

void engine_vhost_reset(struct engine *e, bool device)
{
    while (e->ats_count && !e->policy.reset_keeps_ats && !fate_ended(&e->fate)) {
        bdf_t b = e->ats_on[0];

        forget_ats(e, b);
        flip(e, b, false);
    }
    for (size_t i = 0; i < e->consumer_count && !fate_ended(&e->fate); i++)
        if (e->consumers[i]->how.kind == CONSUMER_VHOST)
            vhost_reset(e->consumers[i], device);
}

void engine_vhost_reset_first(struct engine *e)
{
    for (size_t i = 0; i < e->consumer_count && !fate_ended(&e->fate); i++)
        if (e->consumers[i]->how.kind == CONSUMER_VHOST && e->policy.vhost_resets_first)
            vhost_reset_first(e->consumers[i]);
}

void engine_vhost_save(const struct engine *e, struct state_out *o)
{
    state_put_tag(o, "ATSD");
    state_put(o, e->ats_count, 8);
    for (size_t i = 0; i < e->ats_count; i++)
        state_put(o, e->ats_on[i].v, 2);
}

void engine_vhost_load(struct engine *e, struct state_in *i)
{
    struct err ignored;
    uint64_t count;

    if (!state_expect(i, "ATSD"))
        return;
    e->ats_count = 0;
    count = state_take_count(i, 2);
    for (uint64_t n = 0; n < count && !i->trouble; n++)
        if (engine_ats_note(e, bdf((uint16_t)state_take(i, 2)), true, &ignored))
            state_no_memory(i);
}

/* --- records that name a vhost ------------------------------------------------------------ */

static int named(struct engine *e, const char *what, const char *name, struct consumer **out,
                 struct err *err)
{
    *out = (struct consumer *)(uintptr_t)engine_consumer(e, name);
    if (!*out)
        return err_set(err, EINVAL, "%s: no consumer is called '%s'", what, name);
    if ((*out)->how.kind != CONSUMER_VHOST)
        return err_set(err, EINVAL, "%s: '%s' is no vhost", what, name);
    return 0;
}

int engine_stop(struct engine *e, const char *name, struct err *err)
{
    struct consumer *c;
    int fault = named(e, "stop", name, &c, err);

    if (!fault)
        vhost_stop(c);
    return fault;
}

int engine_start_rings(struct engine *e, const char *name, struct err *err)
{
    struct consumer *c;
    int fault = named(e, "start", name, &c, err);

    if (!fault)
        vhost_start(c);
    return fault;
}

int engine_miss(struct engine *e, const struct rec *r, struct err *err)
{
    struct consumer *c;
    struct xlat_result x;
    int fault = named(e, "miss", r->u.miss.name, &c, err);

    if (fault)
        return fault;
    if (!vhost_on_demand(c))
        return err_set(err, EINVAL, "miss: the backend of '%s' cannot miss: it is filled by MAPs",
                       r->u.miss.name);
    if (!vhost_runs(c))
        return 0; /* rings that stand still ask for nothing */
    vhost_miss(c, r->u.miss.iova, r->u.miss.write);
    x = vtd_translate(e->unit, c->how.bdf, r->u.miss.iova, r->u.miss.write);
    vhost_answer(c, r->u.miss.iova, r->u.miss.write, &x);
    return 0;
}

/* --- accesses ----------------------------------------------------------------------------- */

struct consumer *engine_vhost_of(const struct engine *e, bdf_t b)
{
    for (size_t i = 0; i < e->consumer_count; i++)
        if (is_vhost_of(e->consumers[i], b) && vhost_runs(e->consumers[i]))
            return e->consumers[i];
    return NULL;
}

/* What the device IOTLB's entry makes of the access: no record is made of a right that lacks. */
static struct xlat_result by_entry(const struct range_entry *held, iova_t at, bool write)
{
    struct xlat_result x = {.end = XLAT_REFUSED};

    if (!(held->perm & (write ? PERM_W : PERM_R)))
        return x;
    x.end = XLAT_OK;
    x.gpa = gpa_add(held->gpa, at.v - held->range.first.v);
    x.mask = PAGE_4K_MASK;
    x.perm = held->perm;
    return x;
}

bool engine_vhost_hit(const struct consumer *c, const struct rec *r, bool *write,
                      struct xlat_result *x)
{
    struct range_entry held;

    if (!vhost_lookup(c, r->u.dma.iova, &held))
        return false;
    *write = r->u.dma.access == DMA_W || (r->u.dma.access == DMA_ANY && !(held.perm & PERM_R));
    *x = by_entry(&held, r->u.dma.iova, *write);
    return true;
}
