/* SPDX-License-Identifier: MIT */
/* Shared by workload*.c: a workload under way. */
#ifndef VTR_GEN_WORKLOAD_INSIDE_H
#define VTR_GEN_WORKLOAD_INSIDE_H

#include "gen/driver.h"
#include "gen/workload.h"

#define BUFFERS_MAX 512u

/* What was mapped at once and goes at once. */
struct buffer {
    uint64_t iova;
    unsigned pages, order;
};

/* A device with its driver. */
struct port {
    bool lazy, global; /* deferred invalidation; by global flushes, as old kernels did */
    struct buffer buffer[BUFFERS_MAX]; /* mapped, the oldest first */
    unsigned buffers;
    uint64_t mapped; /* pages of them */
    unsigned steps;  /* since its driver was bound */
    unsigned kernel; /* kexec: the one that attached it */
};

struct work {
    struct driver d;
    const struct workload *workload;
    unsigned pages, density, sizes; /* the knobs, drawn or given */
    bool exact;                     /* leaves have the right their buffer needs, not both */
    unsigned odd;                   /* a number for what a workload decides once */
    unsigned steps;
    int group[DRIVER_DEVICES]; /* move: domains, each with the port of that number */
    unsigned groups;
    struct port port[DRIVER_DEVICES];
    struct attach_rec attach[WORKLOAD_ATTACH];
    unsigned attaches;
    struct rec rec; /* handed out */
    uint64_t words[2];
};

/* What a workload is: it draws knobs that were not given, begins (translation is on, no device has
 * a domain), and makes some records at a time. */
struct workload_inside {
    void (*draw)(struct work *w);
    void (*begin)(struct work *w);
    void (*step)(struct work *w);
};

extern const struct workload_inside workload_ring_strict, workload_ring_lazy, workload_block,
    workload_static, workload_rebind, workload_move, workload_kexec, workload_nested;

/** `given`, or what is drawn: `base` to base + range - 1. */
unsigned work_draw(struct work *w, unsigned given, unsigned base, unsigned range);

/* workload_ring.c: what others use of a network ring. */
/** One more buffer of the port, in this domain; one that is done. */
void ring_post(struct work *w, struct port *p, int domain);
void ring_complete(struct work *w, struct port *p, int domain, unsigned which);
/** One more buffer, or the oldest one used and gone. */
void ring_step(struct work *w, unsigned dev);
/** All buffers go. At most `BUFFERS_MAX`. */
void ring_stop(struct work *w, unsigned dev);

/** Each device a domain of its own. */
void work_attach_all(struct work *w);

#endif
