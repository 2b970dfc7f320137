/* SPDX-License-Identifier: MIT */
/* The graphs, each over records and over virtual time; and that of the mappings held. */
#include <inttypes.h>
#include <string.h>

#include "report/html_out.h"
#include "report/show.h"

#define HIGH 1000u

static unsigned y_of(uint64_t v, uint64_t top)
{
    return HIGH - (unsigned)(v > UINT64_MAX / HIGH ? v / (top / HIGH + 1) : v * HIGH / top);
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
static void line(const struct html_frame *f, const uint64_t v[HTML_BINS], uint64_t top, unsigned n)
{
    unsigned was = HIGH + 1;

    fprintf(f->out, "<path class=\"line s%u\" d=\"", n);
    for (unsigned i = 0; i < f->bins; i++) {
        unsigned y = y_of(v[i], top);

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
static void band(const struct html_frame *f, const struct html_gauge *g, uint64_t top, unsigned n)
{
    bool any = false;

    for (unsigned i = 0; i < f->bins; i++) {
        unsigned hi = y_of(g->hi[i], top), lo = y_of(g->lo[i], top);

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

void html_held(const struct html_frame *f)
{
    const struct html_watch *w = f->p->watch;
    uint64_t top = 1;

    for (unsigned i = 0; i < w->persons; i++)
        if (w->person[i]->peak > top)
            top = w->person[i]->peak;
    top = round_up(top);
    fputs("<figure><figcaption>Mappings held by each consumer <span>(as it was told and took them; "
          "the pale band is what it had between)</span></figcaption>\n"
          "<div class=\"plot\" style=\"height:14rem\"><div class=\"ys\">",
          f->out);
    html_plot_label(f, 0, "0");
    html_plot_label(f, 1000, show_count(top).text);
    if (top % 2 == 0)
        html_plot_label(f, 500, show_count(top / 2).text);
    fputs("</div>", f->out);
    html_plot_begin(f, "held", "Mappings held by each consumer; the table below says the numbers",
                    HIGH);
    fprintf(f->out, "<path class=\"grid\" d=\"M0 %uH%u\"/>", HIGH / 2, f->bins);
    for (unsigned i = 0; i < w->persons; i++)
        band(f, &w->person[i]->held[f->axis], top, i);
    for (unsigned i = 0; i < w->persons; i++)
        line(f, w->person[i]->held[f->axis].last, top, i);
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
