/* SPDX-License-Identifier: MIT */
/* What memory says about a device and an address, decoded anew: shares nothing with the unit. */
#include "gen/reach_inside.h"

#define WINDOW_FIRST UINT64_C(0xfee00000)
#define WINDOW_LAST  UINT64_C(0xfeefffff)

static bool beyond(const struct reach *r, uint64_t entry)
{
    return entry >> r->aw_bits != 0;
}

static bool type_known(const struct reach *r, unsigned tt)
{
    return tt == TT_MULTI_LEVEL || (tt == TT_DEV_IOTLB && r->dt) ||
           (tt == TT_PASS_THROUGH && r->pt);
}

unsigned reach_context(const struct reach *r, bdf_t b, struct context *out)
{
    uint64_t root, high, at;
    unsigned levels;

    if (!(r->gsts & GCMD_TE))
        return RC_OFF;
    at = r->root.v + (b.v >> 8) * 16u;
    if (!guest_mem_read(r->mem, gpa(at), &root) || !guest_mem_read(r->mem, gpa(at + 8), &high))
        return RC_ROOT_UNREADABLE;
    if (!(root & ENTRY_P))
        return RC_ROOT_ABSENT;
    if ((root & ROOT_RSVD_LO) || beyond(r, root) || high)
        return RC_ROOT_RESERVED;
    at = entry_gpa(root, r->aw_bits).v + (b.v & 0xffu) * 16u;
    if (!guest_mem_read(r->mem, gpa(at), &out->lo) ||
        !guest_mem_read(r->mem, gpa(at + 8), &out->hi))
        return RC_UNREADABLE;
    if (!(out->lo & ENTRY_P))
        return RC_ABSENT;
    if ((out->lo & CONTEXT_RSVD_LO) || beyond(r, out->lo) || (out->hi & CONTEXT_RSVD_HI))
        return RC_RESERVED;
    levels = context_levels(*out);
    if (levels < 3 || levels > (r->aw_bits - 12) / 9)
        return RC_WIDTH;
    if (!type_known(r, context_tt(*out)))
        return RC_TYPE;
    if (context_tt(*out) == TT_PASS_THROUGH)
        return RC_PASS;
    return RC_LEVELS3 + levels - 3;
}

static bool reserved(const struct reach *r, uint64_t entry, unsigned level, bool leaf)
{
    uint64_t ignored = UINT64_C(0xbff0000000000000);
    uint64_t mask = ~((UINT64_C(1) << r->aw_bits) - 1) & ~ignored;

    mask |= UINT64_C(0x800);
    if (level > 3)
        mask |= SS_LARGE;
    if (leaf)
        mask |= level_mask(level) & ~PAGE_4K_MASK;
    return entry & mask;
}

/* Where [first, last] lies about the interrupt window: a column of REACH_WINDOW. */
static unsigned place(uint64_t first, uint64_t last)
{
    if (last < WINDOW_FIRST)
        return last == WINDOW_FIRST - 1 ? 0 : 6;
    if (first > WINDOW_LAST)
        return first == WINDOW_LAST + 1 ? 4 : 6;
    if (first >= WINDOW_FIRST && last <= WINDOW_LAST)
        return 2;
    if (first < WINDOW_FIRST && last > WINDOW_LAST)
        return 5;
    return first < WINDOW_FIRST ? 1 : 3;
}

void reach_window(struct reach *r, unsigned row, uint64_t first, uint64_t last)
{
    unsigned column = place(first, last);

    if (column < 6)
        reach_hit(r, REACH_WINDOW, row, column);
}

static void leaf(struct reach *r, iova_t a, unsigned row, unsigned level, uint64_t entry,
                 const gpa_t *way, unsigned steps)
{
    uint64_t mask = level_mask(level), target = entry_gpa(entry, r->aw_bits).v & ~mask;
    bool dma = row >= RA_DMA_R;

    reach_hit(r, REACH_ADDRESS, row, RT_LEAF1 + level - 1);
    if ((entry & SS_PERM) != SS_PERM)
        reach_hit(r, REACH_ADDRESS, row, entry & 1 ? RT_LEAF_R : RT_LEAF_W);
    reach_window(r, level - 1, a.v & ~mask, a.v | mask);
    for (unsigned i = 0; i < steps; i++)
        if (way[i].v >= target && way[i].v <= target + mask) {
            reach_hit(r, REACH_SHAPE, RS_OWN_TARGET, dma);
            break;
        }
}

/* Counts the entry's outcome; true: the way ends here. */
static bool step(struct reach *r, iova_t a, unsigned row, unsigned level, uint64_t entry,
                 const gpa_t *way, unsigned steps)
{
    bool is_leaf = level == 1 || (level <= 3 && (entry & SS_LARGE));
    unsigned below = level > 4 ? 3 : level - 1;

    if (entry == UINT64_MAX)
        reach_hit(r, REACH_ADDRESS, row, RT_ALL_ONES);
    else if (!(entry & SS_PERM))
        reach_hit(r, REACH_ADDRESS, row, RT_HOLE1 + below);
    else if (reserved(r, entry, level, is_leaf))
        reach_hit(r, REACH_ADDRESS, row, RT_RESERVED1 + below);
    else if (is_leaf)
        leaf(r, a, row, level, entry, way, steps);
    else
        return false;
    return true;
}

static void shapes(struct reach *r, const gpa_t *way, unsigned steps, bool dma)
{
    uint64_t now = way[steps - 1].v;

    for (unsigned i = 0; i + 1 < steps; i++)
        if (way[i].v == now)
            reach_hit(r, REACH_SHAPE, RS_TWICE, dma);
    if (now == r->root.v)
        reach_hit(r, REACH_SHAPE, RS_TOP, dma);
    if (now == (r->iqa & ~PAGE_4K_MASK))
        reach_hit(r, REACH_SHAPE, RS_QUEUE, dma);
}

void reach_address(struct reach *r, bdf_t b, iova_t a, unsigned row)
{
    struct context c;
    unsigned state = reach_context(r, b, &c), levels, steps = 0, bits;
    gpa_t way[LEVELS_MAX], table;

    if (state < RC_LEVELS3)
        return;
    levels = state - RC_LEVELS3 + 3;
    bits = 12 + 9 * levels;
    if (a.v >> (bits < r->aw_bits ? bits : r->aw_bits)) {
        reach_hit(r, REACH_ADDRESS, row, RT_BEYOND);
        return;
    }
    if (a.v >= WINDOW_FIRST && a.v <= WINDOW_LAST) {
        if (row >= RA_DMA_R)
            return; /* not translated: counted in REACH_ACCESS */
        reach_hit(r, REACH_ADDRESS, row, RT_WINDOW);
    }
    table = entry_gpa(c.lo, r->aw_bits);
    for (unsigned level = levels; level > 0; level--) {
        uint64_t entry;

        way[steps++] = table;
        shapes(r, way, steps, row >= RA_DMA_R);
        if (!guest_mem_read(r->mem, gpa(table.v + 8u * level_index(a, level)), &entry)) {
            reach_hit(r, REACH_ADDRESS, row, level == levels ? RT_TOP_UNREADABLE : RT_UNREADABLE);
            return;
        }
        if (step(r, a, row, level, entry, way, steps))
            return;
        table = entry_gpa(entry, r->aw_bits);
    }
}
