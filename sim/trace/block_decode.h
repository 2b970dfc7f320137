/* SPDX-License-Identifier: MIT */
/* The body of a block to records. Nothing in the bytes is believed. */
#ifndef VTR_TRACE_BLOCK_DECODE_H
#define VTR_TRACE_BLOCK_DECODE_H

#include "trace/block_model.h"

struct column_bytes {
    const uint8_t *p;
    const uint8_t *end;
};

struct block_decoder {
    struct column_bytes col[COLUMNS];
    uint32_t left; /* records not given yet */
    uint32_t names;
    struct block_model model;
    char name[BLOCK_NAMES][NAME_BYTES]; /* last */
};

/** Start on the body of the block `head`. The bytes must stay. 0 or -EBADMSG with a sentence. */
int block_decode_begin(struct block_decoder *b, const struct block_head *head, const uint8_t *body,
                       struct err *err);

/**
 * The next record, checked; it points into `store`. 1, 0 when the block is done and wholly used, or
 * -EBADMSG with a sentence.
 */
int block_decode_next(struct block_decoder *b, struct rec *rec, struct rec_store *store,
                      struct err *err);

#endif
