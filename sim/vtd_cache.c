/* SPDX-License-Identifier: MIT */
/*
 * The IOTLB (at most 1024 entries; when an insert finds it full, all is dropped first) and the
 * generations of the context cache (vtd-facts chapter 10).
 */
#include <string.h>

#include "vtd_unit.h"

#define CHAIN_END 0u /* else the number of an entry and one: zeros are an empty index */

static unsigned bucket(uint16_t sid, unsigned level, uint64_t page)
{
    uint64_t h = (page >> 12) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)sid << 20 ^ level;

    h *= UINT64_C(0xff51afd7ed558ccd);
    return (unsigned)(h >> 40) % IOTLB_INDEX;
}

void iotlb_clear(struct iotlb *t)
{
    if (t->count > IOTLB_INDEX / 16) {
        memset(t->index, 0, sizeof(t->index));
    } else {
        for (unsigned i = 0; i < t->count; i++)
            t->index[bucket(t->entry[i].sid, t->entry[i].level, t->entry[i].page)] = CHAIN_END;
    }
    t->count = 0;
}

static const struct iotlb_entry *find_at(const struct iotlb *t, uint16_t sid, unsigned level,
                                         uint64_t page)
{
    for (unsigned i = t->index[bucket(sid, level, page)]; i != CHAIN_END;
         i = t->entry[i - 1].next) {
        const struct iotlb_entry *e = &t->entry[i - 1];

        if (e->sid == sid && e->level == level && e->page == page)
            return e;
    }
    return NULL;
}

const struct iotlb_entry *iotlb_find(const struct iotlb *t, uint16_t sid, iova_t at)
{
    for (unsigned level = 1; level <= 3; level++) {
        const struct iotlb_entry *e = find_at(t, sid, level, at.v & ~level_mask(level));

        if (e)
            return e;
    }
    return NULL;
}

static void link_entry(struct iotlb *t, unsigned i)
{
    struct iotlb_entry *e = &t->entry[i];
    unsigned b = bucket(e->sid, e->level, e->page);

    e->next = t->index[b];
    t->index[b] = (uint16_t)(i + 1);
}

void iotlb_add(struct iotlb *t, const struct iotlb_entry *e)
{
    struct iotlb_entry *same;

    if (t->count >= IOTLB_ENTRIES)
        iotlb_clear(t);
    same = (struct iotlb_entry *)(uintptr_t)find_at(t, e->sid, e->level, e->page);
    if (same) {
        uint16_t next = same->next;

        *same = *e;
        same->next = next;
        return;
    }
    t->entry[t->count] = *e;
    link_entry(t, t->count++);
}

/* Keep the entries for which `gone` is false; the index is made anew when any went. */
APART static void
filter(struct iotlb *t, bool (*gone)(const struct iotlb_entry *e, const void *arg), const void *arg)
{
    unsigned first = 0, before = t->count;

    while (first < before && !gone(&t->entry[first], arg))
        first++;
    if (first == before)
        return;
    iotlb_clear(t);
    for (unsigned i = 0; i < before; i++) {
        if (i >= first && gone(&t->entry[i], arg))
            continue;
        t->entry[t->count] = t->entry[i];
        link_entry(t, t->count++);
    }
}

static bool of_domain(const struct iotlb_entry *e, const void *arg)
{
    return e->did.v == ((const did_t *)arg)->v;
}

void iotlb_drop_domain(struct iotlb *t, did_t d)
{
    filter(t, of_domain, &d);
}

struct pages {
    did_t did;
    uint64_t at;       /* the address as given */
    uint64_t compared; /* the bits in which an entry's first byte agrees with it */
    bool keep_large;
};

static bool meets(const struct iotlb_entry *e, const void *arg)
{
    const struct pages *p = arg;
    bool start_inside = ((e->page ^ p->at) & p->compared) == 0;
    bool contains = (p->at & ~e->mask) == e->page;

    if (p->keep_large && e->level > 1)
        return false;
    return e->did.v == p->did.v && (start_inside || contains);
}

#define LOWEST_8_OF_PAGE_NUMBER UINT64_C(0xff000)

void iotlb_drop_pages(struct iotlb *t, const struct policy *p, did_t d, iova_t at, unsigned am)
{
    struct pages asked = {.did = d,
                          .at = at.v,
                          .compared = ~((PAGE_4K_BYTES << am) - 1),
                          .keep_large = p->iotlb_keeps_large};

    if (!t->count)
        return;
    if (p->iotlb_mask_8_bits)
        asked.compared &= LOWEST_8_OF_PAGE_NUMBER;
    filter(t, meets, &asked);
}

void caches_reset(struct vtd_unit *u)
{
    iotlb_clear(&u->iotlb);
    u->context_gen++;
}

static struct vtd_cached shown(const struct iotlb_entry *e)
{
    return (struct vtd_cached){bdf(e->sid), e->did, iova_range(e->page, e->page | e->mask), e->gpa,
                               (enum perm)e->perm};
}

bool vtd_peek_iotlb(const struct vtd_unit *u, bdf_t b, iova_t at, struct vtd_cached *out)
{
    const struct iotlb_entry *e = iotlb_find(&u->iotlb, b.v & u->policy->iotlb_sid_mask, at);

    if (e)
        *out = shown(e);
    return e != NULL;
}

size_t vtd_iotlb_count(const struct vtd_unit *u)
{
    return u->iotlb.count;
}

void vtd_visit_iotlb(const struct vtd_unit *u, void (*show)(void *arg, const struct vtd_cached *c),
                     void *arg)
{
    for (unsigned i = 0; i < u->iotlb.count; i++) {
        struct vtd_cached c = shown(&u->iotlb.entry[i]);

        show(arg, &c);
    }
}
