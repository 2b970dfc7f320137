/* SPDX-License-Identifier: MIT */
/*
 * What happened, in sentences, in bounded memory: of each kind of event the first few and the last
 * few are kept, and what one record in particular brought; how many were left out is known.
 */
#ifndef VTR_REPORT_STORY_LOG_H
#define VTR_REPORT_STORY_LOG_H

#include <stddef.h>
#include <stdint.h>

enum story_kind {
    STORY_TABLES, /* stores to the entries on the way */
    STORY_INVAL,  /* invalidations */
    STORY_NOTES,  /* what consumers were told */
    STORY_DMA,    /* accesses */
    STORY_SIDE,   /* the kernel's side: ioctls, pins, locks; device IOTLB messages */
    STORY_STATE,  /* who is there, who is translated, resets, registers' answers */
    STORY_REGS,   /* register accesses */
    STORY_KINDS
};

/** "notifications": what is left out when events of a kind are. */
const char *story_kind_name(enum story_kind k);

#define STORY_TEXT  400
#define STORY_FIRST 3u
#define STORY_LAST  9u
#define STORY_CAUSE 9u

struct story_event {
    uint64_t order; /* from 1, over all kinds */
    uint64_t record, at_ns;
    char text[STORY_TEXT];
};

struct story_shelf {
    uint64_t count;        /* all events of the kind */
    size_t firsts, causes; /* kept */
    struct story_event first[STORY_FIRST];
    struct story_event cause[STORY_CAUSE]; /* of the record asked for */
    struct story_event last[STORY_LAST];   /* ring */
    uint64_t lasts;                        /* ever put into the ring */
};

struct story_log {
    uint64_t cause_record; /* 0: none */
    uint64_t orders;
    struct story_shelf shelf[STORY_KINDS];
};

/** Empty; events of `cause_record` are kept though many follow. */
void story_log_init(struct story_log *l, uint64_t cause_record);

/** Add a sentence, printf-like; cut at STORY_TEXT - 1 bytes. */
void story_add(struct story_log *l, enum story_kind k, uint64_t record, uint64_t at_ns,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** One line of the story as kept: an event, or how many events of its kind were left out. */
struct story_line {
    const struct story_event *event;
    enum story_kind kind;
    uint64_t left_out; /* of that kind, just before this event */
};

/** Most lines there can be. */
#define STORY_LINES (STORY_KINDS * (STORY_FIRST + STORY_CAUSE + STORY_LAST))

/** Everything kept, in the order in which it happened. Returns how many lines were filled in. */
size_t story_lines(const struct story_log *l, struct story_line out[STORY_LINES]);

#endif
