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

static uint32_t kind_flag(enum note_type t)
{
    static const uint32_t flags[] = {
        [NOTE_MAP] = NOTIFY_MAP,
        [NOTE_UNMAP] = NOTIFY_UNMAP,
        [NOTE_DEVTLB] = NOTIFY_DEVTLB,
        [NOTE_READ_MAP] = NOTIFY_READ_MAP,
        [NOTE_WRITE_MAP] = NOTIFY_WRITE_MAP,
        [NOTE_READ_UNMAP] = NOTIFY_READ_UNMAP,
        [NOTE_WRITE_UNMAP] = NOTIFY_WRITE_UNMAP,
        [NOTE_SYNC] = NOTIFY_SYNC,
    };

    return flags[t];
}

static bool entry_lives(const struct iommu_event *e)
{
    return e->number && e->number != ENTRY_DEAD;
}

/* Call back with an entry that lives for as long, and says nothing true afterwards. */
static int hand_over(struct notifier *n, const struct iommu_event *e)
{
    struct notify_region *r = n->region;
    uint64_t outer = r->funnel->delivery;
    struct iommu_event more, *entry = &r->entry[r->entry_next];
    int result;

    r->entry_next = (r->entry_next + 1) % ENTRY_SLOTS;
    if (entry_lives(entry))
        entry = &more; /* callbacks nested deeper than there are slots */
    *entry = *e;
    entry->number = r->funnel->delivery = ++r->funnel->deliveries;
    result = n->notify(n, entry);
    r->funnel->delivery = outer;
    *entry = event_dead();
    return result;
}

/* Number it, call, and remember a refusal where the policy wants it. */
static int call(struct notifier *n, const struct iommu_event *e)
{
    struct iommu_event numbered = *e;
    int answer;

    numbered.seq = ++n->delivered;
    answer = hand_over(n, &numbered);
    if ((answer < 0 || n->owed) && n->region->policy->refusals_repaired)
        owed_answered(n, e, answer);
    return answer < 0 ? answer : 0;
}

int notify_pieces(struct notifier *n, const struct iommu_event *e, struct iova_range within)
{
    uint64_t last = e->range.last.v < n->range.last.v ? e->range.last.v : n->range.last.v;
    uint64_t at = e->range.first.v > n->range.first.v ? e->range.first.v : n->range.first.v;
    int result = 0;

    if (e->type != NOTE_DEVTLB && !(n->flags & NOTIFY_MAP) && !note_maps(e->type)) {
        struct iommu_event one = *e;

        one.range = iova_range(at, last);
        return call(n, &one);
    }
    for (;;) {
        uint64_t mask = aligned_block_mask(at, last);
        struct iommu_event piece = *e;
        int answer = 0;

        if (note_maps(e->type))
            piece.gpa = gpa_add(e->gpa, at - e->range.first.v);
        piece.range = iova_range(at, at + mask);
        if (iova_range_overlap(piece.range, within))
            answer = call(n, &piece);
        if (result == 0)
            result = answer;
        if (at + mask == last || !n->registered || fate_ended(n->region->fate))
            return result;
        at += mask + 1;
    }
}

/* Cut to the notifier's range as architected; of an UNMAP, what it never got is left out. */
static int deliver_pieces(struct notifier *n, const struct iommu_event *e)
{
    if (n->owed && e->type == NOTE_UNMAP && (n->flags & NOTIFY_MAP))
        return owed_unmap(n, e);
    return notify_pieces(n, e, e->range);
}

/* Cut at the border as QEMU does: the target stays where it was. */
static struct iommu_event cropped(const struct notifier *n, const struct iommu_event *e)
{
    struct iommu_event cut = *e;

    if (cut.range.first.v < n->range.first.v)
        cut.range.first = n->range.first;
    if (cut.range.last.v > n->range.last.v)
        cut.range.last = n->range.last;
    return cut;
}

/* Whether the event is any of the notifier's business, by where it lies. */
static bool meets(const struct policy *p, const struct notifier *n, struct iova_range r)
{
    if (p->ranges_ignored)
        return true;
    if (p->touching_heard)
        return n->range.first.v <= r.last.v + 1 && n->range.last.v >= r.first.v; /* may wrap */
    return iova_range_overlap(n->range, r);
}

int notify_one(struct notifier *n, const struct iommu_event *e)
{
    const struct policy *p = n->region->policy;
    struct iommu_event cut = *e;
    bool wanted;

    if (p->kind_by_permission)
        cut.type = e->perm == PERM_NONE ? NOTE_UNMAP : NOTE_MAP;
    wanted = (kind_flag(cut.type) & n->flags) || p->kinds_ignored;
    if (!n->registered && !p->leaves_stay_linked)
        return 0;
    if (e->type == NOTE_SYNC) {
        cut.range = n->range;
        return wanted ? call(n, &cut) : 0;
    }
    if (!meets(p, n, e->range))
        return 0;
    if (!iova_range_covers(n->range, e->range)) {
        switch (p->straddle) {
        case STRADDLE_WHOLE: break;
        case STRADDLE_PIECES: return wanted ? deliver_pieces(n, e) : 0;
        case STRADDLE_CROP: cut = cropped(n, e); break;
        case STRADDLE_ABORT:
            if (!(n->flags & NOTIFY_DEVTLB)) {
                fate_abort(
                    n->region->fate,
                    "an event reaches beyond a notifier's range: assertion in the notifier core");
                return 0;
            }
            cut = cropped(n, e);
            break;
        }
    } else if (p->straddle == STRADDLE_PIECES) {
        return wanted ? deliver_pieces(n, e) : 0; /* a merged run may be no power of two */
    }
    return wanted ? call(n, &cut) : 0;
}

void notify_each(struct notify_region *r, void (*visit)(void *arg, struct notifier *n), void *arg)
{
    struct notify_visit v = {r->head, r->visits};

    r->visits = &v;
    while (v.next && !fate_ended(r->fate)) {
        struct notifier *n = v.next;

        v.next = n->next;
        visit(arg, n);
    }
    r->visits = v.outer;
}

struct all {
    const struct iommu_event *event;
    int result;
};

static void visit_one(void *arg, struct notifier *n)
{
    struct all *a = arg;
    int answer = notify_one(n, a->event);

    if (a->result == 0)
        a->result = answer;
}

int notify_all(struct notify_region *r, const struct iommu_event *e)
{
    struct all a = {.event = e};

    notify_each(r, visit_one, &a);
    return a.result;
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
