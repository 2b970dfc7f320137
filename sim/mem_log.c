/* SPDX-License-Identifier: MIT */
#include "mem_log.h"

#include <stdlib.h>

struct mem_log *mem_log_new(void)
{
    return calloc(1, sizeof(struct mem_log));
}

void mem_log_clear(struct mem_log *l)
{
    l->count = 0;
    l->cut = l->looked = 0;
}

void mem_log_add(struct mem_log *l, uint64_t page_number, uint64_t *stamp)
{
    if (l->count == MEM_LOG_PAGES) {
        l->cut += l->count;
        l->count = 0;
    }
    l->page[l->count++] = page_number;
    *stamp = l->cut + l->count;
}

const uint64_t *mem_log_since(struct mem_log *l, uint64_t *position, size_t *count)
{
    uint64_t from = *position, end = l->cut + l->count;

    *position = l->looked = end;
    if (from < l->cut)
        return NULL;
    *count = (size_t)(end - from);
    return l->page + (from - l->cut);
}
