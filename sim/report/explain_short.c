/* SPDX-License-Identifier: MIT */
/* A story in a few sentences: who made the translation, who changed it, who should have told. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/explain.h"
#include "report/show.h"

#define TEXT 240
#define WHO  160

static void say(const struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct text *t, const char *fmt, ...)
{
    char text[1000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    text_wrapped(t, 0, 2, text);
}

/* "Record 19" or "Record 19 (virtual time 3.200 ms)". */
static const char *record_name(char out[WHO], const struct text *t, uint64_t record, uint64_t at_ns)
{
    struct shown n = show_count(record), at = show_time(at_ns);

    if (!record)
        snprintf(out, WHO, "The state before the first record");
    else if (t->r->counts->has_time)
        snprintf(out, WHO, "Record %s (at %s)", n.text, at.text);
    else
        snprintf(out, WHO, "Record %s", n.text);
    return out;
}

static void say_tables(const struct text *t, const struct story *s)
{
    const struct story_change *made = &s->made, *changed = &s->changed;
    char now[TEXT], who[WHO];
    iova_t at = story_at(s);

    if (made->record)
        say(t, "%s made the translation: %s.", record_name(who, t, made->record, made->at_ns),
            story_walk_text(now, TEXT, &made->after, at));
    if (changed->record && changed->record != made->record)
        say(t, "%s changed it: %s.", record_name(who, t, changed->record, changed->at_ns),
            story_walk_text(now, TEXT, &changed->after, at));
    else if (made->record && made->before.end == WALK_MAPPED)
        say(t, "Until then the tables said that %s.",
            story_walk_text(now, TEXT, &made->before, at));
    if (!made->record && !changed->record)
        say(t, "The tables of this address have not changed: %s.",
            story_walk_text(now, TEXT, &s->walk, at));
}

static const char *why_missing(const struct story *s)
{
    switch (story_covers(s, s->missing.lo, s->missing.hi)) {
    case OTHER_DOMAIN: return "which is not this device's domain";
    case OTHER_RANGE: return "which does not reach this address";
    default: return "which is not for this device";
    }
}

static void say_inval(const struct text *t, const struct explain *x)
{
    const struct story *s = x->story;
    char desc[TEXT];

    if (!s->changed.record)
        return;
    if (s->covering.record) {
        say(t,
            "Since that change the %s of record %s covers it; that is what should have told "
            "everybody.",
            story_desc_text(desc, TEXT, s->covering.lo, s->covering.hi),
            show_count(s->covering.record).text);
    } else {
        say(t, "Since that change no IOTLB invalidation that covers it was executed.");
        if (s->walk.has_did)
            say(t,
                "It takes one of domain %u for 0x%" PRIx64
                " (page-selective), of the whole domain, or a global one; then a wait.",
                s->walk.did.v, story_at(s).v & ~PAGE_4K_MASK);
    }
    if (s->missed)
        say(t, "%s other%s executed meanwhile, the last in record %s: %s, %s.",
            show_count(s->missed).text, s->missed == 1 ? " was" : "s were",
            show_count(s->missing.record).text,
            story_desc_text(desc, TEXT, s->missing.lo, s->missing.hi), why_missing(s));
}

static void say_person(const struct text *t, const struct story *s, const struct story_person *p)
{
    const struct note *n = &p->last;
    char to[64] = "";

    if (!p->told) {
        say(t, "%s was told nothing about this range.", p->name);
        return;
    }
    if (n->type == NOTE_MAP)
        snprintf(to, sizeof(to), " to 0x%" PRIx64 " (%s)", n->gpa.v, perm_name(n->perm));
    say(t, "%s was last told %s 0x%" PRIx64 "-0x%" PRIx64 "%s in record %s%s, and %s.", p->name,
        note_type_name(n->type), n->range.first.v, n->range.last.v, to, show_count(n->record).text,
        s->changed.record > n->record ? ", before the tables changed" : "", p->answer);
}

void explain_short(const struct text *t, const struct explain *x)
{
    const struct story *s = x->story;

    text_title(t, "In short");
    if (s->about.has_range && s->about.has_device) {
        say_tables(t, s);
        say_inval(t, x);
        for (size_t i = 0; i < s->persons; i++)
            if (!s->person[i].gone || s->person[i].told)
                say_person(t, s, &s->person[i]);
    }
    if (x->finding->cause_record && x->finding->cause_record != x->finding->record)
        say(t, "Record %s is what caused it: %s", show_count(x->finding->cause_record).text,
            x->cause_text);
    if (*x->record_text)
        say(t, "Record %s is where it shows: %s", show_count(x->finding->record).text,
            x->record_text);
}
