/* SPDX-License-Identifier: MIT */
#include "trace/block.h"

#include <errno.h>

const char *const COLUMN_NAMES[COLUMNS] = {
    "kind",        "reg-off",     "reg-val",    "mem-slot",      "mem-page",
    "mem-word",    "mem-words",   "mem-pair",   "mem-low",       "mem-high",
    "zero-gpa",    "zero-words",  "dma-bdf",    "dma-sort",      "dma-len",
    "dma-slot",    "dma-page",    "dma-off",    "dma-gpa",       "dma-gpa-new",
    "dma-gpa-off", "dma-reason",  "at",         "expect-sort",   "expect-name",
    "expect-iova", "expect-size", "expect-gpa", "expect-result", "names",
    "text",
};

void block_head_put(uint8_t *p, const struct block_head *h)
{
    put_u32(p, BLOCK_MAGIC);
    p[4] = BLOCK_LAYOUT;
    p[5] = h->type;
    put_u16(p + 6, 0);
    put_u32(p + 8, h->body);
    put_u32(p + 12, h->count);
    put_u64(p + 16, h->first);
    put_u64(p + 24, h->at_ns);
}

int block_head_get(const uint8_t *p, uint64_t bytes, struct block_head *h, struct err *err)
{
    if (bytes < BLOCK_HEADER_BYTES || get_u32(p) != BLOCK_MAGIC)
        return err_set(err, EBADMSG, "the frame holds no block: `VTTB` expected at its start");
    if (p[4] != BLOCK_LAYOUT)
        return err_set(err, EBADMSG, "layout %u of the packed form, this program reads layout %u",
                       p[4], BLOCK_LAYOUT);
    h->type = p[5];
    h->body = get_u32(p + 8);
    h->count = get_u32(p + 12);
    h->first = get_u64(p + 16);
    h->at_ns = get_u64(p + 24);
    if (h->type > BLOCK_TYPE_RECORDS || get_u16(p + 6) != 0)
        return err_set(err, EBADMSG, "a block of unknown type %u", h->type);
    if (h->body != bytes - BLOCK_HEADER_BYTES)
        return err_set(err, EBADMSG, "the block claims 0x%x bytes, its frame holds 0x%llx", h->body,
                       (unsigned long long)(bytes - BLOCK_HEADER_BYTES));
    if (h->type == BLOCK_TYPE_HEADER && (h->count != 0 || h->first != 0 || h->at_ns != 0))
        return err_set(err, EBADMSG, "a header block that claims records");
    if (h->type == BLOCK_TYPE_RECORDS && (h->count == 0 || h->count > BLOCK_RECORDS_MAX))
        return err_set(err, EBADMSG, "the block claims %u records, 1 to %u expected", h->count,
                       BLOCK_RECORDS_MAX);
    return 0;
}
