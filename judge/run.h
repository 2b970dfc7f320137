/* SPDX-License-Identifier: MIT */
/* One run of one trace: shared by prepare.c (both sides made ready) and judge.c (the records). */
#ifndef VTR_JUDGE_RUN_H
#define VTR_JUDGE_RUN_H

#include "judge.h"
#include "layout.h"
#include "machine.h"
#include "model.h"
#include "people.h"
#include "recorder.h"
#include "trace/reader.h"

/** A device with a vhost. */
struct run_vhost {
    char name[NAME_BYTES];
    bdf_t bdf;
    bool stopped; /* as of the last record read */
};

struct run {
    const struct judge_options *o;
    struct judged *out;
    const char *path;
    char *bytes; /* standard input, kept for the second reading */
    size_t length;
    struct trace_reader *reader;
    struct policy *policy; /* a copy, changed as --set says */
    struct people people;
    const struct vfio_device *brought; /* it alone comes with this step; NULL: all of the record */
    struct run_vhost vhosts[VHOSTS_MAX];
    bdf_t vhost_bdfs[VHOSTS_MAX];
    size_t vhost_count;
    struct trace_header header; /* the trace's, with the machine's memory */
    struct ram_entry ram[PIECES_MAX];
    struct device_rec *devices; /* the header's */
    struct attach_rec attach[2 * VFIO_DEVICES_MAX + EDU_MAX + VHOSTS_MAX];
    struct machine *machine;
    uint64_t log_offset;
    struct layout layout;
    struct model *model;
    struct call_list real; /* of the record under way */
    struct recorder *recorder;
};

/** The trace cannot be judged, and why: false. */
bool run_cannot(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Trace, devices, machine and model, up to the first record. False: see run_cannot. */
bool run_prepare(struct run *r);

/** The model, begun: its devices are there and hold memory one to one, as the machine's do. False:
 * see run_cannot. */
bool run_begin_model(struct run *r);

/** How the model's engine is made; nobody attached yet. */
struct engine_options run_engine(const struct run *r);

/** In the model an emulated device has a consumer that nobody tells anything, lest it gets vfio.
 * Appended to r->attach at `count`; the new count. */
size_t run_attach_edu(struct run *r, size_t count);

/** The next record that is played: 1, 0 at the end, -1 when that cannot be. */
int run_next_record(struct run *r, struct rec *rec, bool *begun);

/** The log since the last time; the caller frees it. NULL: see run_cannot. */
char *run_new_log(struct run *r);

/** Which of the emulated devices this is; -1: none. */
int run_edu_of(const struct run *r, bdf_t b);

#endif
