/* SPDX-License-Identifier: MIT */
/* The inside of the engine, shared by engine*.c and by nobody else. */
#ifndef VTR_ENGINE_INSIDE_H
#define VTR_ENGINE_INSIDE_H

#include "consumers/consumer.h"
#include "engine.h"
#include "guest_mem.h"
#include "policy_fields.h"
#include "vtd_model.h"

/** Records that wait for the first one that acts, so that default consumers know what is attached.
 */
#define LEADING_MAX 4096u

struct leading {
    struct rec rec;
    struct attach_rec attach; /* what rec.u.attach points to */
};

struct container {
    char name[NAME_BYTES];
    struct type1 type1;
    struct type1_kernel kernel;
};

/** What is added here, and cannot be derived, is saved in engine_state.c. */
struct engine {
    struct policy policy;
    struct unit_config config;
    struct fate fate;
    struct funnel funnel;
    uint64_t deliveries_before; /* of the run that saved the state this one began with */
    struct guest_mem *mem;
    bool mem_lent; /* the caller's */
    struct vtd_unit *unit;
    uint64_t dma_limit;
    enum type1_way type1_way;
    struct fail_nth fail_nth;

    struct device_rec *header_devices;
    size_t header_device_count;
    struct attach_rec *from_start; /* --attach */
    size_t from_start_count;

    bdf_t *ats_on; /* devices whose ATS is on, in the order in which it was switched on */
    size_t ats_count;

    struct consumer **consumers; /* in order of joining */
    size_t consumer_count;
    struct container **containers;
    size_t container_count;

    bool closed;  /* no more observers */
    bool started; /* what record 0 brings is there */
    bool ended;
    bool obeying;    /* inside a record: nothing can be saved */
    uint64_t number; /* of the last record taken */
    struct leading *leading;
    size_t leading_count;
};

/** A device joins, with its default consumer unless it is not wanted. No effect when it exists. */
int engine_device(struct engine *e, bdf_t b, bool with_default, struct err *err);
/** Likewise, one that does not exist and whose requests carry the id `requester`. */
int engine_join(struct engine *e, bdf_t b, bdf_t requester, bool with_default, struct err *err);

/* engine_alias.c */
/** -EINVAL with a sentence when an alias in the header is aliased itself. */
int engine_check_aliases(const struct trace_header *h, struct err *err);
/** The id that the header gives the requests of a device; its own when it says nothing. */
bdf_t engine_header_requester(const struct engine *e, bdf_t b);
/** A `device` of header or trace joins. No effect when it exists; -EINVAL with a sentence when it
 * has another alias, or one that is aliased itself. */
int engine_device_record(struct engine *e, const struct device_rec *d, struct err *err);

/** What a consumer of this simulation is made of, but its region and container. */
struct consumer_setup engine_setup(struct engine *e, const struct attach_rec *full);
/** The container that `how` names, made when missing. NULL: out of memory. */
struct container *engine_container(struct engine *e, const struct attach_rec *how);
int engine_attach(struct engine *e, const struct attach_rec *how, struct err *err);
int engine_detach(struct engine *e, const char *name, struct err *err);
/** A `pin` or `unpin` record. */
int engine_pin(struct engine *e, const struct rec *r, struct err *err);
int engine_fail(struct engine *e, const struct fail_rec *f, struct err *err);
int engine_gone(struct engine *e, bdf_t b, struct err *err);
/** Free consumers that have left. */
void engine_sweep(struct engine *e);
void engine_free_consumers(struct engine *e);
const struct consumer *engine_consumer(const struct engine *e, const char *name);

/* engine_vhost.c: ATS, and records about vhost. */
bool engine_ats(const struct engine *e, bdf_t b);
/** Keep in mind that the device's ATS is on or off; nobody is told. */
int engine_ats_note(struct engine *e, bdf_t b, bool on, struct err *err);
/** An `ats` record: the device joins when it is new, and its vhosts follow. */
int engine_ats_record(struct engine *e, bdf_t b, bool on, struct err *err);
/** Before `c` joins, when it is a vhost. */
void engine_vhost_prepare(struct engine *e, struct consumer *c);
/** After the unit's reset: ATS is off; `device`: the devices were reset, too. */
void engine_vhost_reset(struct engine *e, bool device);
/** Before the unit is reset with its devices. */
void engine_vhost_reset_first(struct engine *e);
void engine_vhost_save(const struct engine *e, struct state_out *o);
void engine_vhost_load(struct engine *e, struct state_in *i);
int engine_stop(struct engine *e, const char *name, struct err *err);
int engine_start_rings(struct engine *e, const char *name, struct err *err);
int engine_miss(struct engine *e, const struct rec *r, struct err *err);
/** The vhost at which an access of the device starts: the first to have joined of those that run.
 * NULL: none. */
struct consumer *engine_vhost_of(const struct engine *e, bdf_t b);
/** The device IOTLB of `c` answers the access, or refuses it: *write which right was used (`?`),
 * *x how it ended. False: a miss. */
bool engine_vhost_hit(const struct consumer *c, const struct rec *r, bool *write,
                      struct xlat_result *x);

/** A `dma` record: the unit's own translation, then what each consumer of the device holds. */
int engine_dma(struct engine *e, const struct rec *r, struct err *err);

#endif
