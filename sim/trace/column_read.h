/* SPDX-License-Identifier: MIT */
/* Reading one value of a column, with its bounds. Inside block_decode*.c only. */
#ifndef VTR_TRACE_COLUMN_READ_H
#define VTR_TRACE_COLUMN_READ_H

#include <errno.h>

#include "trace/block_decode.h"

static inline bool ends_early(enum column c, struct err *err)
{
    err_set(err, EBADMSG, "column %s ends before its last record", COLUMN_NAMES[c]);
    return false;
}

static inline bool out_of_range(enum column c, struct err *err)
{
    err_set(err, EBADMSG, "column %s holds a value out of its range", COLUMN_NAMES[c]);
    return false;
}

static inline bool get_u8(struct block_decoder *b, enum column c, unsigned *v, struct err *err)
{
    if (b->col[c].p == b->col[c].end)
        return ends_early(c, err);
    *v = *b->col[c].p++;
    return true;
}

static inline bool get_two(struct block_decoder *b, enum column c, uint16_t *v, struct err *err)
{
    if (b->col[c].end - b->col[c].p < 2)
        return ends_early(c, err);
    *v = get_u16(b->col[c].p);
    b->col[c].p += 2;
    return true;
}

static inline bool get_varint(struct block_decoder *b, enum column c, uint64_t *v, struct err *err)
{
    const uint8_t *p = b->col[c].p;
    const uint8_t *end = b->col[c].end;
    uint64_t x = 0;
    unsigned shift = 0;

    for (; p < end; shift += 7) {
        uint8_t byte = *p++;

        if (shift == 63 && byte > 1)
            return out_of_range(c, err);
        x |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            b->col[c].p = p;
            *v = x;
            return true;
        }
    }
    return ends_early(c, err);
}

static inline bool get_below(struct block_decoder *b, enum column c, uint64_t limit, uint64_t *v,
                             struct err *err)
{
    return get_varint(b, c, v, err) && (*v < limit || out_of_range(c, err));
}

static inline bool get_delta(struct block_decoder *b, enum column c, uint64_t foretold, uint64_t *v,
                             struct err *err)
{
    uint64_t delta;

    if (!get_varint(b, c, &delta, err))
        return false;
    *v = foretold + unzigzag(delta);
    return true;
}

/* A page number, or the bits above the lowest 12 of a word. */
static inline bool get_delta52(struct block_decoder *b, enum column c, uint64_t foretold,
                               uint64_t *v, struct err *err)
{
    return get_delta(b, c, foretold, v, err) && (*v >> 52 == 0 || out_of_range(c, err));
}

/* Records by kind; false with a sentence. */
bool get_reg(struct block_decoder *b, struct rec *rec, struct err *err);
bool get_mem(struct block_decoder *b, enum block_kind kind, struct rec *rec, uint64_t *val,
             struct err *err);
bool get_zero(struct block_decoder *b, struct rec *rec, struct err *err);
bool get_dma(struct block_decoder *b, struct rec *rec, struct err *err);
bool get_expect(struct block_decoder *b, struct expect_rec *x, struct err *err);

#endif
