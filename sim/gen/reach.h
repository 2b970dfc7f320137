/* SPDX-License-Identifier: MIT */
/*
 * What runs touched: cells of tables such as (invalidation × state of the context entry), counted
 * from observations alone, beside a guest memory of its own. A cell that stays empty over many
 * seeds is something that the traces never try.
 */
#ifndef VTR_GEN_REACH_H
#define VTR_GEN_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "observe.h"
#include "trace/record.h"

/** The tables, in the order in which they are printed. */
enum reach_table {
    REACH_CONTEXT,  /* invalidation × state of the context entry of a device it concerns */
    REACH_ADDRESS,  /* invalidation or access of a page × what the tables say there */
    REACH_OUTCOME,  /* invalidation × what consumers heard */
    REACH_CONSUMER, /* invalidation × kind of consumer and what it was told */
    REACH_STEP,     /* context-cache invalidation, command, reset or access × what it set going */
    REACH_ENTRY,    /* a word of a table before × after */
    REACH_WINDOW,   /* leaf or range × place about the interrupt window */
    REACH_MASK,     /* AM × queue or register */
    REACH_NOTE,     /* consumer and notification × size */
    REACH_FAULT,    /* reason × recorded or not, read or write */
    REACH_BAD,      /* queue error: descriptor type × cause */
    REACH_WAIT,     /* flags of a wait descriptor × landed or refused */
    REACH_QUEUE,    /* size of the queue × enabled, wrapped, with DW */
    REACH_COMMAND,  /* command × translation off or on */
    REACH_REGISTER, /* register × write or read, 32 or 64 bits */
    REACH_ACCESS,   /* how an access ended × direction and size */
    REACH_SHAPE,    /* odd shapes of tables × seen by an invalidation or an access */
    REACH_TABLES
};

#define REACH_ROWS    32u
#define REACH_COLUMNS 24u

struct reach_names {
    const char *title;
    const char *rows[REACH_ROWS], *columns[REACH_COLUMNS]; /* NULL-terminated when shorter */
};
extern const struct reach_names reach_names[REACH_TABLES];

struct reach;

/** Nothing touched yet. NULL when out of memory; the caller frees it. */
struct reach *reach_new(void);
void reach_free(struct reach *r);

/** A run begins with this header: memory is what it says. Counts stay. 0 or a negative errno. */
int reach_begin(struct reach *r, const struct trace_header *h, struct err *e);

/** What listens to the run. */
struct observer reach_observer(struct reach *r);

/** How often a cell was touched. */
uint64_t reach_count(const struct reach *r, enum reach_table t, unsigned row, unsigned column);

/** `n` more in a cell: what another run counted. */
void reach_add(struct reach *r, enum reach_table t, unsigned row, unsigned column, uint64_t n);

/** Whether a legal or illegal guest can touch it at all, under any profile. */
bool reach_possible(enum reach_table t, unsigned row, unsigned column);

/** Cells that are possible, and those of them that were touched. */
struct reach_sum {
    unsigned possible, touched;
};
struct reach_sum reach_sum(const struct reach *r);

/** One line of the tables as text, without its end; `line` counts from 0. False: there is none.
 */
bool reach_line(const struct reach *r, unsigned line, char *to, size_t room);

#endif
