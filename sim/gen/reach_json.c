/* SPDX-License-Identifier: MIT */
/* What was reached as JSON, and back. Seeds are hexadecimal texts: a JSON number carries 53 bits.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gen/reach_result.h"
#include "report/json_node.h"
#include "report/json_read.h"
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
    return json_print(&j, o, out);
}

bool reach_result_is(const char *json)
{
    return strstr(json, "\"" FORMAT "\"") != NULL;
}

static void read_part(struct json_source *s, const cJSON *o, struct reach_result *r)
{
    struct reach_part p = {.seed = json_hex(s, o, "seed")};
    struct err why;
    int rc;

    snprintf(p.what, sizeof(p.what), "%s", json_text(s, o, "what"));
    p.events = json_number(s, o, "events");
    p.seeds = json_number(s, o, "seeds");
    if (s->rc)
        return;
    rc = shards_read(o, p.seeds, &p.shards, &why);
    if (rc)
        s->rc = err_set(s->e, -rc, "no result of --reach: %.200s", why.text);
    else
        s->rc = reach_result_add(r, &p, s->e);
    shards_free(&p.shards);
}

static void read_table(struct json_source *s, const cJSON *tables, enum reach_table t,
                       struct reach *r)
{
    const struct reach_names *n = &reach_names[t];
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(tables, n->title);

    for (unsigned i = 0; i < REACH_ROWS && n->rows[i]; i++) {
        const cJSON *row = cJSON_GetObjectItemCaseSensitive(o, n->rows[i]);

        for (unsigned k = 0; k < REACH_COLUMNS && n->columns[k]; k++)
            if (reach_possible(t, i, k))
                reach_add(r, t, i, k, json_number(s, row, n->columns[k]));
    }
}

int reach_result_read(const char *json, struct reach_result *r, struct err *e)
{
    struct json_source s = {"--reach", e, 0};
    cJSON *o = cJSON_Parse(json);
    const cJSON *list, *one;

    if (reach_result_new(r)) {
        cJSON_Delete(o);
        return err_set(e, ENOMEM, "out of memory");
    }
    if (!o || strcmp(json_text(&s, o, "format"), FORMAT) != 0) {
        cJSON_Delete(o);
        return err_set(e, EINVAL, "no result of --reach: \"format\":\"" FORMAT "\" expected");
    }
    list = json_list(&s, o, "parts");
    cJSON_ArrayForEach(one, list) read_part(&s, one, r);
    list = cJSON_GetObjectItemCaseSensitive(o, "tables");
    for (unsigned t = 0; t < REACH_TABLES; t++)
        read_table(&s, list, (enum reach_table)t, r->reach);
    cJSON_Delete(o);
    return s.rc;
}
