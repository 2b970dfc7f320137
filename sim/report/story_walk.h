/* SPDX-License-Identifier: MIT */
/*
 * The tables of one device at one IOVA as they stand in guest memory, entry by entry, for a person
 * to read (vtd-facts 3.1-3.9). A report, not a judge: what a profile does differently is not here.
 */
#ifndef VTR_REPORT_STORY_WALK_H
#define VTR_REPORT_STORY_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "checks/checks.h"

/** What a walk looks at: root entry, context entry, then one entry a level. */
enum step_kind { STEP_ROOT, STEP_CONTEXT, STEP_TABLE };

struct step {
    enum step_kind kind;
    unsigned level;  /* STEP_TABLE: 5 ... 1 */
    gpa_t gpa;       /* of the entry */
    bool readable;   /* it lies in RAM; else lo and hi are 0 */
    uint64_t lo, hi; /* hi: root and context entries alone */
};

#define STEPS_MAX 7u

enum walk_end {
    WALK_NO_ROOT,      /* no root table is latched: steps == 0 */
    WALK_PASS_THROUGH, /* the context entry says so */
    WALK_MAPPED,       /* gpa, mask, perm */
    WALK_FAULT         /* reason; the last step is the entry that decides */
};

struct story_walk {
    struct step step[STEPS_MAX];
    size_t steps;
    enum walk_end end;
    bool has_did;
    did_t did;      /* has_did: of the context entry */
    gpa_t gpa;      /* WALK_MAPPED: what the first byte of the page leads to */
    uint64_t mask;  /* WALK_MAPPED: page size - 1; WALK_FAULT: what the deciding entry covers - 1 */
    enum perm perm; /* WALK_MAPPED: rights common to all levels */
    uint8_t reason; /* WALK_FAULT: fault reason of a read, or of a write where only that fails */
};

/**
 * Walk for `at`. `root`: the root table as latched, when has_root. `c`: of the simulation; its
 * memory, capabilities and widths are used.
 */
struct story_walk story_walk(const struct check_config *c, bool has_root, gpa_t root, bdf_t bdf,
                             iova_t at);

/** Both say the same of the address walked: end, target, size and rights. */
bool story_walk_same(const struct story_walk *a, const struct story_walk *b);

/** True when an entry of the walk lies in [first, first + bytes). */
bool story_walk_touches(const struct story_walk *w, gpa_t first, uint64_t bytes);

/** Bits of a paging entry at `level` that must be 0 (vtd-facts 3.5). */
uint64_t story_reserved(const struct check_config *c, uint64_t entry, unsigned level);

/** The bits of one entry in words: "present, next table 0x103000, rw". Fills and returns `out`. */
char *story_step_text(char *out, size_t room, const struct check_config *c, const struct step *s);

/** "root entry", "context entry", "level 3 entry" */
const char *story_step_name(const struct step *s);

/** What the walk of `at` comes to: "0x1000-0x1fff leads to 0x1234000 (rw)". */
char *story_walk_text(char *out, size_t room, const struct story_walk *w, iova_t at);

/** What a fault reason means, "" when unknown. */
const char *story_reason(uint8_t reason);

#endif
