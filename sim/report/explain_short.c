/* SPDX-License-Identifier: MIT */
/* A story in a few sentences: who made the translation, who changed it, who should have told. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

static void say_change(const struct text *t, const struct story *s, const struct story_change *c,
                       const char *verb)
{
    char now[TEXT], who[WHO];

    say(t, "%s %s: %s.", record_name(who, t, c->record, c->at_ns), verb,
        story_walk_text(now, TEXT, &c->after, story_at(s)));
}

static void say_tables(const struct text *t, const struct story *s)
{
    char was[TEXT], who[WHO];

    if (s->gone.record) {
        say(t, "%s took an earlier translation away; until then %s.",
            record_name(who, t, s->gone.record, s->gone.at_ns),
            story_walk_text(was, TEXT, &s->gone.before, story_at(s)));
        if (s->gone_covering.record)
            say(t, "Record %s told the unit, by a %s.", show_count(s->gone_covering.record).text,
                story_desc_text(was, TEXT, s->gone_covering.lo, s->gone_covering.hi));
        else
            say(t, "No IOTLB invalidation that covers it was executed before it was made again.");
    }
    if (s->made.record)
        say_change(t, s, &s->made, "made the translation");
    if (s->changed.record)
        say_change(t, s, &s->changed, "changed it");
    if (!s->made.record && !s->changed.record)
        say(t, "The tables never mapped this address: %s.",
            story_walk_text(was, TEXT, &s->walk, story_at(s)));
}

static const char *why_missing(const struct story *s)
{
    switch (story_covers(s, s->missing.lo, s->missing.hi)) {
    case OTHER_DOMAIN: return "which is not this device's domain";
    case OTHER_RANGE: return "which does not reach this address";
    default: return "which is not for this device";
    }
}

/* Which entry a change begins with; NULL: none that both walks have. */
static const struct step *changed_step(const struct story_change *c)
{
    for (size_t i = 0; i < c->before.steps && i < c->after.steps; i++)
        if (c->before.step[i].lo != c->after.step[i].lo ||
            c->before.step[i].hi != c->after.step[i].hi)
            return &c->after.step[i];
    return NULL;
}

/* What the guest owes after a change that nothing covers. */
static void say_owed(const struct text *t, const struct story *s, const struct story_change *c)
{
    const struct step *e = changed_step(c);
    unsigned domain = c->before.has_did ? c->before.did.v : c->after.did.v;

    if (e && e->kind == STEP_CONTEXT)
        say(t,
            "It takes a context-cache invalidation of device %s or of domain %u, and then an IOTLB "
            "invalidation of domain %u, or global ones; then a wait.",
            show_bdf(s->about.bdf).text, domain, domain);
    else if (e && e->kind == STEP_ROOT)
        say(t,
            "It takes a global context-cache and then a global IOTLB invalidation; then a wait.");
    else if (c->before.has_did || c->after.has_did)
        say(t,
            "It takes an IOTLB invalidation of domain %u for 0x%" PRIx64
            " (page-selective), of the whole domain, or a global one; then a wait.",
            domain, story_at(s).v & ~PAGE_4K_MASK);
}

static void say_inval(const struct text *t, const struct explain *x)
{
    const struct story *s = x->story;
    const struct story_change *c = s->changed.record ? &s->changed : &s->made;
    char desc[TEXT];

    if (!c->record)
        return;
    if (s->covering.record) {
        say(t, "Since then the %s, executed in record %s, covers it%s.",
            story_desc_text(desc, TEXT, s->covering.lo, s->covering.hi),
            show_count(s->covering.record).text,
            x->finding->inv->severity == SEV_VIOLATION
                ? ": by its end everybody should have been told"
                : "");
    } else {
        say(t, "Since then no IOTLB invalidation that covers it was executed.");
        say_owed(t, s, c);
    }
    if (s->missed)
        say(t, "%s other%s executed meanwhile%s in record %s: %s, %s.",
            s->missed == 1 ? "One" : show_count(s->missed).text, s->missed == 1 ? " was" : "s were",
            s->missed == 1 ? "," : ", the last", show_count(s->missing.record).text,
            story_desc_text(desc, TEXT, s->missing.lo, s->missing.hi), why_missing(s));
}

static void say_person(const struct text *t, const struct story *s, const struct story_person *p)
{
    const struct note *n = &p->last;
    char to[64] = "";

    uint64_t moved = s->changed.record ? s->changed.record : s->made.record;

    if (!p->told) {
        say(t, "%s (%s, asks for %s) was told nothing about this range.", p->name,
            consumer_kind_name(p->kind), story_flags_text(p->flags));
        return;
    }
    if (n->type == NOTE_MAP)
        snprintf(to, sizeof(to), " to 0x%" PRIx64 " (%s)", n->gpa.v, perm_name(n->perm));
    say(t,
        "%s (%s, asks for %s) was last told %s 0x%" PRIx64 "-0x%" PRIx64
        "%s in record %s%s, and %s.",
        p->name, consumer_kind_name(p->kind), story_flags_text(p->flags), note_type_name(n->type),
        n->range.first.v, n->range.last.v, to, show_count(n->record).text,
        moved > n->record ? ", before the tables changed" : "", p->answer);
}

/* The descriptor of the finding's record, where it says more than the range does. */
static void say_here(const struct text *t, const struct explain *x)
{
    const struct story *s = x->story;
    char desc[TEXT];

    if (s->here.record && !s->about.has_range)
        say(t, "The last descriptor it %s there, 0x%" PRIx64 " 0x%" PRIx64 ", is a %s.",
            s->here_refused ? "refused" : "executed", s->here.lo, s->here.hi,
            story_desc_text(desc, TEXT, s->here.lo, s->here.hi));
    for (const char *p = x->finding->text; (p = strstr(p, " entry at 0x")) != NULL;) {
        struct step e = {.kind = STEP_CONTEXT};

        p += strlen(" entry at ");
        e.gpa = gpa(strtoull(p, NULL, 16));
        if (e.gpa.v & 15)
            continue;
        e.readable = guest_mem_read(s->sim.mem, e.gpa, &e.lo) &&
                     guest_mem_read(s->sim.mem, gpa_add(e.gpa, 8), &e.hi);
        say(t,
            "The context entry at 0x%" PRIx64 " (%02x.%x of its bus) holds 0x%" PRIx64 " 0x%" PRIx64
            ": %s.",
            e.gpa.v, (unsigned)(e.gpa.v >> 7) & 31, (unsigned)(e.gpa.v >> 4) & 7, e.lo, e.hi,
            story_step_text(desc, TEXT, &s->sim, &e));
    }
}

void explain_short(const struct text *t, const struct explain *x)
{
    const struct story *s = x->story;

    text_title(t, "In short");
    if (s->about.has_range && s->about.has_device) {
        if (s->switched_record && s->switched_record == s->about.record) {
            say(t, "Record %s switched device %s to %s.", show_count(s->switched_record).text,
                show_bdf(s->about.bdf).text,
                s->translated ? "translation: the RAM it held one to one goes, its tables come"
                              : "no translation: what its tables said goes, the RAM comes one to "
                                "one");
        } else {
            say_tables(t, s);
            say_inval(t, x);
        }
        for (size_t i = 0; i < s->persons; i++)
            if (!s->person[i].gone || s->person[i].told)
                say_person(t, s, &s->person[i]);
    }
    say_here(t, x);
    if (x->finding->cause_record && x->finding->cause_record != x->finding->record)
        say(t, "Record %s is what caused it: %s.", show_count(x->finding->cause_record).text,
            x->cause_text);
    if (*x->record_text)
        say(t, "Record %s is where it shows: %s.", show_count(x->finding->record).text,
            x->record_text);
}
