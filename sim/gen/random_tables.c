/* SPDX-License-Identifier: MIT */
/* Entries of second-stage tables. */
#include "gen/random_inside.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
/* A full table of the pages below names all our tables: hung up as a table of tables it would mean
 * millions of entries. */
#define SAFE         UINT64_C(0x1000000)
#define PSEUDO_TABLE 3u /* rights of an entry that leads to a table */

static uint64_t table_entry(struct random_guest *g, unsigned level)
{
    return random_table_page(g, random_page_of_level(g, level)) | PSEUDO_TABLE;
}

void random_change_entry(struct random_guest *g)
{
    unsigned page = (unsigned)random_below(g, g->pages), level = g->level_of[page];
    unsigned index = random_index(g, level);
    uint64_t entry = random_entry(g, level, index);

    if (random_must_be_table(g, level, index))
        entry = table_entry(g, level - 1);
    random_push_entry(g, page, index, entry);
}

/* Somewhere that is in use, and most often somebody is told. */
void random_change_spot(struct random_guest *g)
{
    unsigned lowest = random_one_in(g, 3) ? 1 + (unsigned)random_below(g, 3) : 1;
    struct spot s;
    uint64_t entry;

    if (!random_spot(g, lowest, &s))
        return;
    entry = random_entry(g, s.level, s.index);
    if (random_one_in(g, 4)) /* the same target with other rights */
        entry = (s.entry & ~SS_PERM) | (1 + random_below(g, 3));
    if (random_must_be_table(g, s.level, s.index))
        entry = table_entry(g, s.level - 1);
    random_push_entry(g, s.page, s.index, entry);
    if (g->careful || !random_one_in(g, 3))
        random_announce(g, s.did, s.iova, s.level);
}

static uint64_t bad(struct random_guest *g, unsigned level, uint64_t entry)
{
    static const uint64_t ignored[] = {0x4,
                                       0x38,
                                       0x40,
                                       0x100,
                                       0x200,
                                       0x400,
                                       UINT64_C(1) << 52,
                                       UINT64_C(1) << 60,
                                       UINT64_C(1) << 61,
                                       UINT64_C(1) << 63};

    if (!(entry & SS_PERM))
        entry = level == 1 ? UINT64_C(0x10003003) : table_entry(g, level - 1);
    switch (random_below(g, 9)) {
    case 0: return entry | SS_SNP;
    case 1: return entry | SS_TM;
    case 2: return entry | UINT64_C(1) << (39 + random_below(g, 13));
    case 3: return UINT64_MAX;
    case 4:
        return level > 1 ? entry | SS_LARGE : entry | SS_SNP; /* a table's address is no frame */
    case 5: return level > 1 ? NOWHERE | 3 : entry | SS_TM;
    case 6: return level > 1 ? BEYOND_RAM | 3 : UINT64_MAX;
    case 7: return level > 3 ? entry | SS_LARGE : entry | UINT64_C(1) << 51;
    default: return entry | ignored[random_below(g, COUNT(ignored))];
    }
}

void random_bad_entry(struct random_guest *g)
{
    unsigned lowest = 1 + (unsigned)random_below(g, g->levels_max);
    struct spot s;
    uint64_t entry;

    if (!random_spot(g, lowest, &s))
        return;
    entry = bad(g, s.level, s.entry);
    /* What a tame guest must not do is to be seen through: bit 7 would make a leaf of it. */
    if (random_must_be_table(g, s.level, s.index) && (entry & SS_LARGE) && entry != UINT64_MAX)
        entry = table_entry(g, s.level - 1) | SS_SNP;
    random_push_entry(g, s.page, s.index, entry);
    if (random_one_in(g, 2))
        random_announce(g, s.did, s.iova, s.level);
}

/* A page of a table at once: a run that grows together, or a part of one. */
void random_fill_table(struct random_guest *g)
{
    unsigned page = random_page_of_level(g, 1), first = (unsigned)random_below(g, 4);
    unsigned n = 2 + (unsigned)random_below(g, 12);
    uint64_t target = 0x20000000 + random_below(g, 64) * 0x200000, words[RANDOM_WORDS];
    uint64_t rights = random_one_in(g, 4) ? 1 + random_below(g, 3) : 3;
    bool clear = random_one_in(g, 5);

    if (random_one_in(g, 4))
        first = 0xf8;
    for (unsigned i = 0; i < n; i++) {
        words[i] = clear ? 0 : (target + 0x1000u * (first + i)) | rights;
        g->words[page][first + i] = words[i];
    }
    random_push_words(g, random_table_page(g, page) + 8u * first, n, words);
}

/* Large pages between table and leaf; targets at the ends of memory, and where there is none. */
void random_odd_target(struct random_guest *g)
{
    static const uint64_t targets[] = {0x0,         0x40000000,  0x7fe00000,   0x80000000,
                                       0xc0000,     0xe0000,     0xfed90000,   0xfee00000,
                                       0xfef00000,  0xffff0000,  0xc0000000,   0x100000000,
                                       0x17ff00000, 0x180000000, 0x3fffe00000, 0x7fffffe00000};
    unsigned page = (unsigned)random_below(g, g->pages), level = g->level_of[page];
    unsigned index = random_index(g, level);
    uint64_t entry = targets[random_below(g, COUNT(targets))];

    if (level > 3 || random_must_be_table(g, level, index) || !(g->page_sizes >> (level - 1) & 1))
        return;
    if (level > 1)
        entry = (entry & ~level_mask(level)) | SS_LARGE;
    entry |= 1 + random_below(g, 3);
    random_push_entry(g, page, index, entry);
}

/* A table that says what the large page said, all of it. */
static uint64_t same_in_small(struct random_guest *g, const struct spot *s)
{
    unsigned page = random_page_of_level(g, s->level - 1);
    uint64_t target = s->entry & UINT64_C(0x7ffffff000) & ~level_mask(s->level);
    uint64_t large = s->level > 2 ? SS_LARGE : 0;

    for (unsigned i = 0; i < 512; i++) {
        g->long_words[i] = target | (uint64_t)i << (12 + 9 * (s->level - 2)) | large;
        g->long_words[i] |= s->entry & SS_PERM;
        g->words[page][i] = g->long_words[i];
    }
    random_push_words(g, random_table_page(g, page), 512, NULL);
    return random_table_page(g, page) | PSEUDO_TABLE;
}

/* A large page becomes a table or the other way round; somebody is told of a part, or of all. */
void random_split_or_join(struct random_guest *g)
{
    unsigned lowest = random_one_in(g, 4) ? 3 : 2;
    uint64_t entry, at;
    struct spot s;

    if (!random_spot(g, lowest, &s) || s.level < 2 || s.level > 3 ||
        random_must_be_table(g, s.level, s.index))
        return;
    if (!(s.entry & SS_LARGE) || !(s.entry & SS_PERM)) {
        entry = (0x20000000 + random_below(g, 8) * 0x200000) & ~level_mask(s.level);
        entry |= SS_LARGE | 3;
    } else if (s.level == 2 && (s.entry & UINT64_C(0x7fffffe00000)) >= SAFE &&
               random_one_in(g, 8)) {
        entry = same_in_small(g, &s);
    } else {
        entry = table_entry(g, s.level - 1);
    }
    random_push_entry(g, s.page, s.index, entry);
    at = s.iova;
    if (random_one_in(g, 3))
        at |= (uint64_t)random_index(g, 1) << 12;
    random_announce(g, s.did, at, random_one_in(g, 3) ? 1 : s.level);
}

/* Another table hangs there: with something else in it, or with a copy of the beginning. */
void random_replace_table(struct random_guest *g)
{
    unsigned page, first = random_one_in(g, 2) ? 0 : 0x1f4;
    struct spot s;
    unsigned old;

    if (!random_spot(g, 2 + (unsigned)random_below(g, 2), &s) || s.level < 2)
        return;
    page = random_page_of_level(g, s.level - 1);
    old = random_page_at(g, s.entry & UINT64_C(0xffffffffff000));
    if (old < RANDOM_PAGES_MAX && g->level_of[old] == s.level - 1 && random_one_in(g, 2)) {
        for (unsigned i = 0; i < 8; i++)
            g->words[page][first + i] = g->words[old][first + i];
        random_push_words(g, random_table_page(g, page) + 8u * first, 8, &g->words[page][first]);
    }
    random_push_entry(g, s.page, s.index, random_table_page(g, page) | PSEUDO_TABLE);
    if (!random_one_in(g, 4))
        random_announce(g, s.did, s.iova, s.level);
}

/* A table of another level, itself, the root table, a queue, a page that holds data. */
void random_strange_table(struct random_guest *g)
{
    static const uint64_t places[] = {ROOT, CONTEXT, CONTEXT2, QUEUE, STATUS, 0x10003000, 0x0};
    uint64_t at = places[random_below(g, COUNT(places))];
    struct spot s;

    if (!random_spot(g, 2 + (unsigned)random_below(g, 3), &s) || s.level < 2 ||
        random_must_be_table(g, s.level, s.index))
        return;
    switch (random_below(g, 3)) {
    case 0: at = random_table_page(g, s.page); break;
    case 1: at = random_table_page(g, (unsigned)random_below(g, g->pages)); break;
    default: break;
    }
    random_push_entry(g, s.page, s.index, at | PSEUDO_TABLE);
    random_announce(g, s.did, s.iova, s.level);
}
