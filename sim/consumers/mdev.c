/* SPDX-License-Identifier: MIT */
/*
 * An emulated (mediated) device: VFIO as QEMU has it, and behind it a driver in the kernel that
 * pins the pages it works on and is asked to release them (dma_unmap). It pins by `pin` records,
 * with both rights, and by itself: the page of an access, with the right used, when it is mapped
 * and not yet pinned by it.
 *
 * How it answers dma_unmap (unpin=):
 *   prompt   releases all its pins in the range before it returns;
 *   late     the same, but only when it is asked for the third time in a row about that range;
 *   never    does nothing;
 *   other    means the range behind: instead of each pin in the range, one of the page that lies
 *            further by the range's size, whoever pinned that.
 * When closed, prompt and late release all they hold first; the others leave it behind.
 */
#include <stddef.h>
#include <stdlib.h>

#include "consumers/vfio_core.h"

#define LATE_ROUND 3u
#define PAGE       UINT64_C(0x1000)

struct mdev {
    struct vfio vfio;
    struct type1_device device;
    struct pins own;
    struct iova_range asked; /* by the last dma_unmap */
    uint32_t asked_times;    /* in a row */
};

static struct mdev *of_consumer(struct consumer *c)
{
    return (struct mdev *)c;
}

static struct mdev *of_device(struct type1_device *d)
{
    return (struct mdev *)((char *)d - offsetof(struct mdev, device));
}

static bool ended(const struct mdev *m)
{
    return fate_ended(m->vfio.base.fate);
}

/* Unpin, and forget as many of its own pins there. False: refused, or the kernel stopped. */
static bool unpin(struct mdev *m, iova_t at, uint64_t pages)
{
    uint64_t done;

    if (kernel_unpin(m->vfio.container, &m->device, at, pages, &done) || ended(m))
        return false;
    for (uint64_t n = 0; n < pages; n++)
        pins_drop(&m->own, iova(at.v + n * PAGE));
    return true;
}

/* Pages from `at` that it has pinned, up to the end of `r` and to what one call may name. */
static uint64_t run_of(const struct mdev *m, iova_t at, struct iova_range r)
{
    uint64_t most = (r.last.v - at.v) / PAGE + 1, pages = 1;

    if (most > TYPE1_PIN_PAGES)
        most = TYPE1_PIN_PAGES;
    while (pages < most && pins_count(&m->own, iova(at.v + pages * PAGE)))
        pages++;
    return pages;
}

static void release(struct mdev *m, struct iova_range r)
{
    iova_t page;

    while (pins_first(&m->own, r, &page) && unpin(m, page, run_of(m, page, r)))
        continue;
}

static void release_other(struct mdev *m, struct iova_range r)
{
    uint64_t span = r.last.v - r.first.v;
    struct iova_range rest = r;
    iova_t page;

    while (pins_first(&m->own, rest, &page)) {
        uint64_t pages = run_of(m, page, rest), last = page.v + pages * PAGE - 1;

        if (last > UINT64_MAX - span - 1 || !unpin(m, iova(page.v + span + 1), pages) ||
            last == rest.last.v)
            return; /* last > ...: there is nothing behind */
        rest.first = iova(last + 1);
    }
}

static void dma_unmap(struct type1_device *d, struct iova_range r)
{
    struct mdev *m = of_device(d);
    bool leaves = consumer_counts_out(&m->vfio.base);
    bool again = m->asked_times && m->asked.first.v == r.first.v && m->asked.last.v == r.last.v;

    m->asked = r;
    m->asked_times = again ? m->asked_times + 1 : 1;
    switch (m->vfio.base.how.unpin) {
    case UNPIN_PROMPT: release(m, r); break;
    case UNPIN_LATE:
        if (m->asked_times == LATE_ROUND) {
            m->asked_times = 0;
            release(m, r);
        }
        break;
    case UNPIN_OTHER: release_other(m, r); break;
    case UNPIN_NEVER: break;
    }
    if (leaves)
        consumer_leave(&m->vfio.base);
}

static void join(struct consumer *c)
{
    struct mdev *m = of_consumer(c);

    m->device.name = c->how.name;
    if (!kernel_open(m->vfio.container, &m->device) && !ended(m))
        vfio_join(c);
}

static void leave(struct consumer *c)
{
    struct mdev *m = of_consumer(c);
    bool tidy = c->how.unpin == UNPIN_PROMPT || c->how.unpin == UNPIN_LATE;

    vfio_leave(c);
    if (tidy)
        release(m, iova_range(0, UINT64_MAX));
    kernel_close(m->vfio.container, &m->device);
}

static bool held(const struct consumer *c, iova_t at, struct range_entry *out)
{
    return ((const struct mdev *)c)->device.opened && vfio_held(c, at, out);
}

static void pin_pages(struct mdev *m, iova_t at, uint64_t pages, enum perm p)
{
    int refuse = consumer_refuses(&m->vfio.base, FAIL_ALLOC);

    if (kernel_pin(m->vfio.container, &m->device, at, pages, p, refuse) || ended(m))
        return;
    for (uint64_t n = 0; n < pages; n++)
        if (pins_add(&m->own, iova(at.v + n * PAGE)))
            fate_no_memory(m->vfio.base.fate);
}

static void pin(struct consumer *c, iova_t at, uint64_t pages, bool takes_back)
{
    struct mdev *m = of_consumer(c);
    uint64_t done;

    if (!takes_back) {
        pin_pages(m, at, pages, PERM_RW);
        return;
    }
    if (kernel_unpin(m->vfio.container, &m->device, at, pages, &done) || ended(m))
        return;
    for (uint64_t n = 0; n < done; n++) /* of what was passed over it knows on */
        pins_drop(&m->own, iova(at.v + n * PAGE));
}

static void accesses(struct consumer *c, iova_t at, bool write)
{
    struct mdev *m = of_consumer(c);
    struct range_entry ignored;

    if (held(c, at, &ignored) && !pins_count(&m->own, at))
        pin_pages(m, iova(at.v & ~PAGE_4K_MASK), 1, write ? PERM_W : PERM_R);
}

static void free_mdev(struct consumer *c)
{
    pins_clear(&of_consumer(c)->own);
    free(c);
}

static void save(const struct consumer *c, struct state_out *o)
{
    const struct mdev *m = (const struct mdev *)c;

    vfio_save(c, o);
    kernel_device_save(&m->device, o);
    state_put(o, m->asked.first.v, 8);
    state_put(o, m->asked.last.v, 8);
    state_put(o, m->asked_times, 4);
    pins_save(&m->own, o);
}

static void load(struct consumer *c, struct state_in *i)
{
    struct mdev *m = of_consumer(c);

    vfio_load(c, i);
    m->device.name = c->how.name;
    kernel_device_load(m->vfio.container, &m->device, i);
    m->asked.first = iova(state_take(i, 8));
    m->asked.last = iova(state_take(i, 8));
    m->asked_times = (uint32_t)state_take(i, 4);
    pins_load(&m->own, i);
}

static const struct consumer_ops ops = {.join = join,
                                        .leave = leave,
                                        .held = held,
                                        .free = free_mdev,
                                        .notifier = vfio_notifier,
                                        .save = save,
                                        .load = load,
                                        .pin = pin,
                                        .accesses = accesses};

struct consumer *mdev_new(const struct consumer_setup *s)
{
    struct mdev *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    vfio_init(&m->vfio, s, &ops);
    if (s->how->dma_unmap)
        m->device.dma_unmap = dma_unmap;
    return &m->vfio.base;
}
