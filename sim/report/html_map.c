/* SPDX-License-Identifier: MIT */
/* IOVA space over time: a row a region, darker where more of it is mapped. */
#include <inttypes.h>

#include "report/html_out.h"
#include "report/show.h"

#define LEVELS    4u
#define MAPS_MOST 3u

/* 0: nothing; 1..LEVELS: up to a quarter, a half, three quarters, all of the region. */
static unsigned level(const struct html_space *s, uint64_t pages)
{
    uint64_t all = UINT64_C(1) << (s->shift - 12);

    if (!pages)
        return 0;
    if (pages >= all)
        return LEVELS;
    return (unsigned)((pages * LEVELS + all - 1) / all);
}

/* The runs of one level, as lines of the height of a row. */
static void cells(const struct html_frame *f, const struct html_space *s, unsigned wanted)
{
    bool any = false;

    for (unsigned r = 0; r < s->rows; r++) {
        const uint32_t *p = s->row[r].axis[f->axis]->pages;
        unsigned from = 0;

        for (unsigned i = 1; i <= f->bins; i++) {
            if (i < f->bins && level(s, p[i]) == level(s, p[from]))
                continue;
            if (level(s, p[from]) == wanted) {
                if (!any)
                    fprintf(f->out, "<path class=\"cell m%u\" shape-rendering=\"crispEdges\" d=\"",
                            wanted);
                fprintf(f->out, "M%u %uh%u", from, 2 * (s->rows - 1 - r) + 1, i - from);
                any = true;
            }
            from = i;
        }
    }
    if (any)
        fputs("\"/>\n", f->out);
}

/* A line where addresses between two rows are left out. */
static void gaps(const struct html_frame *f, const struct html_space *s)
{
    fputs("<path class=\"grid\" d=\"", f->out);
    for (unsigned r = 1; r < s->rows; r++)
        if (s->row[r].id != s->row[r - 1].id + 1)
            fprintf(f->out, "M0 %uH%u", 2 * (s->rows - r), f->bins);
    fputs("\"/>\n", f->out);
}

/* Addresses at the lower edge of rows: where there is a gap below, else now and then. */
static void labels(const struct html_frame *f, const struct html_space *s)
{
    unsigned free_from = 0;

    for (unsigned r = 0; r < s->rows; r++) {
        unsigned at = r * 1000 / s->rows;
        bool first = !r || s->row[r].id != s->row[r - 1].id + 1;

        if (at < free_from || at > 950 || (!first && at < free_from + 60))
            continue;
        html_plot_label(f, at, show_hex(s->row[r].id << s->shift).text);
        free_from = at + 65;
    }
}

/* A strip above: when RAM was mapped one to one instead. */
static void one_to_one(const struct html_frame *f, const struct html_person *p)
{
    const uint16_t *bits = p->ram_bits[f->axis];
    unsigned from = 0;
    bool any = false;

    for (unsigned i = 0; i < f->bins; i++)
        any = any || bits[i] & 1;
    if (!any)
        return;
    fputs(
        "<div class=\"plot\" style=\"height:1.4rem\"><div class=\"ys\"><span class=\"name\">RAM 1:1"
        "</span></div>",
        f->out);
    html_plot_begin(f, "ram", "When guest RAM was mapped one to one", 2);
    fputs("<path class=\"f2\" d=\"", f->out);
    for (unsigned i = 1; i <= f->bins; i++) {
        if (i < f->bins && (bits[i] & 1) == (bits[from] & 1))
            continue;
        if (bits[from] & 1)
            fprintf(f->out, "M%u 0h%uv2h-%uz", from, i - from, i - from);
        from = i;
    }
    fputs("\"/>", f->out);
    html_plot_end(f);
    fputs("</div></div>\n", f->out);
}

static struct shown region_bytes(unsigned shift)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    struct shown s;

    snprintf(s.text, sizeof(s.text), "%u %s", 1u << shift % 10, units[shift / 10 - 1]);
    return s;
}

static void one(const struct html_frame *f, const struct html_person *p)
{
    const struct html_space *s = p->space;
    char said[200];
    unsigned tenths = s->rows < 6 ? 45 + 15 * s->rows : 50 + s->rows * 5;

    fputs("<figure><figcaption>IOVA space of ", f->out);
    html_text(f->out, p->name);
    fprintf(f->out,
            " <span>(what the guest's tables mapped; a row is %s, unused addresses are left out at "
            "the lines)</span></figcaption>\n",
            region_bytes(s->shift).text);
    one_to_one(f, p);
    fprintf(f->out, "<div class=\"plot\" style=\"height:%u.%urem\"><div class=\"ys\">", tenths / 10,
            tenths % 10);
    labels(f, s);
    fputs("</div>", f->out);
    snprintf(said, sizeof(said), "Mapped regions over the run: %u rows of %s from %s on", s->rows,
             region_bytes(s->shift).text, show_hex(s->row[0].id << s->shift).text);
    html_plot_begin(f, "map", said, 2 * s->rows);
    for (unsigned l = 1; l <= LEVELS; l++)
        cells(f, s, l);
    gaps(f, s);
    html_plot_end(f);
    fputs("</div></div>\n", f->out);
    html_plot_axis(f);
    fputs("</figure>\n", f->out);
}

static void keys(const struct html_frame *f)
{
    static const char *const words[] = {"up to a quarter of the row mapped", "a half",
                                        "three quarters", "all of it"};

    fputs("<p class=\"keys\">", f->out);
    for (unsigned l = 1; l <= LEVELS; l++)
        fprintf(f->out,
                "<span><svg class=\"key\" viewBox=\"0 0 20 2\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><path class=\"cell m%u\" d=\"M0 1h20\"/></svg> %s</span> ",
                l, words[l - 1]);
    fputs("</p>\n", f->out);
}

/* How many have a map with more to see. */
static unsigned busier(const struct html_watch *w, unsigned i)
{
    unsigned n = 0;

    for (unsigned k = 0; k < w->persons; k++)
        n += w->person[k]->space && (w->person[k]->changes > w->person[i]->changes ||
                                     (w->person[k]->changes == w->person[i]->changes && k < i));
    return n;
}

void html_map(const struct html_frame *f)
{
    const struct html_watch *w = f->p->watch;
    unsigned there = 0, drawn = 0;

    for (unsigned i = 0; i < w->persons; i++) {
        bool any = w->person[i]->space && w->person[i]->space->rows;

        there += any;
        if (!any || busier(w, i) >= MAPS_MOST)
            continue;
        one(f, w->person[i]);
        drawn++;
    }
    if (drawn)
        keys(f);
    if (there > drawn)
        fprintf(f->out,
                "<p class=\"soft\">Drawn are the %u consumers whose mappings changed most often; "
                "%u more held some.</p>\n",
                drawn, there - drawn);
}
