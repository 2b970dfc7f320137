/* SPDX-License-Identifier: MIT */
/* One trace, played to a real QEMU and to the model side by side. */
#ifndef VTR_JUDGE_JUDGE_H
#define VTR_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"

#define EDU_MAX 8

struct judge_options {
    const char *qemu;    /* path or name of the binary */
    const char *preload; /* path of the library that answers for VFIO */
    const char *profile; /* NULL: the one for the binary's version */
    const char **set;    /* FIELD=VALUE: the profile changed there (policy_set) */
    size_t set_count;
    uint64_t dma_limit;  /* mappings a container may hold */
    const bdf_t *edu;    /* emulated devices, whose `dma` records are played */
    size_t edu_count;
    bool vfio_host;    /* assign real devices of this machine, at the trace's addresses */
    const bdf_t *vhost; /* devices that get a vhost, beside those with an `attach` record */
    size_t vhost_count;
    bool calls_only;   /* do not compare registers and wait statuses */
    const char *accel; /* of QEMU: NULL for tcg, or qtest */
    FILE *record;      /* the trace with `expect` records; NULL: none */
};

enum judgement { AGREE, DIFFER, CANNOT /* unreadable, not playable, no QEMU: see why */ };

/** What a difference is about. */
enum judge_difference { DIFFERS_CALL, DIFFERS_END, DIFFERS_READ, DIFFERS_DMA, DIFFERS_STATUS,
                  DIFFERS_REGISTER };

struct judged {
    enum judgement judgement;
    enum judge_difference difference; /* DIFFER: what the first is about, */
    unsigned detail;            /* the register's offset, or which calls were made, */
    uint64_t differs_at;        /* and its record */
    char why[1400];   /* DIFFER: the first difference; CANNOT: a sentence */
    char note[200];   /* something worth knowing, or "" */
    char qemu[128];   /* its version */
    char profile[32]; /* compared with */
    uint64_t records; /* played */
    uint64_t skipped; /* records that are not played to a machine: `dma`, other consumers */
    uint64_t calls, reads, accesses, registers, stores; /* compared */
    size_t devices, vhosts;
    bool aborted; /* both ended at the same record */
};

/** Play the trace `path` ("-": standard input). */
void judge_trace(const char *path, const struct judge_options *o, struct judged *out);

/** What --help prints. */
extern const char judge_help[];

#endif
