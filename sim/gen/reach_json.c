/* SPDX-License-Identifier: MIT */
/* What was reached as JSON, and back. Seeds are hexadecimal texts: a JSON number carries 53 bits.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gen/reach_result.h"
#include "report/json_node.h"
#include "report/shards_out.h"

#define FORMAT "vtd-replay reach 1"

static void add_part(struct json *j, cJSON *to, const struct reach_part *p)
{
    cJSON *o = json_add_object(j, to, NULL);
    char text[24];

    json_add_text(j, o, "what", p->what);
    json_add_u64(j, o, "events", p->events);
    snprintf(text, sizeof(text), "0x%" PRIx64, p->seed);
    json_add_text(j, o, "seed", text);
    json_add_u64(j, o, "seeds", p->seeds);
    shards_write(j, o, &p->shards);
}

static void add_table(struct json *j, cJSON *to, const struct reach *r, enum reach_table t)
{
    const struct reach_names *n = &reach_names[t];
    cJSON *o = json_add_object(j, to, n->title);

    for (unsigned i = 0; i < REACH_ROWS && n->rows[i]; i++) {
        cJSON *row = json_add_object(j, o, n->rows[i]);

        for (unsigned k = 0; k < REACH_COLUMNS && n->columns[k]; k++)
            if (reach_possible(t, i, k))
                json_add_u64(j, row, n->columns[k], reach_count(r, t, i, k));
    }
}

int reach_result_write(FILE *out, const struct reach_result *r)
{
    struct reach_sum sum = reach_sum(r->reach);
    struct json j = {false};
    cJSON *o = cJSON_CreateObject(), *list;
    char *text;
    int rc;

    if (!o)
        return -ENOMEM;
    json_add_text(&j, o, "format", FORMAT);
    list = json_add_array(&j, o, "parts");
    for (size_t i = 0; i < r->parts; i++)
        add_part(&j, list, &r->part[i]);
    json_add_u64(&j, o, "possible", sum.possible);
    json_add_u64(&j, o, "touched", sum.touched);
    list = json_add_object(&j, o, "tables");
    for (unsigned t = 0; t < REACH_TABLES; t++)
        add_table(&j, list, r->reach, (enum reach_table)t);
    text = j.failed ? NULL : cJSON_Print(o);
    cJSON_Delete(o);
    if (!text)
        return -ENOMEM;
    rc = fputs(text, out) < 0 || fputc('\n', out) < 0 ? -EIO : 0;
    free(text);
    return rc;
}

bool reach_result_is(const char *json)
{
    return strstr(json, "\"" FORMAT "\"") != NULL;
}

/* Reading: what is missing or of another type is noted once. */
struct source {
    struct err *e;
    int rc;
};

static void bad(struct source *s, const char *key, const char *expected)
{
    if (!s->rc)
        s->rc =
            err_set(s->e, EINVAL, "no result of --reach: \"%.60s\": %s expected", key, expected);
}

static uint64_t number(struct source *s, const cJSON *n, const char *key)
{
    if (cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= 9007199254740992.0 &&
        (double)(uint64_t)n->valuedouble == n->valuedouble)
        return (uint64_t)n->valuedouble;
    bad(s, key, "a whole number");
    return 0;
}

static uint64_t member(struct source *s, const cJSON *o, const char *key)
{
    return number(s, cJSON_GetObjectItemCaseSensitive(o, key), key);
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

static void read_part(struct source *s, const cJSON *o, struct reach_result *r)
{
    struct reach_part p = {.seed = hex(s, o, "seed")};
    struct err why;
    int rc;

    snprintf(p.what, sizeof(p.what), "%s", text(s, o, "what"));
    p.events = member(s, o, "events");
    p.seeds = member(s, o, "seeds");
    if (s->rc)
        return;
    rc = shards_read(o, p.seeds, &p.shards, &why);
    if (rc)
        s->rc = err_set(s->e, -rc, "no result of --reach: %.200s", why.text);
    else
        s->rc = reach_result_add(r, &p, s->e);
    shards_free(&p.shards);
}

static void read_table(struct source *s, const cJSON *tables, enum reach_table t, struct reach *r)
{
    const struct reach_names *n = &reach_names[t];
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(tables, n->title);

    for (unsigned i = 0; i < REACH_ROWS && n->rows[i]; i++) {
        const cJSON *row = cJSON_GetObjectItemCaseSensitive(o, n->rows[i]);

        for (unsigned k = 0; k < REACH_COLUMNS && n->columns[k]; k++)
            if (reach_possible(t, i, k))
                reach_add(r, t, i, k, member(s, row, n->columns[k]));
    }
}

int reach_result_read(const char *json, struct reach_result *r, struct err *e)
{
    struct source s = {e, 0};
    cJSON *o = cJSON_Parse(json);
    const cJSON *list, *one;

    if (reach_result_new(r)) {
        cJSON_Delete(o);
        return err_set(e, ENOMEM, "out of memory");
    }
    if (!o || strcmp(text(&s, o, "format"), FORMAT) != 0) {
        cJSON_Delete(o);
        return err_set(e, EINVAL, "no result of --reach: \"format\":\"" FORMAT "\" expected");
    }
    list = cJSON_GetObjectItemCaseSensitive(o, "parts");
    if (!cJSON_IsArray(list))
        bad(&s, "parts", "a list");
    cJSON_ArrayForEach(one, list) read_part(&s, one, r);
    list = cJSON_GetObjectItemCaseSensitive(o, "tables");
    for (unsigned t = 0; t < REACH_TABLES; t++)
        read_table(&s, list, (enum reach_table)t, r->reach);
    cJSON_Delete(o);
    return s.rc;
}
