/* SPDX-License-Identifier: MIT */
/* What the guest did, what was notified, and what was compared: the numbers. */
#include <inttypes.h>

#include "report/html_out.h"
#include "report/show.h"

#define CONSUMERS_MOST 100u

static void begin(FILE *out, const char *title)
{
    fprintf(out, "<h3>%s</h3>\n<div class=\"wide\"><table><tbody>\n", title);
}

static void end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

static void guest_did(FILE *out, const struct report *r)
{
    const struct counts *c = r->counts;

    begin(out, "What the guest did");
    html_number(out, "records", r->records, NULL);
    html_number(out, "register writes", c->register_writes, NULL);
    html_number(out, "register reads", c->register_reads, NULL);
    html_number(out, "table words written", c->mem_words, NULL);
    html_number_if(out, "bytes cleared", c->zeroed_bytes, NULL);
    for (enum inval_kind k = 0; k < INVAL_KINDS; k++)
        if (k != INVAL_WAIT)
            html_number_if(out, inval_kind_name(k), c->inval[k], "invalidations");
    html_number_if(out, "by register", c->inval_by_register, "of the invalidations");
    html_number_if(out, "wait descriptors", c->inval[INVAL_WAIT], NULL);
    html_number_if(out, "invalidations refused", c->inval_refused, NULL);
    html_number_if(out, "queue errors", c->queue_errors, NULL);
    html_number_if(out, "root tables latched", c->root_latched, NULL);
    html_number_if(out, "address space switches", c->switches,
                   "a device became translated, or not");
    html_number_if(out, "resets", c->resets, NULL);
    html_number(out, "device accesses", c->dma, NULL);
    html_number_if(out, "DMA faults recorded", c->faults_recorded, NULL);
    html_number_if(out, "DMA faults unrecorded", c->faults_unrecorded,
                   "same requester pending, overflow, or suppressed");
    html_number_if(out, "interrupts by the unit", c->interrupts, NULL);
    end(out);
}

static void cell(FILE *out, uint64_t v)
{
    fprintf(out, "<td class=\"n\">%s</td>", show_count(v).text);
}

static void consumer(FILE *out, const struct consumer_counts *k)
{
    fputs("<tr><td>", out);
    html_text(out, k->name);
    fprintf(out, "</td><td>%s</td>", consumer_kind_name(k->kind));
    cell(out, k->map);
    cell(out, k->unmap + k->devtlb);
    cell(out, k->refused);
    cell(out, k->not_asked);
    fputs("<td>", out);
    for (size_t i = 0; i < WHY_KINDS && k->why[i].count; i++) {
        fputs(i ? ", " : "not asked: ", out);
        html_text(out, k->why[i].why);
    }
    if (k->refused)
        fprintf(out, "%sfirst refusal: %s at record %s", k->not_asked ? "; " : "",
                show_errno(k->refused_result).text, show_count(k->refused_record).text);
    if (*k->unregistered) {
        fprintf(out,
                " registration refused at record %s: ", show_count(k->unregistered_record).text);
        html_text(out, k->unregistered);
    }
    fputs(k->present ? "</td></tr>\n" : " (left)</td></tr>\n", out);
}

static void notified(FILE *out, const struct report *r)
{
    const struct counts *c = r->counts;

    fputs("<h3>What was notified</h3>\n", out);
    if (!c->consumers_count) {
        fputs("<p>No consumer joined.</p>\n", out);
        return;
    }
    fputs("<div class=\"wide\"><table><thead><tr><th>consumer</th><th>kind</th><th "
          "class=\"n\">MAP</th>"
          "<th class=\"n\">UNMAP</th><th class=\"n\">refused</th><th class=\"n\">not asked</th>"
          "<th>notes</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < c->consumers_count && i < CONSUMERS_MOST; i++)
        consumer(out, &c->consumers[i]);
    end(out);
    if (c->consumers_count > CONSUMERS_MOST)
        fprintf(out, "<p class=\"soft\">and %s more.</p>\n",
                show_count(c->consumers_count - CONSUMERS_MOST).text);
    fputs("<div class=\"wide\"><table><tbody>\n", out);
    html_number(out, "held at the end", r->ops.container_maps, "mappings in containers");
    html_number_if(out, "notified and standing", r->ops.shadow_leaves, "table leaves, all devices");
    html_number_if(out, "registrations refused", c->registrations_refused, NULL);
    html_number_if(out, "vhost misses", c->vhost[VHOST_MISS], NULL);
    html_number_if(out, "vhost updates", c->vhost[VHOST_UPDATE], NULL);
    html_number_if(out, "vhost invalidates", c->vhost[VHOST_INVALIDATE], NULL);
    html_number_if(out, "vhost failures", c->vhost[VHOST_FAILURE], "misses without a translation");
    html_number_if(out, "vhost misses given up", c->vhost[VHOST_DROPPED], NULL);
    html_number_if(out, "vhost entries evicted", c->vhost[VHOST_EVICTED], "to make room");
    html_number_if(out, "pinned", c->pins, "calls of emulated devices");
    html_number_if(out, "unpinned", c->unpins, NULL);
    html_number_if(out, "pins refused", c->pins_refused, NULL);
    html_number_if(out, "asked to unpin", c->dma_unmaps, "dma_unmap callbacks");
    end(out);
}

static void compared_row(FILE *out, const struct report *r, const char *what, uint64_t compared,
                         uint64_t differs)
{
    fprintf(out, "<tr%s><td class=\"id\">%s</td>",
            !differs    ? ""
            : r->judged ? " class=\"bad\""
                        : " class=\"warn\"",
            what);
    cell(out, compared);
    cell(out, differs);
    fputs("</tr>\n", out);
}

static void compared(FILE *out, const struct report *r)
{
    fprintf(out,
            "<h3>Compared with what was observed</h3>\n%s<div "
            "class=\"wide\"><table><thead><tr><th></th>"
            "<th class=\"n\">compared</th><th class=\"n\">different</th></tr></thead><tbody>\n",
            r->judged ? "" : "<p class=\"soft\">Counted, not judged.</p>\n");
    compared_row(out, r, "register reads", r->compared.reads, r->differs.reads);
    compared_row(out, r, "device accesses", r->compared.dma, r->differs.dma);
    compared_row(out, r, "expected notifications", r->compared.expect, r->differs.expect);
    end(out);
}

void html_counts(FILE *out, const struct html_page *p)
{
    fputs("<h2 id=\"counts\">Numbers</h2>\n", out);
    guest_did(out, p->report);
    notified(out, p->report);
    compared(out, p->report);
}
