/* SPDX-License-Identifier: MIT */
/* LIVE-MISS, and COH-STALE and COH-DMA of a device IOTLB: what keeps them and each way to break
 * them. */
#include "test_checks_stage.h"

#define AT   UINT64_C(0x40200000)
#define GOAL UINT64_C(0x7000000)

static void message(struct stage *s, enum vhost_what what, uint64_t at, uint64_t size,
                    enum perm perm, int result)
{
    struct obs o = {.kind = OBS_VHOST};

    o.u.vhost.consumer = "vh0";
    o.u.vhost.bdf = bdf(DEV);
    o.u.vhost.what = what;
    o.u.vhost.range = iova_range(at, at + size - 1);
    o.u.vhost.gpa = gpa(GOAL);
    o.u.vhost.perm = perm;
    o.u.vhost.result = result;
    show(s, o);
}

static void about_miss(struct stage *s, enum vhost_what what)
{
    message(s, what, AT + 8, 1, PERM_R, 0);
}

static void update(struct stage *s, int result)
{
    message(s, VHOST_UPDATE, AT, SIZE_4K, PERM_RW, result);
}

static struct rec miss_rec(void)
{
    return (struct rec){.kind = REC_MISS};
}

static struct stage *with_vhost(void)
{
    struct stage *s = stage_new((struct stage_how){0});

    begin(s, miss_rec());
    joined(s, "vh0", CONSUMER_VHOST, NOTIFY_UNMAP, true);
    end(s);
    begin(s, miss_rec());
    return s;
}

/* An update wakes all that wait for it; a failure ends one; a stop gives up the rest. */
START_TEST(ends_well)
{
    struct stage *s = with_vhost();

    about_miss(s, VHOST_MISS);
    about_miss(s, VHOST_MISS);
    update(s, 0);
    about_miss(s, VHOST_WOKEN);
    about_miss(s, VHOST_WOKEN);
    about_miss(s, VHOST_MISS);
    about_miss(s, VHOST_FAILURE);
    about_miss(s, VHOST_WOKEN);
    about_miss(s, VHOST_MISS);
    about_miss(s, VHOST_STOPPED);
    about_miss(s, VHOST_DROPPED);
    about_miss(s, VHOST_STARTED);
    about_miss(s, VHOST_MISS);
    show(s, (struct obs){.kind = OBS_RESET});
    about_miss(s, VHOST_DROPPED);
    about_miss(s, VHOST_WOKEN);
    end(s);
    clean(s);
}
END_TEST

START_TEST(never_answered)
{
    struct stage *s = with_vhost();

    about_miss(s, VHOST_MISS);
    update(s, _i ? -14 : 0);
    if (!_i)
        message(s, VHOST_UPDATE, AT + SIZE_4K, SIZE_4K, PERM_RW, 0);
    end(s);
    only(s, "LIVE-MISS", s->record, _i ? "neither came" : "was not woken");
}
END_TEST

/* Said when it is found, and again each time that it outlives what should have ended it. */
START_TEST(outlives)
{
    static const char *const why[] = {"its rings stopped", "the unit was reset",
                                      "its device is translated no longer"};
    struct stage *s = with_vhost();

    about_miss(s, VHOST_MISS);
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-MISS"), 1);
    begin(s, miss_rec());
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-MISS"), 1);
    begin(s, miss_rec());
    if (_i == 0)
        about_miss(s, VHOST_STOPPED);
    else if (_i == 1)
        show(s, (struct obs){.kind = OBS_RESET});
    else
        switched(s, false);
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-MISS"), 2);
    ck_assert_ptr_nonnull(strstr(checks_finding(s->checks, 1)->text, why[_i]));
    begin(s, miss_rec());
    joined(s, "vh0", CONSUMER_VHOST, NOTIFY_UNMAP, false);
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-MISS"), 2);
    stage_free(s);
}
END_TEST

START_TEST(answered_twice)
{
    struct stage *s = with_vhost();

    about_miss(s, VHOST_MISS);
    update(s, 0);
    update(s, 0);
    about_miss(s, VHOST_WOKEN);
    end(s);
    only(s, "LIVE-MISS", s->record, "it got 2");
}
END_TEST

START_TEST(out_of_nothing)
{
    struct stage *s = with_vhost();

    about_miss(s, _i == 0 ? VHOST_FAILURE : _i == 1 ? VHOST_WOKEN : VHOST_MISS);
    if (_i == 2)
        about_miss(s, VHOST_DROPPED);
    end(s);
    only(s, "LIVE-MISS", s->record,
         _i == 0   ? "no such miss waits"
         : _i == 1 ? "no answer had come"
                   : "nothing had stopped");
}
END_TEST

START_TEST(asks_while_stopped)
{
    struct stage *s = with_vhost();

    about_miss(s, VHOST_STOPPED);
    end(s);
    begin(s, miss_rec());
    about_miss(s, VHOST_MISS);
    update(s, 0);
    about_miss(s, VHOST_WOKEN);
    end(s);
    only(s, "LIVE-MISS", s->record, "should ask for nothing");
}
END_TEST

static void holds(struct stage *s, uint64_t target)
{
    s->held[s->helds++] = (struct stage_map){AT, AT + SIZE_4K - 1, target, PERM_RW};
}

/* The page goes; right after the invalidation the device IOTLB must not have it. */
static struct stage *page_goes(bool held)
{
    struct stage *s = with_vhost();

    end(s);
    begin(s, miss_rec());
    joined(s, "vfio0", CONSUMER_VFIO, 3, false); /* its container is not the matter here */
    gsts(s, 0, 0x80000000);
    switched(s, true);
    end(s);
    store(s, L1, GOAL | 3);
    inval(s, PSI(DID), AT);
    begin(s, miss_rec());
    about_miss(s, VHOST_MISS);
    update(s, 0);
    about_miss(s, VHOST_WOKEN);
    holds(s, GOAL);
    end(s);
    store(s, L1, 0);
    open_inval(s, PSI(DID), AT);
    if (!held)
        s->helds = 0;
    close_inval(s, PSI(DID), AT);
    return s;
}

START_TEST(stale)
{
    struct stage *s = page_goes(false);

    ck_assert_uint_eq(count_of(s, "COH-STALE"), 0);
    stage_free(s);
    s = page_goes(true);
    ck_assert_uint_eq(count_of(s, "COH-STALE"), 1);
    inval(s, PSI(DID), AT); /* said once */
    ck_assert_uint_eq(count_of(s, "COH-STALE"), 1);
    stage_free(s);
}
END_TEST

static void access_by_vhost(struct stage *s, enum dma_access a, enum perm perm)
{
    struct obs o = {.kind = OBS_DMA_SHADOW};
    enum perm right = a == DMA_W ? PERM_W : PERM_R;

    begin(s, dma_rec(AT, a));
    o.u.shadow.rec = &s->rec;
    o.u.shadow.consumer = "vh0";
    o.u.shadow.consumer_kind = CONSUMER_VHOST;
    o.u.shadow.access = a;
    o.u.shadow.present = perm != PERM_NONE;
    o.u.shadow.held = perm & right;
    o.u.shadow.gpa = gpa(GOAL);
    o.u.shadow.perm = perm;
    show(s, o);
    end(s);
}

/* A hit must reach what the tables say; a hit without the right must be one they refuse, too; what
 * is not there is asked for. */
START_TEST(hits)
{
    struct stage *s = page_goes(false);

    access_by_vhost(s, DMA_R, PERM_NONE);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 0);
    access_by_vhost(s, DMA_R, PERM_RW);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
    access_by_vhost(s, DMA_W, PERM_R);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
    store(s, L1, GOAL | 3);
    inval(s, PSI(DID), AT);
    access_by_vhost(s, DMA_R, PERM_RW);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 1);
    access_by_vhost(s, DMA_W, PERM_R);
    ck_assert_uint_eq(count_of(s, "COH-DMA"), 2);
    stage_free(s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {ends_well, 1},      {never_answered, 2},     {outlives, 3}, {answered_twice, 1},
        {out_of_nothing, 3}, {asks_while_stopped, 1}, {stale, 1},    {hits, 1}};

    return run_tests("checks_vhost", rows, COUNT(rows));
}
