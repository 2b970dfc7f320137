/* SPDX-License-Identifier: MIT */
/*
 * Page tables to measure with: shapes of the reference measurements of a real QEMU (c, s, t, m, z),
 * any density and depth. They are made as stores, so that a simulation and a real machine get the
 * same.
 */
#ifndef VTR_BENCH_TABLES_H
#define VTR_BENCH_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum shape {
    SHAPE_CONTIGUOUS, /* c: 4 KiB pages, one every `stride` pages */
    SHAPE_SPARSE,     /* s: one 4 KiB page in each 2 MiB, each in a table of its own */
    SHAPE_SHARED,     /* t: as s, but all in one table: its cache lines are shared */
    SHAPE_LARGE,      /* m: 2 MiB pages, contiguous */
    SHAPE_EMPTY       /* z: empty tables, one for each 2 MiB */
};

/** "c", "s", "t", "m" or "z". */
const char *shape_letter(enum shape s);

struct tables_plan {
    enum shape shape;
    uint64_t mappings; /* z: tables */
    uint64_t stride;   /* c: of pages, from 1; else ignored */
    unsigned levels;   /* 3 to 5; raised where the mappings do not fit */
    bool shuffled;     /* tables and targets lie in memory in random order, else in rising order */
};

#define TABLES_FIRST_IOVA UINT64_C(0x100000000) /* above the interrupt window */
#define TABLES_GPA        UINT64_C(0x2000000)   /* of the top table; the others behind it */
#define TARGETS_GPA       UINT64_C(0x60000000)  /* targets lie in these 512 MiB, again and again */
#define TARGETS_BYTES     UINT64_C(0x20000000)

struct tables {
    struct tables_plan plan;
    uint64_t first, last; /* IOVA from the first mapping's first byte to the last one's last */
    uint64_t pages;       /* table pages, the top one among them */
    uint64_t *leaf_at;    /* where each mapping's entry is; z: NULL */
    uint64_t top[512];    /* words of the top table: stored alone by who wants to hide the rest */
};

/** Takes the stores: `count` words at `at`, within a page. 0, or a negative errno that ends it. */
struct tables_sink {
    int (*store)(void *ctx, uint64_t at, const uint64_t *words, unsigned count);
    void *ctx;
};

/** Make the tables, but not the top one's words. 0 or a negative errno (-ENOMEM, -ERANGE). */
int tables_make(struct tables *t, const struct tables_plan *p, struct tables_sink to);
void tables_free(struct tables *t);

/** First byte of mapping `i`, and its entry; `again` changes the target. */
uint64_t tables_iova(const struct tables_plan *p, uint64_t i);
uint64_t tables_entry(const struct tables_plan *p, uint64_t i, bool again);

#endif
