/* SPDX-License-Identifier: MIT */
/*
 * One case measured: the same few operations again and again in one process, each with its time
 * (minimum and median), its exact counts, and the machine's floor. No clock of its own: it is
 * handed one.
 */
#ifndef VTR_BENCH_MEASURE_H
#define VTR_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "bench/guest.h"

/** What only a program may ask: time, and the bytes of the heap in use. */
struct meter {
    uint64_t (*now_ns)(void);     /* the processor time of this process */
    uint64_t (*wall_ns)(void);    /* the time of day */
    uint64_t (*heap_bytes)(void); /* NULL: not known here */
    uint64_t look_ns;             /* what a look at the clock takes */
};

enum operation {
    OP_FIRST,     /* the tables appear: all is mapped */
    OP_UNCHANGED, /* nothing was written */
    OP_CHANGED,   /* one leaf has another target */
    OP_UNMAP,     /* the top table is cleared: all goes */
    OP_DROP,      /* the context entry is cleared: all goes */
    OPERATIONS
};
const char *operation_name(enum operation o);

/** Which invalidation; 0 to 18: a PSI with that AM. */
#define INVAL_AM_MAX 18u
#define INVAL_DSI    19u
#define INVAL_GLOBAL 20u
#define INVAL_CC     21u
/** "AM=9", "DSI", "global", "context". */
const char *inval_name(unsigned which);

struct work {
    uint64_t entries_read, tables_read, slots_compared, shadow_lookups;
    uint64_t callbacks, notifications, type1_calls;
};

struct result {
    struct guest_plan plan;
    enum operation op;
    unsigned inval;
    bool random;              /* a PSI: at random places in the mappings, else in rising order */
    unsigned runs;            /* timed */
    double min_ns, median_ns; /* of one invalidation */
    struct work work;         /* of the first run, all its invalidations */
    unsigned batch;           /* invalidations in a run */
    double
        floor_ns; /* the bytes of the entries read, at this machine's speed, for one invalidation */
    uint64_t record_leaves, record_bytes, container_maps; /* after it */
    uint64_t heap_bytes; /* of the whole simulation, while all is mapped; 0: not known */
};

struct results {
    struct result *list;
    size_t count, room;
};

/** Append a copy. 0 or -ENOMEM. */
int results_add(struct results *r, const struct result *one);
void results_free(struct results *r);

/** How fast this machine reads memory, by how much of it: found once, at the start. */
#define FLOOR_SIZES 8
struct machine_floor {
    struct {
        uint64_t bytes;
        double bytes_per_ns;
    } at[FLOOR_SIZES];
    double far_ns;  /* one look into a quarter of `largest`, at a place that only the last look told
                       of: no cache has it, and nothing can be fetched before */
    double many_ns; /* one of many looks there, of which none waits for another */
};
int floor_measure(struct machine_floor *f, const struct meter *m, uint64_t largest, struct err *e);
double floor_ns(const struct machine_floor *f, uint64_t bytes);

/** Of one operation, at most. What is cheap is run so often that branches are known by then. */
#define RUNS_MAX 64u

struct bench {
    struct meter meter;
    struct machine_floor floor;
    struct results results;
    uint64_t budget_ns;          /* for the repetitions of one operation */
    unsigned runs_min, runs_max; /* runs_max: RUNS_MAX at most */
    struct progress progress;    /* who watches; `stop` ends it: -EINTR from whatever measures */
};

/** True, and `e` says so: the end was asked for. */
bool bench_stopped(const struct bench *b, struct err *e);

/** All operations by one global invalidation (drop: a context invalidation) each. 0 or a negative
 * errno with a sentence. */
int measure_case(struct bench *b, const struct guest_plan *p, struct err *e);

/**
 * The mappings known; then invalidations `which` of what did not change (OP_UNCHANGED) or of a
 * changed page each (OP_CHANGED, a PSI of one page), at random or in rising order.
 */
int measure_ranges(struct bench *b, const struct guest_plan *p, const unsigned *which, size_t count,
                   enum operation op, bool random, struct err *e);

#endif
