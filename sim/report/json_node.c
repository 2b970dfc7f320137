/* SPDX-License-Identifier: MIT */
#include "report/json_node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/show.h"

cJSON *json_add(struct json *j, cJSON *to, const char *key, cJSON *item)
{
    if (!item || !(key ? cJSON_AddItemToObject(to, key, item) : cJSON_AddItemToArray(to, item))) {
        cJSON_Delete(item);
        j->failed = true;
        return NULL;
    }
    return item;
}

cJSON *json_add_object(struct json *j, cJSON *to, const char *key)
{
    return json_add(j, to, key, cJSON_CreateObject());
}

cJSON *json_add_array(struct json *j, cJSON *to, const char *key)
{
    return json_add(j, to, key, cJSON_CreateArray());
}

void json_add_u64(struct json *j, cJSON *to, const char *key, uint64_t v)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, v);
    json_add(j, to, key, cJSON_CreateRaw(digits));
}

void json_add_bool(struct json *j, cJSON *to, const char *key, bool v)
{
    json_add(j, to, key, cJSON_CreateBool(v));
}

void json_add_text(struct json *j, cJSON *to, const char *key, const char *s)
{
    size_t room = s ? 3 * strlen(s) + 1 : 0;
    char *clean = s ? malloc(room) : NULL;

    json_add(j, to, key,
             clean ? cJSON_CreateString(show_clean(clean, room, s)) : cJSON_CreateNull());
    j->failed = j->failed || (s && !clean);
    free(clean);
}

int json_print(struct json *j, cJSON *o, FILE *out)
{
    char *text = j->failed ? NULL : cJSON_Print(o);
    int rc;

    cJSON_Delete(o);
    if (!text)
        return -ENOMEM;
    rc = fputs(text, out) < 0 || fputc('\n', out) < 0 ? -EIO : 0;
    free(text);
    return rc;
}
