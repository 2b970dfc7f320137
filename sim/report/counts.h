/* SPDX-License-Identifier: MIT */
/*
 * Counters: what the guest did and what was notified, counted from the observations. None of
 * them depends on how the notifications were found (strategy), or on what is shown.
 */
#ifndef VTR_REPORT_COUNTS_H
#define VTR_REPORT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe.h"

/** Invalidations executed, by what they name (vtd-facts chapter 6). */
enum inval_kind {
    INVAL_CTX_GLOBAL,
    INVAL_CTX_DOMAIN,
    INVAL_CTX_DEVICE,
    INVAL_IOTLB_GLOBAL,
    INVAL_IOTLB_DOMAIN,
    INVAL_IOTLB_PAGE,
    INVAL_DEVICE_IOTLB,
    INVAL_IEC,
    INVAL_WAIT,
    INVAL_OTHER,
    INVAL_KINDS
};

/** Short name of an invalidation ("IOTLB, pages"). */
const char *inval_kind_name(enum inval_kind k);

/** What a descriptor's low word names. */
enum inval_kind inval_kind_of(uint64_t lo);

#define WHY_KINDS 6
#define WHY_BYTES 24
#define WHY_SENTENCE_BYTES 200

/** One consumer and what reached it; stays in the list when it leaves. */
struct consumer_counts {
    char name[NAME_BYTES];
    enum consumer_kind kind;
    bdf_t bdf;
    bool has_alias; /* the requests of its device carry another id: alias */
    bdf_t alias;
    bool known;                  /* it was seen to join (else only a note named it) */
    bool present;                /* and has not left */
    uint64_t map, unmap, devtlb; /* callbacks */
    uint64_t by_region;          /* of them: because its address space was switched */
    uint64_t refused;            /* its side answered an error */
    uint64_t refused_record;     /* the first such */
    uint64_t pins, unpins;       /* calls of its device that were granted */
    uint64_t pins_refused;       /* of either */
    uint64_t dma_unmaps;         /* times its device was asked to unpin */
    int refused_result;
    uint64_t not_asked;
    char
        unregistered[WHY_SENTENCE_BYTES]; /* why a notifier of it was refused first; "": none was */
    uint64_t unregistered_record;
    struct {
        char why[WHY_BYTES];
        uint64_t count;
    } why[WHY_KINDS]; /* the first WHY_KINDS reasons of not_asked */
};

/** One observed value that the model does not agree with; the first few are kept. */
struct difference {
    uint64_t record;
    bool dma; /* else a register read */
    uint16_t off;
    uint64_t seen, model; /* read */
    bdf_t bdf;            /* dma */
    iova_t iova;
    enum dma_seen dma_seen;
    gpa_t seen_gpa;
    uint8_t seen_reason;
    struct xlat_result result;
};

#define DIFFERENCES_KEPT 5

struct counts {
    uint64_t events; /* records obeyed */
    uint64_t by_kind[REC_KINDS];
    uint64_t register_writes, register_reads;
    uint64_t mem_words, zeroed_bytes;
    uint64_t dma, dma_observed;
    bool has_time;
    uint64_t first_ns, last_ns; /* virtual time of the first and last `at` */
    uint64_t inval[INVAL_KINDS];
    uint64_t inval_by_register, inval_refused, queue_errors;
    uint64_t faults_recorded, faults_unrecorded, interrupts, unit_stores, resets;
    uint64_t root_latched, switches, replays;
    uint64_t registrations, registrations_refused, flags_changes;
    uint64_t notes;
    uint64_t vhost[VHOST_EVICTED + 1]; /* by enum vhost_what, all vhosts */
    uint64_t pins, unpins, pins_refused, dma_unmaps; /* as below, of all */
    uint64_t type1_maps, type1_unmaps; /* calls into containers */
    uint64_t type1_refused;            /* of either */
    uint64_t type1_pages;              /* 4 KiB pages of the mappings that were granted */
    uint64_t pages_pinned;             /* by emulated devices */
    struct consumer_counts *consumers;               /* in the order they appeared */
    size_t consumers_count, consumers_room;
    struct difference diff[DIFFERENCES_KEPT];
    size_t diffs;
    uint64_t abort_record;
    char abort_why[160]; /* "" when the modelled system did not end */
    bool failed;         /* out of memory: the numbers are worthless */
};

/** All zero. */
void counts_init(struct counts *c);
void counts_free(struct counts *c);

/** The listener to add to the funnel. `c` stays the caller's. */
struct observer counts_observer(struct counts *c);

/** The consumer of that name, or NULL. */
const struct consumer_counts *counts_consumer(const struct counts *c, const char *name);

#endif
