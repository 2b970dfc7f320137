/* SPDX-License-Identifier: MIT */
/* What went on, a strip for each kind: how often in each column, on a logarithmic scale. */
#include <string.h>

#include "checks/checks.h"
#include "report/html_out.h"
#include "report/show.h"

#define HIGH 1000u

static void bars(const struct html_frame *f, const uint64_t v[HTML_BINS], uint64_t most,
                 const char *class)
{
    uint64_t top = html_log2_milli(most);
    unsigned from = 0;

    fprintf(f->out, "<path class=\"%s\" d=\"", class);
    for (unsigned i = 1; i <= f->bins; i++) {
        unsigned h = (unsigned)(v[from] ? html_log2_milli(v[from]) * HIGH / top : 0);

        if (i < f->bins && v[i] == v[from])
            continue;
        if (h)
            fprintf(f->out, "M%u %uV%uh%uV%uz", from, HIGH, HIGH - h, i - from, HIGH);
        from = i;
    }
    fputs("\"/>", f->out);
}

/* One strip; nothing where nothing happened. */
static void strip(const struct html_frame *f, const char *name, const uint64_t v[HTML_BINS],
                  const char *class)
{
    uint64_t most = 0, all = 0;
    char said[160];

    for (unsigned i = 0; i < f->bins; i++) {
        most = v[i] > most ? v[i] : most;
        all += v[i];
    }
    if (!most)
        return;
    snprintf(said, sizeof(said), "%s: %s in all, at most %s in a column", name,
             show_count(all).text, show_count(most).text);
    fputs("<div class=\"plot\" style=\"height:3.1rem\"><div class=\"ys\"><span class=\"name\">",
          f->out);
    html_text(f->out, name);
    fputs("</span>", f->out);
    html_plot_label(f, 1000, show_count(most).text);
    fputs("</div>", f->out);
    html_plot_begin(f, "strip", said, HIGH);
    bars(f, v, most, class);
    html_plot_end(f);
    fputs("</div></div>\n", f->out);
}

static void findings(const struct html_frame *f, enum severity s, const char *name,
                     const char *class)
{
    const struct checks *c = f->p->report->checks;
    const struct html_bins *b = &f->p->watch->bins[f->axis];
    uint64_t v[HTML_BINS] = {0};

    for (size_t i = 0; i < checks_findings(c); i++) {
        const struct finding *x = checks_finding(c, i);

        if (x->inv->severity == s)
            v[html_bins_of(b, f->axis == AXIS_TIME ? x->at_ns : x->record)]++;
    }
    strip(f, name, v, class);
}

void html_activity(const struct html_frame *f)
{
    static const struct {
        const char *name, *class;
    } strips[HTML_STRIPS] = {
        [STRIP_INVAL] = {"invalidations", "f0"}, [STRIP_MAP] = {"MAP", "f2"},
        [STRIP_UNMAP] = {"UNMAP", "f1"},         [STRIP_REFUSED] = {"refused", "fbad"},
        [STRIP_DMA] = {"accesses", "f5"},        [STRIP_FAULT] = {"DMA faults", "fbad"},
        [STRIP_MISS] = {"vhost misses", "f3"},   [STRIP_PIN] = {"pins", "f4"},
    };
    const struct html_bins *b = &f->p->watch->bins[f->axis];

    fputs("<figure><figcaption>How often in each column <span>(height logarithmic; the number is "
          "that "
          "of the busiest column)</span></figcaption>\n",
          f->out);
    findings(f, SEV_VIOLATION, "violations", "fbad");
    findings(f, SEV_GUEST, "guest findings", "fwarn");
    for (unsigned s = 0; s < HTML_STRIPS; s++)
        strip(f, strips[s].name, b->count[s], strips[s].class);
    html_plot_axis(f);
    fputs("</figure>\n", f->out);
}
