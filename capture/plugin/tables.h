/* SPDX-License-Identifier: MIT */
/* Shared by tables.c (what the guest stores) and reclaim.c (when a page may be forgotten). */
#ifndef CAPTURE_TABLES_H
#define CAPTURE_TABLES_H

#include "capture.h"

/* What a page is used as: a second-stage table of level 1..5, or one of these. */
enum { ROLE_CONTEXT = 6, ROLE_ROOT = 7, ROLE_END = 8 };

/* A table that an entry points at, and what an invalidation must name to cover it. */
struct link {
    gpa_t page;
    unsigned role;
    uint16_t did;
    uint64_t iova;
};

struct page {
    struct page *next;
    ram_off_t off;
    gpa_t gpa;
    unsigned roles; /* bit ROLE set: used as such */
    uint16_t did;
    uint64_t iova;
    bool shared; /* reached in two ways: only a global invalidation covers it */
    bool linked;
    enum { UNCOVERED, NAMED, COVERED } cover;
    unsigned visit;
    uint64_t shadow[PAGE_WORDS];
};

struct tables {
    struct page **by_frame; /* one a page of the RAM file, NULL: not tracked */
    struct page *all;
    struct page *root;
    bool links_changed; /* since the last tables_mark() */
};

extern struct tables tables;

/* The table that entry `index` of `page`, read as `role`, points at. */
bool tables_child(const struct page *page, unsigned role, unsigned index, struct link *out);
/* Entries of a page used as `role`: 256 of two words, or 512. */
unsigned tables_entries(unsigned role);
struct page *tables_page(gpa_t gpa);

#endif
