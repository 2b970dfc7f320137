/* SPDX-License-Identifier: MIT */
/*
 * The beginning: tables and context entries before translation is switched on.
 *
 * A tame guest: QEMU 7.2 dies of an entry that reaches across the edge of the interrupt window, so
 * most random traces would be short. These keep tables in the slots concerned.
 */
#include "gen/random_inside.h"

static bool at_window(unsigned level, unsigned index)
{
    return (level == 2 && index == 0x1f7) || (level == 3 && index == 3) ||
           (level >= 4 && index == 0);
}

bool random_must_be_table(const struct random_guest *g, unsigned level, unsigned index)
{
    return g->tame && at_window(level, index);
}

/* A few neighbouring entries with one record. All begin tamely, lest the first replay is the end.
 */
static void beginning_of_page(struct random_guest *g, unsigned page)
{
    unsigned level = g->level_of[page], first = level == 2 ? 0x1f4 : 0;
    uint64_t words[8];

    for (unsigned i = 0; i < 8; i++) {
        words[i] = random_entry(g, level, first + i);
        if (at_window(level, first + i))
            words[i] = random_table_page(g, random_page_of_level(g, level - 1)) | 3;
        g->words[page][first + i] = words[i];
    }
    random_push_words(g, random_table_page(g, page) + 8u * first, 8, words);
}

/* Page by page, then who has which, then on. */
bool random_prepare(struct random_guest *g)
{
    unsigned page = g->settled++;

    if (page < g->pages) {
        if (g->level_of[page] > 1 || random_one_in(g, 2))
            beginning_of_page(g, page);
        return true;
    }
    g->settled = RANDOM_PAGES_MAX;
    for (unsigned i = 0; i < g->devices; i++) {
        unsigned levels =
            g->knobs.depth ? g->levels_max : 3 + (unsigned)random_below(g, g->levels_max - 2);
        uint64_t table = random_table_page(g, random_page_of_level(g, levels));
        uint64_t did = random_did(g);

        if (!random_one_in(g, 5))
            random_push_context(g, i, table | 1, did << 8 | (levels - 2));
    }
    random_start_up(g);
    return true;
}
