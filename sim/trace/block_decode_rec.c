/* SPDX-License-Identifier: MIT */
/* The kinds of records that have columns of their own. */
#include "trace/column_read.h"
#include "trace/rec_check.h"

bool get_reg(struct block_decoder *b, struct rec *rec, struct err *err)
{
    uint64_t *last;

    if (!get_two(b, COL_REG_OFF, &rec->u.reg.off, err))
        return false;
    if (rec->u.reg.off > PAGE_4K_MASK)
        return out_of_range(COL_REG_OFF, err);
    last = &b->model.reg[rec->u.reg.off / 4];
    if (!get_delta(b, COL_REG_VAL, *last, &rec->u.reg.val, err))
        return false;
    *last = rec->u.reg.val;
    return true;
}

static bool get_word(struct block_decoder *b, struct recent_page *p, uint64_t *v, struct err *err)
{
    if (!get_below(b, COL_MEM_LOW, PAGE_4K_BYTES + 1, v, err))
        return false;
    if (*v == 0)
        return true;
    if (!get_delta52(b, COL_MEM_HIGH, p->high, &p->high, err))
        return false;
    *v = p->high << 12 | (*v - 1);
    return true;
}

static bool get_mem_page(struct block_decoder *b, struct recent_page **p, struct err *err)
{
    unsigned slot;
    uint64_t page;

    if (!get_u8(b, COL_MEM_SLOT, &slot, err))
        return false;
    if (slot == SLOT_NEW) {
        if (!get_delta52(b, COL_MEM_PAGE, b->model.mem_new, &page, err))
            return false;
        *p = mem_enter(&b->model, page);
        return true;
    }
    if (slot >= b->model.mem_pages)
        return out_of_range(COL_MEM_SLOT, err);
    *p = mem_touch(&b->model, slot);
    return true;
}

bool get_mem(struct block_decoder *b, enum block_kind kind, struct rec *rec, uint64_t *val,
             struct err *err)
{
    uint64_t words = kind == BK_MEM1 ? 1 : 2;
    uint64_t step;
    struct recent_page *p;
    uint32_t first;

    if (!get_mem_page(b, &p, err) || !get_varint(b, COL_MEM_WORD, &step, err))
        return false;
    if (kind == BK_MEMN) {
        if (!get_below(b, COL_MEM_WORDS, MEM_WORDS_MAX - 2, &words, err))
            return false;
        words += 3;
    }
    first = (uint32_t)((p->next + unzigzag(step)) % WORDS_PER_PAGE);
    if (first + words > WORDS_PER_PAGE)
        return out_of_range(COL_MEM_WORD, err);
    for (uint32_t i = 0; i < words; i++) {
        bool good = kind == BK_MEM2
                        ? get_delta(b, COL_MEM_PAIR, mem_foretell(p, first + i), &val[i], err)
                        : get_word(b, p, &val[i], err);

        if (!good)
            return false;
        mem_learn(p, first + i, val[i]);
    }
    p->next = (first + (uint32_t)words) % WORDS_PER_PAGE;
    rec->u.mem.gpa = gpa(p->page << 12 | first * 8);
    rec->u.mem.words = (uint32_t)words;
    rec->u.mem.val = val;
    return true;
}

bool get_zero(struct block_decoder *b, struct rec *rec, struct err *err)
{
    uint64_t words;

    if (!get_delta(b, COL_ZERO_GPA, b->model.zero_next, &rec->u.zero.gpa.v, err) ||
        !get_below(b, COL_ZERO_WORDS, UINT64_MAX / 8, &words, err))
        return false;
    rec->u.zero.bytes = (words + 1) * 8;
    b->model.zero_next = rec->u.zero.gpa.v + rec->u.zero.bytes;
    return true;
}

static bool get_dma_page(struct block_decoder *b, bdf_t dev, struct dma_page **p, bool *fresh,
                         struct err *err)
{
    struct dma_context *c = dma_context(&b->model, dev);
    uint64_t page;
    unsigned slot;

    if (!get_u8(b, COL_DMA_SLOT, &slot, err))
        return false;
    *fresh = slot == SLOT_NEW;
    if (*fresh) {
        if (!get_delta52(b, COL_DMA_PAGE, c->pages ? c->recent[0].page : 0, &page, err))
            return false;
        *p = dma_enter(&b->model, c, dev, page);
        return true;
    }
    if (slot >= c->pages)
        return out_of_range(COL_DMA_SLOT, err);
    *p = dma_touch(c, slot);
    return true;
}

static bool get_dma_seen(struct block_decoder *b, unsigned sort, bool fresh, struct dma_page *p,
                         struct rec *rec, struct err *err)
{
    uint64_t target, off = p->off;
    unsigned reason = 0;

    rec->u.dma.gpa = gpa(0);
    rec->u.dma.reason = 0;
    if (rec->u.dma.seen == DMA_SEEN_FAULT) {
        if (!get_u8(b, COL_DMA_REASON, &reason, err))
            return false;
        rec->u.dma.reason = (uint8_t)reason;
    }
    if (rec->u.dma.seen != DMA_SEEN_GPA)
        return !(sort & DMA_SORT_GPA_OFF) || out_of_range(COL_DMA_SORT, err);
    if (!get_delta52(b, fresh ? COL_DMA_GPA_NEW : COL_DMA_GPA, p->target, &target, err))
        return false;
    if ((sort & DMA_SORT_GPA_OFF) && !get_below(b, COL_DMA_GPA_OFF, PAGE_4K_BYTES, &off, err))
        return false;
    dma_learn(&b->model, p, rec->u.dma.bdf, target);
    rec->u.dma.gpa = gpa(target << 12 | off);
    return true;
}

bool get_dma(struct block_decoder *b, struct rec *rec, struct err *err)
{
    struct dma_page *p;
    unsigned sort;
    uint64_t len;
    bool fresh;

    if (!get_two(b, COL_DMA_BDF, &rec->u.dma.bdf.v, err) || !get_u8(b, COL_DMA_SORT, &sort, err) ||
        !get_below(b, COL_DMA_LEN, PAGE_4K_BYTES, &len, err) ||
        !get_dma_page(b, rec->u.dma.bdf, &p, &fresh, err) ||
        !get_delta(b, COL_DMA_OFF, p->off, &p->off, err))
        return false;
    if (sort >= 2 * DMA_SORT_GPA_OFF || (sort & 3) > DMA_ANY)
        return out_of_range(COL_DMA_SORT, err);
    if (p->off > PAGE_4K_MASK)
        return out_of_range(COL_DMA_OFF, err);
    rec->u.dma.access = (enum dma_access)(sort & 3);
    rec->u.dma.seen = (enum dma_seen)(sort >> 2 & 3);
    rec->u.dma.iova = iova(p->page << 12 | p->off);
    rec->u.dma.bytes = (uint32_t)len + 1;
    return get_dma_seen(b, sort, fresh, p, rec, err);
}

static bool get_name(struct block_decoder *b, char *name, struct err *err)
{
    struct column_bytes *c = &b->col[COL_NAMES];
    const uint8_t *eol;
    uint64_t i;

    if (!get_below(b, COL_EXPECT_NAME, BLOCK_NAMES, &i, err))
        return false;
    if (i > b->names)
        return out_of_range(COL_EXPECT_NAME, err);
    if (i == b->names) {
        size_t n = (size_t)(c->end - c->p);

        eol = memchr(c->p, '\n', n < NAME_BYTES ? n : NAME_BYTES);
        if (!eol)
            return n < NAME_BYTES ? ends_early(COL_NAMES, err) : out_of_range(COL_NAMES, err);
        memcpy(b->name[i], c->p, (size_t)(eol - c->p));
        b->name[i][eol - c->p] = 0;
        c->p = eol + 1;
        b->names++;
    }
    memcpy(name, b->name[i], NAME_BYTES);
    return true;
}

bool get_expect(struct block_decoder *b, struct expect_rec *x, struct err *err)
{
    struct block_model *m = &b->model;
    uint64_t result = 0;
    unsigned sort;

    if (!get_u8(b, COL_EXPECT_SORT, &sort, err) || !get_name(b, x->name, err))
        return false;
    if (sort >= 2 * EXPECT_SORT_RESULT)
        return out_of_range(COL_EXPECT_SORT, err);
    x->op = (enum expect_op)(sort & 3);
    x->perm = (enum perm)(sort >> 2 & 3);
    if (x->op != EXPECT_MAP && x->perm != PERM_NONE)
        return out_of_range(COL_EXPECT_SORT, err);
    x->has_result = sort & EXPECT_SORT_RESULT;
    x->iova = iova(0);
    x->gpa = gpa(0);
    x->size = 0;
    x->result = 0;
    if (x->op == EXPECT_ABORT)
        return true;
    if (!get_delta(b, COL_EXPECT_IOVA, m->expect_iova, &x->iova.v, err) ||
        !get_varint(b, COL_EXPECT_SIZE, &x->size, err))
        return false;
    m->expect_iova = x->iova.v + x->size;
    if (x->op == EXPECT_MAP) {
        if (!get_delta(b, COL_EXPECT_GPA, m->expect_gpa, &x->gpa.v, err))
            return false;
        m->expect_gpa = x->gpa.v + x->size;
    }
    if (x->has_result && !get_below(b, COL_EXPECT_RESULT, ERRNO_MAX + 1, &result, err))
        return false;
    x->result = -(int32_t)result;
    return true;
}
