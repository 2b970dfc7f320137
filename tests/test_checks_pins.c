/* SPDX-License-Identifier: MIT */
/* PIN-*, ACC-LIMIT, CST-LOCK-CYCLE: each clause alone, told by hand. */
#include <errno.h>

#include "test_checks_stage.h"

#define X UINT64_C(0x40200000)

static void lock(struct stage *s, enum type1_lock which, bool taken)
{
    struct obs o = {.kind = OBS_LOCK};

    o.u.lock.container = "c";
    o.u.lock.lock = which;
    o.u.lock.taken = taken;
    show(s, o);
}

static void device(struct stage *s, bool on, bool has_dma_unmap, int result)
{
    struct obs o = {.kind = OBS_TYPE1_DEVICE};

    o.u.type1_device.container = "c";
    o.u.type1_device.consumer = "m";
    o.u.type1_device.on = on;
    o.u.type1_device.has_dma_unmap = has_dma_unmap;
    o.u.type1_device.result = result;
    show(s, o);
}

static void moves(struct stage *s, bool on)
{
    lock(s, LOCK_IOMMU, true);
    lock(s, LOCK_DEVICE_LIST, true);
    device(s, on, true, 0);
    lock(s, LOCK_DEVICE_LIST, false);
    lock(s, LOCK_IOMMU, false);
}

static void callback(struct stage *s, bool begins)
{
    struct obs o = {.kind = OBS_DMA_UNMAP};

    o.u.dma_unmap.container = "c";
    o.u.dma_unmap.consumer = "m";
    o.u.dma_unmap.range = iova_range(X, X + 0xfff);
    o.u.dma_unmap.begin = begins;
    show(s, o);
}

static void asked(struct stage *s)
{
    lock(s, LOCK_DEVICE_LIST, true);
    callback(s, true);
    callback(s, false);
    lock(s, LOCK_DEVICE_LIST, false);
}

static void pages(struct stage *s, bool unpin, uint64_t at, uint64_t count, int result)
{
    struct obs o = {.kind = OBS_PIN};

    o.u.pin.container = "c";
    o.u.pin.consumer = "m";
    o.u.pin.unpin = unpin;
    o.u.pin.iova = iova(at);
    o.u.pin.pages = count;
    o.u.pin.result = result;
    show(s, o);
}

static void call(struct stage *s, bool unmap, int result, uint64_t maps, uint64_t limit)
{
    struct obs o = {.kind = OBS_TYPE1};

    o.u.type1.container = "c";
    o.u.type1.unmap = unmap;
    o.u.type1.begin = true;
    o.u.type1.range = iova_range(X, X + 0xffff);
    o.u.type1.limit = limit;
    show(s, o);
    o.u.type1.begin = false;
    o.u.type1.result = result;
    o.u.type1.maps = maps;
    show(s, o);
}

static struct stage *start(void)
{
    struct stage *s = stage_new((struct stage_how){.full = false});

    begin(s, (struct rec){.kind = REC_MARK, .u.mark.text = ""});
    return s;
}

/* Every page of the range, counts and all; what lies outside may stay. */
START_TEST(pages_left)
{
    struct stage *s = start();

    moves(s, true);
    pages(s, false, X + 0x1000, 3, 0);
    pages(s, false, X + 0x2000, 1, 0);
    pages(s, false, X + 0x10000, 1, 0);
    pages(s, false, X + 0x5000, 1, -ENOMEM); /* not pinned */
    pages(s, true, X + 0x1000, 3, 0);
    call(s, true, -EINVAL, 0, 0); /* it did not finish */
    nothing_found(s);
    call(s, true, 0, 0, 0);
    only(s, "PIN-UNMAP", s->record, "container c has 1, the first at 0x40202000");
}
END_TEST

START_TEST(pages_all_released)
{
    struct stage *s = start();

    moves(s, true);
    pages(s, false, X, 16, 0);
    pages(s, false, X + 0x3000, 2, 0);
    pages(s, true, X + 0x3000, 2, 0);
    pages(s, true, X, 16, 0);
    pages(s, true, X, 16, 0); /* of nothing */
    call(s, true, 0, 0, 0);
    nothing_found(s);
    stage_free(s);
}
END_TEST

START_TEST(device_without_callback)
{
    struct stage *s = start();

    device(s, true, false, -EINVAL);
    nothing_found(s);
    device(s, true, false, 0);
    only(s, "PIN-DEVICE", s->record, "no dma_unmap");
}
END_TEST

START_TEST(pinned_with_nobody)
{
    struct stage *s = start();

    pages(s, false, X, 1, -EINVAL);
    moves(s, true);
    pages(s, false, X, 1, 0);
    pages(s, true, X, 1, 0);
    moves(s, false);
    nothing_found(s);
    pages(s, false, X, 1, 0);
    only(s, "PIN-DEVICE", s->record, "no device of container c is registered");
}
END_TEST

/* 0: the iommu lock held; 1: no list lock. */
START_TEST(callback_locks)
{
    struct stage *s = start();

    moves(s, true);
    asked(s);
    nothing_found(s);
    if (_i == 0)
        lock(s, LOCK_IOMMU, true);
    if (_i == 0)
        lock(s, LOCK_DEVICE_LIST, true);
    callback(s, true);
    only(s, "PIN-LOCK", s->record, _i ? "does not hold it" : "without the iommu lock");
}
END_TEST

/* 0: the chain's lock alone; 1: the iommu lock alone; 2: in the other order; 3: none. */
START_TEST(joining_locks)
{
    static const char *const says[] = {"only the chain's own", "the second is not held",
                                       "or was taken first", "it is not held."};
    struct stage *s = start();

    if (_i == 0)
        lock(s, LOCK_CHAIN, true);
    if (_i == 2)
        lock(s, LOCK_DEVICE_LIST, true);
    if (_i == 1 || _i == 2)
        lock(s, LOCK_IOMMU, true);
    device(s, true, true, 0);
    only(s, "PIN-LOCK", s->record, says[_i]);
}
END_TEST

START_TEST(moves_inside_callback)
{
    struct stage *s = start();

    lock(s, LOCK_CHAIN, true);
    callback(s, true);
    lock(s, LOCK_CHAIN, false);
    moves(s, true);
    only(s, "PIN-LOCK", s->record, "joins container c inside one");
}
END_TEST

/* Ten times in one unmap, and as often in the next. */
START_TEST(eleven_asks)
{
    struct stage *s = start();

    moves(s, true);
    for (int unmaps = 0; unmaps < 3; unmaps++) {
        for (int n = 0; n < 10; n++)
            asked(s);
        call(s, true, 0, 0, 0);
    }
    nothing_found(s);
    for (int n = 0; n < 12; n++)
        asked(s);
    only(s, "PIN-RETRY", s->record, "at most 10 times");
}
END_TEST

/* 0: one mapping too many; 1: refused though there is room; 2, 3: mappings from nowhere. */
START_TEST(accounting)
{
    static const char *const says[] = {"hold at most 2", "holds 1 of 2", "held 1 mappings",
                                       "this unmap"};
    struct stage *s = start();

    call(s, false, 0, 1, 2);
    call(s, false, -EEXIST, 1, 2);
    call(s, false, 0, 2, 2);
    call(s, false, -ENOSPC, 2, 2);
    call(s, true, -EINVAL, 2, 2);
    call(s, true, 0, 1, 2);
    nothing_found(s);
    switch (_i) {
    case 0:
        call(s, false, 0, 2, 2);
        call(s, false, 0, 3, 2);
        break;
    case 1: call(s, false, -ENOSPC, 1, 2); break;
    case 2: call(s, false, -EEXIST, 2, 2); break;
    default: call(s, true, 0, 2, 2); break;
    }
    only(s, "ACC-LIMIT", s->record, says[_i]);
}
END_TEST

/* A refusal that was asked for is no fault of the accounting. */
START_TEST(injected_no_space)
{
    struct stage *s = start();
    struct rec r = {.kind = REC_FAIL};

    call(s, false, 0, 1, 2);
    r.u.fail = (struct fail_rec){.name = "m", .op = FAIL_MAP, .error = ENOSPC, .count = 1};
    begin(s, r);
    call(s, false, -ENOSPC, 1, 2);
    nothing_found(s);
    call(s, false, -ENOSPC, 1, 2);
    only(s, "ACC-LIMIT", s->record, "did not return");
}
END_TEST

/* Two orders, told once. */
START_TEST(lock_cycle)
{
    struct stage *s = start();

    moves(s, true);
    for (int n = 0; n < 2; n++) {
        lock(s, LOCK_DEVICE_LIST, true);
        if (n == 0)
            nothing_found(s);
        lock(s, LOCK_IOMMU, true);
        lock(s, LOCK_IOMMU, false);
        lock(s, LOCK_DEVICE_LIST, false);
    }
    only(s, "CST-LOCK-CYCLE", s->record, "the iommu lock is taken under the device-list lock");
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {pages_left, 1},
        {pages_all_released, 1},
        {device_without_callback, 1},
        {pinned_with_nobody, 1},
        {callback_locks, 2},
        {joining_locks, 4},
        {moves_inside_callback, 1},
        {eleven_asks, 1},
        {accounting, 4},
        {injected_no_space, 1},
        {lock_cycle, 1},
    };

    return run_tests("checks: pins", rows, COUNT(rows));
}
