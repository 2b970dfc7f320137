/* SPDX-License-Identifier: MIT */
/* All that the checks know of the run so far. */
#ifndef VTR_CHECKS_STATE_H
#define VTR_CHECKS_STATE_H

#include "checks/arch.h"
#include "checks/checks.h"
#include "checks/ids.h"
#include "checks/person.h"
#include "checks/spans.h"
#include "checks/watch.h"

struct registry;
struct guest_watch;
struct allowed;

struct checks {
    struct check_config cfg;
    struct arch arch;
    bool failed; /* out of memory */
    uint64_t record, at_ns;

    /* findings */
    struct finding *found;
    size_t founds, founds_room;
    uint64_t found_all;
    uint64_t counts[INVARIANTS], kept[INVARIANTS]; /* kept: of so many the text */
    bool cost[INVARIANTS];                         /* of severity cost */
    struct check_compared compared, differs;

    /* people */
    struct person **people; /* by name */
    size_t persons, persons_room;
    struct person *last_person;
    struct named named[NAMED];    /* who was asked for last, by where the name stands */
    struct device_state *devices; /* by BDF */
    size_t device_count, device_room, last_device;
    struct alias *aliases; /* by BDF */
    size_t alias_count;

    /* the unit as seen from outside */
    uint32_t gsts, last_gcmd;
    bool root_known;
    uint64_t root;
    bool in_inval;
    bool inval_of_domain; /* in one of an IOTLB that names a domain */
    struct desc inval;    /* of these words */
    uint64_t inval_lo, inval_hi;
    bool inval_by_register;
    enum rec_kind rec_kind; /* of the current record */
    bool flags_moved;       /* registrations or flags changed in this record */
    bool done_shown;        /* ORD-WAIT: in this record a wait landed, or GSTS moved */
    uint64_t late_notes;    /* notes since then outside an invalidation */
    struct note late_first;
    const struct person *late_person;
    bool judge_empty;  /* RST-EMPTY is due at the end of this record */
    bool misses_moved; /* LIVE-MISS is due at the end of this record */
    bool judge_srtp;   /* SRTP did a global invalidation (ESRTPS) in this record */

    /* notes of the last event record, for `expect` */
    struct heard *heard;
    size_t heards, heard_room;
    bool heard_lost; /* notes nobody announced as expected were too many to keep */
    uint64_t event_record;
    bool aborted;
    struct expecting *expecting;
    size_t expectings;

    struct stale_place *stale;
    size_t stales, stale_room;

    struct registry *registry;
    struct pin_book *pins;
    bool snapshot;   /* the current record stores memory nobody looked at before: no guest rule
                        applies */
    bool tops_moved; /* a context or root entry changed in this record */

    struct story *stories;
    uint64_t story_count;

    /* guest: registers */
    bool iqa_written, queue_broken, queue_ran;
    uint64_t iqt, iqa;
    uint64_t te_record; /* translation is on since then */
    unsigned last_type;
    enum { ROOT_SETTLED, ROOT_NEEDS_CC, ROOT_NEEDS_IOTLB } root_state;
    uint64_t srtp_record;
    bool root_told;            /* GST-G4 is told once for each root */
    struct guest_watch *watch; /* guest.h */

    struct queue_watch queue;
    struct exact_watch exact;
    struct changed changed;
    bool te_moves;                /* the current record switches translation on or off */
    bool te_falls;                /* and it is off */
    bool root_bad;                /* the root table latched has a reserved translation table mode */
    bool some_taken;              /* somebody's `taken` is not empty */
    bool some_refused;            /* somebody's `refused_now` is not empty */
    bool some_reached;            /* some device's `reached` may not be empty */
    bool some_vhost;              /* a vhost joined */
    bool some_listed;             /* some container has, or had, a device on its list */
    struct context_memo *context; /* the last one looked at; tables.c */
};

#endif
