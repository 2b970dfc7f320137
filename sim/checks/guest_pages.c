/* SPDX-License-Identifier: MIT */
/* How the guest changes leaves and their size: GST-P1, GST-P2, GST-P3. */
#include "checks/guest.h"

typedef unsigned long long ull;

static struct where slot_of(const struct node *n, unsigned index, uint64_t cause)
{
    uint64_t bytes = arch_entry_bytes(n->role), first = n->base + index * bytes;

    return (struct where){
        .has_range = true, .range = iova_range(first, first + (bytes - 1)), .cause = cause};
}

static void found_size(struct checks *c, const struct node *n, unsigned index, uint64_t record,
                       bool to_leaf)
{
    struct where w = slot_of(n, index, record);

    chk_find(
        c, GST_P2, &w,
        "The page size at 0x%llx changes (%s), but since the old mapping went in record %llu no "
        "invalidation of all of it completed.",
        (ull)w.range.first.v, to_leaf ? "a table becomes one page" : "one page becomes a table",
        (ull)record);
}

/* A small leaf below [first, last] that caches may still hold; 0: none, else its record. */
static uint64_t small_leaf(const struct checks *c, const struct node *n, uint64_t first,
                           uint64_t last)
{
    const struct registry *r = c->registry;

    for (unsigned role = n->role - 1u; role >= 1; role--) {
        uint64_t step = arch_entry_bytes(role) * 512;

        for (uint64_t base = first; base < last; base += step) {
            for (const struct node *m = reg_at(r, n->top, role, base); m; m = m->place_next) {
                if (!node_items(m) || m->forsaken || !reg_is_place(m, n->top, role, base))
                    continue;
                for (const struct item *i = node_items(m); i; i = i->next)
                    if (!i->covered && guest_on_since(c, i->record) &&
                        arch_entry(&c->arch, role, i->lo) == ENTRY_LEAF && guest_alive(c, m, i))
                        return i->record;
            }
        }
    }
    return 0;
}

/* An entry that was not present changes: does a cache hold a page of another size there? */
bool pages_size(struct checks *c, const struct node *n, unsigned index, bool to_leaf)
{
    struct where w = slot_of(n, index, 0);
    uint64_t small;

    for (const struct item *i = node_items(n); i; i = i->next) {
        enum entry_kind was = arch_entry(&c->arch, n->role, i->lo);

        if (i->index != index || !guest_on_since(c, i->record) ||
            was != (to_leaf ? ENTRY_TABLE : ENTRY_LEAF) || (to_leaf && i->covered) ||
            !guest_alive(c, n, i))
            continue;
        found_size(c, n, index, i->record, to_leaf);
        return true;
    }
    if (!to_leaf || !c->registry->item_count)
        return false;
    small = small_leaf(c, n, w.range.first.v, w.range.last.v);
    if (small)
        found_size(c, n, index, small, true);
    return small;
}

/* An entry in place: a leaf that leads elsewhere, or becomes a table, or was one. */
bool pages_in_place(struct checks *c, const struct node *n, unsigned index,
                    const struct page_change *p)
{
    uint64_t frame = c->arch.addr_mask & ~(arch_entry_bytes(n->role) - 1);
    struct where w;

    if (p->was != p->is) {
        w = slot_of(n, index, c->record);
        chk_find(
            c, GST_P2, &w,
            "The page size at 0x%llx changes in place (%s); the entry should be cleared and all "
            "of it invalidated first.",
            (ull)w.range.first.v,
            p->is == ENTRY_LEAF ? "a table becomes one page" : "one page becomes a table");
        return true;
    }
    if (p->is != ENTRY_LEAF || !((p->old ^ p->word) & frame))
        return false;
    w = slot_of(n, index, c->record);
    chk_find(c, GST_P1, &w,
             "The page at 0x%llx is moved in place from 0x%llx to 0x%llx; what shadows it cannot "
             "replace a mapping: the entry should be cleared and invalidated first.",
             (ull)w.range.first.v, (ull)(p->old & frame), (ull)(p->word & frame));
    return true;
}

/* A page-selective invalidation meets an older value of which it names a part only. */
APART void pages_partial(struct checks *c, const struct node *n, const struct item *i,
                         const struct desc *d)
{
    struct where w = slot_of(n, i->index, i->record);
    enum entry_kind was = arch_entry(&c->arch, n->role, i->lo), is;
    uint64_t lo, hi;

    if (n->role < 2 || n->role > 3 || i->wild || !guest_on_since(c, i->record))
        return;
    reg_entry(c, n, i->index, &lo, &hi);
    is = arch_entry(&c->arch, n->role, lo);
    if (was != ENTRY_LEAF && !(was == ENTRY_ABSENT && is == ENTRY_LEAF))
        return;
    if (c->watch->partial_record == c->record && c->watch->partial_first == w.range.first.v)
        return;
    c->watch->partial_record = c->record;
    c->watch->partial_first = w.range.first.v;
    chk_find(c, GST_P3, &w,
             "The page of 0x%llx bytes at 0x%llx changed in record %llu; its invalidation names "
             "0x%llx to 0x%llx alone, but its address mask should be at least %u.",
             (ull)arch_entry_bytes(n->role), (ull)w.range.first.v, (ull)i->record, (ull)d->first,
             (ull)d->last, 9 * (n->role - 1u));
}
