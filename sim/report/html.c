/* SPDX-License-Identifier: MIT */
/* The page: the verdict first, then what supports it. */
#include "report/html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "report/html_out.h"
#include "report/show.h"
#include "report/text_out.h"

#define WORDS 400u

static void add(char *out, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void add(char *out, size_t room, const char *fmt, ...)
{
    size_t at = strlen(out);
    va_list args;

    va_start(args, fmt);
    vsnprintf(out + at, room - at, fmt, args);
    va_end(args);
}

char *html_verdict_words(char *out, size_t room, const struct report *r)
{
    uint64_t violations = r->checks ? checks_total(r->checks, SEV_VIOLATION) : 0;
    uint64_t guest = r->checks ? checks_total(r->checks, SEV_GUEST) : 0;
    uint64_t different = r->differs.reads + r->differs.dma + r->differs.expect;

    *out = 0;
    switch (r->verdict) {
    case VERDICT_CLEAN:
        add(out, room, "%s",
            strcmp(r->check, "off") ? "every promise was kept" : "replayed, nothing checked");
        break;
    case VERDICT_VIOLATED: break; /* the number follows */
    case VERDICT_DIFFERS:
        add(out, room, "%s observed value%s differ%s", show_count(different).text,
            plural(different), different == 1 ? "s" : "");
        break;
    case VERDICT_DAMAGED:
        add(out, room, "%s", r->refused ? "refused" : "the trace could be read only in part");
        break;
    case VERDICT_ABORTED: add(out, room, "%s would have ended here", r->profile); break;
    }
    if (violations && r->verdict != VERDICT_DIFFERS)
        add(out, room, "%s%s violation%s", *out ? "; " : "", show_count(violations).text,
            plural(violations));
    if (guest)
        add(out, room, "; %s finding%s about the guest", show_count(guest).text, plural(guest));
    if (different && !r->judged)
        add(out, room, "; %s observed value%s differ%s (not judged)", show_count(different).text,
            plural(different), different == 1 ? "s" : "");
    return out;
}

static void stopped(FILE *out, const struct report *r)
{
    const struct stop *s = &r->stop;

    if (!r->stopped)
        return;
    fputs("<p><b>Stopped at ", out);
    if (s->line)
        fprintf(out, "line %" PRIu64 ", ", s->line);
    if (s->has_byte)
        fprintf(out, "byte %" PRIu64 ", ", s->byte);
    fprintf(out, "record %" PRIu64 ":</b> ", s->record);
    html_text(out, s->why);
    fputs("</p>\n", out);
}

static void tile(FILE *out, const char *value, const char *name)
{
    fprintf(out, "<li><b>%s</b>%s</li>\n", value, name);
}

static void tiles(FILE *out, const struct html_page *p)
{
    const struct report *r = p->report;
    uint64_t invalidations = 0;

    for (unsigned k = 0; k < INVAL_KINDS; k++)
        invalidations += k == INVAL_WAIT ? 0 : r->counts->inval[k];
    fputs("<ul class=\"tiles\">\n", out);
    tile(out, show_count(r->records).text, "records");
    if (r->counts->has_time)
        tile(out, show_time(r->counts->last_ns - r->counts->first_ns).text, "virtual time");
    tile(out, show_count(invalidations).text, "invalidations");
    tile(out, show_count(r->counts->notes).text, "notifications");
    tile(out, show_count(r->counts->dma).text, "device accesses");
    tile(out, show_count(r->ops.container_maps).text, "mappings held at the end");
    tile(out, show_count(checks_total(r->checks, SEV_VIOLATION)).text, "violations");
    fputs("</ul>\n", out);
}

static void navigation(FILE *out, const struct html_page *p)
{
    const struct checks *c = p->report->checks;

    fputs("<nav aria-label=\"On this page\"><a href=\"#model\">Model</a> <a "
          "href=\"#graphs\">Graphs</a> ",
          out);
    if (checks_total(c, SEV_VIOLATION))
        fputs("<a href=\"#violations\">Violations</a> ", out);
    if (checks_total(c, SEV_GUEST))
        fputs("<a href=\"#guest\">Guest</a> ", out);
    if (checks_total(c, SEV_COST))
        fputs("<a href=\"#costs\">Costs</a> ", out);
    fputs("<a href=\"#invariants\">Invariants</a> <a href=\"#counts\">Numbers</a> ", out);
    if (p->report->header->metas)
        fputs("<a href=\"#origin\">Origin</a> ", out);
    fputs("<a href=\"#again\">Again</a></nav>\n", out);
}

static void again(FILE *out, const struct html_page *p)
{
    fputs("<h2 id=\"again\">To replay it again</h2>\n<pre class=\"wrap\">", out);
    html_text(out, p->command);
    fputs("</pre>\n", out);
    if (p->report->checks)
        fprintf(out,
                "<p>The same trace and options give the digest <code>%016" PRIx64 "</code>.</p>\n",
                p->report->digest);
}

int html_page(FILE *out, const struct html_page *p)
{
    const struct report *r = p->report;
    char words[WORDS];

    html_verdict_words(words, sizeof(words), r);
    html_head(out, r->trace, verdict_name(r->verdict), words);
    fputs("<header><h1>", out);
    html_badge(out, verdict_name(r->verdict));
    html_text(out, words);
    fputs("</h1>\n<p class=\"soft\"><bdi>", out);
    html_text(out, r->trace);
    fputs("</bdi></p>\n", out);
    stopped(out, r);
    if (r->checks && r->header) {
        html_broken(out, p);
        tiles(out, p);
        navigation(out, p);
    }
    fputs("</header>\n<main>\n", out);
    if (r->header && r->profile)
        html_model(out, p);
    if (r->checks && r->header) {
        html_graphs(out, p);
        html_happened(out, p);
        html_findings(out, p);
        html_invariants(out, p);
        html_counts(out, p);
    }
    if (r->header)
        html_provenance(out, p);
    again(out, p);
    fputs("</main>\n", out);
    html_foot(out, p->version);
    return fflush(out) || ferror(out) ? -EIO : 0;
}

int html_index(FILE *out, const struct html_index_row *rows, size_t count, const char *version)
{
    char words[WORDS];
    size_t clean = 0;

    for (size_t i = 0; i < count; i++)
        clean += !strcmp(rows[i].verdict, "clean");
    snprintf(words, sizeof(words), "%zu traces, %zu clean", count, clean);
    html_head(out, words, clean == count ? "clean" : "violated", words);
    fprintf(out,
            "<header><h1>%s</h1></header>\n<main>\n<div class=\"wide\"><table><thead><tr>"
            "<th>verdict</th><th>trace</th><th>what</th></tr></thead><tbody>\n",
            words);
    for (size_t i = 0; i < count; i++) {
        fputs("<tr><td>", out);
        html_badge(out, rows[i].verdict);
        fputs("</td><td><a href=\"", out);
        html_href(out, rows[i].href);
        fputs("\"><bdi>", out);
        html_text(out, rows[i].trace);
        fputs("</bdi></a></td><td>", out);
        html_text(out, rows[i].words);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n</main>\n", out);
    html_foot(out, version);
    return fflush(out) || ferror(out) ? -EIO : 0;
}
