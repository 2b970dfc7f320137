/* SPDX-License-Identifier: MIT */
/* A consumer that accepts and records what its flags and range ask for. Refuses what it was made
 * to. */
#include <stddef.h>
#include <stdlib.h>

#include "consumers/consumer.h"
#include "policy_fields.h"

struct probe {
    struct consumer base;
    struct notifier notifier;
    struct region_listener listener;
    struct rangemap seen;           /* as notified, unless unmapped since */
    const struct iommu_event *kept; /* quirk: the entry of the last callback */
    bool refused;
    bool listening;
};

/* MAP and UNMAP are asked and kept; all else is only recorded. */
static int ask(struct probe *p, const struct iommu_event *e)
{
    bool map = e->type == NOTE_MAP;
    struct range_entry entry = {e->range, e->gpa, e->perm};
    int refused;

    if (!map && e->type != NOTE_UNMAP)
        return 0;
    refused = consumer_refuses(&p->base, map ? FAIL_MAP : FAIL_UNMAP);
    if (!refused && map)
        refused = consumer_refuses(&p->base, FAIL_ALLOC);
    if (refused)
        return refused;
    if (rangemap_cut(&p->seen, e->range) || (map && rangemap_insert(&p->seen, &entry)))
        fate_no_memory(p->base.fate);
    return 0;
}

static int notified(struct notifier *n, const struct iommu_event *e)
{
    struct probe *p = n->owner_data;
    bool leaves = consumer_counts_out(&p->base);
    int result;

    if (p->base.region->policy->entries_kept) {
        const struct iommu_event *late = p->kept;

        p->kept = e;
        if (!late)
            return 0;
        e = late;
    }
    result = ask(p, e);
    consumer_note(&p->base, VIA_NOTIFIER, e, true, result, NULL);
    if (leaves)
        consumer_leave(&p->base);
    return result;
}

static void switched(struct region_listener *l, bool translated)
{
    struct probe *p = (struct probe *)((char *)l - offsetof(struct probe, listener));
    struct err ignored;

    if (!translated) {
        notify_unregister(&p->notifier);
        return;
    }
    if (p->refused)
        return;
    if (notify_register(p->base.region, &p->notifier, &ignored)) {
        p->refused = true;
        return;
    }
    if (p->notifier.flags & NOTIFY_FROM_RECORD)
        notify_replay(&p->notifier);
}

static void join(struct consumer *c)
{
    struct probe *p = (struct probe *)c;

    region_listen(c->region, &p->listener);
    p->listening = true;
    if (c->region->translated)
        switched(&p->listener, true);
}

static void leave(struct consumer *c)
{
    struct probe *p = (struct probe *)c;

    notify_unregister(&p->notifier);
    if (p->listening)
        region_unlisten(c->region, &p->listener);
    p->listening = false;
}

static bool held(const struct consumer *c, iova_t at, struct range_entry *out)
{
    const struct probe *p = (const struct probe *)c;
    const struct range_entry *e = c->gone ? NULL : rangemap_at(&p->seen, at);

    if (e)
        *out = *e;
    return e != NULL;
}

static void free_probe(struct consumer *c)
{
    struct probe *p = (struct probe *)c;

    rangemap_clear(&p->seen);
    free(p);
}

static struct notifier *notifier(struct consumer *c, unsigned index)
{
    return index == 0 ? &((struct probe *)c)->notifier : NULL;
}

static void save(const struct consumer *c, struct state_out *o)
{
    const struct probe *p = (const struct probe *)c;

    state_put_bool(o, p->refused);
    state_put_bool(o, p->listening);
    state_put(o, p->kept && !c->gone ? (uint64_t)(p->kept - c->region->entry) + 1 : 0, 1);
    rangemap_save(&p->seen, o);
}

static void load(struct consumer *c, struct state_in *i)
{
    struct probe *p = (struct probe *)c;
    uint64_t kept;

    p->refused = state_take_bool(i);
    p->listening = state_take_bool(i) && c->region && !c->gone;
    kept = state_take(i, 1);
    if (kept > ENTRY_SLOTS)
        state_trouble(i, "an entry kept in the saved state is none");
    else if (kept && c->region)
        p->kept = &c->region->entry[kept - 1];
    rangemap_load(&p->seen, i);
    if (p->listening)
        region_listen(c->region, &p->listener);
}

static const struct consumer_ops ops = {.join = join,
                                        .leave = leave,
                                        .held = held,
                                        .free = free_probe,
                                        .notifier = notifier,
                                        .save = save,
                                        .load = load};

struct consumer *probe_new(const struct consumer_setup *s)
{
    struct probe *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->base.ops = &ops;
    p->listener.switched = switched;
    p->notifier = (struct notifier){.owner = p->base.how.name,
                                    .flags = s->how->flags,
                                    .range = s->how->range,
                                    .notify = notified,
                                    .owner_data = p};
    return &p->base;
}
