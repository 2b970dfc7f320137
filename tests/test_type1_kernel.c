/* SPDX-License-Identifier: MIT */
/* The kernel's side of a container, called directly: orders of locks and calls worked out by hand
 * from seed 002 (list) and from what it replaced (chain). */
#include <errno.h>
#include <stddef.h>

#include "consumers/type1_kernel.h"
#include "kernel_text.h"
#include "policy_fields.h"
#include "rig.h"
#include "suite.h"

#define PAGE UINT64_C(0x1000)

enum doing { DO_NOTHING, DO_UNPIN, DO_CLOSE, DO_OPEN_OTHER };

struct bench;

struct tester {
    struct type1_device device;
    struct bench *bench;
    enum doing doing;
    unsigned from_call; /* does it from its call number that on; 0, 1: always */
    unsigned calls;
    struct tester *other;
};

struct bench {
    struct type1 table;
    struct type1_kernel kernel;
    struct funnel funnel;
    struct fate fate;
    struct policy policy;
    struct kernel_text text;
    struct tester a, b, c;
};

static struct bench bench;

static void called(struct type1_device *d, struct iova_range r)
{
    struct tester *t = (struct tester *)((char *)d - offsetof(struct tester, device));
    struct type1_kernel *k = &t->bench->kernel;
    uint64_t done;

    if (++t->calls < t->from_call)
        return;
    switch (t->doing) {
    case DO_NOTHING: break;
    case DO_UNPIN: kernel_unpin(k, d, r.first, (r.last.v - r.first.v) / PAGE + 1, &done); break;
    case DO_CLOSE: kernel_close(k, d); break;
    case DO_OPEN_OTHER: kernel_open(k, &t->other->device); break;
    }
}

static struct tester tester(const char *name, enum doing doing)
{
    struct tester t = {.bench = &bench, .doing = doing};

    t.device.name = name;
    t.device.dma_unmap = called;
    return t;
}

static struct type1_kernel *start(enum type1_way way)
{
    bench = (struct bench){.policy = *policy_find("ideal")};
    bench.table = (struct type1){.aperture_last = (UINT64_C(1) << 48) - 1};
    funnel_add(&bench.funnel, (struct observer){.see = kernel_see, .ctx = &bench.text});
    kernel_init(&bench.kernel, &bench.table, "c", &bench.funnel, &bench.fate, &bench.policy, way);
    bench.a = tester("a", DO_UNPIN);
    bench.b = tester("b", DO_NOTHING);
    bench.c = tester("c", DO_NOTHING);
    return &bench.kernel;
}

static void done(void)
{
    kernel_release(&bench.kernel, false);
}

#define DID(what) ck_assert_str_eq(kernel_did(&bench.text), what)

static int map(uint64_t at, uint64_t pages, enum perm p)
{
    return kernel_map(&bench.kernel, iova_range(at, at + pages * PAGE - 1), gpa(at), p, 0);
}

static int unmap(uint64_t at, uint64_t pages)
{
    return kernel_unmap(&bench.kernel, iova_range(at, at + pages * PAGE - 1), 0);
}

static int pin(struct tester *t, uint64_t at, uint64_t pages)
{
    return kernel_pin(&bench.kernel, &t->device, iova(at), pages, PERM_RW, 0);
}

static int unpin(struct tester *t, uint64_t at, uint64_t pages)
{
    uint64_t done;

    return kernel_unpin(&bench.kernel, &t->device, iova(at), pages, &done);
}

static int opened(struct tester *t)
{
    return kernel_open(&bench.kernel, &t->device);
}

static void closed(struct tester *t)
{
    kernel_close(&bench.kernel, &t->device);
}

START_TEST(list_locks)
{
    start(TYPE1_LIST);
    ck_assert_int_eq(opened(&bench.a), 0);
    DID("+i +l join:a -l -i ");
    map(0x10000, 1, PERM_RW);
    DID("map{ +i -i }0 ");
    unmap(0x20000, 1);
    DID("unmap{ +i -i }0 ");
    ck_assert_int_eq(pin(&bench.a, 0x10000, 1), 0);
    DID("+i -i pin:a@0x10000*1=0 ");
    ck_assert_int_eq(unmap(0x10000, 1), 0);
    DID("unmap{ +i +l -i ask:a#1[ +i -i unpin:a@0x10000*1=0 ] -l +i -i }0 ");
    closed(&bench.a);
    DID("+i +l leave:a -l -i ");
    done();
}
END_TEST

START_TEST(chain_locks)
{
    start(TYPE1_CHAIN);
    ck_assert_int_eq(opened(&bench.a), 0);
    DID("+c join:a -c ");
    map(0x10000, 1, PERM_RW);
    ck_assert_int_eq(pin(&bench.a, 0x10000, 1), 0);
    DID("map{ +i -i }0 +i -i pin:a@0x10000*1=0 ");
    ck_assert_int_eq(unmap(0x10000, 1), 0);
    DID("unmap{ +i -i +c ask:a#1[ +i -i unpin:a@0x10000*1=0 ] -c +i -i }0 ");
    closed(&bench.a);
    DID("+c leave:a -c ");
    done();
}
END_TEST

/* Without an emulated device nobody contends for the locks, and they are not shown. */
START_TEST(plain_container)
{
    start(_i ? TYPE1_CHAIN : TYPE1_LIST);
    map(0x10000, 1, PERM_RW);
    unmap(0x10000, 1);
    DID("map{ }0 unmap{ }0 ");
    kernel_release(&bench.kernel, true);
    DID("unmap{ }0 ");
}
END_TEST

/* The list grows at its head, the chain at its end. */
START_TEST(order_of_calls)
{
    start(_i ? TYPE1_CHAIN : TYPE1_LIST);
    bench.b.doing = DO_UNPIN;
    bench.a.doing = DO_NOTHING;
    opened(&bench.a);
    opened(&bench.b);
    opened(&bench.c);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    kernel_did(&bench.text);
    unmap(0x10000, 1);
    if (_i)
        DID("unmap{ +i -i +c ask:a#1[ ] ask:b#1[ +i -i unpin:b@0x10000*1=0 ] ask:c#1[ ] "
            "-c +i -i }0 ");
    else
        DID("unmap{ +i +l -i ask:c#1[ ] ask:b#1[ +i -i unpin:b@0x10000*1=0 ] ask:a#1[ ] "
            "-l +i -i }0 ");
    done();
}
END_TEST

/* Asked once and ten times again; the eleventh retry is the kernel's BUG. */
START_TEST(ten_retries)
{
    start(_i & 1 ? TYPE1_CHAIN : TYPE1_LIST);
    bench.a.from_call = _i & 2 ? 12 : 11;
    opened(&bench.a);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    ck_assert_int_eq(unmap(0x10000, 1), _i & 2 ? -EIO : 0);
    ck_assert_uint_eq(bench.a.calls, 11);
    if (_i & 2)
        ck_assert_ptr_nonnull(strstr(bench.fate.abort_why, "ten retries"));
    else
        ck_assert(!fate_ended(&bench.fate));
    ck_assert_uint_eq(bench.table.maps.count, _i & 2 ? 1 : 0);
    done();
}
END_TEST

/* Retries are counted for each mapping. */
START_TEST(retries_of_each)
{
    start(TYPE1_LIST);
    bench.a.doing = DO_NOTHING;
    opened(&bench.a);
    map(0x10000, 1, PERM_RW);
    map(0x11000, 1, PERM_RW);
    map(0x12000, 1, PERM_RW);
    pin(&bench.a, 0x11000, 1);
    pin(&bench.a, 0x12000, 1);
    bench.a.doing = DO_UNPIN;
    bench.a.from_call = 11;
    ck_assert_int_eq(unmap(0x10000, 3),
                     0); /* the third is asked for once, after 11 for the second */
    ck_assert_uint_eq(bench.a.calls, 12);
    ck_assert_ptr_nonnull(strstr(kernel_did(&bench.text), "ask:a#11[ +i -i unpin:a@0x11000*1=0 ] "
                                                          "-l +i +l -i ask:a#1[ +i -i unpin:a@"
                                                          "0x12000*1=0 ] -l +i -i }0 "));
    done();
}
END_TEST

/* Nobody left to ask: no callback, no progress, the same end. */
START_TEST(nobody_left)
{
    start(_i ? TYPE1_CHAIN : TYPE1_LIST);
    opened(&bench.a);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    closed(&bench.a);
    ck_assert_int_eq(unmap(0x10000, 1), -EIO);
    ck_assert_ptr_nonnull(bench.fate.abort_why);
    ck_assert_uint_eq(bench.a.calls, 0);
    done();
}
END_TEST

/* The lower ones go first; what is cut by the range keeps everything and nobody is asked. */
START_TEST(several_mappings)
{
    start(TYPE1_LIST);
    opened(&bench.a);
    map(0x10000, 4, PERM_RW);
    map(0x20000, 2, PERM_RW);
    map(0x30000, 4, PERM_RW);
    pin(&bench.a, 0x21000, 1);
    kernel_did(&bench.text);
    ck_assert_int_eq(unmap(0x10000, 0x22), -EINVAL);
    ck_assert_int_eq(unmap(0x11000, 0x23), -EINVAL);
    DID("unmap{ +i -i }-22 unmap{ +i -i }-22 ");
    ck_assert_uint_eq(bench.table.maps.count, 3);
    ck_assert_int_eq(unmap(0x10000, 0x24), 0);
    DID("unmap{ +i +l -i ask:a#1[ +i -i unpin:a@0x20000*2=0 ] -l +i -i }0 ");
    ck_assert_uint_eq(bench.table.maps.count, 0);
    done();
}
END_TEST

START_TEST(pin_refusals)
{
    struct type1_kernel *k = start(_i ? TYPE1_CHAIN : TYPE1_LIST);

    map(0x10000, 4, PERM_RW);
    map(0x20000, 1, PERM_R);
    map(0x100000, 1024, PERM_RW);
    ck_assert_int_eq(pin(&bench.a, 0x10000, 1), -EINVAL); /* not open */
    ck_assert_int_eq(unpin(&bench.a, 0x10000, 1), -EINVAL);
    opened(&bench.a);
    ck_assert_int_eq(pin(&bench.a, 0x30000, 1), -EINVAL);
    ck_assert_int_eq(pin(&bench.a, 0x13000, 2), -EINVAL);
    ck_assert_int_eq(pin(&bench.a, 0x20000, 1), -EPERM);
    ck_assert_int_eq(kernel_pin(k, &bench.a.device, iova(0x20000), 1, PERM_R, 0), 0);
    ck_assert_int_eq(kernel_pin(k, &bench.a.device, iova(0x10000), 1, PERM_RW, -ENOMEM), -ENOMEM);
    ck_assert_int_eq(pin(&bench.a, 0x100000, 513), -E2BIG);
    ck_assert_int_eq(unpin(&bench.a, 0x100000, 513), -E2BIG);
    ck_assert_uint_eq(k->pins.pages, 1); /* all the others were undone */
    ck_assert_int_eq(pin(&bench.a, 0x100000, 512), 0);
    ck_assert_int_eq(unpin(&bench.a, 0x100000, 512), 0);
    ck_assert_uint_eq(k->pins.pages, 1);
    bench.table.v1 = true;
    ck_assert_int_eq(pin(&bench.a, 0x10000, 1), -EACCES);
    ck_assert_int_eq(unpin(&bench.a, 0x10000, 1), -EACCES);
    done();
}
END_TEST

/* Nobody on the list: a device without dma_unmap may be open (chain), and cannot pin. */
START_TEST(nobody_registered)
{
    start(TYPE1_CHAIN);
    bench.a.device.dma_unmap = NULL;
    ck_assert_int_eq(opened(&bench.a), 0);
    DID("join:a ");
    map(0x10000, 1, PERM_RW);
    ck_assert_int_eq(pin(&bench.a, 0x10000, 1), -EINVAL);
    opened(&bench.b); /* now there is somebody to be asked, and so it may */
    ck_assert_int_eq(pin(&bench.a, 0x10000, 1), 0);
    closed(&bench.b);
    kernel_did(&bench.text);
    closed(&bench.a);
    DID("leave:a ");
    done();
}
END_TEST

/* One count for each pin, whoever made it. */
START_TEST(counts)
{
    struct type1_kernel *k = start(TYPE1_LIST);

    opened(&bench.a);
    opened(&bench.b);
    map(0x10000, 4, PERM_RW);
    pin(&bench.a, 0x10000, 4);
    pin(&bench.b, 0x11000, 2);
    pin(&bench.a, 0x13000, 2); /* undone: 0x14000 is not mapped */
    ck_assert_uint_eq(pins_count(&k->pins, iova(0x10fff)), 1);
    ck_assert_uint_eq(pins_count(&k->pins, iova(0x11000)), 2);
    ck_assert_uint_eq(pins_count(&k->pins, iova(0x12000)), 2);
    ck_assert_uint_eq(pins_count(&k->pins, iova(0x13000)), 1);
    unpin(&bench.b, 0x10000, 4);
    unpin(&bench.b, 0x13000, 4); /* one was left, three are not even mapped */
    ck_assert_uint_eq(k->pins.pages, 2);
    ck_assert_uint_eq(pins_count(&k->pins, iova(0x12000)), 1);
    ck_assert_int_eq(unpin(&bench.a, 0x10000, 1), 0); /* of nothing */
    done();
}
END_TEST

/* The core refuses a device without dma_unmap; without that test, type1 passes it over. */
START_TEST(no_dma_unmap)
{
    start(TYPE1_LIST);
    bench.a.device.dma_unmap = NULL;
    ck_assert_int_eq(opened(&bench.a), -EINVAL);
    DID("join:a=-22 ");
    closed(&bench.a);
    DID("");
    bench.policy.core_takes_no_dma_unmap = true;
    ck_assert_int_eq(opened(&bench.a), 0);
    DID("join:a ");
    ck_assert_ptr_null(bench.kernel.devices);
    closed(&bench.a);
    DID("leave:a ");
    done();
}
END_TEST

/* A device that closes, or another that opens, inside a callback waits for a lock that its caller
 * holds. */
START_TEST(moves_in_callback)
{
    static const char *const whys[] = {"device-list lock", "notifier chain's lock"};

    start(_i & 1 ? TYPE1_CHAIN : TYPE1_LIST);
    bench.a.doing = _i & 2 ? DO_OPEN_OTHER : DO_CLOSE;
    bench.a.other = &bench.b;
    opened(&bench.a);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    kernel_did(&bench.text);
    unmap(0x10000, 1);
    ck_assert_ptr_nonnull(strstr(bench.fate.abort_why, whys[_i & 1]));
    if (_i & 1)
        DID("unmap{ +i -i +c ask:a#1[ ");
    else
        DID("unmap{ +i +l -i ask:a#1[ +i ");
    done();
}
END_TEST

/* Leaving without a lock (a quirk): the others are called all the same, each once. */
START_TEST(leaves_unlocked)
{
    start(_i ? TYPE1_CHAIN : TYPE1_LIST);
    bench.policy.unregister_unlocked = true;
    bench.b.doing = DO_CLOSE;
    opened(&bench.a);
    opened(&bench.b);
    opened(&bench.c);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    kernel_did(&bench.text);
    ck_assert_int_eq(unmap(0x10000, 1), 0);
    if (_i)
        DID("unmap{ +i -i +c ask:a#1[ +i -i unpin:a@0x10000*1=0 ] ask:b#1[ leave:b ] "
            "ask:c#1[ ] -c +i -i }0 ");
    else
        DID("unmap{ +i +l -i ask:c#1[ ] ask:b#1[ leave:b ] "
            "ask:a#1[ +i -i unpin:a@0x10000*1=0 ] -l +i -i }0 ");
    done();
}
END_TEST

/* Opening and closing each test their own hook. */
START_TEST(own_hooks)
{
    struct type1_kernel *k = start(TYPE1_LIST);

    k->hooks.register_device = NULL;
    ck_assert_int_eq(opened(&bench.a), 0);
    ck_assert_ptr_null(k->devices);
    closed(&bench.a); /* what was never linked is not unlinked */
    DID("join:a +i +l leave:a -l -i ");
    done();
    k = start(TYPE1_LIST);
    k->hooks.unregister_device = NULL;
    opened(&bench.a);
    closed(&bench.a);
    ck_assert(!fate_ended(&bench.fate));
    ck_assert_ptr_null(k->devices);
    done();
    k = start(TYPE1_LIST);
    bench.policy.close_tests_register = true;
    k->hooks.unregister_device = NULL;
    opened(&bench.a);
    closed(&bench.a);
    ck_assert_ptr_nonnull(strstr(bench.fate.abort_why, "null pointer"));
    done();
}
END_TEST

START_TEST(under_iommu_lock)
{
    start(_i ? TYPE1_CHAIN : TYPE1_LIST);
    bench.policy.callback_under_iommu_lock = true;
    opened(&bench.a);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    unmap(0x10000, 1);
    ck_assert_ptr_nonnull(strstr(bench.fate.abort_why, "iommu lock"));
    done();
}
END_TEST

/* The limit: a refused map takes no place, by the quirk it does. */
START_TEST(accounting)
{
    struct type1_kernel *k = start(TYPE1_LIST);

    bench.table.limit = 2;
    bench.policy.limit_not_returned = _i;
    ck_assert_int_eq(map(0x10000, 1, PERM_RW), 0);
    ck_assert_int_eq(kernel_map(k, iova_range(0x11000, 0x11fff), gpa(0), PERM_RW, -ENOMEM),
                     -ENOMEM);
    ck_assert_int_eq(map(0x12000, 1, PERM_RW), _i ? -ENOSPC : 0);
    ck_assert_int_eq(map(0x13000, 1, PERM_RW), -ENOSPC);
    ck_assert_int_eq(kernel_unmap(k, iova_range(0x10000, 0x10fff), -EBUSY), -EBUSY);
    ck_assert_uint_eq(bench.table.maps.count, _i ? 1 : 2);
    unmap(0x10000, 1);
    ck_assert_int_eq(map(0x13000, 1, PERM_RW), 0);
    done();
}
END_TEST

/* An unmap that meets nothing, because it ends at 2^64, asks nobody for pins either. */
START_TEST(end_wraps)
{
    struct type1_kernel *k = start(TYPE1_LIST);

    bench.table.end_wraps = _i;
    opened(&bench.a);
    map(0x10000, 1, PERM_RW);
    pin(&bench.a, 0x10000, 1);
    ck_assert_int_eq(kernel_unmap(k, iova_range(0x10000, UINT64_MAX), 0), 0);
    ck_assert_uint_eq(bench.table.maps.count, _i ? 1 : 0);
    ck_assert_uint_eq(bench.a.calls, _i ? 0 : 1);
    done();
}
END_TEST

/* Against an array of counts. */
START_TEST(pins_random)
{
    enum { PAGES = 300 };
    uint64_t state = 7 + (uint64_t)_i, pages = 0;
    uint32_t count[PAGES] = {0};
    struct pins p = {0};
    iova_t found;

    for (int n = 0; n < 5000; n++) {
        unsigned at = (unsigned)(rig_random(&state) % PAGES);
        unsigned to = at + (unsigned)(rig_random(&state) % 40), first;
        uint64_t base = UINT64_C(0x7fffff00000) + 0x1000 * (uint64_t)at;

        switch (rig_random(&state) % 8) {
        case 0:
        case 1:
        case 2:
            ck_assert_int_eq(pins_add(&p, iova(base + 0xabc)), 0);
            pages += !count[at]++;
            break;
        case 3:
        case 4:
            ck_assert_int_eq(pins_drop(&p, iova(base)), count[at] != 0);
            pages -= count[at] == 1;
            count[at] -= count[at] != 0;
            break;
        case 5:
            pins_forget(&p, iova_range(base, base + 0x4fff));
            for (unsigned i = at; i < at + 5 && i < PAGES; i++) {
                pages -= count[i] != 0;
                count[i] = 0;
            }
            break;
        default:
            for (first = at; first <= to && first < PAGES && !count[first]; first++)
                continue;
            if (first > to || first == PAGES)
                ck_assert(!pins_first(&p, iova_range(base, base + (to - at) * PAGE), &found));
            else
                ck_assert(pins_first(&p, iova_range(base, base + (to - at) * PAGE), &found) &&
                          found.v == base + (first - at) * PAGE);
        }
        ck_assert_uint_eq(pins_count(&p, iova(base)), count[at]);
        ck_assert_uint_eq(p.pages, pages);
    }
    pins_clear(&p);
}
END_TEST

/* Whoever lets go of a page unpins it as often as it is pinned: a number that nobody reached, in a
 * damaged state, would take minutes. */
START_TEST(pins_of_one_page)
{
    struct pins p = {0}, again = {0};
    struct state_out o = {0};
    struct state_in i;

    for (uint32_t n = 0; n < PINS_MAX; n++)
        ck_assert_int_eq(pins_add(&p, iova(0x5000)), 0);
    ck_assert_int_eq(pins_add(&p, iova(0x5000)), -EOVERFLOW);
    ck_assert_uint_eq(pins_count(&p, iova(0x5000)), PINS_MAX);
    pins_save(&p, &o);
    i = (struct state_in){.bytes = o.bytes, .size = o.used};
    pins_load(&again, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(pins_count(&again, iova(0x5000)), PINS_MAX);
    pins_clear(&again);
    o.bytes[o.used - 4]++; /* one more than that */
    i = (struct state_in){.bytes = o.bytes, .size = o.used};
    pins_load(&again, &i);
    ck_assert_ptr_nonnull(i.trouble);
    pins_clear(&again);
    pins_clear(&p);
    state_out_free(&o);
}
END_TEST

/* Saved and restored: pins with their counts, the order of the devices, the accounting. */
START_TEST(state)
{
    struct type1_kernel *k = start(_i ? TYPE1_CHAIN : TYPE1_LIST), again = {0};
    struct state_out o = {0}, o2 = {0};
    struct state_in i;
    struct type1 table = {.aperture_last = 1};

    opened(&bench.a);
    opened(&bench.b);
    opened(&bench.c);
    closed(&bench.b);
    map(0x10000, 128, PERM_RW);
    pin(&bench.a, 0x10000, 100);
    pin(&bench.a, 0x10000, 1);
    table.lost = bench.table.lost = 3;
    kernel_save(k, &o);
    kernel_device_save(&bench.a.device, &o);
    kernel_device_save(&bench.b.device, &o);
    kernel_device_save(&bench.c.device, &o);
    kernel_init(&again, &table, "c", &bench.funnel, &bench.fate, &bench.policy, k->way);
    table.lost = 0;
    i = (struct state_in){.bytes = o.bytes, .size = o.used};
    kernel_load(&again, &i);
    bench.a = tester("a", DO_UNPIN);
    bench.b = tester("b", DO_NOTHING);
    bench.c = tester("c", DO_NOTHING);
    kernel_device_load(&again, &bench.a.device, &i);
    kernel_device_load(&again, &bench.b.device, &i);
    kernel_device_load(&again, &bench.c.device, &i);
    ck_assert_ptr_null(i.trouble);
    ck_assert_uint_eq(i.used, i.size);
    ck_assert_ptr_eq(again.devices, _i ? &bench.a.device : &bench.c.device);
    ck_assert_ptr_eq(again.devices->next, _i ? &bench.c.device : &bench.a.device);
    ck_assert_ptr_null(again.devices->next->next);
    ck_assert(!bench.b.device.opened);
    ck_assert_uint_eq(again.pins.pages, 100);
    ck_assert_uint_eq(pins_count(&again.pins, iova(0x10000)), 2);
    ck_assert_uint_eq(table.lost, 3);
    kernel_save(&again, &o2);
    ck_assert_mem_eq(o.bytes, o2.bytes, o2.used);
    pins_clear(&again.pins);
    again = (struct type1_kernel){.table = &table};
    i.used = 0;
    i.size = o2.used - 4; /* cut off */
    kernel_load(&again, &i);
    ck_assert_ptr_nonnull(i.trouble);
    pins_clear(&again.pins);
    state_out_free(&o);
    state_out_free(&o2);
    done();
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        {list_locks, 1},        {chain_locks, 1},      {plain_container, 2},
        {order_of_calls, 2},    {ten_retries, 4},      {retries_of_each, 1},
        {nobody_left, 2},       {several_mappings, 1}, {pin_refusals, 2},
        {nobody_registered, 1}, {counts, 1},           {no_dma_unmap, 1},
        {moves_in_callback, 4}, {leaves_unlocked, 2},  {own_hooks, 1},
        {under_iommu_lock, 2},  {accounting, 2},       {end_wraps, 2},
        {pins_random, 3},       {pins_of_one_page, 1}, {state, 2},
    };

    return run_tests("type1_kernel", rows, COUNT(rows));
}
