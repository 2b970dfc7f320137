/* SPDX-License-Identifier: MIT */
/*
 * Any byte string is a trace: a guest whose every choice is a byte of the input. A byte picks an
 * action from a menu, the bytes behind it are its operands; an action makes one record or a few
 * that belong together (a mapping: tables, leaf, invalidation). Names and devices are those that
 * exist, so that few records are refused.
 */
#ifndef VTR_FUZZ_GUEST_H
#define VTR_FUZZ_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "choices.h"
#include "engine.h"
#include "trace/record.h"

/** What most of the actions are about. */
enum fuzz_menu {
    MENU_UNIT,     /* tables, queue, registers: anything a guest can write */
    MENU_NOTIFIER, /* consumers of all kinds that join, leave and refuse */
    MENU_TYPE1     /* containers, pins, emulated devices that misbehave */
};

#define FUZZ_PENDING 32u /* records of one action */
#define FUZZ_PERSONS 8u
#define FUZZ_DEVICES 4u

/* A consumer that the guest attached; `leaves` by itself: then it is not named any more. */
struct fuzz_person {
    char name[8];
    bdf_t bdf;
    enum consumer_kind kind;
    enum vhost_backend backend;
};

struct fuzz_guest {
    struct choices in;
    enum fuzz_menu menu;
    struct trace_header header; /* points into this struct: do not copy it */
    struct device_rec devices[2];
    struct engine_options options; /* by strategy walk */
    enum sync_strategy other;      /* to be compared with */
    bool ideal;
    bool misbehaves; /* a device was attached that breaks type1's rules, or the chain is in use */
    bool shares;     /* a container was named by two consumers */
    bool apart;      /* and one refused, left or held less than the other */
    uint16_t boxed;  /* devices whose container was named, a bit each */
    uint64_t
        deaf[4]; /* device IOTLBs that asked for other kinds than theirs: c0 to c255, a bit each */

    unsigned levels;
    uint32_t gcmd;
    unsigned tail;
    struct fuzz_person persons[FUZZ_PERSONS];
    unsigned person_count, named;

    struct rec pending[FUZZ_PENDING];
    uint64_t words[FUZZ_PENDING][8];
    struct attach_rec attach;
    unsigned pendings, next;
    bool begun; /* a record was given */
};

/** Unit, profile and devices are the first two bytes; `data` must stay. */
void fuzz_guest_begin(struct fuzz_guest *g, enum fuzz_menu menu, const uint8_t *data, size_t size);

/** The next record, or NULL when the bytes are used up. Valid until the next call. */
const struct rec *fuzz_guest_next(struct fuzz_guest *g);

/** A device IOTLB that asked by `flags=` for what it wanted, and may be stale for it. */
bool fuzz_is_deaf(const struct fuzz_guest *g, const char *consumer);

#endif
