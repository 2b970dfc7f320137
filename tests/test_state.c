/* SPDX-License-Identifier: MIT */
/* Each room as bytes and back: the same bytes again, and damage refused. */
#include <errno.h>
#include <string.h>

#include "base/rangemap.h"
#include "base/state.h"
#include "consumers/consumer.h"
#include "guest_mem.h"
#include "rig.h"
#include "shadow.h"
#include "suite.h"

static struct state_in reading(const struct state_out *o)
{
    return (struct state_in){.bytes = o->bytes, .size = o->used};
}

static void same(const struct state_out *a, const struct state_out *b)
{
    ck_assert_uint_eq(a->used, b->used);
    ck_assert_mem_eq(a->bytes, b->bytes, a->used);
}

START_TEST(values_come_back)
{
    struct state_out o = {0};
    struct state_in i;
    char name[8];

    state_put_tag(&o, "ABCD");
    state_put(&o, 0x123456789abcdef0, 8);
    state_put(&o, 0x1ff, 1);
    state_put_bool(&o, true);
    state_put_name(&o, "v@00:02");
    state_put(&o, 3, 8);
    i = reading(&o);
    ck_assert(state_expect(&i, "ABCD"));
    ck_assert_uint_eq(state_take(&i, 8), 0x123456789abcdef0);
    ck_assert_uint_eq(state_take(&i, 1), 0xff);
    ck_assert(state_take_bool(&i));
    state_take_name(&i, name, sizeof(name));
    ck_assert_str_eq(name, "v@00:02");
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(state_take_count(&i, 1), 0); /* three things cannot follow: nothing does */
    ck_assert_str_eq(i.trouble, "the saved state ends too early");
    ck_assert_uint_eq(state_take(&i, 8), 0);
    state_out_free(&o);
}
END_TEST

START_TEST(wrong_values_are_trouble)
{
    struct state_in i = {.bytes = (const uint8_t *)"WXYZ", .size = 4};
    char name[4];

    ck_assert(!state_expect(&i, "ABCD"));
    i = (struct state_in){.bytes = (const uint8_t *)"\2", .size = 1};
    (void)state_take_bool(&i);
    ck_assert_ptr_nonnull(i.trouble);
    i = (struct state_in){.bytes = (const uint8_t *)"\4\0abcd", .size = 6};
    state_take_name(&i, name, sizeof(name)); /* one letter more than there is room for */
    ck_assert_ptr_nonnull(i.trouble);
    ck_assert_str_eq(name, "");
    i = (struct state_in){.bytes = (const uint8_t *)"\2\0a\0", .size = 4};
    state_take_name(&i, name, sizeof(name)); /* a 0 inside */
    ck_assert_ptr_nonnull(i.trouble);
    i = (struct state_in){.bytes = (const uint8_t *)"", .size = 0};
    state_no_memory(&i);
    ck_assert(i.no_memory);
}
END_TEST

START_TEST(a_checksum_sees_each_bit)
{
    uint8_t bytes[67];
    uint64_t sum;

    for (size_t n = 0; n < sizeof(bytes); n++)
        bytes[n] = (uint8_t)(n * 7);
    sum = state_sum(bytes, sizeof(bytes));
    for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(state_sum(bytes, sizeof(bytes)), sum);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < sizeof(bytes); n++)
        ck_assert_uint_ne(state_sum(bytes, n), sum);
    bytes[66] = 0;
    ck_assert_uint_ne(state_sum(bytes, 67), state_sum(bytes, 66)); /* a 0 at the end counts */
}
END_TEST

START_TEST(range_map)
{
    struct rangemap a = {0}, b = {0};
    struct state_out first = {0}, again = {0};
    struct state_in i;
    uint64_t random = 7;

    for (unsigned n = 0; n < 1000; n++) {
        uint64_t at = rig_random(&random) % 5000 * 0x3000;
        struct range_entry e = {iova_range(at, at + 0x1fff), gpa(at ^ 0x777000), PERM_R + n % 3};

        (void)rangemap_insert(&a, &e);
    }
    ck_assert_int_eq(
        rangemap_insert(
            &a, &(struct range_entry){iova_range(UINT64_MAX - 0xfff, UINT64_MAX), gpa(0), PERM_RW}),
        0);
    rangemap_save(&a, &first);
    i = reading(&first);
    rangemap_load(&b, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(i.used, i.size);
    ck_assert_uint_eq(b.count, a.count);
    rangemap_save(&b, &again);
    same(&first, &again);
    rangemap_clear(&b);
    memcpy(first.bytes + 8 + 25, first.bytes + 8, 16); /* the second as the first */
    i = reading(&first);
    rangemap_load(&b, &i);
    ck_assert_ptr_nonnull(i.trouble);
    rangemap_clear(&a);
    rangemap_clear(&b);
    state_out_free(&first);
    state_out_free(&again);
}
END_TEST

static struct guest_mem *memory(void)
{
    struct guest_mem *m = guest_mem_new();
    struct err e;

    ck_assert_int_eq(guest_mem_add(m, (struct ram_block){gpa(0), UINT64_C(1) << 40, false}, &e), 0);
    ck_assert_int_eq(
        guest_mem_add(m, (struct ram_block){gpa(UINT64_C(1) << 45), 1 << 20, true}, &e), 0);
    return m;
}

START_TEST(guest_memory)
{
    struct guest_mem *a = memory(), *b = memory();
    struct state_out empty = {0}, first = {0}, again = {0};
    struct state_in i;
    uint64_t random = 11, word;
    uint64_t rom = (UINT64_C(1) << 45) + 0xffff8;

    guest_mem_save(a, &empty);
    for (unsigned n = 0; n < 3000; n++) {
        uint64_t at = rig_random(&random) % (n % 2 ? UINT64_C(1) << 40 : 0x8000);

        ck_assert_int_eq(guest_mem_store(a, gpa(at & ~UINT64_C(7)), rig_random(&random)), 0);
    }
    ck_assert_int_eq(guest_mem_store(a, gpa(rom), 5), 0);
    guest_mem_save(a, &first);
    i = reading(&first);
    guest_mem_load(b, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(i.used, i.size);
    ck_assert(guest_mem_read(b, gpa(rom), &word));
    ck_assert_uint_eq(word, 5);
    guest_mem_save(b, &again);
    same(&first, &again);

    /* What was cleared is as if it was never written. */
    ck_assert_int_eq(guest_mem_zero(a, gpa(0), UINT64_C(1) << 40), 0);
    ck_assert_int_eq(guest_mem_store(a, gpa(rom), 0), 0);
    state_out_free(&again);
    guest_mem_save(a, &again);
    same(&empty, &again);
    guest_mem_free(a);
    guest_mem_free(b);
    state_out_free(&empty);
    state_out_free(&first);
    state_out_free(&again);
}
END_TEST

START_TEST(guest_memory_damaged)
{
    static const struct {
        uint64_t page;
        unsigned count, first;
    } rows[] = {{UINT64_C(1) << 35, 1, 0},    /* beyond all addresses */
                {UINT64_C(0x30000000), 1, 0}, /* between the blocks */
                {1, 513, 0},                  /* more words than a page has */
                {1, 2, 511}};                 /* beyond its end */

    for (size_t n = 0; n < COUNT(rows); n++) {
        struct guest_mem *m = memory();
        struct state_out o = {0};
        struct state_in i;

        state_put_tag(&o, "GMEM");
        state_put(&o, rows[n].page, 8);
        state_put(&o, rows[n].count, 2);
        state_put(&o, rows[n].first, 2);
        for (unsigned w = 0; w < 600; w++)
            state_put(&o, 1, 8);
        i = reading(&o);
        guest_mem_load(m, &i);
        ck_assert_msg(i.trouble && !strstr(i.trouble, "too early"), "row %zu: %s", n,
                      i.trouble ? i.trouble : "taken");
        guest_mem_free(m);
        state_out_free(&o);
    }
}
END_TEST

START_TEST(record_of_what_was_notified)
{
    struct shadow a, b;
    struct state_out first = {0}, again = {0};
    struct state_in i;
    uint64_t random = 13;

    shadow_init(&a, 4);
    shadow_init(&b, 4);
    for (unsigned n = 0; n < 2000; n++) {
        unsigned level = 1 + n % 3;
        uint64_t at = rig_random(&random) & level_mask(4) & ~level_mask(level);
        struct iova_range r = iova_range(at, at | level_mask(level));

        shadow_drop(&a, r, NULL, NULL);
        ck_assert_int_eq(
            shadow_set(&a, iova(at), level,
                       shadow_leaf(gpa(rig_random(&random) & 0xffffff000), PERM_R + n % 3)),
            0);
    }
    shadow_save(&a, &first);
    i = reading(&first);
    shadow_load(&b, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_ptr_null(shadow_check(&b));
    ck_assert_uint_eq(shadow_bytes(&a), shadow_bytes(&b));
    shadow_save(&b, &again);
    same(&first, &again);
    shadow_clear(&a);
    shadow_clear(&b);
    state_out_free(&first);
    state_out_free(&again);
}
END_TEST

START_TEST(record_damaged)
{
    static const struct {
        uint64_t level, at, leaf;
    } rows[] = {{0, 0, 7},
                {6, 0, 7},
                {2, 0x1000, 7},                     /* not aligned to its level */
                {1, UINT64_C(1) << 48, 7},          /* beyond the width */
                {1, 0, 3},                          /* no leaf */
                {1, 0, 4},                          /* no rights */
                {1, 0, 0x17},                       /* bits that no leaf has */
                {1, UINT64_C(0x40001000), 0x5007},  /* inside a larger one */
                {3, UINT64_C(0x40000000), 0x5007}}; /* again */

    for (size_t n = 0; n < COUNT(rows); n++) {
        struct state_out o = {0};
        struct state_in i;
        struct shadow s;

        shadow_init(&s, 4);
        state_put(&o, 2, 8);
        state_put(&o, 3, 1);
        state_put(&o, 0x40000000, 8);
        state_put(&o, 0x40000007, 8);
        state_put(&o, rows[n].level, 1);
        state_put(&o, rows[n].at, 8);
        state_put(&o, rows[n].leaf, 8);
        i = reading(&o);
        shadow_load(&s, &i);
        ck_assert_msg(i.trouble != NULL, "row %zu was taken", n);
        ck_assert_ptr_null(shadow_check(&s));
        shadow_clear(&s);
        state_out_free(&o);
    }
}
END_TEST

START_TEST(container)
{
    struct type1 a = {.limit = 3, .aperture_last = 0xffffffff, .v1 = true, .users = 2}, b = {0};
    struct state_out first = {0}, again = {0};
    struct state_in i;

    ck_assert_int_eq(type1_map(&a, iova_range(0x1000, 0x2fff), gpa(0x9000), PERM_R), 0);
    type1_save(&a, &first);
    i = reading(&first);
    type1_load(&b, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(b.limit, 3);
    ck_assert_uint_eq(b.aperture_last, 0xffffffff);
    ck_assert(b.v1);
    ck_assert_uint_eq(b.users, 0); /* counted by who shares it */
    type1_save(&b, &again);
    same(&first, &again);
    type1_clear(&a);
    type1_clear(&b);
    state_out_free(&first);
    state_out_free(&again);
}
END_TEST

/* A mapping that is no whole page could never be taken away: an unmap that waits for pins hung. */
START_TEST(container_of_no_pages)
{
    static const struct iova_range rows[] = {
        {{0x1001}, {0x2fff}}, {{0x1000}, {0x2ffe}}, {{0x1800}, {0x27ff}}};

    for (size_t n = 0; n < COUNT(rows); n++) {
        struct type1 forged = {.limit = 3, .aperture_last = 0xffffffff}, b = {0};
        struct range_entry e = {rows[n], gpa(0x9000), PERM_R};
        struct state_out o = {0};
        struct state_in i;

        ck_assert_int_eq(rangemap_insert(&forged.maps, &e), 0);
        type1_save(&forged, &o);
        i = reading(&o);
        type1_load(&b, &i);
        ck_assert_msg(i.trouble != NULL, "row %zu was taken", n);
        type1_clear(&forged);
        type1_clear(&b);
        state_out_free(&o);
    }
}
END_TEST

START_TEST(attach_record)
{
    struct attach_rec a = {.name = "v", .kind = CONSUMER_MDEV, .bdf = bdf(0x1234)}, b;
    struct state_out first = {0}, again = {0};
    struct state_in i;

    a.has_unpin = a.has_range = a.has_leave = true;
    a.flags = NOTIFY_DEVTLB | NOTIFY_MAP;
    a.range = iova_range(0x1000, UINT64_MAX);
    memcpy(a.container, "shared", 7);
    a.limit = 12;
    a.aperture_bits = 57;
    a.type1 = 1;
    a.backend = BACKEND_USER;
    a.unpin = UNPIN_OTHER;
    a.leave = UINT64_MAX;
    attach_save(&a, &first);
    i = reading(&first);
    attach_load(&b, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(i.used, i.size);
    ck_assert_int_eq(b.kind, CONSUMER_MDEV);
    ck_assert_str_eq(b.container, "shared");
    ck_assert(b.has_unpin && b.has_range && b.has_leave && !b.has_flags && !b.has_backend);
    ck_assert_int_eq(b.unpin, UNPIN_OTHER);
    ck_assert_uint_eq(b.leave, UINT64_MAX);
    attach_save(&b, &again);
    same(&first, &again);
    first.bytes[2 + 1] = CONSUMER_PROBE + 1; /* behind the name */
    i = reading(&first);
    attach_load(&b, &i);
    ck_assert_ptr_nonnull(i.trouble);
    state_out_free(&first);
    state_out_free(&again);
}
END_TEST

/* A kind of consumer that the engine does not know, with one number of its own. */
struct made_up {
    struct consumer base;
    struct notifier one, two;
    uint64_t number;
};

static struct notifier *made_up_notifier(struct consumer *c, unsigned index)
{
    struct made_up *m = (struct made_up *)c;

    return index == 0 ? &m->one : index == 1 ? &m->two : NULL;
}

static void made_up_save(const struct consumer *c, struct state_out *o)
{
    state_put(o, ((const struct made_up *)c)->number, 8);
}

static void made_up_load(struct consumer *c, struct state_in *i)
{
    ((struct made_up *)c)->number = state_take(i, 8);
}

/* _i: 0 a kind that keeps nothing of its own, 1 one that does. */
START_TEST(any_kind_of_consumer)
{
    const struct consumer_ops ops = {.notifier = made_up_notifier,
                                     .save = _i ? made_up_save : NULL,
                                     .load = _i ? made_up_load : NULL};
    struct made_up a = {.base = {.ops = &ops, .callbacks = 9}, .number = 42};
    struct made_up b = {.base = {.ops = &ops}};
    struct state_out first = {0}, again = {0};
    struct state_in i;

    consumer_fail(&a.base, FAIL_UNMAP, EBUSY, 3);
    a.two.flags = NOTIFY_DEVTLB; /* changed while running */
    a.two.range = iova_range(0x1000, 0x1fff);
    consumer_save(&a.base, &first);
    i = reading(&first);
    consumer_load(&b.base, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(i.used, i.size);
    ck_assert_uint_eq(b.base.callbacks, 9);
    ck_assert_int_eq(consumer_refuses(&b.base, FAIL_MAP), 0);
    ck_assert_int_eq(consumer_refuses(&b.base, FAIL_UNMAP), -EBUSY);
    b.base.fails[FAIL_UNMAP].count++;
    ck_assert_uint_eq(b.two.flags, NOTIFY_DEVTLB);
    ck_assert_uint_eq(b.two.range.last.v, 0x1fff);
    ck_assert_uint_eq(b.number, _i ? 42 : 0);
    consumer_save(&b.base, &again);
    same(&first, &again);
    state_out_free(&first);
    state_out_free(&again);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {values_come_back, 1},
        {wrong_values_are_trouble, 1},
        {a_checksum_sees_each_bit, 1},
        {range_map, 1},
        {guest_memory, 1},
        {guest_memory_damaged, 1},
        {record_of_what_was_notified, 1},
        {record_damaged, 1},
        {container, 1},
        {container_of_no_pages, 1},
        {attach_record, 1},
        {any_kind_of_consumer, 2},
    };

    return run_tests("saved state of each room", rows, COUNT(rows));
}
