/* SPDX-License-Identifier: MIT */
#include "notifier.h"

#include <errno.h>
#include <stddef.h>

#include "notifier_owed.h"
#include "policy_fields.h"

void notify_region_init(struct notify_region *r, bdf_t device, const struct region_ops *ops,
                        void *owner, const struct policy *p, struct funnel *f, struct fate *fate)
{
    *r = (struct notify_region){
        .bdf = device, .ops = ops, .owner = owner, .policy = p, .funnel = f, .fate = fate};
}

static void show_reg(struct notify_region *r, enum obs_kind kind, const struct notifier *n,
                     int result, const char *why)
{
    struct obs o = {.kind = kind,
                    .u.reg = {.consumer = n->owner,
                              .bdf = r->bdf,
                              .flags = n->flags,
                              .range = n->range,
                              .result = result,
                              .why = why}};

    funnel_show(r->funnel, &o);
}

static uint32_t flags_union(const struct notify_region *r)
{
    uint32_t all = 0;

    for (const struct notifier *n = r->head; n; n = n->next)
        if (n->registered)
            all |= n->flags;
    return all;
}

/* Tell the unit when the union has changed. */
static int update_flags(struct notify_region *r, const struct notifier *n, struct err *e)
{
    uint32_t old_flags = r->flags, new_flags = flags_union(r);
    struct obs o = {.kind = OBS_FLAGS};
    int result;

    if (old_flags == new_flags && !r->policy->flags_told_always)
        return 0;
    if (r->policy->flags_told_first_last && old_flags && new_flags) {
        r->flags = new_flags;
        return 0;
    }
    result = r->ops->flags_changed(r->owner, r, old_flags, new_flags, n, e);
    if (fate_ended(r->fate))
        return result;
    if (result == 0)
        r->flags = new_flags;
    o.u.flags.bdf = r->bdf;
    o.u.flags.old_flags = old_flags;
    o.u.flags.new_flags = new_flags;
    o.u.flags.result = result;
    funnel_show(r->funnel, &o);
    return result;
}

static void unlink_notifier(struct notify_region *r, struct notifier *n)
{
    struct notifier **link = &r->head;

    for (struct notify_visit *v = r->visits; v; v = v->outer)
        if (v->next == n)
            v->next = n->next;
    while (*link && *link != n)
        link = &(*link)->next;
    if (*link)
        *link = n->next;
    n->next = NULL;
}

/* What an assertion of the modelled core says to a registration (seeds 000, 001, 004). */
static const char *assertion(const struct policy *p, const struct notifier *n)
{
    if (!p->registration_asserts)
        return NULL;
    if (n->flags == 0)
        return "a notifier registers for no kind at all: assertion in the notifier core";
    if (n->range.first.v > n->range.last.v && !p->ranges_ignored)
        return "a notifier registers for a range that ends before it starts: assertion in the "
               "notifier core";
    return NULL;
}

static int refusal(const struct notifier *n, bool finer, struct err *e)
{
    if (n->flags == 0)
        return err_set(e, EINVAL, "%s: a notifier must ask for at least one kind", n->owner);
    if (n->flags & ~NOTIFY_ALL)
        return err_set(e, EINVAL, "%s: unknown kinds 0x%x", n->owner, n->flags & ~NOTIFY_ALL);
    if ((n->flags & (NOTIFY_FINER | NOTIFY_SYNC)) && !finer)
        return err_set(
            e, ENOTSUP,
            "%s: this system has no kinds but MAP, UNMAP and DEVTLB; read-map, write-map, "
            "read-unmap, write-unmap and sync are not told",
            n->owner);
    if (n->range.first.v > n->range.last.v)
        return err_set(e, EINVAL, "%s: its range ends before it starts", n->owner);
    if (n->registered)
        return err_set(e, EINVAL, "%s: the notifier is registered already", n->owner);
    return 0;
}

int notify_register(struct notify_region *r, struct notifier *n, struct err *e)
{
    const char *ends = assertion(r->policy, n);
    int result = refusal(n, r->policy->finer_kinds, e);

    if (ends) {
        fate_abort(r->fate, ends);
        return result;
    }
    if (result == 0) {
        if (r->policy->kind_by_permission && (n->flags & NOTIFY_DEVTLB))
            n->flags = (n->flags & ~(uint32_t)NOTIFY_DEVTLB) | NOTIFY_UNMAP;
        unlink_notifier(r, n); /* the quirk of a forgotten unregistration leaves it linked */
        n->region = r;
        n->registered = true;
        n->delivered = 0;
        n->next = r->head;
        r->head = n;
        result = update_flags(r, n, e);
        if (result) {
            n->registered = false;
            unlink_notifier(r, n);
        }
    }
    if (!fate_ended(r->fate))
        show_reg(r, OBS_REGISTER, n, result, result ? e->text : NULL);
    return result;
}

void notify_unregister(struct notifier *n)
{
    struct notify_region *r = n->region;
    struct err ignored;

    if (!n->registered)
        return;
    n->registered = false;
    owed_forget(n);
    if (!r->policy->leaves_stay_linked)
        unlink_notifier(r, n);
    show_reg(r, OBS_UNREGISTER, n, 0, NULL);
    (void)update_flags(r, n, &ignored); /* fewer kinds are never refused */
}

void notify_replay(struct notifier *n)
{
    struct notify_region *r = n->region;

    show_reg(r, OBS_REPLAY_BEGIN, n, 0, NULL);
    r->ops->replay(r->owner, r, n);
    show_reg(r, OBS_REPLAY_END, n, 0, NULL);
}

void region_listen(struct notify_region *r, struct region_listener *l)
{
    struct region_listener **link = &r->listeners;

    while (*link)
        link = &(*link)->next;
    l->next = NULL;
    *link = l;
}

void region_unlisten(struct notify_region *r, struct region_listener *l)
{
    for (struct region_listener **link = &r->listeners; *link; link = &(*link)->next) {
        if (*link == l) {
            *link = l->next;
            return;
        }
    }
}

void region_switch(struct notify_region *r, bool translated)
{
    struct obs o = {.kind = OBS_SWITCH};

    if (r->translated == translated)
        return;
    r->translated = translated;
    o.u.device.bdf = r->bdf;
    o.u.device.on = translated;
    funnel_show(r->funnel, &o);
    for (struct region_listener *l = r->listeners, *next; l && !fate_ended(r->fate); l = next) {
        next = l->next;
        l->switched(l, translated);
    }
}
