/* SPDX-License-Identifier: MIT */
/*
 * Which pages of guest memory were written, in order: for readers that look at what changed since
 * they last looked (`--sync dirty`). A page stands in it once between two looks of any reader. It
 * holds a fixed number of pages; who looks too seldom is told that he missed some.
 *
 * Source: design, idea 3.
 */
#ifndef VTR_MEM_LOG_H
#define VTR_MEM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEM_LOG_PAGES 65536u

struct mem_log {
    uint64_t page[MEM_LOG_PAGES]; /* page numbers */
    size_t count;
    uint64_t cut;    /* entries that were forgotten before page[0] */
    uint64_t looked; /* position up to which some reader has looked */
};

/** An empty log, or NULL when out of memory. free() it. */
struct mem_log *mem_log_new(void);

/** Empty again, as a new one; stamps of pages must be 0 again, too. */
void mem_log_clear(struct mem_log *l);

/** A page was written. `stamp` belongs to the page: 0 at first, its last position + 1 afterwards.
 */
void mem_log_add(struct mem_log *l, uint64_t page_number, uint64_t *stamp);

/** True when the page need not be added: it is, and nobody has looked since. */
static inline bool mem_log_has(const struct mem_log *l, uint64_t stamp)
{
    return stamp > l->looked;
}

/**
 * The pages written since `*position` (0 at first), their number in `count`; `*position` moves to
 * the end. NULL: some of them are forgotten already, so that any page may have been written.
 */
const uint64_t *mem_log_since(struct mem_log *l, uint64_t *position, size_t *count);

#endif
