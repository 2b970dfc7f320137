/* SPDX-License-Identifier: MIT */
/* The time line of the unit and of each device: a bar while translated, signs where something
 * happened. */
#include <inttypes.h>
#include <string.h>

#include "checks/checks.h"
#include "report/html_out.h"
#include "report/show.h"

#define SIGNS_MOST 60u /* of one lane */

struct sign {
    uint16_t bits;
    const char *sign, *class, *title;
};

/* What is shown where several happened in a column: the first of these. */
static const struct sign signs[] = {
    {LANE_ABORT, "\xe2\x96\xa0", "bad", "the modelled system would have ended"},
    {LANE_QUEUE_ERROR, "!", "bad", "queue error"},
    {LANE_RESET, "\xe2\x86\xba", "warn", "reset"},
    {LANE_GONE, "\xe2\x96\xbd", "warn", "device gone"},
    {LANE_FAULT, "\xc3\x97", "bad", "DMA fault"},
    {LANE_DETACHED, "\xe2\x97\x81", "warn", "consumer left"},
    {LANE_JOINED, "\xe2\x96\xb7", "", "device joined"},
    {LANE_ATTACHED, "\xe2\x96\xb7", "", "consumer joined"},
    {LANE_SWITCHED, "|", "", "address space switched"},
    {LANE_ROOT, "\xc2\xb7", "", "root table latched"},
};
#define SIGNS (sizeof(signs) / sizeof(signs[0]))

static void bar(const struct html_frame *f, const uint16_t *bits, uint16_t state, const char *class,
                unsigned top, unsigned high)
{
    unsigned from = 0;

    fprintf(f->out, "<path class=\"%s\" d=\"", class);
    for (unsigned i = 1; i <= f->bins; i++) {
        if (i < f->bins && (bits[i] & state) == (bits[from] & state))
            continue;
        if (bits[from] & state)
            fprintf(f->out, "M%u %uh%uv%uh-%uz", from, top, i - from, high, i - from);
        from = i;
    }
    fputs("\"/>", f->out);
}

/* One sign for each column in which something happened; close ones of a kind are not repeated. */
static void lane_signs(const struct html_frame *f, const uint16_t *bits)
{
    unsigned shown = 0, last[SIGNS] = {0}, apart = f->bins / 60 + 1;

    for (unsigned i = 0; i < f->bins && shown < SIGNS_MOST; i++)
        for (unsigned s = 0; s < SIGNS; s++) {
            if (!(bits[i] & signs[s].bits))
                continue;
            if (!last[s] || i - (last[s] - 1) >= apart) {
                html_plot_sign(f, i, signs[s].class, signs[s].sign, signs[s].title);
                last[s] = i + 1;
                shown++;
            }
            break;
        }
}

static void lane(const struct html_frame *f, const char *name, const struct html_lane *l)
{
    const uint16_t *bits = l->bits[f->axis];
    char said[128];

    fputs("<div class=\"plot\" style=\"height:1.7rem\"><div class=\"ys\"><span class=\"name\">",
          f->out);
    html_text(f->out, name);
    fputs("</span></div>", f->out);
    snprintf(said, sizeof(said), "Time line of %s; the table of what happened says it in words",
             name);
    html_plot_begin(f, "lane", said, 10);
    bar(f, bits, LANE_BYPASS, "off", 4, 2);
    bar(f, bits, LANE_TRANSLATED, "on", 2, 6);
    html_plot_end(f);
    lane_signs(f, bits);
    fputs("</div></div>\n", f->out);
}

static void violations(const struct html_frame *f)
{
    const struct checks *c = f->p->report->checks;
    const struct html_bins *b = &f->p->watch->bins[f->axis];
    unsigned next = 0, shown = 0;

    if (!checks_total(c, SEV_VIOLATION))
        return;
    fputs("<div class=\"plot\" style=\"height:1.7rem\"><div class=\"ys\"><span "
          "class=\"name\">violations"
          "</span></div>",
          f->out);
    html_plot_begin(f, "lane", "When invariants were broken; they are listed below", 10);
    html_plot_end(f);
    for (size_t i = 0; i < checks_findings(c) && shown < SIGNS_MOST; i++) {
        const struct finding *x = checks_finding(c, i);
        unsigned bin = html_bins_of(b, f->axis == AXIS_TIME ? x->at_ns : x->record);
        char title[128];

        if (x->inv->severity != SEV_VIOLATION || bin < next)
            continue;
        snprintf(title, sizeof(title), "#%" PRIu64 " %s, record %s", x->n, x->inv->id,
                 show_count(x->record).text);
        html_plot_sign(f, bin, "bad", "\xe2\x9c\x96", title);
        next = bin + f->bins / 60 + 1;
        shown++;
    }
    fputs("</div></div>\n", f->out);
}

static void marks(const struct html_frame *f)
{
    const struct html_watch *w = f->p->watch;

    if (!w->all_marks)
        return;
    fputs("<div class=\"plot\" style=\"height:1.7rem\"><div class=\"ys\"><span "
          "class=\"name\">marks</span>"
          "</div>",
          f->out);
    html_plot_begin(f, "lane", "Labels in the trace; the table of what happened has their words",
                    10);
    html_plot_end(f);
    for (size_t i = 0; i < w->marks; i++)
        html_plot_sign(f,
                       html_bins_of(&w->bins[f->axis],
                                    f->axis == AXIS_TIME ? w->mark[i].at_ns : w->mark[i].record),
                       "c1", "\xe2\x96\xbe", w->mark[i].text);
    fputs("</div></div>\n", f->out);
}

void html_lanes(const struct html_frame *f)
{
    const struct html_watch *w = f->p->watch;

    fputs("<figure><figcaption>The time line of each device <span>(thick: its accesses are "
          "translated; "
          "thin: they are not)</span></figcaption>\n",
          f->out);
    marks(f);
    violations(f);
    lane(f, "the unit", &w->lane[0]);
    for (unsigned i = 1; i < w->lanes; i++)
        lane(f, show_bdf(w->lane[i].bdf).text, &w->lane[i]);
    html_plot_axis(f);
    fputs("<p class=\"keys\">", f->out);
    for (unsigned s = 0; s < SIGNS; s++)
        if (strcmp(signs[s].title, "consumer joined"))
            fprintf(f->out, "<span><b class=\"%s\">%s</b> %s</span> ", signs[s].class,
                    signs[s].sign,
                    signs[s].bits == LANE_JOINED ? "device or consumer joined" : signs[s].title);
    fputs("</p>\n", f->out);
    if (w->more_devices)
        fprintf(f->out, "<p class=\"soft\">%s more devices joined and are not drawn.</p>\n",
                show_count(w->more_devices).text);
    fputs("</figure>\n", f->out);
}

static void event_words(FILE *out, const struct html_event *e)
{
    switch (e->bit) {
    case LANE_SWITCHED:
        if (!e->lane)
            fputs(e->on ? "translation is on" : "translation is off", out);
        else
            fputs(e->on ? "from here on translated" : "no longer translated", out);
        break;
    case LANE_ATTACHED:
        fputs("consumer ", out);
        html_text(out, e->who);
        fputs(" joined", out);
        break;
    case LANE_DETACHED:
        fputs("consumer ", out);
        html_text(out, e->who);
        fputs(" left", out);
        break;
    default:
        for (unsigned s = 0; s < SIGNS; s++)
            if (signs[s].bits == e->bit)
                fputs(signs[s].title, out);
        break;
    }
}

static void row_begin(FILE *out, const struct html_page *p, uint64_t record, uint64_t at_ns)
{
    fprintf(out, "<tr><td class=\"n\">%s</td>", show_count(record).text);
    if (p->report->counts->has_time)
        fprintf(out, "<td class=\"n\">%s</td>", show_time(at_ns).text);
}

static void mark_row(FILE *out, const struct html_page *p, const struct html_mark *m)
{
    row_begin(out, p, m->record, m->at_ns);
    fputs("<td>mark</td><td><bdi>", out);
    html_text(out, m->text);
    fputs("</bdi></td></tr>\n", out);
}

void html_happened(FILE *out, const struct html_page *p)
{
    const struct html_watch *w = p->watch;
    size_t m = 0;

    if (!w->events && !w->marks)
        return;
    fputs("<details><summary>What happened to each, in words</summary>\n<div class=\"wide\"><table>"
          "<thead><tr><th class=\"n\">record</th>",
          out);
    if (p->report->counts->has_time)
        fputs("<th class=\"n\">virtual time</th>", out);
    fputs("<th>device</th><th>what</th></tr></thead><tbody>\n", out);
    for (size_t i = 0; i < w->events; i++) {
        const struct html_event *e = &w->event[i];

        for (; m < w->marks && w->mark[m].record <= e->record; m++)
            mark_row(out, p, &w->mark[m]);
        row_begin(out, p, e->record, e->at_ns);
        fprintf(out, "<td class=\"id\">%s</td><td>",
                e->lane ? show_bdf(w->lane[e->lane].bdf).text : "the unit");
        event_words(out, e);
        fputs("</td></tr>\n", out);
    }
    for (; m < w->marks; m++)
        mark_row(out, p, &w->mark[m]);
    fputs("</tbody></table></div>\n", out);
    if (w->all_events > w->events || w->all_marks > w->marks)
        fprintf(out, "<p class=\"soft\">%s more events and %s more marks are left out.</p>\n",
                show_count(w->all_events - w->events).text,
                show_count(w->all_marks - w->marks).text);
    fputs("</details>\n", out);
}
