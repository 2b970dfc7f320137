/* SPDX-License-Identifier: MIT */
#include "report/shards_out.h"

#include <errno.h>
#include <inttypes.h>

#include "report/json_read.h"
#include "report/show.h"

static void add_number(struct json *j, cJSON *to, uint64_t v)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, v);
    json_add(j, to, NULL, cJSON_CreateRaw(digits));
}

void shards_write(struct json *j, cJSON *to, const struct shards *s)
{
    cJSON *list;

    json_add_u64(j, to, "of", s->of);
    list = json_add_array(j, to, "shards");
    for (size_t i = 0; i < s->count; i++)
        if (s->shard[i].done == SHARD_WHOLE)
            add_number(j, list, s->shard[i].number);
    if (!shards_cut(s))
        return;
    list = json_add_array(j, to, "interrupted");
    for (size_t i = 0; i < s->count; i++)
        if (s->shard[i].done != SHARD_WHOLE) {
            cJSON *one = json_add_object(j, list, NULL);

            json_add_u64(j, one, "shard", s->shard[i].number);
            json_add_u64(j, one, "done", s->shard[i].done);
        }
}

static int read_one(struct shards *s, const cJSON *number, const cJSON *done, uint64_t total,
                    struct err *e)
{
    struct shard one = {.done = SHARD_WHOLE};
    int rc;

    if (!json_whole(number, &one.number) || !one.number || one.number > s->of)
        return err_set(e, EINVAL, "\"shards\": numbers from 1 to what \"of\" says expected");
    if (done && (!json_whole(done, &one.done) || one.done > shard_items(one.number, s->of, total)))
        return err_set(e, EINVAL, "\"interrupted\": \"done\": at most what the shard has expected");
    rc = shards_add(s, one);
    if (rc)
        return rc == -EEXIST ? err_set(e, EINVAL, "\"shards\": each once expected")
                             : err_set(e, ENOMEM, "out of memory");
    return 0;
}

int shards_read(const cJSON *o, uint64_t total, struct shards *s, struct err *e)
{
    const cJSON *whole = cJSON_GetObjectItemCaseSensitive(o, "shards"), *one;
    const cJSON *cut = cJSON_GetObjectItemCaseSensitive(o, "interrupted");
    int rc = 0;

    *s = (struct shards){.of = 0};
    if (!json_whole(cJSON_GetObjectItemCaseSensitive(o, "of"), &s->of) || !s->of ||
        s->of > SHARDS_MAX)
        return err_set(e, EINVAL, "\"of\": 1 to %u expected", SHARDS_MAX);
    if (!cJSON_IsArray(whole) || (cut && !cJSON_IsArray(cut)) ||
        cJSON_GetArraySize(whole) + (cut ? cJSON_GetArraySize(cut) : 0) == 0)
        return err_set(e, EINVAL, "\"shards\": a list expected");
    /* Those first: with them there it is never of one. */
    for (one = cut ? cut->child : NULL; one && !rc; one = one->next) {
        const cJSON *done = cJSON_GetObjectItemCaseSensitive(one, "done");

        rc = done ? read_one(s, cJSON_GetObjectItemCaseSensitive(one, "shard"), done, total, e)
                  : err_set(e, EINVAL, "\"interrupted\": \"done\": a whole number expected");
    }
    for (one = whole->child; one && !rc; one = one->next)
        rc = s->of == 1 && s->count ? err_set(e, EINVAL, "\"shards\": each once expected")
                                    : read_one(s, one, NULL, total, e);
    return rc;
}

int shards_print_missing(FILE *out, const struct shards *s, uint64_t total, const char *unit)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct shard *one = &s->shard[i];

        if (one->done == SHARD_WHOLE)
            continue;
        if (s->of > 1)
            fprintf(out, "  shard %" PRIu64 "/%" PRIu64 ": ", one->number, s->of);
        fprintf(out, "%sinterrupted after %s of %s %s\n", s->of > 1 ? "" : "  ",
                show_count(one->done).text, show_count(shard_items(one->number, s->of, total)).text,
                unit);
    }
    if (!shards_whole(s))
        fprintf(out, "  missing: %s of %s %s\n", show_count(total - shards_done(s, total)).text,
                show_count(total).text, unit);
    return ferror(out) ? -EIO : 0;
}
