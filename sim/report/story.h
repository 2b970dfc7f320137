/* SPDX-License-Identifier: MIT */
/*
 * A listener that follows one device and one range of IOVAs (or, for a finding without a range,
 * the unit's registers and queue), so that --explain can tell what led to a finding. It reads guest
 * memory and decodes entries by itself; it judges nothing.
 */
#ifndef VTR_REPORT_STORY_H
#define VTR_REPORT_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checks/checks.h"
#include "observe.h"
#include "report/story_log.h"
#include "report/story_walk.h"

/** What is followed. */
struct story_about {
    uint64_t record, cause_record; /* of the finding */
    bool has_device;
    bdf_t bdf;
    bool has_range;
    struct iova_range range;
    bool kernel; /* it is about the kernel's side of a container: its ioctls and locks are told */
};

#define STORY_ANSWER 96

/** A consumer of the device, and what it was told last. */
struct story_person {
    char name[NAME_BYTES];
    enum consumer_kind kind;
    bdf_t bdf;
    bool gone;
    uint32_t flags;
    bool told;
    struct note last;          /* told; its strings are not kept */
    char answer[STORY_ANSWER]; /* told: "took it", "refused it with -EEXIST" ... */
};

#define STORY_PERSONS 32u
#define STORY_DEVICES 32u

/** A change of what the tables say for the address followed. */
struct story_change {
    uint64_t record; /* 0: none */
    uint64_t at_ns;
    struct story_walk before, after;
};

/** An invalidation seen since the last change. */
struct story_inval {
    uint64_t record; /* 0: none */
    uint64_t lo, hi;
};

/** Who stored an entry of `final` last. */
struct story_writer {
    uint64_t record; /* 0: nobody in this trace */
    uint64_t at_ns;
};

struct story {
    struct story_about about;
    struct check_config sim; /* of the engine watched: memory, capabilities, questions */
    struct story_log log;

    bool has_root;
    gpa_t root;
    bool touched;                     /* the current record stores to an entry on the way */
    struct story_walk walk;           /* as the tables are now */
    struct story_change made;         /* how the latest translation came to be */
    struct story_change changed;      /* how that one went, or became another */
    struct story_change gone;         /* how the one before `made` went */
    struct story_inval gone_covering; /* the last that covers, between `gone` and `made` */

    struct story_inval covering; /* the last that covers the range, since the last change */
    struct story_inval missing;  /* the last that does not */
    uint64_t missed;             /* how many do not */
    struct story_inval here;     /* the last taken in the finding's record */
    bool here_refused;           /* and it was refused */
    bool has_old_did;
    did_t old_did; /* the domain before the last change of the context entry */

    struct story_walk final; /* from an earlier pass: the entries that count at the end */
    struct story_writer writer[STEPS_MAX];

    struct story_person person[STORY_PERSONS];
    size_t persons;
    bdf_t device[STORY_DEVICES]; /* seen to join */
    size_t devices;
    uint64_t switched_record; /* the device's address space was switched there last */
    bool translated;          /* to this */
    uint32_t gsts;
    uint64_t waits_due;   /* something happened since the last wait that is told */
    uint64_t done_record; /* the last record that has acted */
    bool started;         /* at least one record has acted */
    struct {
        bool known;
        gpa_t gpa;
        uint64_t bytes;
    } stored[2]; /* what the cause and the finding's record stored */
};

/** Follow `about`. `sim` stays valid as long as the story listens. `final`: NULL, or the walk that
 * an earlier pass ended with. */
void story_init(struct story *s, const struct story_about *about, const struct check_config *sim,
                const struct story_walk *final);

/** The listener to add to the funnel. `s` stays the caller's. */
struct observer story_observer(struct story *s);

/** The first address of what is followed. */
iova_t story_at(const struct story *s);

/** Walk again from the root as latched, for the device given. */
struct story_walk story_walk_of(const struct story *s, bdf_t bdf);

/**
 * A descriptor in words, "page-selective IOTLB invalidation of domain 5, 0x1000-0x1fff".
 * Fills and returns `out`.
 */
char *story_desc_text(char *out, size_t room, uint64_t lo, uint64_t hi);

/** What an invalidation has to do with the device and the range followed. */
enum story_cover {
    COVERS,
    OTHER_DOMAIN,   /* of a domain that is not the device's */
    OTHER_RANGE,    /* of its domain, but of other addresses */
    OTHER_DEVICE,   /* of another device's entries */
    NO_INVALIDATION /* wait, interrupt entries, unknown */
};
enum story_cover story_covers(const struct story *s, uint64_t lo, uint64_t hi);

/** "GCMD", "IQT" ...; "" for a register without a name here. */
const char *story_register_name(unsigned off);

/** "MAP and UNMAP": what a consumer asks for. */
const char *story_flags_text(uint32_t flags);

/** What a record does, in words, its text behind: "the guest writes 0x40 to IQT (w32 0x88 0x40)".
 * Fills and returns `out`. */
char *story_record_text(char *out, size_t room, const struct rec *r);

/* Private to story*.c: observations of consumers and their sides (story_sides.c,
 * story_kernel.c). */
void story_see_note(struct story *s, const struct obs *o);
void story_see_side(struct story *s, const struct obs *o);
void story_see_consumer(struct story *s, const struct obs *o);
void story_see_dma(struct story *s, const struct obs *o);
/* The queue and the registers (story_unit.c). */
void story_see_unit(struct story *s, const struct obs *o);
/* The finding's record or its cause's; and what overlaps the range (without one: those records). */
bool story_at_finding(const struct story *s, const struct obs *o);
bool story_in_range(const struct story *s, const struct obs *o, struct iova_range r);
/* Is the device, or the device of that consumer, the one followed? All are when none is known. */
bool story_is_device(const struct story *s, bdf_t b);

#endif
