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

#include "engine_state.h"

static const char tag[4] = {'V', 'T', 'R', 'E'}, tag_end[4] = {'E', 'N', 'D', '.'};

/* 2: devices and the ids of their requests. Raised whenever a byte's meaning changes; there is no
 * reading of older ones. */
#define STATE_VERSION 2u

#define SUM_BYTES 8u

struct engine_place engine_place(const struct engine *e)
{
    return (struct engine_place){e->number, e->funnel.notes};
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
    state_put(o, e->funnel.deliveries, 8);
    state_put(o, e->fail_nth.calls, 8);
    state_put_bool(o, e->fail_nth.done);
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
    e->funnel.deliveries = state_take(i, 8);
    e->deliveries_before = e->funnel.deliveries;
    e->fail_nth.calls = state_take(i, 8);
    e->fail_nth.done = state_take_bool(i);
    count = state_take_count(i, 2);
    if (count > LEADING_MAX)
        state_trouble(i, "more first records wait in the saved state than may");
    if (i->trouble || !count)
        return;
    e->leading = malloc(LEADING_MAX * sizeof(*e->leading)); /* cleared one by one: it is large */
    if (!e->leading) {
        state_no_memory(i);
        return;
    }
    for (; e->leading_count < count && !i->trouble; e->leading_count++) {
        memset(&e->leading[e->leading_count], 0, sizeof(*e->leading));
        leading_load(&e->leading[e->leading_count], i);
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
    engine_made_of_save(e, o);
    own_save(e, o);
    guest_mem_save(e->mem, o);
    vtd_save(e->unit, o);
    fault = engine_people_save(e, o);
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
        fault = engine_made_of_other(e, i, err);
    if (fault)
        return fault;
    own_load(e, i);
    guest_mem_load(e->mem, i);
    vtd_load(e->unit, i);
    fault = engine_people_load(e, i, err);
    if (fault)
        return fault;
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
