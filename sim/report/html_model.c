/* SPDX-License-Identifier: MIT */
/* What was modelled, and where the trace comes from. */
#include <inttypes.h>
#include <string.h>

#include "policy.h"
#include "report/html_out.h"
#include "report/show.h"

#define METAS_MOST 100u
#define META_KEY   80u
#define META_TEXT  1500u

static void quirk(FILE *out, const char *name)
{
    const struct quirk *q;

    fputs("<tr><th scope=\"row\">", out);
    fputs(strchr(name, '=') ? "field set" : "quirk", out);
    fputs("</th><td><code>", out);
    html_text(out, name);
    fputs("</code>", out);
    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++)
        if (!strcmp(q->name, name)) {
            fputs(": ", out);
            html_text(out, q->what);
            fputs(" (", out);
            html_text(out, q->source);
            fputs(")", out);
        }
    fputs("</td></tr>\n", out);
}

static void profile(FILE *out, const struct report *r)
{
    const char *model = report_model(r);

    fputs("<tr><th scope=\"row\">modelled as</th><td><b>", out);
    html_text(out, r->profile);
    fputs("</b>", out);
    if (r->kinds) {
        fputs(" (its kinds of event: ", out);
        html_text(out, r->kinds);
        fputs(")", out);
    }
    if (!*model)
        fputs("; the trace does not say on what it was observed", out);
    else if (!strcmp(model, r->profile))
        fputs(", the system it was observed on", out);
    else {
        fputs("; it was observed on ", out);
        html_text(out, model);
    }
    fputs("</td></tr>\n", out);
}

static void unit(FILE *out, const struct unit_config *u)
{
    static const char *const on_off[] = {"off", "on"};

    fprintf(out,
            "<tr><th scope=\"row\">the unit</th><td>%u-bit addresses; caching mode %s; "
            "pass-through %s; "
            "device IOTLB %s; snoop control %s; interrupt remapping %s</td></tr>\n",
            u->aw_bits, on_off[u->caching_mode], on_off[u->pt], on_off[u->device_iotlb],
            on_off[u->snoop_control], on_off[u->intremap]);
}

void html_model(FILE *out, const struct html_page *p)
{
    const struct report *r = p->report;

    fputs("<h2 id=\"model\">What was modelled</h2>\n<div class=\"wide\"><table><tbody>\n", out);
    profile(out, r);
    unit(out, &r->header->unit);
    for (size_t i = 0; i < r->quirks_count; i++)
        quirk(out, r->quirks[i]);
    html_row(out, "strategy", r->sync);
    html_row(out, "checks", r->check);
    if (r->restored)
        fprintf(out,
                "<tr><th scope=\"row\">restored from</th><td>the state after record %s; what came "
                "before "
                "is not counted, and not known to the checks</td></tr>\n",
                show_count(r->restored_after).text);
    fputs("</tbody></table></div>\n", out);
}

static void meta(FILE *out, const struct meta_entry *m)
{
    fputs("<tr><th scope=\"row\"><bdi>", out);
    html_text_cut(out, m->key, META_KEY);
    fputs("</bdi></th><td><bdi>", out);
    html_text_cut(out, m->text, META_TEXT);
    fputs("</bdi></td></tr>\n", out);
}

void html_provenance(FILE *out, const struct html_page *p)
{
    const struct trace_header *h = p->report->header;

    if (!h->metas)
        return;
    fputs("<h2 id=\"origin\">Where the trace comes from</h2>\n<div class=\"wide\"><table><tbody>\n",
          out);
    for (size_t i = 0; i < h->metas && i < METAS_MOST; i++)
        meta(out, &h->meta[i]);
    fputs("</tbody></table></div>\n", out);
    if (h->metas > METAS_MOST)
        fprintf(out, "<p class=\"soft\">and %s more.</p>\n",
                show_count(h->metas - METAS_MOST).text);
}
