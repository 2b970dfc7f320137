/* SPDX-License-Identifier: MIT */
/*
 * A tame guest: QEMU 7.2 dies of an entry that reaches across the edge of the interrupt window, so
 * most random traces would be short. These keep tables in the slots concerned.
 */
#include "gen/random_inside.h"

bool random_must_be_table(const struct random_guest *g, unsigned level, unsigned index)
{
    if (!g->tame)
        return false;
    return (level == 2 && index == 0x1f7) || (level == 3 && index == 3) ||
           (level >= 4 && index == 0);
}

void random_guest_settle(struct random_guest *g)
{
    static const unsigned index[] = {0, 0, 0x1f7, 3, 0, 0};

    for (unsigned page = 0; g->tame && page < 32; page++) {
        unsigned level = random_level_of_page(g, page);

        if (level > 1)
            random_push_mem(g, random_table_page(page) + 8u * index[level], 1,
                            random_table_page(random_page_of_level(g, level - 1)) | 3, 0);
    }
}
