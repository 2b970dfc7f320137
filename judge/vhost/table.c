/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <string.h>

static void drop(struct device_table *t, size_t i)
{
    t->count--;
    memmove(t->entry + i, t->entry + i + 1, (t->count - i) * sizeof(*t->entry));
}

void table_give(struct device_table *t, struct table_entry e)
{
    if (t->count == TABLE_ENTRIES)
        drop(t, 0);
    t->entry[t->count++] = e;
}

void table_take(struct device_table *t, uint64_t first, uint64_t last)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->entry[i].first <= last && t->entry[i].last >= first)
            drop(t, i);
}

const struct table_entry *table_find(const struct device_table *t, uint64_t at)
{
    const struct table_entry *found = NULL;

    for (size_t i = 0; i < t->count; i++) {
        const struct table_entry *e = &t->entry[i];

        if (e->first <= at && at <= e->last && (!found || e->first < found->first))
            found = e;
    }
    return found;
}
