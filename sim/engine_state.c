/* SPDX-License-Identifier: MIT */
/*
 * The whole simulation as bytes, one room after another: what it was made of (compared on the way
 * back), the engine's own, guest memory, unit, containers, consumers, who is linked where, and a
 * checksum over all of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine_inside.h"

static const char tag[4] = {'V', 'T', 'R', 'E'}, tag_end[4] = {'E', 'N', 'D', '.'};

/* 1: the first. Raised whenever a byte's meaning changes; there is no reading of older ones. */
#define STATE_VERSION 1u

#define SUM_BYTES 8u

struct engine_place engine_place(const struct engine *e)
{
    return (struct engine_place){e->number, e->funnel.notes};
}

/* --- what the simulation was made of --------------------------------------------------- */

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
    state_put(o, e->from_start_count, 8);
    for (size_t n = 0; n < e->from_start_count; n++)
        attach_save(&e->from_start[n], o);
}

/* Quirks that are on, beside what the profile itself is like. */
static void quirks_put(const struct engine *e, struct state_out *o)
{
    const struct policy *row = policy_find(policy_name(&e->policy));
    const struct quirk *q;

    for (size_t n = 0; (q = policy_quirk(n)) != NULL; n++)
        if (policy_has_quirk(&e->policy, n) && !(row && policy_has_quirk(row, n)))
            state_put_name(o, q->name);
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

static void made_of_save(const struct engine *e, struct state_out *o)
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

static int made_of_other(const struct engine *e, struct state_in *i, struct err *err)
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
        return err_set(err, EINVAL, "the state was saved with other quirks");
    if (!options)
        return err_set(err, EINVAL,
                       "the state was saved with other consumers from the start, or another limit "
                       "of mappings");
    return 0;
}

/* --- the engine's own ------------------------------------------------------------------ */

static void leading_save(const struct leading *l, struct state_out *o)
{
    state_put(o, l->rec.kind, 1);
    switch (l->rec.kind) {
    case REC_ATTACH: attach_save(&l->attach, o); break;
    case REC_AT: state_put(o, l->rec.u.at.ns, 8); break;
    default:
        state_put_name(o, l->rec.u.expectations.name);
        state_put(o, l->rec.u.expectations.level, 1);
    }
}

static void leading_load(struct leading *l, struct state_in *i)
{
    uint64_t kind = state_take(i, 1), level;

    l->rec = (struct rec){.kind = (enum rec_kind)kind};
    switch (kind) {
    case REC_ATTACH:
        attach_load(&l->attach, i);
        l->rec.u.attach = &l->attach;
        break;
    case REC_AT: l->rec.u.at.ns = state_take(i, 8); break;
    case REC_EXPECTATIONS:
        state_take_name(i, l->rec.u.expectations.name, NAME_BYTES);
        level = state_take(i, 1);
        if (level > EXPECT_IOCTL)
            state_trouble(i, "a first record in the saved state expects what cannot be");
        l->rec.u.expectations.level = level == EXPECT_IOCTL ? EXPECT_IOCTL : EXPECT_NOTIFIER;
        break;
    default: state_trouble(i, "a first record in the saved state is none that waits");
    }
}

static void own_save(const struct engine *e, struct state_out *o)
{
    state_put_bool(o, e->started);
    state_put(o, e->number, 8);
    state_put(o, e->funnel.record, 8);
    state_put(o, e->funnel.at_ns, 8);
    state_put(o, e->funnel.notes, 8);
    state_put(o, e->leading_count, 8);
    for (size_t n = 0; n < e->leading_count; n++)
        leading_save(&e->leading[n], o);
}

static void own_load(struct engine *e, struct state_in *i)
{
    uint64_t count;

    e->started = state_take_bool(i);
    e->number = state_take(i, 8);
    e->funnel.record = state_take(i, 8);
    e->funnel.at_ns = state_take(i, 8);
    e->funnel.notes = state_take(i, 8);
    count = state_take_count(i, 2);
    if (count > LEADING_MAX)
        state_trouble(i, "more first records wait in the saved state than may");
    if (i->trouble || !count)
        return;
    e->leading = calloc(LEADING_MAX, sizeof(*e->leading));
    if (!e->leading) {
        state_no_memory(i);
        return;
    }
    for (; e->leading_count < count && !i->trouble; e->leading_count++)
        leading_load(&e->leading[e->leading_count], i);
}

/* --- containers and consumers ---------------------------------------------------------- */

static void containers_save(const struct engine *e, struct state_out *o)
{
    state_put(o, e->container_count, 8);
    for (size_t n = 0; n < e->container_count; n++) {
        state_put_name(o, e->containers[n]->name);
        type1_save(&e->containers[n]->type1, o);
    }
}

static void containers_load(struct engine *e, struct state_in *i)
{
    uint64_t count = state_take_count(i, 2 + 8 + 8 + 1 + 8);

    for (uint64_t n = 0; n < count && !i->trouble; n++) {
        struct attach_rec how = {.aperture_bits = 48, .type1 = 2};
        struct container *c;

        state_take_name(i, how.container, sizeof(how.container));
        c = i->trouble ? NULL : engine_container(e, &how);
        if (!c)
            state_no_memory(i);
        else if (e->container_count != n + 1)
            state_trouble(i, "a container is twice in the saved state");
        else
            type1_load(&c->type1, i);
    }
}

static void consumers_save(const struct engine *e, struct state_out *o)
{
    state_put(o, e->consumer_count, 8);
    for (size_t n = 0; n < e->consumer_count; n++) {
        attach_save(&e->consumers[n]->how, o);
        consumer_save(e->consumers[n], o);
    }
}

static struct container *container_of(const struct engine *e, const struct attach_rec *how)
{
    for (size_t n = 0; n < e->container_count; n++)
        if (strcmp(e->containers[n]->name, how->container) == 0)
            return e->containers[n];
    return NULL;
}

/* Made as when it was attached, but it does not join: it is given what it had. */
static int consumer_again(struct engine *e, struct state_in *i, struct err *err)
{
    struct attach_rec how = {.name = ""};
    struct consumer_setup s = engine_setup(e, &how);
    struct container *shared = NULL;
    struct consumer *c;
    int fault;

    attach_load(&how, i);
    if (i->trouble)
        return 0;
    s.region = vtd_device(e->unit, how.bdf);
    if (consumer_has_container(how.kind)) {
        shared = container_of(e, &how);
        if (!shared) {
            state_trouble(i, "a consumer's container is not in the saved state");
            return 0;
        }
        s.container = &shared->type1;
    }
    fault = consumer_new(&s, &c, err);
    if (fault)
        return fault;
    if (shared)
        shared->type1.users++;
    e->consumers[e->consumer_count++] = c;
    consumer_load(c, i);
    if (!c->region && !c->gone)
        state_trouble(i, "a consumer's device is not in the saved state");
    return 0;
}

static int consumers_load(struct engine *e, struct state_in *i, struct err *err)
{
    uint64_t count = state_take_count(i, 64);
    int fault = 0;

    if (!count)
        return 0;
    e->consumers = calloc(count, sizeof(struct consumer *));
    if (!e->consumers) {
        state_no_memory(i);
        return 0;
    }
    for (uint64_t n = 0; n < count && !i->trouble && !fault; n++)
        fault = consumer_again(e, i, err);
    for (size_t n = 0; n < e->container_count; n++)
        if (!e->containers[n]->type1.users)
            state_trouble(i, "a container in the saved state belongs to nobody");
    return fault;
}

/* --- who is linked where --------------------------------------------------------------- */

/* Whose notifier it is: consumer << 8 | index; UINT64_MAX: nobody's. */
static uint64_t owner_of(const struct engine *e, const struct notifier *n)
{
    for (size_t c = 0; c < e->consumer_count; c++) {
        const struct notifier *own;

        for (unsigned k = 0; (own = e->consumers[c]->ops->notifier(e->consumers[c], k)); k++)
            if (own == n)
                return (uint64_t)c << 8 | k;
    }
    return UINT64_MAX;
}

static int links_save(const struct engine *e, struct state_out *o)
{
    const struct notify_region *r;

    for (size_t d = 0; (r = vtd_device_number(e->unit, d)) != NULL; d++) {
        uint64_t count = 0;

        for (const struct notifier *n = r->head; n; n = n->next)
            count++;
        state_put(o, count, 8);
        for (const struct notifier *n = r->head; n; n = n->next) {
            uint64_t owner = owner_of(e, n);

            if (owner == UINT64_MAX)
                return -EINVAL;
            state_put(o, owner, 8);
            state_put_bool(o, n->registered);
        }
    }
    return 0;
}

static struct notifier *notifier_of(const struct engine *e, uint64_t owner, bdf_t b)
{
    struct consumer *c = owner >> 8 < e->consumer_count ? e->consumers[owner >> 8] : NULL;
    unsigned index = owner & 0xff;

    if (!c || c->how.bdf.v != b.v)
        return NULL;
    for (unsigned k = 0; k < index; k++)
        if (!c->ops->notifier(c, k))
            return NULL;
    return c->ops->notifier(c, index);
}

static void link_load(const struct engine *e, struct notify_region *r, struct state_in *i)
{
    struct notifier *n = notifier_of(e, state_take(i, 8), r->bdf);
    bool registered = state_take_bool(i);

    if (i->trouble)
        return;
    if (!n || n->region || n->range.first.v > n->range.last.v ||
        (!registered && !e->policy.leaves_stay_linked)) {
        state_trouble(i, "a notifier is registered in the saved state where it cannot be");
        return;
    }
    notify_relink(r, n, registered);
}

static void links_load(const struct engine *e, struct state_in *i)
{
    struct notify_region *r;

    for (size_t d = 0; (r = vtd_device_number(e->unit, d)) != NULL && !i->trouble; d++) {
        uint64_t count = state_take_count(i, 9);

        for (uint64_t n = 0; n < count && !i->trouble; n++)
            link_load(e, r, i);
    }
}

/* --- all of it ------------------------------------------------------------------------- */

int engine_save(const struct engine *e, struct state_out *o)
{
    size_t start = o->used;
    int fault;

    if (e->obeying)
        return -EBUSY;
    if (e->ended || !e->closed)
        return -EINVAL;
    state_put_tag(o, tag);
    state_put(o, STATE_VERSION, 4);
    made_of_save(e, o);
    own_save(e, o);
    guest_mem_save(e->mem, o);
    vtd_save(e->unit, o);
    containers_save(e, o);
    consumers_save(e, o);
    fault = links_save(e, o);
    if (fault)
        return fault;
    state_put_tag(o, tag_end);
    if (!o->no_memory)
        state_put(o, state_sum(o->bytes + start, o->used - start), SUM_BYTES);
    return o->no_memory ? -ENOMEM : 0;
}

/* Is this a saved state, of this version, and whole? The checksum is taken off the end. */
static int look(struct state_in *i, struct err *err)
{
    struct state_in sum = *i;
    size_t start = i->used;
    uint64_t version;

    if (!state_expect(i, tag)) {
        i->trouble = NULL;
        return err_set(err, EINVAL, "this is no saved state of a simulation");
    }
    version = state_take(i, 4);
    if (!i->trouble && version != STATE_VERSION)
        return err_set(err, EINVAL,
                       "the saved state is of version %" PRIu64 "; this program reads version %u",
                       version, STATE_VERSION);
    if (i->trouble || i->size - i->used < SUM_BYTES)
        return err_set(err, EBADMSG, "the saved state ends too early");
    i->size -= SUM_BYTES;
    sum.used = i->size;
    if (state_take(&sum, SUM_BYTES) != state_sum(i->bytes + start, i->size - start))
        return err_set(err, EBADMSG, "the saved state is damaged: its checksum does not match");
    return 0;
}

static int load(struct engine *e, struct state_in *i, struct err *err)
{
    int fault = look(i, err);

    if (!fault)
        fault = made_of_other(e, i, err);
    if (fault)
        return fault;
    own_load(e, i);
    guest_mem_load(e->mem, i);
    vtd_load(e->unit, i);
    containers_load(e, i);
    fault = consumers_load(e, i, err);
    if (fault)
        return fault;
    links_load(e, i);
    state_expect(i, tag_end);
    if (!i->trouble && i->used != i->size)
        state_trouble(i, "something follows the end of the saved state");
    if (i->trouble)
        return err_set(err, i->no_memory ? ENOMEM : EBADMSG, "%s", i->trouble);
    return 0;
}

int engine_restore(const struct trace_header *h, const struct engine_options *o, struct state_in *i,
                   struct engine **out, struct err *e)
{
    int fault = engine_new(h, o, out, e);

    if (!fault)
        fault = load(*out, i, e);
    if (fault) {
        engine_free(*out);
        *out = NULL;
    }
    return fault;
}
