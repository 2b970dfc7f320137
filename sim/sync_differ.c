/* SPDX-License-Identifier: MIT */
/* The differ: slots against the record of what was notified. */
#include "sync_differ.h"

#include <errno.h>

#include "base/apart.h"
#include "policy_fields.h"
#include "sync_finer.h"

void differ_tell(struct differ *d, const struct iommu_event *e)
{
    if (fate_ended(d->t->fate))
        return;
    if (d->only)
        notify_one(d->only, e);
    else if (d->t->policy->unmap_only_apart)
        notify_those(d->t->region, e, NOTIFY_MAP);
    else
        notify_all(d->t->region, e);
}

static void tell_unmap(struct differ *d, struct iova_range r)
{
    struct iommu_event e = event_unmap(r);

    if (d->t->policy->unmap_keeps_rights)
        e.perm = PERM_RW;
    differ_tell(d, &e);
}

static struct iova_range slot_range(const struct slot *s)
{
    return iova_range(s->at.v, s->at.v | level_mask(s->level));
}

/* Forget what overlaps the slot. */
static void forget(struct differ *d, const struct slot *s)
{
    struct iova_range r = slot_range(s);

    d->t->counts->shadow_lookups++;
    if (s->level > 1 || !shadow_take_page(d->t->shadow, s->at))
        shadow_drop_runs(d->t->shadow, r, NULL, NULL);
}

RARELY static void not_remembered(struct differ *d, int error)
{
    if (error == -E2BIG)
        fate_unsupported(d->t->fate,
                         "the tables of a device map more than 2^24 pages, or need more "
                         "than 2 GiB to be remembered");
    else
        fate_no_memory(d->t->fate);
}

static void remember(struct differ *d, const struct slot *s, uint64_t leaf)
{
    int error = s->level == 1 ? shadow_set_page(d->t->shadow, s->at, leaf)
                              : shadow_set(d->t->shadow, s->at, s->level, leaf);

    d->t->counts->shadow_lookups++;
    if (error)
        not_remembered(d, error);
    else
        d->sets++;
}

static void tell_map(struct differ *d, const struct slot *s)
{
    struct iommu_event e = event_map(slot_range(s), s->gpa, s->perm);

    differ_tell(d, &e);
}

/*
 * As QEMU does it: one slot, one or two events, everything overlapping forgotten (9.2.3). Where
 * unchanged entries are told again and a change in place is a bare MAP, the record decides nothing;
 * it is kept for its end alone (SHADOW_LEAVES_MAX), which is also that of what consumers hold.
 */
APART static void differ_slot_direct(struct differ *d, const struct slot *s, enum shadow_meet meet)
{
    const struct policy *p = d->t->policy;
    uint64_t leaf = shadow_leaf(s->gpa, s->perm);

    if (s->kind == SLOT_HOLE) {
        if (d->only || (meet == MEET_NONE && !p->tells_unchanged))
            return;
        if (p->skips_nonleaf_holes && !s->last)
            return;
        forget(d, s);
        tell_unmap(d, slot_range(s));
        return;
    }
    if (meet == MEET_SAME) {
        if (p->tells_unchanged)
            tell_map(d, s);
        return;
    }
    if (meet != MEET_NONE) {
        if (!p->inplace_bare_map)
            tell_unmap(d, slot_range(s));
        forget(d, s);
    }
    remember(d, s, leaf);
    tell_map(d, s);
}

void differ_flush(struct differ *d)
{
    if (d->has_run)
        tell_unmap(d, d->run);
    d->has_run = false;
}

/* Those who asked for finer kinds hear of the rights that go; a leaf in its place is remembered. */
APART static void removed_finer(struct differ *d, struct iova_range r, uint64_t leaf)
{
    struct range_entry old = {r, shadow_leaf_gpa(leaf), shadow_leaf_perm(leaf)};

    sync_finer_unmap(d->t, r, leaf, d->becomes);
    if (d->becomes && rangemap_insert(&d->replaced, &old))
        fate_no_memory(d->t->fate);
}

/* Those who asked for finer kinds hear of the rights that come. */
void differ_added(struct differ *d, struct iova_range r, uint64_t leaf)
{
    const struct range_entry *old = rangemap_at(&d->replaced, r.first);

    sync_finer_map(d->t, d->only, r, old ? shadow_leaf(old->gpa, old->perm) : 0, leaf);
}

/* Leaves go: append them to the run of removals, or start a new one. */
static void removed(void *arg, struct iova_range r)
{
    struct differ *d = arg;

    if (d->has_run && d->run.last.v + 1 == r.first.v) {
        d->run.last = r.last;
        return;
    }
    differ_flush(d);
    d->run = r;
    d->has_run = true;
}

static void removed_leaf(void *arg, struct iova_range r, uint64_t leaf)
{
    removed_finer(arg, r, leaf);
    removed(arg, r);
}

/* Forget what overlaps; it is to be told. */
void differ_drop(struct differ *d, struct iova_range r)
{
    d->t->counts->shadow_lookups++;
    if (differ_finer(d))
        shadow_drop(d->t->shadow, r, removed_leaf, d);
    else
        shadow_drop_runs(d->t->shadow, r, removed, d);
}

/* The page goes, and it is to be told. */
static void drop_page(struct differ *d, struct iova_range r)
{
    uint64_t leaf = shadow_take_page(d->t->shadow, r.first);

    if (!leaf) {
        differ_drop(d, r);
        return;
    }
    d->taken = d->t->shadow->changes;
    d->t->counts->shadow_lookups++;
    if (differ_finer(d))
        removed_finer(d, r, leaf);
    removed(d, r);
}

/* Second pass: a leaf where nothing is remembered. */
static void add(struct differ *d, const struct slot *s, uint64_t leaf)
{
    remember(d, s, leaf);
    tell_map(d, s);
    if (differ_finer(d))
        differ_added(d, slot_range(s), leaf);
}

/* A larger leaf is remembered around the slot: it goes whole, and what else lies there comes again.
 */
APART static void drop_around(struct differ *d, struct iova_range around)
{
    if (around.first.v < d->extent.first.v)
        d->extent.first = around.first;
    if (around.last.v > d->extent.last.v)
        d->extent.last = around.last;
    d->adds_waiting = true;
    differ_drop(d, around);
}

/* As architected: first every removal, whole and merged; then, in a second pass, the additions. */
static void differ_slot_merged(struct differ *d, const struct slot *s, enum shadow_meet meet,
                               struct iova_range around)
{
    const struct policy *p = d->t->policy;
    uint64_t leaf = shadow_leaf(s->gpa, s->perm);

    if (s->kind == SLOT_LEAF && meet == MEET_SAME) {
        if (p->tells_unchanged && !d->additions)
            tell_map(d, s);
        return;
    }
    if (p->skips_nonleaf_holes && s->kind == SLOT_HOLE && !s->last)
        return;
    if (d->additions) {
        if (s->kind == SLOT_LEAF && meet == MEET_NONE)
            add(d, s, leaf);
        return;
    }
    d->becomes = meet == MEET_OTHER && s->kind == SLOT_LEAF ? leaf : 0;
    if (meet == MEET_OTHER && s->level == 1)
        drop_page(d, slot_range(s));
    else if (meet == MEET_LARGER)
        drop_around(d, around);
    else if (meet != MEET_NONE)
        differ_drop(d, slot_range(s));
    d->adds_waiting |= s->kind == SLOT_LEAF;
}

static enum shadow_meet differ_meet(struct differ *d, const struct slot *s,
                                    struct iova_range *around)
{
    d->t->counts->shadow_lookups++;
    return shadow_meet(d->t->shadow, s->at, s->level,
                       s->kind == SLOT_LEAF ? shadow_leaf(s->gpa, s->perm) : 0, around);
}

static void differ_met(struct differ *d, const struct slot *s, enum shadow_meet meet,
                       struct iova_range around)
{
    d->t->counts->slots_compared++;
    if (d->t->policy->removals_merged)
        differ_slot_merged(d, s, meet, around);
    else
        differ_slot_direct(d, s, meet);
}

/* An entry that is refused maps nothing: a hole, unless what it mapped is kept. */
APART static void differ_refused(struct differ *d, const struct slot *s)
{
    struct iova_range around = {{0}, {0}};
    struct slot seen = *s;

    seen.kind = SLOT_HOLE;
    if (d->t->policy->malformed_frozen) {
        d->t->counts->slots_compared++;
        d->t->counts->shadow_lookups++;
    } else {
        differ_met(d, &seen, differ_meet(d, &seen, &around), around);
    }
}

static void differ_slot(void *arg, const struct slot *s)
{
    struct differ *d = arg;
    struct iova_range around = {{0}, {0}};

    if (s->kind == SLOT_REFUSED)
        differ_refused(d, s);
    else
        differ_met(d, s, differ_meet(d, s, &around), around);
}

/* What is as remembered is nothing to tell. */
static void differ_only(void *arg, const struct slot *s)
{
    struct differ *d = arg;
    struct iova_range around = {{0}, {0}};
    enum shadow_meet meet;

    if (s->kind == SLOT_REFUSED) {
        differ_refused(d, s);
        return;
    }
    meet = differ_meet(d, s, &around);
    if (meet != (s->kind == SLOT_LEAF ? MEET_SAME : MEET_NONE))
        differ_met(d, s, meet, around);
}

void differ_add_one(struct differ *d, const struct slot_sink *sink, const struct slot *s)
{
    if (s->kind != SLOT_LEAF || !d->taken || d->taken != d->t->shadow->changes) {
        sink->only(d, s);
        return;
    }
    d->t->counts->shadow_lookups++; /* nothing is remembered there: the first pass took it */
    d->t->counts->slots_compared++;
    add(d, s, shadow_leaf(s->gpa, s->perm));
}

/* Nothing need be shown of a table that is as remembered, unless a larger leaf is remembered around
 * it. */
static bool differ_known(void *arg, iova_t at, unsigned level, struct shadow_table *known)
{
    struct differ *d = arg;

    d->t->counts->shadow_lookups++;
    d->sets = 0;
    return shadow_table_at(d->t->shadow, at, level, known);
}

/* From which level on a hole is passed over by differ_slot_direct, whatever is remembered. */
static unsigned holes_idle_from(const struct differ *d)
{
    const struct policy *p = d->t->policy;

    if (p->removals_merged)
        return 0;
    return d->only ? 1 : p->skips_nonleaf_holes ? 2 : 0;
}

/* Where nothing was remembered, what was set since lies in this table, and behind the walk. */
static inline bool differ_still(void *arg, iova_t at, unsigned level, struct shadow_table *known)
{
    struct differ *d = arg;
    const struct shadow *s = d->t->shadow;

    if (known->nothing && level == 1 && s->changes == known->changes + d->sets)
        return true;
    return shadow_table_still(s, known) || differ_known(d, at, level, known);
}

static bool differ_beside(void *arg, const struct slot *s, struct shadow_table *known)
{
    static const struct iova_range nowhere = {{0}, {0}};
    struct differ *d = arg;
    uint64_t remembered = 0;
    enum shadow_meet meet = MEET_NONE;

    if (!known->nothing)
        remembered = shadow_table_slot(known, level_index(s->at, 1));
    if (s->kind == SLOT_LEAF && !remembered && d->additions && d->t->policy->removals_merged) {
        d->t->counts->slots_compared++;
        add(d, s, shadow_leaf(s->gpa, s->perm));
        return differ_still(d, s->at, 1, known);
    }
    if (remembered)
        meet = s->kind == SLOT_LEAF && remembered == shadow_leaf(s->gpa, s->perm) ? MEET_SAME
                                                                                  : MEET_OTHER;
    if (s->kind == SLOT_REFUSED)
        differ_refused(d, s);
    else
        differ_met(d, s, meet, nowhere);
    return differ_still(d, s->at, 1, known);
}

/* First pass: nothing remembered is nothing to take away. Each entry is still a slot that was
 * compared, with a look at the record for it and one more at its table. */
static void differ_fresh(void *arg, unsigned entries, unsigned leaves)
{
    struct differ *d = arg;

    d->t->counts->slots_compared += entries;
    d->t->counts->shadow_lookups += 2 * (uint64_t)entries;
    d->adds_waiting |= leaves > 0;
}

/* How a walk shows what it finds. `place` is kept from one enumeration to the next. */
struct slot_sink differ_sink(struct differ *d, struct sync_place *place)
{
    bool all = d->t->policy->tells_unchanged;

    place->level = 0;
    return (struct slot_sink){.slot = differ_slot,
                              .beside = differ_beside,
                              .only = all ? differ_slot : differ_only,
                              .known = all ? NULL : differ_known,
                              .still = differ_still,
                              .fresh = d->t->policy->removals_merged && !d->additions ? differ_fresh
                                                                                      : NULL,
                              .arg = d,
                              .counts = d->t->counts,
                              .fate = d->t->fate,
                              .visits = d->only ? NULL : d->t->visits,
                              .holes_idle_from = holes_idle_from(d),
                              .place = place};
}
