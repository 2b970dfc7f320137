/* SPDX-License-Identifier: MIT */
#include "trace/block_encode.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "trace/block_model.h"
#include "trace/text_write.h"

struct bytes {
    uint8_t *p;
    size_t n;
    size_t cap;
};

struct block_encoder {
    struct bytes col[COLUMNS];
    uint32_t count;
    uint32_t names;
    bool no_memory;
    struct block_model model;
    char name[BLOCK_NAMES][NAME_BYTES]; /* from here on it begins as it is */
    char line[REC_TEXT_BYTES];
};

struct block_encoder *block_encoder_new(void)
{
    struct block_encoder *e = malloc(sizeof(*e));

    if (e)
        memset(e, 0, offsetof(struct block_encoder, name));
    return e;
}

void block_encoder_free(struct block_encoder *e)
{
    if (!e)
        return;
    for (int i = 0; i < COLUMNS; i++)
        free(e->col[i].p);
    free(e);
}

void block_begin(struct block_encoder *e, uint64_t at_ns)
{
    for (int i = 0; i < COLUMNS; i++)
        e->col[i].n = 0;
    e->count = 0;
    e->names = 0;
    model_reset(&e->model, at_ns);
}

static uint8_t *room(struct block_encoder *e, enum column c, size_t n)
{
    struct bytes *b = &e->col[c];

    if (b->cap - b->n < n) {
        size_t cap = b->cap * 2 + n + 1024;
        uint8_t *p = realloc(b->p, cap);

        if (!p) {
            e->no_memory = true;
            return NULL;
        }
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

static void add_bytes(struct block_encoder *e, enum column c, const void *bytes, size_t n)
{
    uint8_t *p = room(e, c, n);

    if (p) {
        memcpy(p, bytes, n);
        e->col[c].n += n;
    }
}

static void add_u8(struct block_encoder *e, enum column c, unsigned v)
{
    uint8_t byte = (uint8_t)v;

    add_bytes(e, c, &byte, 1);
}

static void add_u16(struct block_encoder *e, enum column c, uint16_t v)
{
    uint8_t two[2];

    put_u16(two, v);
    add_bytes(e, c, two, 2);
}

static void add_varint(struct block_encoder *e, enum column c, uint64_t v)
{
    uint8_t *p = room(e, c, 10);
    size_t n = 0;

    if (!p)
        return;
    for (; v > 0x7f; v >>= 7)
        p[n++] = (uint8_t)(v | 0x80);
    p[n++] = (uint8_t)v;
    e->col[c].n += n;
}

static void add_delta(struct block_encoder *e, enum column c, uint64_t v, uint64_t foretold)
{
    add_varint(e, c, zigzag(v - foretold));
}

static void add_reg(struct block_encoder *e, const struct rec *rec)
{
    uint64_t *last = &e->model.reg[rec->u.reg.off / 4];

    add_u16(e, COL_REG_OFF, rec->u.reg.off);
    add_delta(e, COL_REG_VAL, rec->u.reg.val, *last);
    *last = rec->u.reg.val;
}

static void add_word(struct block_encoder *e, struct recent_page *p, uint64_t v)
{
    if (v == 0) {
        add_varint(e, COL_MEM_LOW, 0);
        return;
    }
    add_varint(e, COL_MEM_LOW, (v & PAGE_4K_MASK) + 1);
    add_delta(e, COL_MEM_HIGH, v >> 12, p->high);
    p->high = v >> 12;
}

static void add_mem(struct block_encoder *e, const struct rec *rec)
{
    uint64_t page = rec->u.mem.gpa.v >> 12;
    uint32_t first = (uint32_t)(rec->u.mem.gpa.v & PAGE_4K_MASK) / 8;
    uint32_t words = rec->u.mem.words;
    unsigned slot = mem_find(&e->model, page);
    struct recent_page *p;

    add_u8(e, COL_MEM_SLOT, slot);
    if (slot == SLOT_NEW) {
        add_delta(e, COL_MEM_PAGE, page, e->model.mem_new);
        p = mem_enter(&e->model, page);
    } else {
        p = mem_touch(&e->model, slot);
    }
    add_varint(e, COL_MEM_WORD, zigzag(mem_step(first, p->next)));
    p->next = (first + words) % WORDS_PER_PAGE;
    if (words > 2)
        add_varint(e, COL_MEM_WORDS, words - 3);
    for (uint32_t i = 0; i < words; i++) {
        uint64_t v = rec->u.mem.val[i];

        if (words == 2)
            add_delta(e, COL_MEM_PAIR, v, mem_foretell(p, first + i));
        else
            add_word(e, p, v);
        mem_learn(p, first + i, v);
    }
}

static void add_zero(struct block_encoder *e, const struct rec *rec)
{
    add_delta(e, COL_ZERO_GPA, rec->u.zero.gpa.v, e->model.zero_next);
    add_varint(e, COL_ZERO_WORDS, rec->u.zero.bytes / 8 - 1);
    e->model.zero_next = rec->u.zero.gpa.v + rec->u.zero.bytes;
}

static void add_dma(struct block_encoder *e, const struct rec *rec)
{
    bdf_t b = rec->u.dma.bdf;
    uint64_t page = rec->u.dma.iova.v >> 12;
    uint64_t off = rec->u.dma.iova.v & PAGE_4K_MASK;
    struct dma_context *c = dma_context(&e->model, b);
    unsigned slot = dma_find(c, page);
    unsigned sort = (unsigned)rec->u.dma.access | (unsigned)rec->u.dma.seen << 2;
    bool other_off = rec->u.dma.seen == DMA_SEEN_GPA && (rec->u.dma.gpa.v & PAGE_4K_MASK) != off;
    struct dma_page *p;

    add_u16(e, COL_DMA_BDF, b.v);
    add_u8(e, COL_DMA_SORT, sort | (other_off ? DMA_SORT_GPA_OFF : 0));
    add_varint(e, COL_DMA_LEN, rec->u.dma.bytes - 1);
    add_u8(e, COL_DMA_SLOT, slot);
    if (slot == SLOT_NEW) {
        add_delta(e, COL_DMA_PAGE, page, c->pages ? c->recent[0].page : 0);
        p = dma_enter(&e->model, c, b, page);
    } else {
        p = dma_touch(c, slot);
    }
    add_delta(e, COL_DMA_OFF, off, p->off);
    p->off = off;
    if (rec->u.dma.seen == DMA_SEEN_FAULT)
        add_u8(e, COL_DMA_REASON, rec->u.dma.reason);
    if (rec->u.dma.seen != DMA_SEEN_GPA)
        return;
    add_delta(e, slot == SLOT_NEW ? COL_DMA_GPA_NEW : COL_DMA_GPA, rec->u.dma.gpa.v >> 12,
              p->target);
    if (other_off)
        add_varint(e, COL_DMA_GPA_OFF, rec->u.dma.gpa.v & PAGE_4K_MASK);
    dma_learn(&e->model, p, b, rec->u.dma.gpa.v >> 12);
}

static uint32_t name_index(struct block_encoder *e, const char *name)
{
    uint32_t i = 0;

    while (i < e->names && strcmp(e->name[i], name) != 0)
        i++;
    if (i == e->names) {
        memcpy(e->name[i], name, strlen(name) + 1);
        e->names++;
        add_bytes(e, COL_NAMES, name, strlen(name));
        add_u8(e, COL_NAMES, '\n');
    }
    return i;
}

static void add_expect(struct block_encoder *e, const struct expect_rec *x)
{
    struct block_model *m = &e->model;
    unsigned sort = (unsigned)x->op | (x->op == EXPECT_MAP ? (unsigned)x->perm << 2 : 0);

    add_u8(e, COL_EXPECT_SORT, sort | (x->has_result ? EXPECT_SORT_RESULT : 0));
    add_varint(e, COL_EXPECT_NAME, name_index(e, x->name));
    if (x->op == EXPECT_ABORT)
        return;
    add_delta(e, COL_EXPECT_IOVA, x->iova.v, m->expect_iova);
    add_varint(e, COL_EXPECT_SIZE, x->size);
    m->expect_iova = x->iova.v + x->size;
    if (x->op == EXPECT_MAP) {
        add_delta(e, COL_EXPECT_GPA, x->gpa.v, m->expect_gpa);
        m->expect_gpa = x->gpa.v + x->size;
    }
    if (x->has_result)
        add_varint(e, COL_EXPECT_RESULT, (uint64_t) - (int64_t)x->result);
}

static enum block_kind block_kind(const struct rec *rec)
{
    switch (rec->kind) {
    case REC_W32: return BK_W32;
    case REC_W64: return BK_W64;
    case REC_R32: return BK_R32;
    case REC_R64: return BK_R64;
    case REC_MEM:
        return rec->u.mem.words == 1 ? BK_MEM1 : rec->u.mem.words == 2 ? BK_MEM2 : BK_MEMN;
    case REC_ZERO: return BK_ZERO;
    case REC_DMA: return BK_DMA;
    case REC_AT: return BK_AT;
    case REC_EXPECT: return BK_EXPECT;
    default: return BK_TEXT;
    }
}

int block_add(struct block_encoder *e, const struct rec *rec)
{
    enum block_kind kind = block_kind(rec);

    add_u8(e, COL_KIND, kind);
    switch (kind) {
    case BK_W32:
    case BK_W64:
    case BK_R32:
    case BK_R64: add_reg(e, rec); break;
    case BK_MEM1:
    case BK_MEM2:
    case BK_MEMN: add_mem(e, rec); break;
    case BK_ZERO: add_zero(e, rec); break;
    case BK_DMA: add_dma(e, rec); break;
    case BK_AT:
        add_varint(e, COL_AT, rec->u.at.ns - e->model.at_ns);
        e->model.at_ns = rec->u.at.ns;
        break;
    case BK_EXPECT: add_expect(e, &rec->u.expect); break;
    case BK_TEXT:
    case BLOCK_KINDS: add_bytes(e, COL_TEXT, e->line, rec_text(rec, e->line)); break;
    }
    e->count++;
    return e->no_memory ? -ENOMEM : 0;
}

uint32_t block_count(const struct block_encoder *e)
{
    return e->count;
}

uint32_t block_names(const struct block_encoder *e)
{
    return e->names;
}

size_t block_body_bytes(const struct block_encoder *e)
{
    size_t n = BLOCK_DIRECTORY_BYTES;

    for (int i = 0; i < COLUMNS; i++)
        n += e->col[i].n;
    return n;
}

void block_body_put(const struct block_encoder *e, uint8_t *out)
{
    uint8_t *p = out + BLOCK_DIRECTORY_BYTES;

    for (int i = 0; i < COLUMNS; i++) {
        put_u32(out + 4 * i, (uint32_t)e->col[i].n);
        if (e->col[i].n)
            memcpy(p, e->col[i].p, e->col[i].n);
        p += e->col[i].n;
    }
}
