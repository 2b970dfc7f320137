/* SPDX-License-Identifier: MIT */
/* What every consumer keeps, as bytes. */
#include "consumers/consumer.h"

#define FAIL_OPS (sizeof(((struct consumer *)0)->fails) / sizeof(struct consumer_fail))

/* Which keys of an attach record were said. */
static void said_save(const struct attach_rec *a, struct state_out *o)
{
    const bool said[] = {a->has_flags,   a->has_range,    a->has_container,
                         a->has_limit,   a->has_aperture, a->has_type1,
                         a->has_backend, a->has_unpin,    a->has_leave,
                         a->has_dma_unmap};

    for (size_t n = 0; n < sizeof(said) / sizeof(said[0]); n++)
        state_put_bool(o, said[n]);
}

static void said_load(struct attach_rec *a, struct state_in *i)
{
    bool *const said[] = {&a->has_flags,   &a->has_range,    &a->has_container,
                          &a->has_limit,   &a->has_aperture, &a->has_type1,
                          &a->has_backend, &a->has_unpin,    &a->has_leave,
                          &a->has_dma_unmap};

    for (size_t n = 0; n < sizeof(said) / sizeof(said[0]); n++)
        *said[n] = state_take_bool(i);
}

void attach_save(const struct attach_rec *a, struct state_out *o)
{
    state_put_name(o, a->name);
    state_put(o, a->kind, 1);
    state_put(o, a->bdf.v, 2);
    said_save(a, o);
    state_put(o, a->flags, 4);
    state_put(o, a->range.first.v, 8);
    state_put(o, a->range.last.v, 8);
    state_put_name(o, a->container);
    state_put(o, a->limit, 8);
    state_put(o, a->aperture_bits, 4);
    state_put(o, a->type1, 4);
    state_put(o, a->backend, 1);
    state_put(o, a->unpin, 1);
    state_put(o, a->leave, 8);
    state_put_bool(o, a->dma_unmap);
}

/* One of the numbers of an enum, the last of which is `last`. */
static unsigned choice(struct state_in *i, unsigned last)
{
    uint64_t value = state_take(i, 1);

    if (value <= last)
        return (unsigned)value;
    state_trouble(i, "a consumer in the saved state is of no known kind");
    return 0;
}

void attach_load(struct attach_rec *a, struct state_in *i)
{
    *a = (struct attach_rec){.name = ""};
    state_take_name(i, a->name, sizeof(a->name));
    a->kind = (enum consumer_kind)choice(i, CONSUMER_PROBE);
    a->bdf = bdf((uint16_t)state_take(i, 2));
    said_load(a, i);
    a->flags = (uint32_t)state_take(i, 4);
    a->range.first = iova(state_take(i, 8));
    a->range.last = iova(state_take(i, 8));
    state_take_name(i, a->container, sizeof(a->container));
    a->limit = state_take(i, 8);
    a->aperture_bits = (uint32_t)state_take(i, 4);
    a->type1 = (uint32_t)state_take(i, 4);
    a->backend = (enum vhost_backend)choice(i, BACKEND_USER);
    a->unpin = (enum mdev_unpin)choice(i, UNPIN_OTHER);
    a->leave = state_take(i, 8);
    a->dma_unmap = state_take_bool(i);
}

static void notifiers_save(struct consumer *c, struct state_out *o)
{
    const struct notifier *n;

    for (unsigned index = 0; (n = c->ops->notifier(c, index)) != NULL; index++) {
        state_put(o, n->flags, 4);
        state_put(o, n->range.first.v, 8);
        state_put(o, n->range.last.v, 8);
    }
}

static void notifiers_load(struct consumer *c, struct state_in *i)
{
    struct notifier *n;

    for (unsigned index = 0; (n = c->ops->notifier(c, index)) != NULL; index++) {
        n->flags = (uint32_t)state_take(i, 4);
        n->range.first = iova(state_take(i, 8));
        n->range.last = iova(state_take(i, 8));
    }
}

void consumer_save(const struct consumer *c, struct state_out *o)
{
    state_put(o, c->callbacks, 8);
    for (size_t n = 0; n < FAIL_OPS; n++) {
        state_put(o, c->fails[n].count, 8);
        state_put(o, (uint64_t)(int64_t)c->fails[n].error, 4);
    }
    state_put_bool(o, c->gone);
    notifiers_save((struct consumer *)(uintptr_t)c, o);
    if (c->ops->save)
        c->ops->save(c, o);
}

void consumer_load(struct consumer *c, struct state_in *i)
{
    c->callbacks = state_take(i, 8);
    for (size_t n = 0; n < FAIL_OPS; n++) {
        uint64_t count = state_take(i, 8), error = state_take(i, 4);

        if (error > INT32_MAX)
            state_trouble(i, "an error number in the saved state is none");
        c->fails[n] = (struct consumer_fail){count, (int)(error & INT32_MAX)};
    }
    c->gone = state_take_bool(i);
    notifiers_load(c, i);
    if (c->ops->load && !i->trouble)
        c->ops->load(c, i);
}
