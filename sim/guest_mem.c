/* SPDX-License-Identifier: MIT */
#include "guest_mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t zero_page[WORDS_PER_PAGE];

struct guest_mem *guest_mem_new(void)
{
    return calloc(1, sizeof(struct guest_mem));
}

static void leaf_free(struct mem_leaf *l)
{
    for (unsigned k = 0; k < MEM_LEAF_SLOTS; k++)
        free(l->page[k]);
    free(l);
}

void guest_mem_free(struct guest_mem *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < MEM_ROOT_SLOTS; i++) {
        if (!m->root[i])
            continue;
        for (unsigned j = 0; j < MEM_MID_SLOTS; j++)
            if (m->root[i]->leaf[j])
                leaf_free(m->root[i]->leaf[j]);
        free(m->root[i]);
    }
    while (m->spare) {
        struct mem_page *p = m->spare;

        m->spare = p->next;
        free(p);
    }
    free(m->blocks);
    free(m->log);
    free(m->spare_log);
    free(m);
}

void guest_mem_reset(struct guest_mem *m)
{
    while (m->held) {
        struct mem_page *p = m->held;
        uint64_t n = p->number;

        m->held = p->next;
        m->root[n / ((uint64_t)MEM_MID_SLOTS * MEM_LEAF_SLOTS)]
            ->leaf[n / MEM_LEAF_SLOTS % MEM_MID_SLOTS]
            ->page[n % MEM_LEAF_SLOTS] = NULL;
        *p = (struct mem_page){.next = m->spare};
        m->spare = p;
    }
    m->pages = 0;
    m->count = 0;
    m->zeros_count = 0;
    if (m->log) {
        mem_log_clear(m->log);
        m->spare_log = m->log;
        m->log = NULL;
    }
}

int guest_mem_add(struct guest_mem *m, struct ram_block b, struct err *e)
{
    uint64_t limit = UINT64_C(1) << GUEST_MEM_BITS;
    struct ram_block *grown;
    size_t at = 0;

    if (b.bytes == 0 || (b.bytes | b.gpa.v) & PAGE_4K_MASK)
        return err_set(e, EINVAL,
                       "RAM 0x%" PRIx64 " + 0x%" PRIx64
                       ": expected multiples of 4 KiB, at least one page",
                       b.gpa.v, b.bytes);
    if (b.gpa.v >= limit || b.bytes > limit - b.gpa.v)
        return err_set(e, EINVAL, "RAM 0x%" PRIx64 " + 0x%" PRIx64 " reaches beyond 2^%u bytes",
                       b.gpa.v, b.bytes, GUEST_MEM_BITS);
    while (at < m->count && m->blocks[at].gpa.v < b.gpa.v)
        at++;
    if ((at > 0 && m->blocks[at - 1].gpa.v + m->blocks[at - 1].bytes > b.gpa.v) ||
        (at < m->count && b.gpa.v + b.bytes > m->blocks[at].gpa.v))
        return err_set(e, EINVAL, "RAM 0x%" PRIx64 " + 0x%" PRIx64 " overlaps RAM named before",
                       b.gpa.v, b.bytes);
    grown = realloc(m->blocks, (m->count + 1) * sizeof(*grown));
    if (!grown)
        return err_set(e, ENOMEM, "out of memory for RAM ranges");
    m->blocks = grown;
    memmove(grown + at + 1, grown + at, (m->count - at) * sizeof(*grown));
    grown[at] = b;
    m->count++;
    return 0;
}

const struct ram_block *guest_mem_blocks(const struct guest_mem *m, size_t *count)
{
    *count = m->count;
    return m->blocks;
}

const struct ram_block *guest_mem_block_at(const struct guest_mem *m, gpa_t a)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ram_block *b = &m->blocks[middle];

        if (a.v < b->gpa.v)
            high = middle;
        else if (a.v - b->gpa.v >= b->bytes)
            low = middle + 1;
        else
            return b;
    }
    return NULL;
}

const uint64_t *guest_mem_page_unheld(const struct guest_mem *m, gpa_t a)
{
    for (unsigned i = 0; i < m->zeros_count; i++)
        if (a.v >= m->zeros[i].first && a.v < m->zeros[i].end)
            return zero_page;
    return guest_mem_block_at(m, a) ? zero_page : NULL;
}

const uint64_t *guest_mem_pair_far(const struct guest_mem *m, gpa_t a, struct guest_mem_near *near)
{
    const struct mem_page *p = mem_page_held(m, a);

    if (p)
        *near = (struct guest_mem_near){p->words, a.v / PAGE_4K_BYTES};
    return guest_mem_pair(m, a);
}

void guest_mem_zeros(struct guest_mem *m, gpa_t a, uint64_t bytes)
{
    if (m->zeros_count == GUEST_MEM_ZEROS)
        return;
    m->zeros[m->zeros_count].first = a.v;
    m->zeros[m->zeros_count++].end = a.v + bytes;
}

/* A page of zeros, in the list of those held. NULL: out of memory. */
static struct mem_page *page_new(struct guest_mem *m, uint64_t number)
{
    struct mem_page *p = m->spare;

    if (p)
        m->spare = p->next;
    else
        p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->number = number;
    p->next = m->held;
    m->held = p;
    m->pages++;
    return p;
}

/* The page of `a`, made when missing. `a` is known to be RAM. */
static struct mem_page *page_made(struct guest_mem *m, gpa_t a)
{
    uint64_t n = a.v / PAGE_4K_BYTES;
    struct mem_mid **mid = &m->root[n / ((uint64_t)MEM_MID_SLOTS * MEM_LEAF_SLOTS)];
    struct mem_leaf **leaf;
    struct mem_page **page;

    if (!*mid && !(*mid = calloc(1, sizeof(**mid))))
        return NULL;
    leaf = &(*mid)->leaf[n / MEM_LEAF_SLOTS % MEM_MID_SLOTS];
    if (!*leaf && !(*leaf = calloc(1, sizeof(**leaf))))
        return NULL;
    page = &(*leaf)->page[n % MEM_LEAF_SLOTS];
    if (!*page)
        *page = page_new(m, n);
    return *page;
}

bool guest_mem_follow(struct guest_mem *m)
{
    if (!m->log) {
        m->log = m->spare_log ? m->spare_log : mem_log_new();
        m->spare_log = NULL;
    }
    return m->log != NULL;
}

struct mem_log *guest_mem_log(const struct guest_mem *m)
{
    return m->log;
}

static void written(struct guest_mem *m, gpa_t a, struct mem_page *p)
{
    if (m->log && !mem_log_has(m->log, p->stamp))
        mem_log_add(m->log, a.v / PAGE_4K_BYTES, &p->stamp);
}

int guest_mem_store(struct guest_mem *m, gpa_t a, uint64_t val)
{
    struct mem_page *p = mem_page_held(m, a);

    if (!p) {
        if (!guest_mem_block_at(m, a))
            return -EFAULT;
        if (val == 0)
            return 0; /* reads as zero already */
        p = page_made(m, a);
        if (!p)
            return -ENOMEM;
    }
    p->words[a.v / 8 % WORDS_PER_PAGE] = val;
    written(m, a, p);
    return 0;
}

int guest_mem_write32(struct guest_mem *m, gpa_t a, uint32_t val)
{
    const struct ram_block *b = guest_mem_block_at(m, a);
    uint64_t old = 0;
    unsigned shift = a.v & 4 ? 32 : 0;
    gpa_t word = gpa(a.v & ~UINT64_C(7));

    if (!b || b->rom)
        return -EFAULT;
    (void)guest_mem_read(m, word, &old);
    old &= ~(UINT64_C(0xffffffff) << shift);
    return guest_mem_store(m, word, old | (uint64_t)val << shift);
}

/* True when all of [a, a + bytes) is RAM or ROM. */
static bool all_ram(const struct guest_mem *m, gpa_t a, uint64_t bytes)
{
    while (bytes) {
        const struct ram_block *b = guest_mem_block_at(m, a);
        uint64_t rest;

        if (!b)
            return false;
        rest = b->bytes - (a.v - b->gpa.v);
        if (rest >= bytes)
            return true;
        a.v += rest;
        bytes -= rest;
    }
    return true;
}

/* Bytes from `a` to the end of what one slot of the radix covers, at most `bytes`. */
static uint64_t span(gpa_t a, uint64_t slot_bytes, uint64_t bytes)
{
    uint64_t rest = slot_bytes - a.v % slot_bytes;

    return rest < bytes ? rest : bytes;
}

int guest_mem_zero(struct guest_mem *m, gpa_t a, uint64_t bytes)
{
    const uint64_t leaf_bytes = MEM_LEAF_SLOTS * PAGE_4K_BYTES;
    const uint64_t mid_bytes = MEM_MID_SLOTS * leaf_bytes;

    if (!all_ram(m, a, bytes))
        return -EFAULT;
    while (bytes) {
        const struct mem_mid *mid = m->root[a.v / mid_bytes];
        uint64_t step;

        if (!mid) {
            step = span(a, mid_bytes, bytes);
        } else if (!mid->leaf[a.v / leaf_bytes % MEM_MID_SLOTS]) {
            step = span(a, leaf_bytes, bytes);
        } else {
            struct mem_page *p = mem_page_held(m, a);

            step = span(a, PAGE_4K_BYTES, bytes);
            if (p) {
                memset(&p->words[a.v / 8 % WORDS_PER_PAGE], 0, step);
                written(m, a, p);
            }
        }
        a.v += step;
        bytes -= step;
    }
    return 0;
}

#define FEW_PAGES 128u

/* The lowest page at or after page `number`, by the list of those held. */
static const struct mem_page *page_from(const struct guest_mem *m, uint64_t number)
{
    const struct mem_page *lowest = NULL;

    for (const struct mem_page *p = m->held; p; p = p->next)
        if (p->number >= number && (!lowest || p->number < lowest->number))
            lowest = p;
    return lowest;
}

const uint64_t *guest_mem_written(const struct guest_mem *m, gpa_t *at)
{
    const uint64_t leaf_bytes = MEM_LEAF_SLOTS * PAGE_4K_BYTES;
    const uint64_t mid_bytes = MEM_MID_SLOTS * leaf_bytes;
    uint64_t a = at->v & ~PAGE_4K_MASK;

    if (m->pages <= FEW_PAGES) { /* cheaper than to look through the radix */
        const struct mem_page *p = page_from(m, a / PAGE_4K_BYTES);

        *at = p ? gpa(p->number * PAGE_4K_BYTES) : *at;
        return p ? p->words : NULL;
    }
    while (!(a >> GUEST_MEM_BITS)) {
        const struct mem_mid *mid = m->root[a / mid_bytes];
        const struct mem_page *p = mid ? mem_page_held(m, gpa(a)) : NULL;

        if (p) {
            *at = gpa(a);
            return p->words;
        }
        if (!mid)
            a += span(gpa(a), mid_bytes, UINT64_MAX);
        else if (!mid->leaf[a / leaf_bytes % MEM_MID_SLOTS])
            a += span(gpa(a), leaf_bytes, UINT64_MAX);
        else
            a += PAGE_4K_BYTES;
    }
    return NULL;
}

uint64_t guest_mem_bytes_held(const struct guest_mem *m)
{
    return m->pages * WORDS_PER_PAGE * 8;
}
