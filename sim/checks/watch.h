/* SPDX-License-Identifier: MIT */
/* What single families of invariants keep for themselves between observations. */
#ifndef VTR_CHECKS_WATCH_H
#define VTR_CHECKS_WATCH_H

#include "checks/spans.h"
#include "observe.h"

struct cached_xlat;
struct person;

/** LIVE-QUEUE: the queue as the observations alone make it. */
struct queue_watch {
    bool on;         /* GSTS.QIES, seen to rise: the head is known */
    bool stopped;    /* an error is reported and not cleared */
    bool error;      /* an error was seen in the current record */
    bool refused;    /* a descriptor was refused, and the error is about to follow */
    bool no_words;   /* the error is about no descriptor: tail, fetch, width */
    bool wrote;      /* the current record writes a register */
    bool ccmd;       /* it gives a context-cache command */
    bool iotlb;      /* it gives an IOTLB command */
    bool told_stuck; /* until the head moves */
    bool told_head;  /* likewise: IQH is wrong */
    unsigned head;   /* descriptor to be taken next */
    unsigned size; /* descriptors the queue has room for, latched when it went on: a power of two */
};

/** COH-EXACT: what the IOTLB held before an invalidation. */
struct exact_watch {
    struct cached_xlat *before, *after;
    size_t befores, afters, before_room, after_room;
    bool looked;      /* `before` is filled in for the invalidation under way */
    uint64_t skipped; /* invalidations not looked at since the last that was */
    bool waiting;     /* a register command took more than it names: judged when it has
                         reported how much it did */
    struct span lost; /* IOVA of the first entry too many */
    uint64_t losses;
    unsigned lost_bdf, lost_did;
};

/** CST-OVERREACH: what had changed of what an invalidation covers. */
struct changed {
    uint64_t first, last; /* bounds */
    uint64_t top;         /* tables concerned */
    bool some, several;   /* anything at all; tables of several domains */
    bool judged;          /* enough is known to say so of the invalidation under way */
    bool split;           /* not in one piece: the pieces are in `parts` */
    struct spans parts;
};

/* A note of the current event record, kept for `expect`. */
struct heard {
    const struct person *who;
    struct iova_range range;
    gpa_t gpa;
    int result;
    uint8_t type, perm;
    bool asked, by_region;
};

enum expecting_what { EXPECT_SOME, EXPECT_ALL_NOTES, EXPECT_ALL_CALLS };

struct expecting {
    char name[NAME_BYTES];
    enum expecting_what what;
    size_t cursor; /* into the notes of the current event record */
};

/* A place where a consumer still translated right after its UNMAP. */
struct stale_place {
    struct person *who;
    uint64_t at;
    uint64_t record;
};

/* What happened lately, so that a finding can name the record that caused a state. */
struct story {
    uint64_t gpa;
    uint64_t record;
};

#define STORIES 16384u

#endif
