/* SPDX-License-Identifier: MIT */
/*
 * Guest memory as bytes. A page is its number and runs of words that are not zero: (index, count,
 * words), closed by a count of 0. Pages of zeros are as if never written.
 */
#include "guest_mem.h"

static const char tag[4] = {'G', 'M', 'E', 'M'};

/* A page number that none has: the end. */
#define NO_PAGE UINT64_MAX

#define RUN_TWICE "words of a page in the saved state come twice or reach beyond it"

/* The next run at or after `at`; its length, 0 when there is none. */
static unsigned next_run(const uint64_t *words, unsigned *at)
{
    unsigned end;

    while (*at < WORDS_PER_PAGE && !words[*at])
        ++*at;
    for (end = *at; end < WORDS_PER_PAGE && words[end];)
        end++;
    return end - *at;
}

static void save_page(const uint64_t *words, gpa_t at, struct state_out *o)
{
    unsigned first = 0, count = next_run(words, &first);

    if (!count)
        return;
    state_put(o, at.v / PAGE_4K_BYTES, 8);
    for (; count; count = next_run(words, &first)) {
        state_put(o, count, 2);
        state_put(o, first, 2);
        for (unsigned n = 0; n < count; n++)
            state_put(o, words[first + n], 8);
        first += count;
    }
    state_put(o, 0, 2);
}

void guest_mem_save(const struct guest_mem *m, struct state_out *o)
{
    const uint64_t *words;

    state_put_tag(o, tag);
    for (gpa_t at = gpa(0); (words = guest_mem_written(m, &at)); at.v += PAGE_4K_BYTES)
        save_page(words, at, o);
    state_put(o, NO_PAGE, 8);
}

static void load_words(struct guest_mem *m, gpa_t at, unsigned count, struct state_in *i)
{
    for (unsigned n = 0; n < count && !i->trouble; n++) {
        uint64_t word = state_take(i, 8);

        if (!i->trouble && guest_mem_store(m, gpa_add(at, 8u * n), word))
            state_no_memory(i);
    }
}

static void load_page(struct guest_mem *m, gpa_t at, struct state_in *i)
{
    uint64_t count, end = 0;

    if (!guest_mem_block_at(m, at)) {
        state_trouble(i, "the saved state holds a page that is not RAM of this trace");
        return;
    }
    while ((count = state_take(i, 2)) != 0 && !i->trouble) {
        uint64_t first = state_take(i, 2);

        if (first < end || first + count > WORDS_PER_PAGE) {
            state_trouble(i, RUN_TWICE);
            return;
        }
        load_words(m, gpa_add(at, 8 * first), (unsigned)count, i);
        end = first + count;
    }
}

void guest_mem_load(struct guest_mem *m, struct state_in *i)
{
    uint64_t least = 0, number;

    state_expect(i, tag);
    while ((number = state_take(i, 8)) != NO_PAGE && !i->trouble) {
        if (number < least || number >> (GUEST_MEM_BITS - 12)) {
            state_trouble(i, "pages in the saved state are not in order");
            return;
        }
        load_page(m, gpa(number * PAGE_4K_BYTES), i);
        least = number + 1;
    }
}
