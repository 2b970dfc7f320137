/* SPDX-License-Identifier: MIT */
/*
 * A consumer of notifications: joins a device's region, receives events, asks its side (a
 * container, a backend), and answers with a value. It knows the notifier core and nothing of the
 * unit; the core knows no consumer. Each kind is one file and one row of operations.
 */
#ifndef VTR_CONSUMER_H
#define VTR_CONSUMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/apart.h"
#include "base/err.h"
#include "base/rangemap.h"
#include "base/state.h"
#include "consumers/type1_kernel.h"
#include "guest_mem.h"
#include "notifier.h"
#include "trace/record.h"

struct consumer;

struct consumer_ops {
    /* Start listening; the device may be translated or not. */
    void (*join)(struct consumer *c);
    /* Stop: nothing is received afterwards. May run inside a callback of its own. */
    void (*leave)(struct consumer *c);
    /* What its side holds at `at`, or false. */
    bool (*held)(const struct consumer *c, iova_t at, struct range_entry *out);
    void (*free)(struct consumer *c);
    /* Its notifier number `index`, from 0, registered or not; NULL beyond the last. */
    struct notifier *(*notifier)(struct consumer *c, unsigned index);
    /*
     * Saved state, between records. Saved for every kind: struct consumer, and of each notifier
     * its flags, its range and its place in its region's list. Containers are saved by who owns
     * them. All else that the kind keeps is its own to save, in any fixed form: whether it listens
     * to its region, what it holds, what is pending. `load` runs on a consumer just made, which
     * never joined: it takes what `save` put, exactly, and shows, registers, replays and asks
     * nothing. It does link its listener again (region_listen) when that was linked: consumers are
     * loaded in the order of joining, which is the order of listeners. A `gone` consumer has no
     * region to listen to. Numbers that index or divide are checked (state_trouble). NULL: nothing.
     */
    void (*save)(const struct consumer *c, struct state_out *o);
    void (*load)(struct consumer *c, struct state_in *i);
    /* A `pin` or `unpin` record: pages of 4 KiB from `at`. NULL: the kind pins nothing. */
    void (*pin)(struct consumer *c, iova_t at, uint64_t pages, bool unpin);
    /* Its device is about to access `at`. NULL: nothing to do then. */
    void (*accesses)(struct consumer *c, iova_t at, bool write);
};

/** What the trace's `fail` records (or a test) make a consumer's side refuse. */
struct consumer_fail {
    uint64_t count; /* calls still to be refused */
    int error;      /* positive errno */
};

/**
 * A test mode: over all consumers of a simulation, call number `nth` of that kind is refused.
 * Shared by them, owned by who runs the simulation.
 */
struct fail_nth {
    enum fail_op op;
    uint64_t nth;   /* from 1; 0: none is */
    int error;      /* positive errno */
    uint64_t calls; /* seen so far */
    bool done;      /* it was reached */
};

/** What every kind has. The first member of each kind's own struct. */
struct consumer {
    const struct consumer_ops *ops;
    struct attach_rec how; /* name, kind, device, keys: defaults filled in */
    struct notify_region *region;
    struct funnel *funnel;
    const struct guest_mem *mem;
    struct fate *fate;
    uint64_t callbacks;            /* received through its notifiers */
    struct consumer_fail fails[3]; /* by enum fail_op */
    struct fail_nth *fail_nth;     /* NULL: none */
    bool gone;
};

/** What a consumer is made of. `container` is used by kinds that have one; it is shared, not owned.
 */
struct consumer_setup {
    const struct attach_rec *how; /* defaults filled in (consumer_defaults) */
    struct notify_region *region;
    struct funnel *funnel;
    const struct guest_mem *mem;
    struct fate *fate;
    struct type1_kernel *container;
    struct fail_nth *fail_nth; /* NULL, or shared by all */
};

/** Fill in what an attach record does not say: flags, range, aperture, type1, limit. */
void consumer_defaults(struct attach_rec *a, uint64_t dma_limit);

/** True when consumers of that kind have a container. */
bool consumer_has_container(enum consumer_kind k);

/** Make one that has not joined yet. 0, or -ENOMEM with a sentence. The caller frees it. */
int consumer_new(const struct consumer_setup *s, struct consumer **out, struct err *e);

/** Show OBS_CONSUMER and start. */
void consumer_join(struct consumer *c);

/** Leave, unless gone already, and show OBS_CONSUMER. */
void consumer_leave(struct consumer *c);

/** The id that the requests of its device carry: its alias, else its own. */
static inline bdf_t consumer_requester(const struct consumer *c)
{
    return c->region ? c->region->bdf : c->how.bdf;
}

/** What the consumer is, as OBS_CONSUMER says it. */
struct obs consumer_shown(const struct consumer *c, bool joined);

void consumer_free(struct consumer *c);

/** Number, stamp and show what was received or done; for the kinds' own use. */
void consumer_note(struct consumer *c, enum note_via via, const struct iommu_event *e, bool asked,
                   int result, const char *why);

/** Count a callback; true when the consumer is to leave inside this one (leave=N). */
bool consumer_counts_out(struct consumer *c);

/** The next `count` calls of that kind are refused with `error`. */
void consumer_fail(struct consumer *c, enum fail_op op, int error, uint64_t count);

/** consumer_refuses where there is an answer: by `fail_nth` (`nth`), or as consumer_fail said. */
RARELY int consumer_refusal(struct consumer *c, enum fail_op op, bool nth);

/**
 * Ask before each map, unmap or allocation of the consumer's side, exactly once: 0, or the negative
 * errno with which it must be refused, without effect.
 */
static inline int consumer_refuses(struct consumer *c, enum fail_op op)
{
    struct fail_nth *f = c->fail_nth;
    bool nth = f && f->op == op && ++f->calls == f->nth;

    return nth || c->fails[op].count ? consumer_refusal(c, op, nth) : 0;
}

/** An attach record as bytes, and back. */
void attach_save(const struct attach_rec *a, struct state_out *o);
void attach_load(struct attach_rec *a, struct state_in *i);

/** All of a consumer but how it was attached, as bytes; and back into one that was made alike and
 * has not joined. */
void consumer_save(const struct consumer *c, struct state_out *o);
void consumer_load(struct consumer *c, struct state_in *i);

/* The kinds. */
struct consumer *vfio_new(const struct consumer_setup *s);
struct consumer *mdev_new(const struct consumer_setup *s);
struct consumer *probe_new(const struct consumer_setup *s);
struct consumer *vhost_new(const struct consumer_setup *s);

#endif
