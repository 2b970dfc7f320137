/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a packed trace: layout 1, docs/trace-format.md, chapter 6. A block is a header of
 * 32 bytes and a body; the body of a block of records is a directory and its columns.
 */
#ifndef VTR_TRACE_BLOCK_H
#define VTR_TRACE_BLOCK_H

#include <stdint.h>

#include "base/err.h"
#include "trace/bytes.h"
#include "trace/record.h"
#include "trace/text_parse.h"

#define BLOCK_MAGIC        UINT32_C(0x42545456) /* "VTTB" */
#define BLOCK_LAYOUT       1u
#define BLOCK_HEADER_BYTES 32u
#define BLOCK_BODY_MAX     (4u * 1024 * 1024) /* what a reader accepts */
#define BLOCK_RECORDS_MAX  65536u             /* what a reader accepts */

enum block_type { BLOCK_TYPE_HEADER = 0, BLOCK_TYPE_RECORDS = 1 };

struct block_head {
    uint8_t type;
    uint32_t body;  /* bytes after the header */
    uint32_t count; /* records; 0 in a header block */
    uint64_t first; /* number of the first record, from 1; 0 in a header block */
    uint64_t at_ns; /* virtual time before the first record */
};

void block_head_put(uint8_t *p, const struct block_head *h);

/** Read and check the head of a block of `bytes` bytes. 0 or -EBADMSG with a sentence. */
int block_head_get(const uint8_t *p, uint64_t bytes, struct block_head *h, struct err *err);

/* Columns of a block of records, in the order they stand there. */
enum column {
    COL_KIND,
    COL_REG_OFF,
    COL_REG_VAL,
    COL_MEM_SLOT,
    COL_MEM_PAGE,
    COL_MEM_WORD,
    COL_MEM_WORDS,
    COL_MEM_PAIR,
    COL_MEM_LOW,
    COL_MEM_HIGH,
    COL_ZERO_GPA,
    COL_ZERO_WORDS,
    COL_DMA_BDF,
    COL_DMA_SORT,
    COL_DMA_LEN,
    COL_DMA_SLOT,
    COL_DMA_PAGE,
    COL_DMA_OFF,
    COL_DMA_GPA,
    COL_DMA_GPA_NEW,
    COL_DMA_GPA_OFF,
    COL_DMA_REASON,
    COL_AT,
    COL_EXPECT_SORT,
    COL_EXPECT_NAME,
    COL_EXPECT_IOVA,
    COL_EXPECT_SIZE,
    COL_EXPECT_GPA,
    COL_EXPECT_RESULT,
    COL_NAMES,
    COL_TEXT,
    COLUMNS
};
#define BLOCK_DIRECTORY_BYTES (4u * COLUMNS)

/** The names of the columns in messages and in the documentation. */
extern const char *const COLUMN_NAMES[COLUMNS];

/* Codes in COL_KIND. */
enum block_kind {
    BK_W32,
    BK_W64,
    BK_R32,
    BK_R64,
    BK_MEM1, /* one word */
    BK_MEM2, /* two words */
    BK_MEMN, /* three or more */
    BK_ZERO,
    BK_DMA,
    BK_AT,
    BK_EXPECT,
    BK_TEXT, /* any other: its canonical line in COL_TEXT */
    BLOCK_KINDS
};

#define SLOT_NEW    255u  /* in COL_MEM_SLOT, COL_DMA_SLOT: not among the recent */
#define BLOCK_NAMES 1024u /* different names of `expect` in one block */

/* COL_DMA_SORT: access in bits 1:0, seen in 3:2, bit 4: COL_DMA_GPA_OFF says the offset of GPA. */
#define DMA_SORT_GPA_OFF 0x10u
/* COL_EXPECT_SORT: op in bits 1:0, perm in 3:2, bit 4: has a result. */
#define EXPECT_SORT_RESULT 0x10u

static inline uint64_t zigzag(uint64_t delta)
{
    return delta << 1 ^ (uint64_t) - (delta >> 63);
}

static inline uint64_t unzigzag(uint64_t v)
{
    return v >> 1 ^ (uint64_t) - (v & 1);
}

#endif
