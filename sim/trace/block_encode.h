/* SPDX-License-Identifier: MIT */
/* Records to the body of a block. */
#ifndef VTR_TRACE_BLOCK_ENCODE_H
#define VTR_TRACE_BLOCK_ENCODE_H

#include <stddef.h>

#include "trace/block.h"

struct block_encoder;

/** NULL when there is no memory. It begins with a block at time 0. */
struct block_encoder *block_encoder_new(void);
void block_encoder_free(struct block_encoder *e);

/** Begin the next block at virtual time `at_ns`. */
void block_begin(struct block_encoder *e, uint64_t at_ns);

/** Append `rec`, which obeys rec_check(). 0 or -ENOMEM. */
int block_add(struct block_encoder *e, const struct rec *rec);

/** Records in the block so far, and bytes of its body. */
uint32_t block_count(const struct block_encoder *e);
size_t block_body_bytes(const struct block_encoder *e);

/** Different names of `expect` so far; a block holds at most BLOCK_NAMES. */
uint32_t block_names(const struct block_encoder *e);

/** Write the body, block_body_bytes() long, to `out`. */
void block_body_put(const struct block_encoder *e, uint8_t *out);

#endif
