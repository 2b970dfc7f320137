/* SPDX-License-Identifier: MIT */
/* Emulated devices: pins by record and by access, the ways to answer dma_unmap, containers shared
 * with others, and leaving. */
#include <errno.h>

#include "kernel_text.h"
#include "rig.h"
#include "suite.h"

#define G      UINT64_C(0x700000)
#define SECOND bdf(0x0018)
#define THIRD  bdf(0x0020)

static struct kernel_text text;

#define DID(what) ck_assert_str_eq(kernel_did(&text), what)

static struct attach_rec consumer(const char *name, enum consumer_kind kind, bdf_t b)
{
    struct attach_rec a = {.kind = kind, .bdf = b, .has_container = true, .container = "c"};

    snprintf(a.name, sizeof(a.name), "%s", name);
    return a;
}

static struct attach_rec mdev(const char *name, bdf_t b, enum mdev_unpin unpin)
{
    struct attach_rec a = consumer(name, CONSUMER_MDEV, b);

    a.has_unpin = true;
    a.unpin = unpin;
    return a;
}

static const struct ram_entry small_ram[] = {{{0}, 0x4000000, false}, {{0x4000000}, 0x1000, true}};

/* One container: `first` at 00:02.0, then others; translation off. */
static struct rig *begin(const struct attach_rec *first, bool chain, const char *quirk)
{
    memset(&text, 0, sizeof(text));
    return rig_new(&(struct rig_setup){.profile = "ideal",
                                       .quirk = quirk,
                                       .type1_chain = chain,
                                       .also = {.see = kernel_see, .ctx = &text},
                                       .ram = small_ram,
                                       .rams = 2,
                                       .with = first});
}

static int pin(struct rig *r, const char *name, uint64_t at, uint64_t pages, bool unpin)
{
    struct rec rec = {.kind = unpin ? REC_UNPIN : REC_PIN};

    snprintf(rec.u.pin.name, sizeof(rec.u.pin.name), "%s", name);
    rec.u.pin.iova = iova(at);
    rec.u.pin.pages = pages;
    return rig_step(r, &rec);
}

static void refuse_next(struct rig *r, const char *name, enum fail_op op, int error)
{
    struct rec rec = {.kind = REC_FAIL};

    snprintf(rec.u.fail.name, sizeof(rec.u.fail.name), "%s", name);
    rec.u.fail.op = op;
    rec.u.fail.error = error;
    rec.u.fail.count = 1;
    rig_step(r, &rec);
}

/* The first devices translated, by the same tables of three pages; nothing in the texts. */
static void translated(struct rig *r, unsigned devices)
{
    if (devices > 1)
        rig_context(r, SECOND, 3, 5, RIG_TOP);
    if (devices > 2)
        rig_context(r, THIRD, 3, 5, RIG_TOP);
    rig_bring_up(r);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, G | 3);
    rig_map(r, RIG_TOP, 3, 0x2000, 1, (G + 0x1000) | 3);
    rig_map(r, RIG_TOP, 3, 0x3000, 1, 0x4000000 | 3); /* ROM: read-only */
    rig_dsi(r, 5);
    ck_assert_msg(r->result == 0, "%s", r->err.text);
    kernel_did(&text);
    rig_notes(r);
}

static void take_away(struct rig *r, uint64_t at)
{
    rig_map(r, RIG_TOP, 3, at, 1, 0);
    rig_psi(r, 5, at, 0);
}

/* A vfio's unmap asks the mdev of the same container. */
START_TEST(shared_with_vfio)
{
    struct attach_rec v = consumer("v", CONSUMER_VFIO, RIG_DEV),
                      m = mdev("m", SECOND, UNPIN_PROMPT);
    struct rig *r = begin(&v, _i, NULL);

    rig_attach(r, &m);
    translated(r, 2);
    text.no_ioctls = true;
    pin(r, "m", 0x1000, 2, false);
    DID("+i -i pin:m@0x1000*2=0 ");
    kernel_did(&text);
    take_away(r, 0x1000);
    ck_assert_str_eq(rig_notes(r), "v UNMAP 0x1000+0x1000 0\n");
    /* v's unmap asks; m, whose MAP type1 refused (EEXIST), has nothing to unmap */
    if (_i)
        DID("+i -i +c ask:m#1[ +i -i unpin:m@0x1000*1=0 ] -c +i -i ");
    else
        DID("+i +l -i ask:m#1[ +i -i unpin:m@0x1000*1=0 ] -l +i -i ");
    rig_free(r);
}
END_TEST

/* Two mdevs and a vfio: both are asked, each unpins its own; one that has none there unpins none.
 */
START_TEST(two_mdevs)
{
    struct attach_rec v = consumer("v", CONSUMER_VFIO, RIG_DEV),
                      m = mdev("m", SECOND, UNPIN_PROMPT), n = mdev("n", THIRD, UNPIN_LATE);
    struct rig *r = begin(&v, false, NULL);

    rig_attach(r, &m);
    rig_attach(r, &n);
    translated(r, 3);
    text.no_ioctls = true;
    pin(r, "m", 0x1000, 1, false);
    pin(r, "n", 0x1000, 1, false);
    pin(r, "n", 0x1000, 1, false);
    kernel_did(&text);
    take_away(r, 0x1000);
    DID("+i +l -i ask:n#1[ ] ask:m#1[ +i -i unpin:m@0x1000*1=0 ] -l +i "
        "+l -i ask:n#2[ ] ask:m#2[ ] -l +i "
        "+l -i ask:n#3[ +i -i unpin:n@0x1000*1=0 +i -i unpin:n@0x1000*1=0 ] ask:m#3[ ] -l +i -i ");
    pin(r, "m", 0x2000, 1, false);
    kernel_did(&text);
    take_away(r, 0x2000);
    DID("+i +l -i ask:n#1[ ] ask:m#1[ +i -i unpin:m@0x2000*1=0 ] -l +i -i ");
    ck_assert_ptr_null(r->abort_why);
    rig_free(r);
}
END_TEST

/* Late: the third time. Never, and other when nothing better lies behind: eleven times, then the
 * kernel stops; the consumer had no answer. */
START_TEST(ways_to_unpin)
{
    static const unsigned asks[] = {1, 3, 11, 11};
    struct attach_rec m = mdev("m", RIG_DEV, (enum mdev_unpin)_i);
    struct rig *r = begin(&m, false, NULL);

    translated(r, 1);
    text.asks = 0;
    pin(r, "m", 0x1000, 1, false);
    take_away(r, 0x1000);
    ck_assert_uint_eq(text.asks, asks[_i]);
    ck_assert_str_eq(rig_notes(r), asks[_i] < 11 ? "m UNMAP 0x1000+0x1000 0\n"
                                                 : "m UNMAP 0x1000+0x1000 no-answer\n");
    ck_assert_int_eq(r->abort_why != NULL, asks[_i] == 11);
    rig_free(r);
}
END_TEST

/* Nothing is delivered after the end, not even the next piece of one removal. */
START_TEST(nothing_after_the_end)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_NEVER);
    struct rig *r = begin(&m, false, NULL);

    translated(r, 1);
    pin(r, "m", 0x1000, 2, false);
    rig_map(r, RIG_TOP, 3, 0x1000, 1, 0);
    rig_map(r, RIG_TOP, 3, 0x2000, 1, 0);
    rig_psi(r, 5, 0, 2);
    ck_assert_str_eq(rig_notes(r), "m UNMAP 0x1000+0x1000 no-answer\n");
    rig_free(r);
}
END_TEST

/* Other: what lies behind the range is released, also what another device pinned there. */
START_TEST(unpins_another_range)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_OTHER), n = mdev("n", SECOND, UNPIN_PROMPT);
    struct rig *r = begin(&m, false, NULL);

    rig_attach(r, &n);
    translated(r, 2);
    pin(r, "m", 0x1000, 1, false);
    pin(r, "n", 0x2000, 1, false);
    text.no_ioctls = true;
    kernel_did(&text);
    take_away(r, 0x2000); /* m has nothing there */
    DID("+i +l -i ask:n#1[ +i -i unpin:n@0x2000*1=0 ] ask:m#1[ ] -l +i -i ");
    rig_map(r, RIG_TOP, 3, 0x2000, 1, G | 3);
    rig_psi(r, 5, 0x2000, 0);
    pin(r, "n", 0x2000, 1, false);
    kernel_did(&text);
    take_away(r, 0x1000);
    ck_assert_ptr_nonnull(strstr(kernel_did(&text), "ask:m#1[ +i -i unpin:m@0x2000*1=0 ] "));
    ck_assert_ptr_nonnull(r->abort_why);
    rig_free(r);
}
END_TEST

/* An access pins its page once, with the right it uses; not where nothing is mapped. */
START_TEST(pins_by_access)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_PROMPT);
    struct rig *r = begin(&m, false, NULL);

    translated(r, 1);
    rig_dma(r, RIG_DEV, 0x1234, true);
    DID("+i -i pin:m@0x1000*1=0 ");
    rig_dma(r, RIG_DEV, 0x1678, false);
    DID("");
    rig_dma(r, RIG_DEV, 0x3000, true);
    DID("+i -i pin:m@0x3000*1=-1 ");
    rig_dma(r, RIG_DEV, 0x3000, false);
    DID("+i -i pin:m@0x3000*1=0 ");
    rig_dma(r, RIG_DEV, 0x9000, false);
    rig_dma(r, SECOND, 0x2000, false);
    DID("");
    pin(r, "m", 0x1000, 1, true);
    rig_dma(r, RIG_DEV, 0x1234, true); /* and again when it was released */
    DID("+i -i unpin:m@0x1000*1=0 +i -i pin:m@0x1000*1=0 ");
    rig_free(r);
}
END_TEST

/* A record pins with both rights; what is refused pins nothing. */
START_TEST(pins_by_record)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_NEVER);
    struct rig *r = begin(&m, false, NULL);

    translated(r, 1);
    pin(r, "m", 0x3000, 1, false);
    pin(r, "m", 0x2000, 2, false);
    pin(r, "m", 0x4000, 1, false);
    pin(r, "m", 0x1000, 513, false);
    refuse_next(r, "m", FAIL_ALLOC, ENOMEM);
    pin(r, "m", 0x1000, 1, false);
    DID("+i -i pin:m@0x3000*1=-1 +i -i pin:m@0x2000*2=-1 +i -i pin:m@0x4000*1=-22 "
        "pin:m@0x1000*513=-7 +i -i pin:m@0x1000*1=-12 ");
    take_away(r, 0x1000); /* nobody is asked: nothing is pinned */
    ck_assert_uint_eq(text.asks, 0);
    ck_assert_int_lt(pin(r, "v", 0x1000, 1, false), 0);
    ck_assert_ptr_nonnull(strstr(r->err.text, "no consumer is called 'v'"));
    rig_free(r);
}
END_TEST

/* What an unpin did not reach, for a page before it is not mapped, stays the device's: it answers
 * for it when it is asked. */
START_TEST(unpins_less_than_named)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_PROMPT);
    struct rig *r = begin(&m, false, NULL);

    translated(r, 1);
    text.no_ioctls = true;
    pin(r, "m", 0x1000, 1, false);
    pin(r, "m", 0x0, 8, true);
    kernel_did(&text);
    take_away(r, 0x1000);
    DID("+i +l -i ask:m#1[ +i -i unpin:m@0x1000*1=0 ] -l +i -i ");
    ck_assert_ptr_null(r->abort_why);
    rig_free(r);
}
END_TEST

START_TEST(only_mdevs_pin)
{
    struct attach_rec v = consumer("v", CONSUMER_VFIO, RIG_DEV);
    struct rig *r = begin(&v, false, NULL);

    rig_mem(r, 0x1000, 0);
    ck_assert_int_lt(pin(r, "v", 0x1000, 1, false), 0);
    ck_assert_ptr_nonnull(strstr(r->err.text, "'v' is no mdev"));
    rig_free(r);
}
END_TEST

/* RAM is pinned while the device is not translated, and released when translation goes on. */
START_TEST(identity)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_PROMPT);
    struct rig *r = begin(&m, false, NULL);

    rig_dma(r, RIG_DEV, 0x5000, true);
    pin(r, "m", 0x6000, 600, false); /* too many for one call */
    pin(r, "m", 0x6000, 512, false);
    pin(r, "m", 0x206000, 200, false);
    kernel_did(&text);
    text.no_ioctls = true;
    rig_bring_up(r);
    /* 713 pages from 0x5000 on, at most 512 a call */
    ck_assert_ptr_nonnull(strstr(kernel_did(&text),
                                 "+i +l -i ask:m#1[ +i -i unpin:m@0x5000*512=0 +i -i "
                                 "unpin:m@0x205000*201=0 ] -l +i -i "));
    ck_assert_ptr_null(r->abort_why);
    rig_free(r);
}
END_TEST

/* A device without dma_unmap: refused by the list's core, and it hears nothing; accepted before the
 * list, where its pins can never be asked for. */
START_TEST(no_dma_unmap)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_PROMPT), n = mdev("n", SECOND, UNPIN_PROMPT);
    struct rig *r;

    m.has_dma_unmap = true;
    m.dma_unmap = false;
    r = begin(&m, _i, _i == 2 ? "open-without-dma-unmap" : NULL);
    rig_attach(r, &n);
    rig_mem(r, 0x1000, 0);
    text.no_ioctls = true;
    if (_i == 0)
        ck_assert_str_eq(rig_notes(r), "n region MAP 0x0+0x4000000 0x0 rw 0\n"
                                       "n region MAP 0x4000000+0x1000 0x4000000 r 0\n");
    else
        ck_assert_ptr_nonnull(strstr(rig_notes(r), "m region MAP 0x0+0x4000000 0x0 rw 0\n"));
    kernel_did(&text);
    pin(r, "m", 0x1000, 1, false);
    if (_i == 0)
        DID("pin:m@0x1000*1=-22 ");
    else
        DID("+i -i pin:m@0x1000*1=0 ");
    rig_bring_up(r); /* only n is asked */
    ck_assert_ptr_null(strstr(kernel_did(&text), "ask:m"));
    ck_assert_int_eq(r->abort_why != NULL, _i != 0);
    rig_free(r);
}
END_TEST

/* Leaving: what it pinned is released first, unless it releases nothing. */
START_TEST(leaves)
{
    struct attach_rec v = consumer("v", CONSUMER_VFIO, RIG_DEV),
                      m = mdev("m", SECOND, _i & 1 ? UNPIN_NEVER : UNPIN_PROMPT);
    struct rig *r = begin(&v, false, NULL);
    struct rec gone = {.kind = REC_GONE};

    gone.u.gone.bdf = SECOND;
    rig_attach(r, &m);
    translated(r, 2);
    pin(r, "m", 0x1000, 1, false);
    kernel_did(&text);
    text.no_ioctls = true;
    if (_i & 2)
        rig_step(r, &gone);
    else
        rig_detach(r, "m");
    if (_i & 1)
        DID("+i +l leave:m -l -i ");
    else
        DID("+i -i unpin:m@0x1000*1=0 +i +l leave:m -l -i ");
    take_away(r, 0x1000);
    ck_assert_uint_eq(text.asks, 0);
    ck_assert_int_eq(r->abort_why != NULL, _i & 1); /* pinned for ever, and nobody to be asked */
    rig_free(r);
}
END_TEST

/* leave=N counts dma_unmap too: closing inside it waits for a lock that the caller holds. */
START_TEST(leaves_in_callback)
{
    struct attach_rec v = consumer("v", CONSUMER_VFIO, RIG_DEV),
                      m = mdev("m", SECOND, UNPIN_PROMPT);
    struct rig *r;

    m.has_leave = true;
    m.leave = 1;
    r = begin(&v, _i == 1, _i == 2 ? "unregister-unlocked" : NULL);
    rig_attach(r, &m);
    rig_mem(r, 0x1000, 0);
    pin(r, "m", 0x1000, 1, false);
    kernel_did(&text);
    rig_context(r, SECOND, 3, 5, RIG_TOP);
    rig_bring_up(r); /* v's RAM goes first: m is asked */
    if (_i == 2)
        ck_assert_ptr_null(r->abort_why);
    else
        ck_assert_ptr_nonnull(strstr(r->abort_why, _i ? "chain's lock" : "device-list lock"));
    rig_free(r);
}
END_TEST

/* In a callback of the notifier it leaves like any other. */
START_TEST(leaves_in_notification)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_PROMPT);
    struct rig *r;

    m.has_leave = true;
    m.leave = 2;
    r = begin(&m, false, NULL);
    translated(r, 1); /* three MAPs; it is gone after the second, and so is its container */
    ck_assert_ptr_null(r->abort_why);
    ck_assert_int_lt(pin(r, "m", 0x1000, 1, false), 0);
    rig_free(r);
}
END_TEST

/* Not v2: it may be opened and asked nothing, for it pins nothing. */
START_TEST(v1)
{
    struct attach_rec m = mdev("m", RIG_DEV, UNPIN_PROMPT);
    struct rig *r;

    m.has_type1 = true;
    m.type1 = 1;
    r = begin(&m, false, NULL);
    translated(r, 1);
    pin(r, "m", 0x1000, 1, false);
    DID("pin:m@0x1000*1=-13 ");
    rig_free(r);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {shared_with_vfio, 2},
        {two_mdevs, 1},
        {ways_to_unpin, 4},
        {nothing_after_the_end, 1},
        {unpins_another_range, 1},
        {pins_by_access, 1},
        {pins_by_record, 1},
        {unpins_less_than_named, 1},
        {only_mdevs_pin, 1},
        {identity, 1},
        {no_dma_unmap, 3},
        {leaves, 4},
        {leaves_in_callback, 3},
        {leaves_in_notification, 1},
        {v1, 1},
    };

    return run_tests("mdev", rows, COUNT(rows));
}
