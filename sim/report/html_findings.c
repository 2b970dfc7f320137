/* SPDX-License-Identifier: MIT */
/* What was broken: each finding in a paragraph, with the story behind it folded. */
#include <inttypes.h>

#include "report/html_out.h"
#include "report/show.h"

/* Paragraphs of each invariant, and of all: the page stays small. */
#define SHOWN_OF_EACH 20u
#define SHOWN_OF_COST 2u
#define SHOWN_OF_ALL  150u
#define ROWS_MOST     128u

struct shown_so_far {
    size_t of_each[ROWS_MOST], all, hidden;
};

static const struct html_story *story_of(const struct html_page *p, uint64_t n)
{
    for (size_t i = 0; n && i < p->stories_count; i++)
        if (p->stories[i].n == n)
            return &p->stories[i];
    return NULL;
}

static void head(FILE *out, const struct html_page *p, const struct finding *f)
{
    fprintf(out, "<section class=\"finding %s\"", severity_name(f->inv->severity));
    if (f->n)
        fprintf(out, " id=\"finding-%" PRIu64 "\"><h3>#%" PRIu64 " ", f->n, f->n);
    else
        fputs("><h3>", out);
    fprintf(out, "<a href=\"#%s\">%s</a></h3>\n<p class=\"soft\">", f->inv->id, f->inv->id);
    html_record(out, p, f->record, f->at_ns);
    if (f->consumer) {
        fputs(", consumer ", out);
        html_text(out, f->consumer);
    }
    if (f->has_range)
        fprintf(out, ", IOVA <code>%s-%s</code>", show_hex(f->range.first.v).text,
                show_hex(f->range.last.v).text);
    if (f->cause_record)
        fprintf(out, "; caused by record %s", show_count(f->cause_record).text);
    fputs("</p>\n<p>", out);
    html_text(out, f->text);
    fputs("</p>\n", out);
}

static void one(FILE *out, const struct html_page *p, const struct finding *f)
{
    const struct html_story *s = story_of(p, f->n);

    head(out, p, f);
    if (s) {
        fputs("<details><summary>The story behind it</summary><pre>", out);
        html_pre(out, s->text);
        fputs("</pre></details>\n", out);
    }
    fputs("</section>\n", out);
}

/* How many of the invariant, and of all, have been shown; whether this one may be. */
static bool room(const struct html_page *p, const struct finding *f, struct shown_so_far *s)
{
    size_t rows;
    size_t i = (size_t)(f->inv - invariants(&rows));
    size_t most = f->inv->severity == SEV_COST ? SHOWN_OF_COST : SHOWN_OF_EACH;

    if (!view_finding(p->view, f, p->report->counts)) {
        s->hidden++;
        return false;
    }
    if (i >= ROWS_MOST || s->of_each[i] >= most || s->all >= SHOWN_OF_ALL)
        return false;
    s->of_each[i]++;
    s->all++;
    return true;
}

static void of_severity(FILE *out, const struct html_page *p, enum severity v, const char *id,
                        const char *title, struct shown_so_far *s)
{
    const struct checks *c = p->report->checks;
    size_t before = s->all, hidden = s->hidden;
    uint64_t all = checks_total(c, v);

    if (!all)
        return;
    fprintf(out, "<h2 id=\"%s\">%s</h2>\n", id, title);
    for (size_t i = 0; i < checks_findings(c); i++)
        if (checks_finding(c, i)->inv->severity == v && room(p, checks_finding(c, i), s))
            one(out, p, checks_finding(c, i));
    if (s->hidden > hidden)
        fprintf(out, "<p class=\"soft\">%s hidden by --from, --to, --device or --iova.</p>\n",
                show_count(s->hidden - hidden).text);
    if (all > s->all - before + (s->hidden - hidden))
        fprintf(
            out,
            "<p class=\"soft\">%s more are left out here: see <code>--report json</code>.</p>\n",
            show_count(all - (s->all - before) - (s->hidden - hidden)).text);
}

static void how_to_tell(FILE *out, const struct html_page *p)
{
    if (!p->no_stories)
        return;
    fputs("<p class=\"soft\">", out);
    html_text(out, p->no_stories);
    if (p->explain) {
        fputs(" The story behind any other finding, by its number: <code>", out);
        html_text(out, p->explain);
        fputs("</code>", out);
    }
    fputs("</p>\n", out);
}

void html_findings(FILE *out, const struct html_page *p)
{
    const struct checks *c = p->report->checks;
    struct shown_so_far s = {{0}, 0, 0};

    of_severity(out, p, SEV_VIOLATION, "violations",
                "Violations: the vIOMMU or a consumer broke its promise", &s);
    of_severity(out, p, SEV_GUEST, "guest",
                "Findings about the guest: it broke the architecture's rules", &s);
    of_severity(out, p, SEV_COST, "costs", "Costs: right, but more than was needed", &s);
    if (checks_total(c, SEV_VIOLATION) || checks_total(c, SEV_GUEST))
        how_to_tell(out, p);
}

void html_broken(FILE *out, const struct html_page *p)
{
    const struct checks *c = p->report->checks;
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    if (!checks_total(c, SEV_VIOLATION) && !checks_total(c, SEV_GUEST))
        return;
    fputs("<p>Broken: ", out);
    for (size_t i = 0; i < rows; i++)
        if (checks_count(c, i) && inv[i].severity != SEV_COST)
            fprintf(out, "<a href=\"#%s\" title=\"%s\">%s</a> (%s) ", inv[i].id,
                    severity_name(inv[i].severity), inv[i].id, show_count(checks_count(c, i)).text);
    fputs("</p>\n", out);
}
