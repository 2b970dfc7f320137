/* SPDX-License-Identifier: MIT */
/* The part of the text report that says what was broken. */
#include <inttypes.h>
#include <string.h>

#include "report/show.h"
#include "report/text_out.h"

/* Paragraphs printed of each invariant; more when a view asks for a part. */
#define SHOWN_OF_EACH         5
#define SHOWN_OF_COST         1
#define SHOWN_OF_EACH_THINNED 100

#define STATEMENT_COLUMN 55
#define INVARIANTS_MOST  128 /* rows of invariants(): more would be shown in the table alone */

static enum text_style style_of(enum severity s)
{
    return s == SEV_VIOLATION ? STYLE_BAD : s == SEV_GUEST ? STYLE_WARN : STYLE_PLAIN;
}

/* Record of the first finding of that invariant, 0 when none was kept. */
static const struct finding *first_of(const struct checks *c, const struct invariant *inv)
{
    for (size_t i = 0; i < checks_findings(c); i++)
        if (checks_finding(c, i)->inv == inv)
            return checks_finding(c, i);
    return NULL;
}

/* The statement without the word that the severity column says already. */
static const char *short_statement(const struct invariant *inv)
{
    const char *colon = strchr(inv->statement, ':');
    size_t n = strlen(severity_name(inv->severity));

    return colon && (size_t)(colon - inv->statement) == n &&
                   !strncmp(inv->statement, severity_name(inv->severity), n)
               ? colon + 1
               : inv->statement;
}

static void broken_row(const struct text *t, const struct invariant *inv, uint64_t count)
{
    const struct finding *f = first_of(t->r->checks, inv);
    struct shown n = show_count(count), record = show_count(f ? f->record : 0);

    text_style(t, style_of(inv->severity));
    fprintf(t->out, "  %-18s", inv->id);
    text_style(t, STYLE_PLAIN);
    fprintf(t->out, " %-9s %9s %12s  ", severity_name(inv->severity), n.text,
            f ? record.text : "-");
    text_wrapped(t, STATEMENT_COLUMN, STATEMENT_COLUMN, short_statement(inv));
}

static void broken_table(const struct text *t)
{
    size_t rows, broken = 0;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++)
        broken += checks_count(t->r->checks, i) != 0;
    text_title(t, "Invariants broken");
    if (!strcmp(t->r->check, "off")) {
        fputs("  none judged (--check off)\n", t->out);
        return;
    }
    if (!checks_total(t->r->checks, SEV_VIOLATION) && !checks_total(t->r->checks, SEV_GUEST))
        fprintf(t->out, "  none of the %zu that were watched\n", rows);
    if (!broken)
        return;
    fprintf(t->out, "  %-18s %-9s %9s %12s\n", "id", "severity", "count", "first record");
    for (size_t i = 0; i < rows; i++)
        if (checks_count(t->r->checks, i))
            broken_row(t, &inv[i], checks_count(t->r->checks, i));
}

static void finding_head(const struct text *t, const struct finding *f)
{
    struct shown record = show_count(f->record), first = show_hex(f->range.first.v),
                 last = show_hex(f->range.last.v), at = show_time(f->at_ns);

    fputs("\n  ", t->out);
    if (f->n)
        fprintf(t->out, "#%" PRIu64 " ", f->n);
    text_style(t, style_of(f->inv->severity));
    fputs(f->inv->id, t->out);
    text_style(t, STYLE_PLAIN);
    fprintf(t->out, "  record %s", record.text);
    if (t->r->counts->has_time)
        fprintf(t->out, ", at %s", at.text);
    if (f->consumer)
        fprintf(t->out, ", consumer %s", f->consumer);
    if (f->has_range)
        fprintf(t->out, ", IOVA %s-%s", first.text, last.text);
    fputc('\n', t->out);
}

static void paragraph(const struct text *t, const struct finding *f)
{
    finding_head(t, f);
    text_wrapped(t, 0, 5, f->text);
    if (f->cause_record) {
        struct shown cause = show_count(f->cause_record);

        fprintf(t->out, "     Caused by record %s.\n", cause.text);
    }
}

/* What a part of the report showed of one invariant, and what the view hid. */
struct cut {
    uint64_t shown, hidden;
};

static void cut_line(const struct text *t, const struct invariant *inv, uint64_t count,
                     const struct cut *cut)
{
    uint64_t more = count - cut->shown - cut->hidden;
    struct shown m = show_count(more), h = show_count(cut->hidden);

    if (more)
        fprintf(t->out,
                "\n  ... and %s more of %s: narrow with --from, --to, --device, --iova, or see\n"
                "  --report json\n",
                m.text, inv->id);
    if (cut->hidden)
        fprintf(t->out, "\n  (%s of %s hidden by --from, --to, --device or --iova)\n", h.text,
                inv->id);
}

static void one_finding(const struct text *t, const struct finding *f, struct cut *cut)
{
    uint64_t few = f->inv->severity == SEV_COST ? SHOWN_OF_COST : SHOWN_OF_EACH;
    uint64_t most = view_thins(t->view) ? SHOWN_OF_EACH_THINNED : few;

    if (!view_finding(t->view, f, t->r->counts))
        cut->hidden++;
    else if (cut->shown < most) {
        paragraph(t, f);
        cut->shown++;
    }
}

/* The findings of one severity, in the order found. */
static void paragraphs(const struct text *t, enum severity s, const char *title)
{
    const struct checks *c = t->r->checks;
    struct cut cuts[INVARIANTS_MOST] = {{0, 0}};
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    if (!checks_total(c, s) || rows > INVARIANTS_MOST)
        return;
    text_title(t, title);
    for (size_t i = 0; i < checks_findings(c); i++)
        if (checks_finding(c, i)->inv->severity == s)
            one_finding(t, checks_finding(c, i), &cuts[checks_finding(c, i)->inv - inv]);
    for (size_t i = 0; i < rows; i++)
        if (inv[i].severity == s && checks_count(c, i))
            cut_line(t, &inv[i], checks_count(c, i), &cuts[i]);
}

void text_findings(const struct text *t)
{
    broken_table(t);
    paragraphs(t, SEV_VIOLATION, "Violations: the vIOMMU or a consumer broke its promise");
    paragraphs(t, SEV_GUEST, "Findings about the guest: it broke the architecture's rules");
    paragraphs(t, SEV_COST, "Costs: right, but more than was needed");
}
