/* SPDX-License-Identifier: MIT */
/*
 * A JSON result read back, member by member. What is missing or of another type is noted once, with
 * a sentence, and reads as nothing; the reader looks at `rc` when it is through.
 */
#ifndef VTR_REPORT_JSON_READ_H
#define VTR_REPORT_JSON_READ_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct json_source {
    const char *what; /* "a campaign": begins the sentence, "no result of ..." */
    struct err *e;
    int rc; /* 0, or a negative errno: *e has the sentence */
};

/** Note that `key` is not what was expected; the first note stays. */
void json_bad(struct json_source *s, const char *key, const char *expected);

/** True with *out, when n is a whole number that JSON carries exactly: at most 2^53. */
bool json_whole(const cJSON *n, uint64_t *out);

/** Members of the object `o` (NULL: nothing is there): a whole number; a text that stays o's, ""
 * where none is; a 64-bit number as text, 0x...; an array or NULL. */
uint64_t json_number(struct json_source *s, const cJSON *o, const char *key);
const char *json_text(struct json_source *s, const cJSON *o, const char *key);
uint64_t json_hex(struct json_source *s, const cJSON *o, const char *key);
const cJSON *json_list(struct json_source *s, const cJSON *o, const char *key);

#endif
