/* SPDX-License-Identifier: MIT */
/* Who is there as the observations tell it: consumers, what they were told, devices, aliases. */
#ifndef VTR_CHECKS_PERSON_H
#define VTR_CHECKS_PERSON_H

#include "checks/dirty.h"
#include "checks/spans.h"
#include "observe.h"

struct waiting;

/* What a consumer was told of a range: meta of a span in `told`. */
enum told_state { TOLD_HELD, TOLD_REFUSED, TOLD_NOT_ASKED };

static inline uint64_t told_meta(enum perm p, enum told_state s, bool by_tables, uint64_t record)
{
    return (uint64_t)p | (uint64_t)s << 2 | (uint64_t)by_tables << 4 | record << 5;
}

static inline enum perm told_perm(uint64_t meta)
{
    return (enum perm)(meta & 3);
}

static inline enum told_state told_state(uint64_t meta)
{
    return (enum told_state)(meta >> 2 & 3);
}

static inline bool told_by_tables(uint64_t meta)
{
    return meta >> 4 & 1;
}

static inline uint64_t told_record(uint64_t meta)
{
    return meta >> 5;
}

struct registration {
    struct iova_range range;
    uint32_t flags;
};

#define REGISTRATIONS_MAX 8u
#define TOOK_FIRST        4u

struct person {
    char name[NAME_BYTES];
    bdf_t bdf; /* the id that the requests of its device carry */
    enum consumer_kind kind;
    const void *side; /* as check_world.side names it; NULL: not asked for yet */
    bool joined;
    bool on_demand;          /* vhost: it asks when it misses */
    uint32_t flags;          /* as asked when joining */
    struct iova_range range; /* as asked when joining */
    struct registration reg[REGISTRATIONS_MAX];
    unsigned regs;
    struct iova_range wide; /* whole blocks of 1 GiB that one of them asks for, with these flags */
    uint32_t wide_flags;
    uint32_t registered; /* the union of their flags */
    bool regs_lost;      /* more registrations than are kept: ranges are not judged */
    uint64_t left_record;
    struct spans told;    /* what it was notified and not told to forget */
    struct dirty dirty;   /* where tables or notifications changed since COH-SHADOW judged */
    struct spans known;   /* CHECK_FULL: mismatches already reported */
    struct spans refused; /* after a refusal ERR-CONVERGE judges, COH-SHADOW does not */
    struct span took[TOOK_FIRST]; /* unmapped in this invalidation or record: CST-REDUNDANT */
    unsigned tooks;
    struct spans taken;                /* likewise, more than TOOK_FIRST */
    bool closed;                       /* mdev: it could not be opened */
    struct spans owed_map, owed_unmap; /* refused, not repaired, not yet judged */
    bool owes;                         /* one of them is not empty */
    struct spans refused_now[2]; /* in the invalidation under way: [0] any call, [1] an UNMAP */
    uint64_t fail_unmaps;        /* injected refusals still to come */
    uint64_t top; /* top table at the last look (dirty ranges follow its pages), 0: none */
    bool top_valid;
    bool replaying;
    bool expected; /* all its notes are given in the trace: keep each for comparison */
    struct iova_range replay_range;
    uint64_t replay_seq;     /* notes of the run before the replay began */
    struct waiting *waiting; /* vhost: its misses that are not over; misses.c */
    size_t waitings, waiting_room;
    const char *must_end; /* vhost: why none may outlive this record */
    bool rings_stopped;
    uint64_t stop_record;
};

/* Who is named by the bytes at `name`, in that record: they do not change within one. */
struct named {
    const char *name;
    uint64_t record;
    struct person *who;
};

#define NAMED 4u /* a power of two */

struct device_state {
    bdf_t bdf; /* the id that requests carry */
    bool joined, translated;
    bool ats;
    uint32_t told_flags;  /* the union of flags the unit was told */
    struct spans reached; /* what the unit translated: its IOTLB may hold it */
};

/* A device whose requests carry another id. */
struct alias {
    bdf_t bdf, alias;
};

#endif
