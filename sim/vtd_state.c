/* SPDX-License-Identifier: MIT */
/*
 * The unit as bytes. Masks of registers, capabilities, the index of the IOTLB and the rules of
 * entries follow from profile and configuration and are made anew. Counts of work done belong to
 * the run, not to the state. What would let a later step index or divide wrongly is refused.
 */
#include "vtd_unit.h"

static const char tag[4] = {'V', 'T', 'D', 'U'};

#define QUEUE_MAX     32768u /* entries: QS = 7 */
#define CONTEXT_WRONG "a context entry in the saved state is none that the unit would follow"
#define IOTLB_WRONG   "the IOTLB in the saved state holds what no walk makes"

static void latched_save(const struct vtd_unit *u, struct state_out *o)
{
    state_put_bool(o, u->translating);
    state_put_bool(o, u->blocked);
    state_put(o, u->root.v, 8);
    state_put_bool(o, u->qi_enabled);
    state_put(o, u->iq_base.v, 8);
    state_put(o, u->iq_size, 4);
    state_put(o, u->iq_head, 4);
    state_put(o, u->iq_tail, 4);
    state_put(o, u->iq_last_type, 1);
    state_put(o, u->iqei, 1);
    state_put(o, u->context_gen, 4);
}

static void latched_load(struct vtd_unit *u, struct state_in *i)
{
    u->translating = state_take_bool(i);
    u->blocked = state_take_bool(i);
    u->root = gpa(state_take(i, 8));
    u->qi_enabled = state_take_bool(i);
    u->iq_base = gpa(state_take(i, 8));
    u->iq_size = (unsigned)state_take(i, 4);
    u->iq_head = (unsigned)state_take(i, 4);
    u->iq_tail = (unsigned)state_take(i, 4);
    u->iq_last_type = (unsigned)state_take(i, 1);
    u->iqei = (enum iqei)(state_take(i, 1) & 0xf);
    u->context_gen = (uint32_t)state_take(i, 4);
    if (u->iq_size > QUEUE_MAX || (u->iq_size & (u->iq_size - 1)) || u->iq_tail >= QUEUE_MAX ||
        (u->qi_enabled && !u->iq_size) || (u->iq_size ? u->iq_head >= u->iq_size : u->iq_head != 0))
        state_trouble(i, "the queue in the saved state is none");
}

static void iotlb_save(const struct iotlb *t, struct state_out *o)
{
    state_put(o, t->count, 2);
    for (unsigned n = 0; n < t->count; n++) {
        const struct iotlb_entry *e = &t->entry[n];

        state_put(o, e->page, 8);
        state_put(o, e->gpa.v, 8);
        state_put(o, e->sid, 2);
        state_put(o, e->did.v, 2);
        state_put(o, e->level, 1);
        state_put(o, e->perm, 1);
    }
}

/* Added in the same order, so that entries and chains are as they were. */
static void iotlb_load(struct iotlb *t, struct state_in *i)
{
    uint64_t count = state_take(i, 2);

    if (count > IOTLB_ENTRIES)
        state_trouble(i, IOTLB_WRONG);
    for (uint64_t n = 0; n < count && !i->trouble; n++) {
        struct iotlb_entry e = {.page = state_take(i, 8)};

        e.gpa = gpa(state_take(i, 8));
        e.sid = (uint16_t)state_take(i, 2);
        e.did = did((uint16_t)state_take(i, 2));
        e.level = (uint8_t)state_take(i, 1);
        e.perm = (uint8_t)state_take(i, 1);
        if (e.level < 1 || e.level > 3 || e.perm > PERM_RW || (e.page & level_mask(e.level))) {
            state_trouble(i, IOTLB_WRONG);
            return;
        }
        e.mask = level_mask(e.level);
        iotlb_add(t, &e);
        if (t->count != n + 1)
            state_trouble(i, IOTLB_WRONG);
    }
}

static void context_save(struct context c, struct state_out *o)
{
    state_put(o, c.lo, 8);
    state_put(o, c.hi, 8);
}

/* One that may be followed has levels that the unit has. */
static struct context context_take(const struct vtd_unit *u, struct state_in *i)
{
    struct context c = {state_take(i, 8), 0};
    unsigned levels;

    c.hi = state_take(i, 8);
    levels = context_levels(c);
    if ((c.lo || c.hi) && (levels < 3 || levels > (u->config.aw_bits - 12u) / 9))
        state_trouble(i, CONTEXT_WRONG);
    return c;
}

static void dev_save(const struct vtd_dev *d, struct state_out *o)
{
    state_put(o, d->bdf.v, 2);
    notify_region_save(&d->region, o);
    state_put(o, d->context_gen, 4);
    context_save(d->context, o);
    state_put_bool(o, d->recorded);
    state_put_bool(o, d->has_acted);
    context_save(d->acted, o);
    shadow_save(&d->shadow, o);
}

static void dev_load(struct vtd_unit *u, struct state_in *i)
{
    bdf_t b = bdf((uint16_t)state_take(i, 2));
    struct vtd_dev *d;

    if (dev_find(u, b))
        state_trouble(i, "an address space is twice in the saved state");
    if (i->trouble)
        return;
    d = dev_add(u, b);
    if (!d) {
        state_no_memory(i);
        return;
    }
    notify_region_load(&d->region, i);
    d->context_gen = (uint32_t)state_take(i, 4);
    d->context = context_take(u, i);
    d->recorded = state_take_bool(i);
    d->has_acted = state_take_bool(i);
    d->acted = context_take(u, i);
    if ((d->context_gen == u->context_gen && !d->context.hi) || (d->has_acted && !d->acted.hi))
        state_trouble(i, CONTEXT_WRONG);
    shadow_load(&d->shadow, i);
}

/* Devices, with the id that their requests carry. */
static void seats_save(const struct vtd_unit *u, struct state_out *o)
{
    state_put(o, u->seat_count, 8);
    for (size_t n = 0; n < u->seat_count; n++) {
        state_put(o, u->seats[n].bdf.v, 2);
        state_put(o, u->seats[n].dev->bdf.v, 2);
    }
}

static void seats_load(struct vtd_unit *u, struct state_in *i)
{
    uint64_t count = state_take_count(i, 4);

    for (uint64_t n = 0; n < count && !i->trouble; n++) {
        bdf_t b = bdf((uint16_t)state_take(i, 2)), requester = bdf((uint16_t)state_take(i, 2));

        if (u->seat_count && u->seats[u->seat_count - 1].bdf.v >= b.v)
            state_trouble(i, "the devices in the saved state do not ascend");
        else if (!dev_find(u, requester) ||
                 (b.v != requester.v && dev_find(u, b) && !u->policy->spaces_kept))
            state_trouble(i, "a device in the saved state has an alias that it cannot have");
        else if (!vtd_add_aliased(u, b, requester))
            state_no_memory(i);
    }
    for (size_t n = 0; n < u->dev_count; n++)
        if (!u->devs[n]->users && !u->policy->spaces_kept)
            state_trouble(i, "an address space in the saved state belongs to no device");
}

void vtd_save(const struct vtd_unit *u, struct state_out *o)
{
    state_put_tag(o, tag);
    for (unsigned n = 0; n < REG_WORDS; n++)
        state_put(o, u->reg[n], 4);
    latched_save(u, o);
    iotlb_save(&u->iotlb, o);
    state_put(o, u->dev_count, 8);
    for (size_t n = 0; n < u->dev_count; n++)
        dev_save(u->devs[n], o);
    seats_save(u, o);
}

void vtd_load(struct vtd_unit *u, struct state_in *i)
{
    uint64_t count;

    state_expect(i, tag);
    for (unsigned n = 0; n < REG_WORDS; n++)
        u->reg[n] = (uint32_t)state_take(i, 4);
    latched_load(u, i);
    iotlb_load(&u->iotlb, i);
    count = state_take_count(i, 64);
    for (uint64_t n = 0; n < count && !i->trouble; n++)
        dev_load(u, i);
    seats_load(u, i);
}
