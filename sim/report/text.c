/* SPDX-License-Identifier: MIT */
/* The text report: the verdict first, then what supports it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/show.h"
#include "report/text_out.h"

#define META_COLUMN 23
#define METAS_SHOWN 8 /* of what a trace says about itself */

static void say_stop(const struct text *t)
{
    const struct stop *s = &t->r->stop;
    char line[900], where[96] = "", last[64] = "";

    if (s->line)
        snprintf(where, sizeof(where), "line %" PRIu64 ", byte %" PRIu64 ", ", s->line, s->byte);
    else if (s->has_byte)
        snprintf(where, sizeof(where), "byte %" PRIu64 ", ", s->byte);
    snprintf(last, sizeof(last), "record %" PRIu64, s->record);
    snprintf(line, sizeof(line), "Stopped at %s%s: %s", where, last, s->why);
    text_wrapped(t, 0, 2, line);
}

static const char *kept(const struct report *r)
{
    if (!strcmp(r->check, "off"))
        return "replayed, nothing checked";
    return r->interrupted ? "every promise was kept so far" : "every promise was kept";
}

static void headline_words(const struct text *t)
{
    const struct report *r = t->r;
    uint64_t violations = r->checks ? checks_total(r->checks, SEV_VIOLATION) : 0;
    uint64_t guest = r->checks ? checks_total(r->checks, SEV_GUEST) : 0;
    uint64_t different = r->differs.reads + r->differs.dma + r->differs.expect;
    struct shown v = show_count(violations), g = show_count(guest), d = show_count(different);

    switch (r->verdict) {
    case VERDICT_CLEAN: fputs(kept(r), t->out); break;
    case VERDICT_VIOLATED: fprintf(t->out, "%s violation%s", v.text, plural(violations)); break;
    case VERDICT_DIFFERS:
        fprintf(t->out, "%s observed value%s differ%s", d.text, plural(different),
                different == 1 ? "s" : "");
        break;
    case VERDICT_DAMAGED:
        fputs(r->refused ? "refused" : "the trace could be read only in part", t->out);
        break;
    case VERDICT_ABORTED: fprintf(t->out, "%s would have ended here", r->profile); break;
    }
    if (violations && r->verdict != VERDICT_VIOLATED && r->verdict != VERDICT_DIFFERS)
        fprintf(t->out, "; %s violation%s", v.text, plural(violations));
    if (guest)
        fprintf(t->out, "; %s finding%s about the guest", g.text, plural(guest));
    if (different && !r->judged)
        fprintf(t->out, "; %s observed value%s differ%s (not judged)", d.text, plural(different),
                different == 1 ? "s" : "");
}

static void headline(const struct text *t)
{
    static const char *const words[] = {"CLEAN", "VIOLATED", "DIFFERS", "DAMAGED", "ABORTED"};
    const struct report *r = t->r;
    char name[512];

    text_style(t, r->verdict == VERDICT_CLEAN ? STYLE_GOOD : STYLE_BAD);
    fputs(words[r->verdict], t->out);
    text_style(t, STYLE_PLAIN);
    fprintf(t->out, "  %s: ", show_clean(name, sizeof(name), r->trace));
    headline_words(t);
    fputc('\n', t->out);
    if (r->stopped)
        say_stop(t);
}

/* Where the trace comes from: a fact, cut where it would take more than two lines. */
static void meta_line(const struct text *t, const struct meta_entry *m)
{
    char key[64], text[2 * (TEXT_WIDTH - META_COLUMN) - 10];
    size_t n = strlen(show_clean(text, sizeof(text) - 4, m->text));

    if (strlen(m->text) > n)
        memcpy(text + n, "...", 4);
    fprintf(t->out, "  %-20s ", show_clean(key, sizeof(key), m->key));
    text_wrapped(t, META_COLUMN, META_COLUMN, text);
}

static void provenance(const struct text *t)
{
    const struct report *r = t->r;
    const char *model = report_model(r);

    text_title(t, "The trace and the model");
    fprintf(t->out, "  %-20s %s", "modelled as", r->profile);
    if (r->kinds)
        fprintf(t->out, " (its kinds of event: %s)", r->kinds);
    if (!*model)
        fputs(" (the trace does not say on what it was observed)", t->out);
    else if (!strcmp(model, r->profile))
        fputs(", the system it was observed on", t->out);
    else
        fprintf(t->out, " (observed on %s)", model);
    fprintf(t->out, "; sync %s, check %s\n", r->sync, r->check);
    for (size_t i = 0; i < r->quirks_count; i++)
        fprintf(t->out, "  %-20s %s\n", "quirk", r->quirks[i]);
    if (r->restored)
        fprintf(t->out,
                "  %-20s the state after record %s; what came before is not counted, and\n"
                "  %-20s not known to the checks: only observed values are compared\n",
                "restored from", show_count(r->restored_after).text, "");
    for (size_t i = 0; i < r->header->metas && i < METAS_SHOWN; i++)
        meta_line(t, &r->header->meta[i]);
    if (r->header->metas > METAS_SHOWN)
        fprintf(t->out, "  ... and %zu more: trace info, or --report json\n",
                r->header->metas - METAS_SHOWN);
}

/* "  label   12,345" when the number is not 0 (or must be said). */
static void number(const struct text *t, const char *label, uint64_t v, const char *note)
{
    struct shown n = show_count(v);

    fprintf(t->out, "  %-26s %12s%s%s\n", label, n.text, note ? "  " : "", note ? note : "");
}

static void number_if(const struct text *t, const char *label, uint64_t v, const char *note)
{
    if (v)
        number(t, label, v, note);
}

static void invalidations(const struct text *t)
{
    const struct counts *c = t->r->counts;
    uint64_t total = 0;
    char label[64];

    for (unsigned k = 0; k < INVAL_KINDS; k++)
        total += k == INVAL_WAIT ? 0 : c->inval[k];
    number(t, "invalidations", total, NULL);
    for (enum inval_kind k = 0; k < INVAL_KINDS; k++) {
        snprintf(label, sizeof(label), "  %s", inval_kind_name(k));
        if (k != INVAL_WAIT)
            number_if(t, label, c->inval[k], NULL);
    }
    number_if(t, "  by register", c->inval_by_register, "of these; the others by the queue");
    number_if(t, "wait descriptors", c->inval[INVAL_WAIT], NULL);
    number_if(t, "invalidations refused", c->inval_refused, NULL);
    number_if(t, "queue errors", c->queue_errors, NULL);
}

static void guest_did(const struct text *t)
{
    const struct counts *c = t->r->counts;
    struct shown span = show_time(c->last_ns - c->first_ns);
    char note[96];

    text_title(t, "What the guest did");
    snprintf(note, sizeof(note), "over %s of virtual time", span.text);
    number(t, "records", t->r->records, c->has_time ? note : NULL);
    number(t, "register writes", c->register_writes, NULL);
    number(t, "register reads", c->register_reads, NULL);
    number(t, "table words written", c->mem_words, NULL);
    number_if(t, "bytes cleared", c->zeroed_bytes, NULL);
    invalidations(t);
    number_if(t, "root tables latched", c->root_latched, NULL);
    number_if(t, "address space switches", c->switches, "a device became translated, or not");
    number_if(t, "resets", c->resets, NULL);
    number(t, "device accesses", c->dma, NULL);
    number_if(t, "DMA faults recorded", c->faults_recorded, NULL);
    number_if(t, "DMA faults unrecorded", c->faults_unrecorded,
              "same requester pending, overflow, or suppressed");
    number_if(t, "interrupts by the unit", c->interrupts, NULL);
}

static void consumer_row(const struct text *t, const struct consumer_counts *k)
{
    struct shown map = show_count(k->map), unmap = show_count(k->unmap + k->devtlb),
                 refused = show_count(k->refused), not_asked = show_count(k->not_asked),
                 error = show_errno(k->refused_result), record = show_count(k->refused_record);

    fprintf(t->out, "  %-20s %11s %11s %9s %11s", k->name, map.text, unmap.text, refused.text,
            not_asked.text);
    for (size_t i = 0; i < WHY_KINDS && k->why[i].count; i++)
        fprintf(t->out, "%s%s", i ? ", " : "  ", k->why[i].why);
    if (k->refused)
        fprintf(t->out, "  first refusal: %s at record %s", error.text, record.text);
    if (!k->present)
        fputs("  (left)", t->out);
    fputc('\n', t->out);
    if (*k->unregistered) {
        struct shown at = show_count(k->unregistered_record);

        fprintf(t->out, "    registration refused at record %s: %s\n", at.text, k->unregistered);
    }
}

static void notified(const struct text *t)
{
    const struct counts *c = t->r->counts;
    const struct engine_ops *ops = &t->r->ops;

    text_title(t, "What was notified");
    if (!c->consumers_count) {
        fputs("  no consumer joined\n", t->out);
        return;
    }
    fprintf(t->out, "  %-20s %11s %11s %9s %11s\n", "consumer", "MAP", "UNMAP", "refused",
            "not asked");
    for (size_t i = 0; i < c->consumers_count; i++)
        consumer_row(t, &c->consumers[i]);
    number(t, "held at the end", ops->container_maps, "mappings in containers");
    number_if(t, "notified and standing", ops->shadow_leaves, "table leaves, all devices");
    number_if(t, "registrations refused", c->registrations_refused, NULL);
    number_if(t, "vhost misses", c->vhost[VHOST_MISS], NULL);
    number_if(t, "vhost updates", c->vhost[VHOST_UPDATE], NULL);
    number_if(t, "vhost invalidates", c->vhost[VHOST_INVALIDATE], NULL);
    number_if(t, "vhost failures", c->vhost[VHOST_FAILURE], "misses without a translation");
    number_if(t, "vhost misses given up", c->vhost[VHOST_DROPPED], NULL);
    number_if(t, "vhost entries evicted", c->vhost[VHOST_EVICTED], "to make room");
    number_if(t, "pinned", c->pins, "calls of emulated devices");
    number_if(t, "unpinned", c->unpins, NULL);
    number_if(t, "pins refused", c->pins_refused, NULL);
    number_if(t, "asked to unpin", c->dma_unmaps, "dma_unmap callbacks");
}

static void compared_row(const struct text *t, const char *what, uint64_t compared,
                         uint64_t differs)
{
    struct shown c = show_count(compared), d = show_count(differs);

    fprintf(t->out, "  %-26s %12s ", what, c.text);
    if (differs)
        text_style(t, t->r->judged ? STYLE_BAD : STYLE_WARN);
    fprintf(t->out, "%12s", d.text);
    if (differs)
        text_style(t, STYLE_PLAIN);
    fputc('\n', t->out);
}

static void xlat_words(char *out, size_t room, const struct xlat_result *x)
{
    switch (x->end) {
    case XLAT_OK: snprintf(out, room, "reaches %s", show_hex(x->gpa.v).text); break;
    case XLAT_FAULT: snprintf(out, room, "faults, reason 0x%x", x->reason); break;
    case XLAT_COLLAPSED: snprintf(out, room, "faults unrecorded, reason 0x%x", x->reason); break;
    case XLAT_REFUSED: snprintf(out, room, "is refused without a record"); break;
    case XLAT_WINDOW: snprintf(out, room, "is in the interrupt window"); break;
    }
}

static void difference_line(const struct text *t, const struct difference *d)
{
    struct shown record = show_count(d->record), dev = show_bdf(d->bdf), at = show_hex(d->iova.v),
                 gpa = show_hex(d->seen_gpa.v);
    char model[100] = "", seen[100] = "refused without a record", line[640];

    xlat_words(model, sizeof(model), &d->result);
    if (d->dma_seen == DMA_SEEN_GPA)
        snprintf(seen, sizeof(seen), "it reached %s", gpa.text);
    if (d->dma_seen == DMA_SEEN_FAULT)
        snprintf(seen, sizeof(seen), "it faulted, reason 0x%x", d->seen_reason);
    if (d->dma)
        snprintf(line, sizeof(line),
                 "record %s: device %s, IOVA %s: observed was that %s; here it %s", record.text,
                 dev.text, at.text, seen, model);
    else
        snprintf(line, sizeof(line),
                 "record %s: register 0x%03x read as 0x%" PRIx64 "; here it is 0x%" PRIx64,
                 record.text, d->off, d->seen, d->model);
    text_wrapped(t, 0, 4, line);
}

static void compared(const struct text *t)
{
    const struct report *r = t->r;

    text_title(t, "Compared with what was observed");
    fprintf(t->out, "  %-26s %12s %12s%s\n", "", "compared", "different",
            r->judged ? "" : "  (counted, not judged)");
    compared_row(t, "register reads", r->compared.reads, r->differs.reads);
    compared_row(t, "device accesses", r->compared.dma, r->differs.dma);
    compared_row(t, "expected notifications", r->compared.expect, r->differs.expect);
    if (r->counts->diffs)
        fputs("  The first of them:\n", t->out);
    for (size_t i = 0; i < r->counts->diffs; i++)
        difference_line(t, &r->counts->diff[i]);
}

int report_text(FILE *out, const struct report *r, const struct view *v, bool colour)
{
    struct text t = {out, colour, r, v};

    headline(&t);
    if (r->header && r->checks) {
        provenance(&t);
        guest_did(&t);
        notified(&t);
        compared(&t);
        text_findings(&t);
        fprintf(out, "\ndigest %016" PRIx64 "\n", r->digest);
    }
    return fflush(out) || ferror(out) ? -EIO : 0;
}
