/* SPDX-License-Identifier: MIT */
/* The listener behind --explain: the tables of the address followed, and who is there. */
#include "report/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/show.h"
#include "trace/text_write.h"
#include "vtd_tables.h"

#define TEXT 220

void story_init(struct story *s, const struct story_about *about, const struct check_config *sim,
                const struct story_walk *final)
{
    memset(s, 0, sizeof(*s));
    s->about = *about;
    s->sim = *sim;
    if (final)
        s->final = *final;
    story_log_init(&s->log, about->cause_record);
}

iova_t story_at(const struct story *s)
{
    return s->about.range.first;
}

bool story_is_device(const struct story *s, bdf_t b)
{
    return !s->about.has_device || s->about.bdf.v == b.v;
}

struct story_walk story_walk_of(const struct story *s, bdf_t bdf)
{
    return story_walk(&s->sim, s->has_root, s->root, bdf, story_at(s));
}

/* Is there an address and a device whose tables are followed? */
static bool follows(const struct story *s)
{
    return s->about.has_device && s->about.has_range;
}

static bool stored_range(const struct rec *r, gpa_t *first, uint64_t *bytes)
{
    if (r->kind == REC_MEM) {
        *first = r->u.mem.gpa;
        *bytes = 8 * (uint64_t)r->u.mem.words;
    } else if (r->kind == REC_ZERO) {
        *first = r->u.zero.gpa;
        *bytes = r->u.zero.bytes;
    }
    return r->kind == REC_MEM || r->kind == REC_ZERO;
}

/* Who stores an entry that counts at the end. */
static void note_writers(struct story *s, const struct obs *o, gpa_t first, uint64_t bytes)
{
    for (size_t i = 0; i < s->final.steps; i++) {
        const struct step *e = &s->final.step[i];
        uint64_t size = e->kind == STEP_TABLE ? 8 : 16;

        if (e->gpa.v < first.v + bytes && first.v < e->gpa.v + size)
            s->writer[i] = (struct story_writer){o->record, o->at_ns};
    }
}

static void record_begins(struct story *s, const struct obs *o)
{
    gpa_t first = gpa(0);
    uint64_t bytes = 0;

    s->touched = false;
    if (!stored_range(o->u.rec, &first, &bytes))
        return;
    for (unsigned i = 0; i < 2; i++)
        if (o->record == (i ? s->about.record : s->about.cause_record)) {
            s->stored[i].known = true;
            s->stored[i].gpa = first;
            s->stored[i].bytes = bytes;
        }
    note_writers(s, o, first, bytes);
    s->touched = follows(s) && story_walk_touches(&s->walk, first, bytes);
}

/* A table entry changed: from what to what. The walks have the entry at the same step. */
static void tell_entry(struct story *s, const struct obs *o, const struct step *was,
                       const struct step *is)
{
    char a[TEXT], b[TEXT];

    if (was->kind == STEP_TABLE)
        story_add(&s->log, STORY_TABLES, o->record, o->at_ns,
                  "The guest stored the %s at 0x%" PRIx64 ": 0x%" PRIx64 " (%s) became 0x%" PRIx64
                  " (%s).",
                  story_step_name(was), was->gpa.v, was->lo, story_step_text(a, TEXT, &s->sim, was),
                  is->lo, story_step_text(b, TEXT, &s->sim, is));
    else
        story_add(&s->log, STORY_TABLES, o->record, o->at_ns,
                  "The guest stored the %s at 0x%" PRIx64 ": 0x%" PRIx64 " 0x%" PRIx64
                  " (%s) became 0x%" PRIx64 " 0x%" PRIx64 " (%s).",
                  story_step_name(was), was->gpa.v, was->lo, was->hi,
                  story_step_text(a, TEXT, &s->sim, was), is->lo, is->hi,
                  story_step_text(b, TEXT, &s->sim, is));
}

static bool translates(const struct story_walk *w)
{
    return w->end == WALK_MAPPED || w->end == WALK_PASS_THROUGH;
}

/* What the tables say for the address is another thing now. */
static void tell_change(struct story *s, const struct obs *o, const struct story_walk *was)
{
    struct story_change c = {o->record, o->at_ns, *was, s->walk};
    char a[TEXT], b[TEXT];

    if (translates(was))
        story_add(&s->log, STORY_TABLES, o->record, o->at_ns, "By the tables %s (until then %s).",
                  story_walk_text(a, TEXT, &s->walk, story_at(s)),
                  story_walk_text(b, TEXT, was, story_at(s)));
    else
        story_add(&s->log, STORY_TABLES, o->record, o->at_ns, "By the tables %s.",
                  story_walk_text(a, TEXT, &s->walk, story_at(s)));
    if (translates(was)) {
        if (s->changed.record && translates(&s->changed.after))
            s->made = s->changed;
        s->changed = c;
    } else if (translates(&s->walk)) {
        s->gone = s->changed;
        s->gone_covering = s->covering;
        s->made = c;
        s->changed = (struct story_change){0};
    }
    s->covering = s->missing = (struct story_inval){0};
    s->missed = 0;
    s->waits_due++;
    if (was->has_did && (!s->walk.has_did || was->did.v != s->walk.did.v)) {
        s->has_old_did = true;
        s->old_did = was->did;
    }
}

static void look_again(struct story *s, const struct obs *o)
{
    struct story_walk was = s->walk;

    s->walk = story_walk_of(s, s->about.bdf);
    for (size_t i = 0; i < was.steps && i < s->walk.steps; i++) {
        const struct step *a = &was.step[i], *b = &s->walk.step[i];

        if (a->gpa.v != b->gpa.v)
            break;
        if (a->lo != b->lo || a->hi != b->hi)
            tell_entry(s, o, a, b);
    }
    if (!story_walk_same(&was, &s->walk))
        tell_change(s, o, &was);
}

static void see_record(struct story *s, const struct obs *o)
{
    if (o->kind == OBS_RECORD) {
        record_begins(s, o);
        return;
    }
    if (s->touched)
        look_again(s, o);
    s->done_record = o->record;
    s->started = true;
}

static void see_root(struct story *s, const struct obs *o)
{
    s->has_root = o->kind == OBS_ROOT;
    s->root = s->has_root ? o->u.root.gpa : gpa(0);
    if (o->kind == OBS_ROOT)
        story_add(&s->log, STORY_STATE, o->record, o->at_ns,
                  "The unit latched the root table at 0x%" PRIx64 ".", s->root.v);
    else
        story_add(
            &s->log, STORY_STATE, o->record, o->at_ns,
            "The unit was reset: registers, caches and the root table are as after power-on.");
    if (follows(s))
        look_again(s, o);
}

static void see_device(struct story *s, const struct obs *o)
{
    struct shown name = show_bdf(o->u.device.bdf);
    bool on = o->u.device.on;

    if (o->kind == OBS_DEVICE && on && s->devices < STORY_DEVICES)
        s->device[s->devices++] = o->u.device.bdf;
    if (!story_is_device(s, o->u.device.bdf) ||
        (!s->about.has_range && !s->about.has_device && o->record != s->about.record))
        return;
    if (o->kind == OBS_DEVICE)
        story_add(&s->log, STORY_STATE, o->record, o->at_ns, "Device %s %s.", name.text,
                  on ? "was found" : "was unplugged");
    else
        story_add(&s->log, STORY_STATE, o->record, o->at_ns, "Device %s is %s from here on.",
                  name.text, on ? "translated" : "not translated");
    if (o->kind == OBS_SWITCH && o->u.device.bdf.v == s->about.bdf.v) {
        s->switched_record = o->record;
        s->translated = on;
    }
    s->waits_due++;
}

static void see(void *ctx, const struct obs *o)
{
    struct story *s = ctx;

    switch (o->kind) {
    case OBS_RECORD:
        see_record(s, o);
        story_see_unit(s, o);
        break;
    case OBS_RECORD_END: see_record(s, o); break;
    case OBS_ROOT:
    case OBS_RESET: see_root(s, o); break;
    case OBS_DEVICE:
    case OBS_SWITCH: see_device(s, o); break;
    case OBS_NOTE: story_see_note(s, o); break;
    case OBS_CONSUMER:
    case OBS_REGISTER:
    case OBS_UNREGISTER:
    case OBS_FLAGS:
    case OBS_REPLAY_BEGIN:
    case OBS_REPLAY_END:
    case OBS_SYNCED: story_see_consumer(s, o); break;
    case OBS_DMA:
    case OBS_DMA_SHADOW: story_see_dma(s, o); break;
    case OBS_LOCK:
    case OBS_TYPE1:
    case OBS_TYPE1_DEVICE:
    case OBS_DMA_UNMAP:
    case OBS_PIN:
    case OBS_VHOST: story_see_side(s, o); break;
    default: story_see_unit(s, o); break;
    }
}

struct observer story_observer(struct story *s)
{
    return (struct observer){.see = see, .ctx = s};
}
