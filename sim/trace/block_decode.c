/* SPDX-License-Identifier: MIT */
#include "trace/block_decode.h"

#include <errno.h>

#include "trace/column_read.h"
#include "trace/rec_check.h"

/* A record of COL_TEXT, checked by its parser. */
static bool get_text(struct block_decoder *b, struct rec *rec, struct rec_store *store,
                     struct err *err)
{
    struct column_bytes *c = &b->col[COL_TEXT];
    size_t n = (size_t)(c->end - c->p);
    const uint8_t *eol = n ? memchr(c->p, '\n', n) : NULL;
    struct field word;
    enum rec_kind kind;
    enum line_kind line;
    struct scan s;

    if (!eol)
        return ends_early(COL_TEXT, err);
    n = (size_t)(eol - c->p);
    if (n > TEXT_LINE_MAX)
        return out_of_range(COL_TEXT, err);
    s = scan_line((const char *)c->p, n, err);
    c->p = eol + 1;
    line = line_kind(&s, &word, &kind);
    if (line != LINE_EVENT && line != LINE_EITHER) {
        err_set(err, EBADMSG, "column text holds a line that is no event");
        return false;
    }
    return parse_event(&s, word, kind, rec, store, &b->model.at_ns);
}

static bool get_at(struct block_decoder *b, struct rec *rec, struct err *err)
{
    uint64_t step;

    if (!get_varint(b, COL_AT, &step, err))
        return false;
    if (step > UINT64_MAX - b->model.at_ns)
        return out_of_range(COL_AT, err);
    rec->u.at.ns = b->model.at_ns + step;
    return true;
}

static bool get_record(struct block_decoder *b, struct rec *rec, struct rec_store *store,
                       struct err *err)
{
    static const enum rec_kind kinds[] = {
        [BK_W32] = REC_W32,  [BK_W64] = REC_W64,  [BK_R32] = REC_R32,       [BK_R64] = REC_R64,
        [BK_MEM1] = REC_MEM, [BK_MEM2] = REC_MEM, [BK_MEMN] = REC_MEM,      [BK_ZERO] = REC_ZERO,
        [BK_DMA] = REC_DMA,  [BK_AT] = REC_AT,    [BK_EXPECT] = REC_EXPECT,
    };
    unsigned kind;

    if (!get_u8(b, COL_KIND, &kind, err))
        return false;
    if (kind >= BLOCK_KINDS)
        return out_of_range(COL_KIND, err);
    if (kind == BK_TEXT)
        return get_text(b, rec, store, err);
    rec->kind = kinds[kind];
    switch ((enum block_kind)kind) {
    case BK_W32:
    case BK_W64:
    case BK_R32:
    case BK_R64:
        if (!get_reg(b, rec, err))
            return false;
        break;
    case BK_MEM1:
    case BK_MEM2:
    case BK_MEMN:
        /* A page, a word of it, words up to its end: no rule is left to check. */
        return get_mem(b, (enum block_kind)kind, rec, store->val, err);
    case BK_ZERO:
        if (!get_zero(b, rec, err))
            return false;
        break;
    case BK_DMA:
        if (!get_dma(b, rec, err))
            return false;
        break;
    case BK_AT:
        if (!get_at(b, rec, err))
            return false;
        break;
    case BK_EXPECT:
        if (!get_expect(b, &rec->u.expect, err))
            return false;
        break;
    case BK_TEXT:
    case BLOCK_KINDS: break;
    }
    return rec_check(rec, &b->model.at_ns, err) == 0;
}

int block_decode_begin(struct block_decoder *b, const struct block_head *head, const uint8_t *body,
                       struct err *err)
{
    uint64_t at = BLOCK_DIRECTORY_BYTES;

    if (head->body < BLOCK_DIRECTORY_BYTES)
        return err_set(err, EBADMSG, "the block ends inside its directory of columns");
    for (int i = 0; i < COLUMNS; i++) {
        uint32_t n = get_u32(body + 4 * i);

        if (n > head->body - at)
            return err_set(err, EBADMSG, "column %s passes the end of its block", COLUMN_NAMES[i]);
        b->col[i] = (struct column_bytes){body + at, body + at + n};
        at += n;
    }
    if (at != head->body)
        return err_set(err, EBADMSG, "0x%llx bytes in the block that belong to no column",
                       (unsigned long long)(head->body - at));
    if (b->col[COL_KIND].end - b->col[COL_KIND].p != (int64_t)head->count)
        return err_set(err, EBADMSG, "the block claims %u records, its column kind holds %lld",
                       head->count, (long long)(b->col[COL_KIND].end - b->col[COL_KIND].p));
    b->left = head->count;
    b->names = 0;
    model_reset(&b->model, head->at_ns);
    return 0;
}

int block_decode_next(struct block_decoder *b, struct rec *rec, struct rec_store *store,
                      struct err *err)
{
    if (b->left > 0) {
        b->left--;
        return get_record(b, rec, store, err) ? 1 : -EBADMSG;
    }
    for (int i = 0; i < COLUMNS; i++)
        if (b->col[i].p != b->col[i].end)
            return err_set(err, EBADMSG, "column %s holds more than its records", COLUMN_NAMES[i]);
    return 0;
}
