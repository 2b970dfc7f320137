/* SPDX-License-Identifier: MIT */
/* The model beside the real system: the engine, and the calls its vfio consumers make. */
#ifndef VTR_JUDGE_MODEL_H
#define VTR_JUDGE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "call.h"
#include "engine.h"
#include "trace/record.h"

#define MODEL_STORES_MAX 64

/** What one record did. */
struct seen {
    struct call_list calls;
    bool aborted;
    char abort_why[160];
    bool asked, refused; /* a vhost missed; its miss failed */
    bdf_t asker;
    iova_t asked_at;
    bool has_dma;
    struct xlat_result dma; /* what became of the unit's own translation */
    bool has_read;
    uint64_t read;
    unsigned stores; /* places where the unit stored, the last value of each; beyond
                        MODEL_STORES_MAX not kept */
    struct {
        gpa_t gpa;
        uint32_t val;
    } store[MODEL_STORES_MAX];
};

/** A vfio consumer, with the device that has it. */
struct vfio_device {
    bdf_t bdf;
    unsigned nth;    /* how many of this device came before */
    bdf_t requester; /* the id that the device's requests carry */
    char name[NAME_BYTES];
    uint64_t joins;               /* record at which it comes; 0: it is there from the start */
    uint64_t leaves;              /* record at which it goes; NEVER */
    bool there;                   /* in the model, now */
    const struct attach_rec *how; /* what the trace says of it; NULL: nothing */
};

#define NEVER UINT64_MAX

#define VFIO_DEVICES_MAX 200

struct model {
    struct engine *engine;
    const struct trace_header *header; /* ram and rom: what a target is */
    struct seen seen;                  /* of the last record */
    struct vfio_device devices[VFIO_DEVICES_MAX];
    size_t device_count;
    struct vfio_device vhosts[VFIO_DEVICES_MAX];
    size_t vhost_count;
    bool too_many, failed;
    uint64_t record;    /* number in the trace of what is obeyed: whoever steps says it */
    uint64_t steps;     /* obeyed */
    enum rec_kind kind; /* of the step under way */
};

/** Begin; `o` as for engine_new. 0 or a negative errno with a sentence. */
int model_begin(struct model *m, const struct trace_header *h, const struct engine_options *o,
                struct err *e);

/** Obey a record: m->seen is what it did. 0 (also when the modelled system ended: see seen), or a
 * negative errno with a sentence. */
int model_step(struct model *m, const struct rec *r, struct err *e);

/** What the model has in a register. 0 or a negative errno. */
int model_read(struct model *m, uint16_t off, unsigned bytes, uint64_t *val, struct err *e);

void model_end(struct model *m);

#endif
