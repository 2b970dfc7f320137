/* SPDX-License-Identifier: MIT */
/*
 * Which guest pages are remapping tables, what they hold, and a record of every store to them.
 *
 * Legacy mode: root table -> context tables -> second-stage tables of 3 to 5 levels. A page is
 * tracked from the moment it can be reached; its contents are recorded before the store that
 * links it, and word by word from then on.
 */
#include <stdlib.h>

#include "tables.h"

struct tables tables;

static void note_word(struct page *page, unsigned word, uint64_t val);

void tables_init(void)
{
    tables.by_frame = calloc(ram_size() / PAGE_BYTES, sizeof(*tables.by_frame));
    if (!tables.by_frame)
        cap_fail("out of memory");
}

struct page *tables_page(gpa_t gpa)
{
    ram_off_t off;

    return ram_of_gpa(gpa, &off) ? tables.by_frame[off.raw / PAGE_BYTES] : NULL;
}

unsigned tables_entries(unsigned role)
{
    return role >= ROLE_CONTEXT ? PAGE_WORDS / 2 : PAGE_WORDS;
}

static uint64_t address_of(uint64_t entry)
{
    return entry & 0x000ffffffffff000u;
}

static unsigned level_shift(unsigned level)
{
    return 12 + 9 * (level - 1);
}

bool tables_child(const struct page *page, unsigned role, unsigned index, struct link *out)
{
    const uint64_t *w = page->shadow;

    if (role == ROLE_ROOT) {
        *out = (struct link){{address_of(w[2 * index])}, ROLE_CONTEXT, 0, 0};
        return w[2 * index] & 1;
    }
    if (role == ROLE_CONTEXT) {
        uint64_t lo = w[2 * index], hi = w[2 * index + 1];
        unsigned type = (lo >> 2) & 3, width = hi & 7;

        *out = (struct link){{address_of(lo)}, width + 2, (hi >> 8) & 0xffff, 0};
        return (lo & 1) && type < 2 && width >= 1 && width <= 3;
    }
    *out = (struct link){{address_of(w[index])},
                         role - 1,
                         page->did,
                         page->iova + ((uint64_t)index << level_shift(role))};
    /* R or W makes an entry present; bit 7 is a large page at levels 2 and 3, reserved above. */
    return role > 1 && (w[index] & 3) && !(w[index] & 0x80);
}

static void link_children(struct page *page, unsigned role);

static struct page *track(ram_off_t off, const struct link *link)
{
    struct page *page = calloc(1, sizeof(*page));

    if (!page)
        cap_fail("out of memory");
    page->off = off;
    page->gpa = link->page;
    page->did = link->did;
    page->iova = link->iova;
    page->roles = 1u << link->role;
    page->linked = true;
    for (unsigned i = 0; i < PAGE_WORDS; i++)
        page->shadow[i] = ram_load64((ram_off_t){off.raw + 8 * i});
    page->next = tables.all;
    tables.all = page;
    __atomic_store_n(&tables.by_frame[off.raw / PAGE_BYTES], page, __ATOMIC_RELEASE);
    notes.pages_tracked++;
    out_snapshot(page->gpa, page->shadow);
    return page;
}

/* The page becomes reachable as `link` says: its contents, and all below, must be on record. */
static void link_page(const struct link *link)
{
    ram_off_t off;
    struct page *page;
    bool known;

    if (!ram_of_gpa(link->page, &off))
        return;
    page = tables.by_frame[off.raw / PAGE_BYTES];
    if (!page) {
        link_children(track(off, link), link->role);
        return;
    }
    known = page->linked && (page->roles & (1u << link->role));
    if (page->did != link->did || page->iova != link->iova)
        page->shared = true;
    page->roles |= 1u << link->role;
    page->linked = true;
    page->cover = UNCOVERED;
    if (!known)
        link_children(page, link->role);
}

static void link_children(struct page *page, unsigned role)
{
    struct link link;

    if (role == 1)
        return;
    for (unsigned i = 0; i < tables_entries(role); i++) {
        if (tables_child(page, role, i, &link))
            link_page(&link);
    }
}

/* A word of a tracked page holds something new: first what it makes reachable, then itself. */
static void note_word(struct page *page, unsigned word, uint64_t val)
{
    struct link was[ROLE_END], now;
    bool had[ROLE_END] = {false};
    uint64_t old = page->shadow[word];

    for (unsigned role = 1; role < ROLE_END; role++) {
        unsigned index = role >= ROLE_CONTEXT ? word / 2 : word;

        if (page->roles & (1u << role))
            had[role] = tables_child(page, role, index, &was[role]);
    }
    page->shadow[word] = val;
    for (unsigned role = 1; role < ROLE_END; role++) {
        unsigned index = role >= ROLE_CONTEXT ? word / 2 : word;
        bool has;

        if (!(page->roles & (1u << role)))
            continue;
        has = tables_child(page, role, index, &now);
        if (had[role] && (!has || now.page.raw != was[role].page.raw || now.did != was[role].did ||
                          now.role != was[role].role))
            tables.links_changed = true;
        if (has)
            link_page(&now);
    }
    if (old != val)
        out_store((gpa_t){page->gpa.raw + 8 * word}, val);
}

/* Records the word if RAM holds something else than the shadow. */
static bool sync_word(struct page *page, unsigned word)
{
    uint64_t val = ram_load64((ram_off_t){page->off.raw + 8 * word});

    if (val == page->shadow[word])
        return false;
    note_word(page, word, val);
    return true;
}

void tables_root(gpa_t root)
{
    struct link link = {{root.raw & ~(uint64_t)(PAGE_BYTES - 1)}, ROLE_ROOT, 0, 0};

    link_page(&link);
    tables.root = tables_page(link.page);
    tables.links_changed = true;
}

void tables_store(ram_off_t off, unsigned bytes)
{
    struct page *page;
    unsigned in_page = off.raw % PAGE_BYTES;
    unsigned last = in_page + bytes - 1;

    if (!__atomic_load_n(&tables.by_frame[off.raw / PAGE_BYTES], __ATOMIC_ACQUIRE))
        return;
    cap_lock();
    page = tables.by_frame[off.raw / PAGE_BYTES];
    if (page) {
        bool changed = false;

        if (last >= PAGE_BYTES)
            last = PAGE_BYTES - 1;
        for (unsigned word = in_page / 8; word <= last / 8; word++)
            changed |= sync_word(page, word);
        notes.stores_seen++;
        notes.stores_same += !changed;
    }
    cap_unlock();
}

void tables_verify(void)
{
    notes.verify_passes++;
    for (struct page *page = tables.all; page; page = page->next) {
        for (unsigned word = 0; word < PAGE_WORDS; word++)
            notes.missed += sync_word(page, word);
    }
}

static unsigned entry_index(unsigned role, unsigned devfn, uint64_t iova)
{
    if (role == ROLE_ROOT)
        return 0; /* every device of a capture sits on bus 0 */
    if (role == ROLE_CONTEXT)
        return devfn;
    return (iova >> level_shift(role)) & 511;
}

static unsigned visit_path(unsigned devfn, uint64_t iova, bool record)
{
    struct page *page = tables.root;
    unsigned role = ROLE_ROOT, found = 0;
    struct link link;

    while (page) {
        unsigned index = entry_index(role, devfn, iova);
        unsigned words = role >= ROLE_CONTEXT ? 2 : 1;

        for (unsigned i = 0; i < words; i++) {
            unsigned word = index * words + i;

            if (record)
                found += sync_word(page, word);
            else if (ram_load64((ram_off_t){page->off.raw + 8 * word}) != page->shadow[word])
                return 1;
        }
        if (!tables_child(page, role, index, &link))
            break;
        page = tables_page(link.page);
        role = link.role;
    }
    return found;
}

unsigned tables_sync_path(unsigned devfn, uint64_t iova)
{
    unsigned found = visit_path(devfn, iova, true);

    notes.caught_up += found;
    return found;
}

bool tables_path_differs(unsigned devfn, uint64_t iova)
{
    return visit_path(devfn, iova, false) != 0;
}

bool tables_walk(unsigned devfn, uint64_t iova, int need, uint64_t *out)
{
    struct page *page = tables.root;
    unsigned role = ROLE_ROOT;
    struct link link;

    while (page) {
        unsigned index = entry_index(role, devfn, iova);
        uint64_t entry = page->shadow[index];

        if (role < ROLE_CONTEXT && (entry & (unsigned)need) != (unsigned)need)
            return false;
        if (!tables_child(page, role, index, &link)) {
            uint64_t mask = ((uint64_t)1 << level_shift(role < ROLE_CONTEXT ? role : 1)) - 1;

            *out = (address_of(entry) & ~mask) | (iova & mask);
            return role < ROLE_CONTEXT && (entry & 3) != 0;
        }
        page = tables_page(link.page);
        role = link.role;
    }
    return false;
}
