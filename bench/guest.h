/* SPDX-License-Identifier: MIT */
/* A simulation with such tables, under the hand of who measures. */
#ifndef VTR_BENCH_GUEST_H
#define VTR_BENCH_GUEST_H

#include "bench/tables.h"
#include "checks/checks.h"
#include "engine.h"

/** Who listens: somebody whose range nothing lies in (so all is recorded, nobody told), or one of
 * these. */
enum listener { LISTEN_NONE, LISTEN_VFIO, LISTEN_VHOST };
const char *listener_name(enum listener l);

struct guest_plan {
    struct tables_plan tables;
    const char *profile;
    enum sync_strategy sync;
    enum listener listener;
    bool checks; /* watched, as `replay` does by default */
};

struct guest {
    struct tables tables;
    struct engine *engine;
    struct checks *checks;
    uint64_t type1_calls; /* callbacks for which vfio asked its container: a call each */
    uint64_t tail;        /* of the queue */
    uint8_t *moved;       /* a bit for each mapping: it has its other target */
};

#define GUEST_DID 5u

/** Descriptors: `lo`, and `hi` for a PSI. */
#define DESC_GLOBAL  UINT64_C(0xd2)
#define DESC_DOMAIN  (UINT64_C(0xe2) | (uint64_t)GUEST_DID << 16)
#define DESC_PAGES   (UINT64_C(0xf2) | (uint64_t)GUEST_DID << 16)
#define DESC_CONTEXT UINT64_C(0x11)

/** Translating, with the tables in memory but hidden: nothing is mapped. 0, or a negative errno
 * with a sentence; then nothing is left behind. */
int guest_begin(struct guest *g, const struct guest_plan *p, struct err *e);
void guest_end(struct guest *g);

/** The top table's words are there, or zeros. No invalidation. */
int guest_show(struct guest *g, bool shown, struct err *e);
/** The context entry is present, or not. No invalidation. */
int guest_context(struct guest *g, bool present, struct err *e);
/** Mapping `i` gets the one of its two targets that it has not. No invalidation. */
int guest_change(struct guest *g, uint64_t i, struct err *e);
/** One descriptor at the tail, not yet seen by the unit; and the tail written: it is executed. */
int guest_put(struct guest *g, uint64_t lo, uint64_t hi, struct err *e);
int guest_ring(struct guest *g, struct err *e);

#endif
