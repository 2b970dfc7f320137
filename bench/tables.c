/* SPDX-License-Identifier: MIT */
#include "bench/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/random.h"

#define WORDS      512u
#define LEVELS     5u
#define PAGE       UINT64_C(0x1000)
#define LARGE      UINT64_C(0x200000)
#define READ_WRITE UINT64_C(3)
#define LARGE_BIT  UINT64_C(0x80)

const char *shape_letter(enum shape s)
{
    static const char *const letters[] = {"c", "s", "t", "m", "z"};

    return letters[s];
}

uint64_t tables_iova(const struct tables_plan *p, uint64_t i)
{
    uint64_t step = p->shape == SHAPE_CONTIGUOUS ? p->stride * PAGE : LARGE;

    return TABLES_FIRST_IOVA + i * step;
}

uint64_t tables_entry(const struct tables_plan *p, uint64_t i, bool again)
{
    bool large = p->shape == SHAPE_LARGE;
    uint64_t size = large ? LARGE : PAGE, slots = TARGETS_BYTES / size;
    /* Scattered by a multiplication: odd, so all slots are used. */
    uint64_t slot = p->shuffled ? i * UINT64_C(2654435761) : i;

    slot = (slot + (again ? slots / 2 : 0)) % slots;
    return (TARGETS_GPA + slot * size) | READ_WRITE | (large ? LARGE_BIT : 0);
}

/* The walk down to the mapping at hand: a table of each level, its words, and whose turn it is. */
struct maker {
    struct tables *t;
    struct tables_sink to;
    uint64_t extent[LEVELS + 1]; /* iova >> bits of the table */
    uint64_t at[LEVELS + 1];
    uint64_t words[LEVELS + 1][WORDS];
    uint64_t next;   /* number of the next table page */
    uint32_t *order; /* where page n lies; NULL: at n */
    bool stores;
    uint64_t shared; /* SHAPE_SHARED: the one leaf table; 0: not made */
    int rc;
};

static unsigned shift(unsigned level)
{
    return 12 + 9 * (level - 1);
}

static uint64_t new_page(struct maker *m)
{
    uint64_t n = m->next++;

    return TABLES_GPA + (m->order ? m->order[n] : n) * PAGE;
}

static void flush(struct maker *m, unsigned level)
{
    unsigned from = 0, to = WORDS;

    if (!m->at[level] || !m->stores || m->rc)
        return;
    if (level == m->t->plan.levels) {
        memcpy(m->t->top, m->words[level], sizeof(m->t->top));
        return;
    }
    while (from < WORDS - 1 && !m->words[level][from])
        from++;
    while (to > from + 1 && !m->words[level][to - 1])
        to--;
    /* An empty table is stored, too: a page that nobody wrote costs nothing to read. */
    m->rc = m->to.store(m->to.ctx, m->at[level], m->words[level] + from, to - from);
}

/* Begin the table at `level` that holds `iova`, and enter it into the one above. */
static void enter(struct maker *m, uint64_t iova, unsigned level)
{
    flush(m, level);
    memset(m->words[level], 0, sizeof(m->words[level]));
    m->extent[level] = iova >> shift(level + 1);
    if (level == 1 && m->t->plan.shape == SHAPE_SHARED && m->shared)
        m->at[level] = m->shared;
    else
        m->at[level] = new_page(m);
    if (level == 1)
        m->shared = m->at[level];
    if (level < m->t->plan.levels)
        m->words[level + 1][iova >> shift(level + 1) & (WORDS - 1)] = m->at[level] | READ_WRITE;
}

static void add(struct maker *m, uint64_t i)
{
    const struct tables_plan *p = &m->t->plan;
    uint64_t iova = tables_iova(p, i);
    unsigned leaf = p->shape == SHAPE_LARGE ? 2 : 1;
    unsigned index = iova >> shift(leaf) & (WORDS - 1);

    for (unsigned level = p->levels; level >= leaf; level--)
        if (!m->at[level] || m->extent[level] != iova >> shift(level + 1))
            enter(m, iova, level);
    if (p->shape == SHAPE_EMPTY)
        return;
    if (p->shape == SHAPE_SHARED) /* one table: one entry, that of the first */
        m->words[1][0] = tables_entry(p, 0, false);
    else
        m->words[leaf][index] = tables_entry(p, i, false);
    if (m->stores)
        m->t->leaf_at[i] = m->at[leaf] + 8 * index;
}

static int make(struct maker *m)
{
    m->next = 0;
    m->shared = 0;
    memset(m->at, 0, sizeof(m->at));
    for (uint64_t i = 0; i < m->t->plan.mappings && !m->rc; i++)
        add(m, i);
    for (unsigned level = 1; level <= m->t->plan.levels; level++)
        flush(m, level);
    return m->rc;
}

/* Random order, the same each time; the top table stays the first. */
static uint32_t *shuffle(uint64_t pages)
{
    uint32_t *order = calloc(pages, sizeof(*order));
    uint64_t state = RANDOM_SEED;

    for (uint64_t i = 0; order && i < pages; i++)
        order[i] = (uint32_t)i;
    for (uint64_t i = pages - 1; order && i > 1; i--) {
        uint64_t k;
        uint32_t kept = order[i];

        k = 1 + next_random(&state) % i;
        order[i] = order[k];
        order[k] = kept;
    }
    return order;
}

int tables_make(struct tables *t, const struct tables_plan *p, struct tables_sink to)
{
    struct maker *m = calloc(1, sizeof(*m));
    uint64_t size = p->shape == SHAPE_CONTIGUOUS ? PAGE : LARGE;
    int rc;

    *t = (struct tables){.plan = *p};
    if (!m)
        return -ENOMEM;
    t->first = tables_iova(p, 0);
    t->last = tables_iova(p, p->mappings - 1) + size - 1;
    while (t->plan.levels < LEVELS && t->last >> shift(t->plan.levels + 1))
        t->plan.levels++;
    *m = (struct maker){.t = t, .to = to};
    rc = t->last >> shift(t->plan.levels + 1) ? -ERANGE : make(m); /* counts the pages */
    t->pages = m->next;
    m->stores = true;
    if (!rc && p->shuffled && !(m->order = shuffle(t->pages)))
        rc = -ENOMEM;
    if (!rc && p->shape != SHAPE_EMPTY && !(t->leaf_at = calloc(p->mappings, sizeof(uint64_t))))
        rc = -ENOMEM;
    if (!rc)
        rc = make(m);
    free(m->order);
    free(m);
    if (rc)
        tables_free(t);
    return rc;
}

void tables_free(struct tables *t)
{
    free(t->leaf_at);
    t->leaf_at = NULL;
}
