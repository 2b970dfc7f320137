/* SPDX-License-Identifier: MIT */
/*
 * Reserved bits of paging entries against the table of vtd-facts 3.6, and translation of random
 * tables against a second walker, written from 3.6 and 3.9 and sharing nothing with the unit.
 */
#include "rig.h"
#include "suite.h"

#define PAGES  48u
#define TABLES UINT64_C(0x400000)

/* 3.6: what must be zero. Level 1..5, and the size bit at levels 2 and 3. */
static uint64_t reserved(unsigned aw, unsigned level, bool large)
{
    static const uint64_t at39[] = {0x400FFF8000000800, 0x400FFF80001FF800, 0x400FFF803FFFF800};
    static const uint64_t at48[] = {0x400F000000000800, 0x400F0000001FF800, 0x400F00003FFFF800};
    static const uint64_t at57[] = {0x4000000000000800, 0x40000000001FF800, 0x400000003FFFF800};
    const uint64_t *row = aw == 39 ? at39 : aw == 48 ? at48 : at57;

    if (large && (level == 2 || level == 3))
        return row[level - 1];
    return row[0] | (level >= 4 ? 0x80 : 0);
}

static struct rig *on(const struct rig_setup *s, unsigned levels, uint64_t top)
{
    struct rig *r = rig_new(s);

    ck_assert_msg(r->result == 0, "%s", r->err.text);
    rig_detach(r, "p"); /* nobody listens: only translation is looked at */
    rig_context(r, RIG_DEV, levels, 5, top);
    rig_w64(r, 0x20, RIG_ROOT);
    rig_w32(r, 0x18, 0x40000000);
    rig_w32(r, 0x18, 0x80000000);
    return r;
}

struct modifiers {
    bool snoop, dt, stale_tm;
};

/* 3.6, "Modifiers"; 7.2 knew no stale-tm and left bit 62 free whenever there was a device IOTLB. */
static uint64_t freed(int profile, const struct modifiers *m, bool leaf)
{
    uint64_t free_bits = 0;

    if (leaf && m->snoop)
        free_bits |= 0x800;
    if (leaf && m->dt && (m->stale_tm || profile == 0))
        free_bits |= UINT64_C(1) << 62;
    return free_bits;
}

/* One entry at `level` on the way of `at`, each bit tried. */
static void try_bits(int profile, unsigned aw, unsigned level, bool large,
                     const struct modifiers *m)
{
    unsigned levels = aw == 39 ? 3 : aw == 48 ? 4 : 5, leaf = large || level == 1 ? level : 1;
    uint64_t at = UINT64_C(0x40201000), mask = reserved(aw, level, large);
    struct rig *r = on(&(struct rig_setup){.profile = rig_profiles[profile],
                                           .aw_bits = aw,
                                           .snoop_control = m->snoop,
                                           .device_iotlb = m->dt,
                                           .stale_tm = m->stale_tm},
                       levels, RIG_TOP);
    uint64_t table = RIG_TOP, entry;

    mask &= ~freed(profile, m, level == leaf);
    for (unsigned l = levels; l > leaf; l--) {
        uint64_t next = 0x500000 + 0x1000 * l;

        rig_mem(r, table + 8 * (at >> (12 + 9 * (l - 1)) & 511), next | 3);
        table = next;
    }
    rig_mem(r, table + 8 * (at >> (12 + 9 * (leaf - 1)) & 511), large ? 0x80000083 : 0x80000003);
    table = level == levels ? RIG_TOP : 0x500000 + UINT64_C(0x1000) * (level + 1);
    entry = level != leaf ? (0x500000 + 0x1000 * level) | 3 : large ? 0x80000083 : 0x80000003;
    for (unsigned bit = 2; bit < 64; bit++) {
        bool bad = mask >> bit & 1;

        if (bit == 7 && (level == 2 || level == 3))
            continue;
        if (bit >= 12 && bit < (aw < 52 ? aw : 52) && (level != leaf || !bad))
            continue; /* the address itself */
        rig_mem(r, table + 8 * (at >> (12 + 9 * (level - 1)) & 511), entry | UINT64_C(1) << bit);
        rig_w64(r, 0xf8, 0x9000000000000000);
        rig_w32(r, 0x22c, 0x80000000);
        rig_dma(r, RIG_DEV, at, true);
        ck_assert_msg(r->dma.end == (bad ? XLAT_FAULT : XLAT_OK) &&
                          r->dma.reason == (bad ? 0xc : 0),
                      "%s, aw %u, level %u%s, bit %u: end %d reason 0x%x", rig_profiles[profile],
                      aw, level, large ? " large" : "", bit, r->dma.end, r->dma.reason);
        if (!bad)
            ck_assert_uint_eq(r->dma.gpa.v,
                              0x80000000 + (large ? at & (level == 2 ? 0x1fffff : 0x3fffffff) : 0));
    }
    rig_free(r);
}

START_TEST(reserved_bits)
{
    static const struct modifiers mods[] = {{false, false, false}, {true, false, false},
                                            {false, true, false},  {false, false, true},
                                            {false, true, true},   {true, true, true}};
    static const unsigned widths[] = {39, 48, 57};

    for (size_t m = 0; m < COUNT(mods); m++) {
        if (mods[m].stale_tm && _i == 0)
            continue; /* not offered */
        for (size_t w = 0; w < (_i == 2 ? 3 : 2); w++) {
            for (unsigned level = 1; level <= w + 3; level++) {
                try_bits(_i, widths[w], level, false, &mods[m]);
                if (level == 2 || level == 3)
                    try_bits(_i, widths[w], level, true, &mods[m]);
            }
        }
    }
}
END_TEST

/* --- the second walker ----------------------------------------------------------------- */

struct world {
    uint64_t word[PAGES][512];
    unsigned aw, levels;
    bool is_ideal;
    uint64_t seed;
};

struct answer {
    unsigned reason;
    uint64_t gpa, mask;
};

static bool fetch(const struct world *w, uint64_t gpa_, uint64_t *val)
{
    if (gpa_ >= 0xfee00000 && gpa_ < 0xfef00000)
        return false;
    if (gpa_ >= (w->aw < 46 ? UINT64_C(1) << w->aw : UINT64_C(1) << 46))
        return false;
    *val = 0;
    if (gpa_ >= TABLES && gpa_ < TABLES + PAGES * 0x1000)
        *val = w->word[(gpa_ - TABLES) >> 12][gpa_ >> 3 & 511];
    return true;
}

static struct answer second_walker(const struct world *w, uint64_t at, bool write)
{
    unsigned width = 30 + 9 * (w->levels - 2);
    uint64_t table = TABLES, need = write ? 2 : 1, address_bits;

    if (w->aw < width)
        width = w->aw;
    address_bits = (UINT64_C(1) << (w->aw < 52 ? w->aw : 52)) - 0x1000;
    if (at >> width)
        return (struct answer){4, 0, 0};
    for (unsigned level = w->levels; level > 0; level--) {
        unsigned shift = 12 + 9 * (level - 1);
        uint64_t size = UINT64_C(1) << shift, e, out;

        if (!fetch(w, table + (at >> shift & 511) * 8, &e) || (e == UINT64_MAX && !w->is_ideal))
            return (struct answer){level == w->levels ? 3 : 7, 0, 0};
        if (!(e & need))
            return (struct answer){write ? 5 : 6, 0, 0};
        if (e & reserved(w->aw, level, e & 0x80))
            return (struct answer){0xc, 0, 0};
        if (level > 1 && !(e & 0x80)) {
            table = e & address_bits;
            continue;
        }
        out = e & address_bits & ~(size - 1);
        if (w->is_ideal ? (out + (at & (size - 1))) >> 20 == 0xfee
                        : out < 0xfef00000 && out + size > 0xfee00000)
            return (struct answer){0xe, 0, 0};
        return (struct answer){0, out, size - 1};
    }
    return (struct answer){99, 0, 0};
}

static uint64_t random_entry(struct world *w)
{
    uint64_t x = rig_random(&w->seed), table = TABLES + (x >> 40) % PAGES * 0x1000;
    uint64_t rights = (x & 7) == 7 ? x >> 3 & 3 : 3;

    switch (x >> 8 & 31) {
    case 0:
    case 1:
    case 2: return 0;
    case 3: return UINT64_MAX;
    case 4: return table | rights | UINT64_C(1) << (x >> 16 & 63);
    case 5: return 0xfee00000 | rights;
    case 6: return (x & UINT64_C(0x3ffffff000)) | rights | 0x80; /* low bits make many reserved */
    case 7: return (x & UINT64_C(0x3fffe00000)) | rights | 0x80;
    case 8: return (x & UINT64_C(0x3fc0000000)) | rights | 0x80;
    case 9: return UINT64_C(0xC0000080) | rights;
    case 10: return x;
    case 11: return UINT64_C(0xfec00080) | rights;
    default: return table | rights | (x >> 13 & UINT64_C(0x3f) << 52 & ~(UINT64_C(3) << 62));
    }
}

static void fill(struct world *w, struct rig *r)
{
    for (unsigned p = 0; p < PAGES; p++) {
        for (unsigned i = 0; i < 512; i++)
            w->word[p][i] = random_entry(w);
        rig_mem_words(r, TABLES + 0x1000 * p, w->word[p], 512);
    }
}

static const struct {
    unsigned aw, levels, profile;
} shapes[] = {{39, 3, 0}, {48, 4, 0}, {48, 3, 0}, {39, 3, 1}, {48, 4, 1}, {48, 3, 1},
              {39, 3, 2}, {48, 4, 2}, {48, 3, 2}, {57, 5, 2}, {57, 4, 2}, {57, 3, 2}};

START_TEST(two_walkers_agree)
{
    struct world *w = malloc(sizeof(*w));
    unsigned reasons[256] = {0}, sizes[4] = {0};
    struct rig *r;

    ck_assert_ptr_nonnull(w);
    *w = (struct world){.aw = shapes[_i].aw,
                        .levels = shapes[_i].levels,
                        .is_ideal = shapes[_i].profile == 2,
                        .seed = 0x5eed + (uint64_t)_i};
    r = on(&(struct rig_setup){.profile = rig_profiles[shapes[_i].profile], .aw_bits = w->aw},
           w->levels, TABLES);
    fill(w, r);
    for (unsigned n = 0; n < 4000; n++) {
        uint64_t at = rig_random(&w->seed) & ((UINT64_C(2) << (12 + 9 * w->levels)) - 1);
        bool write = rig_random(&w->seed) >> 20 & 1;
        struct answer a;

        if (n % 8)
            at &= (UINT64_C(1) << (12 + 9 * w->levels)) - 1;
        if (at >= 0xfee00000 && at <= 0xfeefffff)
            continue;
        a = second_walker(w, at, write);
        rig_w64(r, 0xf8, 0x9000000000000000); /* no help from the IOTLB */
        rig_dma(r, RIG_DEV, at, write);
        reasons[a.reason]++;
        if (a.reason) {
            ck_assert_msg((r->dma.end == XLAT_FAULT || r->dma.end == XLAT_COLLAPSED) &&
                              r->dma.reason == a.reason,
                          "0x%llx: reason 0x%x, the second walker says 0x%x",
                          (unsigned long long)at, r->dma.reason, a.reason);
            continue;
        }
        ck_assert_msg(r->dma.end == XLAT_OK && r->dma.mask == a.mask &&
                          r->dma.gpa.v == (a.gpa | (at & a.mask)),
                      "0x%llx: end %d gpa 0x%llx, the second walker says 0x%llx",
                      (unsigned long long)at, r->dma.end, (unsigned long long)r->dma.gpa.v,
                      (unsigned long long)(a.gpa | (at & a.mask)));
        sizes[a.mask == 0xfff ? 1 : a.mask == 0x1fffff ? 2 : 3]++;
    }
    /* The tables must have exercised what they are for. */
    for (unsigned reason = 3; reason <= 7; reason++)
        ck_assert_msg(reasons[reason] > 0 || reason == 3 || (reason == 4 && w->aw == 57),
                      "reason %u never came up", reason);
    ck_assert_uint_gt(reasons[0xc], 0);
    ck_assert_uint_gt(reasons[0xe], 0);
    ck_assert_uint_gt(sizes[1] * sizes[2] * sizes[3], 0);
    rig_free(r);
    free(w);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {reserved_bits, RIG_PROFILES},
        {two_walkers_agree, (int)COUNT(shapes)},
    };

    return run_tests("paging entries", rows, COUNT(rows));
}
