/* SPDX-License-Identifier: MIT */
/* A result as JSON, and back. Seeds are hexadecimal texts: a JSON number carries 53 bits. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/result.h"
#include "report/json_node.h"
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
    char *text;
    int rc;

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
    text = j.failed ? NULL : cJSON_Print(o);
    cJSON_Delete(o);
    if (!text)
        return -ENOMEM;
    rc = fputs(text, out) < 0 || fputc('\n', out) < 0 ? -EIO : 0;
    free(text);
    return rc;
}

/* Reading: what is missing or of another type is noted once. */
struct source {
    struct err *e;
    int rc;
};

static void bad(struct source *s, const char *key, const char *expected)
{
    if (!s->rc)
        s->rc = err_set(s->e, EINVAL, "no result of a campaign: \"%s\": %s expected", key, expected);
}

static uint64_t number(struct source *s, const cJSON *o, const char *key)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, key);

    if (cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= 9007199254740992.0 &&
        (double)(uint64_t)n->valuedouble == n->valuedouble)
        return (uint64_t)n->valuedouble;
    bad(s, key, "a whole number");
    return 0;
}

static const char *text(struct source *s, const cJSON *o, const char *key)
{
    const cJSON *t = cJSON_GetObjectItemCaseSensitive(o, key);

    if (cJSON_IsString(t))
        return t->valuestring;
    bad(s, key, "a text");
    return "";
}

static uint64_t hex(struct source *s, const cJSON *o, const char *key)
{
    const char *t = text(s, o, key);
    char *end = NULL;
    uint64_t v = strncmp(t, "0x", 2) ? 0 : strtoull(t + 2, &end, 16);

    if (!end || end == t + 2 || *end || strlen(t) > 18)
        bad(s, key, "0x... of at most 64 bits");
    return v;
}

static const cJSON *list_of(struct source *s, const cJSON *o, const char *key)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(o, key);

    if (!cJSON_IsArray(a))
        bad(s, key, "a list");
    return cJSON_IsArray(a) ? a : NULL;
}

static void copy(char *to, size_t room, const char *from)
{
    snprintf(to, room, "%s", from);
}

static char *kept(struct source *s, const cJSON *o, const char *key)
{
    const char *t = text(s, o, key);
    size_t n = strlen(t) + 1;
    char *to = malloc(n);

    if (to)
        memcpy(to, t, n);
    else if (!s->rc)
        s->rc = err_set(s->e, ENOMEM, "out of memory");
    return to;
}

static void read_part(struct source *s, const cJSON *o, struct campaign_result *r)
{
    struct campaign_part p = {.seed = hex(s, o, "seed")};
    struct err why;
    int rc;

    p.runs = number(s, o, "runs");
    p.events = number(s, o, "events");
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

static void read_finding(struct source *s, const cJSON *o, struct campaign_result *r)
{
    const char *comparison = text(s, o, "comparison"), *profile = text(s, o, "profile");
    const char *key = text(s, o, "key");
    struct campaign_finding *f = campaign_finding(r, comparison, profile, key);

    if (!f || f->count) {
        bad(s, "findings", "each once, and memory");
        return;
    }
    copy(f->text, sizeof(f->text), text(s, o, "text"));
    copy(f->command, sizeof(f->command), text(s, o, "command"));
    f->count = number(s, o, "count");
    f->seed = hex(s, o, "seed");
    f->run = number(s, o, "run");
    f->records = number(s, o, "records");
    f->trace = kept(s, o, "trace");
    if (!f->count)
        bad(s, "count", "at least 1");
}

static void read_canary(struct source *s, const cJSON *o, struct campaign_result *r)
{
    size_t before = r->canaries;
    struct campaign_canary *c = campaign_canary(r, text(s, o, "quirk"));

    if (!c || r->canaries == before) {
        bad(s, "canaries", "each once, and memory");
        return;
    }
    c->tries = number(s, o, "tries");
    c->caught = number(s, o, "caught");
    c->after = number(s, o, "after");
    c->seed = hex(s, o, "seed");
    c->run = number(s, o, "run");
    c->records = number(s, o, "records");
    copy(c->key, sizeof(c->key), text(s, o, "key"));
    copy(c->command, sizeof(c->command), text(s, o, "command"));
    c->trace = kept(s, o, "trace");
}

int campaign_read(const char *json, struct campaign_result *r, struct err *e)
{
    struct source s = {e, 0};
    cJSON *o = cJSON_Parse(json);
    const cJSON *list, *one;

    if (!o || strcmp(text(&s, o, "format"), FORMAT) != 0) {
        cJSON_Delete(o);
        return err_set(e, EINVAL, "no result of a campaign (--json): \"format\":\"" FORMAT
                                  "\" expected");
    }
    list = list_of(&s, o, "parts");
    cJSON_ArrayForEach(one, list) read_part(&s, one, r);
    r->runs = number(&s, o, "runs");
    r->records = number(&s, o, "records");
    r->executions = number(&s, o, "executions");
    list = cJSON_GetObjectItemCaseSensitive(o, "comparisons");
    for (size_t i = 0; i < COMPARISONS; i++) {
        one = cJSON_GetObjectItemCaseSensitive(list, comparison_name((enum comparison)i));
        r->asked[i] = number(&s, one, "asked");
        r->said[i] = number(&s, one, "said");
    }
    list = list_of(&s, o, "findings");
    cJSON_ArrayForEach(one, list) read_finding(&s, one, r);
    list = list_of(&s, o, "canaries");
    cJSON_ArrayForEach(one, list) read_canary(&s, one, r);
    cJSON_Delete(o);
    return s.rc;
}
