/* SPDX-License-Identifier: MIT */
/* Context and root entries. */
#include "gen/random_inside.h"

static void announce_device(struct random_guest *g, uint16_t sid, uint16_t did)
{
    uint64_t cc = 0x31 | (uint64_t)did << 16 | (uint64_t)sid << 32;

    if (g->wild && random_one_in(g, 4))
        cc |= random_below(g, 4) << 48;
    if (g->wild && random_one_in(g, 6))
        cc = random_one_in(g, 2) ? 0x11 : 0x21 | (uint64_t)did << 16;
    random_push_desc(g, cc, 0);
    random_push_desc(g, g->wild && random_one_in(g, 3) ? 0xe2 | (uint64_t)did << 16 : 0xd2, 0);
}

static void random_levels(struct random_guest *g, unsigned *levels, uint64_t *table)
{
    *levels = g->knobs.depth ? g->levels_max : 3 + (unsigned)random_below(g, g->levels_max - 2);
    *table = random_table_page(g, random_page_of_level(g, *levels));
}

void random_change_context(struct random_guest *g)
{
    unsigned levels, device = random_device(g);
    uint64_t lo, hi = (uint64_t)random_did(g) << 8;

    random_levels(g, &levels, &lo);
    lo |= 1;
    hi |= levels - 2;
    if (random_one_in(g, g->wild ? 8 : 4))
        lo = 0;
    else if (random_one_in(g, 6))
        lo |= TT_PASS_THROUGH << 2;
    else if (random_one_in(g, 15))
        lo |= 0x10; /* reserved */
    else if (random_one_in(g, 15))
        hi |= 7; /* no such width */
    else if (g->device_iotlb && random_one_in(g, 2))
        lo |= TT_DEV_IOTLB << 2;
    if (random_one_in(g, 10))
        lo |= CONTEXT_FPD;
    if (g->wild && random_one_in(g, 16)) {
        random_push_mem(g, CONTEXT2 + (g->sids[device] & 0xffu) * 16u, 2, lo, hi);
        return;
    }
    random_push_context(g, device, lo, hi);
    if (g->careful || random_one_in(g, 2))
        announce_device(g, g->sids[device], (uint16_t)(hi >> 8));
}

/* The same tables under another name, or those of another device. */
void random_move_domain(struct random_guest *g)
{
    unsigned device = random_device(g), other = random_device(g);
    uint64_t lo = g->context[device][0], hi = g->context[device][1];
    uint16_t old = (uint16_t)(hi >> 8), did = random_did(g);
    uint64_t how = random_below(g, 4);

    if (how == 0) {
        lo = g->context[other][0];
        hi = g->context[other][1];
    } else {
        if (how == 1) /* names that nobody else has */
            did = random_one_in(g, 2) ? 0 : 0xffff;
        hi = (hi & ~UINT64_C(0xffff00)) | (uint64_t)did << 8;
    }
    random_push_context(g, device, lo, hi);
    if (!g->careful && random_one_in(g, 3))
        return;
    announce_device(g, g->sids[device], old);
    if (random_one_in(g, 3))
        random_push_desc(g, 0xe2 | (uint64_t)did << 16, 0);
}

void random_bad_context(struct random_guest *g)
{
    unsigned device = random_device(g), levels, named;
    uint64_t lo, hi = (uint64_t)random_did(g) << 8;

    random_levels(g, &levels, &lo);
    lo |= 1;
    hi |= levels - 2;
    switch (random_below(g, 11)) {
    case 0: lo |= UINT64_C(1) << (4 + random_below(g, 8)); break;
    case 1: lo |= UINT64_C(1) << (39 + random_below(g, 25)); break;
    case 2: hi |= UINT64_C(0x80); break;
    case 3: hi |= UINT64_C(1) << (24 + random_below(g, 40)); break;
    case 4: hi = (hi & ~UINT64_C(7)) | random_below(g, 8); break; /* AW, the table as it is */
    case 5: lo |= 0xc; break;                                     /* TT 3 */
    case 6: lo |= TT_DEV_IOTLB << 2; break;                       /* may be there, may be not */
    case 7: lo = BEYOND_RAM | 1; break;
    case 8: lo &= ~ENTRY_P; break;
    case 9: hi |= 0x78; break; /* for software: ignored */
    default:
        lo |= TT_PASS_THROUGH << 2;
        hi = (hi & ~UINT64_C(7)) | random_below(g, 8);
        break;
    }
    if (random_one_in(g, 4))
        lo |= CONTEXT_FPD;
    named = 2 + (unsigned)(hi & 7);
    if (g->tame && named != levels && named <= g->levels_max) { /* slots at the window: as it is */
        lo &= ~UINT64_C(0xfffffff000);
        lo |= random_table_page(g, random_page_of_level(g, named > 2 ? named : 3));
    }
    random_push_context(g, device, lo, hi);
    if (random_one_in(g, 2))
        announce_device(g, g->sids[device], (uint16_t)(hi >> 8));
}

static void announce_all(struct random_guest *g)
{
    random_push_desc(g, 0x11, 0);
    random_push_desc(g, 0xd2, 0);
}

void random_change_root(struct random_guest *g)
{
    uint64_t lo = CONTEXT | 1, hi = 0;

    if (!g->wild) {
        random_push_mem(g, ROOT, 2, random_one_in(g, 3) ? 0 : CONTEXT | 1, 0);
        return;
    }
    switch (random_below(g, 7)) {
    case 0: lo = 0; break;
    case 1: lo |= UINT64_C(1) << (1 + random_below(g, 11)); break;
    case 2: lo |= UINT64_C(1) << (39 + random_below(g, 25)); break;
    case 3: hi = UINT64_C(1) << random_below(g, 64); break;
    case 4: lo = NOWHERE | 1; break;
    case 5: lo = CONTEXT2 | 1; break;
    default: break;
    }
    g->root_odd = lo != (CONTEXT | 1) || hi;
    random_push_mem(g, ROOT, 2, lo, hi);
    if (random_one_in(g, 2))
        announce_all(g);
}

void random_mend_root(struct random_guest *g)
{
    bool set = !random_one_in(g, 3);

    random_push_mem(g, ROOT, 2, CONTEXT | 1, 0);
    if (set) {
        random_push_w64(g, REG_RTADDR, ROOT);
        random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP);
    }
    if (!random_one_in(g, 3))
        announce_all(g);
    g->root_odd = !set;
}

void random_set_root(struct random_guest *g)
{
    static const uint64_t roots[] = {ROOT,      ROOT,    ROOT2,
                                     0x7000000, NOWHERE, UINT64_C(1) << 52 | ROOT};
    uint64_t root = roots[random_below(g, 6)];

    if (!g->wild) {
        if (random_one_in(g, 2))
            random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP);
        else
            random_push_w64(g, REG_RTADDR, random_one_in(g, 3) ? 0x7000000 : ROOT);
        return;
    }
    if (random_one_in(g, 3)) {
        random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP);
        return;
    }
    if (root == ROOT2)
        random_push_mem(g, ROOT2, 2, (random_one_in(g, 2) ? CONTEXT : CONTEXT2) | 1, 0);
    random_push_w64(g, REG_RTADDR, root);
    if (!random_one_in(g, 4))
        random_push_w32(g, REG_GCMD, g->gcmd | GCMD_SRTP);
    g->root_odd = root != ROOT;
}
