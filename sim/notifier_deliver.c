/* SPDX-License-Identifier: MIT */
/* Delivery: who hears of an event, cut to what, and the life of the entry handed over. */
#include "notifier.h"
#include "notifier_owed.h"
#include "policy_fields.h"

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

/*
 * Call back with an entry that lives for as long, and says nothing true afterwards. Word by word:
 * who copies a structure that was just written waits until the writes have left the processor.
 */
static int hand_over(struct notifier *n, const struct iommu_event *e)
{
    struct notify_region *r = n->region;
    uint64_t outer = r->funnel->delivery;
    struct iommu_event more, *entry = &r->entry[r->entry_next];
    int result;

    r->entry_next = (r->entry_next + 1) % ENTRY_SLOTS;
    if (entry_lives(entry))
        entry = &more; /* callbacks nested deeper than there are slots */
    entry->type = e->type;
    entry->range = e->range;
    entry->gpa = e->gpa;
    entry->perm = e->perm;
    entry->seq = ++n->delivered;
    entry->number = r->funnel->delivery = ++r->funnel->deliveries;
    result = n->notify(n, entry);
    r->funnel->delivery = outer;
    event_dies(entry);
    return result;
}

/* Number it, call, and remember a refusal where the policy wants it. */
static int call(struct notifier *n, const struct iommu_event *e)
{
    int answer = hand_over(n, e);

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
        struct iommu_event piece;
        int answer = 0;

        if (at == e->range.first.v && at + mask == e->range.last.v)
            return iova_range_overlap(e->range, within) ? call(n, e) : 0; /* the usual case */
        piece = *e;
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

static void beyond(struct notifier *n)
{
    fate_abort(n->region->fate,
               "an event reaches beyond a notifier's range: assertion in the notifier core");
}

/* To those whom the event does not just reach as it is. */
APART static int deliver_cut(struct notifier *n, const struct iommu_event *e)
{
    const struct policy *p = n->region->policy;
    bool wanted;
    enum note_type type = e->type;
    struct iommu_event cut;

    if (p->kind_by_permission)
        type = e->perm == PERM_NONE ? NOTE_UNMAP : NOTE_MAP;
    wanted = (kind_flag(type) & n->flags) || p->kinds_ignored;
    if (!n->registered && !p->leaves_stay_linked)
        return 0;
    if (p->straddle == STRADDLE_PIECES && e->type != NOTE_SYNC &&
        iova_range_covers(n->range, e->range) && meets(p, n, e->range))
        return wanted ? deliver_pieces(n, e) : 0; /* a merged run may be no power of two */
    cut = *e;
    cut.type = type;
    if (e->type == NOTE_SYNC) {
        cut.range = n->range;
        return wanted ? call(n, &cut) : 0;
    }
    if (!meets(p, n, e->range))
        return 0;
    if (!iova_range_covers(n->range, e->range)) {
        if (p->devtlb_straddle_asserts && (n->flags & NOTIFY_DEVTLB)) {
            beyond(n);
            return 0;
        }
        switch (p->straddle) {
        case STRADDLE_WHOLE: break;
        case STRADDLE_PIECES: return wanted ? deliver_pieces(n, e) : 0;
        case STRADDLE_CROP: cut = cropped(n, e); break;
        case STRADDLE_ABORT:
            if (!(n->flags & NOTIFY_DEVTLB)) {
                beyond(n);
                return 0;
            }
            cut = cropped(n, e);
            break;
        }
    }
    return wanted ? call(n, &cut) : 0;
}

/* The usual case: an aligned block, all of it in the notifier's range, of a kind that it asks for.
 * Whatever the policy, nothing is cut. */
static bool goes_whole(const struct notifier *n, const struct iommu_event *e)
{
    const struct policy *p = n->region->policy;
    uint64_t span = e->range.last.v - e->range.first.v; /* bytes - 1 */

    return n->registered && (kind_flag(e->type) & n->flags) && !n->owed &&
           iova_range_covers(n->range, e->range) &&
           !((span & (span + 1)) | (e->range.first.v & span)) && !p->kind_by_permission &&
           !p->touching_heard;
}

static int tell(struct notifier *n, const struct iommu_event *e)
{
    return goes_whole(n, e) ? call(n, e) : deliver_cut(n, e);
}

int notify_one(struct notifier *n, const struct iommu_event *e)
{
    return tell(n, e);
}

/* An event that says nothing to those it does not overlap. */
static bool by_place(const struct notify_region *r, const struct iommu_event *e)
{
    return e->type != NOTE_SYNC && !r->policy->ranges_ignored && !r->policy->touching_heard;
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

/* As notify_each would, without a call between. */
int notify_all(struct notify_region *r, const struct iommu_event *e)
{
    struct notify_visit v = {r->head, r->visits};
    bool place = by_place(r, e);
    int result = 0;

    r->visits = &v;
    while (v.next && !fate_ended(r->fate)) {
        struct notifier *n = v.next;
        int answer;

        v.next = n->next;
        if (place && !iova_range_overlap(n->range, e->range))
            continue;
        answer = tell(n, e);
        result = result ? result : answer;
    }
    r->visits = v.outer;
    return result;
}

void notify_those(struct notify_region *r, const struct iommu_event *e, uint32_t kinds)
{
    struct notify_visit v = {r->head, r->visits};
    bool place = by_place(r, e);

    r->visits = &v;
    while (v.next && !fate_ended(r->fate)) {
        struct notifier *n = v.next;

        v.next = n->next;
        if ((n->flags & kinds) && !(place && !iova_range_overlap(n->range, e->range)))
            (void)tell(n, e);
    }
    r->visits = v.outer;
}

void notify_expect(const struct notify_region *r, iova_t at)
{
    for (const struct notifier *n = r->head; n; n = n->next)
        if (n->expect && iova_range_overlap(n->range, iova_range(at.v, at.v)))
            n->expect(n, at);
}
