/* SPDX-License-Identifier: MIT */
/*
 * When a table page may be forgotten.
 *
 * A page that the guest unlinked can still be walked through cached entries until an invalidation
 * that covers it has completed. So it stays tracked until (1) a mark pass found it unlinked,
 * (2) a later descriptor named its domain and range, or everything, and (3) a wait descriptor
 * behind that one was processed. Context and root tables need a global IOTLB invalidation.
 * Keeping a page too long costs records, never correctness.
 */
#include <stdlib.h>

#include "tables.h"

static unsigned visit_number;

static void mark(struct page *page, unsigned role, uint16_t did, uint64_t iova)
{
    struct link link;
    bool newly_shared = false;

    if (page->visit != visit_number) {
        page->visit = visit_number;
        page->linked = true;
        page->cover = UNCOVERED;
        page->roles = 0;
        page->shared = false;
        page->did = did;
        page->iova = iova;
    } else if (!page->shared && (page->did != did || page->iova != iova)) {
        page->shared = newly_shared = true;
    }
    if ((page->roles & (1u << role)) && !newly_shared)
        return;
    page->roles |= 1u << role;
    for (unsigned i = 0; role > 1 && i < tables_entries(role); i++) {
        struct page *child;

        if (!tables_child(page, role, i, &link))
            continue;
        child = tables_page(link.page);
        if (child)
            mark(child, link.role, link.did, link.iova);
    }
}

void tables_mark(void)
{
    if (!tables.links_changed)
        return;
    tables.links_changed = false;
    visit_number++;
    if (tables.root)
        mark(tables.root, ROLE_ROOT, 0, 0);
    for (struct page *page = tables.all; page; page = page->next) {
        if (page->visit != visit_number)
            page->linked = false;
    }
}

/* Last IOVA a page can translate in any of its roles. */
static uint64_t last_iova(const struct page *page)
{
    unsigned level = 1;

    for (unsigned role = 1; role < ROLE_CONTEXT; role++) {
        if (page->roles & (1u << role))
            level = role;
    }
    return page->iova + (((uint64_t)1 << (12 + 9 * level)) - 1);
}

static bool names(const struct page *page, enum cover_kind kind, uint16_t did, uint64_t first,
                  uint64_t last)
{
    if (kind == COVER_GLOBAL)
        return true;
    if (page->shared || page->roles >= (1u << ROLE_CONTEXT) || page->did != did)
        return false;
    return kind == COVER_DOMAIN || (first <= last_iova(page) && last >= page->iova);
}

void tables_cover(enum cover_kind kind, uint16_t did, uint64_t first, uint64_t last)
{
    for (struct page *page = tables.all; page; page = page->next) {
        if (!page->linked && page->cover == UNCOVERED && names(page, kind, did, first, last))
            page->cover = NAMED;
    }
}

void tables_wait(void)
{
    for (struct page *page = tables.all; page; page = page->next) {
        if (page->cover == NAMED)
            page->cover = COVERED;
    }
}

static void drop(struct page *page)
{
    __atomic_store_n(&tables.by_frame[page->off.raw / PAGE_BYTES], NULL, __ATOMIC_RELEASE);
    free(page);
    notes.pages_dropped++;
}

void tables_sweep(void)
{
    struct page **at = &tables.all;

    while (*at) {
        struct page *page = *at;

        if (page->linked || page->cover != COVERED) {
            at = &page->next;
            continue;
        }
        *at = page->next;
        drop(page);
    }
}

void tables_drop_all(void)
{
    while (tables.all) {
        struct page *page = tables.all;

        tables.all = page->next;
        drop(page);
    }
    tables.root = NULL;
    tables.links_changed = false;
}
