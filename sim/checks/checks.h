/* SPDX-License-Identifier: MIT */
/*
 * The checks: watch the simulation from outside, hold an oracle of their own, and say
 * which invariant of the contract (section 4) was broken, by which record, and why.
 * They share no code with what they check; of the simulation they know the stream of
 * observations, guest memory, and a few questions they may ask (`struct check_world`).
 */
#ifndef VTR_CHECKS_H
#define VTR_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "guest_mem.h"
#include "observe.h"

enum severity { SEV_VIOLATION, SEV_GUEST, SEV_COST };
enum check_mode { CHECK_FAST, CHECK_FULL, CHECK_OFF };
enum compare_mode { COMPARE_MODEL, COMPARE_ALWAYS, COMPARE_NEVER };

/** One row of the table of invariants; the same rows make --list-invariants and the documents. */
struct invariant {
    const char *id; /* "ORD-INPLACE" */
    enum severity severity;
    const char *statement; /* one line */
    const char *source;    /* specification section, vtd-facts rule, museum entry */
};

/** The rows that are built, in the order of the contract. `count` receives their number. */
const struct invariant *invariants(size_t *count);

const char *severity_name(enum severity s); /* "violation", "guest", "cost" */

/** One finding. Pointers are owned by the checks and valid until checks_free. */
struct finding {
    uint64_t n; /* from 1, as found; 0: a cost, which has no number */
    const struct invariant *inv;
    uint64_t record;
    uint64_t at_ns;
    const char *consumer; /* NULL: no consumer concerned */
    bool has_range;
    struct iova_range range;
    const char *text;      /* one sentence: expected, and what happened */
    uint64_t cause_record; /* the record that caused the state contradicted; 0: none known */
};

/** A cached translation of the unit, as check_world.visit_cached shows it. */
struct cached_xlat {
    bdf_t bdf;
    did_t did; /* the tag */
    struct iova_range range;
    gpa_t gpa; /* of range.first */
    enum perm perm;
};

/** What a consumer's side holds at one IOVA, as check_world.held shows it. */
struct held_xlat {
    struct iova_range range; /* the whole mapping */
    gpa_t gpa;               /* of range.first */
    enum perm perm;
};

/** The questions that the checks may ask; any may be NULL, then what it would judge is not judged.
 * `sim` is handed back as given. */
struct check_world {
    void *sim;
    /* Show every translation the unit's IOTLB holds. */
    void (*visit_cached)(void *sim, void (*show)(void *arg, const struct cached_xlat *c),
                         void *arg);
    /* What the named consumer's side (a vfio's container; what a probe recorded) holds at `at`, or
     * false. */
    bool (*held)(void *sim, const char *consumer, iova_t at, struct held_xlat *out);
    /* The same in two steps, for who asks often: the named consumer, valid until OBS_CONSUMER says
     * that it left (NULL: there is none), and what its side holds. May be NULL, both. */
    const void *(*side)(void *sim, const char *consumer);
    bool (*side_held)(void *sim, const void *side, iova_t at, struct held_xlat *out);
    /* The translation the unit's IOTLB holds for one address of one device, or false. May be NULL:
     * then visit_cached is asked instead, which costs a visit of the whole IOTLB for an invalidated
     * page. */
    bool (*cached)(void *sim, bdf_t bdf, iova_t at, struct cached_xlat *out);
    /* How many translations the unit's IOTLB holds. */
    size_t (*cached_count)(void *sim);
    /* What the guest would read of the register at `off` (4 or 8 bytes, naturally aligned). */
    uint64_t (*reg)(void *sim, unsigned off, unsigned bytes);
};

struct check_config {
    enum check_mode mode;
    bool judge_observed; /* COH-READ, COH-EXPECT, dma: differences are violations (contract, section
                            4) */
    bool caching_mode;
    uint64_t cap, ecap; /* as the modelled unit presents them */
    uint8_t aw_bits;
    bool snp_allowed;       /* leaf bit 11 may be set (snoop control) */
    bool tm_allowed;        /* leaf bit 62 may be set */
    bool pt_widest;         /* pass-through takes the largest width of the unit */
    bool refusals_injected; /* some call is refused on purpose, without a `fail` record to say so */
    const struct guest_mem
        *mem; /* read only; a record's stores have not happened yet at OBS_RECORD */
    struct check_world world;
    const struct expectations_rec *expectations; /* the header's; used during checks_new only */
    size_t expectations_count;
    bool from_state;      /* the run goes on where a saved one was: what came before is not known */
    size_t findings_kept; /* text is kept for that many of each invariant; all are counted */
};

struct checks;

/** New checks. Returns NULL with a sentence when out of memory. The caller frees them. */
struct checks *checks_new(const struct check_config *c, struct err *e);
void checks_free(struct checks *c);

/** The listener to add to the funnel. */
struct observer checks_observer(struct checks *c);

/**
 * A twin restored from the state saved after record `saved` differs from the original since
 * `record`: one finding of STATE-RESTORE, whatever the mode. `text`: what differs, one sentence.
 */
void checks_report_restore(struct checks *c, uint64_t record, uint64_t saved, const char *text);

/** Called once when the trace is over: what can only be judged at the end. */
void checks_finish(struct checks *c);

/** Findings in the order found (only those whose text was kept). */
size_t checks_findings(const struct checks *c);
const struct finding *checks_finding(const struct checks *c, size_t index);

/** How often invariant `index` (row of invariants()) was broken, all findings counted. */
uint64_t checks_count(const struct checks *c, size_t index);

/** How many findings there are of a severity. */
uint64_t checks_total(const struct checks *c, enum severity s);

/** Memory of what the checks know consumers were told, in bytes. */
uint64_t checks_told_bytes(const struct checks *c);

/** Compared and different observed values: reads, dma, expect (contract, section 3, `compared`). */
struct check_compared {
    uint64_t reads, dma, expect;
};
struct check_compared checks_compared(const struct checks *c);
struct check_compared checks_differs(const struct checks *c);

/** Set when memory ran out inside the checks: their verdict is then worthless and the run must say
 * so. */
bool checks_failed(const struct checks *c);

#endif
