/* SPDX-License-Identifier: MIT */
/* Who is attached and registered: consumers, devices, REG-REFUSE and REG-FLAGS. */
#include "checks/internal.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct checks *c, const char *name, bool *found)
{
    size_t lo = 0, hi = c->persons;

    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(c->people[mid]->name, name);

        if (!order) {
            *found = true;
            return mid;
        }
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool more_people(struct checks *c)
{
    size_t room = c->persons_room ? c->persons_room * 2 : 8;
    struct person **people;

    if (c->persons < c->persons_room)
        return true;
    people = realloc(c->people, room * sizeof *people);
    if (!people)
        return false;
    c->people = people;
    c->persons_room = room;
    return true;
}

/* The person of that name, made when first heard of. NULL: out of memory. */
static struct person *person_of(struct checks *c, const char *name)
{
    bool found;
    size_t at;
    struct person *p;

    if (c->last_person && !strcmp(c->last_person->name, name))
        return c->last_person;
    at = place_of(c, name, &found);
    if (found)
        return c->last_person = c->people[at];
    p = calloc(1, sizeof *p);
    if (!p || !more_people(c)) {
        free(p);
        c->failed = true;
        return NULL;
    }
    strncpy(p->name, name, sizeof p->name - 1);
    memmove(&c->people[at + 1], &c->people[at], (c->persons - at) * sizeof *c->people);
    c->people[at] = p;
    c->persons++;
    return c->last_person = p;
}

struct person *chk_person_look(struct checks *c, const char *name)
{
    struct person *p = person_of(c, name ? name : "");

    if (p)
        *chk_named(c, name) = (struct named){name, c->record, p};
    return p;
}

static void forget(struct person *p)
{
    spans_free(&p->told);
    dirty_free(&p->dirty);
    spans_free(&p->known);
    spans_free(&p->refused);
    spans_free(&p->taken);
    p->tooks = 0;
    spans_free(&p->owed_map);
    spans_free(&p->owed_unmap);
    p->owes = false;
    spans_free(&p->refused_now[0]);
    spans_free(&p->refused_now[1]);
    p->top = 0;
    p->top_valid = p->replaying = false;
    chk_misses_forget(p);
}

void chk_people_free(struct checks *c)
{
    for (size_t i = 0; i < c->persons; i++) {
        forget(c->people[i]);
        free(c->people[i]);
    }
    free(c->people);
    for (size_t i = 0; i < c->device_count; i++)
        spans_free(&c->devices[i].reached);
    free(c->devices);
    free(c->aliases);
}

/* `bdf`: the id that requests carry. */
struct device_state *chk_device_look(struct checks *c, bdf_t bdf, bool make)
{
    size_t lo = 0, hi = c->device_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->devices[mid].bdf.v == bdf.v)
            return &c->devices[c->last_device = mid];
        if (c->devices[mid].bdf.v < bdf.v)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!make)
        return NULL;
    if (c->device_count == c->device_room) {
        size_t room = c->device_room ? c->device_room * 2 : 8;
        struct device_state *devices = realloc(c->devices, room * sizeof *devices);

        if (!devices) {
            c->failed = true;
            return NULL;
        }
        c->devices = devices;
        c->device_room = room;
    }
    memmove(&c->devices[lo + 1], &c->devices[lo], (c->device_count - lo) * sizeof *c->devices);
    c->devices[lo] = (struct device_state){.bdf = bdf};
    c->device_count++;
    return &c->devices[lo];
}

bool chk_held_look(const struct checks *c, struct person *p, uint64_t at, struct held_xlat *out)
{
    const struct check_world *w = &c->cfg.world;

    if (!w->side || !w->side_held)
        return w->held(w->sim, p->name, iova(at), out);
    p->side = w->side(w->sim, p->name);
    return p->side && w->side_held(w->sim, p->side, iova(at), out);
}

static void add_up(struct person *p)
{
    p->registered = 0;
    p->wide_flags = 0;
    for (unsigned i = 0; i < p->regs; i++)
        p->registered |= p->reg[i].flags;
}

void chk_consumer(struct checks *c, const struct obs *o)
{
    struct person *p = chk_person_look(c, o->u.consumer.name);

    memset(c->named, 0, sizeof c->named); /* who leaves may give way to another at the same place */

    if (!p)
        return;
    c->flags_moved = true;
    p->side = NULL;
    p->joined = o->u.consumer.joined;
    p->regs = 0;
    p->wide_flags = 0;
    p->registered = 0;
    p->regs_lost = false;
    if (!p->joined) {
        p->left_record = o->record;
        forget(p);
        return;
    }
    p->bdf = chk_requester(c, o->u.consumer.bdf);
    p->kind = o->u.consumer.kind;
    c->some_vhost |= p->kind == CONSUMER_VHOST;
    p->on_demand = o->u.consumer.on_demand;
    p->flags = o->u.consumer.flags;
    p->range = o->u.consumer.range;
    p->fail_unmaps = 0;
    chk_device(c, p->bdf, true);
}

/* What must be refused, as a sentence's end; NULL when the unit can supply it. */
static const char *must_refuse(const struct checks *c, uint32_t flags, struct iova_range r)
{
    if (!flags)
        return "asks for no kind";
    if (r.first.v > r.last.v)
        return "has an inverted range";
    if (flags & ~NOTIFY_ALL)
        return "asks for a kind that does not exist";
    if ((flags & NOTIFY_MAP) && !c->cfg.caching_mode)
        return "asks for MAP, which a unit without caching mode cannot supply";
    if ((flags & NOTIFY_FINER) && !c->cfg.caching_mode)
        return "asks for rights that come and go, which a unit without caching mode cannot supply";
    if ((flags & NOTIFY_DEVTLB) && !c->arch.device_tlb)
        return "asks for device-TLB invalidations, which a unit without device-TLBs cannot supply";
    return NULL;
}

void chk_register(struct checks *c, const struct obs *o)
{
    struct person *p = chk_person(c, o->u.reg.consumer);
    struct iova_range r = o->u.reg.range;
    const char *why = must_refuse(c, o->u.reg.flags, r);

    if (!p || o->u.reg.result < 0)
        return;
    c->flags_moved = true;
    if (why)
        chk_find(
            c, REG_REFUSE, &(struct where){p, true, r, o->record},
            "The registration of %s for [0x%llx, 0x%llx] should have been refused, because it %s; "
            "however it was accepted.",
            p->name, (unsigned long long)r.first.v, (unsigned long long)r.last.v, why);
    p->bdf = o->u.reg.bdf;
    if (p->regs == REGISTRATIONS_MAX) {
        p->regs_lost = true;
        return;
    }
    p->reg[p->regs++] = (struct registration){r, o->u.reg.flags};
    add_up(p);
    if (!dirty_add(&p->dirty, 0, UINT64_MAX))
        c->failed = true;
}

void chk_unregister(struct checks *c, const struct obs *o)
{
    struct person *p = chk_person(c, o->u.reg.consumer);

    if (!p)
        return;
    for (unsigned i = 0; i < p->regs; i++) {
        if (p->reg[i].range.first.v != o->u.reg.range.first.v ||
            p->reg[i].range.last.v != o->u.reg.range.last.v)
            continue;
        memmove(&p->reg[i], &p->reg[i + 1], (p->regs - i - 1) * sizeof *p->reg);
        p->regs--;
        add_up(p);
        break;
    }
    chk_converge_left(c, p, o->u.reg.range);
    c->flags_moved = true;
    p->left_record = o->record;
}

void chk_flags(struct checks *c, const struct obs *o)
{
    struct device_state *d = chk_device(c, o->u.flags.bdf, true);
    uint32_t old = o->u.flags.old_flags, new = o->u.flags.new_flags;

    c->flags_moved = true;
    if (!d)
        return;
    if (old == new)
        chk_find(c, REG_FLAGS, &(struct where){.cause = o->record},
                 "The unit was told that the union of flags of device %02x:%02x.%x changed, but "
                 "old and new "
                 "are both 0x%x.",
                 d->bdf.v >> 8, d->bdf.v >> 3 & 31, d->bdf.v & 7, (unsigned)new);
    else if (old != d->told_flags)
        chk_find(c, REG_FLAGS, &(struct where){.cause = o->record},
                 "The unit was told that the union of flags of device %02x:%02x.%x was 0x%x, but "
                 "what it was "
                 "told before is 0x%x.",
                 d->bdf.v >> 8, d->bdf.v >> 3 & 31, d->bdf.v & 7, (unsigned)old,
                 (unsigned)d->told_flags);
    if (o->u.flags.result >= 0)
        d->told_flags = new;
}

/* At the end of a record the union of what is registered and what the unit was told are the same.
 * Who ended in the middle of it owes nothing. */
void chk_flags_settled(struct checks *c)
{
    if (!c->flags_moved || c->aborted)
        return;
    c->flags_moved = false;
    for (size_t i = 0; i < c->device_count; i++) {
        struct device_state *d = &c->devices[i];
        uint32_t all = 0;
        bool sure = true;

        for (size_t k = 0; k < c->persons; k++) {
            const struct person *p = c->people[k];

            sure &= !p->regs_lost;
            for (unsigned n = 0; p->bdf.v == d->bdf.v && n < p->regs; n++)
                all |= p->reg[n].flags;
        }
        if (sure && all != d->told_flags) {
            chk_find(c, REG_FLAGS, &(struct where){.cause = c->record},
                     "The notifiers of device %02x:%02x.%x now ask for 0x%x, but the last union "
                     "the unit was "
                     "told is 0x%x.",
                     d->bdf.v >> 8, d->bdf.v >> 3 & 31, d->bdf.v & 7, (unsigned)all,
                     (unsigned)d->told_flags);
            d->told_flags = all;
        }
    }
}
