/* SPDX-License-Identifier: MIT */
/*
 * A guest's trace while consumers are added to it. Private to dress.c, dress_people.c (who is
 * there) and dress_doings.c (what they do, and what happens to them).
 */
#ifndef VTR_CAMPAIGN_DRESS_INSIDE_H
#define VTR_CAMPAIGN_DRESS_INSIDE_H

#include "campaign/dice.h"
#include "campaign/draft.h"

#define PEOPLE_MAX 12u
#define POOL_MAX   64u
#define DEVICES    8u

/* What may happen. */
enum doing {
    DO_MISS,
    DO_ATS,
    DO_PIN,
    DO_UNPIN,
    DO_FAIL,
    DO_STOP,
    DO_LEAVE,
    DO_PLUG,
    DO_DMA,
    DOINGS
};

struct person {
    struct attach_rec how;
    bool there, running;
    bool by_default; /* its name may be taken again when its device comes back: it does not */
};

struct dresser {
    struct draft *to;
    struct dice *dice;
    struct person people[PEOPLE_MAX];
    unsigned count;
    bdf_t device[DEVICES];
    bool plugged[DEVICES];
    unsigned devices;
    uint64_t pool[POOL_MAX]; /* addresses that the guest speaks of */
    unsigned pooled;
    bool does[DOINGS];
    uint64_t last;   /* address and mask of the last invalidation of pages */
    unsigned only;   /* kinds of consumers: one alone, or (above 9) all */
    unsigned one_in; /* records between two doings; 0: none */
};

/** All consumers are emulated devices: then much is pinned. */
static inline bool dress_pins_alone(const struct dresser *w)
{
    return w->only == 3 || w->only == 4;
}

/** An address that the guest speaks of, often the last one, or one near it. */
iova_t dress_iova(struct dresser *w);

/** Draw who is there for each device, and attach them. */
void dress_people(struct dresser *w);

/** One of them comes to be known to the system. */
void dress_attach(struct dresser *w, const struct person *p);

/** Something happens, or (drawn so) nothing. */
void dress_act(struct dresser *w);

#endif
