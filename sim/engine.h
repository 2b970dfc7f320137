/* SPDX-License-Identifier: MIT */
/*
 * The replay engine: owns one simulation (guest memory, unit, devices, consumers), obeys one
 * record after another, and shows what happens to its observers. The only part that knows both
 * the trace and the simulation. No clock, no files, no globals: same records, same observations.
 */
#ifndef VTR_ENGINE_H
#define VTR_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/state.h"
#include "checks/checks.h"
#include "observe.h"
#include "policy.h"
#include "trace/record.h"

/** How an invalidation becomes notifications (contract, section 5). */
enum sync_strategy { SYNC_WALK, SYNC_TRANSLATE, SYNC_TRANSLATE_4K, SYNC_DIRTY };

/** Test mode: the Nth map, unmap or allocation of any consumer's side is refused. */
struct engine_fail {
    enum fail_op op;
    uint64_t nth; /* from 1 */
    int error;    /* positive errno, at most 4095 */
};

struct engine_options {
    const struct policy *policy;
    enum sync_strategy sync;
    bool type1_chain;                /* type1 tells devices by a notifier chain, not a list */
    uint64_t dma_limit;              /* mappings a container may hold by default; 0: no limit */
    const struct attach_rec *attach; /* --attach: consumers from the start, record 0 */
    size_t attach_count;
    const struct engine_fail *fail; /* NULL: nothing is refused on purpose */
    struct guest_mem *mem; /* NULL: its own. Else an empty one of the caller's, to be used again
                              after guest_mem_reset when the engine is gone */
};

struct engine;

/**
 * A simulation of the header's unit, memory and devices. The header must outlive the call only.
 * Returns 0 and *out (the caller frees it), or a negative errno with a sentence: a unit that the
 * profile's system does not offer (-EINVAL), scalable mode (-ENOTSUP), no memory (-ENOMEM).
 */
int engine_new(const struct trace_header *h, const struct engine_options *o, struct engine **out,
               struct err *e);
void engine_free(struct engine *e);

/** Add an observer; only before engine_start (-EBUSY afterwards, -ENOSPC when there are too many).
 */
int engine_observe(struct engine *e, struct observer o);

/** Fill in what the checks need to know (everything but mode, judge_observed and findings_kept). */
void engine_check_config(struct engine *e, struct check_config *c);

/**
 * Ready for records; no more observers. What the header or --attach brings (record 0) joins with
 * the first record that is not `attach`, `at` or `expectations`, so that a device which the trace
 * itself gives a consumer gets no default one. 0, or -EBUSY when called twice.
 */
int engine_start(struct engine *e, struct err *err);

/**
 * Obey the next record. Returns 0; 1 when the modelled system would have ended (OBS_ABORT was
 * shown; further steps are refused); -EINVAL with a sentence for a record that makes no sense (an
 * unknown consumer, memory outside RAM); -ENOTSUP for what is not built (a guest that asks for
 * scalable mode); -ENOMEM.
 */
int engine_step(struct engine *e, const struct rec *r, struct err *err);

/** The trace is over: record 0 happens now when no record made it happen. 0 or a negative errno
 * with a sentence. */
int engine_finish(struct engine *e, struct err *err);

/**
 * Saved state (engine_state.c, docs/state-format.md): everything that decides how the simulation
 * goes on, as bytes; the same simulation gives the same bytes. Between records only: -EBUSY inside
 * one, -EINVAL when the simulation has ended or was never started, -ENOMEM (then `o` is worthless).
 */
int engine_save(const struct engine *e, struct state_out *o);

/**
 * A simulation that goes on where the saved one was, with the same header and options (the
 * strategy may be another). Nothing is registered, replayed or shown: what observers see begins
 * with the next record. The caller adds observers and calls engine_start, as after engine_new.
 * Takes all bytes that are left. Returns 0 and *out; -EINVAL with a sentence: no saved state, of
 * another version, or of another header, profile or options; -EBADMSG: damaged; -ENOMEM; and what
 * engine_new refuses.
 */
int engine_restore(const struct trace_header *h, const struct engine_options *o, struct state_in *i,
                   struct engine **out, struct err *e);

/** How far the simulation is: records taken, and notifications numbered. */
struct engine_place {
    uint64_t record, notes;
};
struct engine_place engine_place(const struct engine *e);

/** Tell `o`, and only it, who is attached now, as OBS_CONSUMER. For counting from a restored state
 * on. */
void engine_introduce(const struct engine *e, struct observer o);

/** Operations counted, beside time. */
struct engine_ops {
    uint64_t entries_read;   /* table entries looked at by synchronisation walks and translations */
    uint64_t tables_read;    /* table pages entered */
    uint64_t slots_compared; /* outcomes compared with the record of what was notified */
    uint64_t shadow_lookups; /* what that record was asked, or told */
    uint64_t callbacks;      /* entries handed to notifiers, in this run */
    uint64_t iotlb_hits, iotlb_misses; /* of the unit's own cache */
    uint64_t shadow_leaves;  /* mappings now recorded as notified, all devices */
    uint64_t shadow_bytes;   /* memory of that record */
    uint64_t container_maps; /* mappings now held by containers */
    uint64_t container_bytes;   /* memory of those */
    uint64_t iec_invalidations; /* interrupt-entry-cache invalidations accepted */
    bool failed_nth;            /* the call that engine_options.fail names was reached */
};
struct engine_ops engine_ops(const struct engine *e);

#endif
