/* SPDX-License-Identifier: MIT */
/* The consumers' part of a story: who is there, what each was told and answered. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/show.h"
#include "report/story.h"

#define ADD(s, kind, o, ...) story_add(&(s)->log, kind, (o)->record, (o)->at_ns, __VA_ARGS__)

bool story_at_finding(const struct story *s, const struct obs *o)
{
    return o->record == s->about.record || o->record == s->about.cause_record;
}

/* A finding without a range is about the unit: of the rest only its records are told. */
bool story_in_range(const struct story *s, const struct obs *o, struct iova_range r)
{
    return s->about.has_range ? iova_range_overlap(r, s->about.range) : story_at_finding(s, o);
}

static bool concerns(const struct story *s, const struct obs *o, bdf_t b)
{
    return story_is_device(s, b) &&
           (s->about.has_range || s->about.has_device || story_at_finding(s, o));
}

static struct story_person *person(struct story *s, const char *name, bdf_t b)
{
    struct story_person *p;

    if (!name)
        return NULL;
    for (size_t i = 0; i < s->persons; i++)
        if (!strcmp(s->person[i].name, name))
            return &s->person[i];
    if (s->persons == STORY_PERSONS)
        return NULL;
    p = &s->person[s->persons++];
    *p = (struct story_person){.bdf = b};
    snprintf(p->name, sizeof(p->name), "%s", name);
    return p;
}

static const char *answer(char out[STORY_ANSWER], const struct note *n)
{
    if (!n->asked && n->why)
        snprintf(out, STORY_ANSWER, "did not ask its side (%s)", n->why);
    else if (n->asked && n->result < 0)
        snprintf(out, STORY_ANSWER, "refused it with %s", show_errno(n->result).text);
    else
        snprintf(out, STORY_ANSWER, n->asked ? "took it" : "recorded it");
    return out;
}

void story_see_note(struct story *s, const struct obs *o)
{
    const struct note *n = o->u.note;
    struct story_person *p;
    char said[STORY_ANSWER], to[64] = "";

    if (!story_is_device(s, n->bdf) || !story_in_range(s, o, n->range))
        return;
    answer(said, n);
    if (n->type == NOTE_MAP)
        snprintf(to, sizeof(to), " to 0x%" PRIx64 " (%s)", n->gpa.v, perm_name(n->perm));
    ADD(s, STORY_NOTES, o, "%s %s %s 0x%" PRIx64 "-0x%" PRIx64 "%s, and %s (event %" PRIu64 ").",
        n->consumer,
        n->via == VIA_REGION ? "does by itself, its address space switching," : "is told",
        note_type_name(n->type), n->range.first.v, n->range.last.v, to, said, n->seq);
    s->waits_due++;
    p = person(s, n->consumer, n->bdf);
    if (!p)
        return;
    p->told = true;
    p->last = *n;
    p->last.consumer = p->last.why = NULL;
    memcpy(p->answer, said, sizeof(p->answer));
}

const char *story_flags_text(uint32_t f)
{
    static const char *const names[] = {"nothing",
                                        "UNMAP",
                                        "MAP",
                                        "MAP and UNMAP",
                                        "DEVIOTLB_UNMAP",
                                        "UNMAP and DEVIOTLB_UNMAP",
                                        "MAP and DEVIOTLB_UNMAP",
                                        "MAP, UNMAP and DEVIOTLB_UNMAP"};

    return names[f & 7];
}

static void see_joined(struct story *s, const struct obs *o)
{
    struct story_person *p;

    if (!story_is_device(s, o->u.consumer.bdf))
        return; /* but who is there is always known */
    p = person(s, o->u.consumer.name, o->u.consumer.bdf);
    if (p) {
        p->kind = o->u.consumer.kind;
        p->flags = o->u.consumer.flags;
        p->gone = !o->u.consumer.joined;
    }
    if (!concerns(s, o, o->u.consumer.bdf))
        return;
    if (o->u.consumer.joined)
        ADD(s, STORY_STATE, o, "%s (%s) joins on %s; it asks for %s.", o->u.consumer.name,
            consumer_kind_name(o->u.consumer.kind), show_bdf(o->u.consumer.bdf).text,
            story_flags_text(o->u.consumer.flags));
    else
        ADD(s, STORY_STATE, o, "%s leaves.", o->u.consumer.name);
}

static void see_registered(struct story *s, const struct obs *o)
{
    if (!concerns(s, o, o->u.reg.bdf))
        return;
    if (o->kind == OBS_UNREGISTER)
        ADD(s, STORY_STATE, o, "A notifier of %s for 0x%" PRIx64 "-0x%" PRIx64 " is unregistered.",
            o->u.reg.consumer, o->u.reg.range.first.v, o->u.reg.range.last.v);
    else if (o->u.reg.result < 0)
        ADD(s, STORY_STATE, o,
            "A notifier of %s for 0x%" PRIx64 "-0x%" PRIx64 " (%s) is refused with %s: %s.",
            o->u.reg.consumer, o->u.reg.range.first.v, o->u.reg.range.last.v,
            story_flags_text(o->u.reg.flags), show_errno(o->u.reg.result).text,
            o->u.reg.why ? o->u.reg.why : "no reason given");
    else
        ADD(s, STORY_STATE, o,
            "A notifier of %s for 0x%" PRIx64 "-0x%" PRIx64 " (%s) is registered.",
            o->u.reg.consumer, o->u.reg.range.first.v, o->u.reg.range.last.v,
            story_flags_text(o->u.reg.flags));
    s->waits_due++;
}

void story_see_consumer(struct story *s, const struct obs *o)
{
    switch (o->kind) {
    case OBS_CONSUMER: see_joined(s, o); break;
    case OBS_REGISTER:
    case OBS_UNREGISTER: see_registered(s, o); break;
    case OBS_REPLAY_BEGIN:
        if (story_is_device(s, o->u.reg.bdf) && story_in_range(s, o, o->u.reg.range))
            ADD(s, STORY_STATE, o, "A replay for %s begins: it is to be told what is mapped.",
                o->u.reg.consumer);
        break;
    case OBS_FLAGS:
        if (concerns(s, o, o->u.flags.bdf) && (!s->about.has_range || story_at_finding(s, o)))
            ADD(s, STORY_STATE, o,
                "The unit is told that the consumers of %s ask for %s (was %s)%s.",
                show_bdf(o->u.flags.bdf).text, story_flags_text(o->u.flags.new_flags),
                story_flags_text(o->u.flags.old_flags),
                o->u.flags.result < 0 ? "; it refuses" : "");
        break;
    case OBS_SYNCED:
        if (o->record == s->about.record && story_is_device(s, o->u.synced.bdf))
            ADD(s, STORY_STATE, o,
                "Device %s is synchronised: all was delivered up to event %" PRIu64 ".",
                show_bdf(o->u.synced.bdf).text, o->u.synced.seq);
        break;
    default: break;
    }
}

static const char *reached(char out[160], const struct xlat_result *x)
{
    switch (x->end) {
    case XLAT_OK:
        snprintf(out, 160, "reaches 0x%" PRIx64 "%s", x->gpa.v,
                 x->bypass       ? " (the device is not translated)"
                 : x->from_iotlb ? " out of the unit's IOTLB, without a walk"
                                 : " by a walk of the tables");
        break;
    case XLAT_FAULT:
        snprintf(out, 160, "faults, reason 0x%x: %s", x->reason, story_reason(x->reason));
        break;
    case XLAT_COLLAPSED:
        snprintf(out, 160, "faults without a record of its own, reason 0x%x: %s", x->reason,
                 story_reason(x->reason));
        break;
    case XLAT_REFUSED: snprintf(out, 160, "is refused by a cached entry without that right"); break;
    case XLAT_WINDOW: snprintf(out, 160, "lies in the interrupt window"); break;
    }
    return out;
}

static const char *observed(char out[96], const struct rec *r)
{
    *out = 0;
    if (r->u.dma.seen == DMA_SEEN_GPA)
        snprintf(out, 96, "; observed: it reached 0x%" PRIx64, r->u.dma.gpa.v);
    else if (r->u.dma.seen == DMA_SEEN_FAULT)
        snprintf(out, 96, "; observed: fault reason 0x%x", r->u.dma.reason);
    else if (r->u.dma.seen == DMA_SEEN_REFUSED)
        snprintf(out, 96, "; observed: refused without a record");
    return out;
}

void story_see_dma(struct story *s, const struct obs *o)
{
    const struct rec *r = o->kind == OBS_DMA ? o->u.dma.rec : o->u.shadow.rec;
    iova_t at = r->u.dma.iova;
    char how[160], saw[96];

    if (!story_is_device(s, r->u.dma.bdf) ||
        !story_in_range(s, o, iova_range(at.v, at.v + (r->u.dma.bytes ? r->u.dma.bytes - 1 : 0))))
        return;
    if (o->kind == OBS_DMA)
        ADD(s, STORY_DMA, o, "%s %s 0x%" PRIx64 " (%u byte%s): it %s%s.",
            show_bdf(r->u.dma.bdf).text, o->u.dma.access == DMA_W ? "writes" : "reads", at.v,
            r->u.dma.bytes, r->u.dma.bytes == 1 ? "" : "s", reached(how, &o->u.dma.result),
            observed(saw, r));
    else if (!story_at_finding(s, o))
        return;
    else if (o->u.shadow.present)
        ADD(s, STORY_DMA, o, "By what %s holds the same access %s 0x%" PRIx64 " (%s).",
            o->u.shadow.consumer, o->u.shadow.held ? "reaches" : "lacks the right for",
            o->u.shadow.gpa.v, perm_name(o->u.shadow.perm));
    else
        ADD(s, STORY_DMA, o, "%s holds nothing at 0x%" PRIx64 ".", o->u.shadow.consumer, at.v);
}
