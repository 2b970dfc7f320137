/* SPDX-License-Identifier: MIT */
/* Every invariant that was watched, the broken ones first. */
#include <string.h>

#include "report/html_out.h"
#include "report/show.h"

static const struct finding *first_of(const struct checks *c, const struct invariant *inv)
{
    for (size_t i = 0; i < checks_findings(c); i++)
        if (checks_finding(c, i)->inv == inv)
            return checks_finding(c, i);
    return NULL;
}

static void row(FILE *out, const struct html_page *p, const struct invariant *inv, uint64_t count)
{
    const struct finding *f = count ? first_of(p->report->checks, inv) : NULL;
    const char *class = !count                           ? ""
                        : inv->severity == SEV_VIOLATION ? " class=\"bad\""
                        : inv->severity == SEV_GUEST     ? " class=\"warn\""
                                                         : "";

    fprintf(out,
            "<tr%s id=\"%s\"><td class=\"id\">%s</td><td>%s</td><td class=\"n\">%s</td>"
            "<td class=\"n\">%s</td><td>",
            class, inv->id, inv->id, severity_name(inv->severity), show_count(count).text,
            f ? show_count(f->record).text : "");
    html_text(out, inv->statement);
    fputs("</td></tr>\n", out);
}

static void table(FILE *out, const struct html_page *p, bool broken)
{
    const struct checks *c = p->report->checks;
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    fputs("<div class=\"wide\"><table><thead><tr><th>id</th><th>severity</th><th "
          "class=\"n\">count</th>"
          "<th class=\"n\">first record</th><th>statement</th></tr></thead><tbody>\n",
          out);
    for (unsigned s = SEV_VIOLATION; s <= SEV_COST; s++)
        for (size_t i = 0; i < rows; i++)
            if (inv[i].severity == s && (checks_count(c, i) != 0) == broken)
                row(out, p, &inv[i], checks_count(c, i));
    fputs("</tbody></table></div>\n", out);
}

void html_invariants(FILE *out, const struct html_page *p)
{
    const struct checks *c = p->report->checks;
    size_t rows, broken = 0;

    invariants(&rows);
    for (size_t i = 0; i < rows; i++)
        broken += checks_count(c, i) != 0;
    fputs("<h2 id=\"invariants\">Invariants</h2>\n", out);
    if (!strcmp(p->report->check, "off")) {
        fputs("<p>None judged (--check off).</p>\n", out);
        return;
    }
    if (broken)
        table(out, p, true);
    fprintf(out, "<details><summary>%s that %s</summary>\n", show_count(rows - broken).text,
            broken ? "were kept" : "were watched: all were kept");
    table(out, p, false);
    fputs("</details>\n", out);
}
