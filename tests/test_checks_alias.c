/* SPDX-License-Identifier: MIT */
/* The checks and aliased devices: judged by the tables of the id that requests carry. */
#include "test_checks_stage.h"

#define X bdf(0x0120) /* 01:04.0, behind DEV */
#define Y bdf(0x0128) /* 01:05.0, likewise */

static void device(struct stage *s, bdf_t b, bool on)
{
    struct obs o = {.kind = OBS_DEVICE};

    o.u.device.bdf = b;
    o.u.device.on = on;
    o.u.device.has_alias = true;
    o.u.device.alias = bdf(DEV);
    show(s, o);
}

static void comes_to(struct stage *s, const char *name, bdf_t b)
{
    struct obs o = {.kind = OBS_CONSUMER};

    o.u.consumer.name = name;
    o.u.consumer.bdf = b;
    o.u.consumer.has_alias = true;
    o.u.consumer.alias = bdf(DEV);
    o.u.consumer.kind = CONSUMER_PROBE;
    o.u.consumer.joined = true;
    o.u.consumer.flags = 3;
    o.u.consumer.range = iova_range(0, UINT64_MAX);
    show(s, o);
    reg(s, OBS_REGISTER, name, 0, UINT64_MAX, 3, 0);
}

static void access_of(struct stage *s, bdf_t b, uint64_t at, uint64_t target)
{
    struct obs o = {.kind = OBS_DMA};
    struct rec r = dma_rec(at, DMA_R);

    r.u.dma.bdf = b;
    begin(s, r);
    o.u.dma.rec = &s->rec;
    o.u.dma.access = DMA_R;
    o.u.dma.result =
        (struct xlat_result){.end = XLAT_OK, .gpa = gpa(target), .mask = 0xfff, .perm = PERM_RW};
    show(s, o);
    end(s);
}

/* The device's own number has no context entry; the alias' tables say where its access may go. */
START_TEST(accesses)
{
    struct stage *s = stage_new((struct stage_how){0});

    device(s, X, true);
    map_page(s, 0, 0x7000000);
    access_of(s, X, 0x40200010, 0x7000010);
    nothing_found(s);
    access_of(s, X, 0x40200010, 0x7001010);
    only(s, "COH-DMA", s->record, "The read of 01:04.0 at 0x40200010 may reach 0x7000010");
}
END_TEST

START_TEST(once_it_left_it_stands_for_itself)
{
    struct stage *s = stage_new((struct stage_how){0});

    device(s, X, true);
    map_page(s, 0, 0x7000000);
    device(s, X, false);
    access_of(s, X, 0x40200010, 0x7000010);
    only(s, "COH-DMA", s->record, "may fault with reason");
}
END_TEST

/* What is not told to a consumer of a device behind the alias is found, also when another left. */
START_TEST(notifications)
{
    struct stage *s = stage_new((struct stage_how){.full = _i});

    device(s, X, true);
    device(s, Y, true);
    begin_write(s, 0x18, 0x80000000);
    comes_to(s, "y", Y);
    end(s);
    device(s, X, false);
    store(s, L1, 0x7000003);
    open_inval(s, PSI(DID), 0x40200000);
    told_map(s, 0x40200000, SIZE_4K, 0x7000000, PERM_RW); /* to vfio0 alone */
    close_inval(s, PSI(DID), 0x40200000);
    only(s, "COH-SHADOW", s->record,
         "map 0x40200000-0x40200fff to 0x7000000 (rw), but y was not told so");
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {accesses, 1}, {once_it_left_it_stands_for_itself, 1}, {notifications, 2}};

    return run_tests("checks: aliased devices", rows, COUNT(rows));
}
