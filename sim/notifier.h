/* SPDX-License-Identifier: MIT */
/*
 * The notifier core: one region for each device's translated address space, notifiers with kinds
 * and ranges on it, and listeners that are told when the device changes between translated and not.
 * It knows no remapping unit and no consumer by name. (Seeds 000-004; today's rules: museum 1.2.)
 *
 * Rules that cannot be got wrong:
 *   - registration can fail: an empty kind set, an inverted range, kinds that the unit cannot
 *     supply are refused with an error value and a sentence, and nothing has changed then;
 *   - an event is made by event_map or event_unmap: an UNMAP with rights cannot be said;
 *   - a callback may unregister its own notifier, or all notifiers of its consumer.
 */
#ifndef VTR_NOTIFIER_H
#define VTR_NOTIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/apart.h"
#include "base/err.h"
#include "base/state.h"
#include "fate.h"
#include "observe.h"
#include "policy.h"
#include "trace/record.h" /* NOTIFY_UNMAP, NOTIFY_MAP, NOTIFY_DEVTLB */

/** What happened to a range of IOVA. Make it with the functions below. */
struct iommu_event {
    enum note_type type;
    struct iova_range range;
    gpa_t gpa;       /* MAP: target of range.first */
    enum perm perm;  /* MAP: not PERM_NONE; else PERM_NONE */
    uint64_t seq;    /* 1, 2, ... over all that its notifier was told since it registered */
    uint64_t number; /* of the delivery, given by the core; 0: not handed out */
};

static inline struct iommu_event event_map(struct iova_range r, gpa_t target, enum perm p)
{
    return (struct iommu_event){.type = NOTE_MAP, .range = r, .gpa = target, .perm = p};
}

static inline struct iommu_event event_unmap(struct iova_range r)
{
    return (struct iommu_event){.type = NOTE_UNMAP, .range = r};
}

static inline struct iommu_event event_devtlb(struct iova_range r)
{
    return (struct iommu_event){.type = NOTE_DEVTLB, .range = r};
}

/** The end of an invalidation: each receiver gets its own whole range. */
static inline struct iommu_event event_sync(void)
{
    return (struct iommu_event){.type = NOTE_SYNC, .range = {{0}, {UINT64_MAX}}};
}

struct notify_region;
struct owed; /* notifier_owed.h */

/** What a callback answers when its side was not asked (no RAM, ...): neither taken nor refused. */
#define NOTIFY_NOT_ASKED 1

struct notifier {
    const char *owner;       /* consumer's name, for observers */
    void *owner_data;        /* the consumer's own, for its callback */
    uint32_t flags;          /* NOTIFY_* it asks for */
    struct iova_range range; /* what it asks for */
    bool assigned;           /* backs an assigned device: host mappings follow it */
    /* Called for each event that meets flags and range. Returns what its side answered, 0 or a
     * negative errno; or NOTIFY_NOT_ASKED. The event is the core's: when the callback has returned
     * it says something else (ENTRY_DEAD), and must not be looked at. */
    int (*notify)(struct notifier *n, const struct iommu_event *e);
    /* May be NULL. An event at `at` is likely next: what it will need is brought near. Changes
     * nothing. */
    void (*expect)(const struct notifier *n, iova_t at);

    /* Private to the core. */
    bool registered;
    struct notify_region *region; /* where it is linked */
    struct notifier *next;
    struct owed *owed;  /* what its side refused and was not yet asked again; NULL: nothing ever */
    uint64_t delivered; /* events told since it registered */
};

/** What the owner of a region (a remapping unit) answers for. */
struct region_ops {
    /* The union of flags is about to change because of `n`. 0, or a negative errno with a sentence:
     * refused. */
    int (*flags_changed)(void *owner, struct notify_region *r, uint32_t old_flags,
                         uint32_t new_flags, const struct notifier *n, struct err *e);
    /* Tell `n`, and only it, every mapping that exists now (with notify_one). */
    void (*replay)(void *owner, struct notify_region *r, struct notifier *n);
};

/** Told when the device of a region becomes translated or stops being so. */
struct region_listener {
    void (*switched)(struct region_listener *l, bool translated);
    struct region_listener *next; /* private */
};

/** One delivery under way, on the stack of notify_each. Private. */
struct notify_visit {
    struct notifier *next; /* to be called next */
    struct notify_visit *outer;
};

/** Entries handed to callbacks live in slots of the region, used in turn, so that who keeps a
 * pointer finds what is dead there and not the stack of somebody else. */
#define ENTRY_SLOTS 8u
#define ENTRY_DEAD  UINT64_MAX /* number of an entry whose callback has returned */

/** What an entry says when its callback has returned. */
static inline struct iommu_event event_dead(void)
{
    return (struct iommu_event){
        .type = NOTE_UNMAP,
        .range = iova_range(UINT64_C(0xdead000000000000), UINT64_C(0xdead000000000fff)),
        .gpa = gpa(UINT64_C(0xdead000000000000)),
        .number = ENTRY_DEAD};
}

/** The same of an entry that lived, word by word (notifier_deliver.c says why). */
static inline void event_dies(struct iommu_event *e)
{
    e->type = NOTE_UNMAP;
    e->range.first = iova(UINT64_C(0xdead000000000000));
    e->range.last = iova(UINT64_C(0xdead000000000fff));
    e->gpa = gpa(UINT64_C(0xdead000000000000));
    e->perm = PERM_NONE;
    e->seq = 0;
    e->number = ENTRY_DEAD;
}

struct notify_region {
    bdf_t bdf;
    bool translated;
    uint32_t flags;        /* union over the notifiers */
    struct notifier *head; /* newest first */

    /* Private. */
    const struct region_ops *ops;
    void *owner;
    const struct policy *policy;
    struct funnel *funnel;
    struct fate *fate;
    struct region_listener *listeners;
    struct notify_visit *visits; /* deliveries under way, the innermost first */
    struct iommu_event entry[ENTRY_SLOTS];
    unsigned entry_next;
    struct owed *owed; /* of all its notifiers; owned. NULL: nobody refused anything */
};

/** Prepare a region: not translated, nobody registered. All pointers must outlive it. */
void notify_region_init(struct notify_region *r, bdf_t device, const struct region_ops *ops,
                        void *owner, const struct policy *p, struct funnel *f, struct fate *fate);

/** Free what the region remembers of refusals. Nobody may be told anything afterwards. */
void notify_region_clear(struct notify_region *r);

/**
 * Register `n` (owner, flags, range, notify filled in) at the head of the list. Refused with
 * -EINVAL: no kind, unknown kind, inverted range, already registered; -ENOTSUP: kinds finer than
 * this system has; or what the unit answers (-ENOTSUP). On refusal list and flags are as before.
 * Shows OBS_FLAGS when the union changes, then OBS_REGISTER.
 */
int notify_register(struct notify_region *r, struct notifier *n, struct err *e);

/** Take `n` off; no effect when it is not registered. May be called from its own callback. */
void notify_unregister(struct notifier *n);

static inline bool notifier_registered(const struct notifier *n)
{
    return n->registered;
}

/** Ask the unit to tell `n` all that is mapped now. `n` must be registered. */
void notify_replay(struct notifier *n);

/** Deliver to one notifier: skipped outside its range, cut at its border, filtered by kind. */
int notify_one(struct notifier *n, const struct iommu_event *e);

/** An event at `at` is likely next: those whose range holds it may bring near what they will need.
 */
void notify_expect(const struct notify_region *r, iova_t at);

/** Deliver to all notifiers of the region, newest first. Returns the first refusal, or 0. */
int notify_all(struct notify_region *r, const struct iommu_event *e);

/** Deliver to those that ask for any of `kinds` (NOTIFY_*), newest first. */
void notify_those(struct notify_region *r, const struct iommu_event *e, uint32_t kinds);

/**
 * Call `visit` for each notifier of the region, newest first. Whatever registers or unregisters
 * meanwhile, each notifier that stays is visited once. Ends early when the run has ended (fate).
 */
APART void notify_each(struct notify_region *r, void (*visit)(void *arg, struct notifier *n),
                       void *arg);

/**
 * Saved state. A region is saved without its notifiers, which the consumers own: they are linked
 * again one by one, newest first, by notify_relink, which tells nobody. `registered` is false for
 * one that a quirk left linked.
 */
void notify_region_save(const struct notify_region *r, struct state_out *o);
void notify_region_load(struct notify_region *r, struct state_in *i);
void notify_relink(struct notify_region *r, struct notifier *n, bool registered);

/** Add or remove a listener; add does not call it. */
void region_listen(struct notify_region *r, struct region_listener *l);
void region_unlisten(struct notify_region *r, struct region_listener *l);

/** The device is translated from now on, or not: shows OBS_SWITCH and tells the listeners. No
 * effect without change. */
void region_switch(struct notify_region *r, bool translated);

#endif
