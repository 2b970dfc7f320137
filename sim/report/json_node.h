/* SPDX-License-Identifier: MIT */
/*
 * Nodes of a JSON document. Numbers are written as raw digits: cJSON's own are doubles and lose
 * what is beyond 2^53 (a virtual time may be). A node that could not be made sets `failed`, and
 * what is added to it (NULL) is not made either.
 */
#ifndef VTR_REPORT_JSON_NODE_H
#define VTR_REPORT_JSON_NODE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    bool failed; /* out of memory */
};

/** Give `item` to the object `to` as `key`, or (NULL) to the array `to`, which owns it then.
 * Returns it, or NULL: it is freed. */
cJSON *json_add(struct json *j, cJSON *to, const char *key, cJSON *item);

cJSON *json_add_object(struct json *j, cJSON *to, const char *key);
cJSON *json_add_array(struct json *j, cJSON *to, const char *key);
void json_add_u64(struct json *j, cJSON *to, const char *key, uint64_t v);
void json_add_bool(struct json *j, cJSON *to, const char *key, bool v);

/** A text, cleaned (show_clean); NULL becomes null. */
void json_add_text(struct json *j, cJSON *to, const char *key, const char *s);

/** Write the document `o`, indented, with a newline at its end; `o` is deleted in each case. 0,
 * -ENOMEM (also where a node could not be made), -EIO. */
int json_print(struct json *j, cJSON *o, FILE *out);

#endif
