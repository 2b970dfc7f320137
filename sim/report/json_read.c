/* SPDX-License-Identifier: MIT */
#include "report/json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void json_bad(struct json_source *s, const char *key, const char *expected)
{
    if (!s->rc)
        s->rc = err_set(s->e, EINVAL, "no result of %s: \"%.60s\": %s expected", s->what, key,
                        expected);
}

bool json_whole(const cJSON *n, uint64_t *out)
{
    if (!cJSON_IsNumber(n) || !(n->valuedouble >= 0 && n->valuedouble <= 9007199254740992.0) ||
        (double)(uint64_t)n->valuedouble != n->valuedouble)
        return false;
    *out = (uint64_t)n->valuedouble;
    return true;
}

uint64_t json_number(struct json_source *s, const cJSON *o, const char *key)
{
    uint64_t v = 0;

    if (!json_whole(cJSON_GetObjectItemCaseSensitive(o, key), &v))
        json_bad(s, key, "a whole number");
    return v;
}

const char *json_text(struct json_source *s, const cJSON *o, const char *key)
{
    const cJSON *t = cJSON_GetObjectItemCaseSensitive(o, key);

    if (cJSON_IsString(t))
        return t->valuestring;
    json_bad(s, key, "a text");
    return "";
}

uint64_t json_hex(struct json_source *s, const cJSON *o, const char *key)
{
    const char *t = json_text(s, o, key);
    char *end = NULL;
    uint64_t v = strncmp(t, "0x", 2) ? 0 : strtoull(t + 2, &end, 16);

    if (!end || end == t + 2 || *end || strlen(t) > 18)
        json_bad(s, key, "0x... of at most 64 bits");
    return v;
}

const cJSON *json_list(struct json_source *s, const cJSON *o, const char *key)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(o, key);

    if (cJSON_IsArray(a))
        return a;
    json_bad(s, key, "a list");
    return NULL;
}
