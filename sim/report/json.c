/* SPDX-License-Identifier: MIT */
/* The JSON report. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_node.h"
#include "report/report.h"
#include "report/show.h"

static void add_hex(struct json *j, cJSON *to, const char *key, bool known, uint64_t v)
{
    struct shown s = show_hex(v);

    json_add_text(j, to, key, known ? s.text : NULL);
}

static void add_stop(struct json *j, cJSON *to, const struct report *r)
{
    cJSON *o;

    if (!r->stopped) {
        json_add(j, to, "stopped", cJSON_CreateNull());
        return;
    }
    o = json_add_object(j, to, "stopped");
    if (r->stop.has_byte)
        json_add_u64(j, o, "byte", r->stop.byte);
    else
        json_add(j, o, "byte", cJSON_CreateNull());
    json_add_u64(j, o, "record", r->stop.record);
    json_add_text(j, o, "why", r->stop.why);
    if (r->stop.line)
        json_add_u64(j, o, "line", r->stop.line);
}

static void add_compared(struct json *j, cJSON *to, const char *key, struct check_compared c)
{
    cJSON *o = json_add_object(j, to, key);

    json_add_u64(j, o, "reads", c.reads);
    json_add_u64(j, o, "dma", c.dma);
    json_add_u64(j, o, "expect", c.expect);
}

static void add_invariants(struct json *j, cJSON *to, const struct checks *c)
{
    cJSON *list = json_add_array(j, to, "invariants");
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++) {
        cJSON *o = json_add_object(j, list, NULL);

        json_add_text(j, o, "id", inv[i].id);
        json_add_text(j, o, "severity", severity_name(inv[i].severity));
        json_add_u64(j, o, "count", c ? checks_count(c, i) : 0);
    }
}

static void add_findings(struct json *j, cJSON *to, const struct checks *c)
{
    cJSON *list = json_add_array(j, to, "violations");

    for (size_t i = 0; c && i < checks_findings(c) && !j->failed; i++) {
        const struct finding *f = checks_finding(c, i);
        cJSON *o = json_add_object(j, list, NULL);

        json_add_u64(j, o, "n", f->n);
        json_add_text(j, o, "id", f->inv->id);
        json_add_text(j, o, "severity", severity_name(f->inv->severity));
        json_add_u64(j, o, "record", f->record);
        json_add_u64(j, o, "at_ns", f->at_ns);
        json_add_text(j, o, "consumer", f->consumer);
        add_hex(j, o, "iova", f->has_range, f->range.first.v);
        add_hex(j, o, "last", f->has_range, f->range.last.v);
        json_add_text(j, o, "text", f->text);
        if (f->cause_record)
            json_add_u64(j, o, "cause_record", f->cause_record);
        else
            json_add(j, o, "cause_record", cJSON_CreateNull());
    }
}

static void add_consumers(struct json *j, cJSON *to, const struct counts *c)
{
    cJSON *list = json_add_array(j, to, "consumers");

    for (size_t i = 0; i < c->consumers_count; i++) {
        const struct consumer_counts *k = &c->consumers[i];
        struct shown device = show_bdf(k->bdf);
        cJSON *o = json_add_object(j, list, NULL), *why;

        json_add_text(j, o, "name", k->name);
        json_add_text(j, o, "kind", k->known ? consumer_kind_name(k->kind) : NULL);
        json_add_text(j, o, "device", device.text);
        if (k->has_alias)
            json_add_text(j, o, "alias", show_bdf(k->alias).text);
        json_add_bool(j, o, "present", k->present);
        json_add_u64(j, o, "map", k->map);
        json_add_u64(j, o, "unmap", k->unmap);
        json_add_u64(j, o, "deviotlb_unmap", k->devtlb);
        json_add_u64(j, o, "by_region", k->by_region);
        json_add_u64(j, o, "refused", k->refused);
        json_add_u64(j, o, "not_asked", k->not_asked);
        if (k->kind == CONSUMER_MDEV) {
            json_add_u64(j, o, "pins", k->pins);
            json_add_u64(j, o, "unpins", k->unpins);
            json_add_u64(j, o, "pins_refused", k->pins_refused);
            json_add_u64(j, o, "dma_unmaps", k->dma_unmaps);
        }
        json_add_text(j, o, "registration_refused", *k->unregistered ? k->unregistered : NULL);
        why = json_add_object(j, o, "not_asked_why");
        for (size_t w = 0; w < WHY_KINDS && k->why[w].count; w++)
            json_add_u64(j, why, k->why[w].why, k->why[w].count);
    }
}

static void add_vhost(struct json *j, cJSON *to, const struct counts *c)
{
    cJSON *o = json_add_object(j, to, "vhost");

    json_add_u64(j, o, "misses", c->vhost[VHOST_MISS]);
    json_add_u64(j, o, "updates", c->vhost[VHOST_UPDATE]);
    json_add_u64(j, o, "invalidates", c->vhost[VHOST_INVALIDATE]);
    json_add_u64(j, o, "failures", c->vhost[VHOST_FAILURE]);
    json_add_u64(j, o, "evictions", c->vhost[VHOST_EVICTED]);
    json_add_u64(j, o, "dropped", c->vhost[VHOST_DROPPED]);
}

static void add_counts(struct json *j, cJSON *to, const struct counts *c)
{
    static const struct {
        const char *key;
        enum inval_kind kind;
    } invals[] = {{"context_global", INVAL_CTX_GLOBAL},
                  {"context_domain", INVAL_CTX_DOMAIN},
                  {"context_device", INVAL_CTX_DEVICE},
                  {"iotlb_global", INVAL_IOTLB_GLOBAL},
                  {"iotlb_domain", INVAL_IOTLB_DOMAIN},
                  {"iotlb_page", INVAL_IOTLB_PAGE},
                  {"device_iotlb", INVAL_DEVICE_IOTLB},
                  {"interrupt_entry", INVAL_IEC},
                  {"wait", INVAL_WAIT},
                  {"other", INVAL_OTHER}};
    cJSON *o = json_add_object(j, to, "counts"), *inval;

    json_add_u64(j, o, "register_writes", c->register_writes);
    json_add_u64(j, o, "register_reads", c->register_reads);
    json_add_u64(j, o, "table_words", c->mem_words);
    json_add_u64(j, o, "zeroed_bytes", c->zeroed_bytes);
    json_add_u64(j, o, "dma", c->dma);
    json_add_u64(j, o, "marks", c->by_kind[REC_MARK]);
    json_add_u64(j, o, "first_ns", c->first_ns);
    json_add_u64(j, o, "last_ns", c->last_ns);
    inval = json_add_object(j, o, "invalidations");
    for (size_t i = 0; i < sizeof(invals) / sizeof(invals[0]); i++)
        json_add_u64(j, inval, invals[i].key, c->inval[invals[i].kind]);
    json_add_u64(j, o, "invalidations_by_register", c->inval_by_register);
    json_add_u64(j, o, "invalidations_refused", c->inval_refused);
    json_add_u64(j, o, "queue_errors", c->queue_errors);
    json_add_u64(j, o, "faults_recorded", c->faults_recorded);
    json_add_u64(j, o, "faults_unrecorded", c->faults_unrecorded);
    json_add_u64(j, o, "interrupts", c->interrupts);
    json_add_u64(j, o, "root_tables_latched", c->root_latched);
    json_add_u64(j, o, "switches", c->switches);
    json_add_u64(j, o, "replays", c->replays);
    json_add_u64(j, o, "resets", c->resets);
    json_add_u64(j, o, "registrations", c->registrations);
    json_add_u64(j, o, "registrations_refused", c->registrations_refused);
    json_add_u64(j, o, "notifications", c->notes);
    add_vhost(j, o, c);
    json_add_u64(j, o, "pins", c->pins);
    json_add_u64(j, o, "unpins", c->unpins);
    json_add_u64(j, o, "pins_refused", c->pins_refused);
    json_add_u64(j, o, "dma_unmaps", c->dma_unmaps);
    add_consumers(j, o, c);
}

/* Work done, beside time: what depends on the strategy, and what it led to (docs/bench.md). */
static void add_ops(struct json *j, cJSON *to, const struct engine_ops *ops, const struct counts *c,
                    const struct checks *checks)
{
    cJSON *o = json_add_object(j, to, "ops");

    json_add_u64(j, o, "entries_read", ops->entries_read);
    json_add_u64(j, o, "tables_read", ops->tables_read);
    json_add_u64(j, o, "slots_compared", ops->slots_compared);
    json_add_u64(j, o, "shadow_lookups", ops->shadow_lookups);
    json_add_u64(j, o, "callbacks", ops->callbacks);
    json_add_u64(j, o, "notifications", c->notes);
    json_add_u64(j, o, "type1_maps", c->type1_maps);
    json_add_u64(j, o, "type1_unmaps", c->type1_unmaps);
    json_add_u64(j, o, "type1_refused", c->type1_refused);
    json_add_u64(j, o, "type1_pages", c->type1_pages);
    json_add_u64(j, o, "pages_pinned", c->pages_pinned);
    json_add_u64(j, o, "misses", c->vhost[VHOST_MISS]);
    json_add_u64(j, o, "iotlb_hits", ops->iotlb_hits);
    json_add_u64(j, o, "iotlb_misses", ops->iotlb_misses);
    json_add_u64(j, o, "shadow_leaves", ops->shadow_leaves);
    json_add_u64(j, o, "container_maps", ops->container_maps);
    json_add_u64(j, o, "shadow_bytes", ops->shadow_bytes);
    json_add_u64(j, o, "container_bytes", ops->container_bytes);
    json_add_u64(j, o, "oracle_bytes", checks ? checks_told_bytes(checks) : 0);
}

static void add_meta(struct json *j, cJSON *to, const struct trace_header *h)
{
    cJSON *list = json_add_array(j, to, "meta");

    for (size_t i = 0; h && i < h->metas; i++) {
        cJSON *o = json_add_object(j, list, NULL);

        json_add_text(j, o, "key", h->meta[i].key);
        json_add_text(j, o, "text", h->meta[i].text);
    }
}

static void add_run(struct json *j, cJSON *to, const struct report *r)
{
    cJSON *list;

    json_add_text(j, to, "sync", r->sync);
    json_add_text(j, to, "check", r->check);
    list = json_add_array(j, to, "quirks");
    for (size_t i = 0; i < r->quirks_count; i++)
        json_add_text(j, list, NULL, r->quirks[i]);
    json_add_bool(j, to, "judged", r->judged);
    json_add_bool(j, to, "refused", r->refused);
    add_meta(j, to, r->header);
}

static cJSON *make(struct json *j, const struct report *r)
{
    cJSON *o = cJSON_CreateObject();
    char digest[24];

    if (!o) {
        j->failed = true;
        return NULL;
    }
    snprintf(digest, sizeof(digest), "%016" PRIx64, r->digest);
    json_add_text(j, o, "trace", r->trace);
    json_add_text(j, o, "profile", r->profile);
    json_add_text(j, o, "model", *report_model(r) ? report_model(r) : NULL);
    json_add_text(j, o, "verdict", verdict_name(r->verdict));
    json_add_u64(j, o, "records", r->records);
    if (r->restored)
        json_add_u64(j, o, "restored_after", r->restored_after);
    add_stop(j, o, r);
    add_compared(j, o, "compared", r->compared);
    add_compared(j, o, "differs", r->differs);
    add_invariants(j, o, r->checks);
    add_findings(j, o, r->checks);
    add_counts(j, o, r->counts);
    json_add_text(j, o, "digest", r->checks ? digest : NULL);
    add_run(j, o, r);
    add_ops(j, o, &r->ops, r->counts, r->checks);
    return o;
}

/* One line; `o` is done with. */
static int print_line(FILE *out, struct json *j, cJSON *o)
{
    char *text = j->failed ? NULL : cJSON_PrintUnformatted(o);
    bool ok;

    cJSON_Delete(o);
    if (!text)
        return -ENOMEM;
    ok = fputs(text, out) >= 0 && fputc('\n', out) != EOF && !fflush(out);
    cJSON_free(text);
    return ok ? 0 : -EIO;
}

int report_json(FILE *out, const struct report *r)
{
    struct json j = {false};
    cJSON *o = make(&j, r);

    return print_line(out, &j, o);
}

int report_json_nothing(FILE *out, const char *trace, const char *why)
{
    struct json j = {false};
    cJSON *o = cJSON_CreateObject();
    struct report r = {.stopped = true};

    if (!o)
        return -ENOMEM;
    snprintf(r.stop.why, sizeof(r.stop.why), "%s", why);
    json_add_text(&j, o, "trace", trace);
    json_add_text(&j, o, "verdict", NULL);
    json_add_u64(&j, o, "records", 0);
    add_stop(&j, o, &r);
    return print_line(out, &j, o);
}
