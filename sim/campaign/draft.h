/* SPDX-License-Identifier: MIT */
/* A trace being made in memory: a header and records, each copied with what it points to. */
#ifndef VTR_CAMPAIGN_DRAFT_H
#define VTR_CAMPAIGN_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "shrink/arena.h"
#include "shrink/shrink.h"
#include "trace/record.h"

struct draft {
    struct arena arena;
    struct trace_header *header;
    const struct rec **rec;
    uint64_t *origin; /* 1, 2, ... */
    size_t count, room;
    bool failed; /* out of memory: the rest is worthless */
};

/** With a copy of `h`, or (NULL) with an empty header. The caller ends with draft_free. */
void draft_init(struct draft *d, const struct trace_header *h);
void draft_free(struct draft *d);

/** Append a copy. */
void draft_add(struct draft *d, const struct rec *r);

/** The parts that records are made of. */
void draft_w32(struct draft *d, unsigned off, uint32_t val);
void draft_w64(struct draft *d, unsigned off, uint64_t val);
void draft_words(struct draft *d, uint64_t at, const uint64_t *words, unsigned count);
void draft_pair(struct draft *d, uint64_t at, uint64_t lo, uint64_t hi);

/** Room for `count` devices in the header, zeroed; NULL is noted. */
struct device_rec *draft_devices(struct draft *d, size_t count);

/** What it holds now; valid until the next record is added. */
struct shrink_case draft_case(const struct draft *d);

#endif
