/* SPDX-License-Identifier: MIT */
/*
 * The JSON report. Numbers are written as raw digits: cJSON's own are doubles and lose what is
 * beyond 2^53 (a virtual time may be). A node that could not be made sets `failed`.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/show.h"

struct json {
    bool failed;
};

static cJSON *add(struct json *j, cJSON *to, const char *key, cJSON *item)
{
    if (!item || !(key ? cJSON_AddItemToObject(to, key, item) : cJSON_AddItemToArray(to, item))) {
        cJSON_Delete(item);
        j->failed = true;
        return NULL;
    }
    return item;
}

static cJSON *add_object(struct json *j, cJSON *to, const char *key)
{
    return add(j, to, key, cJSON_CreateObject());
}

static cJSON *add_array(struct json *j, cJSON *to, const char *key)
{
    return add(j, to, key, cJSON_CreateArray());
}

static void add_u64(struct json *j, cJSON *to, const char *key, uint64_t v)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, v);
    add(j, to, key, cJSON_CreateRaw(digits));
}

static void add_bool(struct json *j, cJSON *to, const char *key, bool v)
{
    add(j, to, key, cJSON_CreateBool(v));
}

/* NULL becomes null. */
static void add_text(struct json *j, cJSON *to, const char *key, const char *s)
{
    size_t room = s ? 3 * strlen(s) + 1 : 0;
    char *clean = s ? malloc(room) : NULL;

    add(j, to, key, clean ? cJSON_CreateString(show_clean(clean, room, s)) : cJSON_CreateNull());
    j->failed = j->failed || (s && !clean);
    free(clean);
}

static void add_hex(struct json *j, cJSON *to, const char *key, bool known, uint64_t v)
{
    struct shown s = show_hex(v);

    add_text(j, to, key, known ? s.text : NULL);
}

static void add_stop(struct json *j, cJSON *to, const struct report *r)
{
    cJSON *o;

    if (!r->stopped) {
        add(j, to, "stopped", cJSON_CreateNull());
        return;
    }
    o = add_object(j, to, "stopped");
    if (r->stop.has_byte)
        add_u64(j, o, "byte", r->stop.byte);
    else
        add(j, o, "byte", cJSON_CreateNull());
    add_u64(j, o, "record", r->stop.record);
    add_text(j, o, "why", r->stop.why);
    if (r->stop.line)
        add_u64(j, o, "line", r->stop.line);
}

static void add_compared(struct json *j, cJSON *to, const char *key, struct check_compared c)
{
    cJSON *o = add_object(j, to, key);

    add_u64(j, o, "reads", c.reads);
    add_u64(j, o, "dma", c.dma);
    add_u64(j, o, "expect", c.expect);
}

static void add_invariants(struct json *j, cJSON *to, const struct checks *c)
{
    cJSON *list = add_array(j, to, "invariants");
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++) {
        cJSON *o = add_object(j, list, NULL);

        add_text(j, o, "id", inv[i].id);
        add_text(j, o, "severity", severity_name(inv[i].severity));
        add_u64(j, o, "count", c ? checks_count(c, i) : 0);
    }
}

static void add_findings(struct json *j, cJSON *to, const struct checks *c)
{
    cJSON *list = add_array(j, to, "violations");

    for (size_t i = 0; c && i < checks_findings(c) && !j->failed; i++) {
        const struct finding *f = checks_finding(c, i);
        cJSON *o = add_object(j, list, NULL);

        add_u64(j, o, "n", f->n);
        add_text(j, o, "id", f->inv->id);
        add_text(j, o, "severity", severity_name(f->inv->severity));
        add_u64(j, o, "record", f->record);
        add_u64(j, o, "at_ns", f->at_ns);
        add_text(j, o, "consumer", f->consumer);
        add_hex(j, o, "iova", f->has_range, f->range.first.v);
        add_hex(j, o, "last", f->has_range, f->range.last.v);
        add_text(j, o, "text", f->text);
        if (f->cause_record)
            add_u64(j, o, "cause_record", f->cause_record);
        else
            add(j, o, "cause_record", cJSON_CreateNull());
    }
}

static void add_consumers(struct json *j, cJSON *to, const struct counts *c)
{
    cJSON *list = add_array(j, to, "consumers");

    for (size_t i = 0; i < c->consumers_count; i++) {
        const struct consumer_counts *k = &c->consumers[i];
        struct shown device = show_bdf(k->bdf);
        cJSON *o = add_object(j, list, NULL), *why;

        add_text(j, o, "name", k->name);
        add_text(j, o, "kind", k->known ? consumer_kind_name(k->kind) : NULL);
        add_text(j, o, "device", device.text);
        if (k->has_alias)
            add_text(j, o, "alias", show_bdf(k->alias).text);
        add_bool(j, o, "present", k->present);
        add_u64(j, o, "map", k->map);
        add_u64(j, o, "unmap", k->unmap);
        add_u64(j, o, "deviotlb_unmap", k->devtlb);
        add_u64(j, o, "by_region", k->by_region);
        add_u64(j, o, "refused", k->refused);
        add_u64(j, o, "not_asked", k->not_asked);
        if (k->kind == CONSUMER_MDEV) {
            add_u64(j, o, "pins", k->pins);
            add_u64(j, o, "unpins", k->unpins);
            add_u64(j, o, "pins_refused", k->pins_refused);
            add_u64(j, o, "dma_unmaps", k->dma_unmaps);
        }
        add_text(j, o, "registration_refused", *k->unregistered ? k->unregistered : NULL);
        why = add_object(j, o, "not_asked_why");
        for (size_t w = 0; w < WHY_KINDS && k->why[w].count; w++)
            add_u64(j, why, k->why[w].why, k->why[w].count);
    }
}

static void add_vhost(struct json *j, cJSON *to, const struct counts *c)
{
    cJSON *o = add_object(j, to, "vhost");

    add_u64(j, o, "misses", c->vhost[VHOST_MISS]);
    add_u64(j, o, "updates", c->vhost[VHOST_UPDATE]);
    add_u64(j, o, "invalidates", c->vhost[VHOST_INVALIDATE]);
    add_u64(j, o, "failures", c->vhost[VHOST_FAILURE]);
    add_u64(j, o, "evictions", c->vhost[VHOST_EVICTED]);
    add_u64(j, o, "dropped", c->vhost[VHOST_DROPPED]);
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
    cJSON *o = add_object(j, to, "counts"), *inval;

    add_u64(j, o, "register_writes", c->register_writes);
    add_u64(j, o, "register_reads", c->register_reads);
    add_u64(j, o, "table_words", c->mem_words);
    add_u64(j, o, "zeroed_bytes", c->zeroed_bytes);
    add_u64(j, o, "dma", c->dma);
    add_u64(j, o, "marks", c->by_kind[REC_MARK]);
    add_u64(j, o, "first_ns", c->first_ns);
    add_u64(j, o, "last_ns", c->last_ns);
    inval = add_object(j, o, "invalidations");
    for (size_t i = 0; i < sizeof(invals) / sizeof(invals[0]); i++)
        add_u64(j, inval, invals[i].key, c->inval[invals[i].kind]);
    add_u64(j, o, "invalidations_by_register", c->inval_by_register);
    add_u64(j, o, "invalidations_refused", c->inval_refused);
    add_u64(j, o, "queue_errors", c->queue_errors);
    add_u64(j, o, "faults_recorded", c->faults_recorded);
    add_u64(j, o, "faults_unrecorded", c->faults_unrecorded);
    add_u64(j, o, "interrupts", c->interrupts);
    add_u64(j, o, "root_tables_latched", c->root_latched);
    add_u64(j, o, "switches", c->switches);
    add_u64(j, o, "replays", c->replays);
    add_u64(j, o, "resets", c->resets);
    add_u64(j, o, "registrations", c->registrations);
    add_u64(j, o, "registrations_refused", c->registrations_refused);
    add_u64(j, o, "notifications", c->notes);
    add_vhost(j, o, c);
    add_u64(j, o, "pins", c->pins);
    add_u64(j, o, "unpins", c->unpins);
    add_u64(j, o, "pins_refused", c->pins_refused);
    add_u64(j, o, "dma_unmaps", c->dma_unmaps);
    add_consumers(j, o, c);
}

static void add_ops(struct json *j, cJSON *to, const struct engine_ops *ops)
{
    cJSON *o = add_object(j, to, "ops");

    add_u64(j, o, "entries_read", ops->entries_read);
    add_u64(j, o, "tables_read", ops->tables_read);
    add_u64(j, o, "slots_compared", ops->slots_compared);
    add_u64(j, o, "shadow_leaves", ops->shadow_leaves);
    add_u64(j, o, "container_maps", ops->container_maps);
}

static void add_meta(struct json *j, cJSON *to, const struct trace_header *h)
{
    cJSON *list = add_array(j, to, "meta");

    for (size_t i = 0; h && i < h->metas; i++) {
        cJSON *o = add_object(j, list, NULL);

        add_text(j, o, "key", h->meta[i].key);
        add_text(j, o, "text", h->meta[i].text);
    }
}

static void add_run(struct json *j, cJSON *to, const struct report *r)
{
    cJSON *list;

    add_text(j, to, "sync", r->sync);
    add_text(j, to, "check", r->check);
    list = add_array(j, to, "quirks");
    for (size_t i = 0; i < r->quirks_count; i++)
        add_text(j, list, NULL, r->quirks[i]);
    add_bool(j, to, "judged", r->judged);
    add_bool(j, to, "refused", r->refused);
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
    add_text(j, o, "trace", r->trace);
    add_text(j, o, "profile", r->profile);
    add_text(j, o, "model", *report_model(r) ? report_model(r) : NULL);
    add_text(j, o, "verdict", verdict_name(r->verdict));
    add_u64(j, o, "records", r->records);
    if (r->restored)
        add_u64(j, o, "restored_after", r->restored_after);
    add_stop(j, o, r);
    add_compared(j, o, "compared", r->compared);
    add_compared(j, o, "differs", r->differs);
    add_invariants(j, o, r->checks);
    add_findings(j, o, r->checks);
    add_counts(j, o, r->counts);
    add_text(j, o, "digest", r->checks ? digest : NULL);
    add_run(j, o, r);
    add_ops(j, o, &r->ops);
    return o;
}

int report_json(FILE *out, const struct report *r)
{
    struct json j = {false};
    cJSON *o = make(&j, r);
    char *text = j.failed ? NULL : cJSON_PrintUnformatted(o);
    bool ok;

    cJSON_Delete(o);
    if (!text)
        return -ENOMEM;
    ok = fputs(text, out) >= 0 && fputc('\n', out) != EOF && !fflush(out);
    cJSON_free(text);
    return ok ? 0 : -EIO;
}
