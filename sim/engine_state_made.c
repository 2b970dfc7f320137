/* SPDX-License-Identifier: MIT */
/* What a saved simulation was made of: said when it is saved, compared when it is restored. */
#include <errno.h>
#include <string.h>

#include "engine_state.h"
#include "policy_table.h"

static void config_put(const struct unit_config *c, struct state_out *o)
{
    const bool said[] = {c->caching_mode, c->pt,       c->device_iotlb,  c->snoop_control,
                         c->intremap,     c->eim,      c->dma_drain,     c->stale_tm,
                         c->has_cap,      c->has_ecap, c->scalable_mode, c->has_version};

    state_put(o, c->aw_bits, 1);
    for (size_t n = 0; n < sizeof(said) / sizeof(said[0]); n++)
        state_put_bool(o, said[n]);
    state_put(o, c->has_cap ? c->cap : 0, 8);
    state_put(o, c->has_ecap ? c->ecap : 0, 8);
    state_put(o, c->has_version ? c->version : 0, 4);
}

/* What the engine obeys of the header: unit, memory, devices. */
static void header_put(const struct engine *e, struct state_out *o)
{
    size_t count;
    const struct ram_block *b = guest_mem_blocks(e->mem, &count);

    config_put(&e->config, o);
    state_put(o, count, 8);
    for (size_t n = 0; n < count; n++) {
        state_put(o, b[n].gpa.v, 8);
        state_put(o, b[n].bytes, 8);
        state_put_bool(o, b[n].rom);
    }
    state_put(o, e->header_device_count, 8);
    for (size_t n = 0; n < e->header_device_count; n++) {
        const struct device_rec *d = &e->header_devices[n];

        state_put(o, d->bdf.v, 2);
        state_put_bool(o, d->ats);
        state_put_bool(o, d->has_alias);
        state_put(o, d->has_alias ? d->alias.v : 0, 2);
    }
}

static void options_put(const struct engine *e, struct state_out *o)
{
    state_put(o, e->dma_limit, 8);
    state_put(o, e->type1_way, 1);
    state_put(o, e->fail_nth.op, 1);
    state_put(o, e->fail_nth.nth, 8);
    state_put(o, (uint64_t)(int64_t)e->fail_nth.error, 4);
    state_put(o, e->from_start_count, 8);
    for (size_t n = 0; n < e->from_start_count; n++)
        attach_save(&e->from_start[n], o);
}

/* Fields changed from what the profile itself is like: by a quirk, or by --set. */
static void quirks_put(const struct engine *e, struct state_out *o)
{
    const struct policy *row = policy_find(policy_name(&e->policy));
    const struct policy_field *f;
    char value[FIELD_VALUE_BYTES];

    for (size_t n = 0; (f = policy_field(n)) != NULL; n++) {
        if (row && policy_field_same(f, &e->policy, row))
            continue;
        policy_field_value(f, &e->policy, value);
        state_put_name(o, f->name);
        state_put_name(o, value);
    }
}

/* A part of what the simulation was made of, short: its checksum. */
static void sum_put(const struct engine *e, struct state_out *o,
                    void (*put)(const struct engine *e, struct state_out *o))
{
    struct state_out part = {0};

    put(e, &part);
    o->no_memory |= part.no_memory;
    state_put(o, state_sum(part.bytes, part.used), 8);
    state_out_free(&part);
}

void engine_made_of_save(const struct engine *e, struct state_out *o)
{
    state_put_name(o, policy_name(&e->policy));
    sum_put(e, o, header_put);
    sum_put(e, o, quirks_put);
    sum_put(e, o, options_put);
}

static bool same_sum(const struct engine *e, struct state_in *i,
                     void (*put)(const struct engine *e, struct state_out *o))
{
    struct state_out now = {0};
    struct state_in sum = {0};
    bool same;

    sum_put(e, &now, put);
    if (now.no_memory)
        state_no_memory(i);
    sum = (struct state_in){.bytes = now.bytes, .size = now.used};
    same = state_take(i, 8) == state_take(&sum, 8);
    state_out_free(&now);
    return same;
}

int engine_made_of_other(const struct engine *e, struct state_in *i, struct err *err)
{
    char profile[NAME_BYTES];
    bool header, quirks, options;

    state_take_name(i, profile, sizeof(profile));
    header = same_sum(e, i, header_put);
    quirks = same_sum(e, i, quirks_put);
    options = same_sum(e, i, options_put);
    if (i->trouble)
        return 0;
    if (!header)
        return err_set(err, EINVAL,
                       "the state was saved of another trace: unit, memory or devices differ");
    if (strcmp(profile, policy_name(&e->policy)) != 0)
        return err_set(err, EINVAL, "the state was saved under profile %s, not %s", profile,
                       policy_name(&e->policy));
    if (!quirks)
        return err_set(err, EINVAL, "the state was saved with other quirks or fields");
    if (!options)
        return err_set(err, EINVAL,
                       "the state was saved with other consumers from the start, another limit "
                       "of mappings, another --type1 or another --fail");
    return 0;
}
