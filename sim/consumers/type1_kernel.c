/* SPDX-License-Identifier: MIT */
/* The two ioctls, the pins, and the asking. Who is asked: type1_devices.c. */
#include "consumers/type1_kernel.h"

#include <errno.h>

#include "base/apart.h"
#include "consumers/type1_inside.h"
#include "policy_fields.h"

#define PAGE UINT64_C(0x1000)

/* Whoever takes a lock that is held, by itself, waits for ever. */
RARELY static void hang(struct type1_kernel *k, enum type1_lock lock)
{
    static const char *const hangs[] = {
        [LOCK_IOMMU] = "the kernel hangs: the iommu lock is taken by who holds it",
        [LOCK_DEVICE_LIST] = "the kernel hangs: the device-list lock is taken by who holds it",
        [LOCK_CHAIN] = "the kernel hangs: the notifier chain's lock is taken by who holds it"};

    fate_abort(k->fate, hangs[lock]);
}

APART static void show_lock(struct type1_kernel *k, enum type1_lock lock, bool taken)
{
    struct obs o;

    o.kind = OBS_LOCK;
    o.u.lock.container = k->name;
    o.u.lock.lock = lock;
    o.u.lock.taken = taken;
    funnel_show(k->funnel, &o);
}

bool kernel_take(struct type1_kernel *k, enum type1_lock lock)
{
    if (fate_ended(k->fate))
        return false;
    if (k->held[lock]) {
        hang(k, lock);
        return false;
    }
    k->held[lock] = true;
    if (k->emulated)
        show_lock(k, lock, true);
    return true;
}

void kernel_drop(struct type1_kernel *k, enum type1_lock lock)
{
    if (fate_ended(k->fate))
        return; /* who stopped holds its locks for ever */
    k->held[lock] = false;
    if (k->emulated)
        show_lock(k, lock, false);
}

APART static void shown_ioctl(struct type1_kernel *k, bool unmap, bool begin, struct iova_range r,
                              int result)
{
    struct obs o;

    o.kind = OBS_TYPE1;
    o.u.type1.container = k->name;
    o.u.type1.unmap = unmap;
    o.u.type1.begin = begin;
    o.u.type1.range = r;
    o.u.type1.result = result;
    o.u.type1.maps = k->table->maps.count;
    o.u.type1.limit = k->table->limit;
    funnel_show(k->funnel, &o);
}

static void show_ioctl(struct type1_kernel *k, bool unmap, bool begin, struct iova_range r,
                       int result)
{
    if (!fate_ended(k->fate) && funnel_wants(k->funnel, OBS_TYPE1))
        shown_ioctl(k, unmap, begin, r, result);
}

void kernel_init(struct type1_kernel *k, struct type1 *table, const char *name, struct funnel *f,
                 struct fate *fate, const struct policy *p, enum type1_way way)
{
    k->table = table;
    k->name = name;
    k->funnel = f;
    k->fate = fate;
    k->policy = p;
    k->way = way;
    k->hooks = kernel_hooks(way);
    if (p->close_tests_register)
        k->hooks.unregister_device = NULL;
}

void kernel_release(struct type1_kernel *k, bool show)
{
    struct iova_range all = iova_range(0, UINT64_MAX);

    if (show)
        show_ioctl(k, true, true, all, 0);
    type1_clear(k->table);
    pins_clear(&k->pins);
    if (show)
        show_ioctl(k, true, false, all, 0);
}

int kernel_map(struct type1_kernel *k, struct iova_range r, gpa_t target, enum perm p, int refuse)
{
    int result = refuse;

    show_ioctl(k, false, true, r, 0);
    if (!kernel_take(k, LOCK_IOMMU))
        return -EIO;
    if (!refuse)
        result = type1_map(k->table, r, target, p);
    else if (k->policy->limit_not_returned)
        k->table->lost++;
    kernel_drop(k, LOCK_IOMMU);
    show_ioctl(k, false, false, r, result);
    return result;
}

/* Is the mapping the one that was asked for last? Then this is a retry. */
struct asking {
    bool any;
    iova_t first;
    unsigned round; /* of this mapping, from 1 */
};

static void ask(struct type1_kernel *k, struct iova_range r, struct asking *a)
{
    if (a->any && a->first.v == r.first.v)
        a->round++;
    else if (k->policy->retries_never_reset && a->any)
        *a = (struct asking){true, r.first, a->round + 1};
    else
        *a = (struct asking){true, r.first, 1};
    if (a->round > TYPE1_RETRIES + 1) {
        fate_abort(k->fate, "the kernel stops (BUG): pages are still pinned after ten retries");
        return;
    }
    kernel_ask(k, r, a->round);
}

/* With v2 the range may cut no mapping; looked at anew after each asking, for the lock was
 * dropped. */
static bool cuts(const struct type1 *t, struct iova_range r)
{
    const struct range_entry *low = rangemap_at(&t->maps, r.first);
    const struct range_entry *high = rangemap_at(&t->maps, r.last);

    return (low && low->range.first.v < r.first.v) || (high && high->range.last.v > r.last.v);
}

APART static int unmap_pinned(struct type1_kernel *k, struct iova_range r)
{
    struct asking asked = {0};
    uint64_t bytes;

    for (;;) {
        const struct range_entry *e = rangemap_at_or_after(&k->table->maps, r.first);
        struct iova_range whole;
        iova_t page;

        if (fate_ended(k->fate))
            return -EIO;
        if (cuts(k->table, r))
            return -EINVAL;
        if (!e || e->range.first.v > r.last.v)
            return 0;
        whole = e->range;
        if (!k->policy->unmap_ignores_pins && pins_first(&k->pins, whole, &page)) {
            ask(k, whole, &asked);
            continue;
        }
        pins_forget(&k->pins, whole);
        type1_unmap(k->table, whole, &bytes);
    }
}

int kernel_unmap(struct type1_kernel *k, struct iova_range r, int refuse)
{
    bool aligned = !(r.first.v & PAGE_4K_MASK) && (r.last.v & PAGE_4K_MASK) == PAGE_4K_MASK;
    uint64_t bytes;
    int result = refuse;

    show_ioctl(k, true, true, r, 0);
    if (!kernel_take(k, LOCK_IOMMU))
        return -EIO;
    if (!refuse && (!k->pins.pages || !aligned || k->table->v1 || type1_ends_at_0(k->table, r)))
        result = type1_unmap(k->table, r, &bytes);
    else if (!refuse)
        result = unmap_pinned(k, r);
    kernel_drop(k, LOCK_IOMMU);
    show_ioctl(k, true, false, r, result);
    return result;
}

static void show_pin(struct type1_kernel *k, const struct type1_device *d, bool unpin, iova_t at,
                     uint64_t pages, uint64_t passed_over, int result)
{
    struct obs o = {.kind = OBS_PIN};

    if (fate_ended(k->fate))
        return;
    o.u.pin.container = k->name;
    o.u.pin.consumer = d->name;
    o.u.pin.unpin = unpin;
    o.u.pin.iova = at;
    o.u.pin.pages = pages;
    o.u.pin.passed_over = passed_over;
    o.u.pin.result = result;
    funnel_show(k->funnel, &o);
}

/* What the VFIO core and type1 test before the lock. */
static int pin_refused(const struct type1_kernel *k, const struct type1_device *d, uint64_t pages)
{
    if (!d->opened)
        return -EINVAL;
    if (pages > TYPE1_PIN_PAGES)
        return -E2BIG;
    return k->table->v1 ? -EACCES : 0;
}

static int pin_page(struct type1_kernel *k, iova_t at, enum perm p, int refuse)
{
    const struct range_entry *e = rangemap_at(&k->table->maps, at);

    if (!e)
        return -EINVAL;
    if ((e->perm & p) != p)
        return -EPERM;
    return refuse ? refuse : pins_add(&k->pins, at);
}

static int pin_all(struct type1_kernel *k, iova_t at, uint64_t pages, enum perm p, int refuse)
{
    if (!k->devices)
        return -EINVAL;
    for (uint64_t n = 0; n < pages; n++) {
        int fault = pin_page(k, iova(at.v + n * PAGE), p, refuse);

        if (!fault)
            continue;
        while (n--)
            pins_drop(&k->pins, iova(at.v + n * PAGE));
        return fault;
    }
    return 0;
}

int kernel_pin(struct type1_kernel *k, const struct type1_device *d, iova_t at, uint64_t pages,
               enum perm p, int refuse)
{
    int result = pin_refused(k, d, pages);

    if (!result) {
        if (!kernel_take(k, LOCK_IOMMU))
            return -EIO;
        result = pin_all(k, at, pages, p, refuse);
        kernel_drop(k, LOCK_IOMMU);
    }
    show_pin(k, d, false, at, pages, 0, result);
    return result;
}

int kernel_unpin(struct type1_kernel *k, const struct type1_device *d, iova_t at, uint64_t pages,
                 uint64_t *done)
{
    int result = pin_refused(k, d, pages);
    uint64_t n = 0;

    *done = 0;
    if (!result) {
        if (!kernel_take(k, LOCK_IOMMU))
            return -EIO;
        for (; n < pages && rangemap_at(&k->table->maps, iova(at.v + n * PAGE)); n++)
            pins_drop(&k->pins, iova(at.v + n * PAGE));
        *done = n;
        kernel_drop(k, LOCK_IOMMU);
    }
    show_pin(k, d, true, at, pages, pages - n, result);
    return result;
}

void kernel_save(const struct type1_kernel *k, struct state_out *o)
{
    state_put(o, k->serials, 8);
    state_put(o, k->table->lost, 8);
    state_put_bool(o, k->emulated);
    pins_save(&k->pins, o);
}

void kernel_load(struct type1_kernel *k, struct state_in *i)
{
    k->serials = state_take(i, 8);
    k->table->lost = state_take(i, 8);
    k->emulated = state_take_bool(i);
    pins_load(&k->pins, i);
}
