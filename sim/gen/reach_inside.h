/* SPDX-License-Identifier: MIT */
/* Shared by reach*.c. */
#ifndef VTR_GEN_REACH_INSIDE_H
#define VTR_GEN_REACH_INSIDE_H

#include "gen/reach.h"
#include "guest_mem.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

#define REACH_DEVICES   64u
#define REACH_CONSUMERS 64u

/* Rows of REACH_CONTEXT and REACH_OUTCOME: what was asked. By register: RI_REGISTER more. */
enum {
    RI_CC_GLOBAL,
    RI_CC_DOMAIN,
    RI_CC_DEVICE,
    RI_IOTLB_GLOBAL,
    RI_IOTLB_DOMAIN,
    RI_IOTLB_PAGE,
    RI_REGISTER, /* the same six by register */
    RI_DEVTLB = 2 * RI_REGISTER,
    RI_IEC,
    RI_WAIT,
    RI_NONE
};

/* Columns of REACH_CONTEXT. */
enum {
    RC_OFF,
    RC_ROOT_UNREADABLE,
    RC_ROOT_ABSENT,
    RC_ROOT_RESERVED,
    RC_UNREADABLE,
    RC_ABSENT,
    RC_RESERVED,
    RC_WIDTH,
    RC_TYPE,
    RC_PASS,
    RC_LEVELS3,
    RC_LEVELS4,
    RC_LEVELS5
};

/* Rows and columns of REACH_ADDRESS. */
enum {
    RA_PAGE,
    RA_ALIGNED,
    RA_UNALIGNED,
    RA_REGISTER,
    RA_DEVTLB = 2 * RA_REGISTER,
    RA_DEVTLB_RANGE,
    RA_DMA_R,
    RA_DMA_W
};
enum {
    RT_BEYOND,
    RT_WINDOW,
    RT_HOLE1, /* by level */
    RT_HOLE2,
    RT_HOLE3,
    RT_HOLE4,
    RT_RESERVED1,
    RT_RESERVED2,
    RT_RESERVED3,
    RT_RESERVED4,
    RT_TOP_UNREADABLE,
    RT_UNREADABLE,
    RT_ALL_ONES,
    RT_LEAF1,
    RT_LEAF2,
    RT_LEAF3,
    RT_LEAF_R, /* beside the row of its size */
    RT_LEAF_W
};

/* Rows of REACH_STEP behind RI_CC_*, and its columns. No other invalidation switches anything. */
enum { RS_COMMAND = RI_CC_DEVICE + 1, RS_RESET, RS_DMA };
enum reach_step {
    STEP_ON, /* the device is translated from now on */
    STEP_OFF,
    STEP_RAM_MAPPED, /* what a consumer does itself when it is switched */
    STEP_RAM_UNMAPPED,
    STEP_REGISTER, /* asked for, granted or not */
    STEP_UNREGISTER,
    STEP_REPLAY
};

enum { RS_TWICE, RS_TOP, RS_OWN_TARGET, RS_QUEUE };

struct reach {
    uint64_t count[REACH_TABLES][REACH_ROWS][REACH_COLUMNS];
    struct guest_mem *mem;
    unsigned aw_bits;
    bool pt, dt, ir;
    uint32_t gsts;
    gpa_t root;
    bdf_t devices[REACH_DEVICES];
    unsigned device_count;
    uint64_t iqa, tail;
    unsigned heard; /* bits of REACH_OUTCOME's columns since the invalidation began */
    bool in_inval;
    unsigned inval; /* its row */
    struct {
        char name[NAME_BYTES];
        enum consumer_kind kind;
    } consumer[REACH_CONSUMERS];
    unsigned consumers;
    const struct rec *rec; /* the record under way */
    bool stranger;         /* it is the first word of its device, which joins now */
};

/** The context entry of a device as memory has it now: a column of REACH_CONTEXT. */
unsigned reach_context(const struct reach *r, bdf_t b, struct context *out);

/** What the tables of a device say about `a`, and everything that is to be counted of it. */
void reach_address(struct reach *r, bdf_t b, iova_t a, unsigned row);

/** Where [first, last] lies about the interrupt window, if near it. */
void reach_window(struct reach *r, unsigned row, uint64_t first, uint64_t last);

/** A register as a row of REACH_REGISTER; and all that a write of it touches. */
unsigned reach_register_row(unsigned off);
void reach_written(struct reach *r, unsigned off, uint64_t val, bool wide);

/** An invalidation by its two words: about to act, done; a descriptor that stopped the queue. */
void reach_inval_begin(struct reach *r, uint64_t lo, uint64_t hi, bool by_register);
void reach_inval_done(struct reach *r, uint64_t lo, bool by_register);
void reach_queue_error(struct reach *r, uint64_t lo, uint64_t hi);

/** A consumer joined or left. */
void reach_consumer(struct reach *r, const char *name, enum consumer_kind kind, bool joined);
/** What was set going, and who was told. */
void reach_step(struct reach *r, enum reach_step step);
void reach_told(struct reach *r, const struct note *n);

/** One more in a cell. */
void reach_hit(struct reach *r, enum reach_table t, unsigned row, unsigned column);

#endif
