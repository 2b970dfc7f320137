/* SPDX-License-Identifier: MIT */
/*
 * What stands around a graph. The drawing is stretched to whatever room there is; words and signs
 * are text beside and above it, so that they stay readable on a phone.
 */
#include <inttypes.h>

#include "report/html_out.h"
#include "report/show.h"

#define TICKS 9u

static unsigned per_mille(const struct html_frame *f, unsigned bin)
{
    return (2 * bin + 1) * 500 / f->bins;
}

void html_plot_begin(const struct html_frame *f, const char *class, const char *said, unsigned high)
{
    fprintf(f->out,
            "<div class=\"area %s\"><svg viewBox=\"0 0 %u %u\" preserveAspectRatio=\"none\" "
            "role=\"img\" aria-label=\"",
            class, f->bins, high);
    html_text(f->out, said);
    fputs("\">", f->out);
}

void html_plot_end(const struct html_frame *f)
{
    fputs("</svg>", f->out);
}

void html_plot_sign(const struct html_frame *f, unsigned bin, const char *class, const char *sign,
                    const char *title)
{
    unsigned at = per_mille(f, bin);

    fprintf(f->out, "<i class=\"%s\" style=\"left:%u.%u%%\" title=\"", class, at / 10, at % 10);
    html_text(f->out, title);
    fprintf(f->out, "\">%s</i>", sign);
}

void html_plot_label(const struct html_frame *f, unsigned per_mille_up, const char *text)
{
    const char *class = per_mille_up >= 1000 ? " class=\"top\""
                        : per_mille_up       ? ""
                                             : " class=\"low\"";

    if (per_mille_up >= 1000)
        fprintf(f->out, "<span%s style=\"top:0\">", class);
    else
        fprintf(f->out, "<span%s style=\"bottom:%u.%u%%\">", class, per_mille_up / 10,
                per_mille_up % 10);
    html_text(f->out, text);
    fputs("</span>", f->out);
}

uint64_t html_log2_milli(uint64_t v)
{
    unsigned whole = 0;
    uint64_t x, part = 0;

    v += v != UINT64_MAX;
    while (v >> whole > 1)
        whole++;
    x = whole > 31 ? v >> (whole - 31) : v << (31 - whole); /* 1.31 fixed point, 1 <= x < 2 */
    for (unsigned i = 0; i < 10; i++) {
        x = x * x >> 31;
        part = 2 * part + (x >> 32);
        x >>= x >> 32;
    }
    return whole * 1000u + part * 1000 / 1024;
}

static void tick(const struct html_frame *f, unsigned i)
{
    const struct html_watch *w = f->p->watch;
    const struct html_bins *b = &w->bins[f->axis];
    uint64_t bin = (uint64_t)f->bins * i / (TICKS - 1), at = b->origin + bin * b->width;
    uint64_t at_ns = bin ? b->at_ns[bin - 1] : w->first_ns; /* where the bin begins */
    unsigned there = i * 1000 / (TICKS - 1);

    if (i == TICKS - 1) /* the last bin is seldom full */
        at = f->axis == AXIS_TIME ? w->last_ns : w->last_record;
    fprintf(f->out, "<span%s style=\"left:%u.%u%%\">", i % 2 ? " class=\"odd\"" : "", there / 10,
            there % 10);
    if (f->axis == AXIS_TIME)
        fputs(show_time(at).text, f->out);
    else
        fputs(show_count(at).text, f->out);
    if (f->axis == AXIS_RECORD && w->has_time)
        fprintf(f->out, "<br/>%s", show_time(at_ns > w->first_ns ? at_ns : w->first_ns).text);
    fputs("</span>", f->out);
}

void html_plot_axis(const struct html_frame *f)
{
    fputs("<div class=\"xs\">", f->out);
    for (unsigned i = 0; i < TICKS; i++) {
        if (f->bins < TICKS && i && i < TICKS - 1) /* short runs: only the ends */
            continue;
        tick(f, i);
    }
    fputs("</div>\n", f->out);
}
