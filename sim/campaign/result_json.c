/* SPDX-License-Identifier: MIT */
/* A result as JSON, and back. Seeds are hexadecimal texts: a JSON number carries 53 bits. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/result.h"
#include "report/json_node.h"
#include "report/json_read.h"
#include "report/shards_out.h"

#define FORMAT "vtd-replay campaign 1"

static void add_text(struct json *j, cJSON *to, const char *key, const char *s)
{
    json_add(j, to, key, cJSON_CreateString(s ? s : ""));
}

static void add_hex(struct json *j, cJSON *to, const char *key, uint64_t v)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, v);
    add_text(j, to, key, text);
}

static void add_part(struct json *j, cJSON *to, const struct campaign_part *p)
{
    cJSON *o = json_add_object(j, to, NULL);

    add_hex(j, o, "seed", p->seed);
    json_add_u64(j, o, "runs", p->runs);
    json_add_u64(j, o, "events", p->events);
    json_add_bool(j, o, "canary", p->canary);
    shards_write(j, o, &p->shards);
}

static void add_finding(struct json *j, cJSON *to, const struct campaign_finding *f)
{
    cJSON *o = json_add_object(j, to, NULL);

    add_text(j, o, "comparison", f->comparison);
    add_text(j, o, "profile", f->profile);
    add_text(j, o, "key", f->key);
    add_text(j, o, "text", f->text);
    json_add_u64(j, o, "count", f->count);
    add_hex(j, o, "seed", f->seed);
    json_add_u64(j, o, "run", f->run);
    json_add_u64(j, o, "records", f->records);
    add_text(j, o, "command", f->command);
    add_text(j, o, "trace", f->trace);
}

static void add_canary(struct json *j, cJSON *to, const struct campaign_canary *c)
{
    cJSON *o = json_add_object(j, to, NULL);

    add_text(j, o, "quirk", c->quirk);
    json_add_u64(j, o, "tries", c->tries);
    json_add_u64(j, o, "caught", c->caught);
    json_add_u64(j, o, "after", c->after);
    add_hex(j, o, "seed", c->seed);
    json_add_u64(j, o, "run", c->run);
    json_add_u64(j, o, "records", c->records);
    add_text(j, o, "key", c->key);
    add_text(j, o, "command", c->command);
    add_text(j, o, "trace", c->trace);
}

int campaign_write(FILE *out, const struct campaign_result *r)
{
    struct json j = {false};
    cJSON *o = cJSON_CreateObject(), *list;

    if (!o)
        return -ENOMEM;
    add_text(&j, o, "format", FORMAT);
    list = json_add_array(&j, o, "parts");
    for (size_t i = 0; i < r->parts; i++)
        add_part(&j, list, &r->part[i]);
    json_add_u64(&j, o, "runs", r->runs);
    json_add_u64(&j, o, "records", r->records);
    json_add_u64(&j, o, "executions", r->executions);
    list = json_add_object(&j, o, "comparisons");
    for (size_t i = 0; i < COMPARISONS; i++) {
        cJSON *one = json_add_object(&j, list, comparison_name((enum comparison)i));

        json_add_u64(&j, one, "asked", r->asked[i]);
        json_add_u64(&j, one, "said", r->said[i]);
    }
    list = json_add_array(&j, o, "findings");
    for (size_t i = 0; i < r->findings; i++)
        add_finding(&j, list, &r->finding[i]);
    list = json_add_array(&j, o, "canaries");
    for (size_t i = 0; i < r->canaries; i++)
        add_canary(&j, list, &r->canary[i]);
    return json_print(&j, o, out);
}

static void copy(char *to, size_t room, const char *from)
{
    snprintf(to, room, "%s", from);
}

static char *kept(struct json_source *s, const cJSON *o, const char *key)
{
    const char *t = json_text(s, o, key);
    size_t n = strlen(t) + 1;
    char *to = malloc(n);

    if (to)
        memcpy(to, t, n);
    else if (!s->rc)
        s->rc = err_set(s->e, ENOMEM, "out of memory");
    return to;
}

static void read_part(struct json_source *s, const cJSON *o, struct campaign_result *r)
{
    struct campaign_part p = {.seed = json_hex(s, o, "seed")};
    struct err why;
    int rc;

    p.runs = json_number(s, o, "runs");
    p.events = json_number(s, o, "events");
    p.canary = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "canary"));
    if (s->rc)
        return;
    rc = shards_read(o, p.runs, &p.shards, &why);
    if (rc)
        s->rc = err_set(s->e, -rc, "no result of a campaign: %.200s", why.text);
    else
        s->rc = campaign_part_add(r, &p, s->e);
    shards_free(&p.shards);
}

static void read_finding(struct json_source *s, const cJSON *o, struct campaign_result *r)
{
    const char *comparison = json_text(s, o, "comparison"), *profile = json_text(s, o, "profile");
    const char *key = json_text(s, o, "key");
    struct campaign_finding *f = campaign_finding(r, comparison, profile, key);

    if (!f || f->count) {
        json_bad(s, "findings", "each once, and memory");
        return;
    }
    copy(f->text, sizeof(f->text), json_text(s, o, "text"));
    copy(f->command, sizeof(f->command), json_text(s, o, "command"));
    f->count = json_number(s, o, "count");
    f->seed = json_hex(s, o, "seed");
    f->run = json_number(s, o, "run");
    f->records = json_number(s, o, "records");
    f->trace = kept(s, o, "trace");
    if (!f->count)
        json_bad(s, "count", "at least 1");
}

static void read_canary(struct json_source *s, const cJSON *o, struct campaign_result *r)
{
    size_t before = r->canaries;
    struct campaign_canary *c = campaign_canary(r, json_text(s, o, "quirk"));

    if (!c || r->canaries == before) {
        json_bad(s, "canaries", "each once, and memory");
        return;
    }
    c->tries = json_number(s, o, "tries");
    c->caught = json_number(s, o, "caught");
    c->after = json_number(s, o, "after");
    c->seed = json_hex(s, o, "seed");
    c->run = json_number(s, o, "run");
    c->records = json_number(s, o, "records");
    copy(c->key, sizeof(c->key), json_text(s, o, "key"));
    copy(c->command, sizeof(c->command), json_text(s, o, "command"));
    c->trace = kept(s, o, "trace");
}

int campaign_read(const char *json, struct campaign_result *r, struct err *e)
{
    struct json_source s = {"a campaign", e, 0};
    cJSON *o = cJSON_Parse(json);
    const cJSON *list, *one;

    if (!o || strcmp(json_text(&s, o, "format"), FORMAT) != 0) {
        cJSON_Delete(o);
        return err_set(e, EINVAL,
                       "no result of a campaign (--json): \"format\":\"" FORMAT "\" expected");
    }
    list = json_list(&s, o, "parts");
    cJSON_ArrayForEach(one, list) read_part(&s, one, r);
    r->runs = json_number(&s, o, "runs");
    r->records = json_number(&s, o, "records");
    r->executions = json_number(&s, o, "executions");
    list = cJSON_GetObjectItemCaseSensitive(o, "comparisons");
    for (size_t i = 0; i < COMPARISONS; i++) {
        one = cJSON_GetObjectItemCaseSensitive(list, comparison_name((enum comparison)i));
        r->asked[i] = json_number(&s, one, "asked");
        r->said[i] = json_number(&s, one, "said");
    }
    list = json_list(&s, o, "findings");
    cJSON_ArrayForEach(one, list) read_finding(&s, one, r);
    list = json_list(&s, o, "canaries");
    cJSON_ArrayForEach(one, list) read_canary(&s, one, r);
    cJSON_Delete(o);
    return s.rc;
}
