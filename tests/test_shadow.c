/* SPDX-License-Identifier: MIT */
/* The record of what was notified, against a list of leaves; its own check after every step. */

#include "rig.h"
#include "shadow.h"
#include "suite.h"

#define LEAVES 4096u

struct leaf {
    uint64_t at;
    unsigned level;
    uint64_t word;
};

struct pair {
    struct shadow s;
    struct leaf list[LEAVES];
    unsigned count;
    uint64_t seed;
    unsigned levels;
};

static uint64_t last_of(const struct leaf *l)
{
    return l->at | level_mask(l->level);
}

static bool overlaps(const struct leaf *l, struct iova_range r)
{
    return l->at <= r.last.v && last_of(l) >= r.first.v;
}

static struct leaf draw(struct pair *p)
{
    static const uint64_t slots[] = {0, 1, 2, 255, 511};
    uint64_t x = rig_random(&p->seed);
    struct leaf l = {.level = 1 + (unsigned)(x % 7 == 0 ? 2 : x % 4 == 0 ? 1 : 0)};

    for (unsigned level = l.level; level <= p->levels; level++)
        l.at |= slots[(x >> (8 + 4 * level)) % COUNT(slots)] << (12 + 9 * (level - 1));
    l.word = shadow_leaf(gpa((x >> 40 & 1) << 30), (enum perm)(1 + (x >> 50) % 2));
    return l;
}

static enum shadow_meet expected(const struct pair *p, const struct leaf *l,
                                 struct iova_range *around)
{
    bool smaller = false;

    for (unsigned i = 0; i < p->count; i++) {
        const struct leaf *h = &p->list[i];

        if (!overlaps(h, iova_range(l->at, last_of(l))))
            continue;
        if (h->level == l->level)
            return h->word == l->word ? MEET_SAME : MEET_OTHER;
        if (h->level > l->level) {
            *around = iova_range(h->at, last_of(h));
            return MEET_LARGER;
        }
        smaller = true;
    }
    return smaller ? MEET_SMALLER : MEET_NONE;
}

struct seen {
    struct leaf list[LEAVES];
    unsigned count;
};

static void see(void *arg, struct iova_range r, uint64_t leaf)
{
    struct seen *s = arg;

    ck_assert(s->count == 0 || s->list[s->count - 1].at < r.first.v); /* ascending */
    s->list[s->count++] = (struct leaf){r.first.v,
                                        r.last.v - r.first.v == 0xfff      ? 1
                                        : r.last.v - r.first.v == 0x1fffff ? 2
                                                                           : 3,
                                        leaf};
}

/* What a visit or a drop of `r` shows is what overlaps it, each once. */
static void check_seen(const struct pair *p, const struct seen *s, struct iova_range r)
{
    unsigned want = 0;

    for (unsigned i = 0; i < p->count; i++) {
        bool found = false;

        if (!overlaps(&p->list[i], r))
            continue;
        want++;
        for (unsigned k = 0; k < s->count && !found; k++)
            found = s->list[k].at == p->list[i].at && s->list[k].level == p->list[i].level &&
                    s->list[k].word == p->list[i].word;
        ck_assert_msg(found, "a leaf at 0x%llx was not shown", (unsigned long long)p->list[i].at);
    }
    ck_assert_uint_eq(s->count, want);
}

struct runs {
    const struct seen *seen; /* each leaf, ascending */
    unsigned at;             /* the next that was in no run yet */
};

/* A run is of leaves that lie side by side. */
static void see_run(void *arg, struct iova_range r)
{
    struct runs *runs = arg;
    uint64_t next = r.first.v;

    while (next != r.last.v + 1) {
        const struct leaf *l = &runs->seen->list[runs->at++];

        ck_assert_uint_le(runs->at, runs->seen->count);
        ck_assert_uint_eq(l->at, next);
        next = last_of(l) + 1;
    }
}

static void drop(struct pair *p, struct iova_range r)
{
    struct seen *s = calloc(1, sizeof(*s));
    unsigned kept = 0;

    ck_assert_ptr_nonnull(s);
    shadow_visit(&p->s, r, see, s);
    check_seen(p, s, r);
    if (rig_random(&p->seed) % 2) {
        struct runs runs = {.seen = s};

        shadow_drop_runs(&p->s, r, see_run, &runs);
        ck_assert_uint_eq(runs.at, s->count);
    } else {
        s->count = 0;
        shadow_drop(&p->s, r, see, s);
        check_seen(p, s, r);
    }
    free(s);
    for (unsigned i = 0; i < p->count; i++)
        if (!overlaps(&p->list[i], r))
            p->list[kept++] = p->list[i];
    p->count = kept;
}

/* What was known of the table around a leaf is what is asked now, as long as it is said to be so.
 */
static void same_still(struct pair *p, const struct leaf *l, struct shadow_table *was)
{
    struct shadow_table is;

    if (!shadow_table_still(&p->s, was))
        return;
    ck_assert(shadow_table_at(&p->s, iova(l->at), l->level, &is));
    for (unsigned i = 0; i < WORDS_PER_PAGE; i++)
        ck_assert_uint_eq(shadow_table_slot(was, i), shadow_table_slot(&is, i));
}

START_TEST(random_operations)
{
    static const unsigned depths[] = {3, 4, 5};
    struct pair *p = calloc(1, sizeof(*p));
    unsigned met[5] = {0};

    ck_assert_ptr_nonnull(p);
    p->levels = depths[_i];
    p->seed = 1234567 + (uint64_t)_i;
    shadow_init(&p->s, p->levels);
    for (unsigned n = 0; n < 6000; n++) {
        struct leaf l = draw(p);
        struct iova_range around = {{0}, {0}}, want_around = {{0}, {0}};
        enum shadow_meet want = expected(p, &l, &want_around);
        struct shadow_table t;
        bool known = shadow_table_at(&p->s, iova(l.at), l.level, &t);

        shadow_expect(&p->s, iova(draw(p).at)); /* nothing depends on it */
        ck_assert_int_eq(shadow_meet(&p->s, iova(l.at), l.level, l.word, &around), want);
        met[want]++;
        if (want == MEET_LARGER) {
            ck_assert_uint_eq(around.first.v, want_around.first.v);
            ck_assert_uint_eq(around.last.v, want_around.last.v);
        }
        if (want == MEET_NONE && p->count < 300) {
            ck_assert_int_eq(shadow_set(&p->s, iova(l.at), l.level, l.word), 0);
            p->list[p->count++] = l;
        } else if (n % 3 == 0) {
            drop(p, iova_range(l.at + (n % 2 ? 0x1000 : 0), last_of(&l)));
        } else if (n % 500 == 0) {
            drop(p, iova_range(l.at, UINT64_MAX));
        }
        if (known)
            same_still(p, &l, &t);
        ck_assert_uint_eq(p->s.leaves, p->count);
        ck_assert_msg(shadow_check(&p->s) == NULL, "step %u: %s", n, shadow_check(&p->s));
    }
    for (size_t i = 0; i < COUNT(met); i++)
        ck_assert_uint_gt(met[i], 20);
    drop(p, iova_range(0, UINT64_MAX));
    ck_assert_uint_eq(p->s.nodes, 0);
    ck_assert_uint_eq(shadow_bytes(&p->s), 0);
    ck_assert_uint_eq(p->s.root, 0);
    shadow_clear(&p->s);
    free(p);
}
END_TEST

START_TEST(words)
{
    uint64_t leaf = shadow_leaf(gpa(0x123456789000), PERM_W);

    ck_assert_uint_eq(shadow_leaf_gpa(leaf).v, 0x123456789000);
    ck_assert_int_eq(shadow_leaf_perm(leaf), PERM_W);
    ck_assert(leaf & SHADOW_LEAF);
}
END_TEST

START_TEST(beyond_its_width)
{
    struct iova_range around;
    struct shadow_table t;
    struct shadow s;

    shadow_init(&s, 3);
    ck_assert_int_eq(shadow_set(&s, iova(0), 1, shadow_leaf(gpa(0), PERM_R)), 0);
    ck_assert_int_eq(shadow_meet(&s, iova(UINT64_C(1) << 39), 1, 0, &around), MEET_NONE);
    ck_assert(shadow_table_at(&s, iova(UINT64_C(1) << 39), 1, &t));
    ck_assert_uint_eq(shadow_table_slot(&t, 0), 0);
    shadow_drop(&s, iova_range(UINT64_C(1) << 39, UINT64_MAX), NULL, NULL);
    ck_assert_uint_eq(s.leaves, 1);
    ck_assert(shadow_table_at(&s, iova(0x1000), 1, &t));
    ck_assert_uint_ne(shadow_table_slot(&t, 0), 0);
    ck_assert(shadow_table_at(&s, iova(0x200000), 1, &t));
    ck_assert_uint_eq(shadow_table_slot(&t, 0), 0);
    shadow_clear(&s);
    ck_assert_uint_eq(s.levels, 3);
    ck_assert_uint_eq(s.leaves, 0);
}
END_TEST

/* Some tables filled and emptied, so that their nodes grow and shrink through every size; the model
 * is a word for each page. */
#define DENSE_PAGES 2048u

struct dense {
    struct shadow s;
    uint64_t word[DENSE_PAGES]; /* 0: nothing */
    uint64_t base, seed;
    unsigned count, taken, still;
};

static void dense_table(struct dense *d, unsigned table)
{
    uint64_t at = d->base + table * UINT64_C(0x200000);
    unsigned start = (unsigned)(rig_random(&d->seed) % WORDS_PER_PAGE), next, want;
    struct shadow_table t;

    ck_assert(shadow_table_at(&d->s, iova(at), 1, &t));
    for (unsigned i = start; i < WORDS_PER_PAGE; i += 1 + (unsigned)(rig_random(&d->seed) % 3))
        ck_assert_uint_eq(shadow_table_slot(&t, i), d->word[table * WORDS_PER_PAGE + i]);
    for (unsigned i = WORDS_PER_PAGE; i-- > 0;)
        ck_assert_uint_eq(shadow_table_slot(&t, i), d->word[table * WORDS_PER_PAGE + i]);
    next = shadow_table_next(&t, start);
    for (want = start; want < WORDS_PER_PAGE && !d->word[table * WORDS_PER_PAGE + want];)
        want++;
    if (t.words)
        ck_assert_uint_eq(next, start);
    else
        ck_assert_uint_eq(next, want);
}

static void dense_gone(void *arg, struct iova_range r, uint64_t leaf)
{
    struct dense *d = arg;
    uint64_t *word = &d->word[(r.first.v - d->base) >> 12];

    ck_assert_uint_eq(r.last.v - r.first.v, 0xfff);
    ck_assert_uint_eq(*word, leaf);
    *word = 0;
    d->count--;
}

/* A run that goes holds pages alone. */
static void dense_run_gone(void *arg, struct iova_range r)
{
    struct dense *d = arg;

    ck_assert_uint_eq(r.first.v & 0xfff, 0);
    ck_assert_uint_eq(r.last.v & 0xfff, 0xfff);
    for (uint64_t at = r.first.v; at < r.last.v; at += 0x1000) {
        uint64_t *word = &d->word[(at - d->base) >> 12];

        ck_assert_uint_ne(*word, 0);
        *word = 0;
        d->count--;
    }
}

/* Page by page, by runs, or one page that may be taken. */
static void dense_drop(struct dense *d, struct iova_range r)
{
    uint64_t way = rig_random(&d->seed) % 3;
    uint64_t *word = &d->word[(r.first.v - d->base) >> 12], leaf = 0;

    if (way == 0 && r.first.v + 0xfff == r.last.v)
        leaf = shadow_take_page(&d->s, r.first);
    if (leaf) {
        ck_assert_uint_eq(leaf, *word);
        *word = 0;
        d->count--;
        d->taken++;
    } else if (way == 1) {
        shadow_drop(&d->s, r, dense_gone, d);
    } else {
        shadow_drop_runs(&d->s, r, dense_run_gone, d);
    }
}

/* What was known of a table, as long as it is said to be so still. */
static void dense_still(struct dense *d, struct shadow_table *t, unsigned table)
{
    if (!shadow_table_still(&d->s, t))
        return;
    d->still++;
    /* Of few pages, each; else some. */
    for (unsigned i = d->count < 100 ? 0 : (unsigned)(rig_random(&d->seed) % 64);
         i < WORDS_PER_PAGE; i += d->count < 100 ? 1 : 64)
        ck_assert_uint_eq(shadow_table_slot(t, i), d->word[table * WORDS_PER_PAGE + i]);
}

static void dense_step(struct dense *d, bool filling)
{
    uint64_t x = rig_random(&d->seed);
    unsigned page = (unsigned)(x >> 20) % DENSE_PAGES, pages = 1;
    iova_t at = iova(d->base + page * UINT64_C(0x1000));
    struct iova_range around;
    uint64_t leaf = shadow_leaf(gpa(x & 0xffffff000), (enum perm)(1 + (x >> 60) % 3));

    shadow_expect(&d->s, iova(d->base + (x >> 40) % DENSE_PAGES * 0x1000));
    if (!d->word[page] && (filling || x % 8 == 0)) {
        ck_assert_int_eq(shadow_meet(&d->s, at, 1, leaf, &around), MEET_NONE);
        ck_assert_int_eq(shadow_set(&d->s, at, 1, leaf), 0);
        ck_assert_int_eq(shadow_meet(&d->s, at, 1, leaf, &around), MEET_SAME);
        d->word[page] = leaf;
        d->count++;
        return;
    }
    if (filling && x % 8)
        return;
    if (x % 64 == 0)
        pages = (unsigned)(x >> 8) % 700;
    for (unsigned i = page; i < page + pages && i < DENSE_PAGES; i++)
        if (!d->word[i])
            ck_assert_int_eq(
                shadow_meet(&d->s, iova(d->base + i * UINT64_C(0x1000)), 1, 0, &around), MEET_NONE);
    dense_drop(d, iova_range(at.v, at.v + pages * UINT64_C(0x1000) - 1));
    for (unsigned i = page; i < page + pages && i < DENSE_PAGES; i++)
        ck_assert_uint_eq(d->word[i], 0);
}

START_TEST(dense_and_sparse)
{
    struct dense *d = calloc(1, sizeof(*d));
    bool small = false, large = false;

    ck_assert_ptr_nonnull(d);
    d->base = _i % 2 ? UINT64_C(0x3fc00000) : 0; /* below one level 3 entry, or across two */
    d->seed = 99 + (uint64_t)_i;
    shadow_init(&d->s, 3 + (unsigned)_i % 3);
    for (unsigned n = 0; n < 16000; n++) {
        unsigned table = (unsigned)(rig_random(&d->seed) % (DENSE_PAGES / WORDS_PER_PAGE));
        struct shadow_table t;

        ck_assert(shadow_table_at(&d->s, iova(d->base + table * UINT64_C(0x200000)), 1, &t));
        dense_step(d, n / 4000 % 2 == 0);
        dense_still(d, &t, table);
        ck_assert_uint_eq(d->s.leaves, d->count);
        if (n % 64 == 0) {
            ck_assert_msg(shadow_check(&d->s) == NULL, "step %u: %s", n, shadow_check(&d->s));
            dense_table(d, (unsigned)(rig_random(&d->seed) % (DENSE_PAGES / WORDS_PER_PAGE)));
        }
        small |= d->count && d->count < 8;
        large |= d->count > 4 * SHADOW_SPARSE_MAX + 100;
    }
    ck_assert(small && large);
    ck_assert_uint_gt(d->taken, 200);
    ck_assert_uint_gt(d->still, 4000);
    shadow_drop(&d->s, iova_range(0, UINT64_MAX), dense_gone, d);
    ck_assert_uint_eq(d->count, 0);
    ck_assert_uint_eq(shadow_bytes(&d->s), 0);
    free(d);
}
END_TEST

/* 24 bytes a mapping at most, however many a table has, where tables lie beside each other. */
START_TEST(bytes_a_mapping)
{
    for (unsigned each = 1; each <= WORDS_PER_PAGE; each++) {
        struct shadow s;

        shadow_init(&s, 3);
        for (unsigned table = 0; table < 2 * WORDS_PER_PAGE; table++)
            for (unsigned i = 0; i < each; i++)
                ck_assert_int_eq(
                    shadow_set(&s,
                               iova(table * UINT64_C(0x200000) +
                                    (i * 331 + table) % WORDS_PER_PAGE * UINT64_C(0x1000)),
                               1, shadow_leaf(gpa(0x1000), PERM_R)),
                    0);
        ck_assert_uint_eq(s.leaves, 2 * WORDS_PER_PAGE * each);
        ck_assert_msg(shadow_bytes(&s) <= 24 * s.leaves, "%u a table: %llu bytes for %llu", each,
                      (unsigned long long)shadow_bytes(&s), (unsigned long long)s.leaves);
        shadow_clear(&s);
        if (each > 200)
            each += 50;
    }
}
END_TEST

/* shadow_check names what is broken. */
START_TEST(the_check_checks)
{
    uint64_t *word, keep;
    struct shadow s;

    shadow_init(&s, 3);
    shadow_set(&s, iova(0x1000), 1, shadow_leaf(gpa(0x5000), PERM_R));
    ck_assert_ptr_null(shadow_check(&s));
    s.leaves++;
    ck_assert_ptr_nonnull(shadow_check(&s));
    s.leaves--;
    s.nodes++;
    ck_assert_ptr_nonnull(shadow_check(&s));
    s.nodes--;
    s.bytes += 8;
    ck_assert_ptr_nonnull(shadow_check(&s));
    s.bytes -= 8;
    /* The level 2 table holds nothing but one leaf of the table below. */
    word = shadow_node_words(shadow_child(*shadow_node_words(shadow_child(s.root))));
    ck_assert(shadow_is_only(*word));
    keep = *word;
    *word &= ~SS_PERM;
    ck_assert_ptr_nonnull(shadow_check(&s));
    *word = keep & ~SHADOW_ONLY;
    ck_assert_ptr_nonnull(shadow_check(&s));
    *word = keep;
    ck_assert_ptr_null(shadow_check(&s));
    shadow_clear(&s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{random_operations, 3}, {dense_and_sparse, 6},
                                    {bytes_a_mapping, 1},   {words, 1},
                                    {beyond_its_width, 1},  {the_check_checks, 1}};

    return run_tests("record of notifications", rows, COUNT(rows));
}
