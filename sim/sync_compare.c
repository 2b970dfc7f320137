/* SPDX-License-Identifier: MIT */
/* Entries of a table beside what is remembered of them: over most of them a walk only passes. */
#include "sync_tables.h"

#define BLOCK 8u

/* What is set in any of a block. */
static inline uint64_t any_of(const uint64_t *b)
{
    return b[0] | b[1] | b[2] | b[3] | b[4] | b[5] | b[6] | b[7];
}

/* Of so many entries from `words` on, those before the first that is not 0; in blocks. */
static unsigned zeros(const uint64_t *words, unsigned count)
{
    const uint64_t *at = words, *end = words + count, *last = words + (count & ~(BLOCK - 1));

    while (at < last && !any_of(at))
        at += BLOCK;
    while (at < end && !*at)
        at++;
    return (unsigned)(at - words);
}

unsigned walk_idle(const struct walk *w, const uint64_t *words, unsigned count)
{
    unsigned passed = zeros(words, count);

    w->sink->counts->slots_compared += passed;
    w->sink->counts->shadow_lookups += passed;
    return passed;
}

/* A leaf of a level 1 table is remembered as these bits of its entry with SHADOW_LEAF. */
struct leaf_form {
    uint64_t kept, reserved;
    bool any; /* false: no short way, each entry is judged */
};

static struct leaf_form form(const struct entry_rules *r, unsigned level, enum perm parents)
{
    struct leaf_form f = {.kept = entry_target(r, UINT64_MAX).v | (uint64_t)parents};

    if (level != 1)
        return f;
    f.reserved = r->reserved[1];
    f.any = !r->all_ones_unreadable || f.reserved; /* else all ones would pass for a leaf */
    return f;
}

/* Leaves, each as remembered, in whole blocks. */
static unsigned leaves(const uint64_t *words, const uint64_t *slots, unsigned count,
                       const struct leaf_form *f)
{
    unsigned i = 0;

    for (; i + BLOCK <= count; i += BLOCK) {
        uint64_t other = 0;

        for (unsigned k = 0; k < BLOCK; k++) {
            uint64_t entry = words[i + k];

            other |= ((entry & f->kept) | SHADOW_LEAF) ^ slots[i + k];
            other |= entry & f->reserved;
        }
        if (other)
            break;
    }
    return i;
}

unsigned walk_pass_many(const struct walk *w, const uint64_t *words, struct shadow_table *known,
                        unsigned i, unsigned end, unsigned level, enum perm parents)
{
    const struct leaf_form f = form(w->view->rules, level, parents);

    while (i < end) {
        unsigned next = shadow_table_next(known, i), stop = next < end ? next : end;

        if (i < stop && !words[i])
            i += zeros(words + i, stop - i);
        if (i == end || i < next)
            return i;
        if (known->words && f.any)
            i += leaves(words + i, known->words + i, end - i, &f);
        /* Then one by one, until the blocks may go on. */
        for (stop = i + BLOCK < end ? i + BLOCK : end; i < stop; i++)
            if (!walk_as_known(w, shadow_table_slot(known, i), words[i], level, parents))
                return i;
    }
    return end;
}

/* What an entry of a level 1 table is; `f` is the form of leaves there. */
static enum slot_kind page_slot(const struct walk *w, const struct leaf_form *f, uint64_t entry,
                                enum perm parents)
{
    if (f->any && (entry & SS_PERM & (uint64_t)parents) && !(entry & f->reserved))
        return SLOT_LEAF;
    return walk_slot(entry_judge(w->view->rules, entry, 1, parents));
}

/* All of it counted, from entry `i` on: nothing is asked for each. */
static void fresh_counted(const struct walk *w, const uint64_t *words, unsigned i, unsigned end,
                          const struct leaf_form *f, enum perm parents)
{
    unsigned met = 0, leaves = 0;

    while (i < end) {
        if (words[i]) {
            met++;
            leaves += page_slot(w, f, words[i], parents) == SLOT_LEAF;
            i++;
        } else {
            i += zeros(words + i, end - i);
        }
    }
    if (met)
        w->sink->fresh(w->sink->arg, met, leaves);
}

bool walk_fresh(const struct walk *w, const uint64_t *words, struct shadow_table *known,
                unsigned *at, unsigned end, uint64_t base, enum perm parents)
{
    const struct slot_sink *sink = w->sink;
    unsigned i = *at;
    struct leaf_form f;
    bool same = true;

    if (!words[i])
        i += zeros(words + i, end - i);
    if (i < end)
        f = form(w->view->rules, 1, parents);
    if (i < end && sink->fresh) {
        fresh_counted(w, words, i, end, &f, parents);
        i = end;
    }
    while (i < end && same && known->nothing && !fate_ended(sink->fate)) {
        uint64_t entry = words[i];

        if (!entry) {
            i += zeros(words + i, end - i);
            continue;
        }
        same = walk_show_beside(w, page_slot(w, &f, entry, parents), iova(base + i * PAGE_4K_BYTES),
                                entry, (enum perm)(entry & SS_PERM & (uint64_t)parents), known);
        i++;
    }
    *at = i;
    return same;
}
