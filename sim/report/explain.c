/* SPDX-License-Identifier: MIT */
#include "report/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/show.h"

#define TEXT       320
#define WHERE      26u /* column at which the sentences of the listing begin */
#define NAME_WIDTH 24

/* The statement without the severity in front, which the head has said. */
static const char *without_severity(const struct invariant *inv)
{
    size_t n = strlen(severity_name(inv->severity));

    return !strncmp(inv->statement, severity_name(inv->severity), n) && inv->statement[n] == ':'
               ? inv->statement + n + 1
               : inv->statement;
}

static void head(const struct text *t, const struct explain *x)
{
    const struct finding *f = x->finding;
    char line[TEXT];

    text_style(t, f->inv->severity == SEV_VIOLATION ? STYLE_BAD
                  : f->inv->severity == SEV_GUEST   ? STYLE_WARN
                                                    : STYLE_PLAIN);
    fprintf(t->out, "#%" PRIu64 " %s (%s)", f->n, f->inv->id, severity_name(f->inv->severity));
    text_style(t, STYLE_PLAIN);
    fprintf(t->out, " at record %s", show_count(f->record).text);
    if (t->r->counts->has_time)
        fprintf(t->out, ", %s", show_time(f->at_ns).text);
    fprintf(t->out, "\n  %s, modelled as %s\n", show_clean(line, sizeof(line), t->r->trace),
            t->r->profile);
    if (x->story->about.has_device)
        fprintf(t->out, "  device %s", show_bdf(x->story->about.bdf).text);
    else
        fputs("  the unit", t->out);
    if (x->story->walk.has_did)
        fprintf(t->out, ", domain %u", x->story->walk.did.v);
    if (f->consumer)
        fprintf(t->out, ", consumer %s", f->consumer);
    if (f->has_range)
        fprintf(t->out, ", IOVA 0x%" PRIx64 "-0x%" PRIx64, f->range.first.v, f->range.last.v);
    fputs("\n\n", t->out);
    text_wrapped(t, 0, 2, f->text);
    text_title(t, "The rule");
    text_wrapped(t, 0, 2, without_severity(f->inv));
}

/* "  record 1,234  12.300 s  " up to the column WHERE, and the sentence behind it. */
static void listed(const struct text *t, const struct story_event *e, bool same)
{
    struct shown record = show_count(e->record), at = show_time(e->at_ns);
    bool timed = t->r->counts->has_time;
    char where[160];
    int n = snprintf(where, sizeof(where), "  record %s%s%s", record.text, timed ? ", " : "",
                     timed ? at.text : "");

    if (same) /* the record before said so */
        where[n = 0] = 0;
    fprintf(t->out, "%-*s", (int)WHERE, where);
    if (n >= (int)WHERE)
        fprintf(t->out, "\n%*s", (int)WHERE, "");
    text_wrapped(t, WHERE, WHERE, e->text);
}

static int happened(const struct text *t, const struct story *s)
{
    struct story_line *lines = malloc(STORY_LINES * sizeof(*lines));
    size_t n;

    if (!lines)
        return -ENOMEM;
    n = story_lines(&s->log, lines);
    text_title(t, "What happened");
    for (size_t i = 0; i < n; i++) {
        if (lines[i].left_out)
            fprintf(t->out, "%*s(%s earlier %s left out)\n", (int)WHERE, "",
                    show_count(lines[i].left_out).text, story_kind_name(lines[i].kind));
        listed(t, lines[i].event, i && lines[i - 1].event->record == lines[i].event->record);
    }
    if (!n)
        fputs("  Nothing that concerns it was seen.\n", t->out);
    free(lines);
    return 0;
}

static void walk_step(const struct text *t, const struct story *s, size_t i)
{
    const struct step *e = &s->walk.step[i];
    char bits[TEXT], line[2 * TEXT], by[96] = "not stored by this trace";

    if (i < s->final.steps && s->final.step[i].gpa.v == e->gpa.v && s->writer[i].record)
        snprintf(by, sizeof(by), "stored by record %s", show_count(s->writer[i].record).text);
    story_step_text(bits, sizeof(bits), &s->sim, e);
    if (e->kind == STEP_TABLE)
        snprintf(line, sizeof(line), "at 0x%" PRIx64 " holds 0x%" PRIx64 ": %s (%s)", e->gpa.v,
                 e->lo, bits, by);
    else
        snprintf(line, sizeof(line), "at 0x%" PRIx64 " holds 0x%" PRIx64 " 0x%" PRIx64 ": %s (%s)",
                 e->gpa.v, e->lo, e->hi, bits, by);
    fprintf(t->out, "  %-14s ", story_step_name(e));
    text_wrapped(t, 17, 17, line);
}

static void walk_now(const struct text *t, const struct story *s)
{
    char text[TEXT], line[2 * TEXT];

    if (!s->about.has_device || !s->about.has_range)
        return;
    text_title(t, "The walk as it is now");
    for (size_t i = 0; i < s->walk.steps; i++)
        walk_step(t, s, i);
    snprintf(line, sizeof(line), "So %s.",
             story_walk_text(text, sizeof(text), &s->walk, story_at(s)));
    text_wrapped(t, 0, 2, line);
    if (!(s->gsts >> 31))
        fputs("  Translation is off (GSTS.TES is 0): no access is walked.\n", t->out);
}

static void held_line(const struct text *t, const char *name, bool held, struct iova_range r,
                      gpa_t gpa, enum perm perm)
{
    fprintf(t->out, "  %-*s ", NAME_WIDTH, name);
    if (held)
        fprintf(t->out, "0x%" PRIx64 "-0x%" PRIx64 " to 0x%" PRIx64 " (%s)\n", r.first.v, r.last.v,
                gpa.v, perm_name(perm));
    else
        fputs("nothing\n", t->out);
}

struct cached {
    const struct story *s;
    bool found;
    struct cached_xlat x;
};

static void show_cached(void *arg, const struct cached_xlat *x)
{
    struct cached *c = arg;

    if (x->bdf.v != c->s->about.bdf.v || !iova_range_has(x->range, story_at(c->s)))
        return;
    c->found = true;
    c->x = *x;
}

static void held_now(const struct text *t, const struct story *s)
{
    const struct check_world *w = &s->sim.world;
    struct cached c = {.s = s};
    char title[80];

    if (!s->about.has_device || !s->about.has_range)
        return;
    snprintf(title, sizeof(title), "What each holds at 0x%" PRIx64 " now", story_at(s).v);
    text_title(t, title);
    for (size_t i = 0; w->held && i < s->persons; i++) {
        struct held_xlat h = {{{0}, {0}}, {0}, PERM_NONE};
        bool held = !s->person[i].gone && w->held(w->sim, s->person[i].name, story_at(s), &h);

        held_line(t, s->person[i].name, held, h.range, h.gpa, h.perm);
    }
    if (w->cached)
        c.found = w->cached(w->sim, s->about.bdf, story_at(s), &c.x);
    else if (w->visit_cached)
        w->visit_cached(w->sim, show_cached, &c);
    held_line(t, "the unit's IOTLB", c.found, c.x.range, c.x.gpa, c.x.perm);
}

char *explain_word(char *out, size_t room, const char *s)
{
    size_t at = 0;
    bool plain = *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "_@%+=:,./-") == strlen(s);

    if (plain) {
        snprintf(out, room, "%s", s);
        return out;
    }
    out[at++] = '\'';
    for (; *s && at + 6 < room; s++) {
        if (*s == '\'') {
            memcpy(out + at, "'\\''", 4);
            at += 4;
        } else {
            out[at++] = *s;
        }
    }
    out[at++] = '\'';
    out[at] = 0;
    return out;
}

static void commands(const struct text *t, const struct explain *x)
{
    const struct finding *f = x->finding;
    uint64_t from = f->cause_record && f->cause_record < f->record ? f->cause_record : f->record;
    char name[1200], replay[600], trace[600];

    explain_word(name, sizeof(name), t->r->trace);
    explain_word(replay, sizeof(replay), x->replay);
    explain_word(trace, sizeof(trace), x->trace);
    text_title(t, "To replay just that");
    fprintf(t->out,
            "  %s dump --header --to %" PRIu64 " %s |\n    %s --profile %s%s --from %" PRIu64,
            trace, f->record, name, replay, t->r->profile, x->options, f->record);
    if (f->consumer && x->story->about.has_device)
        fprintf(t->out, " --device %s", show_bdf(x->story->about.bdf).text);
    if (f->has_range)
        fprintf(t->out, " --iova 0x%" PRIx64 "-0x%" PRIx64, f->range.first.v, f->range.last.v);
    fputs(" -\n", t->out);
    fprintf(t->out, from < f->record ? "  and the records from its cause on:\n"
                                     : "  and the record itself:\n");
    fprintf(t->out, "  %s dump --from %" PRIu64 " --to %" PRIu64 " %s\n", trace, from, f->record,
            name);
}

int explain_text(FILE *out, const struct explain *x, bool colour)
{
    struct view all = view_all();
    struct text t = {.out = out, .colour = colour, .r = x->report, .view = &all};
    int rc;

    head(&t, x);
    explain_short(&t, x);
    rc = happened(&t, x->story);
    if (rc)
        return rc;
    walk_now(&t, x->story);
    held_now(&t, x->story);
    commands(&t, x);
    return fflush(out) || ferror(out) ? -EIO : 0;
}
