/* SPDX-License-Identifier: MIT */
/*
 * What packer and reader both remember inside one block to foretell the next record: the last
 * value of each register, the recent pages of memory with their words, the recent IOVA pages of
 * each device. It starts empty with every block, so that blocks stand alone.
 */
#ifndef VTR_TRACE_BLOCK_MODEL_H
#define VTR_TRACE_BLOCK_MODEL_H

#include <string.h>

#include "trace/block.h"

#define RECENT       16u /* pages remembered, most recent first: what four bits can name */
#define DMA_CONTEXTS 16u
#define DMA_TARGETS  1024u

struct recent_page {
    uint64_t page; /* GPA >> 12 */
    uint64_t high; /* bits 63:12 of the last word that was not 0 */
    uint32_t next; /* index of the word after the last one written */
    /* Which words were written; the others of `word` hold anything: a page that is entered would
     * else cost 4 KiB of zeros, each time. */
    uint64_t written[WORDS_PER_PAGE / 64];
    uint64_t word[WORDS_PER_PAGE];
};

struct dma_page {
    uint64_t page;   /* IOVA >> 12 */
    uint64_t target; /* GPA >> 12 last seen */
    uint64_t off;    /* offset in the page of the last access */
};

struct dma_context {
    uint32_t pages;
    struct dma_page recent[RECENT];
};

struct block_model {
    uint64_t reg[4096 / 4];
    uint32_t mem_pages;
    uint64_t mem_order; /* indices of mem[], four bits each, most recent lowest */
    uint64_t mem_new;   /* page number last entered */
    struct recent_page mem[RECENT];
    uint64_t zero_next;
    struct dma_context dma[DMA_CONTEXTS];
    struct {
        uint64_t key;
        uint64_t target;
    } dma_target[DMA_TARGETS];
    uint64_t at_ns;
    uint64_t expect_iova;
    uint64_t expect_gpa;
};

/** Start a block at virtual time `at_ns`. */
static inline void model_reset(struct block_model *m, uint64_t at_ns)
{
    memset(m->reg, 0, sizeof(m->reg));
    m->mem_pages = 0;
    m->mem_order = 0;
    m->mem_new = 0;
    m->zero_next = 0;
    for (unsigned i = 0; i < DMA_CONTEXTS; i++)
        m->dma[i].pages = 0;
    memset(m->dma_target, 0, sizeof(m->dma_target));
    m->at_ns = at_ns;
    m->expect_iova = 0;
    m->expect_gpa = 0;
}

/** Which of mem[] stands at position `i` (below RECENT). */
static inline unsigned mem_at(const struct block_model *m, unsigned i)
{
    return m->mem_order >> 4 * i & 15;
}

/** Position of `page` among the recent, or SLOT_NEW. */
static inline unsigned mem_find(const struct block_model *m, uint64_t page)
{
    for (unsigned i = 0; i < m->mem_pages; i++)
        if (m->mem[mem_at(m, i)].page == page)
            return i;
    return SLOT_NEW;
}

/** Make the page at position `i` the most recent. */
static inline struct recent_page *mem_touch(struct block_model *m, unsigned i)
{
    uint64_t before = m->mem_order & ((UINT64_C(1) << 4 * i) - 1);
    unsigned which = mem_at(m, i);

    m->mem_order = (m->mem_order & ~(before | UINT64_C(15) << 4 * i)) | before << 4 | which;
    return &m->mem[which];
}

/** Enter a page that is not among the recent; the least recent goes when there is no room. */
static inline struct recent_page *mem_enter(struct block_model *m, uint64_t page)
{
    struct recent_page *p;

    if (m->mem_pages < RECENT) {
        m->mem_order |= (uint64_t)m->mem_pages << 4 * m->mem_pages;
        m->mem_pages++;
    }
    p = mem_touch(m, m->mem_pages - 1);
    p->page = page;
    p->high = 0;
    p->next = 0;
    memset(p->written, 0, sizeof(p->written));
    m->mem_new = page;
    return p;
}

/** Word `w` of the page is `v` from now on. */
static inline void mem_learn(struct recent_page *p, uint32_t w, uint64_t v)
{
    p->word[w] = v;
    p->written[w / 64] |= UINT64_C(1) << w % 64;
}

/** From word `next` to word `first` of a page the short way round: -256 to 255, as 64 bits. */
static inline uint64_t mem_step(uint32_t first, uint32_t next)
{
    uint64_t step = (first - next) % WORDS_PER_PAGE;

    return step < WORDS_PER_PAGE / 2 ? step : step - WORDS_PER_PAGE;
}

/** What word `w` of a two-word store is foretold to be: the word four before it, 0 when nothing was
 * written there. */
static inline uint64_t mem_foretell(const struct recent_page *p, uint32_t w)
{
    uint32_t four_before = (w - 4) % WORDS_PER_PAGE;

    return p->written[four_before / 64] >> four_before % 64 & 1 ? p->word[four_before] : 0;
}

static inline struct dma_context *dma_context(struct block_model *m, bdf_t b)
{
    return &m->dma[(b.v ^ b.v >> 3 ^ b.v >> 8) % DMA_CONTEXTS];
}

static inline unsigned dma_find(const struct dma_context *c, uint64_t page)
{
    for (unsigned i = 0; i < c->pages; i++)
        if (c->recent[i].page == page)
            return i;
    return SLOT_NEW;
}

static inline struct dma_page *dma_touch(struct dma_context *c, unsigned i)
{
    struct dma_page p = c->recent[i];

    for (; i > 0; i--)
        c->recent[i] = c->recent[i - 1];
    c->recent[0] = p;
    return &c->recent[0];
}

/* Where the target of a device's page is remembered for longer than the recent pages are. */
static inline unsigned dma_target_index(uint64_t key)
{
    return (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> 54);
}

static inline uint64_t dma_target_key(bdf_t b, uint64_t page)
{
    return page << 12 ^ b.v;
}

static inline struct dma_page *dma_enter(struct block_model *m, struct dma_context *c, bdf_t b,
                                         uint64_t page)
{
    uint64_t key = dma_target_key(b, page);
    unsigned i = dma_target_index(key);
    struct dma_page *p;

    if (c->pages < RECENT)
        c->pages++;
    p = dma_touch(c, c->pages - 1);
    p->page = page;
    p->off = 0;
    p->target = m->dma_target[i].key == key ? m->dma_target[i].target : 0;
    return p;
}

static inline void dma_learn(struct block_model *m, struct dma_page *p, bdf_t b, uint64_t target)
{
    uint64_t key = dma_target_key(b, p->page);
    unsigned i = dma_target_index(key);

    p->target = target;
    m->dma_target[i].key = key;
    m->dma_target[i].target = target;
}

#endif
