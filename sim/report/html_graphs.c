/* SPDX-License-Identifier: MIT */
/* The graphs, each over records and over virtual time; and that of the mappings held. */
#include <inttypes.h>
#include <string.h>

#include "report/html_out.h"
#include "report/show.h"

#define HIGH 1000u

/* The vertical axis: up to `top`; logarithmic where some hold few and others many. */
struct scale {
    uint64_t top;
    bool log;
};

static unsigned y_of(uint64_t v, const struct scale *s)
{
    if (s->log)
        return HIGH - (unsigned)(html_log2_milli(v) * HIGH / html_log2_milli(s->top));
    return HIGH - (unsigned)(v > UINT64_MAX / HIGH ? v / (s->top / HIGH + 1) : v * HIGH / s->top);
}

/* The least of 1, 2, 5 times a power of ten that is not below. */
static uint64_t round_up(uint64_t v)
{
    static const uint64_t steps[] = {1, 2, 5};

    for (uint64_t ten = 1; ten < UINT64_MAX / 100; ten *= 10)
        for (unsigned i = 0; i < 3; i++)
            if (steps[i] * ten >= v)
                return steps[i] * ten;
    return UINT64_MAX;
}

/* A step for each bin in which the value is another. */
static void line(const struct html_frame *f, const uint64_t v[HTML_BINS], const struct scale *s,
                 unsigned n)
{
    unsigned was = HIGH + 1;

    fprintf(f->out, "<path class=\"line s%u\" d=\"", n);
    for (unsigned i = 0; i < f->bins; i++) {
        unsigned y = y_of(v[i], s);

        if (y == was)
            continue;
        if (i)
            fprintf(f->out, "H%uV%u", i, y);
        else
            fprintf(f->out, "M0 %u", y);
        was = y;
    }
    fprintf(f->out, "H%u\"/>\n", f->bins);
}

/* From the least to the most of each bin, where they differ. */
static void band(const struct html_frame *f, const struct html_gauge *g, const struct scale *s,
                 unsigned n)
{
    bool any = false;

    for (unsigned i = 0; i < f->bins; i++) {
        unsigned hi = y_of(g->hi[i], s), lo = y_of(g->lo[i], s);

        if (hi == lo)
            continue;
        if (!any)
            fprintf(f->out, "<path class=\"band f%u\" d=\"", n);
        fprintf(f->out, "M%u %uh1V%uh-1z", i, hi, lo);
        any = true;
    }
    if (any)
        fputs("\"/>", f->out);
}

static void held_keys(const struct html_frame *f)
{
    const struct html_watch *w = f->p->watch;

    fputs("<div class=\"wide\"><table><thead><tr><th>line</th><th>consumer</th>"
          "<th class=\"n\">most at once</th><th class=\"n\">at the end</th></tr></thead><tbody>\n",
          f->out);
    for (unsigned i = 0; i < w->persons; i++) {
        const struct html_person *p = w->person[i];

        fprintf(f->out,
                "<tr><td><svg class=\"key\" viewBox=\"0 0 30 10\" aria-hidden=\"true\"><path "
                "class=\"line s%u\" d=\"M0 5H30\"/></svg></td><td>",
                i);
        html_text(f->out, p->name);
        fprintf(f->out, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
                show_count(p->peak).text, show_count(p->ram.count + p->tables.count).text);
    }
    fputs("</tbody></table></div>\n", f->out);
    if (w->more_consumers)
        fprintf(f->out, "<p class=\"soft\">%s more consumers joined and are not drawn.</p>\n",
                show_count(w->more_consumers).text);
}

static struct scale scale_of(const struct html_watch *w)
{
    struct scale s = {1, false};
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < w->persons; i++) {
        s.top = w->person[i]->peak > s.top ? w->person[i]->peak : s.top;
        if (w->person[i]->peak && w->person[i]->peak < least)
            least = w->person[i]->peak;
    }
    s.log = s.top / 20 > least;
    s.top = round_up(s.top);
    return s;
}

/* Labels, or (grid) the lines that belong to them. */
static void held_ticks(const struct html_frame *f, const struct scale *s, bool grid)
{
    uint64_t v[24];
    unsigned n = 0;

    v[n++] = 0;
    for (uint64_t ten = 1; s->log && ten < s->top && ten <= UINT64_MAX / 10; ten *= 10)
        v[n++] = ten;
    if (!s->log && s->top % 2 == 0)
        v[n++] = s->top / 2;
    v[n++] = s->top;
    for (unsigned i = 0; i < n; i++) {
        unsigned y = y_of(v[i], s);

        if (i + 1 < n && i && y < 80) /* too near to the last */
            continue;
        if (grid)
            fprintf(f->out, "<path class=\"grid\" d=\"M0 %uH%u\"/>", y, f->bins);
        else
            html_plot_label(f, HIGH - y, show_count(v[i]).text);
    }
}

void html_held(const struct html_frame *f)
{
    const struct html_watch *w = f->p->watch;
    struct scale s = scale_of(w);

    fprintf(f->out,
            "<figure><figcaption>Mappings held by each consumer <span>(as it was told and took "
            "them; the "
            "pale band is what it had between%s)</span></figcaption>\n"
            "<div class=\"plot\" style=\"height:14rem\"><div class=\"ys\">",
            s.log ? "; logarithmic" : "");
    held_ticks(f, &s, false);
    fputs("</div>", f->out);
    html_plot_begin(f, "held", "Mappings held by each consumer; the table below says the numbers",
                    HIGH);
    held_ticks(f, &s, true);
    for (unsigned i = 0; i < w->persons; i++)
        band(f, &w->person[i]->held[f->axis], &s, i);
    for (unsigned i = 0; i < w->persons; i++)
        line(f, w->person[i]->held[f->axis].last, &s, i);
    html_plot_end(f);
    fputs("</div></div>\n", f->out);
    html_plot_axis(f);
    held_keys(f);
    fputs("</figure>\n", f->out);
}

static void over(FILE *out, const struct html_page *p, enum html_axis a)
{
    struct html_frame f = {out, p, a, p->watch->bins[a].bin + 1};
    char each[100];

    if (a == AXIS_TIME)
        snprintf(each, sizeof(each), "A column is %s of virtual time.",
                 show_time(p->watch->bins[a].width).text);
    else
        snprintf(each, sizeof(each), "A column is %s record%s.",
                 show_count(p->watch->bins[a].width).text, p->watch->bins[a].width == 1 ? "" : "s");
    fprintf(out, "<div class=\"over-%u\">\n<p class=\"soft\">%s</p>\n", (unsigned)a, each);
    if (p->watch->persons)
        html_held(&f);
    html_activity(&f);
    html_lanes(&f);
    html_map(&f);
    fputs("</div>\n", out);
}

void html_graphs(FILE *out, const struct html_page *p)
{
    bool timed = p->watch->has_time && p->watch->last_ns > p->watch->first_ns;

    if (!p->watch->started)
        return;
    fputs("<h2 id=\"graphs\">Over the run</h2>\n", out);
    if (timed)
        fputs("<input class=\"axis\" type=\"radio\" name=\"axis\" id=\"by-record\" "
              "checked=\"checked\"/>\n"
              "<input class=\"axis\" type=\"radio\" name=\"axis\" id=\"by-time\"/>\n"
              "<p class=\"choice\">Draw over <label for=\"by-record\">records</label>"
              "<label for=\"by-time\">virtual time</label></p>\n",
              out);
    over(out, p, AXIS_RECORD);
    if (timed)
        over(out, p, AXIS_TIME);
}
