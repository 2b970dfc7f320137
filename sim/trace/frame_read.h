/* SPDX-License-Identifier: MIT */
/* One zstd frame of a packed trace, unpacked whole: its block. */
#ifndef VTR_TRACE_FRAME_READ_H
#define VTR_TRACE_FRAME_READ_H

#include "trace/block.h"
#include "trace/seek_table.h"

struct frame_reader {
    void *dctx;
    uint8_t *block;    /* the block last read */
    uint64_t capacity; /* of `block` */
    uint64_t bytes;    /* of the block */
    struct seek_entry entry;
};

/** 0 or -ENOMEM. */
int frame_reader_open(struct frame_reader *f);
void frame_reader_close(struct frame_reader *f);

/** Read the frame that begins at the window, and the head of its block. 0 or a negative errno. */
int frame_read(struct frame_reader *f, struct window *w, struct block_head *head, struct err *err);

#endif
