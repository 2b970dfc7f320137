/* SPDX-License-Identifier: MIT */
/*
 * How often each 4 KiB page of an IOVA space is pinned: what a container's kernel counts, and what
 * an emulated device remembers of its own pins.
 */
#ifndef VTR_CONSUMERS_PINS_H
#define VTR_CONSUMERS_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/state.h"

#define PINS_BLOCK_PAGES 64u
#define PINS_MAX         (UINT32_C(1) << 20) /* of one page: who lets go of it unpins it as often */

struct pins_block {
    uint64_t number; /* IOVA / (64 * 4 KiB) */
    unsigned pinned; /* pages of it with a count above 0; never 0 */
    uint32_t count[PINS_BLOCK_PAGES];
};

/** Zeroed: empty. */
struct pins {
    struct pins_block **block; /* ascending */
    size_t blocks, room;
    uint64_t pages; /* pinned at least once */
};

/** One pin more of the page that holds `at`. 0, -ENOMEM, or -EOVERFLOW at PINS_MAX pins. */
int pins_add(struct pins *p, iova_t at);

/** One pin less; false when there was none. */
bool pins_drop(struct pins *p, iova_t at);

uint32_t pins_count(const struct pins *p, iova_t at);

/** The first pinned page that touches `r`; false: none. */
bool pins_first(const struct pins *p, struct iova_range r, iova_t *page);

/** All pins of pages that touch `r` are gone. */
void pins_forget(struct pins *p, struct iova_range r);

/** Frees the memory; empty and usable then. */
void pins_clear(struct pins *p);

/** As bytes, and back into an empty one; a page without pins, or with more than PINS_MAX, is
 * trouble. */
void pins_save(const struct pins *p, struct state_out *o);
void pins_load(struct pins *p, struct state_in *i);

#endif
