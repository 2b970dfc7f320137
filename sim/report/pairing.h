/* SPDX-License-Identifier: MIT */
/*
 * Two runs side by side: what each told each consumer in one record, compared in order, in bounded
 * memory. Where the order among consumers differs, nothing differs.
 */
#ifndef VTR_REPORT_PAIRING_H
#define VTR_REPORT_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "observe.h"
#include "report/digest.h"

/** One event as compared and shown. */
#define PAIRING_TEXT 320
struct pairing_event {
    char text[PAIRING_TEXT];
};

/** Events of one consumer, one record, one side that are kept to be shown; of the rest the number
 * and a hash are compared. */
#define PAIRING_KEPT 512u

enum pairing_side { SIDE_A, SIDE_B };

struct pairing_list {
    struct pairing_event *event; /* the first PAIRING_KEPT of the record */
    size_t kept, room;
    uint64_t count; /* all of the record */
    struct digest rest;
};

/** One consumer; the name "" stands for the run itself (ABORT). */
struct pairing_group {
    char name[NAME_BYTES];
    struct pairing_list side[2];
    bool differs;
    uint64_t first_record, first_at_ns; /* where it begins to differ */
    struct pairing_event *first[2];     /* what was told there, the first few */
    size_t firsts[2];
    uint64_t first_count[2];
    uint64_t records; /* that differ */
    uint64_t events[2];
};

#define PAIRING_FIRST 8u

/** One consumer's record that differs. The lists are valid during the call. */
struct pairing_change {
    const struct pairing_group *group;
    uint64_t record, at_ns;
    size_t same_before; /* events that are equal from the front, of those kept */
    size_t same_behind; /* and from the end; 0 when some were not kept */
};

struct pairing {
    struct pairing_group *group; /* in the order in which they were first told anything */
    size_t groups, room;
    bool failed;      /* out of memory */
    uint64_t records; /* that differ, for whatever consumer */
    void (*show)(void *ctx, const struct pairing_change *c); /* may be NULL */
    void *ctx;
};

/** Empty. The caller ends with pairing_free. */
void pairing_init(struct pairing *d);
void pairing_free(struct pairing *d);

/** A side told `consumer` (NULL: the run itself) something in the current record. */
void pairing_add(struct pairing *d, enum pairing_side side, const char *consumer, const char *text);

/** The record is over on both sides: compare and forget. */
void pairing_record_end(struct pairing *d, uint64_t record, uint64_t at_ns);

/** Did anything differ so far? */
bool pairing_any(const struct pairing *d);

/** How an event is written. */
struct pairing_form {
    bool seq;            /* with its number */
    bool without_result; /* without what the consumer's side answered */
};

/** "MAP 0x1000-0x1fff to 0x200000 (rw), result 0". Fills and returns `out`. */
char *pairing_note_text(char out[PAIRING_TEXT], const struct note *n, struct pairing_form f);
char *pairing_abort_text(char out[PAIRING_TEXT], const char *why);

/** Write one change: lines of A with -, of B with +, `context` equal ones around, at most `most`
 * lines of each side. */
void pairing_print(FILE *out, const struct pairing_change *c, size_t context, size_t most);

#endif
