/* SPDX-License-Identifier: MIT */
/* The invalidation queue: descriptors are recorded when the guest hands them over. */
#include "capture.h"

enum { DESC_CONTEXT = 1, DESC_IOTLB = 2, DESC_WAIT = 5 };
enum { GRANULARITY_GLOBAL = 1, GRANULARITY_DOMAIN = 2, GRANULARITY_PAGES = 3 };

static struct {
    gpa_t base;
    uint64_t entries; /* 0: never enabled */
    uint64_t tail;
} queue;

void queue_reset(void)
{
    queue.entries = 0;
    queue.tail = 0;
}

void queue_enable(uint64_t iqa)
{
    queue.base = (gpa_t){iqa & ~(uint64_t)0xfff};
    queue.entries = (uint64_t)1 << (8 + (iqa & 7));
    queue.tail = 0;
}

/* Type in bits 3:0 and 11:9; IOTLB: G in 5:4, DID in 31:16, and ADDR, IH, AM in the high word. */
static void look_at(uint64_t lo, uint64_t hi)
{
    unsigned type = (lo & 0xf) | ((lo >> 5) & 0x70);
    unsigned granularity = (lo >> 4) & 3;
    uint16_t did = (lo >> 16) & 0xffff;

    if (type == DESC_WAIT) {
        tables_wait();
    } else if (type == DESC_IOTLB && granularity == GRANULARITY_GLOBAL) {
        tables_cover(COVER_GLOBAL, 0, 0, 0);
    } else if (type == DESC_IOTLB && granularity == GRANULARITY_DOMAIN) {
        tables_cover(COVER_DOMAIN, did, 0, 0);
    } else if (type == DESC_IOTLB && granularity == GRANULARITY_PAGES && !(hi & 0x40)) {
        /* With the hint (bit 6) upper-level entries may stay cached: no cover. */
        uint64_t bytes = (uint64_t)PAGE_BYTES << (hi & 0x1f);
        uint64_t first = hi & ~(uint64_t)0xfff & ~(bytes - 1);

        tables_cover(COVER_PAGES, did, first, first + bytes - 1);
    }
}

void queue_tail(uint64_t tail)
{
    uint64_t index = (tail >> 4) & 0x7fff;

    if (index >= queue.entries)
        return; /* the unit refuses such a tail, or the queue is off */
    while (queue.tail != index) {
        gpa_t gpa = {queue.base.raw + 16 * queue.tail};
        ram_off_t off;

        if (!ram_of_gpa(gpa, &off))
            return;
        uint64_t lo = ram_load64(off);
        uint64_t hi = ram_load64((ram_off_t){off.raw + 8});

        out_desc(gpa, lo, hi);
        look_at(lo, hi);
        queue.tail = (queue.tail + 1) % queue.entries;
    }
}
