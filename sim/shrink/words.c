/* SPDX-License-Identifier: MIT */
/* What `mem` stores: fewer words, more zeros, fewer bits. */
#include <string.h>

#include "shrink/inside.h"

/* The record at hand, with its words to be changed. */
struct stored {
    struct shrink *s;
    size_t at;
    uint32_t word; /* which one is changed */
    struct rec rec;
    uint64_t val[WORDS_PER_PAGE];
};

static bool load(struct stored *m)
{
    const struct shrink_list *l = &m->s->t->now;

    if (m->at >= l->count || l->rec[m->at]->kind != REC_MEM)
        return false;
    m->rec = *l->rec[m->at];
    memcpy(m->val, m->rec.u.mem.val, m->rec.u.mem.words * sizeof(*m->val));
    m->rec.u.mem.val = m->val;
    return true;
}

/* Without `front` words before and `back` words behind; at least one stays. */
static bool shorter(struct stored *m, uint32_t front, uint32_t back)
{
    if (!load(m) || m->rec.u.mem.words <= front + back)
        return false;
    m->rec.u.mem.gpa = gpa_add(m->rec.u.mem.gpa, 8u * front);
    m->rec.u.mem.words -= front + back;
    m->rec.u.mem.val += front;
    return shrink_try_rec(m->s, m->at, &m->rec);
}

static void ends(struct stored *m)
{
    for (uint32_t n = WORDS_PER_PAGE / 2; n > 0; n /= 2)
        while (shorter(m, 0, n))
            continue;
    for (uint32_t n = WORDS_PER_PAGE / 2; n > 0; n /= 2)
        while (shorter(m, n, 0))
            continue;
}

/* Words in blocks to 0. */
static void zeros(struct stored *m)
{
    for (uint32_t n = WORDS_PER_PAGE / 2; n > 1; n /= 2)
        for (uint32_t i = 0; load(m) && i < m->rec.u.mem.words; i += n) {
            uint32_t last = i + n < m->rec.u.mem.words ? i + n : m->rec.u.mem.words;
            bool any = false;

            for (uint32_t k = i; k < last; k++) {
                any = any || m->val[k];
                m->val[k] = 0;
            }
            if (any)
                shrink_try_rec(m->s, m->at, &m->rec);
        }
}

static bool set(void *arg, uint64_t value)
{
    struct stored *m = arg;

    if (!load(m) || m->word >= m->rec.u.mem.words)
        return false;
    m->val[m->word] = value;
    return shrink_try_rec(m->s, m->at, &m->rec);
}

/* An address as a whole, other bits each; all bits in a queue, where hardly a word is an address.
 */
static void bits(struct stored *m)
{
    struct queue_places q = queue_places(&m->s->t->now);

    for (m->word = 0; load(m) && m->word < m->rec.u.mem.words; m->word++) {
        uint64_t at = m->rec.u.mem.gpa.v + UINT64_C(8) * m->word, val = m->val[m->word];
        bool queue = queue_at(&q, at) < q.count;

        if (!val || set(m, 0))
            continue;
        if (val & ADDR_FIELD && !queue && set(m, val & ~ADDR_FIELD))
            val &= ~ADDR_FIELD;
        smaller_number(m->s, val, queue ? UINT64_MAX : ~ADDR_FIELD, set, m);
    }
}

void pass_words(struct shrink *s)
{
    struct stored m = {.s = s};

    if (s->t->now.count > SHRINK_SHORT)
        return;
    for (size_t i = s->t->now.count; i-- > 0 && !shrink_over(s);) {
        m.at = i;
        if (!load(&m))
            continue;
        ends(&m);
        zeros(&m);
        bits(&m);
    }
}
